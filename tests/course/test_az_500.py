"""The shipped course, read as a person would cut it."""

from __future__ import annotations

from pathlib import Path

import pytest

from coursebot.course import cut, links, read_corpus
from coursebot.types import Corpus, Kind, Section, Statement

CORPUS = Path(__file__).parents[2] / "corpus"
PATH = "az-500/mod02/mod02-04.md"
SITE = "https://github.com/hiryamada/notes/blob/main/AZ-500/mod02/mod02-04.md"


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    """Return the shipped corpus."""
    return read_corpus(CORPUS)


def section_of(corpus: Corpus, heading: str) -> Section:
    """Return the section that a heading opens."""
    return next(
        section for section in corpus.documents[0].sections if section.heading_path[-1] == heading
    )


def statement_of(corpus: Corpus, text: str) -> Statement:
    """Return the statement with this text."""
    return next(s for s in corpus.documents[0].statements if s.text == text)


def test_the_course_is_described_by_its_folder(corpus: Corpus) -> None:
    """Name, title and language come from the folder and its course.toml."""
    (course,) = corpus.courses
    assert (course.name, course.title, course.language) == (
        "az-500",
        "AZ-500: コンテナーのセキュリティ",
        "ja",
    )
    assert corpus.refusals == ()
    assert [document.path for document in corpus.documents] == [PATH]


def test_sections_have_heading_path_and_anchors(corpus: Corpus) -> None:
    """A square's section lies below the heading above it and borrows its anchor."""
    section = section_of(corpus, "Azure Container Registry での認証")
    assert section.heading_path == (
        "Azure Container Registry (ACR)",
        "Azure Container Registry での認証",
    )
    assert (section.level, section.lines) == (2, (86, 110))
    assert section.anchor == "azure-container-registry-acr"
    assert section.reader_anchor == "azure-container-registry-での認証"
    assert section.id == f"{PATH}#azure-container-registry-での認証"
    assert len(corpus.documents[0].sections) == 16


def test_the_token_line_is_a_statement_below_its_parents(corpus: Corpus) -> None:
    """The first sentence of an item stands alone and knows what it hangs on."""
    statement = statement_of(corpus, "このログイン（トークン）は3時間有効。")
    assert (statement.kind, statement.lines) == (Kind.ITEM, (97, 97))
    assert statement.context == ("Azure ADでの個々のログイン", "ACRにログインする")
    assert statement.parent == statement_of(corpus, "ACRにログインする").id


def test_links_lead_to_where_the_course_was_published(corpus: Corpus) -> None:
    """The template is filled with the path inside the course and GitHub's anchor."""
    (course,) = corpus.courses
    section = section_of(corpus, "Azure Container Registry での認証")
    statement = statement_of(corpus, "このログイン（トークン）は3時間有効。")
    assert links.section_url(course, section) == f"{SITE}#azure-container-registry-acr"
    assert links.statement_url(course, section, statement) == links.section_url(course, section)
    japanese = section_of(corpus, "その他")
    assert links.section_url(course, japanese) == f"{SITE}#%E3%81%9D%E3%81%AE%E4%BB%96"


def test_link_lines_are_link_statements(corpus: Corpus) -> None:
    """A bare address and a labelled one are links, and the section lists them."""
    section = section_of(corpus, "ラボ 09: ACR と AKS の構成とセキュリティ保護")
    assert [(link.text, link.line) for link in section.links] == [
        ("手順書", 164),
        ("補足資料", 165),
        ("補足資料(Azure CLI 2.26.0で発生する問題のワークアラウンド)", 166),
    ]
    kinds = [s.kind for s in corpus.documents[0].statements if s.section == section.id]
    assert kinds == [Kind.HEADING, Kind.ITEM, Kind.ITEM, Kind.LINK, Kind.LINK, Kind.LINK]


def test_a_section_that_fits_is_one_passage(corpus: Corpus) -> None:
    """With room for all, there is one passage a section, from its heading to its end."""
    document = corpus.documents[0]
    passages = cut(document, lambda texts: [len(text) for text in texts], 10_000)
    assert [passage.span for passage in passages] == [section.span for section in document.sections]
