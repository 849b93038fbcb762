"""All reachable states of a system, for those who want to learn from them."""

from __future__ import annotations

import ctypes
from array import array
from dataclasses import replace

from shootdown.model.ir.system import System

from ..options import Limits
from ..result import Exploration, Reached
from .engine import ExplicitEngine, exploration
from .search import NativeSearch
from .tiers import Background


def reached_states(system: System, limits: Limits) -> tuple[Exploration, Reached | None]:
    """What a search of the system finds, and its reachable states if nothing stops the search of them.

    Raises `NoCompiler` or `Unsupported` where the native engine cannot run.
    """
    found = ExplicitEngine().explore(system, limits)
    if found.stopped is not None or found.problem is not None:
        return found, None
    engine = ExplicitEngine()
    # Without properties the search ends only when there is nothing left to reach.
    with engine.prepare(replace(system, properties=()), limits) as search:
        with Background(search, engine.builder()) as swap:
            search.run(swap)
        whole = exploration(search, engine.name)
        return replace(whole, findings=found.findings), _states(search) if whole.exhausted else None


def _states(search: NativeSearch) -> Reached:
    packing, native = search.packing, search.native
    words = array("Q")
    words.frombytes(ctypes.string_at(native.store, int(native.count) * packing.words * 8))
    columns = []
    for slot in packing.slots:
        mask = (1 << slot.bits) - 1
        if mask:
            column = [(word >> slot.shift & mask) + slot.lo for word in words[slot.word :: packing.words]]
        else:
            column = [slot.lo] * int(native.count)
        columns.append(column)
    return Reached(int(native.count), tuple(columns))
