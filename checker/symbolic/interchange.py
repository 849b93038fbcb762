"""Whether the elements of an index sort are interchangeable, proved step by step with Z3.

They are if a step from a state with its elements renamed leads where the step from the state does, with the elements
renamed, and blocks, fails and violates assertions alike; and if properties say the same of both. Agents that are
elements, or work for one, change places with those of the element whose name it gets: it is the step of the other
agent that must lead there. Exchanges of two elements generate all renamings. Where some elements are told apart, such
as those that a constant of the reduced system names, the others may still be interchangeable.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import z3

from shootdown.model.ir.expr import Operator
from shootdown.model.ir.layout import Layout
from shootdown.model.ir.reads import block_reads
from shootdown.model.ir.stmt import Assign, Block, Cell, Choose
from shootdown.model.ir.system import Process, PropertyKind, Step, System
from shootdown.model.ir.walk import gotos, statements

from ..analysis.dead_locals import live_locals
from ..analysis.element_types import Kind
from ..analysis.sorts import Elements, Sorts, find_sorts
from ..analysis.symmetry import TOO_LATE, Symmetry, exchanging, renaming_table
from ..analysis.twins import counterparts, read_params, works_for
from .execute import Effect, Executor
from .refuting import Refuting
from .relation import Move, Relation
from .renaming import RenamedStates, Renaming
from .terms import Scope, Term, Truth, as_truth, conjunction, disjunction, negation

LARGEST = 8
"""Elements of a sort that is tried."""

TOO_MANY = "it has too many elements to try"

Classes = tuple[tuple[int, ...], ...]


def find_symmetry(system: System, seconds: float | None = None) -> Symmetry:
    """The sorts of a system whose elements are interchangeable, and why others are not.

    What is not proved after so many seconds (None: no limit) is taken not to be.
    """
    until = None if seconds is None else time.monotonic() + seconds
    sorts = find_sorts(system)
    if not any(not sort.against and sort.size <= LARGEST for sort in sorts.sorts):
        none = tuple(() for _ in sorts.sorts)
        return Symmetry(system, sorts, none, tuple(sort.against or TOO_MANY for sort in sorts.sorts))
    relation = Relation(system)
    solver = Refuting(relation, until)
    live = {process.name: live_locals(process) for process in system.processes}
    classes: list[Classes] = []
    against = []
    for number, sort in enumerate(sorts.sorts):
        why = sort.against or ("" if sort.size <= LARGEST else TOO_MANY)
        found, why = ((), why) if why else _Proof(system, sorts, relation, solver, live, number).classes()
        classes.append(found)
        against.append(why)
    return Symmetry(system, sorts, tuple(classes), tuple(against))


@dataclass(frozen=True)
class _Proof:
    """The proof for one sort."""

    system: System
    sorts: Sorts
    relation: Relation
    solver: Refuting
    live: Mapping[str, Sequence[frozenset[int]]]
    """For each point of each process the locals that may be read before they are written."""
    sort: int
    present: set[tuple[str, int, int]] = field(default_factory=set)
    """Process, point and slot of locals that are none nowhere."""
    telling: set[tuple[int, int]] = field(default_factory=set)
    """Agents and their steps that have told elements apart."""

    def classes(self) -> tuple[Classes, str]:
        """Groups of interchangeable elements, and a place that tells others apart.

        To be interchangeable with the first of a group is to be so with all of it.
        """
        why = self._values()
        if why:
            return (), why
        self._find_present()
        size = self.sorts.sorts[self.sort].size
        groups: list[list[int]] = []
        for element in range(size):
            if size > 3 and groups == [[0, 1]] and self._turns(size):
                return (tuple(range(size)),), ""
            for group in groups:
                found = self._together((*group, element)) or self._against(exchanging(size, group[0], element))
                why = why or found
                if not found:
                    group.append(element)
                    break
            else:
                groups.append([element])
        return tuple(tuple(group) for group in groups if len(group) > 1), why

    def _turns(self, size: int) -> bool:
        """Whether each element may have the name of the next: that and one exchange of two generate all renamings."""
        return not self._together(range(size)) and not self._against((*range(1, size), 0))

    def _together(self, group: Collection[int]) -> str:
        """Who is for several of these elements, so that no place is one's alone; empty: nobody."""
        for agent in self.system.agents:
            if len(works_for(self.system, self.sorts, self.sort, agent).intersection(group)) > 1:
                return f"{agent.name} is for several of its elements"
        return ""

    def _against(self, renaming: Renaming) -> str:
        """The first place that is not the same when elements are renamed; empty: there is none."""
        agents, why = counterparts(self.system, self.sorts, self.sort, renaming)
        if why or self._late():
            return why or self._late()
        table = renaming_table(self.system, self.sorts, self.sort, renaming)
        exchange = RenamedStates(self.relation.terms, self.sort, renaming, table, agents)
        return self._initial(exchange) or self._properties(exchange) or self._steps(exchange)

    def _late(self) -> str:
        """That there is no time left; empty: there is."""
        return TOO_LATE if self.solver.late else ""

    def _values(self) -> str:
        """Entries that hold elements always hold one that there is, locals where their agent begins."""
        arrays = {array.name: array for array in self.system.arrays}
        size = self.sorts.sorts[self.sort].size
        for name, elements in self.sorts.arrays.items():
            if elements.sort == self.sort and (arrays[name].lo < 0 or arrays[name].hi > elements.kind.most(size)):
                return f"{name} may hold what is none of its elements"
        for process in self.system.processes:
            for slot, elements in self.sorts.locals[process.name][process.entry].items():
                if elements.sort == self.sort and not 0 <= process.locals[slot].init <= elements.kind.most(size):
                    return f"{process.locals[slot].name} begins with what is none of its elements"
        return ""

    def _initial(self, exchange: RenamedStates) -> str:
        """What no step writes is a constant of the packed state, and must look the same under every renaming."""
        written = {
            statement.target.array
            for process in self.system.processes
            for step in process.steps
            for statement in statements(step.block)
            if isinstance(statement, Assign) and isinstance(statement.target, Cell)
        }
        layout = Layout(self.system)
        renamed = exchange.table.renamed(layout.initial, exchange.renaming)
        for array in self.system.arrays:
            first = layout.arrays[array.name]
            cells = slice(first, first + array.size)
            if array.name not in written and renamed[cells] != layout.initial[cells]:
                return f"{array.name}, which never changes, tells its elements apart"
        return ""

    def _properties(self, exchange: RenamedStates) -> str:
        renamed = exchange.arrays(self.relation.cells)
        for prop in self.system.properties:
            if prop.kind in (PropertyKind.ASSERTION, PropertyKind.NO_DEADLOCK):
                continue
            one = self.relation.truth(prop.expr)
            other = self.relation.terms.truth(prop.expr, Scope([*renamed]))
            if self._may_differ([(one, other)], 1):
                return f"property {prop.name} tells its elements apart ({prop.where})"
        return ""

    def _steps(self, exchange: RenamedStates) -> str:
        renamed = exchange.arrays(self.relation.cells)
        proved: set[tuple[object, ...]] = set()
        # A step that has told some elements apart is likely to tell others apart, too.
        for move in sorted(self.relation.moves, key=lambda move: (move.agent, move.index) not in self.telling):
            instance = self.system.agents[move.agent]
            process = self.system.process(instance)
            if late := self._late():
                return late
            other = self.system.agents[exchange.agents[move.agent]]
            used = sorted(read_params(move.step.block))
            given, others = (tuple(agent.args[slot] for slot in used) for agent in (instance, other))
            if given == others and not self._touches(process, move.index, move.step):
                continue
            # With the same numbers the step of another agent is the same, but for whose locals it has.
            key = process.name, move.index, given, others, other is instance
            if key not in proved and not self._same(move, renamed, exchange):
                self.telling.add((move.agent, move.index))
                return f"step {move.step.label} of {instance.name} tells its elements apart ({move.step.where})"
            proved.add(key)
        return ""

    def _find_present(self) -> None:
        """Assume of all optional locals that they are not none, and take back what some step contradicts."""
        for process in self.system.processes:
            for point, held in enumerate(self.sorts.locals[process.name]):
                self.present.update(
                    (process.name, point, slot)
                    for slot, elements in held.items()
                    if elements.sort == self.sort
                    and elements.kind is Kind.OPTION
                    and (point != process.entry or process.locals[slot].init)
                )
        before = -1
        while self.present and before != (before := len(self.present)):
            for move in self.relation.moves:
                if self._late():
                    return
                self._take_back(move)

    def _take_back(self, move: Move) -> None:
        name, offset = self.system.agents[move.agent].process, self.relation.layout.points[move.agent]
        reached = {goto.point for goto in gotos(move.step.block)}
        for point, slot in [(point, slot) for process, point, slot in self.present if process == name]:
            if point in reached:
                here = self.relation.terms.equal(move.effect.cells[offset], point)
                source = self._in_range(self.relation.cells, name, move.step.source, offset)
                given = conjunction([source, move.effect.through, here])
                if self._may_differ(
                    [(negation(self.relation.terms.equal(move.effect.cells[offset + 1 + slot], 0)), 1)], given
                ):
                    self.present.discard((name, point, slot))

    def _touches(self, process: Process, number: int, step: Step) -> bool:
        points = self.sorts.locals[process.name]
        places = [points[step.source], *(points[goto.point] for goto in gotos(step.block))]
        held = [elements for place in places for elements in place.values()]
        held += [elements for elements in self.sorts.choices[process.name][number] if elements is not None]
        return any(elements.sort == self.sort for elements in held) or not self._concerned.isdisjoint(
            _accessed(step.block)
        )

    @cached_property
    def _concerned(self) -> frozenset[str]:
        """Arrays that are indexed by the sort, hold elements of it, or guard them."""
        found = {name for name, _ in self.sorts.sorts[self.sort].arrays}
        for name, elements in self.sorts.arrays.items():
            if elements.sort == self.sort:
                found.add(name)
                if isinstance(elements.guard, str):
                    found.add(elements.guard)
        return frozenset(found)

    def _same(self, move: Move, renamed: Sequence[Term], exchange: RenamedStates) -> bool:
        """Whether the step commutes with the renaming: what it does, the agent in whose place its own comes does."""
        relation, step, first = self.relation, move.step, move.effect
        other = exchange.agents[move.agent]
        offset, there = relation.layout.points[move.agent], relation.layout.points[other]
        name = self.system.agents[move.agent].process
        held, slots = self.sorts.locals[name], {*range(len(self.system.process(self.system.agents[other]).locals))}
        symbols = [z3.ZeroExt(relation.width - symbol.size(), symbol) for symbol in relation.choices]
        others = self._chosen(symbols, self.sorts.choices[name][move.index], step.block, exchange)
        if others is None:
            return False
        images = [*renamed]
        images[there] = step.source
        exchange.locals(images, relation.cells, held[step.source], (offset, there), 1)
        second = Executor(relation.terms, there, self.system.agents[other].args, others).effect(step.block, images)
        expected = exchange.arrays(first.cells)
        outcome: list[tuple[Term, Term]] = [(first.blocked, second.blocked), (first.failed, second.failed)]
        outcome += _violated(first, second)
        pairs: list[tuple[Term, Term]] = []
        for point in sorted({goto.point for goto in gotos(step.block)}):
            here = relation.terms.equal(first.cells[offset], point)
            exchange.locals(expected, first.cells, held[point], (offset, there), here)
            self._forget(expected, second.cells, slots - self.live[name][point], there, here)
            pairs.append((disjunction([negation(here), self._in_range(first.cells, name, point, offset)]), 1))
        pairs += zip(second.cells, expected, strict=True)
        given = self._in_range(relation.cells, name, step.source, offset)
        return not self._may_differ(outcome, given) and not self._may_differ(pairs, conjunction([given, first.through]))

    def _forget(
        self, expected: list[Term], cells: Sequence[Term], dead: Collection[int], offset: int, here: Truth
    ) -> None:
        """Expect nothing of locals that nobody reads any more."""
        for slot in dead:
            at = offset + 1 + slot
            expected[at] = self.relation.terms.choice(here, cells[at], expected[at])

    def _in_range(self, cells: Sequence[Term], process: str, point: int, offset: int) -> Truth:
        """That locals hold elements that there are: a slot serves other variables, too."""
        terms, size = self.relation.terms, self.sorts.sorts[self.sort].size
        found: list[Truth] = []
        for slot, elements in self.sorts.locals[process][point].items():
            most = elements.kind.most(size)
            variable, value = self.relation.variables[offset + 1 + slot], cells[offset + 1 + slot]
            if elements.sort == self.sort and variable.hi > most:
                found.append(as_truth(terms.operation(Operator.LE, [value, most])))
            if elements.sort == self.sort and variable.lo < 0:
                found.append(as_truth(terms.operation(Operator.LE, [0, value])))
            if (process, point, slot) in self.present:
                found.append(negation(terms.equal(value, 0)))
        return conjunction(found)

    def _chosen(
        self, symbols: Sequence[z3.BitVecRef], held: Sequence[Elements | None], block: Block, exchange: RenamedStates
    ) -> list[z3.BitVecRef] | None:
        """The choices with elements renamed; None if they do not all begin with the same value."""
        lows = {item.lo for item in statements(block) if isinstance(item, Choose)}
        if len(lows) > 1 and any(elements is not None for elements in held):
            return None
        terms, low = self.relation.terms, min(lows, default=0)
        found = [*symbols]
        for number, elements in enumerate(held):
            if elements is not None and elements.sort == self.sort:
                value = terms.operation(Operator.ADD, [symbols[number], low])
                renamed = exchange.value(value, elements.kind)
                found[number] = terms.bits(terms.operation(Operator.SUB, [renamed, low]))
        return found

    def _may_differ(self, pairs: Sequence[tuple[Term, Term]], given: Truth) -> bool:
        """Whether some pair may have two values in a state in which something is given."""
        terms = self.relation.terms
        differ = [negation(terms.equal(a, b)) for a, b in pairs if a is not b]
        claim = conjunction([given, disjunction(differ)])
        return bool(claim) if isinstance(claim, int) else self.solver.may_hold(claim)


def _violated(first: Effect, second: Effect) -> Iterator[tuple[Term, Term]]:
    """When each assertion fails in a step that does not block."""

    def fails(effect: Effect, name: str) -> Truth:
        return conjunction([effect.violated.get(name, 0), negation(effect.blocked)])

    for name in {**first.violated, **second.violated}:
        yield fails(first, name), fails(second, name)


def _accessed(block: Block) -> set[str]:
    written = (statement.target for statement in statements(block) if isinstance(statement, Assign))
    return {*block_reads(block).arrays, *(target.array for target in written if isinstance(target, Cell))}
