"""The index of coursebot 1.0.0 under this one: refused in one line, built anew, never half."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from typer.testing import CliRunner

from coursebot.cli import app
from coursebot.config import Settings
from coursebot.doctor import examine
from coursebot.index import Index
from coursebot.index.manifest import FORMAT

FIXTURES = Path(__file__).parent / "index" / "fixtures"
CORPUS = FIXTURES / "corpus"
QUESTION = "How long is a kite's tail?"

# A process of its own, with the deterministic encoder; the first argument "slow" lets it wait
# where it would embed the first text.
COMMAND = """
import sys, time
import coursebot.encoder
from coursebot.cli import main
from coursebot.encoder.fake import HashEncoder

def never(self, texts):
    print("embedding", flush=True)
    time.sleep(600)

if sys.argv[1] == "slow":
    HashEncoder.encode_passages = never
coursebot.encoder.load = lambda *_model, **_options: HashEncoder()
main(sys.argv[2:])
"""


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """Return a copy of the index that 1.0.0 made."""
    return shutil.copytree(FIXTURES / "index-1.0.0", tmp_path / "index")


def start(*arguments: str | Path, speed: str = "quick") -> subprocess.Popen[str]:
    """Start the command line in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-c", COMMAND, speed, *map(str, arguments)],
        env={**os.environ, "COURSEBOT_PASSAGE_TOKENS": "128"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def contents(folder: Path) -> dict[str, bytes]:
    """Return the files that an index consists of."""
    files = [folder / "CURRENT", *(path for path in folder.rglob("0*/*") if path.is_file())]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


@pytest.mark.usefixtures("hash_encoder")
def test_every_command_says_what_to_do(old: Path) -> None:
    """One line with both formats and the command, and nothing is changed."""
    before = contents(old)
    message = (
        f"{old}/00001/manifest.json is of index format 1; this coursebot reads format {FORMAT}."
    )
    for command in (("ask", QUESTION), ("search", "kite"), ("serve", "--port", "0")):
        result = CliRunner().invoke(app, [*command, "--index", str(old)])
        assert (result.exit_code, result.stdout) == (1, "")
        assert result.stderr == f"Error: {message} Build it again: coursebot index.\n"
    found = {one.name: one for one in examine(Settings.load(index=old, corpus=CORPUS))}
    assert (found["model and index"].ok, found["model and index"].detail) == (False, message)
    assert found["model and index"].hint == "Build it again: coursebot index."
    assert contents(old) == before


def test_a_build_switches_in_one_step(old: Path) -> None:
    """Killed or while it goes on, the old files are there to the byte; then the new ones answer."""
    before = contents(old)
    with start("index", CORPUS, "--out", old, speed="slow") as building:
        assert building.stdout is not None
        assert building.stdout.readline() == "embedding\n"
        assert contents(old) == before
        building.kill()
        building.communicate()
    assert contents(old) == before
    with start("index", CORPUS, "--out", old) as building:
        out, err = building.communicate(timeout=60)
    assert (building.returncode, "1 course, 1 file, " in out) == (0, True), err
    assert sorted(path.name for path in old.iterdir()) == [".lock", "00002", "CURRENT"]
    assert Index.load(old).manifest.format == FORMAT
    with start("ask", QUESTION, "--index", old, "--json") as asking:
        out, err = asking.communicate(timeout=60)
    assert json.loads(out)["passages"][0]["path"] == "kites/notes.md"


def test_a_server_may_build_it_by_itself(old: Path) -> None:
    """With ``--build`` the first start after an update is all there is to do."""
    with start("serve", "--build", "--port", "0", "--index", old, "--corpus", CORPUS) as serving:
        assert serving.stderr is not None
        built, at = serving.stderr.readline(), serving.stderr.readline()
        while not at.startswith("coursebot is at "):
            built, at = built + at, serving.stderr.readline()
        assert f"{old}: 1 course, 1 file, " in built
        address = at.strip().removeprefix("coursebot is at ")
        with urllib.request.urlopen(f"{address}/read/kites/notes.md") as page:
            assert "two metres" in page.read().decode("utf-8")
        serving.send_signal(signal.SIGTERM)
        serving.communicate(timeout=60)
    assert Index.load(old).manifest.format == FORMAT
