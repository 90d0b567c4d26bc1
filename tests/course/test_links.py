"""Where links lead: twins in two languages, the published course, the app's own reader."""

from __future__ import annotations

import pytest

from coursebot.course import links, read_document
from coursebot.types import Course

READER = Course("c", "C", "ja")
PUBLISHED = Course("c", "C", "ja", link_template="https://x.example/{path}#{anchor}")


@pytest.mark.parametrize(
    ("url", "language", "expected"),
    [
        ("https://docs.microsoft.com/ja-jp/azure/aks", "en", "https://docs.microsoft.com/en-us/azure/aks"),
        ("https://learn.microsoft.com/en-us/azure", "ja", "https://learn.microsoft.com/ja-jp/azure"),
        ("https://azure.microsoft.com/ja-jp/updates/x/", "en", "https://azure.microsoft.com/en-us/updates/x/"),
        ("https://azure.microsoft.com/ja-jp", "en", "https://azure.microsoft.com/en-us"),
        ("https://docs.microsoft.com/azure/ja-jp/x", "en", "https://docs.microsoft.com/azure/ja-jp/x"),
        ("https://example.com/ja-jp/x", "en", "https://example.com/ja-jp/x"),
        ("https://docs.microsoft.com/ja-jp/x", "fr", "https://docs.microsoft.com/ja-jp/x"),
    ],
)  # fmt: skip
def test_microsoft_pages_have_twins(url: str, language: str, expected: str) -> None:
    """Only a known site's language segment is exchanged, and only for a known language."""
    assert links.in_language(url, language) == expected


def test_the_own_reader_is_told_section_and_lines() -> None:
    """Without a template the reader's path is percent-encoded; a statement's lines are marked."""
    sections, statements = read_document("# 見出し 1\n\n文。", course="c", path="c/章 1.md")
    anchor = "%E8%A6%8B%E5%87%BA%E3%81%97-1"
    assert links.section_url(READER, sections[0]) == f"/read/c/%E7%AB%A0%201.md#{anchor}"
    assert (
        links.statement_url(READER, sections[0], statements[1])
        == "/read/c/%E7%AB%A0%201.md?lines=3-3#c1"
    )


def test_text_before_the_first_heading_has_no_anchor() -> None:
    """Without an anchor the address has no number sign."""
    sections, _ = read_document("文。", course="c", path="c/a.md")
    assert links.section_url(READER, sections[0]) == "/read/c/a.md"
    assert links.section_url(PUBLISHED, sections[0]) == "https://x.example/a.md"


def test_the_template_gets_the_path_inside_the_course() -> None:
    """The course's own folder is not part of the published path."""
    sections, _ = read_document("# A b", course="c", path="c/sub/a.md")
    assert links.section_url(PUBLISHED, sections[0]) == "https://x.example/sub/a.md#a-b"
