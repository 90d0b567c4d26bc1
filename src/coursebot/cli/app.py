"""Arguments ▶ commands; whatever is heavy is imported by the command that needs it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from coursebot.cli.backing import backup_command, restore_command
from coursebot.cli.comparing import compare_command
from coursebot.cli.configuring import app as config_app
from coursebot.cli.environment import chosen_settings, give
from coursebot.cli.evaluating import eval_command, sweep_command
from coursebot.cli.failures import FAILED, Commands, fail, make_output_safe, say
from coursebot.cli.feedback import app as feedback_app
from coursebot.cli.golden import app as golden_app
from coursebot.cli.options import (
    CorpusArgument,
    CourseOption,
    IndexOption,
    JsonOption,
    ModelOption,
    TopKOption,
)
from coursebot.cli.password import password
from coursebot.cli.people import app as people_app

if TYPE_CHECKING:
    from coursebot.assistant import Assistant
    from coursebot.config import Settings

app = typer.Typer(
    name="coursebot",
    cls=Commands,
    help="Answers about course material in the course's own words, cited to the sentence.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

app.add_typer(config_app, name="config")
app.add_typer(feedback_app, name="feedback")
app.add_typer(golden_app, name="golden")
app.command("backup")(backup_command)
app.command("restore")(restore_command)
app.add_typer(people_app, name="people")
app.command("compare")(compare_command)
app.command("eval")(eval_command)
app.command("sweep")(sweep_command)
app.command()(password)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line with ``sys.argv`` or ``arguments``, and leave with its exit code."""
    make_output_safe()
    app(args=arguments, prog_name="coursebot")


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"coursebot {version('coursebot')}")
        raise typer.Exit


@app.callback()
def _options(
    _version: Annotated[
        bool,
        typer.Option(
            "--version", help="Print the version.", callback=_print_version, is_eager=True
        ),
    ] = False,
    config: Annotated[
        Path | None,
        typer.Option(
            "--config",
            help="File of settings, in TOML.",
            show_default="coursebot.toml, where there is one",
            metavar="FILE",
        ),
    ] = None,
    pairs: Annotated[
        list[str] | None,
        typer.Option(
            "--set", help="Set any setting for this command; may be repeated.", metavar="NAME=VALUE"
        ),
    ] = None,
) -> None:
    give(config, pairs or ())


@app.command("index")
def index_command(
    corpus: CorpusArgument = None,
    out: Annotated[
        str | None,
        typer.Option(
            "--out",
            "--to",
            help="Folder to write, or postgresql://….",
            show_default="index",
            metavar="PLACE",
        ),
    ] = None,
    copied: Annotated[
        str | None,
        typer.Option(
            "--from",
            help="Copy this index as it is, instead of reading CORPUS.",
            show_default=False,
            metavar="DIR",
        ),
    ] = None,
    model: ModelOption = None,
    workers: Annotated[
        int | None,
        typer.Option(
            "--workers",
            help="Processes that read and cut courses.",
            min=1,
            show_default="as many as there are cores, where there is enough to read",
            metavar="N",
        ),
    ] = None,
    device: Annotated[
        str | None,
        typer.Option(
            "--device", help="What embeds: cpu or cuda.", show_default="cpu", metavar="DEVICE"
        ),
    ] = None,
    cluster: Annotated[
        str | None,
        typer.Option(
            "--cluster",
            help="Embed on the workers of this Dask scheduler.",
            show_default=False,
            metavar="TCP://…",
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Build the index of CORPUS, or bring it up to date; only what changed is embedded."""
    from dataclasses import asdict

    from coursebot.cli.building import build, copy, summary
    from coursebot.cli.records import json_text
    from coursebot.places import place_of

    usual = chosen_settings(model=model, workers=workers, device=device, cluster=cluster)
    chosen = usual if out is None else usual.model_copy(update={"index": place_of(out)})
    beside = usual.index if isinstance(usual.index, Path) and usual.index != chosen.index else None
    if copied is None:
        report = build(corpus or chosen.corpus, chosen.index, chosen, beside=beside)
    elif corpus is not None:
        raise typer.BadParameter("it copies an index: leave out CORPUS.", param_hint="--from")
    else:
        report = copy(Path(copied), chosen.index)
    typer.echo(json_text(asdict(report), indent=2) if as_json else summary(report, chosen.index))


@app.command()
def ask(
    question: Annotated[
        str | None, typer.Argument(help="What you want to know, in Japanese or English.")
    ] = None,
    index: IndexOption = None,
    course: CourseOption = None,
    top_k: TopKOption = None,
    model: ModelOption = None,
    as_json: JsonOption = False,
    as_lines: Annotated[
        bool,
        typer.Option(
            "--jsonl", help='Read {"id", "question"} a line from stdin, write one answer a line.'
        ),
    ] = False,
) -> None:
    """Answer QUESTION in the course's own words, each sentence with the place it stands."""
    if as_lines and (question is not None or as_json):
        raise typer.BadParameter(
            "it reads questions from stdin: leave out QUESTION and --json.", param_hint="--jsonl"
        )
    if as_lines and sys.stdin is None:
        raise typer.BadParameter("standard input is closed.", param_hint="--jsonl")
    if not as_lines and question is None:
        raise typer.BadParameter("give a question, or --jsonl to read many.", param_hint="QUESTION")
    from coursebot.cli.records import answer_record, json_text

    assistant = _assistant(index, model)
    if as_lines:
        _ask_lines(assistant, course, top_k)
        return
    answer = assistant.ask(question or "", course=course, top_k=top_k)
    if as_json:
        typer.echo(json_text(answer_record(answer), indent=2))
        return
    from coursebot.cli import show

    show.answer(answer, show.console())


def _ask_lines(assistant: Assistant, course: str | None, top_k: int | None) -> None:
    from coursebot.cli.batch import answer_lines

    read, bad = answer_lines(
        sys.stdin.buffer,
        sys.stdout.buffer,
        lambda question: assistant.ask(question, course=course, top_k=top_k),
    )
    if bad:
        fail(f"{bad} of {read} lines could not be answered; each says why.")
        raise typer.Exit(FAILED)


@app.command()
def search(
    query: Annotated[str, typer.Argument(help="What to look for.")],
    index: IndexOption = None,
    course: CourseOption = None,
    top_k: TopKOption = None,
    model: ModelOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the best passages for QUERY, with each retrieval leg's score and rank."""
    from coursebot.cli.records import hit_records, json_text

    found = _assistant(index, model).search(query, course=course, top_k=top_k)
    if as_json:
        typer.echo(json_text(hit_records(found), indent=2))
        return
    from coursebot.cli import show

    show.hits(found, show.console())


@app.command()
def serve(
    host: Annotated[
        str | None, typer.Option(help="Address to listen on.", show_default="127.0.0.1")
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(help="Port; 0 takes a free one.", min=0, max=65535, show_default="7860"),
    ] = None,
    index: IndexOption = None,
    corpus: Annotated[
        Path | None,
        typer.Option(
            "--corpus", help="Folder that --build reads.", show_default="corpus", metavar="DIR"
        ),
    ] = None,
    build_first: Annotated[
        bool, typer.Option("--build", help="Build the index first if it is missing or stale.")
    ] = False,
    model: ModelOption = None,
) -> None:
    """Serve the page for learners; a new index is taken up without a restart."""
    from coursebot import memory

    memory.hold_together()  # before whatever starts threads when it is imported
    from coursebot import terms
    from coursebot.web.listen import listen

    chosen = chosen_settings(model=model, host=host, port=port, index=index, corpus=corpus)
    # The port is taken before the slow part, so that a taken one is said at once.
    with listen(chosen.host, chosen.port) as listener:
        if build_first:
            from coursebot.cli.building import build_if_needed

            build_if_needed(chosen)
        from coursebot.web.server import serve as serve_page

        try:
            assistant = _open(chosen)
            memory.populate(terms.dictionary())
            memory.give_back()
        except KeyboardInterrupt:  # as later on: Ctrl-C is how a server is meant to end
            say("Stopped.")
            return
        serve_page(assistant, listener, say)


@app.command()
def doctor(
    index: IndexOption = None,
    corpus: Annotated[
        Path | None,
        typer.Option(
            "--corpus",
            help="Folder that the index was built from.",
            show_default="corpus",
            metavar="DIR",
        ),
    ] = None,
    model: ModelOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check versions, settings, model, cache, index and network independence."""
    from coursebot.cli import show
    from coursebot.cli.records import json_text
    from coursebot.doctor import examine

    findings = examine(chosen_settings(lenient=True, model=model, index=index, corpus=corpus))
    if as_json:
        typer.echo(json_text([finding.record() for finding in findings], indent=2))
    else:
        show.findings(findings, show.console())
    wrong = [finding.name for finding in findings if not finding.ok]
    if wrong:
        fail(f"{len(wrong)} of {len(findings)} checks failed: {', '.join(wrong)}.")
        raise typer.Exit(FAILED)


def _assistant(index: str | None, model: str | None) -> Assistant:
    return _open(chosen_settings(index=index, model=model))


def _open(chosen: Settings) -> Assistant:
    from coursebot.assistant import Assistant

    return Assistant.open(chosen.index, settings=chosen, report=say)
