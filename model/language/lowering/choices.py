"""Lowers quantifiers, pick and choose."""

from __future__ import annotations

from contextlib import ExitStack

from ...ir.expr import TRUE, Bound, Const, Expr, FoldKind, Local, Operator, Temp
from ...ir.stmt import Choose
from .. import tree
from ..tree import Quantifier
from . import expressions
from .emit import Emit
from .memory import labels
from .scope import Scope
from .shapes import Mask, Scalar, Val, bounds, number, truth
from .terms import add, conj, disj, fold, negate, op

FOLDS = {
    Quantifier.ALL: FoldKind.ALL,
    Quantifier.ANY: FoldKind.ANY,
    Quantifier.SUM: FoldKind.SUM,
    Quantifier.SET: FoldKind.SUM,
}


def quantified(emit: Emit, scope: Scope, node: tree.Quantified) -> Val:
    """The value of a fold over generators."""
    value = _fold(emit, scope, node, 0)
    if node.quantifier is Quantifier.SET:
        shape, lo, hi = emit.setting.domain(node.binders[0].domain)
        if hi - lo >= 30:
            raise emit.setting.refusal(node.where, "this set has more than 30 possible elements", "bound its elements")
        return Val(Mask(Scalar(shape.sort, lo, max(lo, hi), shape.labels)), value.leaves)
    return value


def _fold(emit: Emit, scope: Scope, node: tree.Quantified, position: int) -> Val:
    if position == len(node.binders):
        return expressions.evaluate(emit, scope, node.body)
    binder = node.binders[position]
    shape, lo, hi = emit.setting.domain(binder.domain)
    name = emit.bound(binder.name)
    variable = Val(Scalar(shape.sort, lo, max(lo, hi), shape.labels), (Bound(name),))
    inner = scope.bind(**{binder.name: variable})
    shown = labels(shape) if shape.labels else ()
    kind = FOLDS[node.quantifier]
    with ExitStack() as guards:
        guards.enter_context(emit.ranging(name, lo, hi, shown))
        condition: Expr = TRUE
        for test in binder.conditions:
            part = expressions.evaluate(emit, inner, test).leaf
            condition = conj(condition, part)
            guards.enter_context(emit.given(part))
        value = _fold(emit, inner, node, position + 1)
    if node.quantifier is Quantifier.SET:
        bit = op(Operator.SHIFT, add(Bound(name), -lo))
        if condition == TRUE and hi - lo < 30:
            return number(Const((1 << (hi - lo + 1)) - 1), 0, 1 << 30)
        return number(fold(kind, name, lo, hi, op(Operator.ITE, condition, bit, Const(0)), shown), 0, 1 << 30)
    match node.quantifier:
        case Quantifier.ALL:
            return truth(fold(kind, name, lo, hi, disj(negate(condition), value.leaf), shown))
        case Quantifier.ANY:
            return truth(fold(kind, name, lo, hi, conj(condition, value.leaf), shown))
        case _:
            body = op(Operator.ITE, condition, value.leaf, Const(0))
            ((least, most),) = bounds(value.shape)
            if condition != TRUE:
                least, most = min(0, least), max(0, most)
            count = max(0, hi - lo + 1)
            return number(fold(kind, name, lo, hi, body, shown), count * least, count * most)


def pick(emit: Emit, scope: Scope, node: tree.Pick, target: Local | Temp | None, title: str = "") -> Val:
    """A choice, into `target` or a scratch place; returns where it is."""
    place: Local | Temp = target if target is not None else emit.temp()
    shape, lo, hi, member = _candidates(emit, scope, node, place)
    value = Val(shape, (place,))
    candidate = member
    with emit.collecting() as demands:
        if node.condition is not None:
            inner = scope.bind(**{node.name: value})
            with emit.given(member):
                condition = expressions.evaluate(emit, inner, node.condition).leaf
            fine = conj(*(demand.cond for demand in demands))
            candidate = conj(member, disj(negate(fine), condition))
    shown = labels(shape)[lo - shape.lo : hi - shape.lo + 1] if shape.labels else ()
    what = shape.sort if shape.sort != "int" else "integer"
    name = title or node.name
    emit.out.append(Choose(place, lo, hi, candidate, node.blocking, name, what, shown, node.where))
    for demand in demands:
        emit.check(demand)
    return value


def _candidates(emit: Emit, scope: Scope, node: tree.Pick, place: Expr) -> tuple[Scalar, int, int, Expr]:
    """Shape, least and greatest candidate, and whether `place` is one of them."""
    match node.domain:
        case tree.SortDomain(sort):
            shape = emit.setting.scalar(sort)
            return shape, shape.lo, shape.hi, TRUE
        case tree.Interval(lo, hi):
            low, high = expressions.operands(emit, scope, [lo, hi])
            least = low.leaf.value if isinstance(low.leaf, Const) else bounds(low.shape)[0][0]
            most = (high.leaf.value if isinstance(high.leaf, Const) else bounds(high.shape)[0][1]) - 1
            above = TRUE if isinstance(low.leaf, Const) else op(Operator.LE, low.leaf, place)
            below = TRUE if isinstance(high.leaf, Const) else op(Operator.LT, place, high.leaf)
            return Scalar("int", least, max(least, most)), least, most, conj(above, below)
        case tree.SetDomain(expr):
            found = expressions.evaluate(emit, scope, expr)
            assert isinstance(found.shape, Mask)
            element = found.shape.element
            if element is None:
                return Scalar("int", 0, 0), 0, 0, Const(0)
            return element, element.lo, element.hi, op(Operator.BIT, found.leaf, add(place, -element.lo))
