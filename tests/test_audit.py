"""``make audit``: what is told of known weaknesses, and that silence is not taken for good news."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests import audit

GOOD = {"name": "a", "version": "1", "vulns": []}
BAD = {"name": "b", "version": "2", "vulns": [{"id": "CVE-1", "fix_versions": ["2.1"]}]}
SKIPPED = {"name": "c", "skip_reason": "not found"}


@pytest.mark.parametrize(
    ("told", "code", "said"),
    [
        ([GOOD], 0, "0 of 1 pinned versions have one."),
        ([GOOD, BAD], audit.FOUND, "b 2: CVE-1, mended in 2.1\nWeaknesses: 1 of 2"),
        ([GOOD, SKIPPED], audit.NOT_ASKED, "Not asked about: c."),
    ],
)
def test_weaknesses_are_told(
    told: list[object], code: int, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the version that mends them; of what was passed over, that it was."""
    answer = tmp_path / "answer.py"
    answer.write_text(f"print({json.dumps(json.dumps({'dependencies': told}))})", encoding="utf-8")
    assert audit.main([sys.executable, str(answer)]) == code
    assert said in capsys.readouterr().out


def test_no_answer_is_no_good_news(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As where OSV cannot be reached."""
    broken = tmp_path / "broken.py"
    broken.write_text("raise SystemExit('no route to host')", encoding="utf-8")
    assert audit.main([sys.executable, str(broken)]) == audit.NOT_ASKED
    told = capsys.readouterr().out
    assert "api.osv.dev could not be asked" in told
    assert "no route to host" in told


def test_unusual_licences_are_told() -> None:
    """A licence that asks for more than to be named is listed, one that does not is not."""
    assert list(audit.unusual([Requirement("pytest==1"), Requirement("hypothesis==1")])) == [
        "hypothesis ==1: MPL-2.0"
    ]
