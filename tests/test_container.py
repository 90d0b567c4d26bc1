"""Containerfile and compose.yaml: held against the package, the settings and the documents.

No container engine is needed: what they say is read, and compared with what it must agree with.
"""

from __future__ import annotations

import json
import re
import shlex
import tomllib
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml
from packaging.specifiers import SpecifierSet
from pydantic import SecretStr

from coursebot.cli import app
from coursebot.config import PREFIX, Settings, variable

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
README = (ROOT / "README.md").read_text(encoding="utf-8")
OPERATIONS = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
KNOWN = {
    *("FROM", "WORKDIR", "COPY", "RUN", "ENV", "USER", "EXPOSE", "STOPSIGNAL", "HEALTHCHECK"),
    "CMD",
}


def stages() -> list[list[tuple[str, str]]]:
    """Return the instructions of each stage: name and the rest, on one line."""
    text = (ROOT / "Containerfile").read_text(encoding="utf-8")
    lines = (line for line in text.splitlines() if not line.lstrip().startswith("#"))
    found: list[list[tuple[str, str]]] = []
    for line in re.sub(r"\\\n\s*", "", "\n".join(lines)).splitlines():
        if not line.strip():
            continue
        name, _, rest = line.partition(" ")
        assert name in KNOWN, line
        if name == "FROM":
            found.append([])
        found[-1].append((name, rest.strip()))
    return found


def said(stage: list[tuple[str, str]], name: str) -> list[str]:
    """Return what the instructions of one name say."""
    return [rest for found, rest in stage if found == name]


BUILD, FINAL = stages()


def environment() -> dict[str, str]:
    """Return the variables of the image."""
    (line,) = said(FINAL, "ENV")
    return dict(pair.split("=", 1) for pair in shlex.split(line))


def defaults(text: str) -> str:
    """Return a value of compose.yaml as it is when what must be set is "x"."""
    return re.sub(r"\$\{\w+:([-?])([^}]*)\}", lambda m: m[2] if m[1] == "-" else "x", text)


def test_the_images_have_fixed_versions() -> None:
    """Each comes from a named registry with a tag, and has a Python that coursebot runs on."""
    for stage in (BUILD, FINAL):
        image = said(stage, "FROM")[0].split()[0]
        match = re.fullmatch(r"docker\.io/library/python:(\d+\.\d+)-slim", image)
        assert match
        assert match[1] in SpecifierSet(PROJECT["requires-python"])
    assert re.fullmatch(r"docker\.io/[\w/]+:pg\d+", COMPOSE["services"]["db"]["image"])


def test_it_is_installed_as_the_readme_says() -> None:
    """With the tested versions, and the extra that PostgreSQL needs."""
    torch, install = (shlex.split(line) for line in said(BUILD, "RUN"))
    assert "pip install -c constraints.txt ." in README
    assert install[1:] == ["install", "--no-cache-dir", "-c", "constraints.txt", ".[postgres]"]
    assert "postgres" in PROJECT["optional-dependencies"]
    assert (
        "CPU build of the version in `constraints.txt`, install it into the environment first"
        in (README)
    )
    assert torch[:4] == ["python", "-m", "venv", "/opt/coursebot"]
    assert torch[-3:] == ["-c", "constraints.txt", "torch"]


def test_everything_that_is_copied_is_there() -> None:
    """What the package is built from is, and nothing of it is kept from the builder."""
    let_in = {
        line[1:]
        for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
        if line.startswith("!")
    }
    copied: set[str] = set()
    for line in (*said(BUILD, "COPY"), *said(FINAL, "COPY")):
        words = line.split()
        if not any(word.startswith("--from=") for word in words):
            copied |= {word for word in words[:-1] if not word.startswith("--")}
    assert copied == let_in
    assert all((ROOT / name).exists() for name in copied)
    assert {PROJECT["readme"], *PROJECT["license-files"], "pyproject.toml", "src"} <= copied


def test_it_runs_as_nobody_of_importance() -> None:
    """By a number, from before the command on; only its own folders belong to it."""
    names = [name for name, _ in FINAL]
    (user,) = said(FINAL, "USER")
    assert int(user) > 1000
    assert f"--uid {user} " in said(FINAL, "RUN")[0]
    assert names.index("USER") < names.index("CMD")
    assert "RUN" not in names[names.index("USER") :]


def test_what_it_starts_is_a_command() -> None:
    """The command line takes it, as ``make run`` gives it; signals reach it without a shell."""
    program, name, *options = json.loads(said(FINAL, "CMD")[0])
    assert program in PROJECT["scripts"]
    group = typer.main.get_command(app)
    assert group.commands[name].make_context(name, options).params["build_first"]  # type: ignore[attr-defined]
    assert f"coursebot {name} {' '.join(options)}" in (ROOT / "Makefile").read_text(
        "utf-8"
    ).replace("$(BIN)/", "")
    assert said(FINAL, "STOPSIGNAL") == ["SIGTERM"]


def test_its_health_is_looked_at() -> None:
    """At the probe's address and the port that is exposed, by a program that is in the image."""
    (check,) = said(FINAL, "HEALTHCHECK")
    program, flag, code = json.loads(check.partition(" CMD ")[2])
    assert (program, flag) == ("python", "-c")
    compile(code, "healthcheck", "exec")
    (port,) = said(FINAL, "EXPOSE")
    assert f"http://127.0.0.1:{port}/healthz" in code
    assert int(port) == Settings.model_fields["port"].default
    (published,) = COMPOSE["services"]["app"]["ports"]
    assert published == f"127.0.0.1:{port}:{port}"


def test_its_settings_are_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each variable is one, has a value that is taken, and stands in the documents' places."""
    given = {name: value for name, value in environment().items() if name.startswith(PREFIX)}
    given |= {
        name: defaults(value) for name, value in COMPOSE["services"]["app"]["environment"].items()
    }
    assert given.keys() <= {variable(name) for name in Settings.model_fields}
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    chosen = Settings.load()
    assert chosen.database_url.get_secret_value() == "postgresql://coursebot:x@db:5432/coursebot"
    assert chosen.host == "0.0.0.0"
    grace = COMPOSE["services"]["app"]["stop_grace_period"]
    assert int(grace.removesuffix("s")) > chosen.shutdown_seconds


def test_no_secret_is_written_down() -> None:
    """What is secret is set where it is started, by variables that the documents name."""
    secret = {variable(name) for name, field in Settings() if isinstance(field, SecretStr)} | {
        "POSTGRES_PASSWORD"
    }
    assert not secret & environment().keys()
    for service in COMPOSE["services"].values():
        for name, value in service["environment"].items():
            if name in secret:
                assert re.search(r"\$\{(\w+):[-?]", value), name
                assert re.sub(r"\$\{[^}]*\}", "", value) in (
                    "",
                    "postgresql://coursebot:@db:5432/coursebot",
                )
    asked = set(re.findall(r"\$\{(\w+)", (ROOT / "compose.yaml").read_text(encoding="utf-8")))
    assert all(f"{name}=" in OPERATIONS for name in asked)
    assert "/.env" in (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()


def test_the_parts_fit_together() -> None:
    """The app waits for its database; what it keeps lies in volumes that it may write to."""
    services = COMPOSE["services"]
    application, database = services["app"], services["db"]
    assert (ROOT / application["build"]["dockerfile"]).exists()
    assert application["depends_on"] == {"db": {"condition": "service_healthy"}}
    assert "coursebot" in database["healthcheck"]["test"][1]
    assert (application["read_only"], application["cap_drop"]) == (True, ["ALL"])
    places = dict(volume.split(":", 1) for volume in application["volumes"])
    owned = said(FINAL, "RUN")[0]
    for name in ("index", "data", "runs", "cache"):
        assert name in COMPOSE["volumes"]
        assert places[name] in owned.split()
    (folder,) = said(FINAL, "WORKDIR")
    for name in ("index", "data", "runs", "corpus"):
        where = places.get(name) or places[f"./{name}"]
        assert where == f"{folder}/{Settings.model_fields[name].default}"
    assert environment()[f"{PREFIX}CACHE"] == places["cache"]
