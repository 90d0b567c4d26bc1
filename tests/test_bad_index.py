"""Indexes that cannot be used or written, builds broken off, and an index that changes."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from typer.testing import CliRunner

from coursebot.assistant import Assistant
from coursebot.cli import app
from coursebot.config import Settings
from coursebot.encoder.fake import HashEncoder
from coursebot.index import Index, LiveIndex, build, store

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals and permissions are Unix's")

COMMAND = """
import sys
import coursebot.encoder
from coursebot.cli import main
from coursebot.encoder.fake import HashEncoder

coursebot.encoder.load = lambda *_model, **_options: HashEncoder()
"""
SLOW = """
import time

def never(self, texts):
    print("embedding", flush=True)
    time.sleep(60)

HashEncoder.encode_passages = never
"""
READ_ONLY = """
import ctypes

# Root may write everywhere unless it gives up its capabilities.
if sys.platform == "linux":
    ctypes.CDLL(None).capset((ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)())
"""
FULL = """
import resource, signal

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (512, 512))
"""
RUN = "main(sys.argv[1:])\n"


def lesson(edition: int) -> str:
    """Return a lesson that names its edition in every line."""
    lines = (f"- Token kind {n} of edition {edition} lasts {edition + n} hours." for n in range(30))
    return f"# Tokens of edition {edition}\n\n" + "\n".join(lines) + "\n"


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Return a corpus of one lesson."""
    folder = tmp_path / "corpus"
    (folder / "c").mkdir(parents=True)
    (folder / "c" / "a.md").write_text(lesson(1), encoding="utf-8")
    return folder


@pytest.fixture
def built(corpus: Path, tmp_path: Path) -> Path:
    """Return the index of that corpus, which has changed since."""
    build(corpus, tmp_path / "index", HashEncoder(), passage_tokens=128)
    (corpus / "c" / "a.md").write_text(lesson(2), encoding="utf-8")
    return tmp_path / "index"


def edition(folder: Path) -> str:
    """Return the edition that an index holds, all its digests checked."""
    (course,) = Index.load(folder).sections.values()
    return course.heading_path[0].rsplit(" ", 1)[1]


def start(*arguments: str | Path, before: str = "") -> subprocess.Popen[str]:
    """Start the command line with the deterministic encoder, in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-c", COMMAND + before + RUN, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(*arguments: str | Path, before: str = "") -> tuple[int, str, str]:
    """Run the command line to its end; return exit code, output and errors."""
    with start(*arguments, before=before) as process:
        out, err = process.communicate(timeout=60)
    return process.returncode, out, err


def one_line(errors: str) -> bool:
    """Whether the last line, and no other, is an error, without a traceback."""
    *before, last = errors.splitlines()
    return last.startswith("Error: ") and not any("rror" in line for line in before)


def test_ctrl_c_and_a_second_build(corpus: Path, built: Path) -> None:
    """A second build is refused while one goes on; Ctrl-C ends that one with one line and 130."""
    with start("index", corpus, "--out", built, before=SLOW) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "embedding\n"
        code, out, err = run("index", corpus, "--out", built)
        assert (code, out) == (1, "")
        assert err == (
            f"Error: Another build is writing {built}. Wait until it is done, then try again.\n"
        )
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, "")
    assert err.splitlines()[-1] == "Stopped."
    assert "Traceback" not in err
    assert sorted(entry.name for entry in built.iterdir()) == [".lock", "00001", "CURRENT"]
    assert edition(built) == "1"


def test_kill_9_in_a_build(corpus: Path, built: Path) -> None:
    """The old index answers on, and the next build goes through without a word about it."""
    with start("index", corpus, "--out", built, before=SLOW) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "embedding\n"
        process.kill()
        process.communicate(timeout=60)
    assert edition(built) == "1"
    assert run("ask", "token kind 3?", "--index", built)[0] == 0
    code, out, _ = run("index", corpus, "--out", built)
    assert (code, out.count("\n"), edition(built)) == (0, 1, "2")


def test_a_full_disk(corpus: Path, built: Path) -> None:
    """One line that names the folder and the way out, exit code 1; the old index answers on."""
    code, out, err = run("index", corpus, "--out", built, before=FULL)
    assert (code, out, one_line(err)) == (1, "", True)
    assert f"The index folder {built} cannot be written: " in err
    assert edition(built) == "1"
    assert run("ask", "token kind 3?", "--index", built, before=FULL)[0] == 0


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Take the right to write from a folder and the folders in it."""
    folders = [folder, *(entry for entry in folder.iterdir() if entry.is_dir())]
    for entry in folders:
        entry.chmod(0o555)
    try:
        yield
    finally:
        for entry in folders:
            entry.chmod(0o755)


def test_a_read_only_index_is_asked_and_served(corpus: Path, built: Path) -> None:
    """Asking and serving need no right to write; building is refused in one line."""
    with read_only(built):
        code, out, err = run("ask", "token kind 3?", "--index", built, "--json", before=READ_ONLY)
        assert (code, err) == (0, "")
        assert json.loads(out)["passages"][0]["path"] == "c/a.md"
        with start("serve", "--port", "0", "--index", built, before=READ_ONLY) as process:
            assert process.stderr is not None
            line = process.stderr.readline().strip()
            address = line.removeprefix("coursebot is at ")
            with urllib.request.urlopen(f"{address}/read/c/a.md?lines=3") as page:
                assert b"edition 1" in page.read()
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=60)
        code, out, err = run("index", corpus, "--out", built, before=READ_ONLY)
        assert (code, out, one_line(err)) == (1, "", True)
        assert f"The index folder {built} cannot be written: " in err
    assert edition(built) == "1"


@pytest.mark.usefixtures("hash_encoder")
def test_what_is_no_index_is_refused(built: Path) -> None:
    """No folder, an empty one, a file, a damaged file: one line with the command that helps."""

    def refused(folder: Path, *command: str) -> str:
        result = CliRunner().invoke(app, [*(command or ("ask", "token")), "--index", str(folder)])
        assert (result.exit_code, result.stdout) == (1, "")
        assert re.fullmatch(r"Error: .*coursebot index\.\n", result.stderr)
        return result.stderr

    for folder in (built / "none", built / "00001", built / "00001" / "manifest.json"):
        assert f"There is no index in {folder}." in refused(folder)
    for name in (*store.LAYOUT, "manifest.json"):
        file = built / "00001" / name
        data = file.read_bytes()
        file.write_bytes(data[: len(data) // 2] if data else b"x")
        assert str(file) in refused(built)
        file.write_bytes(data)
    for command in (("search", "token"), ("serve", "--port", "0"), ("ask", "--jsonl")):
        assert "There is no index in" in refused(built / "none", *command)
    assert edition(built) == "1"


@pytest.mark.usefixtures("hash_encoder")
def test_an_index_of_another_model_is_refused(corpus: Path, built: Path) -> None:
    """The line names both models and both ways out, and nothing is rebuilt unasked."""

    class Other(HashEncoder):
        name = "other/model"
        fingerprint = "other"

    build(corpus, built, Other(), passage_tokens=128)
    result = CliRunner().invoke(app, ["ask", "token", "--index", str(built)])
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == (
        "Error: The index was made with the model 'other/model', not with 'hash'. Build it again, "
        "coursebot index --model hash, or use the other model: --model other/model.\n"
    )
    assert Index.load(built).manifest.model == "other/model"


def test_an_index_that_changes_while_it_is_asked(corpus: Path, built: Path) -> None:
    """Eight threads ask while it is built again and again: no error, and no mixed answer."""
    chosen = Settings.load(answered_above=0, unsure_above=0)
    assistant = Assistant(LiveIndex(built, interval=0), HashEncoder(), chosen)
    stop, failures, seen = threading.Event(), list[object](), set[str]()

    def ask(thread: int) -> None:
        while not stop.wait(0.01):
            try:
                answer = assistant.ask(f"how long does token kind {thread} last?")
                texts = [c.quote for c in answer.citations]
                texts += [hit.passage.text for hit in answer.passages]
                found = set(re.findall(r"edition (\d+)", " ".join(texts)))
                if len(found) != 1 or not answer.citations:
                    failures.append(answer)
                source = lesson(int(min(found)))
                if any(source[slice(*c.span)] != c.quote for c in answer.citations):
                    failures.append(answer)
                seen.update(found)
            except Exception as error:
                failures.append(error)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    try:
        for number in range(2, 7):
            (corpus / "c" / "a.md").write_text(lesson(number), encoding="utf-8")
            build(corpus, built, HashEncoder(), passage_tokens=128)
        shutil.rmtree(built)
        assistant.ask("token")
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert failures == []
    assert len(seen) > 1


def test_the_same_answers_under_every_hash_seed(built: Path) -> None:
    """Two processes under two PYTHONHASHSEEDs print the same JSON, but for the times."""
    questions = (
        "how long does token kind 3 last?",
        "トークンは何時間？",
        "edition",
        "kinds of token",
    )
    asked = "".join(json.dumps({"question": q}) + "\n" for q in (*questions, *questions))
    printed = []
    for seed in ("0", "12345"):
        made = subprocess.run(
            [sys.executable, "-c", COMMAND + RUN, "ask", "--jsonl", "--index", str(built)],
            env={**os.environ, "PYTHONHASHSEED": seed},
            input=asked,
            capture_output=True,
            text=True,
            check=True,
        )
        records = [json.loads(line) for line in made.stdout.splitlines()]
        assert all(record.pop("timings_ms") for record in records)
        assert records[:4] == records[4:]
        printed.append(records)
    assert printed[0] == printed[1]


HARD = {
    "latin.md": b"# Caf\xe9\n",
    "empty.md": b"",
    "binary.md": bytes(range(256)),
    "ctl\x1b[2J\n.md": b"# x\n\ntext\n",
}
READ = {
    "crlf.md": b"# C\r\n\r\nThe crlf file lasts 13 hours.\r\n",
    "bom.md": b"\xef\xbb\xbf# B\n\nThe bom file lasts 14 hours.\n",
    "deep.md": b"# D\n\n" + b"".join(b"  " * n + b"- deep level %d\n" % n for n in range(60)),
    "odd 'name' %2F\".md": b"# O\n\nThe odd file lasts 15 hours.\n",
    "separators.md": "# S\n\nThe form\x0cfeed\u2028file lasts 16 hours.\n".encode(),
}


@pytest.mark.usefixtures("hash_encoder")
def test_a_corpus_of_hard_files(corpus: Path, tmp_path: Path) -> None:
    """Each file that cannot be used is one line without control characters; the others answer."""
    for name, data in {**HARD, **READ}.items():
        (corpus / "c" / name).write_bytes(data)
    os.truncate(corpus / "c" / "empty.md", 0)
    with (corpus / "c" / "big.md").open("wb") as big:
        big.truncate(50_000_000)
    (corpus / "c" / "loop").symlink_to(".")
    odd = os.fsencode(corpus / "c") + b"/folder\xff"
    Path(os.fsdecode(odd)).mkdir()
    Path(os.fsdecode(odd + b"/x.md")).write_text("# X\n\ntext\n", encoding="utf-8")
    out = tmp_path / "out"
    result = CliRunner().invoke(app, ["index", str(corpus), "--out", str(out)])
    assert result.exit_code == 0
    refused = [line for line in result.stderr.splitlines() if line.startswith("Not indexed: ")]
    assert len(refused) == len(HARD) + 3
    assert re.search("[\x00-\x09\x0b-\x1f\x7f]", result.stderr) is None
    index = Index.load(out)
    assert {p.path for p in index.passages} == {"c/a.md", *(f"c/{name}" for name in READ)}
    for statement in index.statements:
        assert index.source(statement.path)[slice(*statement.span)] == statement.text
    for name in ("crlf", "bom", "odd"):
        answer = Assistant.open(out).ask(f"how long does the {name} file last?")
        assert answer.passages[0].passage.path.startswith(f"c/{name}")


@pytest.mark.usefixtures("hash_encoder")
@pytest.mark.parametrize("described", ["title = ", "title = 3", "tilte = 'x'", "link = 'ftp://x'"])
def test_a_course_toml_with_errors(corpus: Path, built: Path, described: str) -> None:
    """One line names file and key; the old index answers on."""
    (corpus / "c" / "course.toml").write_text(described, encoding="utf-8")
    result = CliRunner().invoke(app, ["index", str(corpus), "--out", str(built)])
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("Error: c/course.toml: ")
    assert result.stderr.count("\n") == 1
    assert edition(built) == "1"


@pytest.mark.usefixtures("hash_encoder")
def test_settings_misspelt_empty_or_bad(built: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A misspelt one is refused with the right name, an empty one is none, a bad one is refused."""
    monkeypatch.setenv("COURSEBOT_TOPK", "3")
    monkeypatch.setenv("COURSEBOT_MODEL", "")
    arguments = ["ask", "token", "--index", str(built)]
    result = CliRunner().invoke(app, arguments)
    assert (result.exit_code, result.stderr) == (
        1,
        "Error: COURSEBOT_TOPK is no setting of coursebot. Did you mean COURSEBOT_TOP_K?\n",
    )
    monkeypatch.delenv("COURSEBOT_TOPK")
    assert CliRunner().invoke(app, arguments).exit_code == 0
    for name, value in (("TOP_K", "0"), ("LLM_TIMEOUT", "nan"), ("UNSURE_ABOVE", "2")):
        monkeypatch.setenv(f"COURSEBOT_{name}", value)
        result = CliRunner().invoke(app, arguments)
        assert (result.exit_code, result.stdout) == (1, "")
        assert result.stderr.startswith(f"Error: COURSEBOT_{name}: Input should be ")
        monkeypatch.delenv(f"COURSEBOT_{name}")


def test_closed_and_full_outputs(built: Path) -> None:
    """Closed streams and a full device end in one line, for ``--help`` and ``--version`` too."""
    command = [sys.executable, "-c", COMMAND + RUN]
    for arguments in (["--version"], ["--help"], ["ask", "token", "--index", str(built)]):
        with Path("/dev/full").open("w") as full:
            made = subprocess.run(
                [*command, *arguments], stdout=full, stderr=subprocess.PIPE, text=True, check=False
            )
        assert made.returncode == 1
        assert made.stderr == (
            "Error: No space left on device. Set COURSEBOT_DEBUG=1 to see where.\n"
        )
    shell = ["sh", "-c", 'exec "$@" <&-', "sh", *command, "ask", "--jsonl"]
    made = subprocess.run(shell, capture_output=True, text=True, check=False)
    assert (made.returncode, made.stdout) == (2, "")
    assert "standard input is closed" in made.stderr
