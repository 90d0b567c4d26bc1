"""Language ▶ the fixed words of answers: everything here that is not the course's or a model's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from coursebot.types import Language


class ModelFailure(StrEnum):
    """Why a language model's answer was not used."""

    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    REJECTED = "rejected"
    BUSY = "busy"
    ERROR = "error"
    BROKEN = "broken"
    EMPTY = "empty"
    UNCITED = "uncited"


@dataclass(frozen=True, slots=True)
class Wording:
    """The fixed words of one language."""

    not_covered: str
    unsure: str
    """Leads what was found when it may not answer the question."""
    in_context: str
    sources: str
    read_on: str
    conversion: str
    """Stands between a verbatim short answer and its conversion; marks the latter as one."""
    separator: str
    """Stands between the items of a list."""
    yes: str
    no: str
    confidence: str
    """Names the confidence; ``high``, ``medium`` or ``low`` follows."""
    high: str
    medium: str
    low: str
    unsourced: str
    """Marks a language model's sentence that cites nothing."""
    notices: Mapping[ModelFailure, str]
    """Why a language model's answer was not used, and what is shown in its place."""


_FAILED_EN = "The language model {}, so this is the answer in the material's own words."
_FAILED_JA = "言語モデル{}ため、教材の言葉のままお答えします。"

WORDINGS: Mapping[Language, Wording] = {
    Language.EN: Wording(
        not_covered="The course material does not say.",
        unsure="Something close was found, but it may not answer the question:",
        in_context="In context",
        sources="Sources",
        read_on="Read on",
        conversion=" · ",
        separator=", ",
        yes="Yes",
        no="No",
        confidence="Confidence",
        high="high",
        medium="medium",
        low="low",
        unsourced="(unsourced)",
        notices={
            ModelFailure.UNREACHABLE: _FAILED_EN.format("could not be reached"),
            ModelFailure.TIMEOUT: _FAILED_EN.format("took too long"),
            ModelFailure.REJECTED: _FAILED_EN.format("did not accept the key"),
            ModelFailure.BUSY: _FAILED_EN.format("is busy"),
            ModelFailure.ERROR: _FAILED_EN.format("reported an error"),
            ModelFailure.BROKEN: _FAILED_EN.format("broke off its answer"),
            ModelFailure.EMPTY: _FAILED_EN.format("gave an empty answer"),
            ModelFailure.UNCITED: _FAILED_EN.format("cited nothing from the material"),
        },
    ),
    Language.JA: Wording(
        not_covered="教材には書かれていません。",
        unsure="近い記述が見つかりましたが、質問の答えではないかもしれません:",
        in_context="前後の文脈",
        sources="出典",
        read_on="関連リンク",
        conversion=" · ",
        separator="、",
        yes="はい",
        no="いいえ",
        confidence="確信度",
        high="高",
        medium="中",
        low="低",
        unsourced="（出典なし）",
        notices={
            ModelFailure.UNREACHABLE: _FAILED_JA.format("に接続できなかった"),
            ModelFailure.TIMEOUT: _FAILED_JA.format("の応答に時間がかかりすぎた"),
            ModelFailure.REJECTED: _FAILED_JA.format("にキーが受け付けられなかった"),
            ModelFailure.BUSY: _FAILED_JA.format("が混み合っている"),
            ModelFailure.ERROR: _FAILED_JA.format("がエラーを返した"),
            ModelFailure.BROKEN: _FAILED_JA.format("の回答が途中で切れた"),
            ModelFailure.EMPTY: _FAILED_JA.format("の回答が空だった"),
            ModelFailure.UNCITED: _FAILED_JA.format("が教材を引用しなかった"),
        },
    ),
}

_HIGH, _MEDIUM = 0.8, 0.5


def wording(language: Language) -> Wording:
    """Return the fixed words of ``language``."""
    return WORDINGS[language]


def confidence_level(confidence: float) -> Literal["high", "medium", "low"]:
    """Return ``high`` from .8 on, ``medium`` from .5 on, else ``low``."""
    if confidence >= _HIGH:
        return "high"
    return "medium" if confidence >= _MEDIUM else "low"


def confidence_in_words(confidence: float, language: Language) -> str:
    """Return ``high`` (from .8), ``medium`` (from .5) or ``low`` in ``language``."""
    name: str = getattr(wording(language), confidence_level(confidence))
    return name
