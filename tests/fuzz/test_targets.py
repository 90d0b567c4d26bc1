"""The fuzzer's targets in their own processes, for a fixed number of inputs from a fixed seed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.fuzz.__main__ import LIMITS, run
from tests.fuzz.process import NOT_THERE, main
from tests.fuzz.targets import TARGETS, made

TOGETHER = {
    "files": ("courses", "indexes", "goldens", "archives", "settings", "people", "runs"),
    "learners": ("questions", "turns", "cookies"),
}
"""What shares a process: most of the time would otherwise go into imports."""
RUNS = 900
"""Inputs; ``make fuzz`` tries as many as it has time for."""


def test_every_target_is_tried() -> None:
    """In one of the processes below."""
    assert sorted(name for names in TOGETHER.values() for name in names) == sorted(TARGETS)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("names", TOGETHER.values(), ids=TOGETHER)
def test_nothing_crashes(names: Sequence[str], tmp_path: Path) -> None:
    """Atheris finds no input that is answered with anything but the product's own errors."""
    (tmp_path / "temporary").mkdir()
    log = tmp_path / "log"
    # A busy machine is no endless loop.
    options = (f"-runs={RUNS}", "-seed=1", *LIMITS, "-timeout=100")
    code = run(",".join(names), tmp_path, str(tmp_path / "temporary"), log, *options)
    if code == NOT_THERE:
        pytest.skip(log.read_text(encoding="utf-8").strip())
    said = log.read_text(encoding="utf-8", errors="replace")
    assert code == 0, said[-4000:]
    done = re.search(r"^Done (\d+) runs", said, re.MULTILINE)
    assert done
    assert int(done[1]) >= RUNS  # an input is changed several times in a row


def test_a_crash_is_shown_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without atheris, from the file that it left."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    file = tmp_path / "crash-1"
    file.write_bytes(next(made("goldens").seeds()))
    assert main(["goldens", str(file)]) == 0
    monkeypatch.setattr("tests.fuzz.goldens.parse_bytes", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        main(["goldens", str(file)])
