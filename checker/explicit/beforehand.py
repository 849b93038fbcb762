"""Builds the register machine while something else is done that needs no compiler."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from threading import Thread

from .build import BuildCancelled, Builder, NoCompiler, default_builder
from .native import MACHINE_SYMBOL, machine_source


@contextmanager
def machine_built() -> Iterator[None]:
    """Have the machine at hand behind the block; where there is no compiler, whoever needs one will say so."""
    try:
        builder = replace(default_builder())
    except NoCompiler:
        yield
        return
    thread = Thread(target=_build, args=(builder,), name="machine", daemon=True)
    thread.start()
    try:
        yield
    except BaseException:
        builder.cancel()
        raise
    finally:
        thread.join()


def _build(builder: Builder) -> None:
    try:
        builder.load(machine_source(), MACHINE_SYMBOL)
    except (NoCompiler, BuildCancelled):
        return
