"""The name of a corpus ▶ the folder of its index, and what learners ask of it.

``python -m benchmarks.load.corpora NAME`` makes the index: in a process of its own, so that no
model takes memory beside the server that is measured.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from benchmarks import large, ours, speed
from benchmarks.load import questions
from benchmarks.load.questions import Deck


def indexed(name: str, folder: Path, work: Path) -> Path:
    """Make the index, or bring it up to date, and return its folder.

    Raises CalledProcessError, or MissingDataError.
    """
    deck(name, folder)  # says at once what data is missing
    command = [sys.executable, "-m", "benchmarks.load.corpora", name]
    subprocess.run([*command, "--data", str(folder), "--work", str(work)], check=True)
    return place(name, work)


def place(name: str, work: Path) -> Path:
    """Return the folder of the index."""
    return work / "indexes" / ("large" if name == "large" else speed.CORPUS.name)


def deck(name: str, folder: Path) -> Deck:
    """Return what learners ask; raises MissingDataError."""
    return questions.large(folder) if name == "large" else questions.course()


def main() -> None:
    """Make one index."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("name", choices=("course", "large"))
    ours.add_arguments(parser)
    chosen = parser.parse_args()
    if chosen.name == "large":
        large.opened(chosen.data, chosen.work)
    else:
        ours.indexed(speed.CORPUS, chosen.work)


if __name__ == "__main__":
    main()
