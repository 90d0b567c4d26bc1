"""One of several server processes on an index and a data folder that are there already.

``python -m tests.shared_server FOLDER``, with settings in the environment.
"""

from __future__ import annotations

import sys
from pathlib import Path

from coursebot.assistant import Assistant
from coursebot.config import Settings
from coursebot.encoder.fake import HashEncoder
from coursebot.index import LiveIndex
from coursebot.web.listen import listen
from coursebot.web.server import serve


def main(folder: Path) -> None:
    """Serve until a signal comes."""
    chosen = Settings.load(
        corpus=folder / "corpus",
        index=folder / "index",
        data=folder / "data",
        runs=folder / "runs",
        unsure_above=0.0,
    )
    live = LiveIndex(folder / "index")
    live.check_encoder(HashEncoder())
    with listen("127.0.0.1", 0) as listener:
        serve(
            Assistant(live, HashEncoder(), chosen),
            listener,
            lambda line: print(line, file=sys.stderr, flush=True),  # noqa: T201
        )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
