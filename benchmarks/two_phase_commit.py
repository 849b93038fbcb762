"""Two-phase commit (Gray and Lamport) as a system: one transaction manager, any number of resource managers."""

from __future__ import annotations

from shootdown.model.ir.expr import TRUE, Bound, Const, Expr, Fold, FoldKind, Load, Op, Operator, Param, Temp
from shootdown.model.ir.stmt import Assign, Cell, Choose, Goto, Stmt, Wait
from shootdown.model.ir.system import Agent, Array, Point, Process, Property, PropertyKind, Step, StepClass, System

WORKING, PREPARED, COMMITTED, ABORTED = range(4)
INIT = 0


def two_phase_commit(resources: int) -> System:
    """The protocol with so many resource managers; `consistent`: no one commits while another aborts."""
    arrays = (
        Array("rm", (resources,), WORKING, ABORTED, (WORKING,) * resources),
        Array("tm", (), 0, 2, (INIT,)),
        Array("tm_prepared", (resources,), 0, 1, (0,) * resources),
        Array("said_prepared", (resources,), 0, 1, (0,) * resources),
        Array("said_commit", (), 0, 1, (0,)),
        Array("said_abort", (), 0, 1, (0,)),
    )
    idle = (Point("idle", inside=False, final=True),)
    manager = Process("manager", 0, (), 1, idle, _manager(resources))
    resource = Process("resource", 1, (), 0, idle, _resource())
    agents = (
        Agent("tm", "manager"),
        *(Agent(f"rm{number}", "resource", (number,)) for number in range(resources)),
    )
    consistent = Op(Operator.NOT, (Op(Operator.AND, (_some(resources, COMMITTED), _some(resources, ABORTED))),))
    properties = (Property("consistent", PropertyKind.ALWAYS, consistent),)
    return System(f"two-phase commit {resources}", arrays, (manager, resource), agents, (), properties)


def _manager(resources: int) -> tuple[Step, ...]:
    everyone = Fold(FoldKind.ALL, "r", 0, resources - 1, Load("tm_prepared", (Bound("r"),)))
    undecided = Wait(_is("tm", INIT))
    received = Choose(Temp(0), 0, resources - 1, Load("said_prepared", (Temp(0),)), blocking=True)
    return (
        _step("commit", undecided, Wait(everyone), _set("tm", 1), _set("said_commit", 1)),
        _step("abort", undecided, _set("tm", 2), _set("said_abort", 1)),
        _step("receive", undecided, received, Assign(Cell("tm_prepared", (Temp(0),)), TRUE)),
    )


def _resource() -> tuple[Step, ...]:
    me = Param(0)
    working = Wait(_is("rm", WORKING, me))
    return (
        _step("prepare", working, _set("rm", PREPARED, me), _set("said_prepared", 1, me)),
        _step("give_up", working, _set("rm", ABORTED, me)),
        _step("learn_commit", Wait(Load("said_commit")), _set("rm", COMMITTED, me)),
        _step("learn_abort", Wait(Load("said_abort")), _set("rm", ABORTED, me)),
    )


def _step(label: str, *block: Stmt) -> Step:
    return Step(0, label, (*block, Goto(0)), StepClass.SPONTANEOUS)


def _is(array: str, value: int, *index: Expr) -> Expr:
    return Op(Operator.EQ, (Load(array, index), Const(value)))


def _set(array: str, value: int, *index: Expr) -> Stmt:
    return Assign(Cell(array, index), Const(value))


def _some(resources: int, value: int) -> Expr:
    return Fold(FoldKind.ANY, f"r{value}", 0, resources - 1, _is("rm", value, Bound(f"r{value}")))
