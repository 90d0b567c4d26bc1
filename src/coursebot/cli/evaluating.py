"""``coursebot eval`` and ``coursebot sweep``: arguments ▶ runs, a table, an exit code."""

from __future__ import annotations

import shlex
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from coursebot.cli.environment import chosen_settings
from coursebot.cli.failures import (
    FAILED,
    INTERRUPTED,
    UNMEASURED,
    debugging,
    fail,
    say,
    unexpected,
)
from coursebot.cli.options import CorpusOption, IndexOption, JsonOption, ModelOption
from coursebot.errors import CoursebotError, GoldenError

if TYPE_CHECKING:
    from coursebot.assistant import Assistant
    from coursebot.cli.building import Bar, Lines
    from coursebot.config import Settings
    from coursebot.evaluation.golden import GoldenSet
    from coursebot.evaluation.run import Run, Tally
    from coursebot.evaluation.run.records import RunInfo

GoldenArgument = Annotated[
    Path | None,
    typer.Argument(
        help="Golden set: .jsonl, .yaml or .yml.", show_default="the course's golden.jsonl"
    ),
]
CourseOption = Annotated[
    str | None,
    typer.Option(
        "--course",
        help="Ask this course only; its sources are relative to the course's folder.",
        show_default="the one whose folder GOLDEN lies in",
        metavar="NAME",
    ),
]
TagOption = Annotated[
    list[str] | None,
    typer.Option("--tag", help="Ask only items with this tag; may be given again.", metavar="TAG"),
]
OutOption = Annotated[
    Path | None,
    typer.Option("--out", help="Folder to keep the run in.", show_default="runs", metavar="DIR"),
]


def eval_command(
    golden: GoldenArgument = None,
    course: CourseOption = None,
    tag: TagOption = None,
    out: OutOption = None,
    name: Annotated[
        str | None,
        typer.Option(
            "--name", help="The run's name.", show_default="course and time", metavar="NAME"
        ),
    ] = None,
    new: Annotated[
        bool, typer.Option("--new", help="Begin a new run even if one was broken off.")
    ] = False,
    weights: Annotated[
        str,
        typer.Option(
            "--weights",
            help="Weights of the retrieval legs that are not as fitted, such as lexical=0.",
            metavar="NAME=VALUE,…",
        ),
    ] = "default",
    index: IndexOption = None,
    model: ModelOption = None,
    gate: Annotated[
        str | None,
        typer.Option(
            "--gate",
            help="Leave with 1 if the run is worse than this one: its folder, name or 'latest'.",
            metavar="BASELINE",
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Ask every reviewed question of GOLDEN and keep the answers, judged, as a run."""
    from coursebot.cli import measured, show

    tags = tag or []
    with _measuring():
        from coursebot.evaluation import gate as gates
        from coursebot.evaluation.report import summarise, write_report
        from coursebot.evaluation.run import describe, evaluate, find, read_run
        from coursebot.retrieval import Weights

        chosen = chosen_settings(index=index, model=model, runs=out)
        asked, about = _golden(golden, course, chosen)
        baseline = read_run(find(gate, chosen.runs)) if gate is not None else None
        assistant = _open(chosen).weighted(Weights.parse(weights)).pinned()
        wanted = describe(assistant, asked, course=about, tags=tags)
        if baseline is not None:
            gates.check_comparable(baseline, wanted)
        goes_on = _command(
            "eval",
            golden,
            ("--course", course),
            *(("--tag", one) for one in tags),
            ("--out", out),
            ("--name", name),
            ("--weights", None if weights == "default" else weights),
            ("--index", None if index is None else str(chosen.index)),
            ("--model", model),
            ("--gate", gate),
        )
        unreported = None if new or name is None else _unreported(chosen.runs, name, wanted)
        with _progress(goes_on) as progress:
            run = unreported or evaluate(
                assistant,
                asked,
                course=about,
                tags=tags,
                out=chosen.runs,
                name=name,
                new=new,
                progress=progress,
            )
        report = write_report(run.folder)
        summary = summarise(run)
        judged = gates.judge(baseline, run) if baseline is not None else None
        if as_json:
            measured.print_json(measured.run_record(run, summary, report, judged))
        else:
            measured.run_tables(run, summary, report, show.console())
            if judged is not None:
                measured.gate_lines(judged, show.console())
    if judged is not None and not judged.passed:
        fail(f"the gate is shut: {judged.summary}.")
        raise typer.Exit(FAILED)


def sweep_command(
    golden: GoldenArgument = None,
    passage_tokens: Annotated[
        str | None,
        typer.Option(
            "--passage-tokens",
            help="Passage sizes to try, such as 128,256,512.",
            show_default="256",
            metavar="N,…",
        ),
    ] = None,
    weights: Annotated[
        str,
        typer.Option(
            "--weights",
            help='Weights to try, such as "default;lexical=0;dense=0".',
            metavar="WEIGHTS;…",
        ),
    ] = "default",
    model: Annotated[
        str | None,
        typer.Option("--model", help="Models to try.", show_default="bundled", metavar="MODEL,…"),
    ] = None,
    course: CourseOption = None,
    tag: TagOption = None,
    corpus: CorpusOption = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            help="Folder to keep indexes and runs in.",
            show_default="runs/sweep-…",
            metavar="DIR",
        ),
    ] = None,
    as_json: JsonOption = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV, for a spreadsheet.")] = False,
) -> None:
    """Compare settings over GOLDEN: every combination is indexed, run and set into one table."""
    if as_json and as_csv:
        raise typer.BadParameter("give one of the two.", param_hint="--json / --csv")
    from coursebot.cli import measured, show

    tags = tag or []
    with _measuring():
        from coursebot.evaluation import sweep as sweeps

        chosen = chosen_settings(corpus=corpus)
        asked, about = _golden(golden, course, chosen)
        combinations = sweeps.grid(
            models=_listed(model, ",") or [chosen.model],
            passage_tokens=_listed(passage_tokens, ",") or [str(chosen.passage_tokens)],
            weights=_listed(weights, ";"),
        )
        where = out or chosen.runs / sweeps.name_of(asked, combinations, about, tags)
        goes_on = _command(
            "sweep",
            golden,
            ("--passage-tokens", passage_tokens),
            ("--weights", None if weights == "default" else weights),
            ("--model", model),
            ("--course", course),
            *(("--tag", one) for one in tags),
            ("--corpus", corpus),
            ("--out", out),
        )
        with _progress(goes_on) as progress:
            table = sweeps.sweep(
                asked,
                combinations,
                settings=chosen,
                out=where,
                course=about,
                tags=tags,
                progress=progress,
                report=say,
            )
        if as_json:
            measured.print_json(measured.sweep_record(table))
        elif as_csv:
            measured.sweep_csv(table)
        else:
            measured.sweep_table(table, show.console())
    if table.failed:
        fail(f"{table.failed} of {len(table.results)} combinations failed; each says why.")
        raise typer.Exit(UNMEASURED)


@contextmanager
def _measuring() -> Iterator[None]:
    """Put every failure into words and leave with 2: 1 is what a shut gate leaves with."""
    try:
        yield
    except CoursebotError as error:
        if debugging():
            raise
        _say_error(error)
        raise typer.Exit(UNMEASURED) from None
    except BrokenPipeError:
        raise
    except Exception as error:
        if hasattr(error, "exit_code") or isinstance(error, typer.Abort) or debugging():
            raise
        fail(unexpected(error))
        raise typer.Exit(UNMEASURED) from None


def _say_error(error: CoursebotError) -> None:
    """Write an error; a golden set's problems stay one a line."""
    first, *rest = str(error).splitlines()
    fail(first)
    for line in rest:
        if line.strip():
            say(line)


class _Progress:
    """How far a run has come, as a bar on a terminal and as lines elsewhere."""

    def __init__(self, shown: Bar | Lines) -> None:
        self._shown = shown
        self._from = 0
        self._started = 0.0
        self.last: Tally | None = None

    def __call__(self, tally: Tally) -> None:
        self.last = tally
        if tally.row is None:
            self._shown.done()
            if 0 < tally.done < tally.total:
                say(f"Going on with {tally.folder}.")
            self._from, self._started = tally.done, time.monotonic()
            self._shown.start(tally.total, "Questions", done=tally.done)
            return
        rate = (tally.done - self._from) / max(time.monotonic() - self._started, 1e-6)
        passed = f"{tally.passed / tally.counted:.0%} right" if tally.counted else ""
        self._shown.advance(1, f"{rate:.0f}/s  {passed}".strip())


@contextmanager
def _progress(goes_on: str) -> Iterator[_Progress]:
    """Show progress; on Ctrl-C say what is kept, and the command that goes on."""
    from coursebot.cli.building import Bar, Lines
    from coursebot.cli.show import console

    shown: Bar | Lines = Bar() if console(stderr=True).is_terminal else Lines()
    progress = _Progress(shown)
    try:
        yield progress
    except KeyboardInterrupt:
        shown.done()
        last = progress.last
        if last is None:
            raise
        say(f"Stopped: {last.done:,} of {last.total:,} questions are kept in {last.folder}.")
        say(f"Go on with: {goes_on}")
        raise typer.Exit(INTERRUPTED) from None
    finally:
        shown.done()


def _golden(
    path: Path | None, course: str | None, chosen: Settings
) -> tuple[GoldenSet, str | None]:
    """Return the golden set that is meant, and the course that it is about."""
    from coursebot.course.golden import GOLDEN
    from coursebot.evaluation.golden import course_of, read
    from coursebot.evaluation.golden.courses import own_sets

    if path is None:
        if course is not None:
            path = chosen.corpus / course / GOLDEN
        else:
            path = _only(list(own_sets(chosen.corpus)), chosen.corpus)
    return read(path), course or course_of(path, chosen.corpus)


def _only(found: Sequence[Path], corpus: Path) -> Path:
    if len(found) == 1:
        return found[0]
    if not found:
        raise GoldenError(
            f"No course in {corpus} has a golden.jsonl.",
            "Name a golden set, or begin one: coursebot golden new.",
        )
    names = ", ".join(path.parent.name for path in found)
    raise GoldenError(
        f"Several courses in {corpus} have a golden.jsonl: {names}.",
        "Name one: coursebot eval --course NAME.",
    )


def _unreported(runs: Path, name: str, wanted: RunInfo) -> Run | None:
    """Return the run of that name if only its report is missing.

    It was stopped while that was written, and the same command goes on.
    """
    from coursebot.evaluation.report.render import NAME
    from coursebot.evaluation.run import read_run
    from coursebot.evaluation.run.fingerprints import same_inputs
    from coursebot.evaluation.run.folder import INFO

    folder = runs / name
    if Path(name).name != name or (folder / NAME).exists() or not (folder / INFO).is_file():
        return None
    run = read_run(folder)
    return run if run.finished and same_inputs(run.info, wanted) else None


def _open(chosen: Settings) -> Assistant:
    from coursebot.assistant import Assistant

    return Assistant.open(chosen.index, settings=chosen, report=say)


def _command(name: str, golden: Path | None, *options: tuple[str, str | Path | None]) -> str:
    """Return a command as it is typed; options that are None are left out."""
    words = ["coursebot", name, *([str(golden)] if golden is not None else [])]
    for flag, value in options:
        if value is not None:
            words += [flag, str(value)]
    return shlex.join(words)


def _listed(text: str | None, separator: str) -> list[str]:
    return [part.strip() for part in (text or "").split(separator) if part.strip()]
