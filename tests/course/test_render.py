"""The reader's page: safe, with anchors, lines and marks."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coursebot.course import read_document, render
from coursebot.types import Kind, Statement

VOID = {"br", "hr"}
ALLOWED = {
    "article", "h1", "h2", "h3", "h4", "h5", "h6", "p", "span", "div", "ul", "ol", "li",
    "blockquote", "pre", "code", "table", "thead", "tbody", "tr", "th", "td", "em", "strong", "s",
    "a", "mark", "br", "hr",
}  # fmt: skip
ATTRIBUTES = {"id", "href", "target", "rel", "data-lines", "class", "start", "lang"}
ATTRIBUTES |= {"data-number", "tabindex"}


MORE = '<mark data-number="1" class="more">'


class Checker(HTMLParser):
    """Fails on elements and attributes that the reader must not have, and on bad nesting."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.said = ""
        self.numbers: list[str] = []
        self.marked: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Check an opening tag."""
        assert tag in ALLOWED
        assert {name for name, _ in attrs} <= ATTRIBUTES
        for name, value in attrs:
            if name == "href":
                assert re.match(r"(?i)https?://|mailto:|#", value or "")
            if name == "id":
                self.ids.append(value or "")
            if name == "data-number":
                assert tag == "mark"
                self.numbers.append(value or "")
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Check a closing tag."""
        assert self.open.pop() == tag
        if tag == "mark":
            self.numbers.pop()

    def handle_data(self, data: str) -> None:
        """Collect text."""
        self.said += data
        for number in self.numbers:
            self.marked[number] = self.marked.get(number, "") + data


def checked(page: str) -> Checker:
    """Return what a check of a page found."""
    checker = Checker()
    checker.feed(page)
    checker.close()
    assert checker.open == []
    return checker


def test_headings_have_the_readers_anchors() -> None:
    """Squares are headings too, and ids are those of the sections."""
    source = "# A\n\n■ B\n- c\n\n■ A\n"
    sections, _ = read_document(source, course="c", path="p.md")
    page = render.html(source, language="ja")
    assert checked(page).ids == [section.reader_anchor for section in sections]
    assert page.startswith('<article lang="ja">\n<h1 id="a" data-lines="1-1">A</h1>\n')
    assert '<h2 id="b" data-lines="3-3">B</h2>' in page


def test_cited_statements_are_marked() -> None:
    """A mark begins and ends where its statement does, through emphasis and links."""
    source = "一。**二** [三](https://x.y)。四。\n"
    _, statements = read_document(source, course="c", path="p.md")
    page = render.html(source, marks=[(statements[1].span, 1)])
    assert page == (
        '<article>\n<p data-lines="1-1">一。<strong><mark id="c1" data-number="1">二</mark>'
        f"</strong>{MORE} </mark>"
        f'<a href="https://x.y" target="_blank" rel="noopener noreferrer">{MORE}三</mark></a>'
        f"{MORE}。</mark>四。</p>\n</article>\n"
    )


def test_code_rows_and_items_are_marked() -> None:
    """A line of code, the cells of a row and an item can be cited."""
    source = "- a\n\n| h |\n|---|\n| 1 |\n\n```\none 1\ntwo 2\nthree\nfour\n```\n"
    _, statements = read_document(source, course="c", path="p.md")
    marks = [(statements[0].span, 1), (statements[1].span, 2), (statements[3].span, 3)]
    page = render.html(source, marks=marks)
    assert '<span data-lines="1-1"><mark id="c1" data-number="1">a</mark></span>' in page
    assert '<td><mark id="c2" data-number="2">1</mark></td>' in page
    assert 'one 1\n<mark id="c3" data-number="3">two 2</mark>\nthree' in page


def test_no_html_of_the_source_gets_through() -> None:
    """Scripts, handlers and dangerous addresses are gone; the text is kept."""
    source = (
        "<div onclick=x>hi <script>alert(1)</script> &lt;b&gt;</div>\n\n"
        "a <img src=x onerror=y alt='pic'> <b>b</b>\n\n"
        "[j](javascript:alert(1)) [d](data:text/html,x) <javascript:x> [r](../x.md) ![i](y.png)\n"
    )
    page = render.html(source)
    assert "hi<br>\n&lt;b&gt;</div>" in page
    assert "onclick" not in page
    assert "<script" not in page
    assert "onerror" not in page
    assert "href" not in page
    assert "pic" in page
    checked(page)


EXPECTED = {
    "sentence over two lines": ("One **two\nthree** four. Five.\n", 0, "One two three four."),
    "Japanese over two lines": ("これは、\n長い文です。次。\n", 0, "これは、長い文です。"),
    "hard break": ("one  \ntwo\n", 0, "one"),
    "inline code": ("- use `az  acr login` now\n", 0, "use az acr login now"),
    "link": ("See [the *page*](https://x.y) there.\n", 0, "See the page there."),
    "bare address": ("See https://x.y/z there.\n", 0, "See https://x.y/z there."),
    "entity": ("a &amp; b\n", 0, "a & b"),
    "quoted": ("> one\n> two\n", 0, "one two"),
    "HTML": ("<div>one <b>two</b><br>three</div>\n", 0, "one two"),
    "code": ("```\none\n  two\n```\n", 0, "one two"),
    "code in a list": ("- x\n\n  ```\n  one\n  two\n  ```\n", 1, "one two"),
    "row": ("| a | b |\n|---|---|\n| **1** | `2` |\n", 0, "12"),
}


@pytest.mark.parametrize("case", EXPECTED)
def test_a_mark_holds_its_quote_and_nothing_else(case: str) -> None:
    """All pieces of a mark, one after the other, say what a learner reads of the statement."""
    source, position, expected = EXPECTED[case]
    _, statements = read_document(source, course="c", path="p.md")
    checker = checked(render.html(source, marks=[(statements[position].span, 7)]))
    assert " ".join(checker.marked["7"].split()) == expected
    assert checker.ids == ["c7"]


def test_marks_that_overlap_stand_within_each_other() -> None:
    """Each has its own id and all of its text, whether one holds the other or not."""
    page = render.html("abcdef\n", marks=[((0, 4), 1), ((2, 6), 2), ((3, 4), 3)])
    checker = checked(page)
    assert checker.marked == {"1": "abcd", "2": "cdef", "3": "d"}
    assert checker.ids == ["c1", "c2", "c3"]
    assert checked(render.html("ab\n", marks=[((0, 2), 1), ((0, 2), 2)])).marked == {
        "1": "ab",
        "2": "ab",
    }


def test_lines_of_japanese_join_without_a_space() -> None:
    """As a reader of Japanese expects; other lines keep their end."""
    page = render.html("日本\n語 and\nmore\n")
    assert '<p data-lines="1-3">日本語 and\nmore</p>' in page


def test_links_to_other_files_go_where_they_are_resolved() -> None:
    """What resolves to nothing keeps its text; the web and the page itself are not asked about."""
    asked: list[str] = []

    def resolve(url: str) -> str:
        asked.append(url)
        return "/read/b.md#x" if url == "b.md#x" else ""

    page = render.html("[b](b.md#x) [c](c.md) [w](https://w.w) [p](#p)\n", resolve=resolve)
    assert '<a href="/read/b.md#x">b</a> <span>c</span> <a href="https://w.w"' in page
    assert '<a href="#p">p</a>' in page
    assert asked == ["b.md#x", "c.md"]


def test_what_may_scroll_takes_the_focus() -> None:
    """Tables and long lines of code; alignment is a class, for no style attribute is allowed."""
    page = render.html("| a | b |\n|:-:|--:|\n| 1 | 2 |\n")
    assert '<div class="table" tabindex="0">\n<table' in page
    assert '<td class="center">1</td>\n<td class="right">2</td>' in page
    assert "tabindex" not in render.html("```\nshort\n```\n")
    assert '<pre data-lines="1-3" tabindex="0">' in render.html(f"```\n{'x' * 31}\n```\n")
    checked(page)


MARKS = [
    "# ", "- ", "> ", "■", "```\n", "| a | b |\n", "|---|---|\n", "*", "**", "~~", "[", "](", ")",
    "<b>", "<!--", "<script>", "&amp;", "https://a.b/*c ", "。", "\n", "\n\n", "`", "日本語",
    "word ",
    "<a href='x'>", "![x](y)", "javascript:", '"', "'", "    ", "c1",
]  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(MARKS) | st.text(max_size=3), max_size=30).map("".join))
def test_any_text_gives_a_safe_page_with_every_mark(source: str) -> None:
    """Elements are closed in order, only harmless ones are used, and each mark has its place."""
    _, statements = read_document(source, course="c", path="p.md")
    marks = [(statement.span, number) for number, statement in enumerate(statements, 1)]
    checker = checked(render.html(source, marks=marks))
    cited = [name for name in checker.ids if re.fullmatch(r"c\d+", name)]
    assert cited == [f"c{number}" for _, number in marks]
    assert len(checker.ids) == len(set(checker.ids))
    for statement, number in marks_of(statements):
        said = checker.marked[number] if statement.kind is not Kind.ROW else ""
        assert squeezed(said) == squeezed(statement.plain if said else "")


def marks_of(statements: Sequence[Statement]) -> list[tuple[Statement, str]]:
    """Return each statement with its number as the page has it."""
    return [(statement, str(number)) for number, statement in enumerate(statements, 1)]


def squeezed(text: str) -> str:
    """Return ``text`` without white space."""
    return "".join(text.split())
