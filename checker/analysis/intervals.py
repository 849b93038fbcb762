"""How large the numbers of a system get: what decides the width of registers and bit-vectors."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import reduce
from operator import or_

from shootdown.model.ir.expr import Expr, Fold, FoldKind, Temp
from shootdown.model.ir.interval import Interval, Ranges, interval, process_ranges, state_ranges
from shootdown.model.ir.stmt import Assign, Block, Choose, Stmt
from shootdown.model.ir.system import Process, System
from shootdown.model.ir.walk import expressions, statements, subexpressions


def statement_ranges(system: System, process: Process, block: Block) -> Iterator[tuple[Stmt, Ranges]]:
    """Every statement of a step's block with the ranges that hold where it evaluates its expressions.

    A temporary has the union of what may have been written to it before.
    """
    ranges = process_ranges(system, process)
    for statement in statements(block):
        if isinstance(statement, Choose) and isinstance(statement.target, Temp):
            chosen = Interval(statement.lo, max(statement.lo, statement.hi))
            ranges = _written(ranges, statement.target.slot, chosen)
        yield statement, ranges
        if isinstance(statement, Assign) and isinstance(statement.target, Temp):
            ranges = _written(ranges, statement.target.slot, interval(statement.value, ranges))


def temp_intervals(system: System, process: Process, block: Block) -> dict[int, Interval]:
    """The interval of every temporary that a step's block writes."""
    ranges = process_ranges(system, process)
    for statement, before in statement_ranges(system, process, block):
        ranges = before
        if isinstance(statement, Assign) and isinstance(statement.target, Temp):
            ranges = _written(before, statement.target.slot, interval(statement.value, before))
    return dict(ranges.temps)


def _written(ranges: Ranges, slot: int, value: Interval) -> Ranges:
    known = ranges.temps.get(slot)
    return replace(ranges, temps={**ranges.temps, slot: value if known is None else known | value})


def widest(system: System) -> Interval:
    """An interval that holds every value and every intermediate result of the system's expressions."""
    found = Interval(0, 1)
    for array in system.arrays:
        found |= Interval(array.lo, array.hi)
    for process in system.processes:
        for local in process.locals:
            found |= Interval(local.lo, local.hi)
        for step in process.steps:
            for statement, ranges in statement_ranges(system, process, step.block):
                for expr in expressions(statement):
                    found |= intermediate(expr, ranges)
    for prop in system.properties:
        found |= intermediate(prop.expr, state_ranges(system))
    return found


def intermediate(expr: Expr, ranges: Ranges) -> Interval:
    """An interval that holds every value that is computed on the way to the expression's, partial sums included."""
    return reduce(or_, (held for _, held in parts(expr, ranges)))


def parts(expr: Expr, ranges: Ranges) -> Iterator[tuple[Expr, Interval]]:
    """The expression and each part of it, parents first, with an interval that holds what is computed there."""
    every = list(subexpressions(expr))
    bound = {part.name: Interval(part.lo, max(part.lo, part.hi)) for part in every if isinstance(part, Fold)}
    inside = replace(ranges, bound={**ranges.bound, **bound})
    for part in every:
        held = interval(part, inside)
        if isinstance(part, Fold):
            # The loop's last increment passes the upper end.
            held |= Interval(part.lo, part.hi + 1) if part.hi >= part.lo else Interval(part.hi, part.lo)
        if isinstance(part, Fold) and part.kind is FoldKind.SUM:
            held |= Interval(0, 0)
        yield part, held
