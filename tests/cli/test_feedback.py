"""``coursebot feedback``: what it prints, writes and deletes."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from coursebot.cli import app
from coursebot.cli.feedback import app as feedback_app
from coursebot.config import Settings
from coursebot.feedback import Feedback, Reason, Store, Unanswered, Verdict
from tests.feedback.released import put

runner = CliRunner()


def run(*arguments: str, stdin: str = "") -> Result:
    """Run ``coursebot feedback …`` in this process."""
    return runner.invoke(app, ["feedback", *arguments], input=stdin)


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """Return the empty store that the commands use."""
    monkeypatch.setenv("COURSEBOT_DATA", str(tmp_path / "data"))
    made = Store.open(Settings.load())
    yield made
    made.close()


def say(store: Store, question: str = "token?", **changes: object) -> str:
    """Put feedback into the store."""
    fields: dict[str, object] = {
        "verdict": Verdict.DOWN,
        "question": question,
        "course": "c",
        "language": "ja",
        "state": "answered",
        "confidence": 0.93456,
        "answer": {"text": "3時間", "citations": []},
        "index": "abc",
        "settings": {"top_k": 10},
        "history": ("ACR?",),
    }
    return store.add(Feedback(**{**fields, **changes}))  # type: ignore[arg-type]


def test_list_shows_the_newest_first(store: Store) -> None:
    """When, verdict, state, question, and below it reason and comment; as many as asked for."""
    say(store, "old")
    say(store, "トークンの\n有効期間は？", reason=Reason.WRONG_PLACE, comment="see [bold]line 3[/]")
    say(store, "Who won?", verdict=Verdict.REPORT, state="not_covered")
    result = run("list", "--limit", "2")
    lines = [line.split(maxsplit=4) for line in result.stdout.splitlines()]
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    assert lines[0] == ["when", "verdict", "state", "question"]
    assert [line[0] for line in (lines[1], lines[2])] == [today] * 2
    assert [part.strip() for part in lines[1][2:]] == ["report", "not_covered", "Who won?"]
    assert [part.strip() for part in lines[2][2:]] == [
        "down",
        "answered",
        "トークンの 有効期間は？",
    ]
    assert " ".join(lines[3]).strip() == "wrong place: see [bold]line 3[/]"
    assert (len(lines), result.exit_code, result.stderr) == (4, 0, "")


def test_list_shows_unanswered_questions(store: Store) -> None:
    """They have no verdict."""
    store.add_unanswered(Unanswered("Who won?", None, "en", "not_covered", 0.04, "", {}, ()))
    header, row = run("list", "--unanswered").stdout.splitlines()
    assert header.split() == ["when", "state", "question"]
    assert row.split()[2:] == ["not_covered", "Who", "won?"]


def test_a_learner_cannot_steer_the_terminal(store: Store) -> None:
    """Escape sequences are not passed on."""
    say(store, "a\x1b[2Jb", comment="c\x07d")
    shown = run("list").stdout
    assert "a[2Jb" in shown
    assert "cd" in shown
    assert not {"\x1b", "\x07"} & set(shown)


@pytest.mark.parametrize("arguments", [("list",), ("list", "--unanswered")])
def test_list_of_an_empty_store(store: Store, tmp_path: Path, arguments: tuple[str, ...]) -> None:
    """It says so, and makes no store."""
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (0, "Nothing is there.\n")
    assert not (tmp_path / "data").exists()


def test_export_has_everything(store: Store) -> None:
    """One JSON object a line, oldest first."""
    id = say(store, "トークン?", reason=Reason.OTHER, comment="x\u2028y")
    say(store, "second")
    first, second = map(json.loads, run("export").stdout.rstrip("\n").split("\n"))
    assert second["question"] == "second"
    assert datetime.fromisoformat(first.pop("created_at")).utcoffset() == timedelta(0)
    assert first == {
        "id": id,
        "verdict": "down",
        "reason": "other",
        "comment": "x\u2028y",
        "question": "トークン?",
        "history": ["ACR?"],
        "course": "c",
        "language": "ja",
        "state": "answered",
        "confidence": 0.9346,
        "answer": {"text": "3時間", "citations": []},
        "index": "abc",
        "settings": {"top_k": 10},
    }


def test_export_of_unanswered_questions(store: Store) -> None:
    """The same keys; what they do not have is empty."""
    store.add_unanswered(Unanswered("Who won?", None, "en", "not_covered", 0.04, "", {}, ()))
    row = json.loads(run("export", "--unanswered").stdout)
    assert row["question"] == "Who won?"
    assert [row[key] for key in ("verdict", "reason", "comment", "answer", "course")] == [
        *(None, None, "", {}, None),
    ]
    assert run("export").stdout == ""


def test_export_to_a_file(store: Store, tmp_path: Path) -> None:
    """It says how many rows it wrote."""
    say(store)
    file = tmp_path / "out.jsonl"
    result = run("export", str(file))
    assert (result.exit_code, result.stdout) == (0, f"1 row written to {file}.\n")
    assert json.loads(file.read_text(encoding="utf-8"))["question"] == "token?"
    failed = run("export", str(tmp_path / "none" / "out.jsonl"))
    assert failed.exit_code == 1
    assert failed.stderr == (
        f"Error: {tmp_path}/none/out.jsonl: No such file or directory. "
        "Set COURSEBOT_DEBUG=1 to see where.\n"
    )


@pytest.mark.parametrize(
    ("comment", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        (" =1", "' =1"),
        ("\n=1", "'\n=1"),
        ("\t=1", "'\t=1"),
        ("\x00=1", "\ufffd=1"),
        ("\x1b=1", "'=1"),
        ("＝1", "'＝1"),
        ("a=1", "a=1"),
        ('say "no", twice', 'say "no", twice'),
        ("", ""),
    ],
)
def test_csv_is_safe_in_a_spreadsheet(store: Store, comment: str, cell: str) -> None:
    """Nothing that a learner writes is computed; what is no formula stays as it is."""
    say(store, comment=comment, answer={"text": comment})
    (row,) = csv.DictReader(io.StringIO(run("export", "--format", "csv").stdout.lstrip("\ufeff")))
    assert (row["comment"], row["answer"]) == (cell, cell)
    assert (row["confidence"], row["history"], row["reason"]) == ("0.9346", '["ACR?"]', "")


def test_csv_has_a_mark_a_header_and_short_cells(store: Store) -> None:
    """The header is there without any row."""
    empty = run("export", "--format", "csv").stdout_bytes
    assert empty.startswith(b"\xef\xbb\xbfid,created_at,verdict,reason,comment,question,")
    assert empty.count(b"\r\n") == 1
    say(store, answer={"text": "x" * 20_000, "more": "y"}, history=("z" * 20_000,) * 3)
    lines = io.StringIO(run("export", "--format", "csv").stdout)
    csv.field_size_limit(200_000)
    *_, row = csv.DictReader(lines)
    assert len(row["answer"]) == 20_000
    assert len(row["history"]) == 32_000


def test_forget_asks_first(store: Store) -> None:
    """Without a yes nothing is deleted, and it ends with 1."""
    say(store)
    refused = run("forget", "--older-than", "0", stdin="n\n")
    assert refused.exit_code == 1
    assert f"UTC in {store.place}?" in refused.stdout
    assert len(list(store.feedback())) == 1
    done = run("forget", "--older-than", "0", stdin="y\n")
    assert (done.exit_code, done.stdout.splitlines()[-1]) == (0, "1 row deleted.")
    assert list(store.feedback()) == []


def test_forget_deletes_what_is_old(store: Store) -> None:
    """The day that is named stays, and what is younger than the days that are named."""
    say(store)
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    assert run("forget", "--before", today, "--yes").stdout == "0 rows deleted.\n"
    assert run("forget", "--older-than", "1", "--yes").stdout == "0 rows deleted.\n"
    tomorrow = f"{datetime.now(UTC) + timedelta(days=1):%Y-%m-%d}"
    assert run("forget", "--before", tomorrow, "--yes").stdout == "1 row deleted.\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ("forget",),
        ("forget", "--older-than", "1", "--before", "2026-01-01"),
        ("forget", "--before", "yesterday"),
        ("forget", "--older-than", "-1"),
        ("export", "--format", "xml"),
        ("list", "--limit", "0"),
    ],
)
def test_wrong_usage(store: Store, arguments: tuple[str, ...]) -> None:
    """It ends with 2, and nothing is deleted."""
    say(store)
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert len(list(store.feedback())) == 1


def test_a_store_that_cannot_be_used(monkeypatch: pytest.MonkeyPatch, free_port: int) -> None:
    """One line on stderr, without the password, and exit code 1."""
    monkeypatch.setenv("COURSEBOT_DATABASE_URL", f"postgresql://u:s3cret@127.0.0.1:{free_port}/x")
    for arguments in (
        ("list",),
        ("export",),
        ("upgrade",),
        ("forget", "--older-than", "1", "--yes"),
    ):
        result = run(*arguments)
        assert (result.exit_code, result.stdout) == (1, "")
        assert result.stderr.startswith("Error: The feedback store PostgreSQL at 127.0.0.1:")
        assert result.stderr.count("\n") == 1
        assert "s3cret" not in result.stderr


def test_an_older_database_is_upgraded(store: Store) -> None:
    """What there is to do is said first, then it is done; a second time there is nothing."""
    put(Settings.load(), 1)
    asked, done = run("upgrade", "--check"), run("upgrade")
    assert (asked.exit_code, asked.stdout) == (
        1,
        f"{store.place}: tables of version 1; coursebot feedback upgrade makes version 3.\n",
    )
    assert (done.exit_code, done.stdout) == (
        0,
        f"{store.place}: tables of version 3, from version 1.\n",
    )
    for arguments in (("upgrade",), ("upgrade", "--check")):
        again = run(*arguments)
        assert (again.exit_code, again.stdout) == (
            0,
            f"{store.place}: tables of version 3, nothing to do.\n",
        )
    assert len(list(store.feedback())) == 2


def test_tables_are_made_before_a_server_does(store: Store) -> None:
    """Where there are none yet, looking makes none."""
    assert run("upgrade", "--check").stdout == (
        f"{store.place}: no tables yet; coursebot feedback upgrade makes version 3.\n"
    )
    assert store.tables() is None
    assert run("upgrade").stdout == f"{store.place}: tables of version 3.\n"
    assert list(store.feedback()) == []


@pytest.mark.parametrize("name", ["list", "export", "forget", "upgrade"])
def test_a_command_is_documented(name: str) -> None:
    """It has a sentence, each of its options a help text, and the documents name it."""
    command = typer.main.get_command(feedback_app).commands[name]  # type: ignore[attr-defined]
    assert command.help.endswith(".")
    for parameter in command.params:
        assert getattr(parameter, "help", None), f"{name} {parameter.name}"
    root = Path(__file__).parents[2]
    for document in ("README.md", "docs/feedback.md"):
        assert f"coursebot feedback {name}" in (root / document).read_text(encoding="utf-8")
    assert run(name, "-h").exit_code == 0
