"""Records ▶ bytes and back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coursebot.course import cut, read_document
from coursebot.index import records
from coursebot.types import Course, Document, Language, Refusal, Suggestion

COURSE = Course(
    "c", "題", "ja", "説明", "https://example.org/{path}#{anchor}", ("例？",), ("What?", "何？")
)
MARKDOWN = st.lists(
    st.one_of(
        st.text(max_size=30),
        st.sampled_from(
            ["# 見出し", "- 項目", "  - 子", "| a | b |\n|---|---|\n| 1 | 2 |", "", "■印"]
        ),
    ),
    max_size=12,
).map("\n".join)


def tokens(texts: Sequence[str]) -> list[int]:
    """Count two characters as a token."""
    return [len(text) // 2 + 2 for text in texts]


def read(sources: list[str]) -> records.Records:
    """Return the records of files with these sources."""
    documents = [
        Document(
            "c",
            f"c/{n}.md",
            source,
            f"{n:064}",
            *read_document(source, course="c", path=f"c/{n}.md"),
        )
        for n, source in enumerate(sources)
    ]
    passages = [p for document in documents for p in cut(document, tokens, 20)]
    return records.collect([COURSE], documents, passages, [Refusal("c/\udcff.md", "理由", 3)])


@settings(deadline=None)
@given(st.lists(MARKDOWN, max_size=3))
def test_bytes_and_back_is_the_identity(sources: list[str]) -> None:
    """Whatever was read comes back field by field, and every text is cut from its source."""
    contents = read(sources)
    suggestions = tuple(
        Suggestion(f"{n}\ud800？", language, "c", s.section, s.id, 0.5, "heading")
        for n, s in enumerate(contents.statements)
        for language in Language
    )
    contents = replace(contents, suggestions=suggestions)
    again = records.load(records.dump(contents))
    assert again == contents
    texts = {source.path: source.text for source in again.sources}
    spans = [(s.path, s.span, s.text) for s in again.statements]
    spans += [(p.path, p.span, p.text) for p in again.passages]
    assert all(texts[path][start:end] == text for path, (start, end), text in spans)


@pytest.mark.parametrize(
    "row",
    [
        ["q?", "ja", "c", "c/0.md#nowhere", "c/0.md:2-3", 0.5, "heading"],
        ["q?", "ja", "c", "c/0.md#題", "c/0.md:90-93", 0.5, "heading"],
        ["q?", "xx", "c", "c/0.md#題", "c/0.md:2-3", 0.5, "heading"],
        ["q?"],
    ],
)
def test_a_suggestion_must_name_what_is_there(row: list[object]) -> None:
    """Its section, its statement and its language."""
    data = records.dump(read(["# 題\n"]))
    good = ["q?", "ja", "c", "c/0.md#題", "c/0.md:2-3", 0.5, "heading"]
    data["suggestions.json"] = json.dumps([good]).encode()
    assert len(records.load(data).suggestions) == 1
    data["suggestions.json"] = json.dumps([row]).encode()
    with pytest.raises((LookupError, ValueError)):
        records.load(data)


def test_passages_must_hold_every_statement_in_order() -> None:
    """Positions would mean nothing otherwise."""
    source = "# 題\n\n一。二。\n"
    document = Document(
        "c", "c/1.md", source, "0", *read_document(source, course="c", path="c/1.md")
    )
    with pytest.raises(ValueError, match="each statement once"):
        records.collect([COURSE], [document], [], [])
