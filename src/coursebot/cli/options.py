"""Arguments and options that several commands take."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

IndexOption = Annotated[
    str | None,
    typer.Option(
        "--index",
        help="Folder of the index, or postgresql://….",
        show_default="index",
        metavar="PLACE",
    ),
]
ModelOption = Annotated[
    str | None,
    typer.Option(
        "--model",
        help="Any name or path that sentence-transformers loads.",
        show_default="bundled",
        metavar="MODEL",
    ),
]
CourseOption = Annotated[
    str | None,
    typer.Option("--course", help="Search this course only.", show_default="all", metavar="NAME"),
]
TopKOption = Annotated[
    int | None,
    typer.Option("--top-k", help="Passages to return.", min=1, max=100, show_default="10"),
]
CorpusOption = Annotated[
    Path | None,
    typer.Option(
        "--corpus",
        help="Folder that holds one folder a course.",
        show_default="corpus",
        metavar="DIR",
    ),
]
CorpusArgument = Annotated[
    Path | None,
    typer.Argument(help="Folder that holds one folder a course.", show_default="corpus"),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
