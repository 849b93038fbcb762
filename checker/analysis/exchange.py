"""Which accesses to one cell can be exchanged, by all values that it may have while agents stand where they stand.

The system is looked at as if it had no other cell: agents move between the accesses as they like. What is found there
of the cell's values holds in the system, too. So a reader that gives a lock back need not wait for those who want to
write, because none of them can have it meanwhile, nor for other readers, because adding commutes.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import combinations

from shootdown.model.ir.expr import FALSE, TRUE, Const, Expr, Load, Local, Temp
from shootdown.model.ir.reads import reads
from shootdown.model.ir.simplify import simplify
from shootdown.model.ir.stmt import Assert, Assign, Block, Cell, Check, Choose, Goto, If, Note, Stmt, Wait
from shootdown.model.ir.walk import Rewriter, block_expressions, rewrite_statement, statements

MOST_VALUES = 16
"""Values of a cell that is looked at."""
MOST_COMBINATIONS = 20_000
"""Combinations of a value and of where the agents are."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A way through a step of an agent, from a point to others. Of its `literals` it is known whether they hold."""

    agent: int
    source: int
    targets: tuple[int, ...]
    block: Block
    literals: tuple[tuple[Expr, bool], ...]


@dataclass(frozen=True, slots=True)
class Effect:
    """What a passage does where the cell has some value: all but what it does to the cell, and the value afterwards."""

    rest: Block
    value: int
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Kind:
    """Accesses alike: of an agent, from places between the same other accesses, with the same effects by value.

    None: it blocks. `known` has the values with which a passage may be known to be enabled.
    """

    agent: int
    part: int
    effects: tuple[tuple[int, int, bool] | None, ...]
    known: tuple[bool, ...]


class Impure(Exception):
    """What a passage does with the cell depends on more than its value."""


@dataclass
class _Following:
    """Follows a passage through its statements, the cell having a value."""

    array: str
    is_cell: Callable[[str, Sequence[Expr]], bool]
    value: int
    known: dict[Local | Temp, Const] = field(default_factory=dict)
    rest: list[Stmt] = field(default_factory=list)
    blocked: bool = False
    failed: bool = False
    split: bool = False
    """Whether a branch that may have ended the step lies behind."""

    def follow(self, block: Block) -> bool:
        """Whether statements behind the block are run."""
        return all(self._runs_on(statement) for statement in block)

    def _runs_on(self, statement: Stmt) -> bool:
        match statement:
            case Note():
                return True
            case If(cond):
                return self._branch(statement, self.filled(cond))
            case Wait(cond) | Check(cond) | Assert(cond):
                return self._test(statement, self.filled(cond))
            case Assign(Cell(array, indices), value) if self.is_cell(array, indices):
                written = self.filled(value)
                if self.split or not isinstance(written, Const):
                    raise Impure
                self.value = written.value
                return True
            case Assign(Local() | Temp() as target, value):
                new = self.filled(value)
                self._forget(target)
                if isinstance(new, Const):
                    self.known[_bare(target)] = new
                if not isinstance(target, Temp) or not isinstance(new, Const):
                    self.rest.append(Assign(target, new))
            case Choose(target):
                self._forget(target)
                self.rest.append(rewrite_statement(statement, self.filled))
            case _:
                self.rest.append(rewrite_statement(statement, self.filled))
        return not isinstance(statement, Goto)

    def _test(self, statement: Wait | Check | Assert, cond: Expr) -> bool:
        if cond == TRUE:
            return True
        self.rest.append(rewrite_statement(statement, lambda _: cond))
        if cond == FALSE and not isinstance(statement, Assert):
            self.blocked, self.failed = isinstance(statement, Wait), isinstance(statement, Check)
            return False
        return True

    def _branch(self, statement: If, cond: Expr) -> bool:
        if isinstance(cond, Const):
            return self.follow(statement.then if cond.value else statement.orelse)
        inner = (*statement.then, *statement.orelse)
        for part in statements(inner):
            target = part.target if isinstance(part, Assign) else None
            if isinstance(target, Cell) and self.is_cell(target.array, target.indices):
                raise Impure
        if any(isinstance(part, Load) and self.is_cell(part.array, part.indices) for part in block_expressions(inner)):
            raise Impure
        for part in statements(inner):
            if isinstance(part, Assign | Choose) and not isinstance(part.target, Cell):
                self._spell_out(part.target)
            self.split |= isinstance(part, Goto)
        self.rest.append(rewrite_statement(replace(statement, cond=cond), self.filled))
        return True

    def _spell_out(self, target: Local | Temp) -> None:
        """Let what follows depend on the target itself: a branch may change it."""
        value = self.known.pop(_bare(target), None)
        if value is not None and isinstance(target, Temp):
            self.rest.append(Assign(target, value))

    def _forget(self, target: Expr | Cell) -> None:
        if isinstance(target, Local | Temp):
            self.known.pop(_bare(target), None)

    def filled(self, expr: Expr) -> Expr:
        """The expression with what is known filled in."""
        read = reads(expr)
        if read.simple and self.array not in read.arrays and not read.any_of(self.known):
            return expr
        return Rewriter(self._fill)(expr)

    def _fill(self, part: Expr) -> Expr:
        if isinstance(part, Load):
            if not self.is_cell(part.array, part.indices):
                return part
            if self.split:
                raise Impure
            return Const(self.value)
        if isinstance(part, Local | Temp):
            return self.known.get(_bare(part), part)
        return simplify(part)


def _bare(target: Local | Temp) -> Local | Temp:
    return Local(target.slot) if isinstance(target, Local) else Temp(target.slot)


@dataclass(frozen=True)
class CellUse:
    """The passages that touch one cell of an array, and the others of all agents."""

    array: str
    lo: int
    hi: int
    initial: Collection[int]
    """The values that it may begin with."""
    entries: tuple[int, ...]
    """Where each agent begins."""
    touching: tuple[Passage, ...]
    others: tuple[Passage, ...]
    is_cell: Callable[[str, Sequence[Expr]], bool]

    @property
    def values(self) -> range:
        """The values that the cell may have."""
        return range(self.lo, self.hi + 1)

    @cached_property
    def effects(self) -> tuple[tuple[Effect | None, ...], ...]:
        """What each touching passage does with each value; None: it blocks. Raises `Impure`."""
        return tuple(tuple(self._effect(passage.block, value) for value in self.values) for passage in self.touching)

    def _effect(self, block: Block, value: int) -> Effect | None:
        following = _Following(self.array, self.is_cell, value)
        following.follow(block)
        if following.blocked:
            return None
        failed = following.failed or following.value not in self.values
        return Effect(tuple(following.rest), value if failed else following.value, failed)

    def truth(self, expr: Expr, value: int) -> bool | None:
        """What an expression over nothing but the cell is for a value; None: it is over something else."""
        found = _Following(self.array, self.is_cell, value).filled(expr)
        return bool(found.value) if isinstance(found, Const) else None

    @cached_property
    def parts(self) -> tuple[Mapping[int, int], ...]:
        """The points of each agent, in parts between which lies an access."""
        parents: list[dict[int, int]] = [{} for _ in self.entries]

        def root(agent: int, point: int) -> int:
            above = parents[agent]
            while above.setdefault(point, point) != point:
                point = above[point]
            return point

        for passage in self.others:
            for target in passage.targets:
                parents[passage.agent][root(passage.agent, target)] = root(passage.agent, passage.source)
        for passage in self.touching:
            for point in (passage.source, *passage.targets):
                root(passage.agent, point)
        for agent, entry in enumerate(self.entries):
            root(agent, entry)
        return tuple({point: root(agent, point) for point in [*above]} for agent, above in enumerate(parents))

    @cached_property
    def involved(self) -> tuple[int, ...]:
        """The agents that touch the cell."""
        return tuple(sorted({passage.agent for passage in self.touching}))

    @cached_property
    def reached(self) -> frozenset[tuple[tuple[int, ...], int]] | None:
        """Where the agents that touch the cell may be, by parts, with its value; None: too many to tell."""
        moves: dict[tuple[int, int], list[tuple[tuple[int, ...], tuple[Effect | None, ...]]]] = {}
        places = {agent: place for place, agent in enumerate(self.involved)}
        for passage, effects in zip(self.touching, self.effects, strict=True):
            part = self.parts[passage.agent]
            targets = tuple(dict.fromkeys(part[target] for target in passage.targets))
            moves.setdefault((places[passage.agent], part[passage.source]), []).append((targets, effects))
        begin = tuple(self.parts[agent][self.entries[agent]] for agent in self.involved)
        pending = [(begin, value) for value in self.initial]
        found = {*pending}
        while pending:
            where, value = pending.pop()
            for place, part_ in enumerate(where):
                for targets, effects in moves.get((place, part_), ()):
                    effect = effects[value - self.lo]
                    if effect is None or effect.failed:
                        continue
                    for target in targets:
                        new = (*where[:place], target, *where[place + 1 :]), effect.value
                        if new not in found:
                            found.add(new)
                            pending.append(new)
            if len(found) > MOST_COMBINATIONS:
                return None
        return frozenset(found)

    @cached_property
    def kinds(self) -> tuple[Kind, ...]:
        """The kind of each touching passage."""
        return tuple(
            Kind(passage.agent, self.parts[passage.agent][passage.source], _numbered(effects), self._known(passage))
            for passage, effects in zip(self.touching, self.effects, strict=True)
        )

    def _known(self, passage: Passage) -> tuple[bool, ...]:
        return tuple(
            all(self.truth(literal, value) in (None, wanted) for literal, wanted in passage.literals)
            for value in self.values
        )

    @cached_property
    def meetings(self) -> frozenset[tuple[int, int, int, int, int]]:
        """Two agents, the parts where they may be at once, and the cell's value meanwhile."""
        assert self.reached is not None
        found = set()
        for where, value in self.reached:
            for one, other in combinations(range(len(where)), 2):
                agents = self.involved[one], self.involved[other]
                found.add((agents[0], where[one], agents[1], where[other], value))
                found.add((agents[1], where[other], agents[0], where[one], value))
        return frozenset(found)

    @cached_property
    def conflicts(self) -> frozenset[tuple[Kind, Kind]]:
        """A kind of passage, and one that may come before it when it is enabled, where the order makes a difference."""
        at: dict[tuple[int, int], set[Kind]] = {}
        for kind in self.kinds:
            at.setdefault((kind.agent, kind.part), set()).add(kind)
        return frozenset(
            (first, second)
            for one, part, other, other_part, value in self.meetings
            for first in at.get((one, part), ())
            for second in at.get((other, other_part), ())
            if _differ(first, second, value - self.lo, self.lo)
        )

    def values_at(self, agent: int, part: int) -> Collection[int]:
        """The values that the cell may have while an agent that touches it is in a part."""
        return self._values_at.get((agent, part), ())

    @cached_property
    def _values_at(self) -> Mapping[tuple[int, int], Collection[int]]:
        assert self.reached is not None
        found: dict[tuple[int, int], set[int]] = {}
        for where, value in self.reached:
            for agent, part in zip(self.involved, where, strict=True):
                found.setdefault((agent, part), set()).add(value)
        return found

    def changing(self, told: Callable[[int], bool | int | None]) -> frozenset[Kind]:
        """The kinds that may change what is told of the cell's value."""
        found = set()
        for kind in set(self.kinds):
            for value in self.values_at(kind.agent, kind.part):
                effect = kind.effects[value - self.lo]
                if effect is not None and not effect[2] and told(effect[1]) != told(value):
                    found.add(kind)
        return frozenset(found)


def _numbered(effects: Iterable[Effect | None]) -> tuple[tuple[int, int, bool] | None, ...]:
    """The effects with numbers for what is done to all but the cell, in the order in which they come."""
    numbers: dict[Block, int] = {}
    return tuple(
        None if effect is None else (numbers.setdefault(effect.rest, len(numbers)), effect.value, effect.failed)
        for effect in effects
    )


def _differ(first: Kind, second: Kind, at: int, lo: int) -> bool:
    """Whether it matters, for one value of the cell, if a passage of the second kind comes before one of the first."""
    before, other = first.effects[at], second.effects[at]
    if other is None or not first.known[at]:
        return False
    after = first.effects[other[1] - lo]
    if before is None or after is None or other[2]:
        return other[2] or before is not after
    late = second.effects[before[1] - lo]
    if before[2] or after[2] or late is None or late[2]:
        return True
    return (before[0], other[0], after[1]) != (after[0], late[0], late[1])
