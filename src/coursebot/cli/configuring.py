"""``coursebot config``: settings ▶ what each is, and where it comes from."""

from __future__ import annotations

import typer

from coursebot.cli.environment import chosen_settings
from coursebot.cli.options import JsonOption

app = typer.Typer(help="Show what coursebot is set to.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    # With a callback, Typer keeps ``show`` a command of its own.
    pass


@app.command("show")
def show_command(as_json: JsonOption = False) -> None:
    """Show every setting with its value and where it comes from; secrets are masked."""
    from dataclasses import asdict

    from coursebot.cli import show
    from coursebot.cli.records import json_text

    listed = chosen_settings().listed()
    if as_json:
        typer.echo(json_text([asdict(setting) for setting in listed], indent=2))
    else:
        show.settings(listed, show.console())
