"""What reports and the workbench say of runs, in English and Japanese side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from coursebot.evaluation.report.terms import NAMES, Said
from coursebot.evaluation.report.verdicts import COMPARED
from coursebot.types import Language

METRICS: Mapping[str, tuple[Said, Said]] = {
    "passed": (
        Said("Passed", "合格"),
        Said(
            "Right, or a question without an answer that was not given one: what the gate watches.",
            "正答、または答えのない質問に答えなかったもの。ゲートが見る値。",
        ),
    ),
    "right": (
        Said("Right", "正答"),
        Said(
            "All required parts are said, nothing forbidden is, and a citation is on the gold.",
            "必要な要素をすべて述べ、述べてはならないことを述べず、正解の箇所を引用した割合。",
        ),
    ),
    "score": (
        Said("Score", "スコア"),
        Said(
            "Right +1, not sure or not covered 0, wrong −1 (CRAG): a wrong answer costs.",
            "正答 +1、保留・回答なし 0、誤答 −1 の平均（CRAG）。誤答は減点になる。",
        ),
    ),
    "contains": (
        Said("Contains", "内容一致"),
        Said(
            "The answer says all that is expected, wherever it was quoted from.",
            "引用元にかかわらず、期待される内容がすべて答えに含まれる割合。",
        ),
    ),
    "typed": (
        Said("Value", "値の一致"),
        Said(
            "Numbers, durations and yes/no are compared as values, not as text.",
            "数・期間・はい/いいえを、文字ではなく値として比べた一致。",
        ),
    ),
    "required_parts": (
        Said("Required parts", "必須要素の再現率"),
        Said(
            "Share of the required parts of the answer, such as a list's items, that are there.",
            "リストの項目など、答えに必要な要素のうち述べられた割合。",
        ),
    ),
    "exact_match": (
        Said("Exact match", "完全一致 (EM)"),
        Said(
            "The short answer is the expected text, letter for letter after normalisation.",
            "正規化したうえで、短い答えが期待される文字列と一致する割合。",
        ),
    ),
    "f1": (
        Said("F1", "F1"),
        Said(
            "Overlap with the expected text: characters in Japanese, tokens in English.",
            "期待される文字列との重なり。日本語は文字、英語は単語で数える。",
        ),
    ),
    "cited": (
        Said("Cited", "正しい引用"),
        Said(
            "At least one citation overlaps the place where the answer stands.",
            "引用の少なくとも一つが、答えの書かれた箇所と重なる割合。",
        ),
    ),
    "citation_recall": (
        Said("Citation recall", "引用の再現率"),
        Said(
            "Share of the answer's sentences whose cited text carries the gold quote.",
            "答えの文のうち、引用先に正解の文を含むものの割合。",
        ),
    ),
    "citation_precision": (
        Said("Citation precision", "引用の適合率"),
        Said(
            "Share of the citations that overlap a gold source.",
            "引用のうち、正解の箇所と重なるものの割合。",
        ),
    ),
    "verbatim": (
        Said("Verbatim", "原文どおり"),
        Said(
            "Share of quotes that stand character for character at the cited place; must be 100 %.",
            "引用が、示した位置に一字一句そのまま書かれている割合。100 % でなければならない。",
        ),
    ),
    "must_not_kept": (
        Said("Nothing forbidden", "禁止事項なし"),
        Said(
            "The answer says nothing that the golden item rules out.",
            "述べてはならないと定めたことを述べなかった割合。",
        ),
    ),
    "answered": (
        Said("Answered", "回答した割合"),
        Said(
            "Share of answerable questions that were given an answer without reservation.",
            "答えのある質問のうち、保留なしに答えた割合。",
        ),
    ),
    "abstained_rightly": (
        Said("Held back rightly", "正しく控えた"),
        Said(
            "Share of questions without an answer that were not given one as if there were.",
            "答えのない質問のうち、答えがあるかのように答えなかった割合。",
        ),
    ),
    "calibration_error": (
        Said("Calibration error", "較正誤差 (ECE)"),
        Said(
            "How far confidence and share right lie apart, over ten bins of confidence (ECE); "
            "lower is better.",
            "確信度で 10 区間に分けたときの、確信度と正答率のずれの平均（ECE）。小さいほど良い。",
        ),
    ),
    "brier": (
        Said("Brier score", "ブライアスコア"),
        Said(
            "Mean square of confidence minus what came (1 right, 0 not); lower is better.",
            "確信度と結果（正答 1、それ以外 0）の差の 2 乗の平均。小さいほど良い。",
        ),
    ),
    "Success@1": (
        Said("Success@1", "Success@1"),
        Said("The first passage holds gold.", "先頭の文章に正解の箇所がある割合。"),
    ),
    "Success@5": (
        Said("Success@5", "Success@5"),
        Said(
            "One of the first five passages holds gold.",
            "上位 5 件のいずれかに正解の箇所がある割合。",
        ),
    ),
    "R@5": (
        Said("Recall@5", "再現率@5"),
        Said(
            "Share of the gold passages that are among the first five.",
            "正解の文章のうち、上位 5 件に入った割合。",
        ),
    ),
    "R@10": (
        Said("Recall@10", "再現率@10"),
        Said(
            "Share of the gold passages that are among the first ten.",
            "正解の文章のうち、上位 10 件に入った割合。",
        ),
    ),
    "RR@10": (
        Said("Reciprocal rank", "逆順位 (RR@10)"),
        Said(
            "One over the rank of the first gold passage among ten: 1 when it is on top.",
            "上位 10 件で最初に正解が現れた順位の逆数。先頭なら 1。",
        ),
    ),
    "nDCG@10": (
        Said("nDCG@10", "nDCG@10"),
        Said(
            "How near to the top the gold passages stand, graded by relevance.",
            "正解の文章がどれだけ上位にあるか。関連度で重みづけする。",
        ),
    ),
}
"""Name and one sentence of explanation, by metric."""

SECTION = "section "
"""Prefix of the metrics that are taken at section level."""

TEXTS: Mapping[str, Said] = {**NAMES, **COMPARED}
"""Every other text, by key."""


@dataclass(frozen=True, slots=True)
class Say:
    """Says texts in one language; templates know it as ``t``."""

    language: Language

    def __call__(self, key: str, **values: object) -> str:
        """Return the text of ``key``, filled in. Raises KeyError for a key that is not there."""
        said = TEXTS[key]
        text = said.ja if self.language is Language.JA else said.en
        return text.format(**values) if values else text

    def metric(self, name: str) -> str:
        """Return a metric's name for people; one that is not known is named as it is."""
        plain = name.removeprefix(SECTION)
        if plain not in METRICS:
            return name
        said = METRICS[plain][0]
        text = said.ja if self.language is Language.JA else said.en
        return self("of_sections", metric=text) if plain != name else text

    def about(self, name: str) -> str:
        """Return what a metric means, in one sentence; empty for one that is not known."""
        plain = name.removeprefix(SECTION)
        if plain not in METRICS:
            return ""
        said = METRICS[plain][1]
        text = said.ja if self.language is Language.JA else said.en
        return self("counted_by_section", about=text) if plain != name else text

    def named(self, prefix: str, name: str) -> str:
        """Return the text of ``prefix.name``, or ``name`` itself: tags are the author's own."""
        key = f"{prefix}.{name}"
        return self(key) if key in TEXTS else name

    def table(self) -> dict[str, str]:
        """Return every text of the language by key, as the page's script needs them."""
        metrics = [*METRICS, *(SECTION + name for name in METRICS if "@" in name)]
        return {
            **{key: self(key) for key in TEXTS},
            **{f"metric.{name}": self.metric(name) for name in metrics},
        }
