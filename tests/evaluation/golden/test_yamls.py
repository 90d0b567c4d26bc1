"""YAML: the line of every fault, and what YAML takes for something else."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from coursebot.evaluation import golden
from coursebot.evaluation.golden import files, yamls

ITEM = "- id: a\n  lang: ja\n  question: q\n"


def told(text: str) -> list[str]:
    """Return the problems as people read them."""
    return [str(problem) for problem in files.parse_bytes(text.encode(), ".yaml").problems]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (ITEM + "  answers:\n  - text: yes\n",
         "line 5: answers[1].text: YAML takes yes for true; put it into quotes."),
        (ITEM + "  answers:\n  - text: off\n",
         "line 5: answers[1].text: YAML takes off for false; put it into quotes."),
        (ITEM + "  answers:\n  - text: x\n    aliases:\n    - 3\n",
         "line 7: answers[1].aliases[1]: YAML takes 3 for a number; put it into quotes."),
        (ITEM + "  answers:\n  - text: 12:30:00\n",
         "line 5: answers[1].text: YAML takes 12:30:00 for a number; put it into quotes."),
        (ITEM + "  answers:\n  - text: 2026-04-01\n",
         "line 5: answers[1].text: YAML takes 2026-04-01 for a date; put it into quotes."),
        (ITEM + "  sources:\n  - path: a\n    relevance: 0x1\n",
         "line 6: sources[1].relevance: must be 1, 2 or 3, without quotes, not 0x1."),
        (ITEM + "  unanswerable: true\n  note:\n",
         "line 5: note: has no value; give one or leave the field out."),
        (ITEM + "  unanswerable: true\n  sourcs: []\n",
         "line 5: sourcs: is no field here; did you mean sources?"),
        ("- lang: no\n", "line 1: lang: must be ja or en, not no."),
        (ITEM, "line 1: needs answers, sources or both; or set unanswerable to true."),
        ("- id: a\n\n- lang: ja\n", "line 3: id: is missing."),
        (ITEM + "  unanswerable: true\n  id: b\n", "line 5: id: is given twice."),
        (ITEM + "  answers: &x\n  - text: x\n  sources: *x\n",
         "line 6: sources: YAML's aliases (*name) are not read; write the value out."),
        (ITEM + "  sources: *x\n",
         "line 4: YAML's aliases (*name) are not read; write the value out."),
        (ITEM + "  unanswerable: !!python/name:os.system x\n",
         "line 4: unanswerable: YAML's tag tag:yaml.org,2002:python/name:os.system is not read; "
         "write plain text."),
        (ITEM + "  ? [a]\n  : b\n", "line 4: a field's name must be a word."),
        ("id: a\n", "line 1: the file must be a list of items, each beginning with “- ”."),
        (ITEM + "  unanswerable: true\n---\n- id: b\n",
         "line 5: a second document begins (---); keep one list of items."),
        ("- id: 'a\n", "line 2: not YAML: while scanning a quoted scalar, found unexpected end of "
         "stream."),
        ("- id: a\x07\n", "line 1: not YAML: the character U+0007 may not stand in it."),
    ],
)  # fmt: skip
def test_a_problem_has_its_line(text: str, expected: str) -> None:
    """That of the field where it has one, and YAML's surprises are explained."""
    assert expected in told(text)


def test_an_invalid_item_is_told_once() -> None:
    """A value that was no YAML of ours is not called missing as well."""
    assert told(ITEM + "  answers: &x\n  - text: x\n  sources: *x\n") == [
        "line 6: sources: YAML's aliases (*name) are not read; write the value out."
    ]


@pytest.mark.parametrize("opening", ["[", "{a: ", "- "])
def test_deep_nesting(opening: str) -> None:
    """It is a problem and no crash."""
    assert len(told(opening * 50_000)) == 1


@given(st.text(max_size=60))
def test_no_text_breaks_the_reader(text: str) -> None:
    """Whatever stands in a file, there are items or problems."""
    data = text.encode("utf-8", "surrogatepass")
    for suffix in files.SUFFIXES:
        parsed = files.parse_bytes(data, suffix)
        assert parsed.problems or all(item is not None for item in parsed.items)


def test_both_loaders_give_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where libyaml is missing, Python's own loader reads lines and values alike."""
    text = ITEM + "  answers:\n  - text: 3時間😀\n    aliases: [a, 'b']\n  note: |\n    x\n    y\n"
    path = tmp_path / "a.yaml"
    path.write_text(text, encoding="utf-8")
    fast = golden.read(path), yamls.entries(text)
    monkeypatch.setattr(yamls, "_Loader", yaml.SafeLoader)
    assert (golden.read(path), yamls.entries(text)) == fast
