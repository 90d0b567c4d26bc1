"""Data sets ▶ runs of the shipped assistant and of dense retrieval alone ▶ the README's table.

Run ``python -m benchmarks.runs --data FOLDER [--only SET,…]``. Corpora, golden sets and indexes
lie below ``.bench/``, the runs in ``runs/`` under the names in the table; ``coursebot compare``
takes them by name. A run that is finished is taken as it is while nothing that decides has changed,
and made again otherwise.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import course_notes, cross_language, data, ours, retrieval
from benchmarks.golden import QUIZ, convert
from coursebot.assistant import Assistant
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
WEIGHTS = {"dense": Weights.parse("lexical=0"), "fused": Weights()}
"""What is compared, the baseline first: dense retrieval alone, and all legs as they are shipped."""
EVERY = 500
"""Rows between two lines about how far a run has come."""


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
            print(f"{name}: is there", file=sys.stderr)
            return read_run(folder)
    made = evaluate(assistant, golden, course=course, out=out, name=name, progress=_say)
    if not made.finished:
        raise RunError(f"{name} was broken off.", "The same command goes on with it.")
    write_report(made.folder)
    return made


def _say(tally: Tally) -> None:
    if tally.done % EVERY == 0 or tally.done == tally.total:
        print(f"{tally.folder.name}: {tally.done} of {tally.total}", file=sys.stderr)


def compared(name: str, task: Task, work: Path, out: Path) -> Comparison:
    """Make both runs of a task and compare them."""
    assistant = ours.indexed(task.corpus, work)
    golden = read(task.golden)
    before, after = (
        run(assistant.weighted(weights), golden, task.course, out=out, name=f"{name}-{label}")
        for label, weights in WEIGHTS.items()
    )
    return compare(before, after)


def table(found: Mapping[str, tuple[Task, Comparison]]) -> str:
    """Return the comparisons as Markdown: a line for each headline metric of each set."""
    lines = [
        "| set | runs | metric | questions | dense alone | fused | difference [95 % interval] | p"
        " | |",
        "|---|---|---|---:|---:|---:|---|---:|---|",
    ]
    for name, (task, comparison) in found.items():
        runs = f"`{comparison.before.name}` `{comparison.after.name}`"
        for number, metric in enumerate(comparison.headline):
            titles = (f"{name}: {task.title}", runs) if number == 0 else ("", "")
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
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


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
    found: dict[str, tuple[Task, Comparison]] = {}
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
