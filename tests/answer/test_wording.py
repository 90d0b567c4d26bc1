"""Wording: no word missing in a language, and answers as text and as Markdown."""

from __future__ import annotations

import string
from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from coursebot.answer.wording import (
    WORDINGS,
    ModelFailure,
    confidence_in_words,
    escape,
    render_markdown,
    render_text,
    wording,
)
from coursebot.terms import is_japanese
from coursebot.types import (
    Answer,
    Citation,
    Kind,
    Language,
    RelatedLink,
    ShortAnswer,
    State,
    Statement,
)

QUOTE = "このログイン（トークン）は**3時間**有効。"
PLAIN = "このログイン（トークン）は3時間有効。"
HOURS = ShortAnswer("3時間", ("3時間",), "duration", 1, "3 hours")


def make(
    *quotes: tuple[str, str, Kind],
    state: State = State.ANSWERED,
    language: Language = Language.EN,
    short: ShortAnswer | None = None,
    heading: str = "ログイン",
) -> Answer:
    """Return an answer that quotes (verbatim, plain, kind), all of one section."""
    statements, citations = [], []
    for number, (text, plain, kind) in enumerate(quotes, 1):
        name = f"c/a.md:{number}-{number + 1}"
        statements.append(
            Statement(name, "c/a.md#x", "c", "c/a.md", (1, 1), (0, 1), text, plain, kind)
        )
        url = f"https://example.org/a.md#{number}"
        citations.append(
            Citation(number, name, "c", "c/a.md", ("ACR", heading), (1, 1), (0, 1), text, url)
        )
    return Answer(
        question="q",
        language=language,
        state=state,
        confidence=0.9,
        text="",
        short_answer=short,
        statements=tuple(statements),
        citations=tuple(citations),
        related=(),
        passages=(),
        timings_ms={},
    )


def sentence(text: str) -> tuple[str, str, Kind]:
    """Return a quote that is plain as it stands."""
    return (text, text, Kind.SENTENCE)


@pytest.mark.parametrize("language", list(Language))
def test_no_word_is_missing(language: Language) -> None:
    """Each language has every field and a notice for each of a model's failures."""
    words = WORDINGS[language]
    assert all(getattr(words, field.name) for field in fields(words))
    assert set(words.notices) == set(ModelFailure)
    assert len(set(words.notices.values())) == len(ModelFailure)
    assert is_japanese(words.not_covered) is (language is Language.JA)


def test_confidence_in_words() -> None:
    """The steps are .8 and .5, each included."""
    steps = [confidence_in_words(value, Language.EN) for value in (0.8, 0.79, 0.5, 0.49)]
    assert steps == ["high", "medium", "medium", "low"]
    assert confidence_in_words(1.0, Language.JA) == "高"


def test_text_of_a_duration() -> None:
    """The short answer with its conversion, then the quote without Markdown's marks."""
    answer = make((QUOTE, PLAIN, Kind.SENTENCE), short=HOURS)
    assert render_text(answer) == f"3時間 · 3 hours\n{PLAIN} [1]"


def test_text_of_yes_or_no_starts_with_it() -> None:
    """The word in the learner's language comes before the words that decide it."""
    short = ShortAnswer("無料", ("無料",), "yesno", 1, "Yes")
    assert render_text(make(sentence("無料で使える。"), short=short)) == (
        "Yes · 無料\n無料で使える。 [1]"
    )


def test_text_does_not_say_the_same_twice() -> None:
    """A short answer that is the only quote, or the list of all quotes, is left out."""
    name = ShortAnswer("ACR", ("ACR",), "name", 1)
    assert render_text(make(sentence("ACR"), short=name)) == "ACR [1]"
    listed = ShortAnswer("a、b", ("a", "b"), "list", 1)
    answer = make(sentence("a"), sentence("b"), short=listed)
    assert render_text(answer) == "a [1]\nb [2]"
    assert "a、b" not in render_markdown(answer)


def test_text_of_the_other_states() -> None:
    """Unsure leads with a caution; what is not covered is one sentence."""
    assert render_text(make(sentence("a"), state=State.UNSURE)) == (
        f"{wording(Language.EN).unsure}\na [1]"
    )
    assert render_text(make(state=State.NOT_COVERED)) == "The course material does not say."
    japanese = make(state=State.NOT_COVERED, language=Language.JA)
    assert render_text(japanese) == "教材には書かれていません。"


def test_text_of_code_keeps_its_lines() -> None:
    """A block of code is the one quote that spans lines."""
    code = ("az login\n  az acr login", "az login\n  az acr login", Kind.CODE)
    assert render_text(make(code, sentence("a\nb"))) == "az login\n  az acr login [1]\na b [2]"


def test_text_of_generated_words() -> None:
    """A language model's words stand in place of the quotes."""
    assert render_text(replace(make(sentence("a")), generated="So [1].")) == "So [1]."


def test_markdown_of_an_answer() -> None:
    """Short answer, quotes with links and heading path, links to read on, confidence."""
    answer = make(
        (QUOTE, PLAIN, Kind.SENTENCE),
        ("`az acr login` を使う", "az acr login を使う", Kind.ITEM),
        short=HOURS,
    )
    answer = replace(answer, related=(RelatedLink("ACR docs", "https://example.org/(d)"),))
    assert render_markdown(answer) == "\n".join(
        [
            "**3時間 · 3 hours**",
            "",
            f"> {PLAIN} [\\[1\\]](https://example.org/a.md#1)",
            "",
            "> `az acr login` を使う [\\[2\\]](https://example.org/a.md#2)",
            ">",
            "> *In context: ACR › ログイン*",
            "",
            "Read on",
            "",
            "- [ACR docs](https://example.org/%28d%29)",
            "",
            "*Confidence\\: high*",
        ]
    )


def test_markdown_of_code() -> None:
    """Code is fenced by more backticks than it holds."""
    code = ("```\na\n```", "```\na\n```", Kind.CODE)
    assert render_markdown(make(code)).startswith("> ````\n> ```\n> a\n> ```\n> ````\n> [")


def test_markdown_of_generated_words() -> None:
    """Citations become links, code stays code, all else is literal; the sources follow."""
    answer = make(sentence("a"))
    answer = replace(answer, generated="- `x` is *so* [1].\n- <b> [7]", notice="n")
    shown = render_markdown(answer)
    said = "- `x` is \\*so\\* [\\[1\\]](https://example.org/a.md#1)\\.\n- \\<b\\> \\[7\\]"
    assert shown.startswith(f"{said}\n\n**Sources**")
    assert shown.endswith("*n*")


def test_markdown_of_what_is_not_covered() -> None:
    """The fixed sentence and nothing that could pass for an answer."""
    assert render_markdown(make(state=State.NOT_COVERED)) == (
        "**The course material does not say\\.**"
    )


def test_an_address_that_a_page_should_not_follow_is_no_link() -> None:
    """Only http, https and places in the app itself are linked."""
    answer = make(sentence("a"))
    links = [RelatedLink("bad", " javascript:x"), RelatedLink("data", "data:text/html,x")]
    links += [RelatedLink("in", "/read/a.md#b"), RelatedLink("rel", "a.md")]
    shown = render_markdown(replace(answer, related=tuple(links)))
    assert "- bad\n- data\n- [in](/read/a.md#b)\n- [rel](a.md)\n" in shown


ACTIVE = st.lists(
    st.one_of(
        st.text(alphabet=string.punctuation + " \n\tab1あ", max_size=8),
        st.sampled_from(
            [
                *("![x](http://e.example)", "<img src=x>", "https://e.example", "www.e.example"),
                *("[a](b)", "```", "# h", "- i", "1. n", "| a |\n|---|", "&lt;", "a@b.example"),
            ]
        ),
    ),
    max_size=6,
).map("".join)
GFM = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


def _active(markdown: str) -> set[str]:
    """Return the kinds of tokens that a Markdown text becomes, blocks and inline."""
    kinds = set()
    for token in GFM.parse(markdown):
        kinds.add(token.type)
        kinds |= {child.type for child in token.children or ()}
    return kinds


@given(ACTIVE)
def test_escaped_text_is_shown_literally(text: str) -> None:
    """Law: nothing in it becomes Markdown or HTML, and every character is shown."""
    tokens = GFM.parse(escape(text))
    assert all(token.type in ("paragraph_open", "inline", "paragraph_close") for token in tokens)
    children = [child for token in tokens for child in token.children or ()]
    assert {child.type for child in children} <= {"text"}
    assert "".join(child.content for child in children) == " ".join(text.split())


@given(ACTIVE, ACTIVE, st.sampled_from(list(Kind)))
def test_nothing_quoted_becomes_active(quote: str, heading: str, kind: Kind) -> None:
    """Law: quotes, headings, link texts and a model's words add no HTML, image or link."""
    answer = make((quote, quote, kind), heading=heading)
    answer = replace(answer, related=(RelatedLink(heading, ""),), notice=quote)
    for shown in (answer, replace(answer, generated=f"So [1]. {quote}")):
        markdown = render_markdown(shown)
        assert not _active(markdown) & {"html_block", "html_inline", "image", "heading_open"}
        links = [
            child.attrs["href"]
            for token in GFM.parse(markdown)
            for child in token.children or ()
            if child.type == "link_open"
        ]
        assert set(links) == {"https://example.org/a.md#1"}
