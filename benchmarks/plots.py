"""Plots of measurements as SVG: lines or points on logarithmic scales, one colour for each tool."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

WIDTH, HEIGHT = 640, 400
LEFT, RIGHT, TOP, BOTTOM = 70, 150, 30, 45
FONT = 'font-family="sans-serif" font-size="11"'
COLOURS = ("#1b6ca8", "#c0392b", "#27864a", "#8e44ad", "#d68910", "#5d6d7e", "#117a65")
Points = Sequence[tuple[float, float]]


def plot(title: str, across: str, up: str, lines: Mapping[str, Points], *, log: bool = True) -> str:
    """The plot as text."""
    scale = math.log10 if log else float
    points = [(scale(x), scale(y)) for line in lines.values() for x, y in line]
    xs, ys = _range([x for x, _ in points], log=log), _range([y for _, y in points], log=log)

    def place(x: float, y: float) -> tuple[float, float]:
        return (
            LEFT + (x - xs[0]) / (xs[1] - xs[0]) * (WIDTH - LEFT - RIGHT),
            HEIGHT - BOTTOM - (y - ys[0]) / (ys[1] - ys[0]) * (HEIGHT - TOP - BOTTOM),
        )

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" {FONT}>',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        f'<text x="{LEFT}" y="18" font-size="13">{escape(title)}</text>',
        f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 8}" text-anchor="middle">{escape(across)}</text>',
        f'<text transform="translate(14 {HEIGHT / 2}) rotate(-90)" text-anchor="middle">{escape(up)}</text>',
    ]
    for value in _ticks(xs, log=log):
        x, _ = place(value, ys[0])
        parts.append(f'<line x1="{x:.1f}" y1="{TOP}" x2="{x:.1f}" y2="{HEIGHT - BOTTOM}" stroke="#ddd"/>')
        parts.append(f'<text x="{x:.1f}" y="{HEIGHT - BOTTOM + 14}" text-anchor="middle">{_said(value, log)}</text>')
    for value in _ticks(ys, log=log):
        _, y = place(xs[0], value)
        parts.append(f'<line x1="{LEFT}" y1="{y:.1f}" x2="{WIDTH - RIGHT}" y2="{y:.1f}" stroke="#ddd"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{_said(value, log)}</text>')
    for number, (name, line) in enumerate(lines.items()):
        colour = COLOURS[number % len(COLOURS)]
        for x, y in (place(scale(x), scale(y)) for x, y in line):
            parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}"/>')
        parts.append(f'<circle cx="{WIDTH - RIGHT + 14}" cy="{TOP + 16 * number}" r="3.5" fill="{colour}"/>')
        parts.append(f'<text x="{WIDTH - RIGHT + 24}" y="{TOP + 16 * number + 4}">{escape(name)}</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"


def save(folder: Path, name: str, text: str) -> None:
    """Write a plot."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.svg").write_text(text, encoding="utf-8")


def _range(values: Sequence[float], *, log: bool) -> tuple[float, float]:
    low, high = min(values, default=0.0), max(values, default=1.0)
    low, high = (math.floor(low), math.ceil(high)) if log else (0.0, high * 1.05)
    return (low, high) if high > low else (low, low + 1)


def _ticks(limits: tuple[float, float], *, log: bool) -> Sequence[float]:
    if log:
        return range(int(limits[0]), int(limits[1]) + 1)
    step = max(1, round(limits[1] / 5))
    return range(0, int(limits[1]) + 1, step)


def _said(value: float, log: bool) -> str:
    number = 10**value if log else value
    for unit, size in (("G", 10**9), ("M", 10**6), ("k", 10**3)):
        if number >= size:
            return f"{number / size:g}{unit}"
    return f"{number:g}"
