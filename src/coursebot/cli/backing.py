"""``coursebot backup`` and ``coursebot restore``: what people made ▶ one file, and back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from coursebot.cli.environment import chosen_settings

if TYPE_CHECKING:
    from coursebot.backup import Contents

CorpusOption = Annotated[
    Path | None,
    typer.Option(
        "--corpus",
        help="Folder whose courses' golden sets are meant.",
        show_default="corpus",
        metavar="DIR",
    ),
]
RunsOption = Annotated[
    Path | None,
    typer.Option("--runs", help="Folder of the runs.", show_default="runs", metavar="DIR"),
]


def backup_command(
    file: Annotated[Path, typer.Argument(help="File to write; it must not be there yet.")],
    corpus: CorpusOption = None,
    runs: RunsOption = None,
) -> None:
    """Write feedback, golden sets, runs and people to FILE, while the server goes on."""
    from coursebot.backup import backup

    contents = backup(chosen_settings(corpus=corpus, runs=runs), file)
    typer.echo(f"{file}: {_summary(contents)}; {file.stat().st_size / 1e6:,.1f} MB.")


def restore_command(
    file: Annotated[Path, typer.Argument(help="File that coursebot backup wrote.")],
    corpus: CorpusOption = None,
    runs: RunsOption = None,
    check: Annotated[
        bool, typer.Option("--check", help="Only read all of it, and say what it holds.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Put what FILE holds in the place of what is there, after checking all of it."""
    from coursebot import backup

    contents = backup.check(file)
    if check:
        typer.echo(f"{file}: {_summary(contents)}; whole, made {contents.made_at}.")
        return
    chosen = chosen_settings(corpus=corpus, runs=runs)
    if not yes:
        for place in backup.replaced(chosen, contents):
            typer.echo(f"replaces {place}", err=True)
        typer.confirm(f"Restore {file}, made {contents.made_at}?", abort=True, err=True)
    backup.restore(chosen, file)
    typer.echo(f"{file}: {_summary(contents)} restored.")


def _summary(contents: Contents) -> str:
    parts = ["feedback" if contents.database else "no feedback"]
    for found, name in ((contents.golden, "golden set"), (contents.runs, "run")):
        parts.append(f"{len(found)} {name}{'' if len(found) == 1 else 's'}")
    parts.append("who may sign in" if contents.people else "nobody who may sign in")
    return ", ".join(parts)
