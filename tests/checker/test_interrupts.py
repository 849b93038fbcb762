"""An interrupt is a KeyboardInterrupt, wherever it comes."""

from __future__ import annotations

import ctypes
from random import Random

import pytest
from random_systems import random_system

from shootdown.checker.interrupts import plain_interrupts
from shootdown.checker.options import Limits
from shootdown.checker.symbolic.bmc import BmcEngine
from shootdown.checker.symbolic.bounded import BoundedSearch


class Converted:
    """An argument of a foreign function during whose conversion something happens."""

    def __init__(self, error: type[BaseException]) -> None:
        self.error = error

    @property
    def _as_parameter_(self) -> int:
        raise self.error


def convert(error: type[BaseException]) -> None:
    """Call a foreign function and have `error` raised while its argument is converted."""
    function = ctypes.PYFUNCTYPE(ctypes.c_int, ctypes.py_object)(("Py_IsInitialized", ctypes.pythonapi))
    function.argtypes = (ctypes.c_int,)
    function(Converted(error))


def test_an_interrupt_in_the_conversion_of_an_argument_is_one() -> None:
    with pytest.raises(KeyboardInterrupt), plain_interrupts():
        convert(KeyboardInterrupt)


def test_another_error_there_stays_what_it_is() -> None:
    with pytest.raises(ctypes.ArgumentError, match="ZeroDivisionError"), plain_interrupts():
        convert(ZeroDivisionError)


def test_a_bounded_search_that_is_interrupted_there_tells_what_it_has_covered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def interrupted(self: BoundedSearch) -> str | None:
        self.covered = 3
        convert(KeyboardInterrupt)
        return None

    monkeypatch.setattr(BoundedSearch, "run", interrupted)
    found = BmcEngine().explore(random_system(Random(1), problems=False), Limits())
    assert (found.stopped, found.bound) == ("interrupted", 3)
