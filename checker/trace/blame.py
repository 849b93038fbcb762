"""Which part of a property is to blame, and for which values of its quantified variables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from shootdown.model.ir.evaluate import Evaluator, Frame
from shootdown.model.ir.expr import Const, Expr, Fold, FoldKind, Load, Op, Operator
from shootdown.model.ir.source import NOWHERE, Span
from shootdown.model.ir.walk import children

from .excerpt import Excerpts
from .state_text import Describer
from .trace import Blame, CellText, Named

MOST_PARTS = 8
MOST_CELLS = 12


@dataclass(frozen=True, slots=True)
class _Scope:
    """Around an expression: the frame, the variables bound so far, the closest span that is known."""

    frame: Frame
    bound: tuple[Named, ...]
    where: Span


@dataclass(frozen=True)
class Blamer:
    """Explains truths of one system."""

    evaluator: Evaluator
    describer: Describer
    excerpts: Excerpts

    def explain(self, expr: Expr, frame: Frame, where: Span = NOWHERE) -> tuple[Blame, ...]:
        """Why a truth has the value that it has: the parts that make it so, at most `MOST_PARTS`.

        Follows logical operators and quantifiers down to comparisons; `where` stands in for spans that are unknown.
        """
        found: dict[Blame, None] = {}
        for blame in self._parts(expr, _Scope(frame, (), where)):
            found[blame] = None
            if len(found) == MOST_PARTS:
                break
        return tuple(found) or (
            self._leaf(expr, _Scope(frame, (), where), value=self.evaluator.value(expr, frame) == 1),
        )

    def reads(self, expr: Expr, frame: Frame) -> tuple[CellText, ...]:
        """The cells that an expression reads, at most `MOST_CELLS`."""
        positions = dict.fromkeys(self.positions(expr, frame))
        return self.describer.at(islice(positions, MOST_CELLS), frame.values)

    def positions(self, expr: Expr, frame: Frame) -> Iterator[int]:
        """Positions in the state that an expression reads, repetitions included; both branches of `ite` count."""
        if isinstance(expr, Fold):
            for value in range(expr.lo, expr.hi + 1):
                yield from self.positions(expr.body, _inner(frame, expr, value))
            return
        for child in children(expr):
            yield from self.positions(child, frame)
        if isinstance(expr, Load):
            indices = [self.evaluator.value(index, frame) for index in expr.indices]
            yield from self.describer.positions(expr.array, indices)

    def _parts(self, expr: Expr, scope: _Scope) -> Iterator[Blame]:
        scope = _Scope(scope.frame, scope.bound, scope.where if expr.where == NOWHERE else expr.where)
        value = self._truth(expr, scope)
        if isinstance(expr, Const):
            return
        if isinstance(expr, Fold) and expr.kind is not FoldKind.SUM and value == (expr.kind is FoldKind.ANY):
            yield from self._instances(expr, scope, value=value)
            return
        decisive = self._decisive(expr, scope, value=value)
        if decisive and all(_stands_alone(part, expr) for part in decisive):
            for part in decisive:
                yield from self._parts(part, scope)
        else:
            yield self._leaf(expr, scope, value=value)

    def _decisive(self, expr: Expr, scope: _Scope, *, value: bool) -> list[Expr]:
        """The arguments that give a logical operator its value; none of anything else."""
        match expr:
            case Op(Operator.NOT, args):
                return [*args]
            case Op(Operator.AND | Operator.OR, args):
                return [arg for arg in args if self._truth(arg, scope) == value]
            case Op(Operator.IMPLIES, (premise, conclusion)):
                premises = [] if value and self._truth(premise, scope) else [premise]
                return premises + [conclusion] * (self._truth(conclusion, scope) == value)
            case Op(Operator.ITE, (cond, then, orelse)):
                return [cond, then if self._truth(cond, scope) else orelse]
            case _:
                return []

    def _instances(self, fold: Fold, scope: _Scope, *, value: bool) -> Iterator[Blame]:
        """The parts of the body for each value of the variable that decides the quantifier."""
        for position in range(fold.lo, fold.hi + 1):
            frame = _inner(scope.frame, fold, position)
            if bool(self.evaluator.value(fold.body, frame)) == value:
                bound = (*scope.bound, Named(fold.name, label(fold, position)))
                yield from self._parts(fold.body, _Scope(frame, bound, scope.where))

    def _leaf(self, expr: Expr, scope: _Scope, *, value: bool) -> Blame:
        over, tried = "", list[str]()
        if isinstance(expr, Fold):
            over, tried = expr.name, [label(expr, position) for position in range(expr.lo, expr.hi + 1)]
        text = self.excerpts.text(expr, expr.where)
        return Blame(text, scope.where, value, scope.bound, over, tuple(tried), self.reads(expr, scope.frame))

    def _truth(self, expr: Expr, scope: _Scope) -> bool:
        return self.evaluator.value(expr, scope.frame) == 1


def _stands_alone(part: Expr, whole: Expr) -> bool:
    """Whether a part has a text of its own, so that what is said of it is not said of the whole expression.

    One comparison of the language may be several of the IR, all with its span.
    """
    return whole.where == NOWHERE or isinstance(part, Const) or part.where not in (NOWHERE, whole.where)


def label(fold: Fold, value: int) -> str:
    """The text of a value of a quantified variable."""
    position = value - fold.lo
    return fold.labels[position] if 0 <= position < len(fold.labels) else str(value)


def _inner(frame: Frame, fold: Fold, value: int) -> Frame:
    return Frame(frame.values, frame.locals, frame.params, frame.temps, {**frame.bound, fold.name: value})
