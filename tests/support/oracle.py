"""The end-to-end oracle by itself: every load returns a value that the abstract memory of its process allows.

It is what `model/kernel/mm/promise.py` checks where a load arrives, whatever property the check is counted under; what
is checked of stores, and every other property, is left out.
"""

from __future__ import annotations

import ast
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from commands import ROOT

from shootdown.checker.options import Limits
from shootdown.checker.scenario import Scenario
from shootdown.checker.scenario.request import build
from shootdown.checker.searching import search
from shootdown.model.ir.expr import TRUE
from shootdown.model.ir.stmt import Assert, Block, If, Stmt
from shootdown.model.ir.system import Property, PropertyKind, System
from shootdown.model.ir.walk import rewrite_blocks

PROMISE = ROOT / "model" / "kernel" / "mm" / "promise.py"
ORACLE = Property("loads", PropertyKind.ASSERTION, TRUE, "Every load returns what its process's memory allows")


LOADS = ("saw", "pin_saw", "lent_saw", "_compare")
STORES = ("stored", "pin_stored")


@lru_cache
def _lines(functions: tuple[str, ...]) -> tuple[range, ...]:
    """The lines of functions of the file."""
    tree = ast.parse(PROMISE.read_text(encoding="utf-8"))
    found = {item.name: item for item in tree.body if isinstance(item, ast.FunctionDef)}
    return tuple(range(found[name].lineno, (found[name].end_lineno or 0) + 1) for name in functions)


def _within(found: Assert, functions: tuple[str, ...]) -> bool:
    where = found.where
    return Path(where.path).name == PROMISE.name and any(where.line in lines for lines in _lines(functions))


def only_checks(system: System, functions: tuple[str, ...]) -> System:
    """The system with what these functions check as its only property."""

    def kept(block: Block) -> Block:
        return tuple(part for statement in block for part in parts(statement))

    def parts(statement: Stmt) -> Block:
        match statement:
            case Assert():
                return (replace(statement, name=ORACLE.name),) if _within(statement, functions) else ()
            case If(then=then, orelse=orelse):
                return (replace(statement, then=kept(then), orelse=kept(orelse)),)
            case _:
                return (statement,)

    return rewrite_blocks(replace(system, properties=(ORACLE,)), kept)


def objects(scenario: Scenario, functions: tuple[str, ...] = LOADS) -> bool | None:
    """Whether a check in these functions, those of loads if nothing else is said, fails in some run of a scenario.

    None: the world is too small to say, as some run goes beyond it before.
    """
    system = only_checks(build(scenario, properties=()).system, functions)
    exploration = search(system, {}, Limits()).exploration
    found = exploration.findings.get(ORACLE.name)
    if found is None and exploration.problem is not None:
        return None
    assert found is not None or exploration.exhausted
    return found is not None


def violated(scenario: Scenario) -> tuple[str, ...]:
    """The properties that a scenario expects to be violated."""
    return tuple(name for name, table in scenario.tables.expect.items() if table.verdict == "violated")
