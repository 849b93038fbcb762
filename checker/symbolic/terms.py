"""Terms: Python integers as long as a value is known, Z3 terms where it is not.

Truths are Boolean terms; everything else is a signed bit-vector wide enough for every intermediate result of the
system, so that nothing wraps. Constants are computed here: most of a step's expressions are constant for a given agent,
and a term that is never built costs nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import TypeAlias, assert_never

import z3

from shootdown.model.ir.evaluate import apply
from shootdown.model.ir.expr import (
    OPERATORS,
    Bound,
    Const,
    Expr,
    Fold,
    FoldKind,
    Load,
    Local,
    Op,
    Operator,
    Param,
    Rigid,
    Temp,
)

from .making import all_of, any_of, equality, if_else, inverse, same

Truth: TypeAlias = "int | z3.BoolRef"
"""0, 1 or a Boolean term."""
Term: TypeAlias = "int | z3.BoolRef | z3.BitVecRef"


@dataclass
class Scope:
    """What the names of an expression stand for: as `evaluate.Frame`, with terms for values."""

    cells: list[Term]
    locals: int = 0
    params: tuple[int, ...] = ()
    temps: dict[int, Term] = field(default_factory=dict)
    bound: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Terms:
    """Builds the terms of one system. `width` is that of bit-vectors, in bits."""

    arrays: Mapping[str, tuple[int, tuple[int, ...]]]
    rigid: Mapping[str, int]
    width: int
    _numerals: dict[int, z3.BitVecRef] = field(default_factory=dict, init=False, compare=False, repr=False)

    def value(self, expr: Expr, scope: Scope) -> Term:
        """The term of an expression."""
        return self._value(expr, scope, {})

    def truth(self, expr: Expr, scope: Scope) -> Truth:
        """The term of a truth."""
        return as_truth(self.value(expr, scope))

    def cell(self, array: str, indices: Sequence[Expr], scope: Scope) -> list[tuple[int, Truth]]:
        """The positions in the state that the indices may name, each with the condition that it is the one."""
        offset, dims = self.arrays[array]
        terms = [self.value(index, scope) for index in indices]
        return [(offset + position, cond) for position, cond in self._positions(dims, terms)]

    def _positions(self, dims: tuple[int, ...], terms: Sequence[Term]) -> list[tuple[int, Truth]]:
        rows = []
        for size, term in zip(dims, terms, strict=True):
            named = ((at, self.equal(term, at)) for at in range(size))
            rows.append([(at, cond) for at, cond in named if not _is(cond, 0)])
        found = []
        for combination in product(*rows):
            position = 0
            for size, (at, _) in zip(dims, combination, strict=True):
                position = position * size + at
            found.append((position, conjunction([cond for _, cond in combination])))
        return found

    def _value(self, expr: Expr, scope: Scope, known: dict[int, Term]) -> Term:
        found = known.get(id(expr))
        if found is None:
            found = known[id(expr)] = self._computed(expr, scope, known)
        return found

    def _computed(self, expr: Expr, scope: Scope, known: dict[int, Term]) -> Term:
        match expr:
            case Const(value):
                return value
            case Load(array, indices):
                return self._load(array, [self._value(index, scope, known) for index in indices], scope)
            case Local(slot):
                return scope.cells[scope.locals + slot]
            case Temp(slot):
                return scope.temps[slot]
            case Param(slot):
                return scope.params[slot]
            case Rigid(mechanism):
                return self.rigid[mechanism]
            case Bound(name):
                return scope.bound[name]
            case Op(operator, args):
                return self._operation(operator, args, scope, known)
            case Fold():
                return self._fold(expr, scope)
            case _:
                assert_never(expr)

    def _load(self, array: str, indices: list[Term], scope: Scope) -> Term:
        offset, dims = self.arrays[array]
        if 0 in dims:
            # No index is in range, so nobody looks at the value.
            return 0
        cells = scope.cells[offset : offset + _size(dims)]
        return self._selected(cells, dims, indices)

    def _selected(self, cells: Sequence[Term], dims: tuple[int, ...], indices: Sequence[Term]) -> Term:
        """The cell at the indices; an index out of range, which nobody looks at, names the last."""
        if not dims:
            return cells[0]
        (size, *rest), (index, *others) = dims, indices
        length = len(cells) // size
        rows = [cells[at * length : (at + 1) * length] for at in range(size)]
        if isinstance(index, int):
            return self._selected(rows[min(max(index, 0), size - 1)], tuple(rest), others)
        found = self._selected(rows[-1], tuple(rest), others)
        for at in range(size - 2, -1, -1):
            found = self.choice(self.equal(index, at), self._selected(rows[at], tuple(rest), others), found)
        return found

    def _operation(self, operator: Operator, args: tuple[Expr, ...], scope: Scope, known: dict[int, Term]) -> Term:
        if operator in (Operator.AND, Operator.OR):
            return self._junction(operator, args, scope, known)
        terms = [self._value(arg, scope, known) for arg in args]
        integers = [term for term in terms if isinstance(term, int)]
        if len(integers) == len(terms):
            return _applied(operator, integers)
        return self.operation(operator, terms)

    def _junction(self, operator: Operator, args: tuple[Expr, ...], scope: Scope, known: dict[int, Term]) -> Term:
        absorbing = int(operator is Operator.OR)
        terms: list[Truth] = []
        for arg in args:
            term = as_truth(self._value(arg, scope, known))
            if isinstance(term, int) and term == absorbing:
                return absorbing
            terms.append(term)
        return disjunction(terms) if absorbing else conjunction(terms)

    def _fold(self, fold: Fold, scope: Scope) -> Term:
        terms: list[Term] = []
        for value in range(fold.lo, fold.hi + 1):
            inner = Scope(scope.cells, scope.locals, scope.params, scope.temps, {**scope.bound, fold.name: value})
            term = self.value(fold.body, inner)
            if fold.kind is not FoldKind.SUM and isinstance(term, int) and term == (fold.kind is FoldKind.ANY):
                return term
            terms.append(term)
        match fold.kind:
            case FoldKind.ALL:
                return conjunction([as_truth(term) for term in terms])
            case FoldKind.ANY:
                return disjunction([as_truth(term) for term in terms])
            case FoldKind.SUM:
                total: Term = 0
                for term in terms:
                    total = self.operation(Operator.ADD, [total, term])
                return total

    def operation(self, operator: Operator, terms: Sequence[Term]) -> Term:
        """The term of a strict operator."""
        if all(isinstance(term, int) for term in terms):
            return _applied(operator, [term for term in terms if isinstance(term, int)])
        match operator, terms:
            case Operator.NOT, [a]:
                return negation(as_truth(a))
            case Operator.IMPLIES, [a, b]:
                return disjunction([negation(as_truth(a)), as_truth(b)])
            case Operator.EQ, [a, b]:
                return self.equal(a, b)
            case Operator.NE, [a, b]:
                return negation(self.equal(a, b))
            case Operator.ITE, [a, b, c]:
                return self.choice(as_truth(a), b, c)
            case Operator.BIT, [a, int(bit)]:
                return self._bit(self.bits(a), bit)
            case Operator.COUNT, [a]:
                mask = self.bits(a)
                total: Term = 0
                for bit in range(self.width - 1):
                    total = self.operation(Operator.ADD, [total, self._bit(mask, bit)])
                return total
            case _, [a, b]:
                return self._arithmetic(operator, self.bits(a), self.bits(b), (a, b))
            case Operator.SHIFT, [a]:
                return self.bits(1) << self.bits(a)
            case _:
                raise ValueError(f"{operator} with {len(terms)} arguments")

    def _arithmetic(self, operator: Operator, a: z3.BitVecRef, b: z3.BitVecRef, terms: tuple[Term, Term]) -> Term:
        match operator:
            case Operator.LT:
                return a < b
            case Operator.LE:
                return a <= b
            case Operator.ADD:
                return terms[1] if _is(terms[0], 0) else terms[0] if _is(terms[1], 0) else a + b
            case Operator.SUB:
                return terms[0] if _is(terms[1], 0) else a - b
            case Operator.MUL:
                return a * b
            case Operator.DIV:
                return self._quotient(a, b)
            case Operator.MOD:
                return z3.If(b == 0, self.bits(0), a - b * self._quotient(a, b))
            case Operator.MIN:
                return z3.If(a <= b, a, b)
            case Operator.MAX:
                return z3.If(a <= b, b, a)
            case Operator.BIT:
                return z3.Extract(0, 0, a >> b) == 1
            case Operator.BITS_OR:
                return a | b
            case Operator.BITS_AND:
                return a & b
            case Operator.BITS_MINUS:
                return a & ~b
            case _:
                raise ValueError(f"{operator} with 2 arguments")

    def _quotient(self, a: z3.BitVecRef, b: z3.BitVecRef) -> z3.BitVecRef:
        """The floor of a / b; 0 if b is 0."""
        towards_zero = a / b
        rest = a - b * towards_zero
        uneven = z3.And(rest != 0, (rest < 0) != (b < 0))
        return z3.If(b == 0, self.bits(0), z3.If(uneven, towards_zero - 1, towards_zero))

    def _bit(self, mask: z3.BitVecRef, bit: int) -> Truth:
        at = min(max(bit, 0), self.width - 1)
        return z3.Extract(at, at, mask) == 1

    def equal(self, a: Term, b: Term) -> Truth:
        """Whether two terms have the same value."""
        if isinstance(a, int):
            a, b = b, a
        if isinstance(a, int):
            return int(a == b)
        if isinstance(a, z3.BoolRef) and not isinstance(b, z3.BitVecRef):
            if isinstance(b, int):
                return a if b == 1 else negation(a) if b == 0 else 0
            return 1 if same(a, b) else equality(a, b)
        if not isinstance(b, int) and same(a, b):
            return 1
        return equality(self.bits(a), self.bits(b))

    def choice(self, cond: Truth, then: Term, orelse: Term) -> Term:
        """One term or the other."""
        if isinstance(cond, int):
            return then if cond else orelse
        if then is orelse or (isinstance(then, int) and isinstance(orelse, int) and then == orelse):
            return then
        if _truthful(then) and _truthful(orelse) and not (isinstance(then, int) and isinstance(orelse, int)):
            return _truth_choice(cond, as_truth(then), as_truth(orelse))
        if _is(then, 1) and _is(orelse, 0):
            return cond
        if _is(then, 0) and _is(orelse, 1):
            return negation(cond)
        return if_else(cond, self.bits(then), self.bits(orelse))

    def bits(self, term: Term) -> z3.BitVecRef:
        """The term as a bit-vector."""
        if isinstance(term, int):
            return self._numeral(term)
        if isinstance(term, z3.BoolRef):
            return if_else(term, self._numeral(1), self._numeral(0))
        return term

    def _numeral(self, value: int) -> z3.BitVecRef:
        found = self._numerals.get(value)
        if found is None:
            found = self._numerals[value] = z3.BitVecVal(value, self.width)
        return found


def as_truth(term: Term) -> Truth:
    """A term that is 0 or 1 as a truth."""
    if isinstance(term, z3.BitVecRef):
        return term != 0
    return term


def as_formula(truth: Truth) -> z3.BoolRef:
    """A truth as a Z3 term."""
    return z3.BoolVal(bool(truth)) if isinstance(truth, int) else truth


def negation(truth: Truth) -> Truth:
    """Not."""
    if isinstance(truth, int):
        return 1 - truth
    return inverse(truth)


def conjunction(truths: Sequence[Truth]) -> Truth:
    """All of them."""
    if any(isinstance(truth, int) and truth == 0 for truth in truths):
        return 0
    open_ = [truth for truth in truths if not isinstance(truth, int)]
    if len(open_) <= 1:
        return open_[0] if open_ else 1
    return all_of(open_)


def disjunction(truths: Sequence[Truth]) -> Truth:
    """Any of them."""
    if any(isinstance(truth, int) and truth == 1 for truth in truths):
        return 1
    open_ = [truth for truth in truths if not isinstance(truth, int)]
    if len(open_) <= 1:
        return open_[0] if open_ else 0
    return any_of(open_)


def _truth_choice(cond: z3.BoolRef, then: Truth, orelse: Truth) -> Truth:
    if isinstance(then, int):
        return disjunction([cond, orelse]) if then else conjunction([negation(cond), orelse])
    if isinstance(orelse, int):
        return disjunction([negation(cond), then]) if orelse else conjunction([cond, then])
    return if_else(cond, then, orelse)


def _truthful(term: Term) -> bool:
    return isinstance(term, z3.BoolRef) or (isinstance(term, int) and term in (0, 1))


def _is(term: Term, value: int) -> bool:
    return isinstance(term, int) and term == value


def _size(dims: tuple[int, ...]) -> int:
    total = 1
    for size in dims:
        total *= size
    return total


def _applied(operator: Operator, values: list[int]) -> int:
    """The value of an operator; of a bit that does not exist, which nobody looks at, 0."""
    try:
        return apply(operator, values)
    except ValueError:
        if OPERATORS[operator].arity == len(values):
            return 0
        raise
