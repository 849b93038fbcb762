"""Expressions in the manner of C and its relatives. A truth and a number are different things here."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

from shootdown.model.ir.expr import OPERATORS, Bound, Const, Expr, Fold, FoldKind, Load, Local, Op, Operator, Temp
from shootdown.model.ir.simplify import simplify
from shootdown.model.ir.system import Array, System
from shootdown.model.ir.walk import Rewriter

from .mentioned import mentioned
from .names import Names
from .rules import rules
from .said import Part

COMPARISONS = {Operator.EQ: "=", Operator.NE: "!=", Operator.LT: "<", Operator.LE: "<="}
ARITHMETIC = {Operator.ADD: "+", Operator.SUB: "-", Operator.MUL: "*"}
HELPERS = {
    Operator.DIV: "floor_div",
    Operator.MOD: "floor_mod",
    Operator.BITS_OR: "bits_or",
    Operator.BITS_AND: "bits_and",
    Operator.BITS_MINUS: "bits_minus",
    Operator.SHIFT: "bit_mask",
    Operator.COUNT: "bit_count",
}


class Expressions(ABC):
    """Writes expressions of a prepared system; a language says how it spells what differs."""

    equals = "="
    true, false = "true", "false"
    both, one = "&", "|"
    negation, differs = "!", "!="

    def __init__(self, system: System, names: Names, part: Part) -> None:
        self.system = system
        self.part = part
        self.names = names
        self.rules = tuple(rules(system))
        found = mentioned(system, self.rules)
        self.arrays: dict[str, Array] = {array.name: array for array in found.arrays}
        """The shared variables that are written, by name."""
        self.slots = found.slots
        """For each agent, the slots of its locals that are written."""
        for name in self.arrays:
            names(name)
        self.agent = 0
        """Position of the agent whose step is written."""
        self.used: set[str] = set()
        """Helper functions that the text calls."""

    @abstractmethod
    def load(self, array: str, indices: Sequence[str]) -> str:
        """A cell of a shared variable."""

    def slot(self, slot: Local | Temp) -> str:
        """A local or temporary of the agent whose step is written."""
        return self._local(self.agent, slot.slot) if isinstance(slot, Local) else self._temporary(slot.slot)

    @abstractmethod
    def bound(self, name: str) -> str:
        """A bound variable or parameter."""

    @abstractmethod
    def conditional(self, cond: str, then: str, orelse: str) -> str:
        """`then` if `cond`, else `orelse`."""

    @abstractmethod
    def quantified(self, fold: Fold) -> str:
        """Whether the body holds for all (any) values of the range, which is not empty."""

    def _point(self, agent: int) -> str:
        """The variable that says where an agent stands."""
        return self.names("at", self.system.agents[agent].name)

    def _stand(self, agent: int, point: int) -> str:
        """A point at which an agent may stand."""
        who = self.system.agents[agent]
        return self.names("at", who.name, str(point), self.system.process(who).points[point].name)

    def _local(self, agent: int, slot: int) -> str:
        who = self.system.agents[agent]
        return self.names(who.name, self.system.process(who).locals[slot].name.partition("|")[0], str(slot))

    def _temporary(self, slot: int) -> str:
        return self.names("temporary", str(slot))

    def helper(self, name: str, *args: str) -> str:
        """A call of a helper."""
        self.used.add(name)
        return f"{name}({', '.join(args)})"

    def truth(self, expr: Expr) -> str:
        """The expression as a condition."""
        match expr:
            case Const(value):
                return self.true if value else self.false
            case Op(Operator.NOT, (arg,)):
                return f"({self.negation}{self.truth(arg)})"
            case Op(Operator.AND | Operator.OR as operator, args):
                sign = self.both if operator is Operator.AND else self.one
                neutral = self.true if operator is Operator.AND else self.false
                return f"({f' {sign} '.join(map(self.truth, args))})" if args else neutral
            case Op(Operator.IMPLIES, (cond, then)):
                return f"({self.negation}{self.truth(cond)} {self.one} {self.truth(then)})"
            case Op(operator, (left, right)) if operator in COMPARISONS:
                sign = {Operator.EQ: self.equals, Operator.NE: self.differs}.get(operator, COMPARISONS[operator])
                return f"({self.number(left)} {sign} {self.number(right)})"
            case Op(Operator.ITE, (cond, then, orelse)):
                return self.conditional(self.truth(cond), self.truth(then), self.truth(orelse))
            case Op(Operator.BIT, (mask, bit)):
                return f"({self.helper('bit', self.number(mask), self.number(bit))} {self.equals} 1)"
            case Fold(kind=FoldKind.ALL | FoldKind.ANY):
                if expr.hi < expr.lo:
                    return self.true if expr.kind is FoldKind.ALL else self.false
                return self.quantified(expr)
            case _:
                return f"({self.number(expr)} {self.equals} 1)"

    def number(self, expr: Expr) -> str:
        """The expression as an integer."""
        match expr:
            case Const(value):
                return str(value) if value >= 0 else f"({value})"
            case Load(array, indices):
                return self.load(array, [self.number(index) for index in indices])
            case Local() | Temp():
                return self.slot(expr)
            case Bound(name):
                return self.bound(name)
            case Op(Operator.ITE, (cond, then, orelse)):
                return self.conditional(self.truth(cond), self.number(then), self.number(orelse))
            case Op(operator, (left, right)) if operator in ARITHMETIC:
                return f"({self.number(left)} {ARITHMETIC[operator]} {self.number(right)})"
            case Op(Operator.MIN | Operator.MAX as operator, (left, right)):
                a, b = self.number(left), self.number(right)
                return self.conditional(f"({a} <= {b})", *((a, b) if operator is Operator.MIN else (b, a)))
            case Op(operator, args) if operator in HELPERS:
                return self.helper(HELPERS[operator], *map(self.number, args))
            case Op(operator) if OPERATORS[operator].result_truth:
                return self.conditional(self.truth(expr), "1", "0")
            case Fold(kind=FoldKind.SUM):
                return self._sum(expr)
            case Fold():
                return self.conditional(self.truth(expr), "1", "0")
            case _:
                raise ValueError(f"{expr} in a prepared system")

    def _sum(self, fold: Fold) -> str:
        terms = [self.number(at(fold.body, fold.name, value)) for value in range(fold.lo, fold.hi + 1)]
        return f"({' + '.join(terms)})" if terms else "0"


def at(body: Expr, name: str, value: int) -> Expr:
    """The body of a fold with its variable fixed."""
    return Rewriter(lambda part: Const(value) if part == Bound(name) else simplify(part))(body)
