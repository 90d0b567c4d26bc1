"""The quiz of IoT for Beginners ▶ the golden set that is kept here.

Run ``python -m benchmarks.golden --data FOLDER``.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from benchmarks import data
from benchmarks.cross_language import NAME, ORIGIN
from benchmarks.golden import QUIZ
from benchmarks.golden.convert import quiz
from coursebot.evaluation.golden import write


def main() -> None:
    """Write the golden set and say what was written."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.golden", description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("data"), help="folder of the data sets")
    parser.add_argument("--out", type=Path, default=QUIZ, help="file to write")
    chosen = parser.parse_args()
    try:
        found = data.folder(chosen.data, NAME, ORIGIN)
    except data.MissingDataError as missing:
        raise SystemExit(f"quiz: {missing}") from None
    items = quiz(found / "quiz.questions.jsonl")
    write(chosen.out, items)
    print(f"{chosen.out}: {len(items)} items")


if __name__ == "__main__":
    main()
