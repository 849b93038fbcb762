"""The transition relation of a system as SMT-LIB 2 text, with the names and labels of its model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import z3

from shootdown.model.ir.system import PropertyKind, System

from .goals import Undecidable, decided, problems
from .instance import Symbol
from .labels import Labels
from .relation import Move, Relation, Variable
from .terms import Truth, as_formula, conjunction, disjunction

MOST_LABELS = 16


def smt2(system: System) -> str:
    """Text in QF_BV that declares the state before and after a step, the choices and the number of the step.

    It defines `init`, a truth for each step, `trans`, `problem` and, for each property, when a state or a step from it
    decides it.
    """
    return "\n".join(_Text(system).lines()) + "\n"


class _Text:
    def __init__(self, system: System) -> None:
        self._system = system
        self._relation = Relation(system)
        self._labels = Labels(system)
        self._next = [variable.symbol("'") for variable in self._relation.variables]
        self._step = z3.BitVec("step", max(1, len(self._relation.moves).bit_length()))

    def lines(self) -> Iterator[str]:
        """The text."""
        yield f"; {self._system.name}"
        yield "; A constant without ' is an entry of the state before a step, with ' of the state behind it."
        yield "(set-logic QF_BV)"
        yield from self._state()
        yield from self._inputs()
        yield from self._initial()
        yield from self._steps()
        yield from self._transition()
        yield from self._properties()

    def _state(self) -> Iterator[str]:
        yield ""
        for position, (variable, now, after) in enumerate(
            zip(self._relation.variables, self._relation.now, self._next, strict=True)
        ):
            if not variable.constant:
                yield f"; {self._values(position, variable)}"
                yield _declared(now)
                yield _declared(after)
        within = [
            limit
            for variable, symbol in zip(self._relation.variables, self._relation.now, strict=True)
            if not variable.constant and (limit := variable.within(symbol)) is not None
        ]
        yield "; every entry has one of its values"
        yield _defined("within", z3.And(within))

    def _values(self, position: int, variable: Variable) -> str:
        values = range(variable.lo, variable.hi + 1)
        names = [f"{value - variable.base}: {self._labels.text(position, value)}" for value in values[:MOST_LABELS]]
        return f"{variable.name}: {', '.join(names)}{', ...' if len(values) > MOST_LABELS else ''}"

    def _inputs(self) -> Iterator[str]:
        yield ""
        yield "; what a step chooses, counted from the least candidate, and which step is taken"
        for symbol in (*self._relation.choices, self._step):
            yield _declared(symbol)

    def _initial(self) -> Iterator[str]:
        yield ""
        initial = [
            symbol == variable.numeral(value)
            for variable, symbol, value in zip(
                self._relation.variables, self._relation.now, self._relation.layout.initial, strict=True
            )
            if not variable.constant
        ]
        yield _defined("init", z3.And(initial))

    def _steps(self) -> Iterator[str]:
        for number, move in enumerate(self._relation.moves):
            yield ""
            yield f"; {self._name(number, move)}: {move.step.where}"
            changes = [
                self._relation.becomes(position, self._next[position], move.effect.cells[position])
                for position in move.writes
                if not self._relation.variables[position].constant
            ]
            taken = conjunction([self._relation.starts(move), move.effect.through, *changes])
            yield _defined(self._name(number, move), z3.And(self._step == number, as_formula(taken)))

    def _name(self, number: int, move: Move) -> str:
        label = move.step.label.replace("|", "/").replace("\\", "/")
        return f"{number} {self._system.agents[move.agent].name}: {label}"

    def _transition(self) -> Iterator[str]:
        writers: dict[int, list[str]] = {}
        for number, move in enumerate(self._relation.moves):
            for position in move.writes:
                writers.setdefault(position, []).append(self._name(number, move))
        yield ""
        yield "; one step is taken, and what it does not write stays"
        yield "(define-fun trans () Bool (and"
        names = [self._name(number, move) for number, move in enumerate(self._relation.moves)]
        yield f"  {_any(names)}"
        for position, (variable, now, after) in enumerate(
            zip(self._relation.variables, self._relation.now, self._next, strict=True)
        ):
            if not variable.constant:
                same = (after == now).sexpr()
                yield f"  {_any(writers.get(position, []), same)}"
        yield "))"

    def _properties(self) -> Iterator[str]:
        yield ""
        yield "; a step from the state ends in a model error, or in a world that is too small"
        yield _defined("problem", as_formula(_any_of(cond for _, cond in problems(self._relation))))
        for prop in self._system.properties:
            decides = "witnesses" if prop.kind is PropertyKind.SOMETIMES else "violates"
            try:
                cond = _any_of(cond for _, cond in decided(self._relation, prop))
            except Undecidable as reason:
                yield f"; {prop.name} is left out: {reason}"
                continue
            yield f"; the state, or a step from it, {decides} {prop.name}: {' '.join(prop.meaning.split())}"
            yield _defined(f"{decides} {prop.name}", as_formula(cond))


def _any_of(truths: Iterable[Truth]) -> Truth:
    return disjunction([*truths])


def _declared(symbol: Symbol) -> str:
    return f"(declare-const {symbol.sexpr()} {symbol.sort().sexpr()})"


def _defined(name: str, formula: z3.BoolRef) -> str:
    return f"(define-fun |{name}| () Bool {formula.sexpr()})"


def _any(names: Iterable[str], *others: str) -> str:
    parts = [*(f"|{name}|" for name in names), *others]
    return parts[0] if len(parts) == 1 else f"(or {' '.join(parts)})" if parts else "false"
