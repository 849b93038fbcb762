"""Two jugs of 3 and 5 gallons."""

from __future__ import annotations

from shootdown.model import Annotated, Between, State, Steps, atomic, nothing, operation, sometimes


class Jugs(State):
    """What is in them."""

    small: Annotated[int, Between(0, 3)] = 0
    big: Annotated[int, Between(0, 5)] = 0


@operation(litmus="fill small")
def fill_small(k: Jugs) -> Steps:
    """Fill the small one."""
    k.small = 3
    yield from nothing()


@operation(litmus="fill big")
def fill_big(k: Jugs) -> Steps:
    """Fill the big one."""
    k.big = 5
    yield from nothing()


@operation(litmus="empty small")
def empty_small(k: Jugs) -> Steps:
    """Empty the small one."""
    k.small = 0
    yield from nothing()


@operation(litmus="empty big")
def empty_big(k: Jugs) -> Steps:
    """Empty the big one."""
    k.big = 0
    yield from nothing()


@operation(litmus="small to big")
def small_to_big(k: Jugs) -> Steps:
    """Pour until one is full or empty."""
    atomic("pouring takes no time")
    amount = min(k.small, 5 - k.big)
    k.small -= amount
    k.big += amount
    yield from nothing()


@operation(litmus="big to small")
def big_to_small(k: Jugs) -> Steps:
    """Pour until one is full or empty."""
    atomic("pouring takes no time")
    amount = min(k.big, 3 - k.small)
    k.big -= amount
    k.small += amount
    yield from nothing()


@sometimes
def four(k: Jugs) -> bool:
    """Four gallons are measured."""
    return k.big == 4
