"""``coursebot golden``: arguments ▶ golden sets checked, begun, imported and exported."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from coursebot.cli.environment import chosen_settings
from coursebot.cli.failures import FAILED, fail, say
from coursebot.cli.options import CorpusOption, JsonOption

if TYPE_CHECKING:
    from collections.abc import Sequence

    from coursebot.evaluation.golden.material import Material
    from coursebot.evaluation.golden.spreadsheet import Imported

app = typer.Typer(
    help="Check, begin, import and export golden sets: questions with what answers them.",
    no_args_is_help=True,
)

CourseOption = Annotated[
    str | None,
    typer.Option(
        "--course",
        help="The course that the set is about.",
        show_default="the one whose folder it lies in",
        metavar="NAME",
    ),
]


class Format(StrEnum):
    """How a golden set is carried elsewhere."""

    CSV = "csv"
    JSONL = "jsonl"
    YAML = "yaml"
    SQUAD = "squad"


class Spoken(StrEnum):
    """The language of questions that do not say theirs."""

    JA = "ja"
    EN = "en"


class Stage(StrEnum):
    """How far questions are that do not say so."""

    DRAFT = "draft"
    REVIEWED = "reviewed"


@app.command()
def check(
    targets: Annotated[
        list[Path] | None,
        typer.Argument(
            help="Golden sets, or courses by name.",
            show_default="those of all courses",
            metavar="[FILE|COURSE]...",
        ),
    ] = None,
    corpus: CorpusOption = None,
    course: CourseOption = None,
    strict: Annotated[bool, typer.Option("--strict", help="Fail for stale items as well.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Show what is wrong with golden sets, what is stale, and what they hold."""
    from coursebot.cli import goldentables
    from coursebot.cli.records import json_text
    from coursebot.cli.show import console
    from coursebot.evaluation.golden.checking import check as look_through

    root = chosen_settings(corpus=corpus).corpus
    paths = [_file(target, root) for target in targets] if targets else _own_sets(root)
    material = _material(root, course)
    checked = [look_through(path, material, _course(path, root, course)) for path in paths]
    if as_json:
        records = [goldentables.record(one) for one in checked]
        typer.echo(json_text({"sets": records}, indent=2))
    else:
        to = console()
        for number, one in enumerate(checked):
            if number:
                to.print()
            goldentables.show(one, to)
    wrong = sum(len(one.problems) for one in checked)
    stale = sum(len(one.gone) for one in checked)
    if wrong:
        fail(f"{_count(wrong, 'problem')}; correct what is listed and check again.")
    if stale:
        said = f"{_count(stale, 'source')} no longer in the material; choose the quotes anew."
        fail(said) if strict else say(f"Warning: {said}")
    if wrong or (stale and strict):
        raise typer.Exit(FAILED)


@app.command()
def new(
    target: Annotated[
        Path, typer.Argument(help="File to make, or a course by name.", metavar="FILE|COURSE")
    ],
    corpus: CorpusOption = None,
    course: CourseOption = None,
) -> None:
    """Begin a golden set with one draft made from the course; never overwrites."""
    from coursebot.evaluation.golden.starting import start

    root = chosen_settings(corpus=corpus).corpus
    path = _file(target, root)
    start(path, _material(root, course), _course(path, root, course))
    typer.echo(f"{path} begins with one draft. Edit it, then: coursebot golden check {path}")


@app.command("import")
def import_command(
    file: Annotated[Path, typer.Argument(help="File to read.")],
    into: Annotated[
        Path | None,
        typer.Option(
            "--into", help="Golden set to add to, or a course by name.", metavar="FILE|COURSE"
        ),
    ] = None,
    format: Annotated[
        Format | None,
        typer.Option("--format", help="What FILE is.", show_default="by its name"),
    ] = None,
    as_course: Annotated[
        Path | None,
        typer.Option(
            "--as-course",
            help="Make a course of a SQuAD set's contexts in this folder, with the questions as "
            "its golden set.",
            metavar="DIR",
        ),
    ] = None,
    lang: Annotated[
        Spoken | None,
        typer.Option("--lang", help="Language of questions.", show_default="as it looks"),
    ] = None,
    status: Annotated[
        Stage, typer.Option("--status", help="Status of items that have none.")
    ] = Stage.DRAFT,
    skip_bad: Annotated[
        bool, typer.Option("--skip-bad", help="Import the others when some cannot be.")
    ] = False,
    encoding: Annotated[
        str, typer.Option("--encoding", help="Of a CSV file, such as cp932.")
    ] = "utf-8",
    corpus: CorpusOption = None,
    course: CourseOption = None,
) -> None:
    """Add the questions of a CSV, SQuAD or golden file to a golden set; all or none."""
    from coursebot.cli import goldentables
    from coursebot.cli.show import console
    from coursebot.course.golden import GOLDEN
    from coursebot.evaluation.golden import importing

    if (into is None) == (as_course is None):
        raise typer.BadParameter("give one of the two.", param_hint="--into / --as-course")
    root = chosen_settings(corpus=corpus).corpus
    kind = (format or _format_of(file)).value
    if as_course is not None and kind != Format.SQUAD:
        raise typer.BadParameter("only a SQuAD set has contexts.", param_hint="--as-course")
    count = 0
    options = importing.Options(lang and lang.value, status.value, encoding)
    if as_course is not None:
        found, count = importing.as_course(file, as_course, options, skip_bad=skip_bad)
        path = as_course / GOLDEN
    else:
        assert into is not None
        path = _file(into, root)
        about = _course(path, root, course)
        found = importing.read(file, kind, options, lambda: _material(root, course), about)
    if found.problems:
        goldentables.problems(found.problems, console())
    if found.problems and not skip_bad:
        raise _refused(file, found)
    importing.add(path, found)
    if as_course is not None:
        say(f"{as_course} is a course of {_count(count, 'file')}.")
    skipped = f", {_count(len(found.problems), 'problem')} passed over" if found.problems else ""
    typer.echo(f"{_count(len(found.items), 'item')} added to {path}{skipped}.")


@app.command()
def export(
    golden: Annotated[
        Path, typer.Argument(help="Golden set, or a course by name.", metavar="FILE|COURSE")
    ],
    file: Annotated[
        Path | None, typer.Argument(help="File to write.", show_default="standard output")
    ] = None,
    format: Annotated[
        Format | None,
        typer.Option("--format", help="What to write.", show_default="by FILE's name, or jsonl"),
    ] = None,
    corpus: CorpusOption = None,
    course: CourseOption = None,
) -> None:
    """Write a golden set as CSV for a spreadsheet, JSON lines, YAML or SQuAD 2.0."""
    from coursebot.evaluation.golden import files, importing

    root = chosen_settings(corpus=corpus).corpus
    path = _file(golden, root)
    kind = format or (Format.JSONL if file is None else _format_of(file))
    if file is not None and file.exists() and path.exists() and file.samefile(path):
        raise typer.BadParameter("it is the golden set itself.", param_hint="FILE")
    about = _course(path, root, course)
    made = importing.written(files.read(path), kind.value, lambda: _material(root, course), about)
    for id, why in made.left_out:
        say(f"{id} is left out: {why}.")
    if file is None:
        sys.stdout.buffer.write(made.data)
        return
    files.write_bytes(file, made.data)
    typer.echo(f"{_count(made.count, 'item')} written to {file}.")


def _refused(file: Path, found: Imported) -> Exception:
    from coursebot.errors import GoldenError

    return GoldenError(
        f"{file}: {_count(len(found.problems), 'problem')}; nothing was imported.",
        "Correct them, or import the others with --skip-bad.",
    )


def _file(target: Path, corpus: Path) -> Path:
    """Return the golden set that is meant: a file, or a course by name or folder."""
    from coursebot.course.golden import GOLDEN
    from coursebot.errors import GoldenError
    from coursebot.evaluation.golden.files import SUFFIXES

    if target.suffix.lower() in SUFFIXES:
        return target
    for folder in (corpus / target, target):
        if folder.is_dir():
            return folder / GOLDEN
    raise GoldenError(
        f"{target}: neither a golden set (.jsonl, .yaml, .yml) nor a course in {corpus}.",
        "Such as: coursebot golden check FILE.",
    )


def _own_sets(corpus: Path) -> Sequence[Path]:
    from coursebot.errors import GoldenError
    from coursebot.evaluation.golden.courses import own_sets

    found = list(own_sets(corpus))
    if not found:
        raise GoldenError(
            f"No course in {corpus} has a golden set.", "Begin one: coursebot golden new COURSE."
        )
    return found


def _material(corpus: Path, course: str | None) -> Material:
    from coursebot.course import read_corpus
    from coursebot.errors import UnknownCourseError
    from coursebot.evaluation.golden.material import Material

    material = Material.from_corpus(read_corpus(corpus))
    if course is not None and course not in material.courses:
        raise UnknownCourseError.among(course, material.courses)
    return material


def _course(path: Path, corpus: Path, chosen: str | None) -> str | None:
    from coursebot.evaluation.golden.courses import course_of

    return chosen or course_of(path, corpus)


def _format_of(file: Path) -> Format:
    known = {
        **{".csv": Format.CSV, ".tsv": Format.CSV, ".json": Format.SQUAD},
        **{".jsonl": Format.JSONL, ".yaml": Format.YAML, ".yml": Format.YAML},
    }
    found = known.get(file.suffix.lower())
    if found is None:
        raise typer.BadParameter(
            f"{file.name} does not say what it is: csv, jsonl, yaml or squad.",
            param_hint="--format",
        )
    return found


def _count(count: int, what: str) -> str:
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"
