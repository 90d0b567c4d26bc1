"""``coursebot feedback``: arguments ▶ what learners said, read, exported or forgotten."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from coursebot.cli.environment import chosen_settings
from coursebot.cli.failures import FAILED

if TYPE_CHECKING:
    from coursebot.feedback import Store

app = typer.Typer(
    help="Read, export or forget what learners said; bring its database up to date.",
    no_args_is_help=True,
)

UnansweredOption = Annotated[
    bool, typer.Option("--unanswered", help="Questions that were not answered, instead.")
]


class Format(StrEnum):
    """How feedback is written to a file."""

    JSONL = "jsonl"
    CSV = "csv"


@app.command("list")
def list_command(
    limit: Annotated[int, typer.Option(help="Rows to show.", min=1)] = 20,
    unanswered: UnansweredOption = False,
) -> None:
    """Show the newest feedback, newest first; times are UTC."""
    from coursebot.cli import inbox, show

    with _store() as store:
        rows = deque(store.unanswered() if unanswered else store.feedback(), maxlen=limit)
    inbox.table(list(reversed(rows)), show.console())


@app.command()
def export(
    file: Annotated[
        Path | None, typer.Argument(help="File to write.", show_default="standard output")
    ] = None,
    format: Annotated[
        Format,
        typer.Option("--format", help="jsonl has everything; csv is for spreadsheets."),
    ] = Format.JSONL,
    unanswered: UnansweredOption = False,
) -> None:
    """Write all feedback to FILE, oldest first."""
    from coursebot.cli import inbox

    write = inbox.write_csv if format is Format.CSV else inbox.write_jsonl
    with _store() as store:
        rows = store.unanswered() if unanswered else store.feedback()
        if file is None:
            write(rows, sys.stdout.buffer)
            return
        with file.open("wb") as out:
            count = write(rows, out)
    typer.echo(f"{_rows(count)} written to {file}.")


@app.command()
def forget(
    before: Annotated[
        datetime | None,
        typer.Option(
            help="Delete what came in before this day (UTC).",
            formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"],
            metavar="DATE",
        ),
    ] = None,
    older_than: Annotated[
        int | None,
        typer.Option(
            help="Delete what is more than this many days old.", min=0, max=36_500, metavar="DAYS"
        ),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Delete old feedback and unanswered questions for good."""
    if (before is None) == (older_than is None):
        raise typer.BadParameter("give one of the two.", param_hint="--before / --older-than")
    if before is not None:
        limit = before.replace(tzinfo=UTC)
    else:
        limit = datetime.now(UTC) - timedelta(days=older_than or 0)
    with _store() as store:
        if not yes:
            typer.confirm(
                f"Delete everything from before {limit:%Y-%m-%d %H:%M} UTC in {store.place}?",
                abort=True,
            )
        count = store.forget(limit)
    typer.echo(f"{_rows(count)} deleted.")


@app.command()
def upgrade(
    check: Annotated[
        bool, typer.Option("--check", help="Change nothing; end with 1 when there is something.")
    ] = False,
) -> None:
    """Make the database's tables, or bring them to this version, before servers do so."""
    from coursebot.feedback import VERSION

    with _store() as store:
        before = store.tables()
        if check:
            store.check()
            if before is not None and not before.older:
                typer.echo(f"{store.place}: {_tables(before.version)}, nothing to do.")
                return
            now = "no tables yet" if before is None else _tables(before.version)
            typer.echo(f"{store.place}: {now}; coursebot feedback upgrade makes version {VERSION}.")
            raise typer.Exit(FAILED)
        store.upgrade()
        after = store.tables()
    if before is None or after is None or before.older:
        was = "" if before is None else f", from version {before.version}"
        typer.echo(f"{store.place}: {_tables(VERSION)}{was}.")
    else:
        typer.echo(f"{store.place}: {_tables(after.version)}, nothing to do.")


@contextmanager
def _store() -> Iterator[Store]:
    from coursebot.feedback import Store

    store = Store.open(chosen_settings())
    try:
        yield store
    finally:
        store.close()


def _tables(version: int) -> str:
    return f"tables of version {version}"


def _rows(count: int) -> str:
    return f"{count:,} row" if count == 1 else f"{count:,} rows"
