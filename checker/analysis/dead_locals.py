"""Dead locals: a local that no path reads before it is written again gets its initial value at the end of the step.

States that differ in nothing but such a local become one. Steps, points and choices stay as they are, so verdicts,
shortest lengths and canonical paths do too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from shootdown.model.ir.expr import Const, Local
from shootdown.model.ir.reads import reads
from shootdown.model.ir.stmt import Assign, Block, Choose, Goto, If, Stmt
from shootdown.model.ir.system import Process, System
from shootdown.model.ir.walk import ends, expressions, if_or_same, same_or, steps_by_point, with_block

Slots = frozenset[int]
NONE: Slots = frozenset()


def reset_dead_locals(system: System) -> System:
    """The system with resets of dead locals in front of its gotos."""
    return replace(system, processes=tuple(_process(process) for process in system.processes))


def live_locals(process: Process) -> tuple[Slots, ...]:
    """For each point, the slots that some path from there reads before it writes them."""
    return _live(process, [_effect(process, step.block) for step in process.steps])


def _live(process: Process, effects: Sequence[_Effect]) -> tuple[Slots, ...]:
    live: list[Slots] = [NONE for _ in process.points]
    leading: dict[int, list[int]] = {}
    for number, effect in enumerate(effects):
        for way in effect.ways:
            leading.setdefault(way.point, []).append(number)
    pending = set(range(len(effects)))
    while pending:
        # Later steps first: most control flow goes forward.
        for number in sorted(pending, reverse=True):
            pending.discard(number)
            source = process.steps[number].source
            before = live[source].union(
                effects[number].reads, *(live[way.point] - way.written for way in effects[number].ways)
            )
            if before != live[source]:
                live[source] = before
                pending.update(leading.get(source, ()))
    return tuple(live)


@dataclass(frozen=True, slots=True)
class _Way:
    """A goto of a step: the slots written whatever path leads there, and those that some path leaves dirty: with
    another value than the initial one."""

    point: int
    written: Slots
    dirty: Slots

    def dirty_from(self, before: Slots) -> Slots:
        """The slots that may be dirty at the goto, if those were in front of the step."""
        return (before - self.written) | self.dirty


@dataclass(frozen=True, slots=True)
class _Effect:
    """What a step does to locals: what it reads before writing it, and its gotos in program order."""

    reads: Slots
    ways: tuple[_Way, ...]


def _effect(process: Process, block: Block) -> _Effect:
    found: set[int] = set()
    ways: list[_Way] = []
    initial = [local.init for local in process.locals]

    def follow(block: Block, written: set[int], dirty: set[int]) -> bool:
        """Change both to what they are behind the block; whether any path leads there."""
        for statement in block:
            if isinstance(statement, Goto):
                ways.append(_Way(statement.point, frozenset(written), frozenset(dirty)))
                return False
            target = statement.target if isinstance(statement, Assign | Choose) else None
            slot = target.slot if isinstance(target, Local) else None
            for expr in expressions(statement):
                before = reads(expr).locals
                if before and not before <= written:
                    found.update(before - written - {slot} if isinstance(statement, Choose) else before - written)
            if isinstance(statement, If):
                if not branch(statement, written, dirty):
                    return False
            elif slot is not None:
                written.add(slot)
                if isinstance(statement, Assign) and statement.value == Const(initial[slot]):
                    dirty.discard(slot)
                else:
                    dirty.add(slot)
        return True

    def branch(statement: If, written: set[int], dirty: set[int]) -> bool:
        others = set(written), set(dirty)
        on = follow(statement.then, written, dirty)
        if not follow(statement.orelse, *others):
            return on
        if on:
            written &= others[0]
            dirty |= others[1]
        else:
            for own, other in zip((written, dirty), others, strict=True):
                own.clear()
                own |= other
        return True

    follow(block, set(), set())
    return _Effect(frozenset(found), tuple(ways))


def _process(process: Process) -> Process:
    if not process.locals:
        return process
    effects = [_effect(process, step.block) for step in process.steps]
    live = _live(process, effects)
    dirty = _dirty(process, effects, live)
    steps = []
    for step, effect in zip(process.steps, effects, strict=True):
        dead = [way.dirty_from(dirty[step.source]) - live[way.point] for way in effect.ways]
        block = _with_resets(step.block, iter(dead), process) if any(dead) else step.block
        steps.append(with_block(step, block))
    return replace(process, steps=same_or(process.steps, tuple(steps)))


def _dirty(process: Process, effects: Sequence[_Effect], live: Sequence[Slots]) -> list[Slots]:
    """For each point, the live slots that may differ from their initial value."""
    dirty: list[Slots] = [NONE for _ in process.points]
    starting = steps_by_point(process)
    changed: set[int] = set(starting)
    while changed:
        for point in sorted(changed):
            changed.discard(point)
            for number in starting.get(point, ()):
                for way in effects[number].ways:
                    found = way.dirty_from(dirty[point]) & live[way.point]
                    if not found <= dirty[way.point]:
                        dirty[way.point] |= found
                        changed.add(way.point)
    return dirty


def _with_resets(block: Block, dead: Iterator[Slots], process: Process) -> Block:
    """The block with resets of the dead slots in front of each goto that some path leads to."""
    done: list[Stmt] = []
    for statement in block:
        if ends(tuple(done[-1:])):
            break
        if isinstance(statement, Goto):
            resets = [Assign(Local(slot), Const(process.locals[slot].init)) for slot in sorted(next(dead))]
            return (*done, *resets, *block[len(done) :])
        if isinstance(statement, If):
            then, orelse = (
                _with_resets(statement.then, dead, process),
                _with_resets(statement.orelse, dead, process),
            )
            statement = if_or_same(statement, statement.cond, then, orelse)
        done.append(statement)
    return same_or(block, (*done, *block[len(done) :]))
