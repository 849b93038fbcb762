"""Random systems over an index sort whose elements are interchangeable, unless a statement tells them apart.

The elements are allocated, held in locals, in optional cells, in records that may not be there and in sets, and given
back; loops over all of them stand written out. About a third of the systems have a statement that names an element,
orders them, or is a loop in which the order of the rounds matters.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from shootdown.model.ir.expr import FALSE, TRUE, Bound, Const, Expr, Fold, FoldKind, Load, Local, Op, Operator, Temp
from shootdown.model.ir.stmt import Assert, Assign, Block, Cell, Choose, Goto, If, Stmt, Wait
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

HELD, MAYBE, MANY, COUNT, PART, THERE = (Local(slot) for slot in range(6))
"""Locals: an element, an element or none, a set of elements, a number; a record's element, and if there is a record."""


def interchangeable_system(random: Random, *, apart: bool | None = None, size: int | None = None) -> System:
    """One system, determined by the generator's state; `apart`: whether something tells elements apart."""
    size = size or random.choice((2, 3, 3))
    draw = Draw(random, size, (random.random() < 0.3) if apart is None else apart)
    processes = tuple(draw.process(f"p{number}") for number in range(random.choice((1, 2))))
    agents = tuple(Agent(f"agent{number}", random.choice(processes).name) for number in range(random.choice((2, 2, 3))))
    return System("interchangeable", element_arrays(size), processes, agents, (), draw.properties())


def element_arrays(size: int) -> tuple[Array, ...]:
    """Variables that belong to, or hold, so many elements of a sort."""
    return (
        Array("free", (size,), 0, 1, (1,) * size),
        Array("data", (size,), 0, 2, (0,) * size),
        Array("by", (2, size), 0, 1, (0,) * (2 * size)),
        Array("owner", (), 0, size, (0,)),
        Array("entry.present", (), 0, 1, (0,)),
        Array("entry.of", (), 0, size - 1, (0,)),
        Array("set", (), 0, (1 << size) - 1, (0,)),
        Array("next", (size,), 0, size, (0,) * size),
        Array("flag", (), 0, 2, (0,)),
    )


def equal(a: Expr, b: Expr) -> Expr:
    return Op(Operator.EQ, (a, b))


def plus(a: Expr, by: int = 1) -> Expr:
    return Op(Operator.ADD if by > 0 else Operator.SUB, (a, Const(1)))


@dataclass
class Draw:
    """Draws statements. The first step of a program chooses the element that it holds."""

    random: Random
    size: int
    apart: bool

    def process(self, name: str) -> Process:
        """A program that goes round, or ends."""
        count = self.random.randint(2, 4)
        points = [Point(f"at {number}", 0 < number < count, number in (0, count)) for number in range(count + 1)]
        steps = []
        for number in range(count):
            for _ in range(self.random.choice((1, 1, 2))):
                kind = StepClass.SPONTANEOUS if number == 0 and self.random.random() < 0.4 else StepClass.PROGRESS
                body = [*self.guard(number), *self.statements(), *self.statements()]
                if self.apart and self.random.random() < 0.5:
                    body.append(self.telling())
                target = self.random.choice((number + 1, number + 1, self.random.randrange(count + 1)))
                steps.append(Step(number, f"step {number}", (*body, Goto(target)), kind))
        most = (self.size - 1, self.size, (1 << self.size) - 1, 2)
        locals_ = [LocalVariable(f"v{slot}", 0, hi, 0) for slot, hi in enumerate(most)]
        locals_ += [LocalVariable("record", 0, hi, 0) for hi in (self.size - 1, 1)]
        return Process(name, 0, tuple(locals_), 1, tuple(points), tuple(steps))

    def guard(self, point: int) -> Block:
        """The choice of an element; behind the first point also nothing, or a wait."""
        free = equal(Load("free", (HELD,)), TRUE)
        found = Fold(FoldKind.ANY, "e", 0, self.size - 1, equal(Load("data", (Bound("e"),)), Const(1)))
        rows: tuple[Block, ...] = (
            (Choose(HELD, 0, self.size - 1, free, True), Assign(Cell("free", (HELD,)), FALSE)),
            (Choose(HELD, 0, self.size - 1, self.condition(), True),),
            (Choose(HELD, 0, self.size - 1, Op(Operator.BIT, (Load("set"), HELD)), True),),
            (Wait(Op(Operator.NOT, (found,))),),
            (Wait(equal(Load("owner"), Const(0))),),
            (),
        )
        return self.random.choice(rows if point else rows[:3])

    def condition(self) -> Expr:
        """A condition that says the same of every element."""
        count = Op(Operator.COUNT, (Load("set"),))
        return self.random.choice(
            (
                equal(Load("data", (HELD,)), Const(self.random.randrange(3))),
                equal(Load("owner"), plus(HELD)),
                Op(Operator.AND, (equal(Load("entry.present"), TRUE), equal(Load("entry.of"), HELD))),
                Op(Operator.BIT, (MANY, HELD)),
                Op(Operator.NE, (MAYBE, Const(0))),
                equal(count, Const(self.random.randrange(3))),
                equal(Load("next", (HELD,)), plus(HELD)),
                equal(Load("flag"), Const(self.random.randrange(3))),
            )
        )

    def statements(self, depth: int = 0) -> Block:
        """Statements that treat elements alike."""
        r = self.random
        mask = Op(Operator.SHIFT, (HELD,))
        there = Op(Operator.NE, (Load("owner"), Const(0)))
        entry = equal(Load("entry.present"), TRUE)
        rows: list[Block] = [
            (Assign(Cell("data", (HELD,)), Const(r.randrange(3))),),
            (Assign(Cell("by", (Const(r.randrange(2)), HELD)), Const(r.randrange(2))),),
            (Assign(Cell("owner"), plus(HELD)),),
            (Assign(Cell("owner"), Const(0)), Assign(MAYBE, Const(0))),
            (Assign(MAYBE, Load("owner")),),
            (If(there, (Assign(HELD, plus(Load("owner"), -1)),)),),
            (Assign(Cell("entry.present"), TRUE), Assign(Cell("entry.of"), HELD)),
            (Assign(Cell("entry.present"), FALSE), Assign(Cell("entry.of"), FALSE)),
            (If(entry, (Assign(HELD, Load("entry.of")),)),),
            (Assign(Cell("set"), Op(Operator.BITS_OR, (Load("set"), mask))),),
            (Assign(Cell("set"), Op(Operator.BITS_MINUS, (Load("set"), mask))), Assign(MANY, Load("set"))),
            (Assign(Cell("set"), Op(Operator.BITS_AND, (Load("set"), MANY))),),
            (Assign(Cell("free", (HELD,)), TRUE),),
            (Assign(Cell("next", (HELD,)), r.choice((MAYBE, Const(0), plus(HELD)))),),
            (Assign(COUNT, Load("data", (HELD,))), Assign(Cell("flag"), COUNT)),
            (Assert(Op(Operator.NOT, (Op(Operator.AND, (self.condition(), self.condition())),)), "claim"),),
            tuple(
                If(equal(Load("data", (Const(each),)), Const(1)), (Assign(Cell("by", (FALSE, Const(each))), TRUE),))
                for each in range(self.size)
            ),
            tuple(
                part
                for each in range(self.size)
                for part in (
                    Assign(Temp(0), Load("data", (Const(each),))),
                    Assign(Cell("data", (Const(each),)), Op(Operator.MIN, (Temp(0), Const(1)))),
                )
            ),
        ]
        if depth < 1:
            rows += [(If(self.condition(), self.statements(1), self.statements(1)),)] * 3
        return self.with_record() if r.random() < 0.25 else r.choice(rows)

    def with_record(self) -> Block:
        """Statements about the record that an agent holds, or not."""
        present = equal(THERE, TRUE)
        rows: tuple[Block, ...] = (
            (Assign(PART, Load("entry.of")), Assign(THERE, Load("entry.present"))),
            (Assign(PART, FALSE), Assign(THERE, FALSE)),
            (Assign(PART, HELD), Assign(THERE, TRUE)),
            (Assign(Cell("entry.of"), PART), Assign(Cell("entry.present"), THERE)),
            (If(present, (Assign(Cell("data", (PART,)), Const(self.random.randrange(3))),)),),
            (If(present, (Assign(HELD, PART),)),),
        )
        return self.random.choice(rows)

    def telling(self) -> Stmt:
        """A statement that may tell elements apart."""
        one = Const(self.random.randrange(self.size))
        return self.random.choice(
            (
                Assign(Cell("data", (one,)), Const(self.random.randrange(3))),
                Assign(HELD, one),
                Assign(Cell("owner"), Const(1)),
                Assign(Cell("set"), Const(1)),
                If(equal(HELD, one), (Assign(Cell("flag"), Const(1)),)),
                If(Op(Operator.LT, (HELD, Const(1))), (Assign(Cell("flag"), Const(2)),)),
                If(
                    TRUE,
                    tuple(
                        If(equal(Load("data", (Const(each),)), Const(1)), (Assign(Cell("owner"), Const(each + 1)),))
                        for each in range(self.size)
                    ),
                ),
                If(TRUE, (Assert(Op(Operator.NE, (Load("data", (one,)), Const(2))), "claim"),)),
            )
        )

    def properties(self) -> tuple[Property, ...]:
        """Some of each kind."""
        r = self.random
        each = Bound("e")
        never = Fold(FoldKind.ALL, "e", 0, self.size - 1, Op(Operator.NE, (Load("data", (each,)), Const(2))))
        owned = equal(Load("data", (each,)), Const(1))
        mine = Fold(FoldKind.ANY, "e", 0, self.size - 1, Op(Operator.AND, (equal(Load("owner"), plus(each)), owned)))
        first = Op(Operator.NE, (Load("data", (Const(0),)), Const(2)))
        rows = (
            Property("always", PropertyKind.ALWAYS, first if self.apart and r.random() < 0.3 else never),
            Property("sometimes", PropertyKind.SOMETIMES, mine),
            Property("in the end", PropertyKind.AT_END, Op(Operator.NE, (Load("flag"), Const(2)))),
            Property("claim", PropertyKind.ASSERTION, TRUE),
            Property("no_deadlock", PropertyKind.NO_DEADLOCK, TRUE),
        )
        return tuple(row for row in rows if r.random() < 0.6)
