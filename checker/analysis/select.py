"""Selection of properties: what nobody asked about is neither evaluated nor reported."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from shootdown.model.ir.stmt import Assert, Block, If, Stmt
from shootdown.model.ir.system import System
from shootdown.model.ir.walk import if_or_same, rewrite_blocks, same_or


def select_properties(system: System, names: Collection[str]) -> System:
    """The system with only the named properties, and only their step assertions.

    Raises KeyError for a name that is no property of the system.
    """
    unknown = set(names) - {prop.name for prop in system.properties}
    if unknown:
        raise KeyError(f"no property {', '.join(sorted(unknown))}")
    kept = tuple(prop for prop in system.properties if prop.name in names)
    return drop_unselected_assertions(replace(system, properties=kept))


def drop_unselected_assertions(system: System) -> System:
    """The system without step assertions of properties that it does not list."""
    names = {prop.name for prop in system.properties}

    def keep(block: Block) -> Block:
        return same_or(block, tuple([_branches(statement) for statement in block if not _dropped(statement)]))

    def _branches(statement: Stmt) -> Stmt:
        if not isinstance(statement, If):
            return statement
        return if_or_same(statement, statement.cond, keep(statement.then), keep(statement.orelse))

    def _dropped(statement: Stmt) -> bool:
        return isinstance(statement, Assert) and statement.name not in names

    return rewrite_blocks(system, keep)
