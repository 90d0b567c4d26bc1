"""``make fuzz``: every target for some time, one after the other, beginning where the last ended.

What reached something new is kept in ``.bench/fuzz/<target>/kept``, and what crashed beside it.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.fuzz.process import NOT_THERE
from tests.fuzz.targets import TARGETS

ROOT = Path(__file__).parents[2]
API = "api"
"""Named like a target: the API, which schemathesis makes requests to."""
LONGER = "COURSEBOT_TEST_SECONDS"
"""Variable with the seconds that the tests of the API may take, when more than usual."""
LIMITS = ("-timeout=20", "-rss_limit_mb=12000", "-max_len=4000", "-print_final_stats=1")
"""Seconds and memory of one input, and its size: what takes more counts as a crash.

The kernel counts what the process held that started this one, too: a run of all tests holds 4 GB.
"""


def main() -> int:
    """Fuzz; return 1 when something crashed."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=int, default=60, help="for each target (60)")
    parser.add_argument("--only", default="", help="targets, commas between them")
    options = parser.parse_args()
    known = [*TARGETS, API]
    chosen = [name for name in options.only.split(",") if name] or known
    for name in chosen:
        if name not in known:
            parser.error(f"there is no target {name!r}; there are: {', '.join(known)}.")
    failed = []
    for name in chosen:
        print(f"{name}: {options.seconds} s", flush=True)
        code = api(options.seconds) if name == API else fuzz(name, options.seconds)
        if code == NOT_THERE:
            return code
        if code:
            failed.append(name)
    print(f"Crashed: {', '.join(failed)}." if failed else "No crash.")
    return 1 if failed else 0


def fuzz(name: str, seconds: int) -> int:
    """Run one target as atheris does; return its exit code."""
    folder = ROOT / ".bench" / "fuzz" / name
    with TemporaryDirectory(prefix="coursebot-fuzz-") as temporary:
        log = folder / "log"
        code = run(name, folder, temporary, log, f"-max_total_time={seconds}", *LIMITS)
    said = log.read_text(encoding="utf-8", errors="replace").splitlines()
    shown = said[-40:] if code else [line for line in said if line.startswith(("Done", "stat::"))]
    print("\n".join(f"  {line}" for line in shown), flush=True)
    if code and code != NOT_THERE:
        print(f"  Again: python -m tests.fuzz.process {name} {folder}/crash-…", flush=True)
    return code


def run(name: str, folder: Path, temporary: str, log: Path, *options: str) -> int:
    """Run one target in a process of its own, whose words go into ``log``."""
    (folder / "kept").mkdir(parents=True, exist_ok=True)
    with log.open("wb") as out:
        return subprocess.run(
            [
                *(sys.executable, "-m", "tests.fuzz.process", name, str(folder / "kept")),
                *(f"-artifact_prefix={folder}/", *options),
            ],
            cwd=ROOT,
            env={**os.environ, "TMPDIR": temporary, "PYTHONPATH": _path()},
            stdout=out,
            stderr=subprocess.STDOUT,
            check=False,
        ).returncode


def api(seconds: int) -> int:
    """Let schemathesis make requests for about so many seconds; return pytest's exit code."""
    tests = ("tests/web/test_api_schema.py", "tests/web/access/test_restricted_schema.py")
    return subprocess.run(
        [*(sys.executable, "-m", "pytest", "-q", "-p", "no:randomly", "--timeout=0"), *tests],
        cwd=ROOT,
        env={**os.environ, LONGER: str(seconds), "PYTHONPATH": _path()},
        check=False,
    ).returncode


def _path() -> str:
    return os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))


if __name__ == "__main__":
    sys.exit(main())
