"""Engines by name. A thunk imports its engine when it is asked for, so that naming one costs nothing."""

from __future__ import annotations

from collections.abc import Callable

from .result import Engine


def _bmc() -> Engine:
    from .symbolic.bmc import BmcEngine

    return BmcEngine()


def _explicit() -> Engine:
    from .explicit.engine import ExplicitEngine

    return ExplicitEngine()


def _induction() -> Engine:
    from .explicit.reached import reached_states
    from .symbolic.induction import InductionEngine

    return InductionEngine(reached_states)


def _interpreter() -> Engine:
    from .interpreter import InterpreterEngine

    return InterpreterEngine()


def _reduced() -> Engine:
    from .explicit.reduced_engine import ReducedEngine

    return ReducedEngine()


ENGINES: dict[str, Callable[[], Engine]] = {
    "bmc": _bmc,
    "explicit": _explicit,
    "induction": _induction,
    "interpreter": _interpreter,
    "reduced": _reduced,
}
"""Sorted by name."""

DEFAULT = "explicit"

MACRO_STEPS = frozenset({"bmc"})
"""Engines that search macro-steps, whose paths need not be the shortest."""

REDUCED = "reduced"
"""The engine that the default one gives way to where a system is large."""

ONE_BY_ONE = frozenset({"induction"})
"""Engines that do so for one property at a time, each on a slice of its own."""


def engine(name: str = DEFAULT) -> Engine:
    """The engine of that name; `KeyError` for a name that is not in `ENGINES`."""
    return ENGINES[name]()
