"""What a property that holds owes its holding to: the property without its conclusion.

Where that holds, too, nothing was ever asked: the antecedent holds in no state, or no assertion is ever reached.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

from shootdown.model.ir.expr import FALSE, Expr, Fold, FoldKind, Op, Operator
from shootdown.model.ir.simplify import operation
from shootdown.model.ir.stmt import Assert, Block, If, Stmt
from shootdown.model.ir.system import Property, PropertyKind, System
from shootdown.model.ir.walk import rewrite_blocks, statements

STATE_KINDS = (PropertyKind.ALWAYS, PropertyKind.AT_END)


def without_conclusions(system: System, names: Collection[str]) -> System:
    """The system with the named properties only, each without its conclusion; those that have none are left out.

    A state property is left with the negation of its antecedent; an assertion is false wherever it is reached.
    """
    properties = []
    for prop in system.properties:
        if prop.name in names:
            properties += [prop] if prop.kind is PropertyKind.ASSERTION else antecedents([prop])
    asserted = {prop.name for prop in properties if prop.kind is PropertyKind.ASSERTION}
    reduced = replace(system, properties=tuple(properties))
    return rewrite_blocks(reduced, lambda block: _reached(block, asserted)) if asserted else reduced


def antecedents(properties: Iterable[Property]) -> list[Property]:
    """The state properties among these, each with the negation of its antecedent only; without those that have none."""
    found = []
    for prop in properties:
        expr = without_conclusion(prop.expr) if prop.kind in STATE_KINDS else None
        if expr is not None:
            found.append(replace(prop, expr=expr))
    return found


def assertions(system: System) -> frozenset[str]:
    """The properties whose assertions stand in some step."""
    return frozenset(
        statement.name
        for process in system.processes
        for step in process.steps
        for statement in statements(step.block)
        if isinstance(statement, Assert)
    )


def has_conclusion(prop: Property) -> bool:
    """Whether a state property has an antecedent, and so may hold without saying anything."""
    return prop.kind in STATE_KINDS and without_conclusion(prop.expr) is not None


def without_conclusion(expr: Expr) -> Expr | None:
    """What is left of a state property without its conclusion; None if it is no implication.

    Implications are `all(... for x in X if condition)` and `not a or b`, also `a != x or b`: the last part is the
    conclusion. A conjunction counts if each of its parts is one.
    """
    match expr:
        case Fold(FoldKind.ALL):
            body = without_conclusion(expr.body)
            return None if body is None else replace(expr, body=body)
        case Op(Operator.IMPLIES, (premise, _)):
            return operation(Operator.NOT, (premise,), expr.where)
        case Op(Operator.OR, (*premises, _)) if premises and all(_negative(part) for part in premises):
            return operation(Operator.OR, tuple(premises), expr.where)
        case Op(Operator.AND, parts) if parts:
            left = [without_conclusion(part) for part in parts]
            implications = tuple(part for part in left if part is not None)
            return operation(Operator.AND, implications, expr.where) if len(implications) == len(parts) else None
        case _:
            return None


def _negative(part: Expr) -> bool:
    return isinstance(part, Op) and part.operator in (Operator.NOT, Operator.NE)


def _reached(block: Block, names: Collection[str]) -> Block:
    return tuple(_false(statement, names) for statement in block)


def _false(statement: Stmt, names: Collection[str]) -> Stmt:
    match statement:
        case Assert(name=name) if name in names:
            return replace(statement, cond=FALSE)
        case If(then=then, orelse=orelse):
            return replace(statement, then=_reached(then, names), orelse=_reached(orelse, names))
        case _:
            return statement
