"""Values of expressions as far as they follow from what is known of the state."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from shootdown.model.ir.evaluate import apply
from shootdown.model.ir.expr import Const, Expr, Fold, FoldKind, Load, Local, Op, Operator, Rigid, Temp
from shootdown.model.ir.interval import HIGHEST_BIT
from shootdown.model.ir.system import Array

Known = Mapping[int, int]
"""What is known of slots, locals or temporaries, by number."""

NONE: Known = {}

_BITS = (Operator.BIT, Operator.SHIFT)
"""Operators with a bit as their last argument; what they say of one that does not exist, nobody looks at."""


@dataclass
class Knowledge:
    """What is known of the state: mechanisms have the values of the design, cells at first their initial ones."""

    mechanisms: Mapping[str, int]
    dims: dict[str, tuple[int, ...]] = field(default_factory=dict)
    cells: dict[str, list[int | None]] = field(default_factory=dict)
    """The cells of each array of which anything is known; None: any value."""
    same: dict[str, int] = field(default_factory=dict)
    """The one value that all cells of an array have."""
    consulted: set[str] = field(default_factory=set)
    """The arrays whose values decided something, noted for whoever wants to know."""

    def learn(self, array: Array) -> None:
        """Take an array to keep its initial values; nothing was known of it."""
        if array.init:
            self.dims[array.name] = array.dims
            self.cells[array.name] = list(array.init)
            if len(set(array.init)) == 1:
                self.same[array.name] = array.init[0]

    def write(self, name: str, indices: Sequence[Expr], value: int | None, locals: Known, temps: Known) -> bool:
        """Give up what a write of `value` (None: any) contradicts; whether anything was given up."""
        cells = self.cells.get(name)
        if cells is None or self.same.get(name, value) != value:
            return cells is not None and self._forget(name, range(len(cells)), value)
        position = self._position(name, indices, locals, temps)
        return self._forget(name, range(len(cells)) if position is None else (position,), value)

    def _forget(self, name: str, places: Iterable[int], value: int | None) -> bool:
        cells = self.cells[name]
        lost = [place for place in places if cells[place] is not None and cells[place] != value]
        for place in lost:
            cells[place] = None
        if lost:
            self.same.pop(name, None)
            if all(cell is None for cell in cells):
                del self.cells[name]
        return bool(lost)

    def value(self, expr: Expr, locals: Known = NONE, temps: Known = NONE) -> int | None:
        """The value of an expression if it follows; None if it does not, or if the expression is too deep to tell."""
        try:
            return self._value(expr, locals, temps)
        except RecursionError:
            return None

    def _value(self, expr: Expr, locals: Known, temps: Known) -> int | None:
        # Plain tests, the frequent kinds first: every check comes here a million times.
        if isinstance(expr, Const):
            return expr.value
        if isinstance(expr, Load):
            return self._load(expr, locals, temps)
        if isinstance(expr, Op):
            return self._operation(expr, locals, temps)
        if isinstance(expr, Local):
            return locals.get(expr.slot)
        if isinstance(expr, Temp):
            return temps.get(expr.slot)
        if isinstance(expr, Rigid):
            return self.mechanisms[expr.mechanism]
        if isinstance(expr, Fold):
            return self._fold(expr, locals, temps)
        return None

    def _load(self, load: Load, locals: Known, temps: Known) -> int | None:
        cells = self.cells.get(load.array)
        if cells is None:
            return None
        self.consulted.add(load.array)
        same = self.same.get(load.array)
        if same is not None:
            return same
        position = self._position(load.array, load.indices, locals, temps)
        return None if position is None else cells[position]

    def _position(self, name: str, indices: Sequence[Expr], locals: Known, temps: Known) -> int | None:
        position = 0
        for size, index in zip(self.dims[name], indices, strict=True):
            at = self._value(index, locals, temps)
            if at is None or not 0 <= at < size:
                return None
            position = position * size + at
        return position

    def _operation(self, operation: Op, locals: Known, temps: Known) -> int | None:
        operator, args = operation.operator, operation.args
        if operator is Operator.AND or operator is Operator.OR:
            return self._junction(args, int(operator is Operator.OR), locals, temps)
        if operator is Operator.ITE:
            return self._conditional(args, locals, temps)
        values: list[int] = []
        for arg in args:
            value = self._value(arg, locals, temps)
            if value is None:
                return self._implied(args, locals, temps) if operator is Operator.IMPLIES else None
            values.append(value)
        if operator in _BITS and not 0 <= values[-1] <= HIGHEST_BIT:
            return None
        return apply(operator, values)

    def _junction(self, args: Sequence[Expr], absorbing: int, locals: Known, temps: Known) -> int | None:
        open = False
        for arg in args:
            value = self._value(arg, locals, temps)
            if value == absorbing:
                return absorbing
            open = open or value is None
        return None if open else 1 - absorbing

    def _conditional(self, args: Sequence[Expr], locals: Known, temps: Known) -> int | None:
        cond, then, orelse = args
        which = self._value(cond, locals, temps)
        if which is not None:
            return self._value(then if which else orelse, locals, temps)
        value = self._value(then, locals, temps)
        return value if value is not None and value == self._value(orelse, locals, temps) else None

    def _implied(self, args: Sequence[Expr], locals: Known, temps: Known) -> int | None:
        premise, conclusion = args
        certain = self._value(premise, locals, temps) == 0 or self._value(conclusion, locals, temps) == 1
        return 1 if certain else None

    def _fold(self, fold: Fold, locals: Known, temps: Known) -> int | None:
        count = fold.hi - fold.lo + 1
        if count <= 0:
            return int(fold.kind is FoldKind.ALL)
        value = self._value(fold.body, locals, temps)
        return count * value if value is not None and fold.kind is FoldKind.SUM else value
