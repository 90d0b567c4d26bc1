"""Golden sets in every form: read, or everything that is wrong with them is told."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

from coursebot.course import read_corpus
from coursebot.errors import GoldenError
from coursebot.evaluation.golden import Material, Problem, place, record, spreadsheet, squad
from coursebot.evaluation.golden.files import parse_bytes, text_of
from coursebot.evaluation.golden.records import GoldenItem
from tests.fuzz.choices import Choices
from tests.index.conftest import CONTAINERS

ROOT = Path(__file__).parents[2]
FORMS = (".jsonl", ".yaml", "csv", "squad")
ENCODINGS = ("utf-8", "utf-16", "cp932", "utf-7", "idna", "base64")
ANSWER = {"text": "説", "answer_start": 9}
SQUAD = {
    "data": [
        {
            "title": "t",
            "paragraphs": [
                {
                    "context": "t [SEP] " + CONTAINERS[:40],
                    "qas": [
                        {
                            "id": "1",
                            "question": "何？",
                            "answers": [{"text": "説", "answer_start": 9}],
                        },
                        {"id": 2, "question": "Why?", "is_impossible": True},
                    ],
                }
            ],
        }
    ]
}


class Goldens:
    """The first bytes choose form and encoding, the rest is the file."""

    words = (
        *('{"id": "a", "question": "b?"}', '"sources": [{"path": "', '"quote": "', '"answers": ['),
        *('"followups": [', '"unanswerable": true', '"kind": "number"', '"must_not": ["'),
        *("- id: ", "\n  question: ", "\n  answers:\n  - text: ", "&a ", "*a", "!!binary ", "<<: "),
        *("|\n", ">-\n", "? ", "%YAML 1.1\n", "---\n", "...\n", "0x1F", "2026-01-01", "\x85", "~"),
        *("id,question,answer\n", '"', ";", "\t", "'=1+1", "\\|", "turn,", "\n,2,", "\r"),
        *(
            '"context": "',
            '"answer_start": ',
            '"plausible_answers": [',
            " [SEP] ",
            "\\ud800",
            "9" * 40,
        ),
    )

    def __init__(self) -> None:
        folder = Path(tempfile.mkdtemp(prefix="goldens-"))
        (folder / "az").mkdir()
        (folder / "az" / "1.md").write_text(CONTAINERS, encoding="utf-8")
        self._material = Material.from_corpus(read_corpus(folder))

    def seeds(self) -> Iterator[bytes]:
        """Yield the shipped set's first items in every form."""
        (path,) = (ROOT / "corpus").glob("*/golden.jsonl")
        lines = path.read_bytes().split(b"\n")
        items = [i for i in parse_bytes(b"\n".join(lines[:40]), ".jsonl").items if i is not None]
        for chosen in (items[:1], items[1:4], [i for i in items if i.followups][:2]):
            yield b"\0\0" + text_of(chosen, ".jsonl").encode()
            yield b"\1\0" + text_of(chosen, ".yaml").encode()
            yield b"\2\0" + spreadsheet.text_of(chosen).encode()
        for number, encoding in enumerate(ENCODINGS[:3]):
            yield bytes([2, number]) + "question;answer\n何？;三".encode(encoding)
        yield b"\3\0" + json.dumps(SQUAD, ensure_ascii=False).encode()

    def __call__(self, data: bytes) -> None:
        """Read the file; raises AssertionError where something is not as it should be."""
        choices = Choices(data)
        form, encoding = choices.pick(FORMS), choices.pick(ENCODINGS)
        held = choices.rest()
        if form.startswith("."):
            parsed = parse_bytes(held, form)
            told(parsed.problems)
            if not parsed.problems:
                kept([item for item in parsed.items if item is not None])
            return
        try:
            if form == "csv":
                found = spreadsheet.parse(held, name="a.csv", encoding=encoding)
            else:
                found = squad.items_of(squad.parse(held), self._material, "az")
        except GoldenError as error:
            assert error.message
            return
        told(found.problems)
        kept(list(found.items))
        for item in found.items:
            place(item, self._material, "az")


def told(problems: tuple[Problem, ...]) -> None:
    """Fail unless each problem says something that can be written."""
    for problem in problems:
        assert problem.message
        str(problem).encode("utf-8", "surrogatepass")


def kept(items: list[GoldenItem]) -> None:
    """Fail unless items come back from a file of each form as they went into it."""
    for form in (".jsonl", ".yaml"):
        again = parse_bytes(text_of(items, form).encode(), form)
        assert [record(i) for i in again.items if i] == [record(i) for i in items], form
    back = spreadsheet.parse(spreadsheet.data_of(items), name="x")
    assert [record(item) for item in back.items] == [record(item) for item in items], "csv"
