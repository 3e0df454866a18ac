"""Time and memory against N, both axes logarithmic, as an SVG written by hand: no plotting library is worth a venv."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bench.measure import Measured
from bench.questions import Kind, Medians, figure, slope

WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 460, 320, 60, 34, 44  # of one panel, in pixels
PAPER = "#ffffff"
COLOURS = ("#c2410c", "#ea9a3e", "#7c3aed", "#2563eb", "#0f766e")
SERIES = (
    ("our plan, cold", "noop", "cold"),
    ("our plan, warm", "noop", "warm"),
    ("our apply from nothing", "apply", "ours"),
    ("terraform plan", "noop", "terraform"),
    ("octoDNS dry run", "noop", "octodns"),
)


@dataclass(frozen=True)
class Series:
    """One line of the plot; `slope_from` leaves out small N, where starting the program is all there is."""

    label: str
    colour: str
    points: Sequence[tuple[int, float]]
    slope_from: int

    def legend(self) -> str:
        used = [point for point in self.points if point[0] >= self.slope_from]
        return f"{self.label}, slope {slope(used):.2f}" if len(used) > 1 else self.label


@dataclass(frozen=True)
class Axis:
    """Whole powers of ten, laid over pixels."""

    low: int
    high: int
    start: float
    end: float

    def at(self, value: float) -> float:
        return self.start + (math.log10(value) - self.low) / (self.high - self.low) * (self.end - self.start)


def draw(medians: Medians, slope_from: int) -> str:
    """Draw both panels side by side, with their legends below."""
    width = 2 * (WIDTH + LEFT) + 20
    height = TOP + HEIGHT + BOTTOM + 18 * len(SERIES)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" font-family="sans-serif">',
        f'<rect width="100%" height="100%" fill="{PAPER}"/>',
    ]
    panels: tuple[tuple[Kind, str, float], ...] = (("time", "seconds", 1), ("memory", "MB, whole process tree", 1e-6))
    for index, (kind, title, scale) in enumerate(panels):
        lines = _series(medians, kind, scale, slope_from)
        if lines:
            parts += [
                f'<g font-size="12" transform="translate({index * (WIDTH + LEFT)},0)">',
                *_panel(title, lines),
                "</g>",
            ]
    return "\n".join([*parts, "</svg>", ""])


def _series(medians: Medians, kind: Kind, scale: float, slope_from: int) -> list[Series]:
    found = []
    for (label, group, name), colour in zip(SERIES, COLOURS, strict=True):
        points = sorted((n, figure(one, kind) * scale) for n, one in _points(medians, group, name))
        if points:
            found.append(Series(label, colour, points, slope_from))
    return found


def _points(medians: Medians, group: str, name: str) -> Iterator[tuple[int, Measured]]:
    for key, measured in medians.items():
        where, _, who = key.partition("/")
        kind, _, size = where.partition("-")
        if (kind, who) == (group, name):
            yield int(size), measured


def _axis(values: Sequence[float], start: float, end: float) -> Axis:
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    return Axis(low, max(high, low + 1), start, end)


def _panel(title: str, lines: Sequence[Series]) -> Iterator[str]:
    across = _axis([n for one in lines for n, _ in one.points], LEFT, LEFT + WIDTH - 30)
    up = _axis([y for one in lines for _, y in one.points], TOP + HEIGHT, TOP)
    yield f'<text x="{LEFT}" y="20" font-weight="bold">{title}, against the number of resources</text>'
    yield from _grid(across, up)
    for index, one in enumerate(lines):
        yield from _line(one, across, up)
        y = TOP + HEIGHT + BOTTOM + 18 * index
        yield f'<rect x="{LEFT}" y="{y - 9}" width="14" height="9" fill="{one.colour}"/>'
        yield f'<text x="{LEFT + 20}" y="{y}">{one.legend()}</text>'


def _grid(across: Axis, up: Axis) -> Iterator[str]:
    for power in range(across.low, across.high + 1):
        x = across.at(10**power)
        yield f'<path d="M{x:.1f} {up.start}V{up.end}" stroke="#ddd"/>'
        yield f'<text x="{x:.1f}" y="{up.start + 16}" text-anchor="middle">{10**power:,}</text>'
    for power in range(up.low, up.high + 1):
        y = up.at(10.0**power)
        yield f'<path d="M{across.start} {y:.1f}H{across.end}" stroke="#ddd"/>'
        yield f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{10.0**power:g}</text>'


def _line(one: Series, across: Axis, up: Axis) -> Iterator[str]:
    places = [(across.at(n), up.at(value)) for n, value in one.points]
    path = " L".join(f"{x:.1f} {y:.1f}" for x, y in places)
    yield f'<path d="M{path}" fill="none" stroke="{one.colour}" stroke-width="2"/>'
    for x, y in places:
        yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{one.colour}"/>'
