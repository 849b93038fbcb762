"""Random systems of a few agents that compete for locks, flags and counters: what partial-order reduction is about.

Some agents forget their lock, some give back one that they do not hold; many systems get stuck.
"""

from __future__ import annotations

from random import Random

from shootdown.model.ir.expr import TRUE, Const, Expr, Load, Local, Op, Operator
from shootdown.model.ir.stmt import Assert, Assign, Block, Cell, Check, Choose, Failure, Goto, If, Stmt, Wait
from shootdown.model.ir.system import (
    Agent,
    Array,
    LocalVariable,
    Point,
    Process,
    Property,
    PropertyKind,
    Step,
    StepClass,
    System,
)

DATA = ("a", "b", "c")
LOCKS = ("l", "m")
MOST = 2
"""The largest value of a cell, and of a local."""


def competing_system(random: Random) -> System:
    """One system, determined by the generator's state."""
    single = (Array(name, (), 0, MOST, (0,)) for name in (*DATA, *LOCKS))
    arrays = (*single, Array("t", (2,), 0, MOST, (0, 0)))
    processes = tuple(_program(random, f"p{number}") for number in range(random.choice((2, 3, 3, 4))))
    agents = tuple(Agent(f"agent{number}", each.name) for number, each in enumerate(processes))
    return System("competing", arrays, processes, agents, (), _properties(random))


def _is(random: Random, left: Expr) -> Expr:
    return Op(random.choice((Operator.EQ, Operator.NE)), (left, Const(random.randrange(MOST))))


def _cell(random: Random) -> Cell:
    if random.random() < 0.3:
        index = Local(1) if random.random() < 0.3 else Const(random.randrange(2))
        return Cell("t", (index,))
    return Cell(random.choice(DATA))


def _load(random: Random) -> Expr:
    cell = _cell(random)
    return Load(cell.array, cell.indices)


def _value(random: Random) -> Expr:
    return random.choice((Const(0), Const(0), Const(1), Const(MOST), Local(0)))


def _statements(random: Random, depth: int = 0) -> Block:
    choice = random.randrange(8)
    lock = random.choice(LOCKS)
    branch: Block = ()
    if depth < 2 and choice == 0:
        branch = (If(_is(random, _load(random)), _statements(random, depth + 1), _statements(random, depth + 1)),)
    simple: tuple[Block, ...] = (
        branch or (Assign(_cell(random), _value(random)),),
        (Assign(_cell(random), _value(random)),),
        (Assign(Local(0), _load(random)),),
        (Assign(Cell(lock), Const(0)),),
        (Assign(Local(0), Const(0)), Assign(_cell(random), Const(0))),
        (Assert(_is(random, _load(random)), "claim"),),
        (Assign(Local(1), Const(random.randrange(2))),),
        (Assign(_cell(random), Const(0)),),
    )
    return simple[choice]


def _guard(random: Random) -> Block:
    lock = random.choice(LOCKS)
    taken: Block = (Wait(Op(Operator.EQ, (Load(lock), Const(0)))), Assign(Cell(lock), Const(1)))
    value = Op(Operator.EQ, (_load(random), Local(1)))
    return random.choice(
        ((), (), taken, taken, (Wait(_is(random, _load(random))),), (Choose(Local(1), 0, 1, value, True),))
    )


def _program(random: Random, name: str) -> Process:
    count = random.randint(2, 4)
    points = [Point(f"at {number}", 0 < number < count, number in (0, count)) for number in range(count + 1)]
    steps = []
    for number in range(count):
        for _ in range(random.choice((1, 1, 1, 2))):
            kind = StepClass.SPONTANEOUS if number == 0 and random.random() < 0.4 else StepClass.PROGRESS
            body: list[Stmt] = [*_guard(random), *_statements(random)]
            if random.random() < 0.03:
                body.append(Check(_is(random, _load(random)), Failure.MODEL_ERROR, "no"))
            target = random.choice((number + 1, number + 1, number + 1, number + 1, random.randrange(count + 1)))
            steps.append(Step(number, f"step {number}", (*body, Goto(target)), kind))
    locals_ = (LocalVariable("v", 0, MOST, 0), LocalVariable("w", 0, 1, 0))
    return Process(name, 0, locals_, 0, tuple(points), tuple(steps))


def _properties(random: Random) -> tuple[Property, ...]:
    def rarely(cell: str) -> Expr:
        return Op(Operator.OR, (Op(Operator.NE, (Load(cell), Const(MOST))), _is(random, _load_of(random))))

    rows = (
        Property("rare", PropertyKind.ALWAYS, rarely("a")),
        Property("seen", PropertyKind.SOMETIMES, Op(Operator.EQ, (Load("b"), Const(MOST)))),
        Property("in the end", PropertyKind.AT_END, rarely("c")),
        Property("claim", PropertyKind.ASSERTION, TRUE),
        Property("no_deadlock", PropertyKind.NO_DEADLOCK, TRUE),
    )
    return tuple(row for row in rows if random.random() < 0.5)


def _load_of(random: Random) -> Expr:
    return Load(random.choice(DATA))
