"""Every kind of statement, case by case, and the laws that hold for any text."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coursebot.course import read_document
from coursebot.types import Statement

FIXTURES = Path(__file__).parent / "fixtures"

MARKS = [
    "# ", "## ", "- ", "  - ", "1. ", "> ", "■", "```\n", "~~~\n", "| a | b |\n", "|---|---|\n",
    "`", "*", "**", "_", "~~", "[", "](", "](http://x.y/)", ")", "<b>", "</b>", "<!--", "-->",
    "<script>", "</script>", "&amp;", "&#0;", "https://a.b/c", "。", "！", "「", "」", "（", "）",
    "(", ". ", "e.g. ", "\n", "\n\n", "\r\n", "\r", "\x0b", "\x0c", "\x85", "\u2028", "\ud800",
    "\x00", "\t", "    ", "日本語", "word", "2.26.0", "\\", "!", "![alt](x)", "---\n", "===\n",
    "[a]: http://x\n", "[^1]: foo\n", "<https://a.b>", "<div>\n", "[ ] ", "：\n",
]  # fmt: skip
MARKDOWN = st.lists(st.sampled_from(MARKS) | st.text(max_size=3), max_size=40).map("".join)
"""Texts made of Markdown's own pieces."""


def cases(name: str) -> list[tuple[str, str, str]]:
    """Return title, input and expected form of each case in a fixture file."""
    parts = (FIXTURES / f"{name}.md").read_text(encoding="utf-8").split("\n.\n")
    groups = zip(parts[0::3], parts[1::3], parts[2::3], strict=False)
    return [(title.strip(), source.replace("␍", "\r"), form) for title, source, form in groups]


def form(statement: Statement) -> str:
    """Return a statement as the fixtures write it."""
    first, last = statement.lines
    where = f"{first}" if first == last else f"{first}-{last}"
    lines = [f"{statement.kind} {where} {statement.text!r}"]
    if statement.plain != statement.text:
        lines.append(f"  plain {statement.plain!r}")
    lines.extend(f"  under {line!r}" for line in statement.context)
    if statement.url:
        lines.append(f"  url {statement.url}")
    return "\n".join(lines)


def read(source: str) -> tuple[Statement, ...]:
    """Return the statements of a text."""
    return read_document(source, course="c", path="c/p.md")[1]


@pytest.mark.parametrize(("title", "source", "expected"), cases("statements"))
def test_statements_take_the_form_of_the_fixture(title: str, source: str, expected: str) -> None:
    """Each case gives exactly the statements that are written below it."""
    assert "\n".join(form(statement) for statement in read(source)) == expected, title


@settings(max_examples=200, deadline=None)
@given(MARKDOWN | st.text())
def test_every_statement_is_verbatim(source: str) -> None:
    """No text makes the parser fail, and statements are slices of it, in order and apart."""
    statements = read(source)
    for statement in statements:
        start, end = statement.span
        assert source[start:end] == statement.text
        assert statement.plain
        assert statement.lines == (
            source.count("\n", 0, start) + 1,
            source.count("\n", 0, end) + 1,
        )
    assert all(one.span[1] <= other.span[0] for one, other in pairwise(statements))
    known = {statement.id for statement in statements}
    assert len(known) == len(statements)
    assert all(statement.parent in known | {""} for statement in statements)


def test_parent_is_the_nearest_thing_above() -> None:
    """An item's parent is the item above it, whose own parent is the lead-in line."""
    lead, outer, inner = read("次のとおり：\n- 外\n  - 内\n")
    assert (lead.parent, outer.parent, inner.parent) == ("", lead.id, outer.id)
    assert outer.block == inner.block != lead.block


def test_an_item_that_announces_more_hangs_its_children_on_its_last_sentence() -> None:
    """Of an item of two sentences the one with a colon is what its children hang on."""
    *_, announcing, child = read("- 作る。手順は次のとおり：\n  - 開く\n")
    assert child.context == ("手順は次のとおり：",)
    assert child.parent == announcing.id


def test_a_list_sixty_deep_is_read_whole() -> None:
    """The innermost of sixty nested items knows the fifty-nine above it."""
    source = "".join(f"{'  ' * depth}- item {depth}\n" for depth in range(60))
    statements = read(source)
    assert [statement.text for statement in statements] == [f"item {n}" for n in range(60)]
    assert len(statements[-1].context) == 59


@pytest.mark.parametrize(
    "source",
    [
        ">" * 10_000,
        "[" * 10_000,
        "[x](" * 5_000,
        "*a " * 5_000,
        "<!--" * 10_000,
        "（" * 10_000,
        "`a " * 5_000,
        "日本語の行\n" * 5_000,
        "|\n" * 5_000,
        "https://a.b/" + ")" * 10_000,
        "\n".join("> " * depth + "x" for depth in range(300)),
    ],
    ids=lambda source: f"{source[:8]!r}",
)
@pytest.mark.timeout(20)
def test_pathological_text_neither_crashes_nor_hangs(source: str) -> None:
    """Deep or endless nesting is read in about the time that plain text takes."""
    for statement in read(source):
        assert source[slice(*statement.span)] == statement.text


def test_same_text_in_two_files_gives_two_ids() -> None:
    """Ids name the file, so that equal texts stay two statements."""
    first = read_document("文。", course="a", path="a/x.md")[1]
    second = read_document("文。", course="b", path="b/x.md")[1]
    assert (first[0].id, second[0].id) == ("a/x.md:0-2", "b/x.md:0-2")
