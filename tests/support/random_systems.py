"""Random small well-formed systems that use the whole IR, and a hypothesis strategy of them.

Every value stays within its bounds and every index in range, so that an engine may trust both as it may with lowered
models. About a third of the systems may end in a problem; most have some property that is violated.
"""

from __future__ import annotations

import math
from dataclasses import replace
from random import Random

from hypothesis import strategies as st
from random_blocks import Blocks, Shape
from random_expressions import Bounds, Expressions, Scope

from shootdown.model.ir.evaluate import Evaluator, Frame
from shootdown.model.ir.expr import TRUE, Const, Expr, Op, Operator
from shootdown.model.ir.layout import Layout
from shootdown.model.ir.source import Span
from shootdown.model.ir.system import (
    Agent,
    Array,
    Call,
    LocalVariable,
    Mechanism,
    Point,
    Process,
    Property,
    PropertyKind,
    Step,
    StepClass,
    System,
)
from shootdown.model.ir.views import OptionView, QueueView, RecordView, ScalarView, SetView, Variable, View

VIEWS: tuple[tuple[str, View], ...] = (
    ("Color", ScalarView(-2, ("minus two", "minus one", "zero", "one"))),
    ("Maybe", OptionView(ScalarView(0, ("a", "b")))),
    ("Mask", SetView(ScalarView(0, ("x", "y", "z")))),
    ("Pair", RecordView("Pair", (("left", ScalarView()), ("right", OptionView(SetView(ScalarView())))), "{left}!")),
    ("Log", QueueView(RecordView("Entry", (("code", ScalarView()),)), 2)),
)
DOMAINS: tuple[Bounds, ...] = ((0, 1), (0, 1), (0, 2), (-1, 1), (0, 3), (0, 7), (2, 3))
MOST = 3_000
"""Combinations of values that a system may have; fewer are reachable."""
ASSERTIONS = ("claim", "other claim")


def systems(*, problems: bool | None = None) -> st.SearchStrategy[System]:
    """Random systems; `problems` says whether some transition may end in one (None: either)."""
    return st.randoms(use_true_random=False).map(lambda random: random_system(random, problems=problems))


def seeded_systems(*, problems: bool | None = None) -> st.SearchStrategy[System]:
    """The same from a seed: much faster to draw, and hardly shrinks."""
    return st.integers(0, 2**32 - 1).map(lambda seed: random_system(Random(seed), problems=problems))


FEW = (("off", "on"), ("a", "b", "c"))
SEVERAL = (("False", "True"), ("a", "b", "c"), ("False", "True"), ("False", "True"))
"""Labels of mechanisms: what a system may have, and what one has that is there for its designs."""


def random_system(random: Random, *, problems: bool | None = None, designs: bool = False) -> System:
    """One system, determined by the generator's state; `designs`: with several mechanisms that its steps read."""
    while True:
        system = _attempt(random, problems, designs=designs)
        combinations = math.prod(hi - lo + 1 for lo, hi in Layout(system).bounds)
        if combinations <= MOST and (_lively(system) or random.random() < 0.1):
            return system


def _lively(system: System) -> bool:
    """Whether it has a dozen reachable states."""
    evaluator = Evaluator(system)
    reached = {evaluator.layout.initial}
    pending = list(reached)
    while pending and len(reached) < 12:
        targets = {transition.target for transition in evaluator.transitions(pending.pop())}
        new = {target for target in targets if target is not None} - reached
        reached |= new
        pending += sorted(new)
    return len(reached) >= 12


def _attempt(random: Random, problems: bool | None, *, designs: bool) -> System:
    draw = Expressions(random, Scope(()))
    arrays = _arrays(random)
    shape = Shape(
        problems=draw.chance(33) if problems is None else problems,
        views=VIEWS,
        assertions=ASSERTIONS,
        ghosts=tuple(array for array in arrays if array.ghost),
    )
    mechanisms = tuple(
        Mechanism(f"way{number}", labels, random.randrange(len(labels)))
        for number, labels in enumerate(SEVERAL if designs else FEW[: random.randint(0, 2)])
    )
    scope = Scope(tuple(array for array in arrays if not array.ghost), mechanisms)
    processes, agents = _programs(random, scope, shape)
    variables = (Variable("first", "Kernel", (), ScalarView(), (scope.arrays[0].name,), "{value}"),)
    system = System("random", arrays, processes, agents, mechanisms, (), variables, VIEWS)
    return replace(
        system, properties=_properties(random, system, scope if draw.chance(50) else replace(scope, arrays=arrays))
    )


def _arrays(random: Random) -> tuple[Array, ...]:
    arrays = []
    cells = 0
    for number in range(random.randint(1, 3)):
        dims = random.choice(((), (), (2,), (3,), (2, 2), (1, 2)))
        lo, hi = random.choice(DOMAINS)
        size = math.prod(dims)
        cells += size
        if number and cells > 5:
            break
        if size > 2:
            hi = min(hi, lo + 1)
        init = tuple(random.randint(lo, hi) for _ in range(size))
        arrays.append(Array(f"{'xyz'[number]}.cell", dims, lo, hi, init, ghost=number > 0 and random.random() < 0.5))
    return tuple(arrays)


def _programs(random: Random, scope: Scope, shape: Shape) -> tuple[tuple[Process, ...], tuple[Agent, ...]]:
    processes = []
    agents: list[Agent] = []
    for number in range(random.randint(1, 2)):
        params = random.randint(0, 2)
        copies = random.randint(1, 2)
        rows = [tuple(random.randint(0, 2) for _ in range(params)) for _ in range(copies)]
        columns = tuple((min(column), max(column)) for column in zip(*rows, strict=True))
        process = _process(random, replace(scope, params=columns), shape, f"p{number}")
        processes.append(process)
        for row in rows:
            title = random.choice(("", "A"))
            agents.append(Agent(f"agent{len(agents)}", process.name, row, random.random() < 0.3, title))
    return tuple(processes), tuple(agents)


def _process(random: Random, scope: Scope, shape: Shape, name: str) -> Process:
    variables = []
    for slot in range(random.choice((0, 1, 1, 1, 2, 2))):
        lo, hi = random.choice(((0, 1), (0, 2), (-1, 1), (1, 3)))
        variables.append(LocalVariable(f"v{slot}", lo, hi, random.randint(lo, hi)))
    scope = replace(scope, locals=tuple((local.lo, local.hi) for local in variables))
    points = tuple(_point(random, number, len(variables)) for number in range(random.randint(2, 4)))
    steps = []
    for source in range(len(points)):
        for _ in range(random.choice((0, 1, 1, 2, 2, 2) if source else (1, 2, 2, 3))):
            steps.append(_step(random, scope, shape, source, points))
    return Process(name, len(scope.params), tuple(variables), shape.temps, points, tuple(steps))


def _point(random: Random, number: int, slots: int) -> Point:
    inside = number > 0 and random.random() < 0.8
    live = tuple(((slot,), f"v{slot}", "Color") for slot in range(slots) if inside and random.random() < 0.5)
    return Point(f"at {number}", inside, not inside and random.random() < 0.8, live)


def _step(random: Random, scope: Scope, shape: Shape, source: int, points: tuple[Point, ...]) -> Step:
    where = Span("model.py", random.randint(1, 99), 5, 100, 1)
    following = (source + 1) % len(points)
    targets = (following, following, source, *range(len(points)))
    calls = tuple(Call(f"op{depth}", where, random.randint(0, 2)) for depth in range(random.randint(0, 2)))
    return Step(
        source,
        random.choice(("pte_lock", "after f", 'copy "quoted" \\ text')),
        Blocks(random, scope, shape, targets).step(),
        StepClass.SPONTANEOUS if source == 0 and random.random() < 0.7 else random.choice(tuple(StepClass)),
        calls,
        "op0" if source == 0 else None,
        random.choice((None, None, "one lock covers both")),
        where,
    )


def _properties(random: Random, system: System, scope: Scope) -> tuple[Property, ...]:
    draw = Expressions(random, scope)
    rows = [
        Property("always", PropertyKind.ALWAYS, _initially(draw, system, 1), "It never breaks."),
        Property("rarely breaks", PropertyKind.ALWAYS, Op(Operator.OR, (_initially(draw, system, 1), draw.truth()))),
        Property("seen", PropertyKind.SOMETIMES, _initially(draw, system, 0), "It happens."),
        Property("seen too", PropertyKind.SOMETIMES, Op(Operator.AND, (_initially(draw, system, 0), draw.truth()))),
        Property("in the end", PropertyKind.AT_END, _initially(draw, system, 1)),
        Property(ASSERTIONS[0], PropertyKind.ASSERTION, TRUE),
        Property(ASSERTIONS[1], PropertyKind.ASSERTION, TRUE),
        Property("no_deadlock", PropertyKind.NO_DEADLOCK, TRUE),
    ]
    return tuple(row for row in rows if random.random() < 0.6)


def _initially(draw: Expressions, system: System, wanted: int) -> Expr:
    """A truth that has the wanted value in the initial state, if a few attempts find one that is no constant."""
    state = list(Layout(system).initial)
    for _ in range(4):
        expr = draw.truth(3)
        if isinstance(expr, Const):
            continue
        if Evaluator(system).value(expr, Frame(state)) == wanted:
            return expr
        return Op(Operator.NOT, (expr,))
    return Const(wanted)
