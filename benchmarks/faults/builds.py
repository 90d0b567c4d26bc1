"""``coursebot index`` that is killed, or begun twice."""

from __future__ import annotations

import random
import signal
import time

from filelock import FileLock, Timeout

from benchmarks.faults.fault import ARCHITECTURE, Group, expect
from benchmarks.faults.sandbox import (
    NEWER_ANSWER,
    NEWER_QUESTION,
    NEWS,
    Sandbox,
    finished,
    until,
)

group = Group("build")

KILLED = "Killed at any moment, the old version still counts; the next build clears up."
FILLING = "\n## More\n\n" + "\n".join(
    f"- Kite number {number} has a sail of {number * 7} square centimetres and {number} bells."
    for number in range(150)
)
MOMENTS = {
    "open:manifest.json": "before its manifest is written",
    "os.rename:.building-": "before the new version gets its name",
    "open:.building-CURRENT": "before the switch is prepared",
    "os.rename:CURRENT": "just before the switch",
    "shutil.rmtree:00001": "just after the switch, before the old version is removed",
}
"""What a build is killed at."""


@group.fault("killed with SIGKILL at four random moments", KILLED, ARCHITECTURE)
def at_random(sandbox: Sandbox) -> str:
    """Kill builds of a changed course while they start, embed and write."""
    sandbox.built()
    sandbox.write_course(NEWS + FILLING)
    chance = random.Random(6)
    killed = 0
    for _ in range(4):
        process = sandbox.start("index", "corpus")
        expect(until(lambda: _held(sandbox)), "the build never began")
        time.sleep(chance.random())
        process.kill()
        killed += finished(process).code == -signal.SIGKILL
        expect(sandbox.answers(), "the old index did not answer")
    done = sandbox.run("index", "corpus")
    expect(done.code == 0, f"the next build said: {done.last}")
    _is_whole(sandbox)
    return f"{killed} of 4 killed under way; the old index answered each time; the next build ended"


@group.fault("killed at five moments around the switch", KILLED, ARCHITECTURE)
def at_the_switch(sandbox: Sandbox) -> str:
    """Kill builds at the steps of writing."""
    for moment, when in MOMENTS.items():
        number = sandbox.built()
        sandbox.write_course(NEWS)
        killed = sandbox.run("index", "corpus", FAULTS_DIE=moment.replace("00001", number))
        expect(killed.code == -signal.SIGKILL, f"it was not killed {when}: {killed.last}")
        expect(sandbox.answers(), f"killed {when}, the index did not answer")
        sandbox.built(NEWS)
        _is_whole(sandbox)
    when = ", ".join(MOMENTS.values())
    return f"killed {when}: the index answered each time, the next build ended"


@group.fault(
    "two builds of one index at once",
    "A second build at the same time is refused at once.",
    ARCHITECTURE,
)
def twice(sandbox: Sandbox) -> str:
    """Begin a second build while one embeds."""
    sandbox.built()
    sandbox.write_course(NEWS + FILLING)
    first = sandbox.start("index", "corpus")
    expect(until(lambda: _held(sandbox)), "the first build never began")
    first.send_signal(signal.SIGSTOP)
    second = sandbox.run("index", "corpus")
    first.send_signal(signal.SIGCONT)
    done = finished(first)
    expect(second.code == 1 and "Another build" in second.last, f"the second said: {second.last}")
    expect(done.code == 0, f"the first said: {done.last}")
    return f"the second: “{second.last}”; the first ended"


def _held(sandbox: Sandbox) -> bool:
    """Whether a build has the folder's lock."""
    try:
        with FileLock(sandbox.index / ".lock", timeout=0):
            return False
    except Timeout:
        return True


def _is_whole(sandbox: Sandbox) -> None:
    expect(sandbox.answers(NEWER_QUESTION, NEWER_ANSWER), "the next build's text is not found")
    names = [entry.name for entry in sandbox.index.iterdir()]
    left = [name for name in names if name.startswith(".") and name != ".lock"]
    versions = [name for name in names if name.isdecimal()]
    expect(not left and len(versions) == 1, f"left: {', '.join([*left, *versions])}")
