"""A short load on a real server, over both faces."""

from __future__ import annotations

import asyncio
import importlib
import json
import sys
from pathlib import Path

import pytest

from benchmarks import table
from benchmarks.load import corpora, faces, learners, questions, samples, served, soak
from benchmarks.load.faces import FACES, Outcome, Reply
from benchmarks.load.learners import Crowd
from benchmarks.load.samples import Sample
from benchmarks.report import Row

command = importlib.import_module("benchmarks.load.__main__")

pytestmark = pytest.mark.usefixtures("loops_apart")


@pytest.mark.model
def test_learners_are_answered_over_both_faces(
    real_index: Path, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One of each face, then three for three seconds: all answered, by a server that then ends."""
    monkeypatch.setenv("COURSEBOT_CACHE", str(cache))
    monkeypatch.setattr(learners, "WARM", 1.0)
    monkeypatch.setattr(soak, "PROBE", 1.0)
    taken: list[Sample] = []
    with served.running(real_index, tmp_path / "server", reader=False) as server:
        for name in FACES:
            reply = asyncio.run(_one(server.url, name))
            assert (reply.outcome, reply.kind) == (Outcome.ANSWERED, "answered")
        crowd = Crowd(3, tuple(FACES), 0.05, 3.0)
        seen = asyncio.run(learners.asked(server, questions.course(), crowd, taken.append))
        found = samples.summary(taken, crowd.seconds)
        pace = soak.paced(server, questions.course(), crowd)
    assert taken
    assert all(one.outcome is Outcome.ANSWERED for one in taken)
    assert set(found.states) <= {"answered", "unsure", "not_covered"}
    assert all(use.mebibytes > 100 for use in seen.uses)
    assert seen.alive
    assert max(seen.alive) < learners.LIMIT
    assert seen.uses[-1].cpu > seen.uses[0].cpu
    assert pace > 0
    assert not Path(f"/proc/{server.pid}").exists()


async def _one(url: str, name: str) -> Reply:
    """Ask one question over a face."""
    face = faces.made(name, url, 0)
    try:
        await face.open()
        return await face.ask("how long is an az acr login token valid?")
    finally:
        await face.close()


@pytest.mark.model
def test_a_level_is_measured_once(
    real_index: Path,
    cache: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The command keeps samples and result; the second time it takes what is known."""
    monkeypatch.setenv("COURSEBOT_CACHE", str(cache))
    monkeypatch.setattr(learners, "WARM", 0.5)
    monkeypatch.setattr(corpora, "indexed", lambda *_: real_index)
    monkeypatch.setattr(table, "unchanged_since", lambda _: True)
    options = ["--only", "course-gradio", "--learners", "2", "--think", "0", "--reader", "off"]
    argv = ["load", *options, "--seconds", "1", "--work", str(tmp_path)]
    monkeypatch.setattr(sys, "argv", argv)
    printed = []
    for _ in range(2):
        with pytest.raises(SystemExit) as ended:
            command.main()
        assert ended.value.code == 0
        printed.append(capsys.readouterr().out)
    assert printed[0] == printed[1]
    assert "| course | gradio | off | 0 s | 2 |" in printed[0]
    name = "course-gradio-plain-0s-2"
    kept = json.loads((tmp_path / "load" / f"{name}.json").read_text(encoding="utf-8"))
    assert kept["summary"]["errors"] == {}
    assert len(samples.read(tmp_path / "load" / f"{name}.jsonl")) >= kept["summary"]["requests"]


def test_rows_of_a_part_replace_its_old_ones() -> None:
    """Those of the other part stay, and a soak has its plot."""
    old = table.Measured("alone", Row("throughput", "≥ 5×", "7×"), "c0ffee1", "a machine")
    new = table.Measured("soak", Row("memory", "≤ 10 MiB/h", "+1"), "c0ffee2", "a machine")
    assert "soak.svg" not in command._rows([], [old])
    text = command._rows(table.parse(command._rows([], [old])), [new])
    assert table.parse(text) == [old, new]
    assert text.endswith("(../docs/images/soak.svg)")


def test_missing_data_is_one_line_and_no_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The other parts go on."""
    argv = ["load", "--only", "large-http,large-gradio", "--data", str(tmp_path)]
    monkeypatch.setattr(sys, "argv", [*argv, "--work", str(tmp_path)])
    with pytest.raises(SystemExit) as ended:
        command.main()
    assert ended.value.code == 0
    said = capsys.readouterr().err.splitlines()
    assert [line.partition(":")[0] for line in said] == ["large-http", "large-gradio"]
    assert all(line.endswith("; left out") for line in said)


def test_an_unknown_part_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2, and the parts that there are."""
    with pytest.raises(SystemExit) as ended:
        command.parsed(["--only", "course-htp"])
    assert ended.value.code == 2
    assert "unknown: course-htp; there are course-http, course-gradio" in capsys.readouterr().err
