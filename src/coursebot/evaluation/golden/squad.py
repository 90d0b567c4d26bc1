"""SQuAD's JSON (1.1 and 2.0, JSQuAD too) ▶ golden items over material, and back.

SQuAD: 100,000+ Questions for Machine Comprehension of Text (Rajpurkar et al. 2016) and Know What
You Don't Know (Rajpurkar et al. 2018); JSQuAD writes ``title [SEP] text`` for a context.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, ValidationError

from coursebot.errors import GoldenError
from coursebot.evaluation.golden.files import repeated
from coursebot.evaluation.golden.folding import fold
from coursebot.evaluation.golden.material import File, Material
from coursebot.evaluation.golden.placing import Placed, place
from coursebot.evaluation.golden.problems import Problem
from coursebot.evaluation.golden.records import GoldenItem, Origin, Status
from coursebot.evaluation.golden.spreadsheet import Imported
from coursebot.evaluation.golden.validation import validate
from coursebot.terms import language_of
from coursebot.types import Language, Span

_KEY = 16
"""Folded characters by which a context's beginning is looked up."""
_TITLED = re.compile(r"^[^\n]{0,200}? \[SEP\] ")
_NO_NAME = re.compile(r"[^\w.:-]+")


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class SquadAnswer(_Record):
    """A stretch of a context that answers."""

    text: str
    answer_start: int = 0
    """In characters of the context."""


class SquadQuestion(_Record):
    """A question about a context."""

    id: str | int
    question: str
    answers: tuple[SquadAnswer, ...] = ()
    is_impossible: bool = False
    plausible: Annotated[
        tuple[SquadAnswer, ...], Field(validation_alias=AliasChoices("plausible_answers"))
    ] = ()


class SquadParagraph(_Record):
    """A context and what is asked about it."""

    context: str
    qas: tuple[SquadQuestion, ...]


class SquadArticle(_Record):
    """The paragraphs of an article."""

    title: str = ""
    paragraphs: tuple[SquadParagraph, ...]


class Squad(_Record):
    """A data set."""

    data: tuple[SquadArticle, ...]


def parse(data: bytes) -> Squad:
    """Return the data set in a SQuAD file; raises GoldenError saying where it is none."""
    try:
        return Squad.model_validate_json(data.removeprefix(b"\xef\xbb\xbf"))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        what = f"{where}: {first['msg']}" if where else first["msg"]
        raise GoldenError(
            f"not SQuAD's JSON ({what}).", "It has data › paragraphs › context and qas."
        ) from None


def context_of(paragraph: SquadParagraph) -> tuple[str, int]:
    """Return a context without JSQuAD's title before it, and how long that title was."""
    title = _TITLED.match(paragraph.context)
    cut = title.end() if title else 0
    return paragraph.context[cut:], cut


@dataclass
class _Places:
    """Where contexts stand in the material of a course."""

    material: Material
    course: str | None
    _starts: dict[str, list[tuple[File, int]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for file in self.files():
            folded = file.folded
            positions = {start: n for n, start in reversed(list(enumerate(folded.starts)))}
            for statement in file.statements:
                at = positions.get(statement.span[0])
                if at is not None:
                    key = folded.text[at : at + _KEY]
                    self._starts.setdefault(key, []).append((file, at))

    def files(self) -> list[File]:
        """Return the files of the course, in order."""
        every = self.material.files.values()
        return [file for file in every if self.course in (None, file.course)]

    def find(self, context: str) -> tuple[File, int] | None:
        """Return the file that a context stands in and where, in folded characters."""
        wanted = fold(context)
        if not wanted:
            return None
        for file, at in self._starts.get(wanted[:_KEY], ()):
            if file.folded.text.startswith(wanted, at):
                return file, at
        for file in self.files():
            at = file.folded.text.find(wanted)
            if at >= 0:
                return file, at
        return None


def items_of(
    squad: Squad,
    material: Material,
    course: str | None,
    *,
    lang: Language | None = None,
    status: Status = Status.DRAFT,
) -> Imported:
    """Return the questions whose contexts stand in the material, and problems of the others.

    An item's source is the statements that its first answer lies in; what the annotators of an
    unanswerable question took for an answer is its nearest statement.
    """
    places = _Places(material, course)
    items: list[tuple[int, GoldenItem]] = []
    problems: list[Problem] = []
    taken: set[str] = set()
    number = 0
    for article in squad.data:
        for paragraph in article.paragraphs:
            context, cut = context_of(paragraph)
            found = places.find(context)
            for asked in paragraph.qas:
                number += 1
                id = _id(str(asked.id), number, taken)
                if found is None:
                    begin = " ".join(context.split())[:40]
                    what = f"its context stands nowhere in the material: “{begin}…”."
                    problems.append(Problem(0, f"question {number}", what, item=id))
                    continue
                values = _values(asked, id, _source(asked, context, cut, found, places))
                values |= {"lang": (lang or language_of(asked.question)).value}
                values |= {"status": status.value, "origin": Origin.IMPORT.value}
                item, wrong = validate(values)
                problems += [
                    Problem(0, f"question {number}", f"{one.where} {one.message}", item=id)
                    for one in wrong
                ]
                if item is not None:
                    items.append((number, item))
    problems += repeated([(number, number, item.id, item) for number, item in items])
    return Imported(tuple(item for _, item in items), tuple(problems))


def _id(given: str, number: int, taken: set[str]) -> str:
    """Return an id of our form; the number in the file keeps apart what would be the same."""
    id = _NO_NAME.sub("-", given)[:90].strip("-") or f"question-{number}"
    if id in taken:
        id = f"{id}-{number}"
    taken.add(id)
    return id


def _values(asked: SquadQuestion, id: str, source: dict[str, Any] | None) -> dict[str, Any]:
    values: dict[str, Any] = {"id": id, "question": asked.question}
    if source is not None:
        values["sources"] = [source]
    texts = list(dict.fromkeys(answer.text.strip() for answer in asked.answers))
    if asked.is_impossible or not texts:
        values["unanswerable"] = True
    else:
        values["answers"] = [{"text": texts[0], "aliases": texts[1:]}]
    return values


def _source(
    asked: SquadQuestion, context: str, cut: int, found: tuple[File, int], places: _Places
) -> dict[str, Any] | None:
    answers = asked.plausible if asked.is_impossible else asked.answers
    if not answers:
        return None
    file, at = found
    start = max(answers[0].answer_start - cut, 0)
    first = at + len(fold(context[:start]))
    last = max(first, first + len(fold(answers[0].text)) - 1)
    last = min(last, len(file.folded.text) - 1)
    span = (file.folded.starts[min(first, last)], file.folded.ends[last])
    touched = [s for s in file.statements if s.span[0] < span[1] and s.span[1] > span[0]]
    if touched:
        span = (touched[0].span[0], touched[-1].span[1])
    section = file.sections_of(span)
    return {
        "path": places.material.relative(file, places.course),
        "heading_path": list(section[0].heading_path) if section else [],
        "quote": file.source[slice(*span)],
    }


@dataclass(frozen=True, slots=True)
class Exported:
    """Items in SQuAD's form, and those that it cannot carry."""

    text: str
    """JSON, SQuAD 2.0."""
    count: int
    left_out: tuple[tuple[str, str], ...]
    """Ids, and why."""


def text_of(
    items: Sequence[GoldenItem], material: Material, course: str | None, title: str
) -> Exported:
    """Return items as SQuAD 2.0: each source's section is a context.

    SQuAD knows one answer that stands in a context; what has several parts, follow-ups or an
    answer in other words is left out. Tags, notes and the like are not carried.
    """
    contexts: dict[tuple[str, Span], list[dict[str, Any]]] = {}
    left_out: list[tuple[str, str]] = []
    for item in items:
        placed, _ = place(item, material, course)
        why = _obstacle(item, placed)
        if why:
            left_out.append((item.id, why))
            continue
        file = material.files[placed[0].path]
        section = file.sections_of(placed[0].span)[0]
        answers = list(_answers(item, file, placed[0].span, section.span))
        if not answers:
            left_out.append((item.id, "its answer does not stand in its source"))
            continue
        asked: dict[str, Any] = {"id": item.id, "question": item.question}
        asked["answers"] = [] if item.unanswerable else answers
        asked["is_impossible"] = item.unanswerable
        if item.unanswerable:
            asked["plausible_answers"] = answers
        contexts.setdefault((file.path, section.span), []).append(asked)
    articles: dict[str, list[dict[str, Any]]] = {}
    for (path, span), qas in contexts.items():
        paragraph = {"context": material.files[path].source[slice(*span)], "qas": qas}
        articles.setdefault(path, []).append(paragraph)
    data = [{"title": path, "paragraphs": paragraphs} for path, paragraphs in articles.items()]
    text = json.dumps({"version": "v2.0", "title": title, "data": data}, ensure_ascii=False)
    return Exported(text + "\n", len(items) - len(left_out), tuple(left_out))


def _obstacle(item: GoldenItem, placed: Sequence[Placed]) -> str:
    if item.followups:
        return "it has follow-ups"
    if len(item.answers) > 1:
        return "its answer has several parts"
    if not item.answers and not item.unanswerable:
        return "it has no answer"
    return "" if placed else "it has no source in the material"


def _answers(item: GoldenItem, file: File, quote: Span, section: Span) -> Iterator[dict[str, Any]]:
    """Yield the answers that stand in the quote or else in its section."""
    if item.unanswerable:
        start = quote[0] - section[0]
        yield {"text": file.source[slice(*quote)], "answer_start": start}
        return
    for text in (item.answers[0].text, *item.answers[0].aliases):
        at = file.source.find(text, *quote)
        at = at if at >= 0 else file.source.find(text, *section)
        if at >= 0:
            yield {"text": text, "answer_start": at - section[0]}
