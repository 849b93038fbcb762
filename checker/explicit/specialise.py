"""A system as both tiers compile it: one list of steps per agent, constants filled in, dead statements dropped."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from shootdown.model.ir.expr import FALSE, Const, Expr
from shootdown.model.ir.stmt import Assert, Assign, Block, Cell, Check, Choose, Goto, If, Note, Stmt, Wait
from shootdown.model.ir.system import Agent, Process, Property, PropertyKind, Step, System
from shootdown.model.ir.walk import statements

from .fold import Folder

MOST_PROPERTIES = 64


class Unsupported(Exception):
    """The native engine cannot explore this system; the message says why. Other engines can."""


@dataclass(frozen=True, slots=True)
class AgentStep:
    """A step of one agent; `index` is its position in the process."""

    index: int
    step: Step
    block: Block


@dataclass(frozen=True, slots=True)
class AgentCode:
    """The steps of one agent that can be enabled at all, in program order."""

    position: int
    agent: Agent
    process: Process
    steps: tuple[AgentStep, ...]


@dataclass(frozen=True, slots=True)
class Judged:
    """A property that the search decides natively: its bit, and its expression for the kinds that have one."""

    bit: int
    prop: Property
    expr: Expr


@dataclass(frozen=True, slots=True)
class Specialised:
    """A system ready to be compiled.

    `fired` is the position of each process's first step in the list of all steps; `computed` are the arrays that are
    read or written at an index that is not a constant, `constant` those that no step writes.
    """

    system: System
    agents: tuple[AgentCode, ...]
    judged: tuple[Judged, ...]
    fired: dict[str, int]
    computed: frozenset[str]
    constant: frozenset[str]
    notes: Mapping[str, int] = field(default_factory=dict)
    """The notes that the search tells of, by text and position; all others are dropped."""

    @property
    def step_count(self) -> int:
        """Steps of all processes."""
        return sum(len(process.steps) for process in self.system.processes)


def specialise(system: System, varying: Collection[str] = (), notes: Mapping[str, int] | None = None) -> Specialised:
    """Prepare a system; `varying` names arrays whose initial values a search may replace, `notes` are those to tell of.

    Raises `Unsupported`.
    """
    rigid = {mechanism.name: mechanism.value for mechanism in system.mechanisms}
    constant = _unwritten(system) - set(varying)
    tables = {array.name: array for array in system.arrays if array.name in constant}
    fold = Folder((), rigid, tables)
    judged = _judged(system, fold)
    computed = fold.computed
    bits = {item.prop.name: item.bit for item in judged if item.prop.kind is PropertyKind.ASSERTION}
    agents = []
    for position, agent in enumerate(system.agents):
        process = system.process(agent)
        fold = Folder(agent.args, rigid, tables)
        simplify = _Blocks(fold, bits, notes or {})
        steps = [AgentStep(index, step, simplify.block(step.block)) for index, step in enumerate(process.steps)]
        kept = tuple(step for step in steps if not never(step.block))
        agents.append(AgentCode(position, agent, process, kept))
        computed |= fold.computed
    fired, first = {}, 0
    for process in system.processes:
        fired[process.name] = first
        first += len(process.steps)
    return Specialised(system, tuple(agents), judged, fired, frozenset(computed), constant, notes or {})


def _unwritten(system: System) -> frozenset[str]:
    written = {
        statement.target.array
        for process in system.processes
        for step in process.steps
        for statement in statements(step.block)
        if isinstance(statement, Assign) and isinstance(statement.target, Cell)
    }
    return frozenset(array.name for array in system.arrays) - written


def never(block: Block) -> bool:
    """Whether a block blocks whatever the state."""
    return bool(block) and isinstance(block[0], Wait) and block[0].cond == FALSE


def _judged(system: System, fold: Folder) -> tuple[Judged, ...]:
    props = [prop for prop in system.properties if prop.kind is not PropertyKind.NO_DEADLOCK]
    if len(props) > MOST_PROPERTIES:
        raise Unsupported(f"{len(props)} properties; the native engine takes {MOST_PROPERTIES} at once")
    return tuple(Judged(bit, prop, fold(prop.expr)) for bit, prop in enumerate(props))


class _Blocks:
    """Drops what means nothing to a search.

    That is: notes that nobody asked for, true conditions, branches not taken, what follows the end.
    """

    def __init__(self, fold: Folder, assertions: dict[str, int], notes: Collection[str]) -> None:
        self._fold = fold
        self._notes = notes
        self._assertions = assertions

    def block(self, block: Block) -> Block:
        kept: list[Stmt] = []
        for statement in block:
            kept += self._statement(statement)
            if kept and ends(kept[-1]):
                break
        return tuple(kept)

    def _statement(self, statement: Stmt) -> tuple[Stmt, ...]:
        fold = self._fold
        if isinstance(statement, Assign):
            target = statement.target
            if isinstance(target, Cell):
                target = Cell(target.array, fold.indices(target.array, target.indices))
            return (Assign(target, fold(statement.value), statement.where),)
        if isinstance(statement, Goto):
            return (statement,)
        if isinstance(statement, Note):
            return (statement,) if note_text(statement) in self._notes else ()
        if isinstance(statement, Choose):
            return (replace(statement, candidate=fold(statement.candidate), labels=()),)
        cond = fold(statement.cond)
        if isinstance(statement, If):
            if isinstance(cond, Const):
                return self.block(statement.then if cond.value else statement.orelse)
            return (If(cond, self.block(statement.then), self.block(statement.orelse), statement.where),)
        if _certain(cond):
            return ()
        if isinstance(statement, Wait):
            return (Wait(cond, statement.where),)
        if isinstance(statement, Check):
            return (Check(cond, statement.failure, statement.message, statement.where),)
        _: Assert = statement
        return (Assert(cond, statement.name, statement.where),) if statement.name in self._assertions else ()


def note_text(note: Note) -> str:
    """The text of a note that shows no values; empty for one that does, and for litmus lines."""
    (first, *others) = note.parts or ("",)
    return first if isinstance(first, str) and not others and not note.line else ""


def _certain(cond: Expr) -> bool:
    return isinstance(cond, Const) and cond.value != 0


def ends(statement: Stmt) -> bool:
    """Whether nothing runs behind a statement: the step has ended, blocked or failed on every path."""
    if isinstance(statement, Goto):
        return True
    if isinstance(statement, Wait | Check):
        return statement.cond == FALSE
    if isinstance(statement, If):
        then, orelse = statement.then, statement.orelse
        return bool(then) and bool(orelse) and ends(then[-1]) and ends(orelse[-1])
    return isinstance(statement, Choose) and (statement.lo > statement.hi or statement.candidate == FALSE)
