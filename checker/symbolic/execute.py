"""What one step of one agent does, as terms over the state before it: the block run on all its paths at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import assert_never

import z3

from shootdown.model.ir.expr import Local, Operator, Temp
from shootdown.model.ir.stmt import Assert, Assign, Block, Cell, Check, Choose, Goto, If, Note, Place, Wait
from shootdown.model.ir.walk import ends, gotos

from .terms import Scope, Term, Terms, Truth, conjunction, disjunction, negation


@dataclass(frozen=True)
class Effect:
    """The outcome of a step. Exactly one of `blocked`, `failed` and "goes through" is true.

    `cells` is the state after it where it goes through. `violated` says when each step assertion fails.
    """

    blocked: Truth
    failed: Truth
    cells: tuple[Term, ...]
    violated: dict[str, Truth]

    @property
    def through(self) -> Truth:
        """Whether the step is enabled and has a successor."""
        return negation(disjunction([self.blocked, self.failed]))


@dataclass
class _Path:
    """Where a run has got to. `live`: it has neither blocked nor failed. `made` counts the choices on the way."""

    scope: Scope
    live: Truth = 1
    made: int = 0
    blocked: Truth = 0
    failed: Truth = 0
    violated: dict[str, Truth] = field(default_factory=dict)

    def copy(self) -> _Path:
        scope = Scope([*self.scope.cells], self.scope.locals, self.scope.params, {**self.scope.temps})
        return replace(self, scope=scope, violated={**self.violated})


class Executor:
    """Runs blocks of one agent. `choices` are the terms of the choices that a step may make, in order."""

    def __init__(self, terms: Terms, point: int, params: tuple[int, ...], choices: Sequence[z3.BitVecRef]) -> None:
        self._terms = terms
        self._point = point
        self._params = params
        self._choices = choices

    def effect(self, block: Block, cells: Sequence[Term]) -> Effect:
        """What a step's block does in a state."""
        path = self._block(block, _Path(Scope([*cells], self._point + 1, self._params)))
        return Effect(path.blocked, path.failed, tuple(path.scope.cells), path.violated)

    def _block(self, block: Block, path: _Path) -> _Path:
        for number, statement in enumerate(block):
            if isinstance(path.live, int) and not path.live:
                return path
            if isinstance(statement, If):
                rest = block[number + 1 :]
                if not any(True for _ in gotos((statement,))):
                    path = self._if(statement, (), path)
                else:
                    return self._if(statement, rest, path)
            else:
                self._statement(statement, path)
                if isinstance(statement, Goto):
                    return path
        return path

    def _if(self, statement: If, rest: Block, path: _Path) -> _Path:
        """Both branches, each followed by the rest unless it ends the step."""
        cond = self._terms.truth(statement.cond, path.scope)
        ways = [branch if ends(branch) else (*branch, *rest) for branch in (statement.then, statement.orelse)]
        if isinstance(cond, int):
            return self._block(ways[0] if cond else ways[1], path)
        then, orelse = (self._block(way, path.copy()) for way in ways)
        return self._joined(cond, then, orelse)

    def _joined(self, cond: z3.BoolRef, then: _Path, orelse: _Path) -> _Path:
        choice = self._terms.choice

        def truth(a: Truth, b: Truth) -> Truth:
            found = choice(cond, a, b)
            assert not isinstance(found, z3.BitVecRef)
            return found

        cells = [a if a is b else choice(cond, a, b) for a, b in zip(then.scope.cells, orelse.scope.cells, strict=True)]
        temps = {
            slot: choice(cond, term, orelse.scope.temps[slot])
            for slot, term in then.scope.temps.items()
            if slot in orelse.scope.temps
        }
        names = [*then.violated, *(name for name in orelse.violated if name not in then.violated)]
        return _Path(
            Scope(cells, then.scope.locals, then.scope.params, temps),
            truth(then.live, orelse.live),
            max(then.made, orelse.made),
            truth(then.blocked, orelse.blocked),
            truth(then.failed, orelse.failed),
            {name: truth(then.violated.get(name, 0), orelse.violated.get(name, 0)) for name in names},
        )

    def _statement(self, statement: object, path: _Path) -> None:
        match statement:
            case Assign(target, source):
                self._store(target, self._terms.value(source, path.scope), path)
            case Wait(cond):
                self._block_unless(self._terms.truth(cond, path.scope), path)
            case Check(cond):
                self._fail_unless(self._terms.truth(cond, path.scope), path)
            case Assert(cond, name):
                false = conjunction([path.live, negation(self._terms.truth(cond, path.scope))])
                path.violated[name] = disjunction([path.violated.get(name, 0), false])
            case Choose():
                self._choose(statement, path)
            case Goto(point):
                path.scope.cells[self._point] = point
            case Note():
                pass
            case _:
                raise TypeError(f"not a statement: {statement!r}")

    def _block_unless(self, cond: Truth, path: _Path) -> None:
        path.blocked = disjunction([path.blocked, conjunction([path.live, negation(cond)])])
        path.live = conjunction([path.live, cond])

    def _fail_unless(self, cond: Truth, path: _Path) -> None:
        path.failed = disjunction([path.failed, conjunction([path.live, negation(cond)])])
        path.live = conjunction([path.live, cond])

    def _choose(self, choose: Choose, path: _Path) -> None:
        """Whatever the choice's term is: it must be a candidate, or the step is not this transition."""
        if not choose.blocking:
            self._fail_unless(disjunction([self._candidate(choose, at, path) for at in _range(choose)]), path)
        # A term for each choice counts from the lowest candidate, so that it is as narrow as may be.
        index = self._choices[path.made]
        path.made += 1
        places = [self._terms.equal(index, at - choose.lo) for at in _range(choose)]
        fits = [
            conjunction([here, self._candidate(choose, at, path)])
            for here, at in zip(places, _range(choose), strict=True)
        ]
        self._block_unless(disjunction(fits), path)
        chosen: Term = choose.hi
        if len(places) > 1:
            chosen = self._terms.operation(Operator.ADD, [index, choose.lo])
        self._store(choose.target, chosen, path)

    def _candidate(self, choose: Choose, value: int, path: _Path) -> Truth:
        trial = path.copy()
        self._store(choose.target, value, trial)
        return self._terms.truth(choose.candidate, trial.scope)

    def _store(self, target: Place, value: Term, path: _Path) -> None:
        match target:
            case Cell(array, indices):
                for position, cond in self._terms.cell(array, indices, path.scope):
                    path.scope.cells[position] = self._terms.choice(cond, value, path.scope.cells[position])
            case Local(slot):
                path.scope.cells[path.scope.locals + slot] = value
            case Temp(slot):
                path.scope.temps[slot] = value
            case _:
                assert_never(target)


def _range(choose: Choose) -> range:
    return range(choose.lo, choose.hi + 1)
