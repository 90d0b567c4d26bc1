"""Golden items of every shape, and a small course in two languages."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import strategies as st

from coursebot.course import read_corpus
from coursebot.evaluation.golden.material import Material
from coursebot.evaluation.golden.records import (
    AnswerKind,
    Difficulty,
    Expected,
    Followup,
    GoldenItem,
    Origin,
    Source,
    Status,
)
from coursebot.types import Language

NOTES = """\
Before any heading.

# ACR

Sign in with `az acr login`. The **token** is valid for 3 hours.

## ログイン

- このログイン（トークン）は3時間有効。
- パスワードは不要。

## 管理者

レジストリの「アクセスキー」で有効にする。
同じ文。

# ACI

同じ文。
"""

_characters = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
_odd = [
    "3時間",
    "yes",
    "- x: #",
    "a\nb",
    "'quoted'",
    "null",
    "=1+1",
    "'=1",
    "a|b\\",
    "1:30",
    "\u2028x",
]
texts = st.one_of(st.text(_characters, max_size=20), st.sampled_from(_odd)).filter(
    lambda text: bool(text.strip("\x1c\x1d\x1e\x1f \t\n\r\v\f\x85").strip())
)
"""Texts that say something."""

names = st.one_of(
    st.from_regex(r"\A[a-z0-9_.:-]{1,12}\Z"), st.sampled_from(["質問-1", "007", "1e3", "no"])
)


answers = st.builds(
    Expected,
    text=texts,
    aliases=st.lists(texts, max_size=2).map(tuple),
    kind=st.sampled_from(AnswerKind),
    required=st.booleans(),
)
sources = st.builds(
    Source,
    path=texts,
    heading_path=st.lists(texts, max_size=2).map(tuple),
    quote=st.one_of(st.just(""), texts),
    relevance=st.integers(1, 3),
)
_asked = {
    "question": texts,
    "answers": st.lists(answers, min_size=1, max_size=2).map(tuple),
    "sources": st.lists(sources, max_size=2).map(tuple),
    "must_not": st.lists(texts, max_size=2).map(tuple),
    "note": st.one_of(st.just(""), texts),
}
followups = st.one_of(
    st.builds(Followup, **_asked),
    st.builds(Followup, question=texts, unanswerable=st.just(True)),
)


def items_with(id: st.SearchStrategy[str]) -> st.SearchStrategy[GoldenItem]:
    """Return a strategy for items with such an id."""
    return st.builds(
        GoldenItem,
        id=id,
        lang=st.sampled_from(Language),
        tags=st.lists(names, max_size=2).map(tuple),
        difficulty=st.sampled_from(Difficulty),
        cluster=st.one_of(st.none(), names),
        origin=st.just(Origin.IMPORT),  # so that questions may meet by chance
        status=st.sampled_from(Status),
        followups=st.lists(followups, max_size=2).map(tuple),
        **_asked,
    )


golden_items = st.lists(items_with(names), max_size=4, unique_by=lambda item: item.id)


def make_item(id: str = "a", question: str = "", **changes: object) -> GoldenItem:
    """Return a reviewed item about the small course's token."""
    fields: dict[str, object] = {
        "id": id,
        "lang": Language.JA,
        "question": question or f"{id}の有効期間は?",
        "answers": (Expected(text="3時間", kind=AnswerKind.DURATION),),
        "sources": (Source(path="a.md", quote="3時間有効"),),
        "status": Status.REVIEWED,
    }
    return GoldenItem(**{**fields, **changes})  # type: ignore[arg-type]


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Return a corpus folder with the courses ``c`` and ``d``."""
    folder = tmp_path / "corpus"
    (folder / "c" / "sub").mkdir(parents=True)
    (folder / "d").mkdir()
    (folder / "c" / "a.md").write_text(NOTES, encoding="utf-8")
    (folder / "c" / "sub" / "b.md").write_text(
        "# 計算\n\nｶﾞｲﾄﾞは ３ 時間で終わる。\n", encoding="utf-8"
    )
    (folder / "d" / "a.md").write_text("# Other\n\nNothing of the kind.\n", encoding="utf-8")
    return folder


@pytest.fixture
def material(corpus: Path) -> Material:
    """Return the material of the small courses."""
    return Material.from_corpus(read_corpus(corpus))
