"""The second tier: C emitted for one system, built beside a running search."""

from __future__ import annotations

from dataclasses import replace
from threading import Thread

from .build import BuildCancelled, Builder, NoCompiler
from .emit import STEPS_SYMBOL, emit_steps
from .layout import Packing
from .native import Driver, driver
from .search import NativeSearch
from .specialise import Specialised, Unsupported

START_AFTER = 0.4
"""Seconds after which a search is taken to be a long one."""

START_AFTER_ON_ONE_CORE = 3.0
"""The same where a search is to use one core: the compiler takes about that long, and others wait for the core."""


def emitted_driver(builder: Builder, specialised: Specialised, packing: Packing) -> Driver:
    """Build the steps of a system, or take them from the cache.

    Raises `NoCompiler`, and `Unsupported` for a step that is too long.
    """
    source = emit_steps(specialised, packing)
    return driver(builder.load(source, STEPS_SYMBOL), STEPS_SYMBOL)


class Background:
    """Builds the steps in a thread of its own once the search has run for a while; called with the seconds so far.

    Without a builder it never does.
    """

    def __init__(self, search: NativeSearch, builder: Builder | None) -> None:
        self._search = search
        self._builder = None if builder is None else replace(builder)
        self._thread: Thread | None = None
        self._built: Driver | None = None

    def __enter__(self) -> Background:
        return self

    def __exit__(self, *_: object) -> None:
        """A build that the search no longer waits for is ended."""
        if self._thread is not None and self._builder is not None:
            self._builder.cancel()
            self._thread.join()

    def __call__(self, seconds: float) -> Driver | None:
        """The driver of the built steps, once, when it is ready."""
        if self._thread is None:
            one_core = self._search.limits.native.threads == 1
            if self._builder is not None and seconds >= (START_AFTER_ON_ONE_CORE if one_core else START_AFTER):
                self._thread = Thread(target=self._build, args=(self._builder,), name="steps", daemon=True)
                self._thread.start()
            return None
        built, self._built = self._built, None
        return built

    def _build(self, builder: Builder) -> None:
        try:
            self._built = emitted_driver(builder, self._search.specialised, self._search.packing)
        except (NoCompiler, BuildCancelled, Unsupported):
            return
