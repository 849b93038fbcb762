"""Systems whose state spaces can be counted in the head."""

from __future__ import annotations

from shootdown.model.ir.expr import Const, Load, Op, Operator
from shootdown.model.ir.stmt import Assign, Cell, Goto, Wait
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


def tree(levels: int, at: Point = IDLE) -> System:
    """Walks from the root of a binary tree to the leaves: 2 ** levels - 1 states, to each of which one way leads.

    Agents stand `at` a point all the time.
    """
    arrays = (Array("node", (), 1, 2**levels - 1, (1,)),)
    processes = tuple(Process(f"p{side}", 0, (), 0, (at,), (_down(side, levels),)) for side in range(2))
    return System("tree", arrays, processes, tuple(Agent(f"cpu{side}", f"p{side}") for side in range(2)), (), ())


def _down(side: int, levels: int) -> Step:
    node = Load("node")
    inner = Wait(Op(Operator.LT, (node, Const(2 ** (levels - 1)))))
    child = Op(Operator.ADD, (Op(Operator.ADD, (node, node)), Const(side)))
    return Step(0, "down", (inner, Assign(Cell("node"), child), Goto(0)), StepClass.SPONTANEOUS)
