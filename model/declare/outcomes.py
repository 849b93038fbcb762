"""How a run in plain Python ends a step other than by finishing it."""

from __future__ import annotations


class Blocked(Exception):
    """A false `wait`, or a `choose` without candidates: the step is not enabled. The run is to be discarded."""


class ModelErrorRaised(Exception):
    """The model goes wrong: `some(None)`, a bound exceeded, `pop` or `head` of an empty queue."""


class WorldTooSmallRaised(Exception):
    """Something ran out: `pick` without a candidate, `push` on a full queue."""
