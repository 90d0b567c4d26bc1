"""``coursebot people``: who may sign in, said on the command line."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from coursebot.cli import app

WORDS = "four quiet words here"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    """Return a runner whose people are in a folder of the test."""
    monkeypatch.setenv("COURSEBOT_DATA", str(tmp_path))
    return CliRunner()


def said(run: CliRunner, *arguments: str, typed: str = "") -> tuple[int, str]:
    """Return exit code and output of a command."""
    made = run.invoke(app, ["people", *arguments], input=typed)
    return made.exit_code, made.output


def test_people_come_and_go(run: CliRunner) -> None:
    """Added, listed without their passwords, changed and removed."""
    added = said(run, "add", "hana", "--group", "b", "--group", "a", typed=f"{WORDS}\n")
    assert added == (0, "hana may sign in as learner, in a, b.\n")
    assert said(run, "list") == (0, "hana\tlearner\ta b\n")
    assert "argon2" not in said(run, "list", "--json")[1]
    changed = said(run, "change", "hana", "--role", "admin", "--no-groups")
    assert changed == (0, "hana is admin, in no group.\n")
    assert said(run, "passwd", "hana", typed=f"{WORDS}!\n")[0] == 0
    assert said(run, "remove", "hana", "--yes")[0] == 0
    assert said(run, "list")[1].startswith("Nobody may sign in.")


def test_what_is_refused(run: CliRunner) -> None:
    """A weak password, a role that there is none of, somebody who is not there."""
    assert "too short" in said(run, "add", "hana", typed="hunter2\n")[1]
    assert said(run, "add", "hana", "--role", "root", typed=f"{WORDS}\n")[0] == 2
    assert said(run, "passwd", "hana", typed=f"{WORDS}\n")[0] == 1
    assert said(run, "list")[1].startswith("Nobody may sign in.")
