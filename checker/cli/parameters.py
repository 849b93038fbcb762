"""Sorts of option values that click lacks."""

from __future__ import annotations

import math
import re

import click

_MOST_BYTES = 2**63
"""More than any machine has, as good as no limit."""


class _Size(click.ParamType[int]):
    """An amount of memory: 2G, 512M, 1.5GiB, or bytes."""

    name = "size"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if isinstance(value, int):
            return value
        found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([KMGT]?)(?:i?B)?", str(value).strip(), re.IGNORECASE)
        amount = float(found[1]) * 1024 ** " KMGT".index(found[2].upper() or " ") if found else 0
        if amount < 1:
            self.fail(f"'{value}' is not an amount of memory: write 2G, 512M or a number of bytes", param, ctx)
        return int(min(amount, _MOST_BYTES))


class _Finite(click.FloatRange):
    """A range without what is no number, which every comparison takes for one that is small enough."""

    def convert(self, value: float, param: click.Parameter | None, ctx: click.Context | None) -> float:
        number = float(super().convert(value, param, ctx))
        if not math.isfinite(number):
            self.fail(f"'{value}' is not a finite number", param, ctx)
        return number


SIZE = _Size()
SECONDS = _Finite(min=0, min_open=True)
PAUSE = _Finite(min=0)
PERCENT = _Finite(0, 100)
SWITCHES = click.IntRange(0, 1_000_000)
"""The number of switches is a part of each state, and has to fit there beside the rest."""
