"""The built sdist and wheel, installed by itself: what a user of pip gets, also over old data."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import venv
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from coursebot.config import Settings
from tests.feedback.released import put

ROOT = Path(__file__).parent.parent
OLD_INDEX = ROOT / "tests" / "index" / "fixtures" / "index-1.0.0"
STEPS = [
    file.relative_to(ROOT / "src").as_posix()
    for file in (ROOT / "src" / "coursebot" / "feedback" / "migrations").rglob("*.py")
]
"""The migrations, which Alembic finds as files."""
pytestmark = [pytest.mark.wheel, pytest.mark.timeout(240)]


def run(command: list[str | Path], folder: Path, **variables: str) -> str:
    """Run a command in ``folder``, away from the checkout; return what it printed."""
    environment: Mapping[str, str] = {
        name: value for name, value in os.environ.items() if name != "PYTHONPATH"
    }
    made = subprocess.run(
        command,
        cwd=folder,
        env={**environment, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    return made.stdout


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the sdist, and the wheel from it; return their folder."""
    folder = tmp_path_factory.mktemp("dist")
    # Without isolation where the backend is installed: the registry is then not asked for it.
    isolation = ["--no-isolation"] if _has_backend() else []
    run([sys.executable, "-m", "build", *isolation, "--outdir", folder, ROOT], folder)
    return folder


@pytest.fixture(scope="module")
def wheel(dist: Path) -> Path:
    """Return the wheel."""
    (made,) = dist.glob("*.whl")
    return made


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel into a clean environment; return the environment's programs' folder.

    The libraries that coursebot needs are lent by the environment that runs the tests: fetching
    hundreds of megabytes again would test the registry.
    """
    folder = tmp_path_factory.mktemp("clean")
    venv.create(folder, with_pip=True, symlinks=os.name != "nt")
    programs = folder / ("Scripts" if os.name == "nt" else "bin")
    python = programs / "python"
    run([python, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", wheel], folder)
    packages = run([python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], folder)
    # Its own packages come first; a plain path does not run the lender's .pth files, so that the
    # checkout, installed there as editable, stays out.
    Path(packages.strip(), "lent.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    return programs


def test_the_wheel_holds_what_it_must(wheel: Path) -> None:
    """Types marker, styles and licences are in it; tests and courses are not."""
    names = zipfile.ZipFile(wheel).namelist()
    served = {
        file.relative_to(ROOT / "src").as_posix()
        for file in (ROOT / "src" / "coursebot" / "web" / "page_files").iterdir()
    }
    assert len(served) > 5
    assert {"coursebot/py.typed", "coursebot/web/reader.css", *served, *STEPS} <= {*names}
    assert any(name.endswith("licenses/NOTICE") for name in names)
    assert {name.split("/")[0] for name in names if ".dist-info" not in name} == {"coursebot"}


def test_the_sdist_holds_what_tests_it(dist: Path) -> None:
    """Sources, migrations, tests with the databases and indexes of old, documents and courses."""
    (made,) = dist.glob("*.tar.gz")
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"][
        "version"
    ]
    assert made.name == f"coursebot-{version}.tar.gz"
    with tarfile.open(made) as archive:
        names = {name.split("/", 1)[-1] for name in archive.getnames()}
    kept = ("tests/feedback/fixtures/schema-1.sqlite.sql", "docs/operations.md", "CHANGELOG.md")
    old = "tests/index/fixtures/index-1.0.0/00001/passages.faiss"
    assert {*(f"src/{step}" for step in STEPS), *kept, old, "constraints.txt"} <= names


def test_the_wheel_upgrades_a_database(installed: Path, tmp_path: Path) -> None:
    """With its own migrations, from the first schema there was, every row in its place."""
    put(Settings.load(data=tmp_path / "data"), 1)
    command: list[str | Path] = [installed / "coursebot", "feedback"]
    assert run([*command, "upgrade"], tmp_path) == (
        "data/feedback.sqlite3: tables of version 3, from version 1.\n"
    )
    assert run([*command, "upgrade", "--check"], tmp_path) == (
        "data/feedback.sqlite3: tables of version 3, nothing to do.\n"
    )
    rows = run([*command, "export"], tmp_path).splitlines()
    assert [json.loads(row)["question"] for row in rows] == [
        "トークンの有効期間は？",
        "How long is it valid?",
    ]


def test_the_command_runs_from_the_wheel(installed: Path, tmp_path: Path) -> None:
    """The installed command is the wheel's, not the checkout's."""
    assert run([installed / "coursebot", "--version"], tmp_path).startswith("coursebot ")
    where = run(
        [installed / "python", "-c", "import coursebot; print(coursebot.__file__)"], tmp_path
    )
    assert Path(where.strip()).is_relative_to(installed.parent)


@pytest.mark.model
def test_index_and_ask_from_another_folder(
    installed: Path, tmp_path: Path, course_folder: Path, cache: Path
) -> None:
    """From a folder of courses to the well-known answer, in the place of 1.0.0's index."""
    command = installed / "coursebot"
    shutil.copytree(OLD_INDEX, tmp_path / "made")
    settings = {"COURSEBOT_CACHE": str(cache)}
    summary = run([command, "index", course_folder, "--out", "made"], tmp_path, **settings)
    assert summary.startswith("made: 1 course, 1 file, ")
    answer = json.loads(
        run(
            [
                *(command, "ask", "how long is an az acr login token valid?"),
                *("--index", "made", "--json"),
            ],
            tmp_path,
            **settings,
        )
    )
    assert (answer["short_answer"], answer["conversion"]) == ("3時間", "3 hours")
    assert answer["citations"][0]["quote"].endswith("このログイン（トークン）は3時間有効。")


def _has_backend() -> bool:
    from importlib.util import find_spec

    return find_spec("hatchling") is not None
