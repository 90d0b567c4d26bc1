"""A course ▶ a golden set to begin with: one draft, made from a sentence of the course."""

from __future__ import annotations

from pathlib import Path

from coursebot.errors import GoldenError
from coursebot.evaluation.golden.files import SUFFIXES, YAML, text_of
from coursebot.evaluation.golden.material import File, Material
from coursebot.evaluation.golden.records import AnswerKind, Expected, GoldenItem
from coursebot.terms import language_of
from coursebot.types import Kind, Language, Statement

_SHORTEST = 20
_LONGEST = 200

_QUESTION = {
    Language.JA: "ここに質問を書いてください。",
    Language.EN: "Write your question here.",
}
_NOTE = {
    Language.JA: "例: 教材の実際の文から作った下書き。書き直して、"
    "status を reviewed にしてください。",
    Language.EN: "An example, made from a sentence of the course: write your question and its "
    "answer, then set the status to reviewed.",
}
_HEADER = """\
# Golden questions: what a learner may ask, what a right answer says, and where that stands.
# ゴールデンセット: 質問、正しい答え、その根拠となる教材の箇所。
#
# Only items with "status: reviewed" count.  All fields, explained: docs/golden.md
# To see what is wrong with this file:  coursebot golden check {path}
#
# - id: token-hours                  # one word, unique
#   lang: ja                         # of the question: ja or en
#   question: トークンは何時間有効ですか
#   answers:                         # all of them are required
#   - text: 3時間
#     aliases: [3 hours]
#     kind: duration                 # span number duration yesno list freeform
#   sources:                         # where it stands, in the words of the material
#   - path: mod02/mod02-04.md
#     quote: このログイン（トークン）は3時間有効
#   tags: [must]                     # the gate lets no change break these
#   status: reviewed                 # draft reviewed retired
#
# - id: capital                      # what the material does not answer
#   lang: en
#   question: What is the capital of France?
#   unanswerable: true
#   status: reviewed

"""


def start(path: Path, material: Material, course: str | None) -> None:
    """Write a new golden set with one draft; raises GoldenError when there is something already."""
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise GoldenError(f"{path}: a golden set's name ends in {', '.join(SUFFIXES)}.")
    header = _HEADER.format(path=path) if suffix in YAML else ""
    text = header + text_of([_draft(material, course)], suffix)
    try:
        with path.open("x", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
    except FileExistsError:
        raise GoldenError(
            f"{path}: is there already, and is left as it is.",
            f"Look through it: coursebot golden check {path}",
        ) from None
    except OSError as error:
        raise GoldenError(f"{path}: cannot be written ({error.strerror or error}).") from None


def _draft(material: Material, course: str | None) -> GoldenItem:
    file, statement = _sentence(material, course)
    lang = language_of(statement.text)
    section = next((s for s in file.sections if s.id == statement.section), None)
    source = material.source_of(statement, section.heading_path if section else (), course)
    return GoldenItem(
        id="first-question",
        lang=lang,
        question=_QUESTION[lang],
        answers=(Expected(text=statement.plain, kind=AnswerKind.FREEFORM),),
        sources=(source,),
        note=_NOTE[lang],
    )


def _sentence(material: Material, course: str | None) -> tuple[File, Statement]:
    """Return the first sentence of the course that is neither short nor long, or what there is."""
    found = [
        (file, statement)
        for file in material.files.values()
        if course in (None, file.course)
        for statement in file.statements
    ]
    if not found:
        raise GoldenError(f"The course {course!r} has no text to begin with.")
    for file, statement in found:
        if statement.kind is Kind.SENTENCE and _SHORTEST <= len(statement.plain) <= _LONGEST:
            return file, statement
    return found[0]
