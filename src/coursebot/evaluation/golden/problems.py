"""What is wrong with a golden set, in words for the people who write it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from coursebot.errors import GoldenError
from coursebot.types import Language

Field = tuple[str | int, ...]
"""Where in an item a value stands, as programs count: ``("answers", 0, "text")``."""

SHOWN = 20
"""Problems that an error's message lists; ``InvalidGoldenError.problems`` has all."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a golden set."""

    line: int
    """From 1; 0 when it is about the file, or when there is no file."""
    where: str
    """The field as people count, ``answers[1].text`` being the first answer's text; empty when it
    is about the whole item."""
    message: str
    """An English sentence; reads on from ``where``."""
    message_ja: str = ""
    """The same in Japanese."""
    field: Field = ()
    """The field as programs count, from 0."""
    item: str = ""
    """The item's id, where one is known."""

    def __str__(self) -> str:
        line = f"line {self.line}" if self.line else ""
        return ": ".join(part for part in (line, self.where, self.message) if part)

    def text(self, language: Language) -> str:
        """Return the message in a language."""
        return self.message_ja if language is Language.JA else self.message

    def at(self, line: int, item: str = "") -> Problem:
        """Return the same problem at a line, in an item."""
        return replace(self, line=line, item=item or self.item)


class InvalidGoldenError(GoldenError):
    """A golden set has problems; the message lists them, one a line."""

    def __init__(self, path: Path, problems: Sequence[Problem]) -> None:
        listed = "\n".join(str(problem) for problem in problems[:SHOWN])
        rest = len(problems) - SHOWN
        count = "1 problem" if len(problems) == 1 else f"{len(problems):,} problems"
        more = f"\nand {rest:,} more." if rest > 0 else ""
        super().__init__(
            f"{path}: {count}:\n{listed}{more}",
            f"\nCorrect the file and see that all is well: coursebot golden check {path}",
        )
        self.path = path
        self.problems = tuple(problems)


def problem(
    code: str,
    field: Field = (),
    *,
    line: int = 0,
    values: Mapping[str, object] | None = None,
    **more: object,
) -> Problem:
    """Return the problem that ``code`` stands for, its words filled in with the values."""
    english, japanese = _WORDS[code]
    filled = {**(values or {}), **more}
    return Problem(
        line, shown(field), english.format(**filled), japanese.format(**filled), field=field
    )


def shown(field: Field) -> str:
    """Return a field as people count: ``("answers", 0, "text")`` is ``answers[1].text``."""
    text = ""
    for part in field:
        text += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if text else part
    return text


_WORDS: dict[str, tuple[str, str]] = {
    # files
    "no_file": (
        "there is no such file; make one with: coursebot golden new {path}",
        "ファイルがありません。作成するには: coursebot golden new {path}",
    ),
    "not_a_file": (
        "not a regular file; give the path of a golden set.",
        "通常のファイルではありません。ゴールデンセットのパスを指定してください。",
    ),
    "symlink": (
        "a symbolic link; give the file itself, or copy it here.",
        "シンボリックリンクです。実体のファイルを指定するか、ここにコピーしてください。",
    ),
    "unreadable": (
        "cannot be read ({reason}); check its permissions.",
        "読み取れません（{reason}）。アクセス権を確認してください。",
    ),
    "too_large": (
        "{size:.0f} MB; {largest:.0f} MB are read at most. Split it into several sets.",
        "{size:.0f} MBあります。読み取れるのは{largest:.0f} MBまでです。分割してください。",
    ),
    "suffix": (
        "a golden set's name ends in .jsonl, .yaml or .yml.",
        "ゴールデンセットの拡張子は .jsonl、.yaml、.yml のいずれかです。",
    ),
    "not_utf8": (
        "not UTF-8 (byte 0x{byte:02X}); save the file as UTF-8.",
        "UTF-8ではありません（バイト 0x{byte:02X}）。UTF-8で保存してください。",
    ),
    "utf16": (
        "the file is in UTF-16; save it as UTF-8.",
        "UTF-16のファイルです。UTF-8で保存してください。",
    ),
    # syntax
    "not_json": (
        "not JSON: {what} at character {column}.",
        "JSONとして読み取れません: {column}文字目（{what}）。",
    ),
    "too_deep": ("nested too deep to be read.", "入れ子が深すぎて読み取れません。"),
    "long_number": ("a number with too many digits.", "桁数が多すぎる数値があります。"),
    "not_a_number": (
        "{given} is no JSON value; leave it out or write text in quotes.",
        "{given} はJSONの値ではありません。削除するか、引用符で囲んでください。",
    ),
    "one_a_line": (
        "each line holds one item, {{…}}; this one begins a list. Write one item a line.",
        "1行に1項目 {{…}} を書きます。この行はリストで始まっています。",
    ),
    "spread": (
        "an item is spread over several lines; write each on one line.",
        "1つの項目が複数行にまたがっています。1行にまとめてください。",
    ),
    "not_yaml": (
        "not YAML: {what}.",
        "YAMLとして読み取れません: {what}。",
    ),
    "not_yaml_list": (
        "the file must be a list of items, each beginning with “- ”.",
        "ファイル全体を項目のリスト（各項目は「- 」で始まる）にしてください。",
    ),
    "two_documents": (
        "a second document begins (---); keep one list of items.",
        "2つ目の文書（---）が始まっています。1つのリストにまとめてください。",
    ),
    "alias": (
        "YAML's aliases (*name) are not read; write the value out.",
        "YAMLのエイリアス（*名前）は使えません。値をそのまま書いてください。",
    ),
    "yaml_tag": (
        "YAML's tag {given} is not read; write plain text.",
        "YAMLのタグ {given} は使えません。通常の値を書いてください。",
    ),
    "yaml_key": (
        "a field's name must be a word.",
        "フィールド名は単語でなければなりません。",
    ),
    "duplicate_key": ("is given twice.", "が2回指定されています。"),
    "surrogate": (
        "holds half of a character (a lone surrogate); write the whole character.",
        "不完全な文字（単独のサロゲート）が含まれています。",
    ),
    "nul": (
        "holds a zero character; remove it.",
        "ゼロ文字が含まれています。削除してください。",
    ),
    # fields
    "not_item": (
        "must be an item: fields and their values.",
        "フィールドと値からなる項目でなければなりません。",
    ),
    "missing": ("is missing.", "がありません。"),
    "unknown": (
        "is no field here; there are {known}.",
        "というフィールドはありません。使えるもの: {known}。",
    ),
    "unknown_near": (
        "is no field here; did you mean {near}?",
        "というフィールドはありません。{near} のことですか。",
    ),
    "text": (
        "must be text in quotes, not {given}.",
        "引用符で囲んだテキストでなければなりません（{given} は不可）。",
    ),
    "text_yaml": (
        "YAML takes {given} for {what}; put it into quotes.",
        "YAMLでは {given} が{what_ja}とみなされます。引用符で囲んでください。",
    ),
    "nothing": (
        "has no value; give one or leave the field out.",
        "値がありません。値を書くか、フィールドを削除してください。",
    ),
    "empty": ("is empty.", "が空です。"),
    "list": (
        "must be a list, not {given}.",
        "リストでなければなりません（{given} は不可）。",
    ),
    "list_yaml": (
        "must be a list, each entry beginning with “- ”.",
        "リスト（各要素は「- 」で始まる）でなければなりません。",
    ),
    "object": (
        "must have fields of its own: {known}.",
        "次のフィールドを持たなければなりません: {known}。",
    ),
    "truth": (
        "must be true or false, without quotes, not {given}.",
        "引用符なしの true か false でなければなりません（{given} は不可）。",
    ),
    "choice": (
        "must be {known}, not {given}.",
        "{known_ja} のいずれかでなければなりません（{given} は不可）。",
    ),
    "relevance": (
        "must be 1, 2 or 3, without quotes, not {given}.",
        "引用符なしの 1、2、3 のいずれかでなければなりません（{given} は不可）。",
    ),
    "name": (
        "must be one word of letters, digits and _ . : -, not {given}.",
        "文字、数字、_ . : - からなる1語でなければなりません（{given} は不可）。",
    ),
    "long_name": (
        "is longer than {longest} characters.",
        "が{longest}文字を超えています。",
    ),
    "has_answers": (
        "an unanswerable question has no answers; remove them or set unanswerable to false.",
        "回答できない質問（unanswerable）に answers があります。どちらかを取り消してください。",
    ),
    "has_nothing": (
        "needs answers, sources or both; or set unanswerable to true.",
        "answers か sources が必要です。なければ unanswerable を true にしてください。",
    ),
    "other": ("{what}.", "{what}"),
    # the set
    "same_id": (
        "{given} is already the id of line {first}.",
        "{given} は{first}行目のidと同じです。",
    ),
    "same_question": (
        "the same question as in line {first} ({id}); change or retire one of them.",
        "{first}行目（{id}）と同じ質問です。どちらかを変更するか retired にしてください。",
    ),
}
