"""A server in a process of its own, whose questions with "slow" in them wait for a file to go.

``python -m tests.slow_server FOLDER``, with settings in the environment.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from pathlib import Path

from coursebot.encoder.fake import HashEncoder
from coursebot.types import Floats
from coursebot.web.listen import listen
from coursebot.web.server import serve
from tests.api_server import open_assistant

HOLD = "hold"


class SlowEncoder(HashEncoder):
    """The deterministic encoder, which waits where it is told to."""

    def __init__(self, hold: Path) -> None:
        super().__init__()
        self._hold = hold

    def encode_queries(self, texts: Sequence[str]) -> Floats:
        """Wait as long as the file is there."""
        while any("slow" in text for text in texts) and self._hold.exists():
            time.sleep(0.01)
        return super().encode_queries(texts)


def main(folder: Path) -> None:
    """Serve until a signal comes."""
    assistant = open_assistant(folder)
    assistant._encoder = SlowEncoder(folder / HOLD)
    with listen("127.0.0.1", 0) as listener:
        serve(assistant, listener, lambda line: print(line, file=sys.stderr, flush=True))  # noqa: T201


if __name__ == "__main__":
    main(Path(sys.argv[1]))
