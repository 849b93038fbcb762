"""Die Hard: measure a number of gallons with two jugs, a fountain and no marks.

The puzzle of the film, with the jugs' sizes and the goal given by the world. Every move is always allowed, also one
that changes nothing.
"""

from __future__ import annotations

from shootdown.model import Annotated, Between, State, Steps, always, given, nothing, operation

Gallons = Annotated[int, Between(0, 9)]


class Jugs(State):
    """What is in the jugs."""

    big_size: Gallons = given()
    small_size: Gallons = given()
    goal: Gallons = given()
    big: Gallons = 0
    small: Gallons = 0


@operation(atomic="a Murphi rule", litmus="fill small")
def fill_small(k: Jugs) -> Steps:
    """Fill the small jug at the fountain."""
    k.small = k.small_size
    yield from nothing()


@operation(atomic="a Murphi rule", litmus="fill big")
def fill_big(k: Jugs) -> Steps:
    """Fill the big jug at the fountain."""
    k.big = k.big_size
    yield from nothing()


@operation(atomic="a Murphi rule", litmus="empty small")
def empty_small(k: Jugs) -> Steps:
    """Pour the small jug out."""
    k.small = 0
    yield from nothing()


@operation(atomic="a Murphi rule", litmus="empty big")
def empty_big(k: Jugs) -> Steps:
    """Pour the big jug out."""
    k.big = 0
    yield from nothing()


@operation(atomic="a Murphi rule", litmus="pour small into big")
def small_to_big(k: Jugs) -> Steps:
    """Pour from the small jug into the big one until one is empty or the other full."""
    poured = min(k.small, k.big_size - k.big)
    k.small -= poured
    k.big += poured
    yield from nothing()


@operation(atomic="a Murphi rule", litmus="pour big into small")
def big_to_small(k: Jugs) -> Steps:
    """Pour from the big jug into the small one until one is empty or the other full."""
    poured = min(k.big, k.small_size - k.small)
    k.big -= poured
    k.small += poured
    yield from nothing()


@always
def goal_not_reached(k: Jugs) -> bool:
    """The big jug never holds the goal: a counterexample is the solution."""
    return k.big != k.goal
