"""The command as a process of its own: pipes, signals, and no network at all."""

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

pytestmark = [pytest.mark.model, pytest.mark.timeout(120)]

COURSEBOT = [sys.executable, "-m", "coursebot"]
QUESTION = "how long is an az acr login token valid?"


@pytest.fixture
def environment(cache: Path, real_index: Path) -> dict[str, str]:
    """Return the variables of a user whose index and cache are there."""
    return {**os.environ, "COURSEBOT_CACHE": str(cache), "COURSEBOT_INDEX": str(real_index)}


def test_an_answer_needs_no_interface_but_loopback(environment: dict[str, str]) -> None:
    """In a network namespace of its own, with nothing but loopback, the answer is the same."""
    unshare = shutil.which("unshare")
    probe = [unshare or "unshare", "--user", "--map-root-user", "--net"]
    if unshare is None or subprocess.run([*probe, "true"], capture_output=True).returncode:
        pytest.skip("Network namespaces are not permitted here.")
    made = subprocess.run(
        [*probe, *COURSEBOT, "ask", QUESTION, "--json"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (made.returncode, made.stderr) == (0, "")
    answer = json.loads(made.stdout)
    assert (answer["state"], answer["short_answer"]) == ("answered", "3時間")


def test_a_batch_survives_a_reader_that_leaves(environment: dict[str, str]) -> None:
    """After ``head -1`` has gone, the command ends without a word."""
    lines = b'{"id": 1, "question": "AKS?"}\n' * 20_000
    with subprocess.Popen(
        [*COURSEBOT, "ask", "--jsonl"],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdin.write(lines[:600])
        process.stdin.flush()
        assert json.loads(process.stdout.readline())["id"] == 1
        process.stdout.close()
        try:
            process.stdin.write(lines)
            process.stdin.close()
        except BrokenPipeError:
            pass
        assert process.stderr.read() == b""
        assert process.wait() == 141


def test_serve_says_where_it_is_and_stops_on_ctrl_c(environment: dict[str, str]) -> None:
    """One line when it is up, one when it ends, exit code 0."""
    with subprocess.Popen(
        [*COURSEBOT, "serve", "--port", "0"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        line = process.stderr.readline().strip()
        assert line.startswith("coursebot is at http://127.0.0.1:")
        with urllib.request.urlopen(line.removeprefix("coursebot is at ")) as page:
            assert page.status == 200
        process.send_signal(signal.SIGINT)
        assert process.stderr.read() == "Stopped.\n"
        assert process.wait() == 0


def test_doctor_finds_nothing_wrong(environment: dict[str, str]) -> None:
    """With an index that is current, every check passes and no network was wanted."""
    made = subprocess.run(
        [*COURSEBOT, "doctor", "--json"],
        env={**environment, "COURSEBOT_LLM_KEY": "very secret"},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    findings = {finding["name"]: finding for finding in json.loads(made.stdout)}
    assert [name for name, finding in findings.items() if not finding["ok"]] == []
    assert findings["network"]["detail"] == "none was needed to answer"
    assert findings["COURSEBOT_LLM_KEY"]["detail"] == "set (environment)"
    assert "very secret" not in made.stdout
    assert made.returncode == 0
