"""Measured growth ▶ an SVG with logarithmic axes, beside the slope of linear growth."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 640, 400
LEFT, RIGHT, TOP, BOTTOM = 64, 150, 20, 48
COLOURS = ("#1f6feb", "#d1242f", "#1a7f37", "#8250df")


@dataclass(frozen=True, slots=True)
class Line:
    """What was measured, by size."""

    title: str
    sizes: Sequence[float]
    values: Sequence[float]


def svg(lines: Sequence[Line]) -> str:
    """Return the plot; a dashed line from each first point shows what linear growth would be."""
    sizes = [size for line in lines for size in line.sizes]
    values = [value for line in lines for value in line.values]
    low, high = _decades(sizes)
    least, most = _decades(values)

    def x(size: float) -> float:
        share = (math.log10(size) - low) / (high - low)
        return LEFT + share * (WIDTH - LEFT - RIGHT)

    def y(value: float) -> float:
        share = (math.log10(value) - least) / (most - least)
        return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}"'
        ' font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
    ]
    for power in range(low, high + 1):
        at = x(10.0**power)
        parts.append(_path([(at, TOP), (at, HEIGHT - BOTTOM)], "#d8dee4"))
        parts.append(_text(at, HEIGHT - BOTTOM + 18, f"{10**power:,}", "middle"))
    for power in range(least, most + 1):
        at = y(10.0**power)
        parts.append(_path([(LEFT, at), (WIDTH - RIGHT, at)], "#d8dee4"))
        parts.append(_text(LEFT - 6, at + 4, f"{10.0**power:g}", "end"))
    parts.append(_text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 10, "passages", "middle"))
    for line, colour in zip(lines, COLOURS, strict=False):
        points = [(x(n), y(v)) for n, v in zip(line.sizes, line.values, strict=True)]
        last = line.values[0] * line.sizes[-1] / line.sizes[0]
        if last <= 10**most:
            linear = [points[0], (points[-1][0], y(last))]
            parts.append(_path(linear, colour, ' stroke-dasharray="3 4"'))
        parts.append(_path(points, colour, ' stroke-width="2"'))
        parts += [f'<circle cx="{a:.1f}" cy="{b:.1f}" r="3.5" fill="{colour}"/>' for a, b in points]
        parts.append(_text(points[-1][0] + 10, points[-1][1] + 4, line.title, "start", colour))
    parts.append(_text(WIDTH - RIGHT + 10, HEIGHT - BOTTOM - 4, "dashed: linear", "start"))
    return "\n".join([*parts, "</svg>", ""])


def _decades(values: Sequence[float]) -> tuple[int, int]:
    """Return the powers of ten around ``values``."""
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    return low, max(high, low + 1)


def _path(points: Sequence[tuple[float, float]], colour: str, more: str = "") -> str:
    shown = " ".join(f"{a:.1f},{b:.1f}" for a, b in points)
    return f'<polyline points="{shown}" fill="none" stroke="{colour}"{more}/>'


def _text(x: float, y: float, text: str, anchor: str, colour: str = "#57606a") -> str:
    placed = f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}">'
    return f"{placed}{escape(text)}</text>"
