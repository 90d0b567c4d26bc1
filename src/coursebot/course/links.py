"""Links: label, address and target ▶ where a learner is sent."""

from __future__ import annotations

import re
from urllib.parse import quote

from coursebot.types import Course, Section, Statement

_TWIN = re.compile(
    r"^(https?://(?:docs|learn|azure)\.microsoft\.com/)(?:ja-jp|en-us)(?=[/?#]|$)", re.IGNORECASE
)
_LOCALES = {"ja": "ja-jp", "en": "en-us"}

_POINTER = (
    r"参考(?:資料|リンク|文献)?|参照|出典|詳細|詳しく|詳しい(?:内容|説明|情報)|関連|公式|資料|リンク|"
    r"see(?: also)?|read(?: more)?|more|source|reference|details?|link|docs?|documentation|"
    r"for (?:more|further) (?:information|details)|learn more|更に詳しく"
)
_LABEL = re.compile(
    rf"(?:[※・→*•-]\s*)?(?:[^。！？!?\n]{{1,80}}[:：]|(?:{_POINTER})(?:は|を|,|、)?(?:\s*(?:see|at|in|on))?)?",
    re.IGNORECASE,
)
_ENDING = re.compile(
    r"(?:を|も|に|から|で|へ)?\s*(?:(?:ご)?(?:参照|参考|確認|一読|覧)(?:に)?"
    r"(?:して|する(?:こと)?|のこと|下さい|ください|願います)*)?"
)
_EDGE = " \t\n\u3000.。,、;；!！()（）[]【】「」<>＜＞・|/→*_"
"""What may stand around a link without saying anything."""


def only_label(before: str, between: str, after: str) -> bool:
    """Whether what stands around a link is nothing but a label and punctuation."""
    return (
        _LABEL.fullmatch(before.strip(_EDGE)) is not None
        and not between.strip(_EDGE + "と&＆")
        and _ENDING.fullmatch(after.strip(_EDGE)) is not None
    )


def label_of(before: str) -> str:
    """Return the label that names a bare address; empty for 「参考:」 and the like."""
    label = before.strip(" \t\n\u3000※・→*•-").rstrip(" \t:：")
    return "" if re.fullmatch(_POINTER, label, re.IGNORECASE) else label


def in_language(url: str, language: str) -> str:
    """Return the twin of ``url`` in ``language`` where one is known, else ``url``.

    Microsoft's documentation has the same page under ``/ja-jp/`` and ``/en-us/``.
    """
    locale = _LOCALES.get(language.split("-")[0].lower())
    return _TWIN.sub(rf"\g<1>{locale}", url) if locale else url


def section_url(course: Course, section: Section) -> str:
    """Return where ``section`` can be read: where the course was published, or the app's reader."""
    anchor = f"#{_quoted(section.reader_anchor)}" if section.reader_anchor else ""
    return _published(course, section) or f"/read/{_quoted(section.path)}{anchor}"


def statement_url(course: Course, section: Section, statement: Statement) -> str:
    """Return where ``statement`` can be read; the app's reader is told its lines."""
    first, last = statement.lines
    published = _published(course, section)
    # The reader marks those lines, and names the first mark c1.
    return published or f"/read/{_quoted(section.path)}?lines={first}-{last}#c1"


def _published(course: Course, section: Section) -> str:
    if not course.link_template:
        return ""
    path = section.path.removeprefix(f"{course.name}/")
    url = course.link_template.replace("{path}", _quoted(path))
    if section.anchor:
        return url.replace("{anchor}", _quoted(section.anchor))
    return url.replace("#{anchor}", "").replace("{anchor}", "")


def _quoted(text: str) -> str:
    return quote(text, safe="/", errors="replace")
