"""What stands inside steps: guards, choices, assertions, notes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, overload

from .outcomes import Blocked, ModelErrorRaised, WorldTooSmallRaised
from .run import current
from .shown import ascending, text
from .sizes import members
from .steps import Steps

T = TypeVar("T")


def wait(cond: bool) -> None:
    """The step is enabled only if `cond` holds."""
    if not cond:
        raise Blocked


@overload
def choose(source: range, *, where: Callable[[int], bool] | None = None) -> int: ...
@overload
def choose(source: frozenset[T], *, where: Callable[[T], bool] | None = None) -> T: ...
@overload
def choose(source: type[T], *, where: Callable[[T], bool] | None = None) -> T: ...
def choose(source: Any, *, where: Callable[[Any], bool] | None = None) -> Any:
    """Any value for which `where` holds; the step is enabled only if there is one. One transition for each."""
    found = _candidates(source, where)
    if not found:
        raise Blocked
    return _chosen(found)


@overload
def pick(source: range, *, where: Callable[[int], bool] | None = None) -> int: ...
@overload
def pick(source: frozenset[T], *, where: Callable[[T], bool] | None = None) -> T: ...
@overload
def pick(source: type[T], *, where: Callable[[T], bool] | None = None) -> T: ...
def pick(source: Any, *, where: Callable[[Any], bool] | None = None) -> Any:
    """Any value for which `where` holds, inside a step; WorldTooSmallRaised if there is none."""
    found = _candidates(source, where)
    if not found:
        raise WorldTooSmallRaised(f"no {getattr(source, '__name__', text(source))} left to pick")
    return _chosen(found)


def _candidates(source: Any, where: Callable[[Any], bool] | None) -> dict[Any, Exception | None]:
    """The values that may be chosen; with an exception those for which `where` goes wrong, as choosing them does."""
    found: dict[Any, Exception | None] = {}
    for value in members(source) if isinstance(source, type) else ascending(source):
        try:
            if where is None or where(value):
                found[value] = None
        except (ModelErrorRaised, AssertionError, ZeroDivisionError) as wrong:
            found[value] = wrong
    return found


def _chosen(found: dict[Any, Exception | None]) -> Any:
    value = current().chooser(list(found))
    wrong = found[value]
    if wrong is not None:
        raise wrong
    return value


def check(cond: bool, name: str) -> None:
    """A step assertion of the property `name`: a failure is recorded, and execution goes on."""
    if not cond:
        current().failed.append(name)


def note(message: str) -> None:
    """Add text to the step in diagrams."""
    current().notes.append(message)


def atomic(reason: str, *, hardware: bool = False) -> None:
    """At the head of a step: why it may make more than one shared access.

    `hardware`: the machine itself does it at once, so that `check --split` leaves the step whole.
    """


def nothing() -> Steps:
    """The body of an operation without steps."""
    yield from ()
