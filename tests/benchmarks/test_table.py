"""The table between the markers, and how pieces of a run come together in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import report, table

PARTS = ("one", "two")
OLD = table.Measured(
    "one", report.Row("a | b", "≥ 1", "2", "peer 1", report.Verdict.MET), "c0ffee1", "old machine"
)
STALE = table.Measured("two", report.Row("stale", "", "1"), "c0ffee1", "old machine")
NEW = table.Measured(
    "two", report.Row("fresh", "≥ 3", "2", "", report.Verdict.MISSED), "c0ffee2", "new machine"
)


def test_what_is_written_is_read_again() -> None:
    """Bars in a cell, marks, commits and machines survive."""
    text = table.markdown([OLD, NEW])
    assert text.splitlines()[:2] == ["1. old machine", "2. new machine"]
    assert "| one | a \\| b | ≥ 1 | 2 | ✓ | peer 1 | c0ffee1 | 1 |" in text
    assert text.endswith(table.NOTE)
    assert table.parse(text) == [OLD, NEW]


def test_a_part_is_replaced_whole_and_others_keep_their_commit(tmp_path: Path) -> None:
    """Only the measured part's rows go, and text around the markers stays."""
    readme = tmp_path / "README.md"
    readme.write_text(f"head\n{table.BEGIN}\n{table.END}\ntail\n", encoding="utf-8")
    table.write([STALE], PARTS, readme)
    table.write([OLD], PARTS, readme)
    table.write([NEW], PARTS, readme)
    wanted = table.markdown([OLD, NEW])
    assert readme.read_text(encoding="utf-8") == (
        f"head\n{table.BEGIN}\n{wanted}\n{table.END}\ntail\n"
    )


def test_a_part_that_is_no_more_leaves_the_table() -> None:
    """Rows of an unknown part are dropped at the next merge."""
    assert table.merged([OLD, STALE], [NEW], ("two",)) == [NEW]


def test_a_line_of_another_table_is_refused() -> None:
    """A hand-edited table is not silently lost."""
    text = table.markdown([OLD]).replace("| 1 |", "| 7 |")
    with pytest.raises(ValueError, match="not a line"):
        table.parse(text)


def test_write_refuses_a_file_without_markers(tmp_path: Path) -> None:
    """Without both markers nothing is written."""
    readme = tmp_path / "README.md"
    readme.write_text("head\n", encoding="utf-8")
    with pytest.raises(ValueError, match="lacks"):
        table.write([NEW], PARTS, readme)
    assert readme.read_text(encoding="utf-8") == "head\n"


def test_the_committed_readme_can_take_a_part() -> None:
    """Its markers are there, and its table, if any, can be read."""
    text = table.README.read_text(encoding="utf-8")
    inside = text.partition(table.BEGIN)[2].partition(table.END)
    assert inside[1] == table.END
    table.parse(inside[0])


def test_the_machine_is_one_line_without_a_commit() -> None:
    """It must be equal between the pieces of a run."""
    assert "\n" not in table.machine()
    assert table.machine() == table.machine()
    assert "cores" in table.machine()
