"""Random systems in which agents are elements of an index sort, or work for one, and do the same for it.

Each CPU runs one program on cells of its own, and some have a helper; they take locks, ask each other, and hold the
elements of `interchangeable_systems`. The last CPU may run another program, or none. About a third of the systems have
a statement, a constant or a property that tells the CPUs apart.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random

from interchangeable_systems import COUNT, HELD, MAYBE, Draw, element_arrays, equal, plus

from shootdown.model.ir.expr import FALSE, TRUE, Bound, Const, Expr, Fold, FoldKind, Load, Local, Op, Operator, Param
from shootdown.model.ir.stmt import Assert, Assign, Block, Cell, Choose, If, Stmt, Wait
from shootdown.model.ir.system import Agent, Array, LocalVariable, Process, Property, PropertyKind, System

ME, NUMBER = Param(0), Param(1)
OTHER = Local(6)
"""A CPU that was chosen."""


def twin_system(random: Random, *, apart: bool | None = None) -> System:
    """One system, determined by the generator's state; `apart`: whether something tells the CPUs apart."""
    cpus, size = random.choice((2, 2, 3)), 2
    apart = random.random() < 0.3 if apart is None else apart
    draw = Twins(random, size, False, cpus, apart)
    first = tuple(random.choice(((0,) * cpus, (1, *(0,) * (cpus - 1)), tuple(range(cpus)))))
    gates = tuple(random.choice(((0,) * cpus, (1, *(0,) * (cpus - 1)))))
    arrays = (
        *element_arrays(size),
        Array("own", (cpus,), 0, 2, first),
        Array("gate", (cpus,), 0, 1, gates),
        Array("asked", (cpus, cpus), 0, 1, (0,) * cpus**2),
        Array("lock", (), 0, cpus, (random.choice((0, 0, 1)),)),
        Array("idle", (), 0, (1 << cpus) - 1, (random.choice((0, 1)),)),
        Array("cached", (cpus,), 0, size, (0,) * cpus),
    )
    program, helper, odd = draw.process("program"), draw.process("helper"), draw.process("odd")
    last = random.choice((program, program, odd, None)) if cpus > 2 else program
    running = [program] * (cpus - 1) + ([last] if last else [])
    several = draw.differ and random.random() < 0.3
    agents = [Agent(f"cpu{cpu}", of.name, (cpu, cpu % 2 if several else 0)) for cpu, of in enumerate(running)]
    if random.random() < 0.3:
        agents += [Agent(f"helper{cpu}", "helper", (cpu, 0)) for cpu in range(cpus if cpus == 2 else 0)]
    random.shuffle(agents)
    names = {agent.process for agent in agents}
    processes = tuple(process for process in (program, helper, odd) if process.name in names)
    return System("twins", arrays, processes, tuple(agents), (), draw.properties())


@dataclass
class Twins(Draw):
    """Draws programs of CPUs; `differ`: some statements tell these apart."""

    cpus: int
    differ: bool

    def process(self, name: str) -> Process:
        """A program of a CPU that is its first parameter."""
        found = super().process(name)
        steps = found.steps[:4] if name != "helper" else found.steps[:2]
        locals_ = (*found.locals, LocalVariable("other", 0, self.cpus - 1, 0))
        return replace(found, params=2, locals=locals_, steps=steps)

    def guard(self, point: int) -> Block:
        """The choice of another CPU, or what may stand there otherwise."""
        if not point:
            free = equal(Load("free", (HELD,)), TRUE)
            taken = Assign(Cell("free", (HELD,)), FALSE)
            return (Choose(HELD, 0, self.size - 1, self.random.choice((TRUE, TRUE, free)), True), taken)
        if self.random.random() < 0.6:
            return super().guard(point) if self.random.random() < 0.2 else ()
        mine = equal(Load("lock"), plus(ME))
        rows: tuple[Block, ...] = (
            (Choose(OTHER, 0, self.cpus - 1, Op(Operator.NE, (OTHER, ME)), True),),
            (Choose(OTHER, 0, self.cpus - 1, equal(Load("own", (OTHER,)), Const(1)), True),),
            (Wait(equal(Load("lock"), FALSE)), Assign(Cell("lock"), plus(ME))),
            (Wait(mine), Assign(Cell("lock"), FALSE)),
            (Wait(equal(Load("gate", (ME,)), FALSE)),),
            (Wait(Op(Operator.NOT, (Op(Operator.BIT, (Load("idle"), ME)),))),),
            (Wait(Op(Operator.OR, tuple(equal(Load("asked", (Const(cpu), ME)), TRUE) for cpu in range(self.cpus)))),),
            (),
        )
        return self.random.choice(rows)

    def condition(self) -> Expr:
        """A condition that says the same of every CPU."""
        if self.random.random() < 0.5:
            return super().condition()
        return self.random.choice(
            (
                equal(Load("own", (ME,)), Const(self.random.randrange(3))),
                equal(Load("lock"), plus(ME)),
                equal(Load("gate", (ME,)), TRUE),
                equal(OTHER, ME),
                Op(Operator.BIT, (Load("idle"), OTHER)),
                equal(Load("asked", (OTHER, ME)), TRUE),
                Op(Operator.NE, (Load("cached", (ME,)), FALSE)),
            )
        )

    def statements(self, depth: int = 0) -> Block:
        """Statements that treat CPUs alike."""
        r = self.random
        if self.differ and r.random() < 0.15:
            return (self.naming(),)
        if r.random() < 0.4:
            return super().statements(depth)
        bit = Op(Operator.SHIFT, (ME,))
        cpus = range(self.cpus)
        cached = Op(Operator.NE, (Load("cached", (ME,)), FALSE))
        rows: tuple[Block, ...] = (
            (Assign(Cell("own", (ME,)), Const(r.randrange(3))),),
            (Assign(Cell("own", (OTHER,)), Const(r.randrange(3))),),
            (Assign(Cell("gate", (ME,)), Const(r.randrange(2))),),
            tuple(If(Op(Operator.NE, (ME, Const(cpu))), (Assign(Cell("gate", (Const(cpu),)), TRUE),)) for cpu in cpus),
            tuple(Assign(Cell("gate", (Const(cpu),)), FALSE) for cpu in cpus),
            (Assign(Cell("asked", (ME, OTHER)), TRUE),),
            (Assign(Cell("asked", (OTHER, ME)), FALSE),),
            tuple(Assign(Cell("asked", (ME, Const(cpu))), Const(r.randrange(2))) for cpu in cpus),
            (Assign(Cell("lock"), plus(ME)),),
            (Assign(Cell("lock"), FALSE),),
            (If(Op(Operator.NE, (Load("lock"), FALSE)), (Assign(OTHER, plus(Load("lock"), -1)),)),),
            (Assign(OTHER, ME),),
            (Assign(Cell("idle"), Op(Operator.BITS_OR, (Load("idle"), bit))),),
            (Assign(Cell("idle"), Op(Operator.BITS_MINUS, (Load("idle"), bit))),),
            (Assign(Cell("cached", (ME,)), r.choice((plus(HELD), MAYBE, FALSE))),),
            (If(cached, (Assign(HELD, plus(Load("cached", (ME,)), -1)),)),),
            (Assign(Cell("flag"), NUMBER),),
            (Assert(Op(Operator.NOT, (Op(Operator.AND, (self.condition(), self.condition())),)), "claim"),),
            (Assign(COUNT, Load("own", (OTHER,))), Assign(Cell("own", (ME,)), COUNT)),
        )
        return r.choice(rows)

    def naming(self) -> Stmt:
        """A statement that may tell CPUs apart."""
        one = Const(self.random.randrange(self.cpus))
        return self.random.choice(
            (
                If(equal(ME, one), (Assign(Cell("flag"), Const(1)),)),
                If(Op(Operator.LT, (ME, Const(1))), (Assign(Cell("flag"), Const(2)),)),
                Assign(Cell("own", (one,)), Const(1)),
                Assign(Cell("lock"), plus(one)),
                Assign(OTHER, one),
                Assign(Cell("idle"), Const(1)),
                If(TRUE, tuple(Assign(Cell("gate", (Const(cpu),)), FALSE) for cpu in range(self.cpus - 1))),
            )
        )

    def properties(self) -> tuple[Property, ...]:
        """Some of each kind."""
        each = Bound("c")
        mine = Op(Operator.AND, (equal(Load("lock"), plus(each)), equal(Load("own", (each,)), Const(1))))
        everyone = Fold(FoldKind.ALL, "c", 0, self.cpus - 1, Op(Operator.NE, (Load("own", (each,)), Const(2))))
        first = Op(Operator.NE, (Load("own", (Const(0),)), Const(2)))
        named = self.differ and self.random.random() < 0.3
        rows = (
            Property("of all", PropertyKind.ALWAYS, first if named else everyone),
            Property("of one", PropertyKind.SOMETIMES, Fold(FoldKind.ANY, "c", 0, self.cpus - 1, mine)),
        )
        found = super().properties()
        return (*found, *(row for row in rows if self.random.random() < 0.4))
