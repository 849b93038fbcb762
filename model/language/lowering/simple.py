"""Lowers statements that have no control flow."""

from __future__ import annotations

from ...ir.expr import TRUE, Const, Local
from ...ir.source import Span
from ...ir.stmt import Assert, Failure, Note, Wait
from .. import tree
from ..sorts import IntSort, OptionSort, StateSort
from ..walk import expressions as every
from . import choices, expressions, places
from .emit import Emit
from .scope import Frame, Scope, Target
from .shapes import Val, bounds
from .slots import Slots
from .terms import conj, disj, negate


def statement(emit: Emit, scope: Scope, node: tree.Stmt, slots: Slots) -> None:
    """Emit a statement."""
    match node:
        case tree.AssignLocal(name=name, value=value):
            _local(emit, scope, node, name, value, slots)
        case tree.AssignPlace():
            places.assign(emit, scope, node)
        case tree.Push():
            places.push(emit, scope, node)
        case tree.Do(call=call):
            expressions.evaluate(emit, scope, call)
        case tree.Wait(condition=condition):
            _wait(emit, scope, node, condition)
        case tree.Check(condition=condition, name=name):
            emit.out.append(Assert(expressions.evaluate(emit, scope, condition).leaf, name, node.where))
        case tree.Assert(condition=condition, text=text):
            cond = expressions.evaluate(emit, scope, condition).leaf
            emit.demand(cond, f"assert {text}", node.where, Failure.MODEL_ERROR)
        case tree.Note(parts=parts):
            shown = [part if isinstance(part, str) else emit.shown(_of(emit, scope, part)) for part in parts]
            emit.out.append(Note(tuple(shown), False, node.where))
        case tree.Atomic(reason=reason, hardware=hardware):
            emit.reasons.append(reason)
            emit.coarse = emit.split and not hardware
        case _:
            raise TypeError(f"not a simple statement: {node!r}")


def _of(emit: Emit, scope: Scope, node: tree.Expr) -> Val:
    return expressions.evaluate(emit, scope, node)


def _wait(emit: Emit, scope: Scope, node: tree.Wait, condition: tree.Expr) -> None:
    with emit.collecting() as demands:
        cond = expressions.evaluate(emit, scope, condition).leaf
    fine = conj(*(demand.cond for demand in demands))
    cond = disj(negate(fine), cond)
    if cond != TRUE:
        emit.out.append(Wait(cond, node.where))
    for demand in demands:
        emit.check(demand)


def _local(emit: Emit, scope: Scope, node: tree.AssignLocal, name: str, value: tree.Expr, slots: Slots) -> None:
    frame = scope.frame
    assert frame is not None
    if isinstance(value, tree.Pick):
        sort = frame.function.locals.get(name)
        direct = not isinstance(sort, OptionSort | IntSort) and sort is not None
        places_of = frame.places(name)
        if direct and not _uses(value, name):
            made = choices.pick(emit, scope, value, places_of[0], name)
            _claim(slots, frame, name, made)
            return
        found = choices.pick(emit, scope, value, None, name)
    else:
        found = expressions.evaluate(emit, scope, value)
    give_local(emit, frame, name, found, node.where, slots)


def _uses(node: tree.Expr, name: str) -> bool:
    return any(isinstance(part, tree.Var) and part.name == name for part in every(node))


def give_local(emit: Emit, frame: Frame, name: str, value: Val, where: Span, slots: Slots) -> None:
    """Assign a local of an activation."""
    shape = frame.shape(name)
    made = expressions.fit(emit, value, shape, where, f'"{name}" out of bounds')
    _claim(slots, frame, name, made)
    emit.store(list(frame.places(name)), made.leaves, where)


def _claim(slots: Slots, frame: Frame, name: str, value: Val) -> None:
    for place, (lo, hi) in zip(frame.places(name), bounds(value.shape), strict=True):
        if isinstance(place, Local):
            slots.claim(place.slot, frame.title(name), lo, hi)


def give(emit: Emit, frame: Frame, value: Val, where: Span, slots: Slots) -> None:
    """Hand the result of a function to whom it may concern."""
    function = frame.function
    result = emit.setting.shape(function.result)
    made = expressions.fit(emit, value, result, where, f"result of {function.name} out of bounds")
    match frame.target:
        case None:
            return
        case Target(frame=None, temps=temps):
            emit.store(list(temps), made.leaves, where)
        case Target(frame=owner, name=name) if owner is not None:
            give_local(emit, owner, name, made, where, slots)


def pass_arguments(emit: Emit, frame: Frame, args: dict[str, Val], where: Span, slots: Slots) -> None:
    """Store the arguments that have slots of their own."""
    for item in frame.function.values:
        if item.name in frame.slots:
            assert not isinstance(item.sort, StateSort)
            give_local(emit, frame, item.name, args[item.name], where, slots)


def reset(emit: Emit, frame: Frame, slots: Slots) -> None:
    """Put the slots of a function that returns back to their value outside operations."""
    if frame.scratch:
        return
    for name in frame.slots:
        for place in frame.places(name):
            assert isinstance(place, Local)
            slots.claim(place.slot, frame.title(name))
            emit.assign(place, Const(0), frame.function.where)
