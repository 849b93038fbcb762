"""Lowers expressions to values."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace

from ...ir.expr import FALSE, TRUE, Const, Expr, Fold, Op, Operator, Rigid
from ...ir.source import NOWHERE, Span
from .. import tree
from ..sorts import BoolSort
from ..tree import Operation
from . import calls, choices, places
from .emit import Emit
from .scope import Scope
from .shapes import (
    Mask,
    Rec,
    Scalar,
    Shape,
    Val,
    bounds,
    coerce,
    equal,
    field_of,
    is_none,
    number,
    truth,
    union,
    unwrap,
    within,
)
from .terms import add, between, conj, disj, negate, op

ARITHMETIC = {
    Operation.ADD: Operator.ADD,
    Operation.SUB: Operator.SUB,
    Operation.MUL: Operator.MUL,
    Operation.DIV: Operator.DIV,
    Operation.MOD: Operator.MOD,
    Operation.MIN: Operator.MIN,
    Operation.MAX: Operator.MAX,
}
MASKS = {
    Operation.UNION: Operator.BITS_OR,
    Operation.MINUS: Operator.BITS_MINUS,
    Operation.MEET: Operator.BITS_AND,
}


def evaluate(emit: Emit, scope: Scope, node: tree.Expr) -> Val:
    """The value of an expression; statements and checks that it needs go to `emit`."""
    value = _evaluate(emit, scope, node)
    if isinstance(node.sort, BoolSort):
        leaf = value.leaf
        if isinstance(leaf, Op | Fold) and leaf.where == NOWHERE:
            return truth(replace(leaf, where=node.where))
    return value


def _evaluate(emit: Emit, scope: Scope, node: tree.Expr) -> Val:
    match node:
        case tree.Literal(value=None):
            return Val(emit.setting.shape(node.sort), ())
        case tree.Literal(value=value):
            assert value is not None
            if isinstance(node.sort, BoolSort):
                return truth(Const(value))
            shape = emit.setting.shape(node.sort) if not _is_int(node) else Scalar("int", value, value)
            return Val(shape, (Const(value, node.where),))
        case tree.Var(name=name, unwrap=narrowed):
            found = scope.value(name)
            return unwrap(found) if narrowed else found
        case tree.Read(place=place):
            return places.read(emit, scope, place)
        case tree.QueueRead():
            return places.ask(emit, scope, node)
        case tree.Pop(place=place):
            return places.pop(emit, scope, place)
        case tree.FieldOf(record=record, name=name):
            return field_of(evaluate(emit, scope, record), name)
        case tree.Construct() | tree.Replace():
            return _record(emit, scope, node)
        case tree.Not(operand=operand):
            return truth(negate(evaluate(emit, scope, operand).leaf))
        case tree.Logic():
            return truth(_logic(emit, scope, node))
        case tree.Conditional():
            return _conditional(emit, scope, node)
        case tree.IsNone(operand=operand):
            return truth(is_none(evaluate(emit, scope, operand)))
        case tree.Binary():
            return _binary(emit, scope, node)
        case tree.Among(item=item, options=options):
            values = operands(emit, scope, [item, *options])
            return truth(disj(*(equal(values[0], option) for option in values[1:])))
        case tree.Within(item=item, container=container):
            left, right = operands(emit, scope, [item, container])
            return truth(contains(right, left))
        case tree.SetOf(elements=elements):
            return _display(emit, scope, node, elements)
        case tree.Count(operand=operand):
            held = evaluate(emit, scope, operand)
            assert isinstance(held.shape, Mask)
            element = held.shape.element
            return number(op(Operator.COUNT, held.leaf), 0, element.hi - element.lo + 1 if element else 0)
        case tree.Quantified():
            return choices.quantified(emit, scope, node)
        case tree.Pick():
            return choices.pick(emit, scope, node, None)
        case tree.Call():
            return calls.call(emit, scope, node)
        case tree.Way(mechanism=mechanism):
            return Val(emit.setting.shape(node.sort), (Rigid(mechanism.name),))
        case _:
            return _position(emit, scope, node)


def _is_int(node: tree.Expr) -> bool:
    from ..sorts import IntSort

    return isinstance(node.sort, IntSort)


Positional = tree.Abs | tree.Size | tree.Ordinal | tree.Nth | tree.Some | tree.MakeRange | tree.RangeEmpty


def _position(emit: Emit, scope: Scope, node: Positional) -> Val:
    match node:
        case tree.Size(of=sort):
            shape = emit.setting.scalar(sort)
            count = shape.hi - shape.lo + 1
            return number(Const(count), count, count)
        case tree.Abs(operand=operand):
            value = evaluate(emit, scope, operand)
            ((lo, hi),) = bounds(value.shape)
            mirrored = op(Operator.SUB, Const(0), value.leaf)
            least = 0 if lo <= 0 <= hi else min(abs(lo), abs(hi))
            return number(op(Operator.MAX, value.leaf, mirrored), least, max(abs(lo), abs(hi)))
        case tree.Ordinal(operand=operand):
            value = evaluate(emit, scope, operand)
            ((lo, hi),) = bounds(value.shape)
            return number(value.leaf, lo, hi)
        case tree.Nth(of=sort, position=position):
            shape, value = emit.setting.scalar(sort), evaluate(emit, scope, position)
            fit(emit, value, Scalar("int", shape.lo, shape.hi), node.where, f"no {shape.sort} at this position")
            return Val(shape, value.leaves)
        case tree.Some(operand=operand):
            value = evaluate(emit, scope, operand)
            emit.demand(negate(is_none(value)), "None used as a value", node.where)
            return unwrap(value)
        case tree.RangeEmpty(operand=operand):
            first, stop = evaluate(emit, scope, operand).leaves
            return truth(op(Operator.LE, stop, first))
        case tree.MakeRange():
            return _range(emit, scope, node)


def _range(emit: Emit, scope: Scope, node: tree.MakeRange) -> Val:
    first, last = operands(emit, scope, [node.first, node.last])
    shape = emit.setting.shape(node.sort)
    if not node.inclusive:
        return Val(shape, (first.leaf, op(Operator.MAX, first.leaf, last.leaf)))
    emit.demand(op(Operator.LE, first.leaf, last.leaf), "the range ends before it begins", node.where)
    return Val(shape, (first.leaf, add(last.leaf, 1)))


def operands(emit: Emit, scope: Scope, nodes: Sequence[tree.Expr]) -> list[Val]:
    """Values of operands from left to right; one that a later operand might change is saved first."""
    values: list[Val] = []
    for position, node in enumerate(nodes):
        value = evaluate(emit, scope, node)
        if any(calls.has_effect(later) for later in nodes[position + 1 :]):
            value = emit.save(value, node.where)
        values.append(value)
    return values


def fit(emit: Emit, value: Val, shape: Shape, where: Span, what: str) -> Val:
    """A value in a shape, with a check that it is within its bounds."""
    if value.shape is shape:
        return value
    emit.demand(within(value, shape), what, where)
    return coerce(value, shape)


def contains(container: Val, item: Val) -> Expr:
    """Whether a set or range contains a value."""
    if isinstance(container.shape, Rec):
        first, stop = container.leaves
        return conj(op(Operator.LE, first, item.leaf), op(Operator.LT, item.leaf, stop))
    assert isinstance(container.shape, Mask)
    element = container.shape.element
    if element is None:
        return FALSE
    ((lo, hi),) = bounds(item.shape)
    inside = TRUE if element.lo <= lo and hi <= element.hi else between(item.leaf, element.lo, element.hi)
    if inside == FALSE:
        return FALSE
    return conj(inside, op(Operator.BIT, container.leaf, add(item.leaf, -element.lo)))


def _logic(emit: Emit, scope: Scope, node: tree.Logic) -> Expr:
    parts: list[Expr] = []
    with ExitStack() as guards:
        for operand in node.operands:
            part = evaluate(emit, scope, operand).leaf
            parts.append(part)
            if part == (FALSE if node.conjunction else TRUE):
                break
            guards.enter_context(emit.given(part if node.conjunction else negate(part)))
    return conj(*parts) if node.conjunction else disj(*parts)


def _conditional(emit: Emit, scope: Scope, node: tree.Conditional) -> Val:
    test = evaluate(emit, scope, node.test).leaf
    if isinstance(test, Const):
        return evaluate(emit, scope, node.then if test.value else node.other)
    with emit.given(test):
        then = evaluate(emit, scope, node.then)
    with emit.given(negate(test)):
        other = evaluate(emit, scope, node.other)
    return choice(test, then, other)


def choice(test: Expr, then: Val, other: Val) -> Val:
    """`then` if `test` holds, else `other`."""
    shape = union(then.shape, other.shape)
    pairs = zip(coerce(then, shape).leaves, coerce(other, shape).leaves, strict=True)
    return Val(shape, tuple(op(Operator.ITE, test, a, b) for a, b in pairs))


def _record(emit: Emit, scope: Scope, node: tree.Construct | tree.Replace) -> Val:
    shape = emit.setting.shape(node.sort)
    assert isinstance(shape, Rec)
    if isinstance(node, tree.Construct):
        values = dict(zip((name for name, _ in shape.fields), operands(emit, scope, node.args), strict=True))
        old = None
    else:
        old, *changed = operands(emit, scope, [node.record, *(value for _, value in node.changes)])
        values = dict(zip((name for name, _ in node.changes), changed, strict=True))
    leaves: list[Expr] = []
    for name, inner in shape.fields:
        if name in values:
            what = f"field {shape.name}.{name} is out of bounds"
            leaves += fit(emit, values[name], inner, node.where, what).leaves
        else:
            assert old is not None
            leaves += field_of(old, name).leaves
    return Val(shape, tuple(leaves))


def _binary(emit: Emit, scope: Scope, node: tree.Binary) -> Val:
    left, right = operands(emit, scope, [node.left, node.right])
    return binary(emit, node.operation, left, right, node.where)


def binary(emit: Emit, operation: Operation, left: Val, right: Val, where: Span) -> Val:
    """An operator applied to two values."""
    match operation:
        case Operation.EQ:
            return truth(equal(left, right))
        case Operation.NE:
            return truth(negate(equal(left, right)))
        case Operation.LT | Operation.LE | Operation.GT | Operation.GE:
            if operation in (Operation.GT, Operation.GE):
                left, right = right, left
            strict = operation in (Operation.LT, Operation.GT)
            return truth(_ordered(strict, left, right))
        case Operation.UNION | Operation.MINUS | Operation.MEET | Operation.SUBSET:
            shape = union(left.shape, right.shape)
            a, b = coerce(left, shape).leaf, coerce(right, shape).leaf
            if operation is Operation.SUBSET:
                return truth(op(Operator.EQ, op(Operator.BITS_MINUS, a, b), Const(0)))
            return Val(shape, (op(MASKS[operation], a, b),))
        case _:
            if operation in (Operation.DIV, Operation.MOD):
                ((lo, hi),) = bounds(right.shape)
                ok = op(Operator.NE, right.leaf, Const(0)) if lo <= 0 <= hi else TRUE
                emit.demand(ok, "division by zero", where)
            lo, hi = _interval(operation, bounds(left.shape)[0], bounds(right.shape)[0])
            return number(op(ARITHMETIC[operation], left.leaf, right.leaf), lo, hi)


def _ordered(strict: bool, left: Val, right: Val) -> Expr:
    ((a, b),), ((c, d),) = bounds(left.shape), bounds(right.shape)
    if (b < c) if strict else (b <= c):
        return TRUE
    if (a >= d) if strict else (a > d):
        return FALSE
    return op(Operator.LT if strict else Operator.LE, left.leaf, right.leaf)


def _interval(operation: Operation, left: tuple[int, int], right: tuple[int, int]) -> tuple[int, int]:
    (a, b), (c, d) = left, right
    match operation:
        case Operation.ADD:
            return a + c, b + d
        case Operation.SUB:
            return a - d, b - c
        case Operation.MIN:
            return min(a, c), min(b, d)
        case Operation.MAX:
            return max(a, c), max(b, d)
        case Operation.MUL:
            ends = [x * y for x in left for y in right]
        case Operation.DIV:
            divisors = [y for y in {c, d, -1, 1} if y and c <= y <= d]
            ends = [x // y for x in left for y in divisors] + [0]
        case _:
            return min(0, c + 1), max(0, d - 1)
    return min(ends), max(ends)


def _display(emit: Emit, scope: Scope, node: tree.SetOf, elements: Sequence[tree.Expr]) -> Val:
    values = operands(emit, scope, elements)
    if not values:
        return Val(Mask(None), (Const(0),))
    shape: Shape = values[0].shape
    for value in values[1:]:
        shape = union(shape, value.shape)
    assert isinstance(shape, Scalar)
    made: Expr = Const(0)
    for value in values:
        made = op(Operator.BITS_OR, made, op(Operator.SHIFT, add(value.leaf, -shape.lo)))
    if shape.hi - shape.lo >= 30:
        raise emit.setting.refusal(node.where, "this set has more than 30 possible elements", "bound its elements")
    return Val(Mask(shape), (made,))
