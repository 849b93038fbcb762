"""What a language cannot express, refused before anything is written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from shootdown.model.ir.expr import Expr, Load, Local, Op, Operator
from shootdown.model.ir.interval import Interval, Ranges, state_ranges
from shootdown.model.ir.source import NOWHERE, Span
from shootdown.model.ir.stmt import Assign, Cell, Choose, Goto, Note, Stmt
from shootdown.model.ir.system import LocalVariable, Process, PropertyKind, System
from shootdown.model.ir.walk import children, expressions

from ..analysis.intervals import parts, statement_ranges

Lack = Callable[[System], Iterable[tuple[Span, str, str]]]
"""Says what of a prepared system cannot be expressed: where it stands, what it is, why, and what to do."""

NUMBERS = Interval(-(2**31) + 1, 2**31 - 1)
"""Numbers of 32 bits, but for the least, whose negative is none of them."""


class Inexpressible(ValueError):
    """Parts of a system that the other language has no words for: one line each, with its place."""

    def __init__(self, lines: Iterable[str]) -> None:
        self.lines = tuple(lines)
        super().__init__("\n".join(self.lines))


def refuse(system: System, language: str, lacks: Iterable[Lack]) -> None:
    """Raises Inexpressible for what a prepared system has of what the language lacks."""
    found = [each for lack in lacks for each in lack(system)]
    if found:
        raise Inexpressible(f"{where}: {what} cannot be written in {language}: {why}" for where, what, why in found)


def no_deadlock(system: System) -> Iterator[tuple[Span, str, str]]:
    """`no_deadlock`: none of the languages has our notion of it."""
    for prop in system.properties:
        if prop.kind is PropertyKind.NO_DEADLOCK:
            why = "whether an agent is stuck is no property of single states; name other properties, or none"
            yield prop.where, prop.name, why


def large_numbers(system: System) -> Iterable[tuple[Span, str, str]]:
    """Variables and expressions that may have values beyond 32 bits, each where it comes first.

    SPIN's numbers have 32 bits, and overflow unnoticed. TLC's have as many, rumur's at least as many: both call an
    overflow an error, which would be taken for one of the system.
    """
    found = _Large()
    for process in system.processes:
        found.process(system, process)
    for prop in system.properties:
        found.expression(prop.expr, state_ranges(system), prop.where)
    why = "numbers have 32 bits there; give variables narrower bounds"
    return [(where, what, why) for where, what in found.told.values()]


class _Large:
    """Collects what is too large, by what it is."""

    def __init__(self) -> None:
        self.told: dict[object, tuple[Span, str]] = {}
        self._locals: Sequence[LocalVariable] = ()

    def process(self, system: System, process: Process) -> None:
        """What the steps of a process mention and compute."""
        self._locals = process.locals
        for step in process.steps:
            for statement, ranges in statement_ranges(system, process, step.block):
                # A note is not written, and has no number that nothing else has.
                if not isinstance(statement, Note | Goto):
                    where = _known(statement.where, step.where)
                    self._target(statement, ranges, where)
                    for expr in expressions(statement):
                        self.expression(expr, ranges, where)

    def expression(self, expr: Expr, ranges: Ranges, where: Span) -> None:
        """The parts of an expression that are too large while what they are made of is not."""
        held = {id(part): (part, found) for part, found in parts(expr, ranges)}
        for part, found in held.values():
            below = [held[id(child)][1] for child in children(part)]
            if all(each.within(NUMBERS) for each in below):
                self._value(part, found | _by_helper(part, below), _known(part.where, where))

    def _target(self, statement: Stmt, ranges: Ranges, where: Span) -> None:
        match statement:
            case Assign(Cell(array)):
                self._value(Load(array), ranges.arrays[array], where)
            case Assign(Local(slot) as target) | Choose(Local(slot) as target):
                self._value(target, ranges.locals[slot], where)
            case Choose(target, lo, hi):
                self._value(target, Interval(lo, hi), where)
            case _:
                pass

    def _value(self, part: Expr, held: Interval, where: Span) -> None:
        if held.within(NUMBERS):
            return
        key: object
        match part:
            case Load(array):
                key, what = array, array
            case Local(slot):
                key = what = self._locals[slot].name
            case _:
                key, what = (where, held), "what is computed here"
        numbers = f"{held.lo}" if held.value is not None else f"from {held.lo} to {held.hi}"
        self.told.setdefault(key, (where, f"{what}, {numbers},"))


def _by_helper(part: Expr, below: Sequence[Interval]) -> Interval:
    """What `floor_mod` and `floor_div` compute on their way: a remainder and the divisor, what is divided less that."""
    match part:
        case Op(Operator.MOD | Operator.DIV as operator):
            divided, divisor = below
            most = max(-divisor.lo, divisor.hi)
            doubled = Interval(-2 * most, 2 * most)
            return doubled if operator is Operator.MOD else doubled | Interval(divided.lo - most, divided.hi + most)
        case _:
            return Interval(0, 0)


def _known(where: Span, otherwise: Span) -> Span:
    return otherwise if where == NOWHERE else where
