"""Data sets ▶ runs of dense retrieval alone, of all legs and of the reader ▶ the README's table.

Run ``python -m benchmarks.runs --data FOLDER [--only SET,…]``. Corpora, golden sets and indexes
lie below ``.bench/``, the runs in ``runs/`` under the names in the table; ``coursebot compare``
takes them by name. A run that is finished is taken as it is while nothing that decides has changed,
and made again otherwise.
"""

from __future__ import annotations

import argparse
import itertools
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import course_notes, cross_language, data, ours, retrieval
from benchmarks.golden import QUIZ, convert
from coursebot.assistant import Assistant
from coursebot.encoder import BASE
from coursebot.errors import CoursebotError, RunError
from coursebot.evaluation.comparison import Comparison, compare
from coursebot.evaluation.comparison.comparison import VERDICTS
from coursebot.evaluation.golden import GoldenSet, course_of, read, write
from coursebot.evaluation.golden.records import GoldenItem
from coursebot.evaluation.report import write_report
from coursebot.evaluation.run import Run, Tally, describe, evaluate, read_info, read_run
from coursebot.evaluation.run.fingerprints import same_inputs
from coursebot.retrieval import Weights
from coursebot.types import Language

AZ_500 = Path("corpus/az-500/golden.jsonl")
EVERY = 500
"""Rows between two lines about how far a run has come."""


@dataclass(frozen=True, slots=True)
class System:
    """A way to answer that is measured."""

    what: str
    model: str = ""
    """Empty: the settings' own."""
    weights: Weights = field(default_factory=Weights)
    reader: bool = False


SYSTEMS: Mapping[str, System] = {
    "dense": System("meaning alone", weights=Weights.parse("lexical=0")),
    "fused": System("meaning and wording"),
    "reader": System("the same, read closely: as it is shipped", reader=True),
    "base": System("as `fused`, with the model that ours was trained from", model=BASE),
}
"""By the name that ends a run's; all but the last are compared, each with the one before it."""
COMPARED = ("dense", "fused", "reader")


@dataclass(frozen=True, slots=True)
class Task:
    """A golden set and the corpus that it is asked of."""

    title: str
    corpus: Path
    golden: Path
    course: str | None
    """The one that is asked; None: all, and the set's paths are relative to the corpus folder."""


def az_500(folder: Path, work: Path) -> Task:
    """Return the shipped course, which needs no data."""
    return Task("shipped course", Path("corpus"), AZ_500, course_of(AZ_500, Path("corpus")))


def iot(folder: Path, work: Path) -> Task:
    """Return the lessons in both languages with the quiz that is kept here."""
    found = data.folder(folder, cross_language.NAME, cross_language.ORIGIN)
    data.copy_markdown(found / "course", work / "iot-both" / "iot")
    return Task(
        "IoT for Beginners, lessons in English and Japanese", work / "iot-both", QUIZ, "iot"
    )


def iot_ja(folder: Path, work: Path) -> Task:
    """Return the Japanese lessons alone, asked in English."""
    found = data.folder(folder, cross_language.NAME, cross_language.ORIGIN)
    data.copy_markdown(found / "course" / convert.TRANSLATED, work / "iot-ja" / "iot")
    items = convert.quiz(found / "quiz.questions.jsonl", folders=("",))
    golden = _written(work, "iot-ja", items)
    return Task("IoT for Beginners, Japanese lessons alone", work / "iot-ja", golden, "iot")


def jsquad(folder: Path, work: Path) -> Task:
    """Return JSQuAD-valid, each passage a file."""
    found = data.folder(folder, retrieval.NAME, retrieval.ORIGIN)
    passages = data.passages(found / "valid.passages.jsonl")
    corpus = data.write_passages(passages, work / "jsquad", "wikipedia")
    items = convert.squad(found / "valid.questions.jsonl", passages)
    return Task("JSQuAD-valid", corpus, _written(work, "jsquad", items), "wikipedia")


def notes(folder: Path, work: Path) -> Task:
    """Return all of course-notes-qa, with the questions about the files that nothing saw."""
    found = data.folder(folder, course_notes.NAME, course_notes.ORIGIN)
    corpus = data.copy_markdown(found, work / "notes")
    golden = _written(work, "notes", convert.notes(found))
    return Task("course-notes-qa, held-out files", corpus, golden, None)


TASKS: Mapping[str, Callable[[Path, Path], Task]] = {
    "az-500": az_500,
    "iot": iot,
    "iot-ja": iot_ja,
    "jsquad": jsquad,
    "notes": notes,
}


def _written(work: Path, name: str, items: Sequence[GoldenItem]) -> Path:
    path = work / "golden" / f"{name}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    write(path, items)
    return path


def run(
    assistant: Assistant, golden: GoldenSet, course: str | None, *, out: Path, name: str
) -> Run:
    """Return the run ``name``: the one that is there, gone on with, or made anew.

    A folder of that name that was made from something else is removed. Raises what ``evaluate``
    raises.
    """
    folder = out / name
    if (folder / "run.json").is_file():
        there = read_info(folder)
        if not same_inputs(there, describe(assistant, golden, course=course)):
            print(f"{name}: made from something else; made anew", file=sys.stderr)
            shutil.rmtree(folder)
        elif there.finished_at:
            doubt = ", made from uncommitted code" if there.code.endswith(".changed") else ""
            print(f"{name}: is there{doubt}", file=sys.stderr)
            return read_run(folder)
    new = evaluate(assistant, golden, course=course, out=out, name=name, progress=_say)
    if not new.finished:
        raise RunError(f"{name} was broken off.", "The same command goes on with it.")
    write_report(new.folder)
    return new


def _say(tally: Tally) -> None:
    if tally.done % EVERY == 0 or tally.done == tally.total:
        print(f"{tally.folder.name}: {tally.done} of {tally.total}", file=sys.stderr)


def made(
    name: str, task: Task, work: Path, out: Path, systems: Iterable[str] = COMPARED
) -> dict[str, Run]:
    """Return the runs of a task by system; without the reader where there is none."""
    golden = read(task.golden)
    found = {}
    for label in systems:
        system = SYSTEMS[label]
        if system.reader and ours.load_reader() is None:
            print(f"{name}-{label}: there is no reader, or it is off; left out", file=sys.stderr)
            continue
        assistant = ours.opened(task.corpus, work, model=system.model, reader=system.reader)
        weighted = assistant.weighted(system.weights)
        found[label] = run(weighted, golden, task.course, out=out, name=f"{name}-{label}")
    return found


def compared(name: str, task: Task, work: Path, out: Path) -> list[Comparison]:
    """Make the runs of a task and compare each with the one before it."""
    found = made(name, task, work, out).values()
    return [compare(before, after) for before, after in itertools.pairwise(found)]


def table(found: Mapping[str, tuple[Task, Sequence[Comparison]]]) -> str:
    """Return the comparisons as Markdown: a line for each headline metric of each set."""
    lines = [
        "| set | runs | metric | questions | before | after | difference [95 % interval] | p | |",
        "|---|---|---|---:|---:|---:|---|---:|---|",
    ]
    for name, (task, comparisons) in found.items():
        title = f"{name}: {task.title}"
        for comparison in comparisons:
            lines += _lines(title, comparison)
            title = ""
    return "\n".join(lines)


def _lines(title: str, comparison: Comparison) -> Iterator[str]:
    runs = f"`{comparison.before.name}` `{comparison.after.name}`"
    for number, metric in enumerate(comparison.headline):
        titles = (title, runs) if number == 0 else ("", "")
        low, high, p = metric.low, metric.high, metric.corrected_p
        between = "" if low is None or high is None else f" [{low:+.3f}, {high:+.3f}]"
        cells = (
            *titles,
            metric.metric,
            f"{metric.n:,}",
            f"{metric.before:.3f}",
            f"{metric.after:.3f}",
            f"{metric.difference:+.3f}{between}",
            "< .001" if p < 0.001 else f"{p:.3f}",
            VERDICTS[metric.verdict][Language.EN],
        )
        yield f"| {' | '.join(cells)} |"


def main() -> None:
    """Make what is asked for and print the table; exit 1 when a set failed."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.runs",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    ours.add_arguments(parser)
    parser.add_argument("--only", default="", help=f"some of: {','.join(TASKS)}")
    parser.add_argument("--out", type=Path, default=Path("runs"), help="folder of the runs")
    chosen = parser.parse_args()
    names = chosen.only.split(",") if chosen.only else list(TASKS)
    unknown = [name for name in names if name not in TASKS]
    if unknown:
        parser.error(f"unknown: {', '.join(unknown)}; there are {', '.join(TASKS)}")
    found: dict[str, tuple[Task, Sequence[Comparison]]] = {}
    failed = False
    for name in names:
        try:
            task = TASKS[name](chosen.data, chosen.work)
            found[name] = task, compared(name, task, chosen.work, chosen.out)
        except data.MissingDataError as missing:
            print(f"{name}: {missing}", file=sys.stderr)
        except CoursebotError as error:
            failed = True
            print(f"{name}: {error}", file=sys.stderr)
    print(table(found))
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
