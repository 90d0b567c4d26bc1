"""``coursebot password``: a hash that the workbench takes, and what is refused."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from coursebot.cli.password import too_weak
from coursebot.web.instructor.sessions import Sessions


def run(typed: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command with a password piped into it."""
    return subprocess.run(
        [sys.executable, "-m", "coursebot", "password", *arguments],
        input=typed,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_line_to_set_opens_the_workbench() -> None:
    """Its hash is in single quotes, holds for the password and does not show it."""
    made = run("four quiet words here\n")
    assert made.returncode == 0, made.stderr
    name, _, value = made.stdout.strip().partition("=")
    assert name == "COURSEBOT_INSTRUCTOR_PASSWORD"
    assert value[0] == value[-1] == "'"
    sessions = Sessions(value.strip("'"), b"k" * 32)
    assert sessions.right("four quiet words here")
    assert not sessions.right("four quiet words here ")
    assert "quiet" not in made.stdout


def test_the_hash_alone(tmp_path: Path) -> None:
    """For a file of secrets; twice the same password is two hashes."""
    first, second = (run("four quiet words here\n", "--hash").stdout for _ in range(2))
    assert first.startswith("$argon2id$")
    assert first != second


def test_a_weak_password_is_refused() -> None:
    """One line on stderr says why, nothing is printed."""
    made = run("hunter2\n")
    assert (made.returncode, made.stdout) == (1, "")
    assert made.stderr.startswith("Error: the password is too short: 10 characters")


@pytest.mark.parametrize(
    ("chosen", "why"),
    [
        ("", "too short"),
        ("123456789", "too short"),
        ("aaaaaaaaaaaa", "too few different"),
        ("1234567890", "tried first"),
        ("Coursebot2026!", "tried first"),
        ("Administrator1", "tried first"),
    ],
)
def test_what_is_too_weak(chosen: str, why: str) -> None:
    """Short ones, monotonous ones, and those that are guessed first."""
    assert why in too_weak(chosen)


@pytest.mark.parametrize("chosen", ["correct horse battery", "桜の木の下で待つ人々", "xK7#pQ2!vL9"])
def test_what_will_do(chosen: str) -> None:
    """Words in any script, or enough signs."""
    assert too_weak(chosen) == ""
