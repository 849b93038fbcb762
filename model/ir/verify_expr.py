"""The rules that `verify` holds expressions to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import assert_never

from .expr import OPERATORS, Bound, Const, Expr, Fold, FoldKind, Load, Local, Op, Operator, Param, Rigid, Temp
from .interval import HIGHEST_BIT, INT32, TRUTH, Interval, Ranges, interval, process_ranges, state_ranges
from .print import print_expr
from .system import Process, System
from .walk import children, subexpressions


class ExprRules:
    """Rules for the expressions of one process, or of properties (`process` is None).

    `temps` are the temporaries that may be read, with their intervals.
    """

    def __init__(self, system: System, process: Process | None, temps: Mapping[int, Interval] | None = None) -> None:
        self._arrays = {array.name: array for array in system.arrays}
        self._mechanisms = {mechanism.name: mechanism for mechanism in system.mechanisms}
        self._process = process
        self._ranges = state_ranges(system) if process is None else _process_ranges(system, process)
        self.temps: Mapping[int, Interval] = temps or {}

    def check(self, expr: Expr, place: str) -> Iterator[str]:
        """What is wrong anywhere in an expression."""
        for problem in self._scopes(expr):
            yield f"{place}: {problem} in {print_expr(expr)}"
        bound = _bound(expr)
        for part in subexpressions(expr):
            for problem in self._node(part, bound):
                yield f"{place}: {problem} in {print_expr(expr)}"

    def truth(self, expr: Expr, place: str) -> Iterator[str]:
        """A problem if an expression that must be a truth may be something else."""
        if not self.is_truth(expr):
            yield f"{place}: no truth: {print_expr(expr)}"

    def is_truth(self, expr: Expr) -> bool:
        """Whether every value of an expression is 0 or 1."""
        return self.interval(expr).within(TRUTH)

    def interval(self, expr: Expr) -> Interval:
        """Bounds on the values of an expression, wide ones if it names what does not exist."""
        return self._interval(expr, _bound(expr))

    def _interval(self, expr: Expr, bound: Mapping[str, Interval]) -> Interval:
        try:
            return interval(expr, replace(self._ranges, temps=self.temps, bound=bound))
        except (LookupError, TypeError, ValueError):
            return INT32

    def _node(self, expr: Expr, bound: Mapping[str, Interval]) -> Iterator[str]:
        """What is wrong with an expression itself."""
        match expr:
            case Const(value):
                if type(value) is not int:
                    yield f"constant {value!r} is no integer"
            case Load(array, indices):
                if array not in self._arrays:
                    yield f"no array {array}"
                elif len(indices) != len(self._arrays[array].dims):
                    yield f"{len(indices)} indices into {array} of {len(self._arrays[array].dims)} dimensions"
            case Local(slot):
                if self._process is not None and not 0 <= slot < len(self._process.locals):
                    yield f"no local {slot}"
            case Temp(slot):
                if self._process is not None and slot not in self.temps:
                    yield f"temporary {slot} read before it is written"
            case Param(slot):
                if self._process is not None and not 0 <= slot < self._process.params:
                    yield f"no parameter {slot}"
            case Rigid(mechanism):
                if mechanism not in self._mechanisms:
                    yield f"no mechanism {mechanism}"
            case Op():
                yield from self._operation(expr, bound)
            case Fold(kind):
                if kind is not FoldKind.SUM and not self._interval(expr.body, bound).within(TRUTH):
                    yield f"{kind.value} of no truth"
            case Bound():
                pass
            case _:
                assert_never(expr)

    def _operation(self, expr: Op, bound: Mapping[str, Interval]) -> Iterator[str]:
        operator, args = expr.operator, expr.args
        signature = OPERATORS[operator]
        if signature.arity and len(args) != signature.arity:
            yield f"{operator.value} with {len(args)} arguments"
            return
        truths = args if signature.truths else args[:1] if operator is Operator.ITE else ()
        for arg in truths:
            if not self._interval(arg, bound).within(TRUTH):
                yield f"argument of {operator.value} is no truth"
        shift = {Operator.BIT: 1, Operator.SHIFT: 0}.get(operator)
        if shift is not None:
            amount = args[shift]
            if isinstance(amount, Const) and not 0 <= amount.value <= HIGHEST_BIT:
                yield f"{operator.value} of bit {amount.value}"

    def _scopes(self, expr: Expr) -> Iterator[str]:
        """Bound variables outside their fold, and folds whose name is taken."""
        folds: dict[str, Fold] = {}
        pending: list[tuple[Expr, frozenset[str]]] = [(expr, frozenset())]
        seen: set[tuple[int, frozenset[str]]] = set()
        while pending:
            part, names = pending.pop()
            if (id(part), names) in seen:
                continue
            seen.add((id(part), names))
            if isinstance(part, Bound) and part.name not in names:
                yield f"variable {part.name} is not bound"
            if isinstance(part, Fold):
                first = folds.setdefault(part.name, part)
                if part.name in names or (first.lo, first.hi) != (part.lo, part.hi):
                    yield f"variable {part.name} is bound twice"
                names |= {part.name}
            pending.extend((child, names) for child in children(part))


def _process_ranges(system: System, process: Process) -> Ranges:
    """As `process_ranges`, but a local that several variables share, each with bounds of its own, may be a truth."""
    variables: dict[int, set[str]] = {}
    for point in process.points:
        for slots, name, _ in point.live:
            for slot in slots:
                variables.setdefault(slot, set()).add(name)
    ranges = process_ranges(system, process)
    locals_ = [
        TRUTH if len(variables.get(slot, ())) > 1 and TRUTH.within(known) else known
        for slot, known in enumerate(ranges.locals)
    ]
    return replace(ranges, locals=locals_)


def _bound(expr: Expr) -> dict[str, Interval]:
    """The range of every variable that a fold of the expression binds, as if each took some value."""
    folds = [part for part in subexpressions(expr) if isinstance(part, Fold)]
    return {fold.name: Interval(fold.lo, max(fold.lo, fold.hi)) for fold in folds}
