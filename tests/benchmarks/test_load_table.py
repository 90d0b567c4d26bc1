"""Loads: levels, their table, plots, and the memory of a soak."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from benchmarks import plot, table
from benchmarks.load import growth, levels, lines, soak
from benchmarks.load.faces import Outcome
from benchmarks.load.learners import Crowd, Watched
from benchmarks.load.levels import Level, Result
from benchmarks.load.samples import Sample, Summary, Times, summary
from benchmarks.load.served import Use
from benchmarks.report import Verdict

LEVEL = Level("course", "http", True, 10.0, 50)


def sample(asked: float, outcome: Outcome = Outcome.ANSWERED, kind: str = "answered") -> Sample:
    """Return a request that took a fifth of a second."""
    return Sample("http", 0, int(asked), f"question {asked}", asked, asked, 0.2, outcome, kind)


def result(level: Level = LEVEL, rate: float = 4.9, p95: float = 0.42, **more: object) -> Result:
    """Return a level's result."""
    times = Times(0.2, p95, 0.6, 0.7)
    found = Summary(
        590, 588, rate, times, replace(times, p95=1.4), 12, 0, {}, {"answered": 588}, 0.1
    )
    fields = {
        "summary": found,
        "memory": (600.0, 660.4, 655.0),
        "lag": (3.0, 20.0),
        "alive": (8.4, 31.0),
    }
    made = Result(level, 120.0, 0, "c0ffee1", "a machine", server=1.7, generator=0.1, **fields)  # type: ignore[arg-type]
    return replace(made, **more)  # type: ignore[arg-type]


def test_levels_are_those_of_a_part_together() -> None:
    """The whole table is four parts, two reading times and four numbers of learners."""
    some = levels.of(["large-gradio"], (1, 10), (0.0, 10.0), (True,))
    assert [level.name for level in some] == [
        "large-gradio-reader-0s-1",
        "large-gradio-reader-0s-10",
        "large-gradio-reader-10s-1",
        "large-gradio-reader-10s-10",
    ]
    assert {level.part for level in some} == {"large-gradio"}
    assert len(levels.of(levels.PARTS, levels.LEARNERS, levels.THINK, (True,))) == 32


def test_a_result_is_put_together_from_both_ends_of_the_window() -> None:
    """Memory at the start, at most, at the end; processors on average."""
    uses = (Use(0, 600, 5), Use(1, 700, 6), Use(2, 650, 8))
    seen = Watched(uses, cpu=1.0, lasted=10.0, lags=(0.001, 0.2), alive=(0.004, 0.1))
    crowd = Crowd(50, ("http",), 10.0, 2.0)
    found = levels.result(LEVEL, crowd, [sample(0.5)], seen, "c0ffee1", "a machine")
    assert (found.memory, found.server, found.generator) == ((600, 700, 650), 1.5, 0.1)
    assert (found.summary.answers, found.alive) == (1, (100, 100))
    assert found.strained  # the loop came 200 ms late
    assert not replace(found, lag=(5.0, 9.0)).strained
    assert replace(found, lag=(5.0, 9.0), generator=64.0).strained


def test_a_level_is_not_measured_again_until_something_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither when it was asked for otherwise, nor when what is measured is no more the same."""
    made = result(settings=("top_k=5",))
    levels._keep(made, tmp_path / f"{LEVEL.name}.json")
    asked = {"seconds": 120.0, "seed": 0, "settings": ["top_k=5"]}
    monkeypatch.setattr(table, "unchanged_since", lambda name: name == "c0ffee1")
    assert levels.kept(LEVEL, tmp_path, **asked) == made  # type: ignore[arg-type]
    others: list[dict[str, object]] = [{"seconds": 60.0}, {"seed": 1}, {"settings": []}]
    for changed in others:
        assert levels.kept(LEVEL, tmp_path, **{**asked, **changed}) is None  # type: ignore[arg-type]
    assert levels.kept(replace(LEVEL, learners=1), tmp_path, **asked) is None  # type: ignore[arg-type]
    monkeypatch.setattr(table, "unchanged_since", lambda _: False)
    assert levels.kept(LEVEL, tmp_path, **asked) is None  # type: ignore[arg-type]


def test_what_is_no_commit_is_never_unchanged() -> None:
    """Neither a dirty one nor one that there is none of."""
    assert not table.unchanged_since("c0ffee1-dirty")
    assert not table.unchanged_since("0000000")


def test_a_line_says_all_of_a_level() -> None:
    """With a mark where the target is set, and for a generator that was busy itself."""
    line = lines.line(result())
    assert line.cells == (
        *("course", "http", "on", "10 s", "50", "4.9", "0.20", "0.42", "0.60", "0.70", "1.40"),
        *("12", "0", "8", "600 / 660 / 655", "1.70 + 0.10", "✓"),
    )
    assert (line.level, line.rate, line.p95) == (LEVEL, 4.9, 0.42)
    slow = result(p95=1.01, lag=(80.0, 90.0))
    assert lines.line(slow).cells[-2:] == ("1.70 + 0.10 ⚠", "✗")
    failed = replace(result().summary, errors={"HTTP 503": 2}, silent=1)
    assert lines.line(result(summary=failed)).cells[-6:-4] == ("12!", "2")
    assert lines.line(result(summary=failed)).cells[-1] == Verdict.MISSED
    assert lines.line(result(replace(LEVEL, learners=200))).cells[-1] == ""


def test_a_new_line_takes_the_old_one_s_place_and_others_stay(tmp_path: Path) -> None:
    """Each keeps its commit and its machine; they stand in order, whatever was measured first."""
    readme = tmp_path / "README.md"
    readme.write_text(f"head\n{lines.BEGIN}\n{lines.END}\ntail\n", encoding="utf-8")
    large, ten = replace(LEVEL, corpus="large"), replace(LEVEL, learners=10)
    lines.write([lines.line(result(large)), lines.line(result())], readme)
    newer = result(rate=9.0, commit="c0ffee2", machine="another machine")
    held = lines.write([lines.line(newer), lines.line(result(ten))], readme)
    assert [(item.level, item.commit) for item in held] == [
        (ten, "c0ffee1"),
        (LEVEL, "c0ffee2"),
        (large, "c0ffee1"),
    ]
    text = readme.read_text(encoding="utf-8")
    assert lines.parse(text) == held
    assert text.startswith("head\n")
    assert text.endswith("\ntail\n")
    with pytest.raises(ValueError, match="not a line"):
        lines.parse(text.replace("c0ffee2 | 2 |", "c0ffee2 | 7 |"))


def test_the_committed_readme_can_take_a_level() -> None:
    """Its markers are there, and its tables, if any, can be read."""
    from benchmarks.load import __main__ as command

    text = table.README.read_text(encoding="utf-8")
    for begin, end, reads in (
        (lines.BEGIN, lines.END, lines.parse),
        (command.BEGIN, command.END, table.parse),
    ):
        inside = text.partition(begin)[2].partition(end)
        assert inside[1] == end
        reads(inside[0])


def test_growth_is_drawn_for_each_reading_time(tmp_path: Path) -> None:
    """Two panels each; a line for each corpus and face; without the reader in a file of its own."""
    some = [
        lines.line(
            result(Level("course", face, True, think, count), rate=count / 10, p95=count / 100)
        )
        for face in ("http", "gradio")
        for think in (0.0, 10.0)
        for count in (1, 10, 50, 200)
    ]
    assert growth.written(some, tmp_path) == [tmp_path / "load.svg"]
    drawn = ElementTree.fromstring((tmp_path / "load.svg").read_text(encoding="utf-8"))
    space = "{http://www.w3.org/2000/svg}"
    assert len(drawn.findall(f"{space}g")) == 4
    assert len(drawn.findall(f"{space}g/{space}polyline")) == 8
    assert len(drawn.findall(f"{space}g/{space}circle")) == 32
    texts = [text.text for text in drawn.iter(f"{space}text")]
    assert texts.count("shipped course, gradio") == 1
    assert "p95, s (no reading time: saturation)" in texts
    off = [lines.line(result(replace(LEVEL, reader=False)))]
    assert growth.written([*some, *off], tmp_path)[1] == tmp_path / "load-plain.svg"


def test_scales_end_at_round_numbers() -> None:
    """Decades when logarithmic, from 0 when not."""
    assert plot.Scale.of([0.02, 7], logarithmic=True).ticks == (0.01, 0.1, 1, 10)
    linear = plot.Scale.of([3, 87], logarithmic=False)
    assert linear.ticks == (0, 20, 40, 60, 80, 100)
    assert linear.share(50) == 0.5
    assert plot.Scale.of([0.01, 1], logarithmic=True).share(0.1) == pytest.approx(0.5)
    assert plot.Scale.of([], logarithmic=False).high > 0


def uses(minutes: int, size: Callable[[float], float]) -> list[Use]:
    """Return a server's memory, once a second."""
    return [Use(float(at), size(at), 0.0) for at in range(minutes * 60)]


def test_growth_is_measured_after_the_server_settled() -> None:
    """2 MiB a minute are 120 an hour; what the first minutes took is left out."""
    found = soak.slope(uses(30, lambda at: 600 + at / 30 + 100 * min(at, 300) / 300))
    assert found is not None
    assert found.value == pytest.approx(120)
    assert found.low <= found.value <= found.high
    assert soak.slope(uses(8, lambda at: 600)) is None


def test_one_jump_is_no_growth() -> None:
    """Memory that is the same before and after it stays flat by the interval."""
    found = soak.slope(uses(30, lambda at: 600 + 30 * (at == 900) + (at * 7919) % 5))
    assert found is not None
    assert found.low <= 0 <= found.high < soak.FLAT


def test_a_soak_is_met_when_memory_is_flat_and_nothing_failed() -> None:
    """A growth whose interval holds the bound is level; an error is told by its kind."""
    fine = summary([sample(1)], 1800)
    flat, calm = soak.rows(uses(30, lambda at: 600.0), fine, "30 minutes")
    assert (flat.measured, flat.verdict) == ("600 → 600 MiB, +0.0 [+0.0, +0.0] MiB/h", Verdict.MET)
    assert calm.verdict is Verdict.MET
    failed = summary([sample(1), sample(2, Outcome.FAILED, "HTTP 500")], 1800)
    grown, torn = soak.rows(uses(30, lambda at: 600 + at / 30), failed, "30 minutes")
    assert (grown.verdict, torn.verdict) == (Verdict.MISSED, Verdict.MISSED)
    assert torn.measured.startswith("1 of 2 (1 HTTP 500), 0 refused")
    ElementTree.fromstring(soak.drawn(uses(30, lambda at: 600.0), "30 minutes"))
