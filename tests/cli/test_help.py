"""Every command and option is explained, here and in the README, and help comes at once."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from coursebot.cli import app

ROOT = Path(__file__).parents[2]
COMMANDS = (
    "ask",
    "backup",
    "compare",
    "config",
    "doctor",
    "eval",
    "feedback",
    "golden",
    "index",
    "password",
    "people",
    "restore",
    "search",
    "serve",
    "sweep",
)


def test_the_commands_are_these() -> None:
    """A new command must be added here, and so to the README."""
    group = typer.main.get_command(app)
    assert sorted(group.commands) == list(COMMANDS)  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_is_documented(name: str) -> None:
    """The command has a sentence, and each of its options a help text."""
    command = typer.main.get_command(app).commands[name]  # type: ignore[attr-defined]
    assert command.help
    assert command.help.endswith(".")
    for parameter in command.params:
        assert getattr(parameter, "help", None), f"{name} {parameter.name}"


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_is_in_the_readme(name: str) -> None:
    """The README shows how it is called."""
    assert f"coursebot {name}" in (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_has_a_help_page(name: str) -> None:
    """``--help`` and ``-h`` say the same."""
    runner = CliRunner()
    long, short = (runner.invoke(app, [name, flag]) for flag in ("--help", "-h"))
    assert long.exit_code == short.exit_code == 0
    assert long.stdout == short.stdout
    assert "Usage:" in long.stdout


def test_shell_completion_is_offered() -> None:
    """Bash's script comes without installing anything."""
    made = subprocess.run(
        [sys.executable, "-m", "coursebot"],
        env={"_COURSEBOT_COMPLETE": "source_bash"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0
    assert "complete " in made.stdout


def test_help_waits_for_no_model() -> None:
    """``--help`` imports nothing heavy."""
    code = (
        "import sys\n"
        "from coursebot.cli import main\n"
        "try:\n"
        "    main(['--help'])\n"
        "except SystemExit:\n"
        "    heavy = {'gradio', 'torch', 'openvino', 'faiss', 'numpy', 'fastapi', 'pydantic'}\n"
        "    sys.exit(repr(heavy & sys.modules.keys()) if heavy & sys.modules.keys() else 0)\n"
    )
    made = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (made.returncode, made.stderr) == (0, "")


def test_help_is_quick() -> None:
    """The best of three takes less than half a second of processor time."""
    times = []
    for _ in range(3):
        before = os.times()
        subprocess.run(
            [sys.executable, "-m", "coursebot", "--help"], capture_output=True, check=True
        )
        after = os.times()
        user = after.children_user - before.children_user
        times.append(user + after.children_system - before.children_system)
    assert min(times) < 0.5
