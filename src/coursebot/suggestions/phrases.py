"""Headings and terms ▶ questions that a learner would ask about them, in Japanese and English."""

from __future__ import annotations

import re
import unicodedata

from coursebot.terms import is_japanese, language_of, normalise
from coursebot.types import Language

LONGEST = {Language.JA: 30, Language.EN: 48}
"""Characters of a heading or term that still makes a readable question."""
WORDS = 4
"""English words of a name."""

_GENERIC = frozenset(
    normalise(word)
    for word in (  # noqa: SIM905 - a block of words reads better than a list of strings
        "その他|まとめ|概要|はじめに|おわりに|序論|導入|課題|タスク|参考|参考資料|参考文献|参照|手順|手順書|"
        "補足|補足資料|注意|注意点|注|備考|メモ|例|出典|目次|背景|目的|付録|前提|前提条件|準備|結論|用語|"
        "コマンド|特徴|構成|設定|デフォルト|既定値|トラブルシューティング|次のステップ|関連項目|関連リンク|リンク|"
        "場所|理由|結果|方法|使い方|ヒント|重要|警告|質問|回答|解答|問題|確認|実装|機能|種類|利点|欠点|違い|"
        "introduction|overview|summary|conclusion|conclusions|note|notes|example|examples|review|"
        "task|tasks|exercise|exercises|appendix|reference|references|resources|prerequisites|"
        "contents|table of contents|troubleshooting|next steps|next step|other|others|tip|tips|"
        "hint|warning|caution|default|defaults|important|see also|further reading|read more|"
        "learning objectives|objectives|goals|setup|getting started|faq|question|answer|questions|"
        "answers|figure|table|source|sources|link|links|result|results|usage|background|todo|"
        "requirements|installation|features|options|settings|commands|the code|the problem|why|how"
    ).split("|")
)
"""Headings and labels that say nothing by themselves."""
_ABOUT_THE_COURSE = re.compile(
    r"quiz|lecture|self.?study|challenge|assignment|rubric|hands-on|^lab\b|^module\b|^lesson\b"
    r"|クイズ|レクチャー|講義|自己学習|自主学習|復習|チャレンジ|学習すること|学ぶこと|ラボ|演習|レッスン|評価基準",
    re.IGNORECASE,
)
_LEADING = re.compile(
    r"^(?:[■□●○◆◇▶▼★☆※・*#>\-–—]|第?\d+[章節回部]|\d+(?:[.．]\d+)*[.．)）:：、]?\s"
    r"|\d+[.．)）:：、]|[①-⑳]|[(（]\d+[)）]|step\s*\d+\s*[.:–-]?|手順\s*\d+\s*[.:：]?"
    r"|(?:task|タスク|課題|exercise)\s*[-–—:：]\s*)\s*",
    re.IGNORECASE,
)
_BRACKETS = re.compile(r"\s*[(（]([^()（）]*)[)）]\s*$")
_ABOUT = re.compile(r"(?:について|に関して)$")
_SEPARATOR = re.compile(r"[/／、,，;；:：→＞>|=<]|https?|\.\.\.|…| [-–—] ")
_ASKS_EN = re.compile(
    r"^(?:what|why|when|where|which|who|how)(?: \w+)? "
    r"(?:is|are|was|were|do|does|did|can|should|will|to)\b",
    re.IGNORECASE,
)
_OPENS_EN = re.compile(r"^(?:what|why|when|where|which|who|how)\b", re.IGNORECASE)
_HOW_TO = re.compile(r"^how to (?=\w)", re.IGNORECASE)
_IMPERATIVE = re.compile(
    r"^(?:"
    r"add|assign|attach|authenticate|build|calculate|calibrate|call|capture|change|check|"
    r"choose|clean|configure|connect|control|convert|count|create|decode|define|deploy|detect|"
    r"disable|download|enable|encrypt|export|get|grant|import|improve|install|make|manage|"
    r"measure|move|publish|pull|push|read|register|remove|reset|restore|retrain|revoke|rotate|"
    r"run|save|scan|schedule|send|set|set up|sign|simulate|start|stop|store|test|train|"
    r"translate|trigger|update|upload|use|validate|verify|visuali[sz]e|write"
    r") (?=[a-z0-9])",
    re.IGNORECASE,
)
_TELLS_TO_DO = re.compile(
    r"^(?:do|discuss|explore|think|try|see|look|work|select|open|click|enter|compare|consider|"
    r"describe|explain|find|go|learn|let|list|research)\b",
    re.IGNORECASE,
)
_NOT_IN_A_NAME_EN = re.compile(
    r"\b(?:of|for|in|into|to|over|with|from|on|at|by|your|you|my|our|we|and|or|vs|versus|as|the|"
    r"this|that|these|those|it|its|is|are|be|can|not|if|when|why|how|what|more|some|each|other|"
    r"another|all|both|many|most|one|two|three|first|second|next|here|there|they)\b|&",
    re.IGNORECASE,
)
_NOT_IN_A_NAME_JA = re.compile(r"[をがはへもにで]|から|まで|より|ます|です|こと$|もの$|とき$|場合$")
_VERB_JA = re.compile(r"[をにへ].*(?:する|[ぁ-ん一-龠][るうすくつむぶぐ])$")
_WITH_OF_JA = re.compile(
    r"^(?P<what>.+)の(?P<kind>種類|特徴|利点|メリット|欠点|デメリット|機能|要件|用途)$"
)
_MEASURES_JA = re.compile(r"対策$")
_ITSELF_JA = re.compile(r".の?(?:違い|役割|目的|理由|手順)$")
_DONE_JA = re.compile(
    r"^(?P<what>.+)の(?P<action>作成|設定|インストール|デプロイ|公開|測定|登録|削除|追加|更新|実装|計算|"
    r"有効化|無効化|再トレーニング|トレーニング|訓練|キャリブレーション|変更|確認|選択)(?:方法)?$"
)
_CARRIED_OUT_JA = re.compile(r"での(?:認証|接続|管理|運用|暗号化|監視|実行)$")
_ACTION_JA = re.compile(r"^[^の]+(?:作成|設定|測定|方法)$")
_QUOTES = "\"'“”‘’「」『』`* "


def about_the_course(heading: str) -> bool:
    """Whether a heading is of a quiz, an assignment or the like, not of the subject."""
    return _ABOUT_THE_COURSE.search(heading) is not None


def names(heading: str) -> tuple[str, ...]:
    """Return what a heading calls its subject: its name, and the other one in brackets."""
    found = _BRACKETS.search(_bare(heading))
    both = (name_of(heading), found[1].strip(_QUOTES) if found else "")
    return tuple(name.removesuffix("s") for name in both if name)


def asks_what_it_is(question: str) -> bool:
    """Whether a question made here asks what something is."""
    return "とは" in question or question.startswith(("What is ", "What are "))


def name_of(text: str) -> str:
    """Return a heading or label as one would say it; empty when it says nothing by itself."""
    name = _bare(text)
    while (stripped := _BRACKETS.sub("", name)) != name:
        name = stripped
    name = _ABOUT.sub("", name).strip(_QUOTES)
    return "" if normalise(name) in _GENERIC or about_the_course(name) else name


def about_heading(heading: str, known: str = "") -> dict[Language, str]:
    """Return the questions that a heading is the subject of, at most one a language.

    ``known`` is text in which the heading's words are used; it tells how they are written.
    """
    whole = _bare(heading)
    if not whole or about_the_course(whole):
        return {}
    if (asked := _as_it_is(whole)) is not None:
        return asked
    name = name_of(heading)
    if not name:
        return {}
    if is_japanese(name):
        found = _japanese_heading(name)
        return found | _bracketed(heading) if found else {}
    if _OPENS_EN.match(name):
        return {}
    if _SEPARATOR.search(name) or len(name) > LONGEST[Language.EN]:
        return {}
    if _IMPERATIVE.match(name):
        return {Language.EN: f"How do I {_mine(_lower_first(name))}?"}
    return about_term(name, known)


def about_term(term: str, known: str = "", article: str = "") -> dict[Language, str]:
    """Return the questions for what a term means; a Japanese term makes no English one.

    ``article`` is what the material writes before it, ``known`` text in which it is used.
    """
    name = name_of(term)
    if not is_name(name) or "の" in name or term[:1].isdigit():
        return {}
    if is_japanese(name):
        return _towa(name) | _bracketed(term)
    name = _inside_a_sentence(name, known)
    found = {Language.EN: _what_is(name, known, article)}
    if all(re.search(r"[A-Z0-9]", word) for word in name.split()):
        found |= _towa(name)
    return found


def is_name(text: str) -> bool:
    """Whether ``text`` reads as the name of one thing, not as a clause, a list or a value."""
    if len(text) < 2 or _SEPARATOR.search(text) or re.search(r"[。．!！?？\[\](){}]", text):
        return False
    if not any(c.isalpha() for c in text) or re.match(r"[\d.]+\s", text):
        return False
    if is_japanese(text):
        return (
            len(text) <= LONGEST[Language.JA]
            and not _NOT_IN_A_NAME_JA.search(text)
            and not re.search(r"[のぁ-ん]$|の.*の", text)
        )
    words = text.split()
    return (
        len(text) <= LONGEST[Language.EN]
        and len(words) <= WORDS
        and not _NOT_IN_A_NAME_EN.search(text)
        and not (len(words) > 1 and words[0].lower().endswith("ing"))
        and not _IMPERATIVE.match(text)
        and not _TELLS_TO_DO.match(text)
    )


def _bare(text: str) -> str:
    """Return ``text`` without pictures, marks and numbers before it."""
    shown = "".join(c for c in text if unicodedata.category(c) not in {"So", "Cf", "Mn", "Cc"})
    name = " ".join(shown.split())
    while (stripped := _LEADING.sub("", name)) != name:
        name = stripped
    return name.strip()


def _as_it_is(heading: str) -> dict[Language, str] | None:
    """Return the question that a heading is already; None when it is none."""
    language = language_of(heading)
    if len(heading) > 2 * LONGEST[language]:
        return {}
    if heading.endswith(("?", "？")):
        return {language: heading}
    if _HOW_TO.match(heading):
        return {Language.EN: f"{_HOW_TO.sub('How do I ', _mine(heading))}?"}
    if _ASKS_EN.match(heading) and language is Language.EN:
        return {Language.EN: f"{heading}?"} if len(heading.split()) > 2 else {}
    if heading.endswith("とは"):
        return {Language.JA: f"{heading}何ですか？"}
    return None


def _japanese_heading(name: str) -> dict[Language, str]:
    if _SEPARATOR.search(name) or len(name) > LONGEST[Language.JA]:
        return {}
    question = ""
    if _VERB_JA.search(name):
        question = f"{name}にはどうすればよいですか？"
    elif found := _WITH_OF_JA.match(name):
        question = f"{found['what']}にはどのような{found['kind']}がありますか？"
    elif _MEASURES_JA.search(name):
        question = f"{name}にはどのようなものがありますか？"
    elif found := _DONE_JA.match(name):
        question = f"{found['what']}を{found['action']}するにはどうすればよいですか？"
    elif _ITSELF_JA.search(name):
        question = f"{name}は何ですか？"
    elif _CARRIED_OUT_JA.search(name):
        question = f"{name}はどのように行いますか？"
    elif is_name(name) and "の" not in name and not _ACTION_JA.search(name):
        return _towa(name)
    return {Language.JA: question} if question else {}


def _towa(name: str) -> dict[Language, str]:
    """Return the Japanese question for what something is, if it is one in the engine's eyes."""
    question = f"{name}とは何ですか？"
    return {Language.JA: question} if language_of(question) is Language.JA else {}


def _bracketed(text: str) -> dict[Language, str]:
    """Return the question for the English name that a Japanese one has after it in brackets."""
    found = _BRACKETS.search(_bare(text))
    if found is None or is_japanese(found[1]):
        return {}
    name = found[1].strip(_QUOTES)
    plain = is_name(name) and (" " in name or name.isupper())
    return {Language.EN: f"What is {name}?"} if plain else {}


def _inside_a_sentence(name: str, known: str) -> str:
    """Return a name in the case that ``known`` writes it in elsewhere than at the beginning."""
    lower = _lower_first(name)
    forms = dict.fromkeys((name, lower, _lower(name)))
    times = {form: _inner(form, known) for form in forms}
    best = max(forms, key=lambda form: times[form])
    if times[best] or language_of(known) is Language.JA or lower[1:] != lower[1:].lower():
        return best
    # The whole is written nowhere else; its first word tells whether it is an ordinary one.
    first = name.split()[0]
    return lower if _inner(first.lower(), known) >= _inner(first, known) else name


def _inner(form: str, known: str) -> int:
    """Return how often ``form`` stands in ``known`` elsewhere than at the start of a sentence."""
    return len(re.findall(rf"[a-z0-9,'’] {re.escape(form)}s?\b", known))


def _what_is(name: str, known: str, article: str) -> str:
    last = name.split()[-1]
    if last.islower() and re.search(r"[^sui]s$", last):
        return f"What are {name}?"
    ends = r"(?=[.,;:!?)]|$| (?:is|that|which|to|of|for|with|and|or|can|in|on|has|you)\b)"
    found = re.search(rf"\b(an?) {re.escape(name)}\b{ends}", known, re.MULTILINE)
    before = article.lower() or (found[1] if found else "")
    return f"What is {before} {name}?" if before else f"What is {name}?"


def _lower(text: str) -> str:
    return " ".join(_lower_first(word) for word in text.split())


def _lower_first(text: str) -> str:
    """Return ``text`` beginning in lower case, unless its first word is a name or an acronym."""
    first, _, rest = text.partition(" ")
    if not first[1:].islower():
        return text
    return f"{first.lower()} {rest}" if rest else first.lower()


def _mine(text: str) -> str:
    return re.sub(r"\byour\b", "my", text)
