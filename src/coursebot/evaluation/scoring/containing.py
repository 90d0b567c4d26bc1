"""Two texts ▶ whether one stands in the other, numbers and Latin words whole."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_MYRIADS = "十百千万億兆"
_NUMBER = rf"\d+(?:[.,]\d+)*(?:[{_MYRIADS}]+(?:\d+(?:[.,]\d+)*)?)*"
_TOKEN = re.compile(
    rf"(?P<sign>(?<![\w.)])-|(?<=[ぁ-ヿ一-鿿])-)?(?P<number>{_NUMBER})"
    r"|(?P<kanji>[〇一二三四五六七八九十百千万億兆]+)"
    r"|(?P<latin>[a-zà-ɏ]+(?:\+\+|\#(?![a-z0-9]))?)"
    r"|(?P<other>[^\W_]|[%$¥€£])"
)
_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_LAST_VOWEL = re.compile(r"(?<=[ァ-ヺー]{2})ー(?![ァ-ヺー])")
_KATAKANA = re.compile(r"[ァ-ヺー]")

_Token = tuple[str, bool]
"""What it reads, and whether it hangs on the token before it (``gb`` in ``3gb``)."""


def contains(text: str, gold: str) -> bool:
    """Tell whether ``gold`` stands in ``text``.

    Case, width, white space, quotation marks, Markdown and other punctuation do not count, nor
    does the separator of thousands. A number is one whole token (``2.5`` is in neither ``25`` nor
    ``12.5``), a Latin word too; Japanese is found anywhere. A katakana word of three or more
    characters may end with or without its long vowel (``サーバ``, ``サーバー``).
    """
    if not _tokens(_fold(gold)):
        return bool(gold.strip()) and _fold(gold).strip() in _fold(text)
    text, gold = _fold(text), _fold(gold)
    if _stands(_tokens(text), _tokens(gold), whole=False):
        return True
    short, shorter = _LAST_VOWEL.sub("", text), _LAST_VOWEL.sub("", gold)
    if (short, shorter) == (text, gold):
        return False
    return _stands(_tokens(short), _tokens(shorter), whole=True)


def _fold(text: str) -> str:
    return unicodedata.normalize("NFKC", text).replace("−", "-").casefold()


@lru_cache(maxsize=4096)
def _tokens(text: str) -> tuple[_Token, ...]:
    found: list[_Token] = []
    end = -1
    for match in _TOKEN.finditer(text):
        glued = match.start() == end
        kind = match.lastgroup
        if kind != "number":
            found.append((match.group(), glued and kind in ("latin", "kanji")))
        else:
            numbers = _numbers(match["number"])
            found.append(((match["sign"] or "") + numbers[0], glued and not match["sign"]))
            found.extend((number, False) for number in numbers[1:])
        # only what could be one word or one number with its neighbour hangs on it
        end = match.end() if kind != "other" else -1
    return tuple(found)


def _numbers(written: str) -> list[str]:
    """Return ``1,000`` as 1000 and ``22,80,443`` as three numbers; else the number as it is."""
    if _THOUSANDS.fullmatch(written):
        return [written.replace(",", "")]
    return written.split(",") if written.count(",") > 1 else [written]


def _stands(text: tuple[_Token, ...], gold: tuple[_Token, ...], *, whole: bool) -> bool:
    """Find ``gold`` in a row; ``whole``: it ends where its katakana word ends."""
    words = [word for word, _ in gold]
    size = len(words)
    for at in range(len(text) - size + 1):
        if text[at][0] != words[0] or text[at][1]:
            continue
        after = text[at + size] if at + size < len(text) else ("", False)
        if after[1] or [word for word, _ in text[at : at + size]] != words:
            continue
        if whole and _KATAKANA.match(words[-1]) and _KATAKANA.match(after[0]):
            continue
        return True
    return False
