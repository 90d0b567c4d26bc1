"""Series of points ▶ an SVG of one or more panels, drawn without any library."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

Point = tuple[float, float]
WIDTH, HEIGHT = 440, 300
"""Of a panel."""
LEFT, TOP, RIGHT, BOTTOM = 56, 34, 26, 46
"""Around what is drawn in it."""
_STYLE = (
    "text{font:12px system-ui,sans-serif;fill:#333}.title{font-weight:600}"
    ".grid{stroke:#ddd}.axis{stroke:#666}.rule{stroke:#b00;stroke-dasharray:2 3}"
    "polyline{fill:none;stroke-width:2}"
)


@dataclass(frozen=True, slots=True)
class Series:
    """Points that are joined."""

    name: str
    points: tuple[Point, ...]
    colour: str
    dash: str = ""


@dataclass(frozen=True, slots=True)
class Scale:
    """Numbers ▶ shares of an axis."""

    low: float
    high: float
    logarithmic: bool
    ticks: tuple[float, ...]

    @classmethod
    def of(cls, values: Sequence[float], *, logarithmic: bool) -> Scale:
        """Return a scale that begins and ends with a round number; from 0 unless logarithmic."""
        most = max([*values, 0.0]) or 1.0
        if logarithmic:
            least = min([value for value in values if value > 0], default=most)
            first, last = math.floor(math.log10(least)), math.ceil(math.log10(most))
            ticks = tuple(10.0**power for power in range(first, max(last, first + 1) + 1))
            return cls(ticks[0], ticks[-1], True, ticks)
        step = 10.0 ** math.floor(math.log10(most))
        step = next(part for part in (step / 5, step / 2, step, 2 * step) if most / part <= 6)
        count = math.ceil(most / step - 1e-9)
        return cls(0.0, step * count, False, tuple(step * number for number in range(count + 1)))

    def share(self, value: float) -> float:
        """Return where a value lies, 0 to 1."""
        if self.logarithmic:
            value = max(value, self.low)
            return math.log(value / self.low) / math.log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)


@dataclass(frozen=True, slots=True)
class Panel:
    """Axes and what is drawn between them."""

    title: str
    across: str
    """What the horizontal axis says."""
    series: tuple[Series, ...]
    log_x: bool = False
    log_y: bool = False
    marks: tuple[float, ...] = ()
    """Values to be named on the horizontal axis, in the place of round ones."""
    rule: float | None = None
    """A bound, drawn across."""


def svg(panels: Sequence[Panel], *, title: str, columns: int = 2) -> str:
    """Return the panels in rows, with one legend below; ``title`` is for screen readers."""
    rows = math.ceil(len(panels) / columns)
    columns = min(columns, len(panels))
    legend = list({one.name: one for panel in panels for one in panel.series}.values())
    width, height = columns * WIDTH, rows * HEIGHT + 28
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"'
        f' width="{width}" height="{height}" role="img">',
        f"<title>{escape(title)}</title><style>{_STYLE}</style>",
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
    ]
    for number, panel in enumerate(panels):
        x, y = number % columns * WIDTH, number // columns * HEIGHT
        parts.append(f'<g transform="translate({x} {y})">{_panel(panel)}</g>')
    for number, one in enumerate(legend):
        left, top = LEFT + number * (width - LEFT) // len(legend), rows * HEIGHT + 10
        parts.append(
            f'<polyline points="{left},{top} {left + 26},{top}" {_stroke(one)}/>'
            f'<text x="{left + 32}" y="{top + 4}">{escape(one.name)}</text>'
        )
    return "\n".join([*parts, "</svg>", ""])


def _panel(panel: Panel) -> str:
    points = [point for one in panel.series for point in one.points]
    across = Scale.of([*(x for x, _ in points), *panel.marks], logarithmic=panel.log_x)
    if panel.log_x and panel.marks:
        low, high = min(panel.marks), max(panel.marks)
        across = Scale(low, max(high, low * 2), True, panel.marks)
    heights = [*(y for _, y in points), *([] if panel.rule is None else [panel.rule])]
    up = Scale.of(heights, logarithmic=panel.log_y)

    def at(x: float, y: float) -> Point:
        return (
            LEFT + across.share(x) * (WIDTH - LEFT - RIGHT),
            HEIGHT - BOTTOM - up.share(y) * (HEIGHT - TOP - BOTTOM),
        )

    right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM
    parts = [f'<text class="title" x="{LEFT}" y="20">{escape(panel.title)}</text>']
    for tick in up.ticks:
        y = at(across.low, tick)[1]
        parts.append(
            f'<path class="grid" d="M{LEFT} {y:.1f}H{right}"/>'
            f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{tick:g}</text>'
        )
    for tick in panel.marks or across.ticks:
        x = at(tick, up.low)[0]
        parts.append(
            f'<path class="axis" d="M{x:.1f} {bottom}v4"/>'
            f'<text x="{x:.1f}" y="{bottom + 18}" text-anchor="middle">{tick:,g}</text>'
        )
    parts.append(f'<path class="axis" d="M{LEFT} {bottom}H{right}"/>')
    parts.append(
        f'<text x="{(LEFT + right) / 2:.0f}" y="{HEIGHT - 8}" text-anchor="middle">'
        f"{escape(panel.across)}</text>"
    )
    if panel.rule is not None:
        parts.append(
            f'<path class="rule" d="M{LEFT} {at(across.low, panel.rule)[1]:.1f}H{right}"/>'
        )
    for one in panel.series:
        placed = [at(x, y) for x, y in one.points]
        line = " ".join(f"{x:.1f},{y:.1f}" for x, y in placed)
        parts.append(f'<polyline points="{line}" {_stroke(one)}/>')
        if len(placed) <= 20:
            parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{one.colour}"/>'
                      for x, y in placed]  # fmt: skip
    return "".join(parts)


def _stroke(one: Series) -> str:
    dash = f' stroke-dasharray="{one.dash}"' if one.dash else ""
    return f'stroke="{one.colour}"{dash}'
