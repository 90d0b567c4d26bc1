"""Cleaner: citations, marks and what is taken out of a model's words."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coursebot.answer.generate.clean import Cleaner
from coursebot.types import Answer, Citation, Language, State

QUOTES = (
    "Valid for 3 hours.",
    "Run `az acr login --name <registry>` first.",
    "See https://learn.microsoft.com/acr or registry.azurecr.io/app.",
    "四つ目。",
)


def answer(language: Language = Language.EN) -> Answer:
    """Return an answer that cites four statements."""
    citations = tuple(
        Citation(number, f"s{number}", "c", "a.md", (), (1, 1), (0, 1), quote, "u")
        for number, quote in enumerate(QUOTES, 1)
    )
    return Answer("q", language, State.ANSWERED, 0.9, "", None, (), citations, (), (), {})


def clean(text: str, *, step: int = 0, language: Language = Language.EN) -> str:
    """Return ``text`` as it is shown when it comes in pieces of ``step`` characters."""
    cleaner = Cleaner(answer(language))
    size = step or max(len(text), 1)
    shown = [cleaner.feed(text[i : i + size]) for i in range(0, len(text), size)]
    shown.append(cleaner.finish())
    assert "".join(shown) == cleaner.text
    return cleaner.text


@pytest.mark.parametrize(
    ("reply", "shown"),
    [
        ("So [1].", "So [1]."),
        ("So. [1]", "So. [1]"),
        ("So [1][7].", "So [1]."),
        ("So [1] and so [7].", "So [1] and so."),
        ("So【1】.", "So[1]."),
        ("So［１］.", "So[1]."),
        ("So 【1†source】.", "So [1]."),
        ("So [1, 2, 9].", "So [1][2]."),
        ("So [1、3].", "So [1][3]."),
        ("So [2-9].", "So [2][3][4]."),
        ("So [2-3] `x`.", "So [2][3] `x`."),
        ("So [^1].", "So [1]."),
        ("So [1](http://evil.example).", "So [1]."),
        ("So [1]. `a[7]` is code [2].", "So [1]. `a[7]` is code [2]."),
        ("So [1]. Nothing for it.", "So [1]. Nothing for it. (unsourced)"),
        ("First. Then [1].", "First. (unsourced) Then [1]."),
        ("Use registry.azurecr.io, e.g. Azure 2.26.0 [1].",) * 2,
        ("- a [1]\n- b\n1. c [2]", "- a [1]\n- b (unsourced)\n1. c [2]"),
        ("## Answer\nSo **really** [1].", "Answer (unsourced)\nSo really [1]."),
        ("<think>\nno [9]\n</think>\n\nSo [1].", "So [1]."),
        ("<think> never ends [1].", ""),
        ("Nothing at all.", ""),
        ("Run this [2]:\n```bash\naz acr login --name <registry>\n```",
         "Run this [2]:\n`az acr login --name <registry>`"),
        ("Run this [2]:\n```\nrm -rf /\n```", "Run this [2]:\n`rm -rf /` (unsourced)"),
        ("So [1]. ![a](b) ![a][b]", "So [1]."),
        ("So <b>it</b> is [1]. <!-- x --> <img src=x", "So it is [1]. img src=x (unsourced)"),
        ("So <scr<b>ipt>it [1].", "So it [1]."),
        ("Run az acr login --name <registry> [2].",) * 2,
        ("See https://learn.microsoft.com/acr [3].",) * 2,
        ("See [it](https://learn.microsoft.com/acr) [3].",
         "See it https://learn.microsoft.com/acr [3]."),
        ("Use registry.azurecr.io/app [3].",) * 2,
        ("See https://learn.microsoft.com/acr?leak=1 [3].", "See [3]."),
        ("So evil.example/x [1].", "So [1]."),
        ("So javascript:alert(1) [1].", "So [1]."),
        ("So [1].\n[1]: https://evil.example", "So [1]."),
        ("So\u202e \u200b\x00it [1].", "So it [1]."),
    ],
)  # fmt: skip
def test_a_reply_is_cleaned(reply: str, shown: str) -> None:
    """Known citations stay in one form; what no statement holds goes."""
    assert clean(reply) == shown
    assert clean(reply, step=1) == shown


def test_japanese_sentences() -> None:
    """They are told apart without spaces, quotations stay whole, and the mark is Japanese."""
    reply = "3時間です。[1]「はい。」と答えます[2]。余談です。以上【9】。"
    shown = "3時間です。[1]「はい。」と答えます[2]。余談です。（出典なし）以上。（出典なし）"
    assert clean(reply, language=Language.JA) == shown
    assert clean(reply, step=1, language=Language.JA) == shown


def test_nothing_is_shown_before_a_citation() -> None:
    """What stands before the first cited sentence comes out together with it."""
    cleaner = Cleaner(answer())
    assert cleaner.feed("Well now. Let me see. ") == ""
    assert cleaner.feed("Three hours [1]. ") == ""
    assert cleaner.feed("A") == ("Well now. (unsourced) Let me see. (unsourced) Three hours [1].")


PARTS = st.sampled_from(
    [
        *(
            "So",
            " ",
            "\n",
            ".",
            "。",
            "!",
            "?",
            ":",
            "「",
            "」",
            "[1]",
            "[9]",
            "【2】",
            "[",
            "]",
            "(",
        ),
        *(")", "![", "](", "<", ">", "/", "//", "http", "https:", "www.", "evil.example", "`"),
        *(
            "```",
            "<img",
            " src=x",
            "<!--",
            "-->",
            "javascript:",
            "data:a/b",
            "- ",
            "1.",
            "**",
            "# ",
        ),
        *("<think>", "</think>", "https://learn.microsoft.com/acr", "<registry>", "e.g."),
    ]
)
REPLIES = st.lists(PARTS, max_size=40).map("".join)


@given(REPLIES, st.integers(1, 7))
def test_how_a_reply_is_cut_up_makes_no_difference(reply: str, step: int) -> None:
    """Law: what is shown depends on the reply's characters alone."""
    assert clean(reply, step=step) == clean(reply)


@given(REPLIES)
def test_no_markup_and_no_foreign_address_comes_through(reply: str) -> None:
    """Law: whatever a model writes, no tag, image or address is left that no statement holds."""
    shown = clean(f"So [1]. {reply}")
    shown = shown.replace("https://learn.microsoft.com/acr", "·").replace("<registry>", "·")
    assert not re.search(r"<[a-zA-Z/!?]|!\[[^\]\n]*\]\(|evil\.example/\w", shown)
    assert not re.search(r"(?<![a-zA-Z0-9])(?:www\.\w|[a-z]{2,}://)", shown)
