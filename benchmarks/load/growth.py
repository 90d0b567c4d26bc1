"""The table of loads ▶ plots: how time and throughput grow with the number of learners."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from benchmarks import plot
from benchmarks.load.lines import IMAGES, MOST, Line

FOLDER = Path(__file__).parents[2] / "docs" / "images"
COLOUR = "#1f6fd0"
_COLOURS = {"course": COLOUR, "large": "#d9730d"}
_DASHES = {"http": "", "gradio": "6 4"}
_TITLES = {"course": "shipped course", "large": "15,000 passages"}


def written(lines: Sequence[Line], folder: Path = FOLDER) -> list[Path]:
    """Write a plot with the reader and one without, where there are lines."""
    found = []
    for reader, name in IMAGES.items():
        some = [item for item in lines if item.level.reader is reader]
        if some:
            found.append(folder / name)
            found[-1].write_text(drawn(some), encoding="utf-8")
    return found


def drawn(lines: Sequence[Line]) -> str:
    """Return an SVG: a row for each reading time; 95th percentile and answers a second."""
    panels = []
    counts = tuple(sorted({float(item.level.learners) for item in lines}))
    for think in sorted({item.level.think for item in lines}):
        some = [item for item in lines if item.level.think == think]
        reading = f"reading {think:g} s" if think else "no reading time: saturation"
        for name, log, rule in (("p95, s", True, MOST), ("answers/s", False, None)):
            panels.append(
                plot.Panel(
                    title=f"{name} ({reading})",
                    across="learners",
                    series=_series(some, time=log),
                    log_x=True,
                    log_y=log,
                    marks=counts,
                    rule=rule,
                )
            )
    title = "95th percentile of the time to an answer, and answers a second, by learners"
    return plot.svg(panels, title=title)


def _series(lines: Sequence[Line], *, time: bool) -> tuple[plot.Series, ...]:
    found: dict[tuple[str, str], list[plot.Point]] = {}
    for item in sorted(lines, key=lambda item: item.level.learners):
        value = item.p95 if time else item.rate
        if value == value:  # nothing was answered: there is no percentile
            series = found.setdefault((item.level.corpus, item.level.face), [])
            series.append((item.level.learners, value))
    return tuple(
        plot.Series(f"{_TITLES[corpus]}, {face}", tuple(points), _COLOURS[corpus], _DASHES[face])
        for (corpus, face), points in found.items()
    )
