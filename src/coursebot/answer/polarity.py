"""Question and statement ▶ yes or no, only where the wording decides it."""

# ruff: noqa: E501 - a pattern is data and reads best in one row

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from coursebot.types import Language, Span

_NOT_JA = r"(?:ない|ません|ず|ぬ)"
_FAMILIES: tuple[tuple[str, str, str], ...] = (
    (
        "state",
        r"有効|オン|(?<!\bturned )\bon\b by default|enabled|switched on|turned on|\bon for\b|\bon from\b|: on\b|：on\b",
        r"無効|オフ|\boff\b|disabled|switched off|turned off",
    ),
    (
        "need",
        r"必要|必須|要[るり]|要する|しなければ|義務|required|\bmust\b(?! not)|mandatory|compulsory|\bneeds?\b|have to",
        rf"不要|必要(?:は|が)?(?:なく|ない|ありません)|要ら{_NOT_JA}|任意|なくても(?:よい|いい|可)|not (?:needed|required|necessary|mandatory)|optional|no need|need not|don'?t need|without",
    ),
    (
        "can",
        r"でき(?:る|ます)|可能|許可|(?<!不)可(?:$|。|、|）)|(?:て|で)も(?:よ|い|かま)い|(?:え|け|せ|て|ね|べ|め|れ|げ)(?:る|ます)$|\bcan\b(?!not|'t)|\bmay\b(?! not)|\ballowed\b|\bpossible\b|permitted|are fine|is fine",
        r"でき(?:ない|ません|ず)|不可|禁止|(?:て|で)は(?:いけ|なら|だめ)|だめ|[えけせてねべめれげ](?:ない|ません)|cannot|can'?t\b|\bmay not\b|\bmust not\b|not (?:allowed|possible|permitted|supported|available)|forbidden|prohibited|impossible|\bbanned\b|never",
    ),
    (
        "include",
        r"含[むみま](?:れる|れます|む|みます|$)|付[きく]|込み|対応(?:する|して(?:いる|います)|$)|included|includes|supported|supports|comes? with",
        rf"含[まみ](?:れ)?{_NOT_JA}|付か{_NOT_JA}|別料金|対象外|非対応|未対応|対応して(?:いない|いません)|対応し{_NOT_JA}|not (?:included|covered|supported|part)|excluded|does not include|unsupported",
    ),
)
_COMPILED = tuple((name, re.compile(yes), re.compile(no)) for name, yes, no in _FAMILIES)
_NEGATED = re.compile(
    r"ない(?:$|。|（|です)|ません|できず|しない|(?:れ|か|さ|ら)ない|\bnot\b|\bnever\b|\bno\b|\bnone\b|n't\b|\bnor\b|cannot"
)
_DOUBLE = re.compile(
    r"(?:ない|なけれ)(?:と|ば|限り).*(?:ない|ません)|なくはない|ないわけ|only\b.*\bnot\b|unless|ない限り|以外は|を除[いき]|だけ|のみ|\bonly\b|except|場合は|ただし|\bif\b|ときは|\bbut\b|が、"
)
_NEGATIVE_QUESTION = re.compile(
    r"(?:ない|ません)(?:の|ん)?(?:です)?(?:か|よね|ね|？|\?|$)|ないでしょうか|なくても|ずに|\b(?:isn't|aren't|doesn't|don't|can't|won't)\b|\bnot\b|\bwithout\b|無効|オフ|禁止|不要|\boff\b|disabled|forbidden|だめ|不可|まずい|prohibited"
)
_INSTRUCTION = re.compile(
    r"(?:有効|無効|オン|オフ)[」』]?(?:に|化)?(?:する|します|し、|して|した|せよ)|^(?:please )?(?:enable|disable|turn|switch|set)\b|\bto (?:enable|disable|turn|switch)\b"
)
"""What is to be done says nothing of what is."""
_CLAUSE = re.compile(r"[^。；;\n]+")
_WORDS = {(True, Language.EN): "Yes", (False, Language.EN): "No"}
_WORDS |= {(True, Language.JA): "はい", (False, Language.JA): "いいえ"}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a statement says to a question of yes or no."""

    span: Span
    """The clause that decides it, in the statement's text."""
    answer: str
    """In the question's language."""
    certainty: float


def decide(question: str, text: str, language: Language) -> Verdict | None:
    """Return the verdict; None where question and statement do not speak of the same thing."""
    asked = unicodedata.normalize("NFKC", question).casefold()
    if _NEGATIVE_QUESTION.search(asked):
        return None
    clauses = [match.span() for match in _CLAUSE.finditer(text) if match.group().strip()]
    said = [(span, *_said(text[slice(*span)])) for span in clauses]
    decided = [(span, family, positive) for span, family, positive in said if family]
    if len(decided) != 1 or len({positive for _, _, positive in decided}) != 1:
        return None
    span, family, positive = decided[0]
    clause = text[slice(*span)]
    if _DOUBLE.search(clause.casefold()):
        return None
    if _starts(asked) and not _starts(unicodedata.normalize("NFKC", text).casefold()):
        return None
    same = any(name == family and yes.search(asked) for name, yes, _ in _COMPILED)
    if (
        not same
        and not (family == "can" and _modal(asked))
        and not (family == "state" and _starts(asked))
    ):
        return None
    start, end = span
    start += len(clause) - len(clause.lstrip(" -*・|"))
    end -= len(clause) - len(clause.rstrip(" |"))
    return Verdict((start, end), _WORDS[positive, language], 0.85 if same else 0.7)


def _modal(asked: str) -> bool:
    return re.match(r"(?:can|could|may|is it (?:ok|possible|allowed))\b", asked) is not None or (
        re.search(r"(?:ていい|てもいい|てよい|れますか|れる\?|えますか|せますか|けますか)", asked)
        is not None
    )


def _starts(asked: str) -> bool:
    return (
        re.search(r"既定|デフォルト|最初から|はじめから|初期|by default|out of the box", asked)
        is not None
    )


def _said(clause: str) -> tuple[str, bool]:
    """Return the family that a clause speaks of and its pole; an empty family when unclear."""
    plain = unicodedata.normalize("NFKC", clause).casefold().strip(" 。.|")
    if _INSTRUCTION.search(plain):
        return "", False
    poles: list[tuple[str, bool]] = []
    for name, yes, no in _COMPILED:
        if no.search(plain):
            poles.append((name, False))
        elif yes.search(plain):
            negated = _NEGATED.search(plain) is not None
            if negated:
                return "", False
            poles.append((name, True))
    if len(poles) != 1:
        return "", False
    return poles[0]
