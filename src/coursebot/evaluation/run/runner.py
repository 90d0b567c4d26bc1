"""Golden set ▶ rows: each question asked in turn, placed, judged and kept as it is finished."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from coursebot.errors import GoldenError, UnknownCourseError
from coursebot.evaluation import scoring
from coursebot.evaluation.golden import GoldenSet, Material, Placed, digest, place
from coursebot.evaluation.golden.records import Asked, GoldenItem, Status, kind_of
from coursebot.evaluation.run import fingerprints
from coursebot.evaluation.run.compact import compact, failed
from coursebot.evaluation.run.folder import Run
from coursebot.evaluation.run.records import Row, RunInfo
from coursebot.evaluation.run.writer import writing
from coursebot.types import Turn

if TYPE_CHECKING:
    from coursebot.assistant import Assistant


@dataclass(frozen=True, slots=True)
class Tally:
    """How far a run has come."""

    folder: Path
    done: int
    total: int
    counted: int
    """Of those done, the ones that count: not stale."""
    passed: int
    seconds: float
    """Time spent, all sittings together."""
    row: Row | None = None
    """The row that was just finished; None when a run begins or is taken up."""


FILES = 20
"""Gold files from which questions are resampled by file. With fewer, the draws would say more of
the files than of the questions; one file would leave nothing to draw from."""

Progress = Callable[[Tally], None]
"""Is told how far a run has come: once when it begins, and after each row."""


@dataclass(frozen=True, slots=True)
class _Question:
    item: GoldenItem
    turn: int
    """From 1; follow-ups count on."""
    asked: Asked

    @property
    def id(self) -> str:
        return self.item.id if self.turn == 1 else f"{self.item.id}#{self.turn}"


def describe(
    assistant: Assistant,
    golden: GoldenSet,
    *,
    course: str | None = None,
    tags: Sequence[str] = (),
    golden_name: str = "",
) -> RunInfo:
    """Return what a run would be made from, without a name, asking nothing yet.

    Raises GoldenError when no reviewed item has one of ``tags``, or UnknownCourseError.
    """
    if course is not None and course not in assistant.courses:
        raise UnknownCourseError.among(course, assistant.courses)
    items = chosen_items(golden, tags)
    index = assistant.index
    return RunInfo(
        name="",
        golden=golden_name or fingerprints.shown_path(golden.path),
        golden_digest=digest(items),
        course=course,
        tags=tuple(sorted(set(tags))),
        corpus_digest=fingerprints.corpus_digest(index),
        index_digest=index.manifest.digest,
        model=fingerprints.model_name(assistant),
        model_fingerprint=assistant.encoder.fingerprint,
        settings=fingerprints.settings_of(assistant),
        code=fingerprints.code(),
        machine=fingerprints.machine(),
        started_at="",
        questions=len(_questions(items)),
    )


def evaluate(
    assistant: Assistant,
    golden: GoldenSet,
    *,
    course: str | None = None,
    tags: Sequence[str] = (),
    out: Path,
    name: str | None = None,
    stem: str = "",
    golden_name: str = "",
    new: bool = False,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Run:
    """Ask every reviewed question that has one of ``tags`` (without tags: all), and return the run.

    A broken-off run of the same inputs in ``out`` is taken up unless ``new``. Without a ``name`` a
    new one is called ``<stem>-<date>-<time>``; ``stem`` is the course or the golden set's name.
    The index stays the one that it is now. A question at which the assistant fails becomes a row
    with an error. When ``cancelled`` says so between two questions, or on KeyboardInterrupt, what
    is finished stays, and the run that is returned is not ``finished``. Raises GoldenError,
    UnknownCourseError or RunError.
    """
    pinned = assistant.pinned()
    info = describe(pinned, golden, course=course, tags=tags, golden_name=golden_name)
    questions = _questions(chosen_items(golden, tags))
    ids = [question.id for question in questions]
    stem = stem or course or golden.path.stem
    with writing(out, info, ids, name=name, stem=stem, new=new) as writer:
        counting = _Counting(writer.folder, len(questions), writer.rows, progress)
        counting.say(writer.seconds)
        files = {_file(question.item) for question in questions}
        examiner = _Examiner(pinned, course, by_file=len(files) >= FILES)
        done = len(writer.rows)
        if 0 < done < len(questions):
            examiner.take_up(questions[:done], writer.rows, next_turn=questions[done].turn)
            examiner.warm_up(questions[done].asked.question)
        for question in questions[done:]:
            if cancelled is not None and cancelled():
                writer.save()
                return Run(writer.folder, writer.info, tuple(writer.rows))
            row, line = examiner.row(question)
            writer.append(row, line)
            counting.count(row)
            counting.say(writer.seconds, row)
        return writer.finish()


class _Counting:
    """Tells how far the run has come."""

    def __init__(
        self, folder: Path, total: int, rows: Iterable[Row], progress: Progress | None
    ) -> None:
        self._folder, self._total, self._progress = folder, total, progress
        self._done = self._counted = self._passed = 0
        for row in rows:
            self.count(row)

    def count(self, row: Row) -> None:
        self._done += 1
        if row.verdict is not None:
            self._counted += 1
            self._passed += row.verdict.passed

    def say(self, seconds: float, row: Row | None = None) -> None:
        if self._progress is not None:
            self._progress(
                Tally(
                    self._folder,
                    self._done,
                    self._total,
                    self._counted,
                    self._passed,
                    seconds,
                    row,
                )
            )


class _Examiner:
    """Asks questions in the order of the golden set, keeping each conversation's turns."""

    def __init__(self, assistant: Assistant, course: str | None, *, by_file: bool) -> None:
        self._assistant = assistant
        self._by_file = by_file
        self._course = course
        self._material = Material.from_index(assistant.index)
        self._turns: tuple[Turn, ...] = ()
        self._questions: tuple[str, ...] = ()

    def take_up(
        self, questions: Sequence[_Question], rows: Sequence[Row], *, next_turn: int
    ) -> None:
        """Ask the turns before the next question again, when it goes on from some."""
        before = max(next_turn - 1, 0)
        for question, row in list(zip(questions, rows, strict=True))[len(rows) - before :]:
            self._questions = (*self._questions, question.asked.question)
            if not row.error:
                with suppress(Exception):
                    self._answer(question.asked.question)

    def warm_up(self, question: str) -> None:
        """Ask once without keeping it: only a run's first row may be slow, and is told apart."""
        with suppress(Exception):  # it will be said of the row
            self._assistant.turns([question], course=self._course)

    def row(self, question: _Question) -> tuple[Row, str]:
        """Return a question's row, and the row as a line of JSON."""
        if question.turn == 1:
            self._turns = self._questions = ()
        asked = question.asked
        placed, stale = place(asked, self._material, self._course)
        item = question.item
        cluster = item.cluster or (_file(item) if self._by_file else "") or item.id
        base = _base(question, self._questions, tuple(lost.source for lost in stale), cluster)
        self._questions = (*self._questions, asked.question)
        before = self._turns
        try:
            answered = self._judged(base, question, placed)
            return answered, answered.model_dump_json()
        except Exception as error:
            self._turns = before  # what failed is nothing to go on from
            row = failed(base, asked, placed, error)
            return row, row.model_dump_json()

    def _answer(self, question: str) -> Turn:
        answer = self._assistant.ask(question, course=self._course, history=self._turns)
        turn = Turn(question, answer)
        self._turns = (*self._turns, turn)
        return turn

    def _judged(self, base: Row, question: _Question, placed: Sequence[Placed]) -> Row:
        answer = self._answer(question.asked.question).answer
        judged = scoring.judge(
            question.asked, question.item.lang, answer, placed, self._assistant.source
        )
        return compact(base, judged.given, judged.passages, judged.verdict, answer.timings_ms)


def _file(item: GoldenItem) -> str:
    """Return the file of the first source in a conversation; empty without one."""
    turns: tuple[Asked, ...] = (item, *item.followups)
    return next((source.path for turn in turns for source in turn.sources), "")


def _base(
    question: _Question, history: tuple[str, ...], stale: tuple[int, ...], cluster: str
) -> Row:
    """Return the row of a question that was not asked yet."""
    item, asked = question.item, question.asked
    return Row(
        id=question.id,
        item=item.id,
        lang=item.lang,
        kind=kind_of(asked),
        tags=item.tags,
        difficulty=item.difficulty,
        cluster=cluster,
        question=asked.question,
        history=history,
        unanswerable=asked.unanswerable,
        answers=asked.answers,
        sources=asked.sources,
        must_not=asked.must_not,
        note=asked.note,
        stale=stale,
    )


def chosen_items(golden: GoldenSet, tags: Sequence[str]) -> tuple[GoldenItem, ...]:
    """Return the reviewed items that have one of ``tags``; without tags, all of them.

    Raises GoldenError when there is none.
    """
    wanted = set(tags)
    reviewed = [item for item in golden.items if item.status is Status.REVIEWED]
    items = tuple(item for item in reviewed if not wanted or wanted & set(item.tags))
    if items:
        return items
    where = fingerprints.shown_path(golden.path)
    if reviewed:
        known = sorted({tag for item in reviewed for tag in item.tags})
        raise GoldenError(
            f"No reviewed item of {where} has the tag {' or '.join(sorted(wanted))}.",
            f"Tags: {', '.join(known) or 'none'}.",
        )
    raise GoldenError(
        f"{where} has no reviewed items.", 'Only items with status "reviewed" are asked.'
    )


def _questions(items: Iterable[GoldenItem]) -> list[_Question]:
    return [
        _Question(item, turn, asked)
        for item in items
        for turn, asked in enumerate((item, *item.followups), 1)
    ]
