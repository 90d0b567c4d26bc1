"""What is packed into a passage, where long blocks are split, and the laws of both."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from coursebot.course import cut, embedding, read_document
from coursebot.types import Document, Passage

SPECIAL = 2
"""Special tokens of the counter that stands in for a model's."""


def count(texts: Sequence[str]) -> list[int]:
    """Count a token a character."""
    return [SPECIAL + len(text) for text in texts]


def document(source: str) -> Document:
    """Return a document read from a text."""
    sections, statements = read_document(source, course="c", path="c/p.md")
    return Document("c", "c/p.md", source, "", sections, statements)


def texts(source: str, limit: int) -> list[tuple[str, str]]:
    """Return lead and text of each passage."""
    return [(passage.lead, passage.text) for passage in cut(document(source), count, limit)]


def test_a_small_section_is_one_passage() -> None:
    """Heading, paragraph and list stay together, markers included."""
    source = "# A\n\nText. More.\n\n- one\n- two\n\n## B\n\nOther.\n"
    assert texts(source, 500) == [
        ("", "# A\n\nText. More.\n\n- one\n- two"),
        ("", "## B\n\nOther."),
    ]


def test_blocks_are_packed_whole() -> None:
    """A paragraph that does not fit begins the next passage."""
    source = "# A\n\n" + "\n\n".join("x" * 30 for _ in range(3)) + "\n"
    assert texts(source, 80) == [
        ("", "# A\n\n" + "x" * 30 + "\n\n" + "x" * 30),
        ("", "x" * 30),
    ]


def test_a_lead_in_goes_with_its_list() -> None:
    """The line that announces a list is not left behind in the passage before."""
    source = "x" * 50 + "\n\nNext:\n- one one\n- two two\n"
    assert texts(source, 70) == [("", "x" * 50), ("", "Next:\n- one one\n- two two")]


def test_a_long_list_is_split_at_its_outermost_items() -> None:
    """Children stay with their item; the lead-in line is repeated for the embedding."""
    source = "次のとおり：\n- 一\n  - 一の一\n  - 一の二\n- 二\n  - 二の一\n- 三\n"
    assert texts(source, 40) == [
        ("", "次のとおり：\n- 一\n  - 一の一\n  - 一の二"),
        ("次のとおり：", "- 二\n  - 二の一\n- 三"),
    ]


def test_an_item_too_long_is_split_at_its_children() -> None:
    """The pieces after the first repeat the item that they hang on."""
    source = "- outer\n  - " + "a" * 30 + "\n  - " + "b" * 30 + "\n"
    assert texts(source, 60) == [
        ("", "- outer\n  - " + "a" * 30),
        ("outer", "- " + "b" * 30),
    ]


def test_a_long_table_is_split_at_rows_with_its_header() -> None:
    """The first piece has the header in its text, the others in their lead."""
    source = "| a | b |\n|---|---|\n| 1 | x |\n| 2 | y |\n| 3 | z |\n"
    assert texts(source, 35) == [
        ("", "| a | b |\n|---|---|\n| 1 | x |"),
        ("a | b", "| 2 | y |\n| 3 | z |"),
    ]


def test_code_keeps_its_fences() -> None:
    """Opening and closing fence belong to the passage that has the first and last line."""
    source = "Run:\n\n```sh\na a\n\nb b\nc c\n}\nd d\n```\n\nEnd.\n"
    assert texts(source, 500) == [("", source.strip())]
    assert texts(source, 38) == [
        ("", "Run:\n\n```sh\na a\n\nb b\nc c\n}"),
        ("Run:", "d d\n```\n\nEnd."),
    ]


def test_a_statement_too_long_is_a_passage_of_its_own() -> None:
    """Nothing is cut within a statement; the heading goes with the first passage."""
    source = "# A\n\n" + "x" * 90 + "。短い。\n"
    assert texts(source, 50) == [("", "# A\n\n" + "x" * 90 + "。"), ("", "短い。")]


def test_tokens_are_counted_in_one_call() -> None:
    """All texts of a document are counted at once."""
    calls: list[int] = []

    def counting(batch: Sequence[str]) -> list[int]:
        calls.append(len(batch))
        return count(batch)

    cut(document("# A\n\nb. c.\n\n## D\n\n- e\n"), counting, 40)
    assert len(calls) == 1


def test_embedded_text_has_the_heading_path_once() -> None:
    """Path, lead and verbatim text, without the heading that the path ends with."""
    read = document("# A\n\nText.\n\nB\n---\n\n- c：\n  - d\n\n### E\n")
    by_id = {section.id: section for section in read.sections}
    passages = cut(read, count, 100)
    assert [embedding.passage_text(by_id[p.section], p) for p in passages] == [
        "A\nText.",
        "A > B\n- c：\n  - d",
        "A > B > E",
    ]
    assert [embedding.statement_text(by_id[s.section], s) for s in read.statements] == [
        "A",
        "A\nText.",
        "A > B",
        "A > B\nc：",
        "A > B\nc：\nd",
        "A > B > E",
    ]


PIECES = [
    "# H\n\n", "## I\n", "■ J\n", "- a\n", "  - b b。c。\n", "\n", "One. Two. ", "文。", "> q\n",
    "| a | b |\n", "|---|---|\n", "| 1 | 2 |\n", "```\nx\ny\nz\n}\nw\n```\n", "Lead:\n", "語" * 30,
    "\r\n", "<!-- x -->\n",
]  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join), st.integers(15, 150))
def test_passages_cover_all_statements_once_and_in_order(source: str, limit: int) -> None:
    """Passages are slices of the source, apart, each within one section and the limit."""
    read = document(source)
    passages = cut(read, count, limit)
    covered = [identity for passage in passages for identity in passage.statements]
    assert covered == [statement.id for statement in read.statements]
    section_of = {statement.id: statement.section for statement in read.statements}
    sections = {section.id: section for section in read.sections}
    for passage in passages:
        start, end = passage.span
        assert source[start:end] == passage.text
        assert passage.lines == (source.count("\n", 0, start) + 1, source.count("\n", 0, end) + 1)
        assert {section_of[identity] for identity in passage.statements} == {passage.section}
        embedded = embedding.passage_text(sections[passage.section], passage)
        assert len(passage.statements) <= 2 or count([embedded])[0] <= limit
    assert all(one.span[1] <= other.span[0] for one, other in pairwise(passages))


def test_passages_of_two_files_with_one_text_differ() -> None:
    """Ids name the file."""

    def first(path: str) -> Passage:
        sections, statements = read_document("文。", course="c", path=path)
        return cut(Document("c", path, "文。", "", sections, statements), count, 50)[0]

    assert (first("a.md").id, first("b.md").id) == ("a.md:0-2", "b.md:0-2")
