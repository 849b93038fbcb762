"""Sorts of option values that click lacks."""

from __future__ import annotations

import re

import click


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
        return int(amount)


SIZE = _Size()
