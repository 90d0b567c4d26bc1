"""Runs of each system ▶ how good its answers are, by language and kind, beside the peers.

Run ``python -m benchmarks.quality --data FOLDER [--only PART,…] [--write]``. The runs are those of
:mod:`benchmarks.runs` and one more, with the model that ours was trained from.
With ``--write`` each part's tables are put between its markers in QUALITY.md as soon as it is
measured.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import (
    chunked,
    data,
    figures,
    measures,
    ours,
    reading,
    retrieval,
    runs,
    table,
    versus,
)
from coursebot.encoder import BASE
from coursebot.errors import CoursebotError
from coursebot.evaluation.run import Run
from coursebot.evaluation.run.records import Row

PAGE = Path(__file__).parent / "QUALITY.md"


@dataclass(frozen=True, slots=True)
class Places:
    """Where everything lies."""

    data: Path
    work: Path
    out: Path
    """Folder of the runs."""
    peers: versus.Environment | None


def answers(name: str, where: Places) -> str:
    """Return the tables of a golden set; raises MissingDataError or CoursebotError."""
    task = runs.TASKS[name](where.data, where.work)
    made = runs.made(name, task, where.work, where.out, runs.SYSTEMS)
    by_system = {label: [row for row in run.rows if row.counts] for label, run in made.items()}
    peers: Mapping[str, Sequence[Row]] = {}
    if where.peers is not None:
        assistant = ours.opened(task.corpus, where.work, model=BASE, reader=False)
        asked = by_system["base"]
        peers = chunked.rows(
            where.peers, assistant.encoder, f"quality-{name}", asked, assistant.index, task.course
        )
    pieces = f"in chunks of {chunked.CHUNK} characters"
    head = _head(f"{name}: {task.title}", made, where, pieces)
    return f"{head}\n\n{figures.tables(by_system, peers)}"


def jsquad(where: Places) -> str:
    """Return how well JSQuAD's passages are found; raises MissingDataError or CoursebotError."""
    task = runs.jsquad(where.data, where.work)
    made = runs.made("jsquad", task, where.work, where.out, runs.SYSTEMS)
    found = data.folder(where.data, retrieval.NAME, retrieval.ORIGIN)
    sources = data.passages(found / "valid.passages.jsonl")
    questions = data.squad_questions(found / "valid.questions.jsonl")
    name = "quality-jsquad"
    theirs = versus.NONE
    if where.peers is not None:
        asked = {name: retrieval.task(sources, questions)}
        theirs = versus.rankings(where.peers, ours.load_encoder(BASE), asked)
    lines = found_table(
        {label: run.rows for label, run in made.items()},
        theirs.scores(name, lambda ranked: _ranks(ranked, sources, questions)).scores,
        [question.gold[0] for question in questions],
    )
    head = _head(f"jsquad: {task.title}", made, where, "each passage one document")
    return f"{head}\n\n{lines}"


def found_table(
    ours_by_system: Mapping[str, Sequence[Row]],
    theirs: Mapping[str, Sequence[float]],
    gold: Sequence[str],
) -> str:
    """Return how often the gold passage is found, as Markdown.

    ``theirs`` has the reciprocal rank of each question's gold passage, by peer.
    """
    ranks = {
        label: [_rank(row, name) for row, name in zip(rows, gold, strict=True)]
        for label, rows in ours_by_system.items()
    } | dict(theirs)
    said = {label: [_contains(row) for row in rows] for label, rows in ours_by_system.items()}

    def cells(values: Mapping[str, Sequence[float]], *, binary: bool) -> list[str]:
        return [
            str(figures.of(values[label], gold, binary=binary)) if label in values else "–"
            for label in ranks
        ]

    first = {label: [float(rank == 1) for rank in found] for label, found in ranks.items()}
    n = f"{len(gold):,}"
    lines = [
        ("the gold passage comes first (Success@1)", n, *cells(first, binary=True)),
        ("MRR@10", n, *cells(ranks, binary=False)),
        ("the quoted statements contain a gold answer", n, *cells(said, binary=True)),
    ]
    return figures.markdown(("all passages searched", "n", *ranks), lines)


def _rank(row: Row, name: str) -> float:
    """Return the reciprocal rank of the passage that is a file of its own."""
    return measures.reciprocal_rank([Path(one.path).stem for one in row.passages], (name,))


def _ranks(
    ranked: Sequence[Sequence[int]],
    sources: Sequence[data.Source],
    questions: Sequence[data.Question],
) -> list[float]:
    pairs = zip(ranked, questions, strict=True)
    return [
        measures.reciprocal_rank([sources[number].id for number in row], question.gold)
        for row, question in pairs
    ]


def _contains(row: Row) -> float:
    quotes = [one.quote for one in row.given.citations] if row.given else []
    wordings = [text for answer in row.answers for text in (answer.text, *answer.aliases)]
    return float(measures.contains_answer("\n".join(quotes), wordings))


def gold_passage(where: Places) -> str:
    """Return how well the reader alone reads JSQuAD's gold passages; raises MissingDataError."""
    found = data.folder(where.data, retrieval.NAME, retrieval.ORIGIN)
    reader = ours.load_reader()
    if reader is None:
        print("reading: there is no reader, or it is off; left out", file=sys.stderr)
        return reading.table([], "")
    passages = data.passages(found / "valid.passages.jsonl")
    questions = data.squad_questions(found / "valid.questions.jsonl")
    return reading.table(reading.judge(reader, passages, questions), reader.name)


PARTS: Mapping[str, Callable[[Places], str]] = {
    "az-500": lambda where: answers("az-500", where),
    "notes": lambda where: answers("notes", where),
    "jsquad": jsquad,
    "reading": gold_passage,
}


def _head(title: str, made: Mapping[str, Run], where: Places, pieces: str) -> str:
    """Return what was measured, of what code, on what machine, and what the columns are."""
    infos = [run.info for run in made.values()]
    of = ", ".join(sorted({info.code for info in infos}))
    machine = infos[0].machine
    columns = "; ".join(f"`{label}` {runs.SYSTEMS[label].what}" for label in made)
    peers = (
        f"the others are the peers, {pieces}, with the vectors of `base`'s model"
        if where.peers
        else "the peers were not measured: their environment is missing (`make bench` makes it)"
    )
    return (
        f"**{title}** (coursebot {of}; {machine.processor}, {machine.cores} cores)\n\n"
        f"{columns}; {peers}."
    )


def main() -> None:
    """Measure what is asked for and print the tables; exit 1 when a part failed."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.quality",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    ours.add_arguments(parser)
    parser.add_argument("--only", default="", help=f"some of: {','.join(PARTS)}")
    parser.add_argument("--out", type=Path, default=Path("runs"), help="folder of the runs")
    parser.add_argument(
        "--peers", type=Path, default=Path(".venv-bench"), help="the peers' environment"
    )
    parser.add_argument("--write", action="store_true", help="put the tables into QUALITY.md")
    chosen = parser.parse_args()
    names = chosen.only.split(",") if chosen.only else list(PARTS)
    unknown = [name for name in names if name not in PARTS]
    if unknown:
        parser.error(f"unknown: {', '.join(unknown)}; there are {', '.join(PARTS)}")
    peers = versus.environment(chosen.peers, chosen.work)
    where = Places(chosen.data, chosen.work, chosen.out, peers)
    failed = False
    for name in names:
        try:
            made = PARTS[name](where)
        except data.MissingDataError as missing:
            print(f"{name}: {missing}", file=sys.stderr)
            continue
        except CoursebotError as error:
            failed = True
            print(f"{name}: {error}", file=sys.stderr)
            continue
        print(f"\n{made}")
        if chosen.write:
            write(name, made)
    sys.exit(1 if failed else 0)


def write(name: str, made: str, page: Path = PAGE) -> None:
    """Put a part's tables between its markers in ``page``, which must have both."""
    begin, end = (f"<!-- {name}: {where} -->" for where in ("begin", "end"))
    table.replace(begin, end, lambda _: f"\n{made}\n", page)


if __name__ == "__main__":
    main()
