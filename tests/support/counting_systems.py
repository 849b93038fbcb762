"""Random systems of a few agents that count: reader-writer locks, references, and branches on what they have read.

Counters run out in some, locks are given back by who does not hold them, some branches no run ever takes.
"""

from __future__ import annotations

from random import Random

from shootdown.model.ir.expr import TRUE, Const, Expr, Load, Local, Op, Operator, Temp
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

COUNTERS = ("n", "m")
LOCK = "l"
MOST = 2
"""The largest value of a cell, and of a local."""


def counting_system(random: Random) -> System:
    """One system, determined by the generator's state."""
    arrays = (
        Array(LOCK, (), -1, MOST, (0,)),
        Array("n", (), 0, MOST, (random.randrange(2),)),
        Array("m", (2,), 0, MOST, (0, 1)),
        Array("d", (), 0, MOST, (0,)),
    )
    processes = tuple(_program(random, f"p{number}") for number in range(random.choice((2, 3, 3))))
    agents = tuple(Agent(f"agent{number}", each.name) for number, each in enumerate(processes))
    if random.random() < 0.3:
        agents += (Agent("twin", processes[0].name),)
    return System("counting", arrays, processes, agents, (), _properties(random))


def _cell(random: Random) -> Cell:
    name = random.choice(("n", "n", "m", "m", "d", LOCK))
    if name != "m":
        return Cell(name)
    return Cell(name, (Local(1) if random.random() < 0.1 else Const(random.randrange(2)),))


def _load(cell: Cell) -> Expr:
    return Load(cell.array, cell.indices)


def _compared(random: Random, left: Expr) -> Expr:
    operator = random.choice((Operator.EQ, Operator.EQ, Operator.NE, Operator.LE, Operator.LT))
    return Op(operator, (left, Const(random.randrange(MOST + 1))))


def _checked(random: Random, target: Cell, value: Expr, low: int) -> Block:
    """Store a value; one out of bounds is an error, or the nearest within."""
    if random.random() < 0.85:
        return (Assign(target, Op(Operator.MAX, (Const(low), Op(Operator.MIN, (Const(MOST), value))))),)
    bounds = Op(Operator.LE, (Const(low), value)), Op(Operator.LE, (value, Const(MOST)))
    return (*(Check(bound, Failure.MODEL_ERROR, "out of bounds") for bound in bounds), Assign(target, value))


def _sum(random: Random, cell: Cell) -> Block:
    """Add one or take one away; now and then by way of a temporary, or of a local that is kept."""
    low = -1 if cell.array == LOCK else 0
    value = Op(random.choice((Operator.ADD, Operator.SUB)), (_load(cell), Const(1)))
    way = random.randrange(6)
    if way == 0:
        return (Assign(Temp(0), value), *_checked(random, cell, Temp(0), low))
    if way == 1:
        kept = Assign(Local(0), Op(Operator.MAX, (Const(0), Op(Operator.MIN, (Const(MOST), Temp(0))))))
        return (Assign(Temp(0), value), *_checked(random, cell, Temp(0), low), kept)
    return _checked(random, cell, value, low)


def _test(random: Random) -> Expr:
    left: Expr = Local(0) if random.random() < 0.3 else _load(_cell(random))
    cond = _compared(random, left)
    if random.random() < 0.2:
        cond = Op(random.choice((Operator.AND, Operator.OR)), (cond, _compared(random, _load(_cell(random)))))
    return cond


def _statements(random: Random, depth: int = 0) -> Block:
    way = random.randrange(9)
    if way < 4:
        return _sum(random, _cell(random))
    if way == 4 and depth < 2:
        return (If(_test(random), _statements(random, depth + 1), _statements(random, depth + 1)),)
    if way == 5 and depth == 0:
        given = Assign(Temp(0), Const(random.randrange(MOST + 1))), If(_test(random), (Assign(Temp(0), Const(0)),))
        return (*given, Assign(Cell("d"), Temp(0)))
    if way == 6:
        return (Assert(_test(random), "claim"),)
    if way == 7:
        return (Assign(Local(0), Op(Operator.MAX, (Const(0), _load(_cell(random))))),)
    return (Assign(_cell(random), Const(random.randrange(MOST + 1))),)


def _lock(random: Random) -> Block:
    lock = Load(LOCK)
    read = (
        Wait(Op(Operator.LE, (Const(0), lock))),
        *_checked(random, Cell(LOCK), Op(Operator.ADD, (lock, Const(1))), -1),
    )
    write = Wait(Op(Operator.EQ, (lock, Const(0)))), Assign(Cell(LOCK), Const(-1))
    return random.choice((read, read, write))


def _unlock(random: Random, reads: bool) -> Block:
    if not reads:
        return (Assign(Cell(LOCK), Const(0)),)
    return _checked(random, Cell(LOCK), Op(Operator.SUB, (Load(LOCK), Const(1))), -1)


def _program(random: Random, name: str) -> Process:
    count = random.randint(2, 5)
    locked = random.random() < 0.7
    points = [Point(f"at {number}", 0 < number < count, number in (0, count)) for number in range(count + 1)]
    steps = []
    taken = _lock(random)
    for number in range(count):
        for _ in range(random.choice((1, 1, 1, 2))):
            kind = StepClass.SPONTANEOUS if number == 0 and random.random() < 0.3 else StepClass.PROGRESS
            body: list[Stmt] = []
            if random.random() < 0.2:
                body.append(Wait(_test(random)))
            elif random.random() < 0.1:
                body.append(Choose(Local(1), 0, 1, _compared(random, Load("m", (Local(1),))), True))
            if locked and number == 0:
                body = [*taken]
            elif locked and number == count - 1 and random.random() < 0.9:
                body += _unlock(random, len(taken) > 2)
            else:
                body += _statements(random)
            target = random.choice((number + 1,) * 6 + (random.randrange(count + 1),))
            end: Block = (Goto(target),)
            if random.random() < 0.15:
                end = (If(_test(random), (Goto(random.randrange(count + 1)),)), *_statements(random, 2), Goto(target))
            steps.append(Step(number, f"step {number}", (*body, *end), kind))
    locals_ = (LocalVariable("v", 0, MOST, 0), LocalVariable("w", 0, 1, 0))
    return Process(name, 0, locals_, 1, tuple(points), tuple(steps))


def _properties(random: Random) -> tuple[Property, ...]:
    rows = (
        Property("rare", PropertyKind.ALWAYS, Op(Operator.NE, (Load("n"), Const(MOST)))),
        Property("seen", PropertyKind.SOMETIMES, Op(Operator.EQ, (Load("m", (Const(0),)), Const(MOST)))),
        Property("in the end", PropertyKind.AT_END, _compared(random, Load("d"))),
        Property("claim", PropertyKind.ASSERTION, TRUE),
        Property("no_deadlock", PropertyKind.NO_DEADLOCK, TRUE),
    )
    return tuple(row for row in rows if random.random() < 0.4)
