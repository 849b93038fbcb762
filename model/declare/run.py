"""The run that gives a model meaning in plain Python: its world, its design, and who resolves choices.

Model files hold no world. What depends on one asks for the current run, so runs in one process never meet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

Chooser = Callable[[Sequence[object]], object]
"""Resolves a choice: one of the candidates, of which there is at least one."""


def least(candidates: Sequence[object]) -> object:
    """The chooser of setup."""
    return candidates[0]


@dataclass
class Run:
    """One run of a model in plain Python.

    `elements` names the elements of each index sort, `devices` the type of each device, `given` the values of given
    places by "State.place". `design` maps each mechanism to its setting, `device_types` the names of device types to
    their declarations. `failed` and `notes` collect what `check` and `note` reported.
    """

    elements: Mapping[str, Sequence[str]]
    devices: Mapping[str, str] = field(default_factory=dict)
    given: Mapping[str, object] = field(default_factory=dict)
    design: Mapping[Any, object] = field(default_factory=dict)
    device_types: Mapping[str, Any] = field(default_factory=dict)
    chooser: Chooser = least
    failed: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    made: dict[type[object], tuple[object, ...]] = field(default_factory=dict, repr=False)
    """The elements of each index sort as objects, made when first asked for."""
    sorts: dict[type[object], Mapping[str, Any]] = field(default_factory=dict, repr=False)
    """The evaluated annotations of each class; bounds may depend on sizes, hence on the run."""

    @contextmanager
    def active(self) -> Iterator[None]:
        """Make this the current run."""
        token = _CURRENT.set(self)
        try:
            yield
        finally:
            _CURRENT.reset(token)


_CURRENT: ContextVar[Run | None] = ContextVar("shootdown_run", default=None)


def running() -> bool:
    """Whether there is a current run."""
    return _CURRENT.get() is not None


def current() -> Run:
    """The current run; RuntimeError if there is none."""
    run = _CURRENT.get()
    if run is None:
        raise RuntimeError("a model has elements, state and choices only within a run: use `with run.active():`")
    return run
