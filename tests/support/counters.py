"""Systems whose state spaces can be counted in the head."""

from __future__ import annotations

from shootdown.model.ir.expr import Const, Load, Op, Operator
from shootdown.model.ir.stmt import Assign, Cell, Goto
from shootdown.model.ir.system import Agent, Array, Point, Process, Property, Step, StepClass, System

IDLE = Point("idle", inside=False, final=True)


def counters(agents: int, top: int, *properties: Property) -> System:
    """So many agents, each counting round from 0 to `top`: (top + 1) ** agents states, as many transitions each."""
    arrays = tuple(Array(f"n{number}", (), 0, top, (0,)) for number in range(agents))
    processes = tuple(Process(f"p{number}", 0, (), 0, (IDLE,), (_count(number, top),)) for number in range(agents))
    players = tuple(Agent(f"cpu{number}", f"p{number}") for number in range(agents))
    return System("counters", arrays, processes, players, (), properties)


def _count(number: int, top: int) -> Step:
    name = f"n{number}"
    following = Op(Operator.ADD, (Load(name), Const(1)))
    wrapped = Op(Operator.MOD, (following, Const(top + 1)))
    return Step(0, "count", (Assign(Cell(name), wrapped), Goto(0)), StepClass.SPONTANEOUS)
