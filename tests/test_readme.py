"""What the README and the documents show is what happens."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from itertools import chain
from pathlib import Path
from urllib.parse import unquote

import pytest
import typer

from coursebot.cli import app
from coursebot.config import DEBUG, PREFIX, Settings
from coursebot.course.sections import read_document

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCUMENTS = sorted(
    chain(ROOT.glob("*.md"), (ROOT / "docs").rglob("*.md"), ROOT.glob("*/README.md")),
)
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_SETTING = re.compile(r"^\| `(COURSEBOT_\w+)` \| *(?:`(.*?)`|([^`|]*)) *\|", re.MULTILINE)
_LINK = re.compile(r"(?<!`)!?\[[^\]]*\]\(([^()\s]+)\)")
_CODE = re.compile(r"^```.*?^```$|`[^`\n]+`", re.MULTILINE | re.DOTALL)
_STYLE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_VARIES = re.compile(r"\d+\.\d+|\d+(?=%)")
"""Scores, seconds and percentages: they differ from machine to machine in their last digits."""


def blocks(language: str) -> list[str]:
    """Return the README's code blocks in a language."""
    return [body for found, body in _BLOCK.findall(README) if found == language]


def examples() -> list[tuple[str, str]]:
    """Return the commands of the README's console blocks and what it says they print."""
    lines = "".join(blocks("console"))
    return re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", lines, re.MULTILINE)


def pattern(shown: str) -> str:
    """Return a pattern for what is shown: a … at the end of a line leaves out the rest."""
    lines = shown.rstrip("\n").split("\n")
    rest = lines[-1].endswith("…")
    body = re.escape("\n".join(lines).removesuffix("…"))
    return body + (r"(?s:.*)" if rest else r"\n*")


def steady(text: str) -> str:
    """Return output without what varies."""
    plain = "\n".join(line.rstrip() for line in _STYLE.sub("", text).split("\n"))
    return _VARIES.sub("N", plain)


def environment(cache: Path) -> dict[str, str]:
    """Return the environment of somebody at a terminal who has just installed coursebot."""
    here = str(Path(sys.executable).parent)
    usual = {name: value for name, value in os.environ.items() if name != "COURSEBOT_READER"}
    return {
        **usual,
        "PATH": os.pathsep.join([here, os.environ["PATH"]]),
        "COURSEBOT_CACHE": str(cache),
        "PYTHONIOENCODING": "utf-8",
        "TTY_COMPATIBLE": "1",
        "TERM": "xterm",
        "COLUMNS": "110",
    }


@pytest.mark.model
@pytest.mark.skipif(os.name == "nt", reason="the README's commands are for a POSIX shell")
def test_the_commands_print_what_is_shown(tmp_path: Path, cache: Path) -> None:
    """Each console example, run one after the other in a folder that holds only the courses."""
    (tmp_path / "corpus").symlink_to(ROOT / "corpus")
    shown = examples()
    assert len(shown) >= 5
    for command, output in shown:
        made = subprocess.run(
            command,
            shell=True,
            cwd=tmp_path,
            env=environment(cache),
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
        )
        assert made.returncode == 0, made.stderr
        assert re.fullmatch(pattern(steady(output)), steady(made.stdout)), (
            f"$ {command}\n{steady(made.stdout)}"
        )


@pytest.mark.model
def test_the_python_example_holds(tmp_path: Path, real_index: Path, cache: Path) -> None:
    """The assertions in it pass."""
    (example,) = blocks("python")
    (tmp_path / "index").symlink_to(real_index)
    made = subprocess.run(
        [sys.executable, "-c", example],
        cwd=tmp_path,
        env=environment(cache),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (made.returncode, made.stderr) == (0, "")


def test_every_command_is_listed() -> None:
    """The table of commands has all of them, and no other."""
    known = set(typer.main.get_command(app).commands)  # type: ignore[attr-defined]
    listed = set(re.findall(r"^\| `coursebot (\w+)", README, re.MULTILINE))
    assert listed == known


def test_every_setting_is_listed_with_its_default() -> None:
    """The table of settings has all of them, in their order, and no other."""
    listed = {name: code or text.strip() for name, code, text in _SETTING.findall(README)}
    fields = {f"{PREFIX}{name.upper()}": field for name, field in Settings.model_fields.items()}
    assert list(listed) == [*fields, DEBUG]
    for name, field in fields.items():
        if field.default_factory is None:
            secret = getattr(field.default, "get_secret_value", None)
            assert listed[name] == str(secret() if secret else field.default), name


@pytest.mark.parametrize("file", DOCUMENTS, ids=lambda file: file.relative_to(ROOT).as_posix())
def test_every_link_leads_somewhere(file: Path) -> None:
    """Each relative link names a file that is there, and a heading in it."""
    text = _CODE.sub("", file.read_text(encoding="utf-8"))
    for link in _LINK.findall(text):
        if "://" in link:
            continue
        path, _, anchor = unquote(link).partition("#")
        target = (file.parent / path).resolve() if path else file
        assert target.exists(), link
        assert target.is_relative_to(ROOT), link
        if anchor:
            source = target.read_text(encoding="utf-8")
            sections, _ = read_document(source, course="", path=target.name)
            assert anchor in {section.anchor for section in sections}, link
