"""Expressions as C, over the words of a packed state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import assert_never

from shootdown.model.ir.expr import Bound, Const, Expr, Fold, FoldKind, Load, Local, Op, Operator, Param, Rigid, Temp
from shootdown.model.ir.interval import INT32, Interval, Ranges, interval

from .layout import Packing, Slot

_INFIX = {
    Operator.EQ: "==",
    Operator.NE: "!=",
    Operator.LT: "<",
    Operator.LE: "<=",
    Operator.ADD: "+",
    Operator.SUB: "-",
    Operator.MUL: "*",
    Operator.BITS_OR: "|",
    Operator.BITS_AND: "&",
}
_COMPARISONS = (Operator.EQ, Operator.NE, Operator.LT, Operator.LE)
_CALLED = {
    Operator.DIV: "floor_div",
    Operator.MOD: "floor_mod",
    Operator.MIN: "least",
    Operator.MAX: "most",
    Operator.BIT: "bit",
    Operator.COUNT: "members",
}


def literal(value: int) -> str:
    """An integer constant of C."""
    text = str(value) if INT32.lo < value <= INT32.hi else f"INT64_C({value})"
    return f"({text})" if value < 0 else text


@dataclass(frozen=True)
class Names:
    """What a piece of code may read, under which names of C.

    `state` is the array of words; `point` the position of the agent's control point in the state vector, before its
    locals. `tables` has the arrays that no step writes.
    """

    packing: Packing
    dims: Mapping[str, tuple[int, ...]]
    ranges: Ranges
    point: int = 0
    state: str = "s"
    temps: Mapping[int, str] = field(default_factory=dict)
    tables: Mapping[str, str] = field(default_factory=dict)

    def temp(self, slot: int, name: str, known: Interval) -> Names:
        """The same after a temporary got a value."""
        ranges = replace(self.ranges, temps={**self.ranges.temps, slot: known})
        return replace(self, temps={**self.temps, slot: name}, ranges=ranges)

    def interval(self, expr: Expr) -> Interval:
        """Bounds of the expression's values."""
        return interval(expr, self.ranges)

    def value(self, expr: Expr) -> str:
        """The expression in C; safe as an operand."""
        match expr:
            case Const(value):
                return literal(value)
            case Load(array, indices):
                return self._load(array, indices)
            case Local(slot):
                return self.slot(self.packing.slots[self.point + 1 + slot])
            case Temp(slot):
                return self.temps[slot]
            case Bound(name):
                return _bound(name)
            case Op(operator, args):
                return self._operation(operator, args)
            case Fold():
                return self._fold(expr)
            case Param() | Rigid():
                raise AssertionError("parameters and mechanisms are filled in before")
            case _:
                assert_never(expr)

    def slot(self, slot: Slot) -> str:
        """The value of a slot."""
        if not slot.bits:
            return literal(slot.lo)
        return _raised(f"get({self.state}, {slot.word}, {slot.shift}, {slot.bits})", slot.lo)

    def constant_cell(self, array: str, indices: tuple[Expr, ...]) -> Slot | None:
        """The slot of a cell whose indices are constants in range."""
        position = 0
        for size, index in zip(self.dims[array], indices, strict=True):
            if not isinstance(index, Const) or not 0 <= index.value < size:
                return None
            position = position * size + index.value
        return self.packing.slots[self.packing.layout.arrays[array] + position]

    def place(self, array: str, indices: tuple[Expr, ...]) -> str:
        """The position of a cell in its array."""
        text = ""
        for size, index in zip(self.dims[array], indices, strict=True):
            at = self.value(index)
            if not self.interval(index).within(Interval(0, size - 1)):
                at = f"INDEX({at}, {size})"
            text = f"({text} * {size} + {at})" if text else at
        return text

    def _load(self, array: str, indices: tuple[Expr, ...]) -> str:
        constant = self.constant_cell(array, indices)
        if constant is not None:
            return self.slot(constant)
        lo = self.ranges.arrays[array].lo
        if array in self.tables:
            return f"{self.tables[array]}[{self.place(array, indices)}]"
        regular = self.packing.regular.get(array)
        place = self.place(array, indices)
        if regular is None:
            return f"((void){place}, {literal(lo)})"
        if regular.fold is None:
            return _raised(f"get_in({self.state}, {regular.word}, {regular.shift}, {regular.bits}, {place})", lo)
        return _raised(f"get_over({self.state}, {regular.word}, {regular.fold}, {regular.bits}, {place})", lo)

    def _operation(self, operator: Operator, args: tuple[Expr, ...]) -> str:
        match operator:
            case Operator.AND:
                return f"({' && '.join(self.value(arg) for arg in args)})" if args else "1"
            case Operator.OR:
                return f"({' || '.join(self.value(arg) for arg in args)})" if args else "0"
            case Operator.IMPLIES:
                return f"(!{self.value(args[0])} || {self.value(args[1])})"
            case Operator.NOT:
                return f"(!{self.value(args[0])})"
            case Operator.ITE:
                cond, then, orelse = (self.value(arg) for arg in args)
                return f"({cond} ? {then} : {orelse})"
            case Operator.SHIFT:
                return f"((int64_t)1 << ({self.value(args[0])} & 31))"
            case _:
                return self._strict(operator, args)

    def _strict(self, operator: Operator, args: tuple[Expr, ...]) -> str:
        known = self.interval(Op(operator, args)).value if operator in _COMPARISONS else None
        if known is not None:
            return literal(known)
        values = [self.value(arg) for arg in args]
        if operator is Operator.MUL and not self.interval(Op(operator, args)).within(INT32):
            return f"times(x, {', '.join(values)}, __LINE__)"
        if operator is Operator.BITS_MINUS:
            return f"({values[0]} & ~(int64_t){values[1]})"
        if operator in _INFIX:
            return f"({f' {_INFIX[operator]} '.join(values)})"
        return f"{_CALLED[operator]}({', '.join(values)})"

    def _fold(self, fold: Fold) -> str:
        """A loop in a statement expression; only folds too long to unroll come here."""
        bound = {**self.ranges.bound, fold.name: Interval(fold.lo, fold.hi)}
        inner = replace(self, ranges=replace(self.ranges, bound=bound))
        body, name = inner.value(fold.body), _bound(fold.name)
        loop = f"for (int64_t {name} = {literal(fold.lo)}; {name} <= {literal(fold.hi)}; {name}++)"
        match fold.kind:
            case FoldKind.SUM:
                return f"({{ int64_t r = 0; {loop} r += {body}; r; }})"
            case FoldKind.ALL:
                return f"({{ int r = 1; {loop} if (!{body}) {{ r = 0; break; }} r; }})"
            case FoldKind.ANY:
                return f"({{ int r = 0; {loop} if ({body}) {{ r = 1; break; }} r; }})"
            case _:
                assert_never(fold.kind)


def _bound(name: str) -> str:
    return "each_" + "".join(
        letter if letter.isascii() and letter.isalnum() else f"_{ord(letter):x}_" for letter in name
    )


def _raised(text: str, lo: int) -> str:
    return text if lo == 0 else f"({text} + {literal(lo)})"
