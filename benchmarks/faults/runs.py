"""``coursebot eval`` that is killed."""

from __future__ import annotations

import json
import signal
from pathlib import Path

from benchmarks.faults.fault import ARCHITECTURE, Group, expect
from benchmarks.faults.sandbox import QUESTION, Sandbox, finished, until

group = Group("evaluation")


def golden(sandbox: Sandbox, count: int) -> None:
    """Write a golden set of so many questions beside the course."""
    lines = [
        {
            "id": f"q{number:03}",
            "question": f"{QUESTION} ({number})",
            "lang": "en",
            "status": "reviewed",
            "answers": [{"text": "30 metres"}],
            "sources": [
                {"path": "kites.md", "quote": "The main line of the kite is 30 metres long."}
            ],
        }
        for number in range(count)
    ]
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (sandbox.corpus / "kites" / "golden.jsonl").write_text(text, encoding="utf-8")


def digest(folder: Path) -> str:
    """Return a finished run's digest over all rows."""
    return str(json.loads((folder / "run.json").read_text(encoding="utf-8"))["digest"])


@group.fault(
    "killed with SIGKILL, its last line torn",
    "A run that was broken off, also by kill -9, is taken up by the same command: finished rows"
    " are read, a torn last line is cut off, and the digest over all rows is that of an unbroken"
    " run.",
    ARCHITECTURE,
)
def killed(sandbox: Sandbox) -> str:
    """Kill a run in the middle, tear its last line, and give the command again."""
    sandbox.built()
    golden(sandbox, 120)
    whole = sandbox.run("eval", "--name", "whole")
    expect(whole.code == 0, f"the unbroken run said: {whole.last}")
    rows = sandbox.folder / "runs" / "cut" / "items.jsonl"
    process = sandbox.start("eval", "--name", "cut")
    expect(until(lambda: _rows(rows) > 5), "the run never wrote a row")
    process.kill()
    code = finished(process).code
    expect(code == -signal.SIGKILL, f"it was over before, with {code}")
    before = _rows(rows)
    with rows.open("ab") as out:
        out.write(b'{"id": "torn')
    again = sandbox.run("eval", "--name", "cut")
    expect(again.code == 0, f"the same command said: {again.last}")
    same = digest(rows.parent) == digest(sandbox.folder / "runs" / "whole")
    expect(same, "the digest is another than that of an unbroken run")
    return f"killed after {before} of 120 rows; the same command ended it, with the same digest"


def _rows(file: Path) -> int:
    return file.read_bytes().count(b"\n") if file.exists() else 0
