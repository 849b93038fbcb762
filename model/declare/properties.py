"""What a model claims of itself: state properties and the names of step assertions."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from .state import State
from .steps import Meaning, mark

K = TypeVar("K", bound=State)


def always(holds: Callable[[K], bool]) -> Callable[[K], bool]:
    """Declare a property of every reachable state."""
    mark(holds, Meaning("always"))
    return holds


def at_end(holds: Callable[[K], bool]) -> Callable[[K], bool]:
    """Declare a property of every state in which no progress step is enabled and every program has finished."""
    mark(holds, Meaning("at_end"))
    return holds


def sometimes(holds: Callable[[K], bool]) -> Callable[[K], bool]:
    """Declare a witness: some reachable state must show it."""
    mark(holds, Meaning("sometimes"))
    return holds


def step_assertion(means: Callable[[], None]) -> Callable[[], None]:
    """Declare the meaning of a name that is used in `check(cond, "name")`."""
    mark(means, Meaning("step_assertion"))
    return means
