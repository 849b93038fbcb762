"""Operations: generator functions whose `yield`s bound the steps.

A decorated operation yields the label of each step that starts: its own name at entry, then what its `yield`s say, and
"after NAME" when it returns; so calls by `yield from` are boundaries in plain Python too.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec, TypeAlias, TypeVar, cast, overload

if TYPE_CHECKING:
    from .devices import DeviceType
    from .sorts import Index

T = TypeVar("T")
P = ParamSpec("P")

Steps: TypeAlias = Generator[str, None, None]
Result: TypeAlias = Generator[str, None, T]

F = TypeVar("F", bound=Callable[..., Generator[str, None, Any]])


@dataclass(frozen=True)
class Meaning:
    """What a decorator said of a function; `role` is "operation", "hardware", "slot" or a kind of property."""

    role: str
    source: str = ""
    seen: str = ""
    litmus: str | None = None
    atomic: str | None = None
    spontaneous: bool = False
    device: DeviceType | None = None
    unit: str | None = None
    per: type[Index] | None = None
    owed: bool = False


def meaning(function: object) -> Meaning | None:
    """What the decorator of a function said; None if it has none."""
    said = getattr(function, "__meaning__", None)
    return said if isinstance(said, Meaning) else None


def mark(function: object, said: Meaning) -> None:
    """Keep what a decorator said on the function."""
    setattr(function, "__meaning__", said)  # noqa: B010


def bounded(function: Callable[P, Generator[str, None, T]]) -> Callable[P, Generator[str, None, T]]:
    """The generator function with a boundary at entry and at return."""
    name = function.__name__

    @wraps(function)
    def steps(*args: P.args, **kwargs: P.kwargs) -> Generator[str, None, T]:
        yield name
        result = yield from function(*args, **kwargs)
        yield f"after {name}"
        return result

    return steps


@overload
def operation(function: F, /) -> F: ...
@overload
def operation(
    *,
    source: str = "",
    seen: str = "",
    litmus: str | None = None,
    atomic: str | None = None,
    device: DeviceType | None = None,
    spontaneous: bool = False,
) -> Callable[[F], F]: ...
def operation(function: F | None = None, /, **said: Any) -> F | Callable[[F], F]:
    """Declare an operation. `source`: file:function or a paper; `seen`: version or evidence; `litmus`: its line."""
    declare = _declare(Meaning("operation", **said))
    return declare if function is None else declare(function)


def hardware(
    *,
    unit: str,
    per: type[Index] | None = None,
    device: DeviceType | None = None,
    owed: bool = False,
    source: str = "",
    seen: str = "",
    litmus: str | None = None,
    atomic: str | None = None,
    spontaneous: bool = False,
) -> Callable[[F], F]:
    """Declare an operation of a hardware unit: one unit for each element of `per`, or for each device of the type."""
    return _declare(Meaning("hardware", source, seen, litmus, atomic, spontaneous, device, unit, per, owed))


def _declare(said: Meaning) -> Callable[[F], F]:
    def declare(function: F) -> F:
        steps = bounded(function)
        mark(steps, said)
        return cast(F, steps)

    return declare
