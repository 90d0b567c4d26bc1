"""Text ▶ terms: normalisation, words and character bigrams, the language of a question."""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import sudachidict_small
import sudachipy

from coursebot.types import Language

_KANA_OR_HAN = (
    "\u3005-\u3007"  # 々〆〇
    "\u3041-\u309f"  # hiragana
    "\u30a0-\u30fa\u30fc-\u30ff"  # katakana and the long-vowel mark, without the middle dot
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"  # han
    "\U00020000-\U0003ffff"
)
_SPACED = rf"[^\W_{_KANA_OR_HAN}]+"
_RUN = re.compile(rf"(?P<cjk>[{_KANA_OR_HAN}]+)|{_SPACED}(?:[._+#'/-]+{_SPACED})*[+#]*")
_CJK = re.compile(rf"[{_KANA_OR_HAN}]")
_HIRAGANA = re.compile("[\u3041-\u309f]")
_LETTER = re.compile(r"[^\W\d_]")
_INNER = re.compile(r"[._+#'/-]+")
_ONLY_HIRAGANA = re.compile("[\u3041-\u309f]+")
_FUNCTION_WORDS = frozenset(
    """
    a about after all also am an and any are as at be been before being between both but by can
    could did do does doing done each either else for from get gets give given go had has have
    having he her here his how i if in into is it its itself just know let like make many may me
    might more most much must my need no nor not of off on one only or other our out over own
    please same shall she should so some such tell than that the their them then there these they
    this those through to too under until up us use used using very want was we were what when
    where whether which while who whom whose why will with within without would you your
    explain find happen happens learn mean means read say says see show
    何 誰 どこ 何処 いつ 何時 何故 どう どの どんな どれ 何れ 如何 幾 幾つ 幾ら つ 教える 下さる
    知る 為る 有る 居る 出来る 成る 言う 良い 事 物 為 此の 其の 此れ 其れ 其処
    """.split()  # noqa: SIM905 — a block of words reads better than a list of strings
)


def normalise(text: str) -> str:
    """Return ``text`` in NFKC, case folded: the form in which texts are compared."""
    return unicodedata.normalize("NFKC", text).casefold()


_ENGLISH = re.compile(
    r"\b(?:what|where|when|which|who|why|how|is|are|was|were|do|does|did|can|should|the)\b",
    re.IGNORECASE,
)
"""Words that make an English sentence; prepositions also stand in names."""


def terms(text: str) -> list[str]:
    """Return the terms of ``text`` in order: bigrams of Japanese runs, whole words elsewhere.

    A run of one Japanese character is a term of its own. A word with inner punctuation
    (``registry.azurecr.io``) gives itself and its parts.
    """
    found: list[str] = []
    for run in _RUN.finditer(normalise(text)):
        token = run.group()
        if run.group("cjk"):
            if len(token) == 1:
                found.append(token)
            else:
                found.extend(token[i : i + 2] for i in range(len(token) - 1))
        else:
            found.append(token)
            parts = _INNER.split(token)
            if len(parts) > 1:
                found.extend(part for part in parts if part)
    return found


def words(text: str) -> list[str]:
    """Return the content words of ``text``: Sudachi's normalised forms, and words elsewhere.

    Particles and auxiliary verbs are left out; 引っ越し and 引越し are one word, as are サーバー
    and サーバ.
    """
    return [word for word, _ in _written(text)]


def surfaces(text: str) -> dict[str, str]:
    """Return how each of ``words(text)`` is written in ``text``, in normal form."""
    return dict(_written(text))


def _written(text: str) -> Iterable[tuple[str, str]]:
    # A question is cut for each leg, and headings again for each question.
    return _remembered(text) if len(text) <= SHORT else _cut(text)


@lru_cache(maxsize=1024)
def _remembered(text: str) -> tuple[tuple[str, str], ...]:
    return tuple(_cut(text))


def _cut(text: str) -> Iterator[tuple[str, str]]:
    folded = unicodedata.normalize("NFKC", text).encode("utf-8", "replace").decode("utf-8")
    tokenizer = _tokenizer()
    for piece in _pieces(folded):
        if not _CJK.search(piece):
            yield from _as_they_are(piece)
            continue
        spaced: list[str] = []
        for morpheme in tokenizer.tokenize(piece):
            surface = morpheme.surface()
            if not _CJK.search(surface):
                spaced.append(surface)
                continue
            # What stands between two Japanese words is read as elsewhere, az acr login included.
            yield from _as_they_are("".join(spaced))
            spaced.clear()
            if morpheme.part_of_speech()[0] not in _GRAMMAR:
                yield morpheme.normalized_form().casefold(), surface.casefold()
        yield from _as_they_are("".join(spaced))


def _as_they_are(text: str) -> Iterator[tuple[str, str]]:
    return ((term, term) for term in terms(text))


_GRAMMAR = frozenset({"補助記号", "空白", "助詞", "助動詞"})
SHORT = 200
"""Characters of a text, such as a question or a heading, whose words are remembered."""
_PIECE = 8000  # characters; Sudachi refuses input of more than 49,149 bytes
_local = threading.local()


@lru_cache(maxsize=1)
def _dictionary() -> sudachipy.Dictionary:
    return sudachipy.Dictionary(dict="small")


def dictionary() -> Path:
    """Return the file of Sudachi's dictionary, which is mapped into memory from now on."""
    _dictionary()
    return Path(sudachidict_small.__file__).resolve().parent / "resources" / "system.dic"


def _tokenizer() -> sudachipy.Tokenizer:
    """Return this thread's tokenizer: Sudachi's may not be shared between threads."""
    if not hasattr(_local, "tokenizer"):
        _local.tokenizer = _dictionary().tokenizer(mode=sudachipy.SplitMode.A)
    tokenizer: sudachipy.Tokenizer = _local.tokenizer
    return tokenizer


def _pieces(text: str) -> Iterator[str]:
    for line in text.splitlines():
        for start in range(0, len(line), _PIECE):
            yield line[start : start + _PIECE]


def tokens(text: str) -> list[str]:
    """Return ``text`` cut into words, marks and white space; joined, they are ``text`` again.

    Japanese is cut by Sudachi, into its shortest words.
    """
    found: list[str] = []
    for piece in _TOKEN.finditer(text):
        token = piece.group()
        if not piece.group("cjk"):
            found.append(token)
            continue
        for start in range(0, len(token), _PIECE):
            part = token[start : start + _PIECE]
            ends = [morpheme.end() for morpheme in _tokenizer().tokenize(part)]
            cuts = [0, *ends[:-1], len(part)]
            found += [part[i:j] for i, j in pairwise(cuts) if i < j]
    return found


_TOKEN = re.compile(rf"(?P<cjk>[{_KANA_OR_HAN}]+)|{_SPACED}|\s+|.", re.DOTALL)


def is_japanese(text: str) -> bool:
    """Whether ``text`` has any kana or han character."""
    return _CJK.search(text) is not None


def language_of(text: str) -> Language:
    """Return the language that a question is asked in.

    Hiragana is taken as Japanese grammar; without any, the script with more letters decides, so
    that an English question may name a Japanese term and a Japanese one be all keywords.
    """
    if _HIRAGANA.search(text):
        japanese, letters = len(_CJK.findall(text)), len(_LETTER.findall(text))
        if japanese * 4 >= letters:
            return Language.JA
        # An English sentence that quotes a Japanese phrase stays English; a long English name in a
        # Japanese one does not make it English.
        return Language.EN if _ENGLISH.search(text) else Language.JA
    japanese = len(_CJK.findall(text))
    return Language.JA if japanese * 2 > len(_LETTER.findall(text)) - japanese else Language.EN


def without_function_words(found: list[str]) -> list[str]:
    """Return the terms that are not function words: English grammar, Japanese question words."""
    return [term for term in found if term not in _FUNCTION_WORDS]


def informative(found: list[str]) -> list[str]:
    """Return the terms that carry a subject: no English function words, no bigrams of hiragana."""
    return [t for t in found if t not in _FUNCTION_WORDS and not _ONLY_HIRAGANA.fullmatch(t)]
