"""The table between the markers."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import report


def test_write_replaces_only_what_is_between_the_markers(tmp_path: Path) -> None:
    """Text around the markers stays; the old table goes."""
    readme = tmp_path / "README.md"
    readme.write_text(f"head\n{report.BEGIN}\nold\n{report.END}\ntail\n", encoding="utf-8")
    report.write("new", readme)
    assert readme.read_text(encoding="utf-8") == (
        f"head\n{report.BEGIN}\nnew\n{report.END}\ntail\n"
    )


def test_write_refuses_a_file_without_markers(tmp_path: Path) -> None:
    """Without both markers nothing is written."""
    readme = tmp_path / "README.md"
    readme.write_text("head\n", encoding="utf-8")
    with pytest.raises(ValueError, match="lacks"):
        report.write("new", readme)
    assert readme.read_text(encoding="utf-8") == "head\n"


def test_the_committed_readme_has_the_markers() -> None:
    """`make bench` can write its table."""
    text = report.README.read_text(encoding="utf-8")
    assert text.index(report.BEGIN) < text.index(report.END)
