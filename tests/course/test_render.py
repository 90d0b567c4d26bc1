"""The reader's page: safe, with anchors, lines and marks."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from hypothesis import given, settings
from hypothesis import strategies as st

from coursebot.course import read_document, render

VOID = {"br", "hr"}
ALLOWED = {
    "article", "h1", "h2", "h3", "h4", "h5", "h6", "p", "span", "div", "ul", "ol", "li",
    "blockquote", "pre", "code", "table", "thead", "tbody", "tr", "th", "td", "em", "strong", "s",
    "a", "mark", "br", "hr",
}  # fmt: skip
ATTRIBUTES = {"id", "href", "target", "rel", "data-lines", "class", "start", "style", "lang"}


class Checker(HTMLParser):
    """Fails on elements and attributes that the reader must not have, and on bad nesting."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.said = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Check an opening tag."""
        assert tag in ALLOWED
        assert {name for name, _ in attrs} <= ATTRIBUTES
        for name, value in attrs:
            if name == "href":
                assert re.match(r"(?i)https?://|mailto:|#", value or "")
            if name == "id":
                self.ids.append(value or "")
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Check a closing tag."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Collect text."""
        self.said += data


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
        '<article>\n<p data-lines="1-1">一。<strong><mark id="c1">二</mark></strong> '
        '<a href="https://x.y" target="_blank" rel="noopener noreferrer"><mark>三</mark></a>'
        "<mark>。</mark>四。</p>\n</article>\n"
    )


def test_code_rows_and_items_are_marked() -> None:
    """A line of code, the cells of a row and an item can be cited."""
    source = "- a\n\n| h |\n|---|\n| 1 |\n\n```\none 1\ntwo 2\nthree\nfour\n```\n"
    _, statements = read_document(source, course="c", path="p.md")
    marks = [(statements[0].span, 1), (statements[1].span, 2), (statements[3].span, 3)]
    page = render.html(source, marks=marks)
    assert '<span data-lines="1-1"><mark id="c1">a</mark></span>' in page
    assert '<td><mark id="c2">1</mark></td>' in page
    assert 'one 1\n<mark id="c3">two 2</mark>\nthree' in page


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
