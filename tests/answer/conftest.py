"""Hits in a small course, made by hand, and a reader that has been told what to say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from coursebot.course import cut, read_document
from coursebot.terms import language_of, words
from coursebot.types import (
    Course,
    Document,
    Hit,
    Leg,
    Reading,
    Retrieved,
    Section,
    Statement,
    StatementHit,
)

NOTES = """# レジストリ

レジストリはイメージを保存する場所。

## 認証

https://learn.microsoft.com/ja-jp/azure/container-registry/container-registry-authentication

- 個々のログイン
  - `az acr login --name 名前`
  - このログイン（トークン）は3時間有効。
- 管理者アカウント
  - デフォルトでは無効

## SKU

- Basic
- Standard
- Premium

## 多い

- 一
- 二
- 三
- 四
- 五
- 六
"""


def retrieved(question: str, best: str, *, cosine: float = 0.93, link: str = "") -> Retrieved:
    """Return hits in which the statement ``best`` is much nearer to the question than others."""
    sections, statements = read_document(NOTES, course="c", path="c/a.md")
    document = Document("c", "c/a.md", NOTES, "0", sections, statements)
    passages = cut(document, lambda texts: [len(text) for text in texts], 400)
    by_statement = {name: p for p in passages for name in p.statements}
    target = next(s for s in statements if s.plain == best)
    asked = frozenset(words(question))
    hits = tuple(
        Hit(
            passage,
            0.9 if target.id in passage.statements else 0.6,
            {
                leg: Leg(1 if target.id in passage.statements else 2, 1.0)
                for leg in ("dense", "statement", "bigram", "word")
            },
        )
        for passage in sorted(passages, key=lambda p: target.id not in p.statements)
    )
    ranks = {hit.passage.id: n for n, hit in enumerate(hits, 1)}
    candidates = tuple(
        StatementHit(
            statement=s,
            cosine=cosine if s is target else 0.74,
            lexical=0.5 if s is target else 0.0,
            passage_score=hits[ranks[by_statement[s.id].id] - 1].score,
            passage_rank=ranks[by_statement[s.id].id],
        )
        for s in statements
    )
    return Retrieved(
        question=question,
        language=language_of(question),
        hits=hits,
        statements=candidates,
        sections={section.id: section for section in sections},
        siblings={
            section.id: tuple(s for s in statements if s.section == section.id)
            for section in sections
        },
        courses={"c": Course("c", "C", "ja", link_template=link)},
        match=1.0,
        idf=dict.fromkeys(asked, 2.0),
        surfaces={},
    )


class ScriptedReader:
    """A reader on the real interface that knows the scores of some lines, by their text.

    It reads all lines of the sections of its first candidates.
    """

    name = "scripted 1"
    fingerprint = "scripted"

    def __init__(self, scores: Mapping[str, float], *, first: int = 1, other: float = -6.0) -> None:
        self._scores, self._first, self._other = scores, first, other
        self.asked: list[str] = []
        self.candidates: tuple[str, ...] = ()

    def read(
        self,
        question: str,
        candidates: Sequence[Statement],
        sections: Mapping[str, Section],
        siblings: Mapping[str, Sequence[Statement]],
    ) -> Mapping[str, Reading]:
        """Return the readings of those lines."""
        self.asked.append(question)
        self.candidates = tuple(candidate.plain for candidate in candidates)
        read = dict.fromkeys(candidate.section for candidate in candidates[: self._first])
        assert set(read) <= set(sections)
        return {
            line.id: Reading(self._scores.get(line.plain, self._other), (0, len(line.plain)), 0.5)
            for section in read
            for line in siblings[section]
        }
