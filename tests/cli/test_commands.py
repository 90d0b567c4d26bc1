"""The commands as they are typed: what they print, where, and how they end."""

from __future__ import annotations

import io
import json
import os
import re
from typing import Any

import pytest
from rich.console import Console
from typer.testing import CliRunner, Result

from coursebot.cli import app, failures, show
from coursebot.errors import IndexMissingError

runner = CliRunner()


def run(*arguments: str, stdin: str | bytes = "") -> Result:
    """Run a command line in this process."""
    return runner.invoke(app, list(arguments), input=stdin)


@pytest.mark.usefixtures("scripted")
def test_ask_prints_the_answer_as_a_learner_reads_it() -> None:
    """Piped on, it is the answer's plain text."""
    result = run("ask", "how long is an az acr login token valid?")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == "3時間 · 3 hours\n\n[1] このログイン（トークン）は3時間有効。\n"


def test_ask_on_a_terminal_is_set_out(make_answer: Any) -> None:  # noqa: ANN401
    """The short answer, the state, the numbered quote with its place and link, and where to go."""
    out = io.StringIO()
    show.answer(make_answer(), Console(file=out, force_terminal=True, width=70, no_color=True))
    assert out.getvalue().startswith("\x1b[1m3時間 · 3 hours\x1b[0m\n")
    lines = re.sub("\x1b\\[[0-9;]*m", "", out.getvalue())
    assert [line.rstrip() for line in lines.splitlines()] == [
        "3時間 · 3 hours",
        "answered · 93%",
        "",
        "[1] このログイン（トークン）は3時間有効。",
        "    ACR › ログイン  c/a.md:4",
        "    https://example.org/a.md#%E3%83%AD",
        "",
        "Read on",
        "    az acr login  https://example.org/login",
    ]


def test_a_course_cannot_steer_the_terminal(make_answer: Any) -> None:  # noqa: ANN401
    """Escape sequences in course text are not passed on."""
    out = io.StringIO()
    show.answer(make_answer(text="a\x1b[2Jb\x07\nc"), Console(file=out))
    assert out.getvalue() == "a[2Jb\nc\n"


@pytest.mark.usefixtures("scripted")
def test_ask_json_is_one_object() -> None:
    """The same record as in a batch, without an id."""
    record = json.loads(run("ask", "token?", "--json").stdout)
    assert record["short_answer"] == "3時間"
    assert record["citations"][0]["line_start"] == 4
    assert "id" not in record


@pytest.mark.usefixtures("scripted")
def test_a_batch_with_a_bad_line_ends_with_1() -> None:
    """Each line is answered in its place; stderr says how many were bad."""
    result = run("ask", "--jsonl", stdin='{"id": 1, "question": "token?"}\nx\n')
    assert [json.loads(line).get("error") for line in result.stdout.splitlines()] == [
        None,
        "Not JSON: Expecting value (column 1).",
    ]
    assert result.exit_code == 1
    assert result.stderr == "Error: 1 of 2 lines could not be answered; each says why.\n"


@pytest.mark.usefixtures("scripted")
def test_a_batch_of_good_lines_ends_with_0() -> None:
    """An answer that the material does not say is no failure."""
    result = run("ask", "--jsonl", stdin='{"id": 1, "question": "who won?"}\n')
    assert json.loads(result.stdout)["state"] == "not_covered"
    assert (result.exit_code, result.stderr) == (0, "")


@pytest.mark.usefixtures("scripted")
def test_search_shows_the_legs_side_by_side() -> None:
    """Each leg has a column with score and rank; a leg that found nothing has a dash."""
    result = run("search", "token")
    header, first = result.stdout.splitlines()[:2]
    assert header.split() == ["#", "score", "dense", "statement", "bigram", "word", "passage"]
    assert first.split() == [
        *("1", "0.812", "0.910", "#1", "0.930", "#2", "–", "4.500", "#1"),
        "c/a.md:3-4",
    ]


@pytest.mark.usefixtures("scripted")
def test_search_json_lists_hits() -> None:
    """A leg that did not find the passage has no rank."""
    (hit,) = json.loads(run("search", "token", "--json").stdout)
    assert hit["rank"] == 1
    assert hit["legs"]["bigram"] == {"rank": None, "score": 0.0}
    assert hit["legs"]["word"] == {"rank": 1, "score": 4.5}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("ask", ""), "Error: The question is empty. Type a question and ask again.\n"),
        (
            ("ask", "🎉"),
            "Error: The question has no words in it. Type a question in Japanese or English.\n",
        ),
        (
            ("ask", "x" * 10_000),
            "Error: The question has 10,000 characters; at most 2,000 are read. "
            "Shorten it and ask again.\n",
        ),
        (("ask", "q", "--course", "x"), "Error: There is no course 'x'. Courses: c.\n"),
        (("search", "\x00"), "Error: The question is empty. Type a question and ask again.\n"),
    ],
)
@pytest.mark.usefixtures("scripted")
def test_a_question_that_cannot_be_asked(arguments: tuple[str, ...], message: str) -> None:
    """One line on stderr, nothing on stdout, exit code 1."""
    result = run(*arguments)
    assert (result.exit_code, result.stdout, result.stderr) == (1, "", message)


@pytest.mark.parametrize(
    "arguments",
    [
        ("ask",),
        ("ask", "q", "--jsonl"),
        ("ask", "--json", "--jsonl"),
        ("ask", "q", "--top-k", "0"),
        ("ask", "q", "--nonsense"),
        ("serve", "--port", "70000"),
        ("nonsense",),
        ("search",),
    ],
)
def test_a_wrong_call_ends_with_2(arguments: tuple[str, ...]) -> None:
    """Usage goes to stderr."""
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "Usage: coursebot" in result.stderr or "Usage: root" in result.stderr


def test_a_setting_that_cannot_be_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """The variable is named."""
    monkeypatch.setenv("COURSEBOT_TOP_K", "many")
    result = run("ask", "q")
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: COURSEBOT_TOP_K: ")
    assert result.stderr.count("\n") == 1


def fail_with(error: BaseException, monkeypatch: pytest.MonkeyPatch) -> Result:
    """Run ``ask`` while opening the index raises ``error``."""
    from coursebot.assistant import Assistant

    def broken(*_places: object, **_options: object) -> None:
        raise error

    monkeypatch.setattr(Assistant, "open", broken)
    return run("ask", "q")


def test_an_expected_failure_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """Message and hint, whatever line ends they hold."""
    result = fail_with(IndexMissingError("There is no\nindex in i.", "Build one."), monkeypatch)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "Error: There is no index in i. Build one.\n"


def test_an_unexpected_failure_tells_how_to_see_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """One line, no traceback."""
    result = fail_with(ValueError("odd"), monkeypatch)
    assert result.exit_code == 1
    assert result.stderr == (
        "Error: something unexpected happened (ValueError: odd). "
        "Set COURSEBOT_DEBUG=1 to see where.\n"
    )


def test_a_full_disk_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """The system's own words, with the file."""
    result = fail_with(OSError(28, "No space left on device", "/x"), monkeypatch)
    assert result.stderr == (
        "Error: /x: No space left on device. Set COURSEBOT_DEBUG=1 to see where.\n"
    )


def test_debugging_shows_the_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    """With COURSEBOT_DEBUG the exception comes through."""
    monkeypatch.setenv("COURSEBOT_DEBUG", "1")
    assert isinstance(fail_with(ValueError("odd"), monkeypatch).exception, ValueError)


def test_ctrl_c_ends_with_130(monkeypatch: pytest.MonkeyPatch) -> None:
    """One line, no traceback."""
    result = fail_with(KeyboardInterrupt(), monkeypatch)
    assert (result.exit_code, result.stderr) == (130, "Stopped.\n")


def test_a_closed_pipe_is_quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """It ends as other filters do, without a word."""
    monkeypatch.setattr(failures, "_discard_output", lambda: None)
    result = fail_with(BrokenPipeError(), monkeypatch)
    assert (result.exit_code, result.stderr) == (141, "")


def test_serve_with_a_taken_port(free_port: int) -> None:
    """The failure comes before anything slow is done."""
    from coursebot.web.listen import listen

    with listen("127.0.0.1", free_port):
        result = run("serve", "--port", str(free_port))
    assert result.exit_code == 1
    assert result.stderr == (
        f"Error: coursebot cannot listen on 127.0.0.1:{free_port}: the port is taken. "
        "Choose another with --port; 0 takes a free one.\n"
    )


def test_version() -> None:
    """It is the package's."""
    from importlib.metadata import version

    assert run("--version").stdout == f"coursebot {version('coursebot')}\n"
    assert os.environ.get("COURSEBOT_DEBUG") is None
