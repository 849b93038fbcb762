"""Plots of measurements as SVG: points on logarithmic scales, one colour for each tool."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

from command_line import naming

WIDTH, HEIGHT = 640, 400
LEFT, RIGHT, TOP, BOTTOM = 70, 150, 30, 45
FONT = 'font-family="sans-serif" font-size="11"'
COLOURS = ("#1b6ca8", "#c0392b", "#27864a", "#8e44ad", "#d68910", "#5d6d7e", "#117a65")
_PARTS = (0.0, math.log10(2), math.log10(5))
Points = Sequence[tuple[float, float]]


def plot(title: str, across: str, up: str, lines: Mapping[str, Points], *, log_up: bool = True) -> str:
    """The plot as text; the scale across is logarithmic. A line without points takes its colour and is not drawn."""
    scale_up = math.log10 if log_up else float
    points = [(math.log10(x), scale_up(y)) for line in lines.values() for x, y in line]
    x_ticks, y_ticks = _ticks([x for x, _ in points], log=True), _ticks([y for _, y in points], log=log_up)

    def right(x: float) -> float:
        return LEFT + (x - x_ticks[0]) / (x_ticks[-1] - x_ticks[0]) * (WIDTH - LEFT - RIGHT)

    def down(y: float) -> float:
        return HEIGHT - BOTTOM - (y - y_ticks[0]) / (y_ticks[-1] - y_ticks[0]) * (HEIGHT - TOP - BOTTOM)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" {FONT}>',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        f'<text x="{LEFT}" y="18" font-size="13">{escape(title)}</text>',
        f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 8}" text-anchor="middle">{escape(across)}</text>',
        f'<text transform="translate(14 {HEIGHT / 2}) rotate(-90)" text-anchor="middle">{escape(up)}</text>',
    ]
    for value in x_ticks:
        x = right(value)
        parts.append(f'<line x1="{x:.1f}" y1="{TOP}" x2="{x:.1f}" y2="{HEIGHT - BOTTOM}" stroke="#ddd"/>')
        parts.append(f'<text x="{x:.1f}" y="{HEIGHT - BOTTOM + 14}" text-anchor="middle">{_said(10**value)}</text>')
    for value in y_ticks:
        y, said = down(value), _said(10**value if log_up else value)
        parts.append(f'<line x1="{LEFT}" y1="{y:.1f}" x2="{WIDTH - RIGHT}" y2="{y:.1f}" stroke="#ddd"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{said}</text>')
    drawn = [(_look(number), name, line) for number, (name, line) in enumerate(lines.items()) if line]
    for number, (look, name, line) in enumerate(drawn):
        for x, y in line:
            parts.append(f'<circle cx="{right(math.log10(x)):.1f}" cy="{down(scale_up(y)):.1f}" {look}/>')
        parts.append(f'<circle cx="{WIDTH - RIGHT + 14}" cy="{TOP + 16 * number}" {look}/>')
        parts.append(f'<text x="{WIDTH - RIGHT + 24}" y="{TOP + 16 * number + 4}">{escape(name)}</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"


def _look(number: int) -> str:
    """Discs and rings in turn: of two at the same place both are seen."""
    colour = COLOURS[number % len(COLOURS)]
    return f'r="5" fill="none" stroke="{colour}" stroke-width="1.5"' if number % 2 else f'r="3" fill="{colour}"'


def save(folder: Path, name: str, text: str) -> None:
    """Write a plot."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{name}.svg"
    with naming(file):
        file.write_text(text, encoding="utf-8")


def _ticks(values: Sequence[float], *, log: bool) -> list[float]:
    """Values at an axis, its ends included: logarithms of 1, 2 and 5 times powers of ten, or halves from 0."""
    low, high = min(values, default=0.0), max(values, default=1.0)
    if not log:
        return [half / 2 for half in range(max(math.ceil(2 * high), 1) + 1)]
    marks = [power + part for power in range(math.floor(low), math.ceil(high) + 1) for part in _PARTS]
    first = max(mark for mark in marks if mark <= low)
    last = min(mark for mark in (*marks, marks[-1] + 1) if mark >= high and mark > first)
    return [mark for mark in marks if first <= mark <= last]


def _said(number: float) -> str:
    for unit, size in (("G", 10**9), ("M", 10**6), ("k", 10**3)):
        if number >= size * 0.999:
            return f"{number / size:.3g}{unit}"
    return f"{number:.3g}"
