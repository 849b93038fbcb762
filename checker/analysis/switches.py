"""A system in which at most so many context switches happen: what a search of it decides holds of those runs only.

A context switch is a step of another agent than the step before, hardware included, as in the order of traces. Last
agent and switches become a part of the state, and a step waits for leave to switch. Where ends are looked at, one
switch more is taken, into a state that nothing leads out of and of which nothing is said: who would go on then shows
that the run has not ended.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from shootdown.model.ir.expr import Const, Expr, Load, Op, Operator, Param
from shootdown.model.ir.stmt import Assert, Assign, Block, Cell, Goto, If, Stmt, Wait
from shootdown.model.ir.system import Array, Process, Property, PropertyKind, System
from shootdown.model.ir.walk import rewrite_steps

LAST = "last agent"
SWITCHES = "context switches"


def bound_switches(system: System, most: int) -> System:
    """The system with at most `most` context switches; its steps, choices and agents are the same, by position."""
    bound = _Bound(len(system.agents), most, ends=any(prop.kind is PropertyKind.AT_END for prop in system.properties))
    nobody = len(system.agents)
    arrays = (*system.arrays, Array(LAST, (), 0, nobody, (nobody,)), Array(SWITCHES, (), 0, bound.last, (0,)))
    agents = tuple(replace(agent, args=(*agent.args, number)) for number, agent in enumerate(system.agents))
    processes = tuple(bound.process(process) for process in system.processes)
    properties = tuple(bound.property(prop) for prop in system.properties)
    return replace(system, arrays=arrays, agents=agents, processes=processes, properties=properties)


@dataclass(frozen=True)
class _Bound:
    """`ends`: with one switch beyond the last, which says only that somebody would go on."""

    nobody: int
    most: int
    ends: bool

    @property
    def last(self) -> int:
        """The most switches that a state has."""
        return self.most + self.ends

    @property
    def beyond(self) -> Expr:
        """Whether a state says nothing."""
        return _op(Operator.LT, Const(self.most), Load(SWITCHES))

    def process(self, process: Process) -> Process:
        """The process, its steps waiting for leave and noting switches; the agent is its last parameter."""
        me, so_far = Param(process.params), Load(SWITCHES)
        switching = _op(
            Operator.AND, _op(Operator.NE, Load(LAST), Const(self.nobody)), _op(Operator.NE, Load(LAST), me)
        )
        spent = _op(Operator.AND, switching, _op(Operator.EQ, so_far, Const(self.most)))
        leave = Wait(_op(Operator.NOT, self.beyond if self.ends else spent))
        one_more = _op(Operator.MIN, _op(Operator.ADD, so_far, Const(1)), Const(self.last))
        noted = (
            Assign(Cell(SWITCHES), _op(Operator.ITE, switching, one_more, so_far)),
            Assign(Cell(LAST), me),
        )
        changed = rewrite_steps(process, lambda block: (leave, *_block(block, noted, spent)))
        return replace(changed, params=process.params + 1)

    def property(self, prop: Property) -> Property:
        """The property, which says nothing of states beyond the last switch."""
        if not self.ends:
            return prop
        match prop.kind:
            case PropertyKind.ALWAYS | PropertyKind.AT_END:
                return replace(prop, expr=_op(Operator.OR, self.beyond, prop.expr))
            case PropertyKind.SOMETIMES:
                return replace(prop, expr=_op(Operator.AND, _op(Operator.NOT, self.beyond), prop.expr))
            case PropertyKind.ASSERTION | PropertyKind.NO_DEADLOCK:
                return prop


def _block(block: Block, noted: Block, spent: Expr) -> Block:
    return tuple(part for statement in block for part in _parts(statement, noted, spent))


def _parts(statement: Stmt, noted: Block, spent: Expr) -> Block:
    match statement:
        case Goto():
            return (*noted, statement)
        case If(cond, then, orelse, where):
            return (If(cond, _block(then, noted, spent), _block(orelse, noted, spent), where),)
        case Assert(cond):
            return (replace(statement, cond=_op(Operator.OR, spent, cond)),)
        case _:
            return (statement,)


def _op(operator: Operator, *args: Expr) -> Expr:
    return Op(operator, args)
