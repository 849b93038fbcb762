"""What the steps and properties of a system mention: the rest never changes, and is left out of what is written."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from shootdown.model.ir.expr import Local
from shootdown.model.ir.reads import NOTHING, reads, statement_reads
from shootdown.model.ir.stmt import Assign, Block, Cell, Choose, Note
from shootdown.model.ir.system import Array, System
from shootdown.model.ir.walk import statements

from .rules import Rule


@dataclass(frozen=True)
class Mentioned:
    """Arrays of a system, and for each of its agents the slots of locals, in their order."""

    arrays: tuple[Array, ...]
    slots: tuple[tuple[int, ...], ...]


def mentioned(system: System, everything: Collection[Rule]) -> Mentioned:
    """What these rules and the properties of the system read or set. An array without cells is never there."""
    names = {name for prop in system.properties for name in reads(prop.expr).arrays}
    slots: Sequence[set[int]] = [set() for _ in system.agents]
    for rule in everything:
        arrays, locals = _of(rule.block)
        names |= arrays
        slots[rule.agent].update(locals)
    return Mentioned(
        tuple(array for array in system.arrays if array.size and array.name in names),
        tuple(tuple(sorted(own)) for own in slots),
    )


def _of(block: Block) -> tuple[set[str], set[int]]:
    found, arrays, locals = NOTHING, set[str](), set[int]()
    for statement in statements(block):
        match statement:
            case Note():
                continue
            case Assign(Cell(array)):
                arrays.add(array)
            case Assign(Local(slot)) | Choose(Local(slot)):
                locals.add(slot)
            case _:
                pass
        found |= statement_reads(statement)
    return arrays | found.arrays, locals | found.locals
