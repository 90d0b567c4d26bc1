"""``coursebot compare``: two runs ▶ what got better or worse, in a table, JSON or a page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from coursebot.cli.environment import chosen_settings
from coursebot.cli.options import JsonOption


def compare_command(
    run_a: Annotated[
        str,
        typer.Argument(help="The run before: its folder, its name or 'latest'.", metavar="RUN_A"),
    ],
    run_b: Annotated[
        str,
        typer.Argument(help="The run after: its folder, its name or 'latest'.", metavar="RUN_B"),
    ],
    html: Annotated[
        Path | None,
        typer.Option(
            "--html", help="Also write the comparison as one page to FILE.", metavar="FILE"
        ),
    ] = None,
    as_json: JsonOption = False,
    everything: Annotated[
        bool, typer.Option("--all", help="Show every regression, and differences by group.")
    ] = False,
    aligned: Annotated[
        bool,
        typer.Option(
            "--aligned",
            help="Compare runs of different golden sets over the questions that are the same.",
        ),
    ] = False,
    runs: Annotated[
        Path | None,
        typer.Option("--runs", help="Folder that runs lie in.", show_default="runs", metavar="DIR"),
    ] = None,
) -> None:
    """Show what got better or worse from RUN_A to RUN_B, and whether chance explains it."""
    import gc

    from coursebot.cli import compared, show
    from coursebot.cli.records import json_text
    from coursebot.evaluation.comparison import compare
    from coursebot.evaluation.run import find, read_run

    folder = chosen_settings(runs=runs).runs
    before, after = (read_run(find(name, folder)) for name in (run_a, run_b))
    gc.freeze()  # a million records that live to the end need not be looked through
    found = compare(before, after, aligned=aligned)
    if html is not None:
        from coursebot.evaluation.replacing import replace_file
        from coursebot.evaluation.report import comparison_html

        replace_file(html, comparison_html(found).encode())
    if as_json:
        typer.echo(json_text(compared.record(found), indent=2))
        return
    to = show.console()
    compared.tables(found, to, everything=everything)
    if html is not None:
        to.print()
        to.out(f"Page: {html}", highlight=False)
