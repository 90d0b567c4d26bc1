"""Question and gold line ▶ short answer: how often one is given, and how often it is right.

    python benchmarks/short_answers.py FOLDER [--wrong KIND]

``FOLDER`` holds folders of Markdown files with a ``questions.jsonl`` each, and ``dev.txt``, the
files that no rule was tuned on; their figures are printed apart.
"""

from __future__ import annotations

import argparse
import json
import re
import time
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from coursebot.answer.question import analyse
from coursebot.answer.short import Candidate, short_answer
from coursebot.answer.values import quantities
from coursebot.course import read_document
from coursebot.types import Language, Statement


@dataclass(frozen=True, slots=True)
class Case:
    """One question with its gold answers and the statement that holds them."""

    question: str
    language: Language
    kind: str
    answers: tuple[str, ...]
    statement: Statement
    section: tuple[Statement, ...]
    dev: bool


@cache
def _statements(path: Path) -> tuple[Statement, ...]:
    return read_document(path.read_text(encoding="utf-8"), course="", path=path.name)[1]


def cases(folder: Path) -> Iterator[Case]:
    """Yield the answerable questions below ``folder``."""
    dev = set((folder / "dev.txt").read_text(encoding="utf-8").split())
    for file in sorted(folder.glob("*/questions.jsonl")):
        for line in file.read_text(encoding="utf-8").splitlines():
            row: dict[str, Any] = json.loads(line)
            if row["unanswerable"]:
                continue
            path = file.parent / row["sources"][0]["path"]
            statements = _statements(path)
            start = row["span"][0]
            best = next((s for s in statements if s.span[0] <= start < s.span[1]), None)
            if best is None:
                at = row["sources"][0]["line_start"]
                best = next((s for s in statements if s.lines[0] <= at <= s.lines[1]), None)
            if best is None:
                continue
            first = row["answers"][0]
            if first["kind"] == "list" and row["span"][1] > best.span[1] and best.parent:
                parent = best.parent
                best = next((s for s in statements if s.id == parent), best)
            yield Case(
                row["question"],
                Language(row["lang"]),
                first["kind"],
                tuple(text for a in row["answers"] for text in (a["text"], *a["aliases"])),
                best,
                tuple(s for s in statements if s.section == best.section),
                f"{file.parent.name}/{path.name}" in dev,
            )


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).casefold()
    return re.sub(r"[^\w+%¥°±]|_", "", folded)


def is_right(found: Candidate, case: Case) -> bool:
    """Whether the short answer agrees with one of the gold answers."""
    if found.kind == "yesno":
        words = {"はい": "はい|yes", "Yes": "はい|yes", "いいえ": "いいえ|no", "No": "いいえ|no"}
        pattern = rf"(?:{words[found.conversion]})(?:$|[、,。. ])"
        return any(re.match(pattern, answer, re.IGNORECASE) for answer in case.answers)
    if found.kind == "list":
        golds = [_plain(answer) for answer in case.answers]
        gained = [_plain(text) for _, _, text in found.spans]
        joined = "".join(gained)
        return any(
            gold in joined or (all(g in gold for g in gained) and len(joined) > 0.6 * len(gold))
            for gold in golds
        )
    mine = _plain(found.text)
    values = {q.values for q in quantities(found.text)}
    for answer in case.answers:
        gold = _plain(answer)
        if gold and (
            mine == gold or (len(gold) > 1 and gold in mine and len(mine) < 3 * len(gold))
        ):
            return True
        if len(mine) > 1 and mine in gold and 3 * len(mine) >= len(gold):
            return True
        if values & {q.values for q in quantities(answer)} and found.kind in _VALUES:
            return True
    return False


_VALUES = ("duration", "number", "date")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--wrong", default="", help="print the wrong ones of this kind given")
    parser.add_argument("--missing", default="", help="print those of this gold kind without one")
    options = parser.parse_args()
    for held in (False, True):
        _table([c for c in cases(options.folder) if c.dev is held], held, options)


def _table(chosen: list[Case], held: bool, options: argparse.Namespace) -> None:
    total: dict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    spent = 0.0
    for case in chosen:
        started = time.perf_counter()
        question = analyse(case.question, case.language)
        found = short_answer(question, case.statement, case.section)
        spent += time.perf_counter() - started
        shown = case.statement.text[:160]
        right = found is not None and is_right(found, case)
        kind = found.kind if found else "none"
        for key in (("gold", case.kind), ("given", kind)):
            cell = total[(*key, str(case.language))]
            cell[0] += 1
            cell[1] += found is not None
            cell[2] += right
        if not held and found is not None and not right and options.wrong in (kind, "all"):
            print(f"{case.question} | {found.text} | {case.answers[:2]} | {shown!r}")
        if not held and found is None and options.missing == case.kind:
            print(f"{case.question} [{question.wanted}] | {case.answers[:2]} | {shown!r}")
    print(
        f"\n{'held-out files' if held else 'tuning files'}: {len(chosen)} questions, "
        f"{1000 * spent / max(len(chosen), 1):.2f} ms each"
    )
    print("| by | kind | language | questions | given | right | precision |")
    print("|---|---|---|---|---|---|---|")
    for (by, kind, language), (count, given, right_) in sorted(total.items()):
        share = f"{right_ / given:.2f}" if given else ""
        print(f"| {by} | {kind} | {language} | {count} | {given} | {right_} | {share} |")


if __name__ == "__main__":
    main()
