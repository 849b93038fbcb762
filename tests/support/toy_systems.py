"""Toy systems with known counts, depths and verdicts, for every engine.

Each is hand-built and has at least one true and one false property. The numbers were counted by hand on
the state graphs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from shootdown.checker.verdict import Verdict
from shootdown.model.ir.expr import TRUE, Const, Expr, Load, Local, Op, Operator, Param, Temp
from shootdown.model.ir.stmt import Assert, Assign, Cell, Check, Choose, Failure, Goto, Note, Stmt, Wait
from shootdown.model.ir.system import (
    Agent,
    Array,
    Call,
    LocalVariable,
    Point,
    Process,
    Property,
    PropertyKind,
    Step,
    StepClass,
    System,
)
from shootdown.model.ir.views import ScalarView, Variable

ALWAYS, AT_END, SOMETIMES = PropertyKind.ALWAYS, PropertyKind.AT_END, PropertyKind.SOMETIMES
START, INSIDE, DONE = (False, False), (True, False), (False, True)


@dataclass(frozen=True)
class Toy:
    """A system and what a search without limits finds in it.

    `depths` are the lengths of the canonical paths of the properties decided by one; `problem` that of the problem.
    """

    system: System
    states: int
    transitions: int
    depth: int
    verdicts: Mapping[str, Verdict]
    depths: Mapping[str, int] = field(default_factory=dict)
    problem: int | None = None


def op(operator: Operator, *args: Expr) -> Expr:
    """An operator applied."""
    return Op(operator, args)


def equal(left: Expr, right: int) -> Expr:
    """`left` is the constant `right`."""
    return op(Operator.EQ, left, Const(right))


def step(
    source: int, label: str, *block: Stmt, to: int, kind: StepClass = StepClass.PROGRESS, starts: str | None = None
) -> Step:
    """A step of the operation `starts` (or of the one named `run`) that ends at point `to`."""
    return Step(source, label, (*block, Goto(to)), kind, (Call(starts or "run"),), starts)


def points(*flags: tuple[bool, bool]) -> tuple[Point, ...]:
    """Control points p0, p1, ... from (inside, final)."""
    return tuple(Point(f"p{number}", inside, final) for number, (inside, final) in enumerate(flags))


def array(name: str, hi: int, *dims: int, ghost: bool = False) -> Array:
    """A shared variable of zeros with values up to `hi`."""
    size = 1
    for dim in dims:
        size *= dim
    return Array(name, dims, 0, hi, (0,) * size, ghost)


def system(
    name: str, arrays: tuple[Array, ...], processes: tuple[Process, ...], agents: tuple[Agent, ...], *props: Property
) -> System:
    """A system whose shared variables print as numbers."""
    variables = tuple(
        Variable(
            shared.name,
            "Toy",
            tuple(tuple(f"{shared.name}{at}" for at in range(dim)) for dim in shared.dims),
            ScalarView(),
            (shared.name,),
            "{0}: {value}" if shared.dims else shared.name + " = {value}",
            shared.ghost,
        )
        for shared in arrays
    )
    return System(name, arrays, processes, agents, (), props, variables)


def counter() -> Toy:
    """An idle agent counts to three."""
    x = Load("x")
    tick = step(
        0,
        "tick",
        Wait(op(Operator.LT, x, Const(3))),
        Assign(Cell("x"), op(Operator.ADD, x, Const(1))),
        to=0,
        kind=StepClass.SPONTANEOUS,
        starts="tick",
    )
    whole = system(
        "counter",
        (array("x", 3),),
        (Process("counter", 0, (), 0, points(DONE), (tick,)),),
        (Agent("cpu0", "counter"),),
        Property("small", ALWAYS, op(Operator.LE, x, Const(3))),
        Property("not_two", ALWAYS, op(Operator.NE, x, Const(2)), "The counter never shows two."),
    )
    verdicts = {"small": Verdict.HOLDS, "not_two": Verdict.VIOLATED, "no_deadlock": Verdict.HOLDS}
    return Toy(whole, 4, 3, 3, verdicts, {"not_two": 2})


def lost_update() -> Toy:
    """Two agents read a counter, then write it back plus one."""
    x = Load("x")
    steps = (
        step(0, "read", Assign(Local(0), x), to=1, starts="add"),
        step(1, "write", Assign(Cell("x"), op(Operator.ADD, Local(0), Const(1))), Assign(Local(0), Const(0)), to=2),
    )
    whole = system(
        "lost_update",
        (array("x", 2),),
        (Process("adder", 0, (LocalVariable("t", 0, 2, 0),), 0, points(START, INSIDE, DONE), steps),),
        (Agent("cpu0", "adder"), Agent("cpu1", "adder")),
        Property("bounded", ALWAYS, op(Operator.LE, x, Const(2))),
        Property("no_lost_update", AT_END, equal(x, 2), "Both additions count."),
    )
    verdicts = {"bounded": Verdict.HOLDS, "no_lost_update": Verdict.VIOLATED, "no_deadlock": Verdict.HOLDS}
    return Toy(whole, 12, 14, 4, verdicts, {"no_lost_update": 4})


def mutex() -> Toy:
    """Two agents enter a critical section in turn; ghost state says who is in it."""
    in_it = [Load("in", (Const(agent),)) for agent in range(2)]
    mine = Cell("in", (Param(0),))
    steps = (
        step(
            0,
            "lock",
            Wait(equal(Load("lock"), 0)),
            Assign(Cell("lock"), Const(1)),
            Assign(mine, Const(1)),
            to=1,
            starts="lock",
        ),
        step(1, "unlock", Assign(Cell("lock"), Const(0)), Assign(mine, Const(0)), to=2),
    )
    both = op(Operator.AND, *in_it)
    whole = system(
        "mutex",
        (array("lock", 1), array("in", 1, 2, ghost=True)),
        (Process("user", 1, (), 0, points(START, INSIDE, DONE), steps),),
        (Agent("cpu0", "user", (0,)), Agent("cpu1", "user", (1,))),
        Property("exclusion", ALWAYS, op(Operator.NOT, both)),
        Property("both_enter", SOMETIMES, both),
        Property("one_enters", SOMETIMES, in_it[1]),
    )
    verdicts = {
        "exclusion": Verdict.HOLDS,
        "both_enter": Verdict.VIOLATED,
        "one_enters": Verdict.HOLDS,
        "no_deadlock": Verdict.HOLDS,
    }
    return Toy(whole, 8, 8, 4, verdicts, {"one_enters": 1})


def embrace() -> Toy:
    """Two agents take two locks in opposite order."""

    def take(source: int, label: str, starts: str | None = None) -> Step:
        lock = (Param(source),)
        return step(
            source,
            label,
            Wait(equal(Load("held", lock), 0)),
            Assign(Cell("held", lock), Const(1)),
            to=source + 1,
            starts=starts,
        )

    free = [Assign(Cell("held", (Param(lock),)), Const(0)) for lock in (1, 0)]
    steps = (take(0, "take_first", "move"), take(1, "take_second"), step(2, "release", *free, to=3))
    idle = op(Operator.AND, *(equal(Load("held", (Const(lock),)), 0) for lock in range(2)))
    whole = system(
        "embrace",
        (array("held", 1, 2),),
        (Process("mover", 2, (), 0, points(START, INSIDE, INSIDE, DONE), steps),),
        (Agent("cpu0", "mover", (0, 1)), Agent("cpu1", "mover", (1, 0))),
        Property("locks_end_free", AT_END, idle),
    )
    verdicts = {"locks_end_free": Verdict.HOLDS, "no_deadlock": Verdict.VIOLATED}
    return Toy(whole, 13, 14, 6, verdicts, {"no_deadlock": 2})


def use_after_free() -> Toy:
    """A CPU frees a page that a device goes on reading."""
    freed = Load("freed")
    free = step(0, "free", Assert(equal(freed, 0), "frees_once"), Assign(Cell("freed"), Const(1)), to=1, starts="free")
    read = step(
        0,
        "dma_read",
        Assert(equal(freed, 0), "no_use_after_free"),
        Note(("page is read",)),
        to=0,
        kind=StepClass.SPONTANEOUS,
        starts="dma_read",
    )
    whole = system(
        "use_after_free",
        (array("freed", 1),),
        (
            Process("program", 0, (), 0, points(START, DONE), (free,)),
            Process("device", 0, (), 0, points(DONE), (read,)),
        ),
        (Agent("cpu0", "program"), Agent("nic", "device", hardware=True)),
        Property("frees_once", PropertyKind.ASSERTION, TRUE),
        Property("no_use_after_free", PropertyKind.ASSERTION, TRUE, "No access reaches a freed page."),
    )
    verdicts = {"frees_once": Verdict.HOLDS, "no_use_after_free": Verdict.VIOLATED, "no_deadlock": Verdict.HOLDS}
    return Toy(whole, 2, 3, 1, verdicts, {"no_use_after_free": 2})


def out_of_bounds() -> Toy:
    """A counter runs out of its bounds: a model error."""
    x = Load("x")
    tick = step(
        0,
        "tick",
        Check(op(Operator.LT, x, Const(2)), Failure.MODEL_ERROR, "x is 3, from 0 to 2"),
        Assign(Cell("x"), op(Operator.ADD, x, Const(1))),
        to=0,
        kind=StepClass.SPONTANEOUS,
        starts="tick",
    )
    whole = system(
        "out_of_bounds",
        (array("x", 2),),
        (Process("counter", 0, (), 0, points(DONE), (tick,)),),
        (Agent("cpu0", "counter"),),
        Property("small", ALWAYS, op(Operator.LE, x, Const(2))),
        Property("not_one", ALWAYS, op(Operator.NE, x, Const(1))),
    )
    verdicts = {"small": Verdict.MODEL_ERROR, "not_one": Verdict.VIOLATED}
    return Toy(whole, 3, 3, 2, verdicts, {"not_one": 1}, problem=3)


def out_of_frames() -> Toy:
    """An agent allocates frames and never gives one back: the world is too small."""
    used = [Load("used", (Const(frame),)) for frame in range(2)]
    free = equal(Load("used", (Temp(0),)), 0)
    alloc = step(
        0,
        "alloc",
        Choose(Temp(0), 0, 1, free, blocking=False, name="frame", what="Frame", labels=("frame0", "frame1")),
        Assign(Cell("used", (Temp(0),)), Const(1)),
        to=0,
        kind=StepClass.SPONTANEOUS,
        starts="alloc",
    )
    whole = system(
        "out_of_frames",
        (array("used", 1, 2),),
        (Process("allocator", 0, (), 1, points(DONE), (alloc,)),),
        (Agent("cpu0", "allocator"),),
        Property("truths", ALWAYS, op(Operator.LE, used[0], Const(1))),
        Property("one_free", ALWAYS, op(Operator.NOT, op(Operator.AND, *used))),
    )
    verdicts = {"truths": Verdict.WORLD_TOO_SMALL, "one_free": Verdict.VIOLATED}
    return Toy(whole, 4, 5, 2, verdicts, {"one_free": 2}, problem=3)


def error_beside() -> Toy:
    """One step writes, another wants to read what was written: a violation and a model error in the same level."""
    x = Load("x")
    write = step(0, "write", Assign(Cell("x"), Const(1)), to=1, starts="write")
    read = step(0, "read", Check(equal(x, 1), Failure.MODEL_ERROR, "x is not written"), to=1, starts="read")
    whole = system(
        "error_beside",
        (array("x", 1),),
        (
            Process("writer", 0, (), 0, points(START, DONE), (write,)),
            Process("reader", 0, (), 0, points(START, DONE), (read,)),
        ),
        (Agent("cpu0", "writer"), Agent("cpu1", "reader")),
        Property("bounded", ALWAYS, op(Operator.LE, x, Const(1))),
        Property("unwritten", ALWAYS, equal(x, 0)),
    )
    verdicts = {"bounded": Verdict.MODEL_ERROR, "unwritten": Verdict.VIOLATED}
    return Toy(whole, 2, 2, 1, verdicts, {"unwritten": 1}, problem=1)


def page_request() -> Toy:
    """A device waits for a reply that user space may give but need not: it is not stuck."""
    asked, reply = Load("asked"), Load("reply")
    device = (
        step(0, "ask", Assign(Cell("asked"), Const(1)), to=1, kind=StepClass.SPONTANEOUS, starts="ask"),
        step(
            1,
            "take_reply",
            Wait(equal(reply, 1)),
            Assign(Cell("reply"), Const(0)),
            Assign(Cell("asked"), Const(0)),
            to=0,
        ),
    )
    answer = step(
        0,
        "answer",
        Wait(op(Operator.AND, equal(asked, 1), equal(reply, 0))),
        Assign(Cell("reply"), Const(1)),
        to=0,
        kind=StepClass.SPONTANEOUS,
        starts="answer",
    )
    whole = system(
        "page_request",
        (array("asked", 1), array("reply", 1)),
        (
            Process("device", 0, (), 0, points(DONE, INSIDE), device),
            Process("user", 0, (), 0, points(DONE), (answer,)),
        ),
        (Agent("nic", "device", hardware=True), Agent("user", "user")),
        Property("answered", SOMETIMES, equal(reply, 1)),
        Property("never_asks", ALWAYS, equal(asked, 0)),
        Property("no_deadlock", PropertyKind.NO_DEADLOCK, TRUE),
    )
    verdicts = {"answered": Verdict.HOLDS, "never_asks": Verdict.VIOLATED, "no_deadlock": Verdict.HOLDS}
    return Toy(whole, 3, 3, 2, verdicts, {"answered": 2, "never_asks": 1})


def pairs() -> Toy:
    """One step chooses two numbers, the second greater than the first."""
    greater = op(Operator.LT, Temp(0), Temp(1))
    choose = step(
        0,
        "choose_pair",
        Choose(Temp(0), 0, 2, TRUE, blocking=True, name="low", labels=("zero", "one", "two")),
        Choose(Temp(1), 0, 2, greater, blocking=True, name="high", labels=("zero", "one", "two")),
        Assign(Cell("x"), Temp(0)),
        Assign(Cell("y"), Temp(1)),
        to=1,
        starts="choose_pair",
    )
    x, y = Load("x"), Load("y")
    whole = system(
        "pairs",
        (array("x", 2), array("y", 2)),
        (Process("chooser", 0, (), 2, points(START, DONE), (choose,)),),
        (Agent("cpu0", "chooser"),),
        Property("ordered", ALWAYS, op(Operator.LE, x, y)),
        Property("y_not_two", ALWAYS, op(Operator.NE, y, Const(2))),
    )
    verdicts = {"ordered": Verdict.HOLDS, "y_not_two": Verdict.VIOLATED, "no_deadlock": Verdict.HOLDS}
    return Toy(whole, 4, 3, 1, verdicts, {"y_not_two": 1})


TOYS = {
    toy.__name__: toy
    for toy in (
        counter,
        embrace,
        error_beside,
        lost_update,
        mutex,
        out_of_bounds,
        out_of_frames,
        page_request,
        pairs,
        use_after_free,
    )
}
"""Each toy by name; call it to build it."""
