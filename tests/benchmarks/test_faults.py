"""The faults' table, which of them are chosen, the exit code, and two quick real ones."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from benchmarks import table as tables
from benchmarks.faults import __main__ as command
from benchmarks.faults import builds, fault, table, trying
from benchmarks.faults.fault import (
    BrokenError,
    CannotTryError,
    Fault,
    Group,
    Held,
    Outcome,
    chosen,
    exit_code,
    expect,
    tried,
)
from benchmarks.faults.sandbox import Sandbox
from tests.conftest import ROOT

ONE = Fault("one", "a | b breaks", "it holds", "SECURITY.md", lambda _: "it held")
TWO = Fault("two", "c breaks", "it holds too", "docs/operations.md", lambda _: "")


def line(of: Fault, held: Held, commit: str = "c0ffee1") -> table.Line:
    """Return a line of the table."""
    return table.line_of(Outcome(of, "it\nhappened", held), commit, "a machine")


def test_what_is_written_is_read_again() -> None:
    """Bars, marks, commits and machines survive, and lines do not break."""
    lines = [line(ONE, Held.YES), line(TWO, Held.SKIPPED)]
    text = table.markdown(lines)
    assert (
        "| one | a \\| b breaks | it holds ([SECURITY.md](../SECURITY.md)) | it happened |" in text
    )
    assert text.endswith(f"1 of 2 held. {table.NOTE}")
    assert table.parse(text) == lines


def test_new_lines_replace_old_ones_in_the_order_of_the_faults(tmp_path: Path) -> None:
    """Others keep their commit, and what is no fault any more goes."""
    page = tmp_path / "FAULTS.md"
    page.write_text(f"head\n{table.BEGIN}\n{table.END}\ntail\n", encoding="utf-8")
    gone = Fault("one", "gone", "", "", ONE.inject)
    table.write([line(TWO, Held.YES), line(gone, Held.YES)], [gone, TWO], page)
    table.write([line(ONE, Held.NO, "c0ffee2")], [ONE, TWO], page)
    wanted = table.markdown([line(ONE, Held.NO, "c0ffee2"), line(TWO, Held.YES)])
    assert page.read_text(encoding="utf-8") == (
        f"head\n{table.BEGIN}\n{wanted}\n{table.END}\ntail\n"
    )


def test_a_long_story_is_cut() -> None:
    """A table is no log."""
    told = table.line_of(Outcome(ONE, "x" * 900, Held.NO), "c", "m")
    assert len(told.happened) == table.LONGEST
    assert told.happened.endswith("…")


def test_faults_are_chosen_by_group_and_by_name() -> None:
    """All without a word; a word that fits nothing is an error."""
    groups = [Group("one", [ONE]), Group("two", [TWO])]
    assert chosen(groups, "") == [ONE, TWO]
    assert chosen(groups, "two") == [TWO]
    assert chosen(groups, "a | b, two") == [ONE, TWO]
    with pytest.raises(ValueError, match="no fault 'three'; groups: one, two"):
        chosen(groups, "one,three")


def broken(_sandbox: Sandbox) -> str:
    """Break a promise."""
    expect(False, "something else")
    return ""


def impossible(_sandbox: Sandbox) -> str:
    """Say that it cannot be tried."""
    raise CannotTryError("a moon")


def test_what_comes_of_a_fault() -> None:
    """Held, broken, failed by itself, not tried; each sandbox is gone afterwards."""
    folders: list[Path] = []

    def looks(sandbox: Sandbox) -> str:
        folders.append(sandbox.folder)
        return f"seen in {sandbox.folder}/index"

    def of(inject: fault.Inject) -> tuple[str, Held]:
        outcome = tried(Fault("g", "n", "", "", inject))
        return outcome.happened, outcome.held

    assert of(looks) == ("seen in index", Held.YES)
    assert not folders[0].exists()
    assert of(broken) == ("something else", Held.NO)
    assert of(lambda _: str(int("x")))[1] is Held.NO
    assert of(impossible) == ("not tried: a moon", Held.SKIPPED)


def test_what_hangs_is_ended() -> None:
    """A fault that makes something wait for ever is one that did not hold."""
    outcome = tried(Fault("g", "n", "", "", lambda s: str(s.start("--version").wait(None))), 60)
    assert outcome.held is Held.YES

    def hangs(_sandbox: Sandbox) -> str:
        import threading

        threading.Event().wait()
        return ""

    outcome = tried(Fault("g", "n", "", "", hangs), limit=1)
    assert (outcome.happened, outcome.held) == ("it was not over after 1 s", Held.NO)


def test_the_exit_code() -> None:
    """1 when one did not hold, or nothing was tried at all."""
    held, no, skipped = (Outcome(ONE, "", mark) for mark in (Held.YES, Held.NO, Held.SKIPPED))
    assert exit_code([held, skipped]) == 0
    assert exit_code([held, no]) == 1
    assert exit_code([skipped]) == 1
    assert exit_code([]) == 1
    with pytest.raises(BrokenError, match="otherwise"):
        expect(None, "otherwise")


def plain(text: str) -> str:
    """Return a text on one line, without what Markdown writes around words."""
    return re.sub(r"\s+", " ", re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", text))


def test_promises_are_those_of_the_documents() -> None:
    """Each stands word by word in the file that is named, and each fault has its own name."""
    faults = chosen(trying.groups(), "")
    assert len({(one.group, one.name) for one in faults}) == len(faults) > 40
    for one in faults:
        said = plain((ROOT / one.said_in).read_text(encoding="utf-8"))
        assert plain(one.promised) in said, (one.name, one.promised)


def test_the_committed_page_can_take_the_table() -> None:
    """Its markers are there, and its table, if any, can be read."""
    inside = table.PAGE.read_text(encoding="utf-8").partition(table.BEGIN)[2].partition(table.END)
    assert inside[1] == table.END
    table.parse(inside[0])


@pytest.mark.model
def test_real_faults(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache that cannot be written, and a real process killed at the moment that is named."""
    monkeypatch.setattr(tables, "machine", lambda: "a machine")
    assert command.main(["--only", "the cache folder cannot be written", "--jobs", "1"]) == 0
    said = capfd.readouterr()
    assert "✓ model cache: the cache folder cannot be written" in said.err
    assert "COURSEBOT_CACHE" in said.out
    outcome = tried(Fault("build", "killed", "", "", _killed))
    assert (outcome.happened, outcome.held) == ("killed, and the old index answers", Held.YES)


def _killed(sandbox: Sandbox) -> str:
    sandbox.built()
    sandbox.write_course("\n## More\n\nSomething else.\n")
    told = sandbox.run("index", "corpus", FAULTS_DIE="os.rename:CURRENT")
    expect(told.code == -9, f"{told.code} {told.last}")
    expect(sandbox.answers(), "the old index does not answer")
    expect("os.rename:CURRENT" in builds.MOMENTS, "no such moment")
    return "killed, and the old index answers"
