"""Ample sets on hand-made systems: what makes an agent wait for others, and what does not."""

from __future__ import annotations

from dataclasses import replace

from toy_systems import equal

from shootdown.checker.analysis.ample import AmpleSets
from shootdown.checker.analysis.independence import independence
from shootdown.checker.interpreter.reduced import ReducedSearch
from shootdown.model.ir.evaluate import Evaluator
from shootdown.model.ir.expr import Const, Expr, Load, Op, Operator
from shootdown.model.ir.layout import State
from shootdown.model.ir.stmt import Assign, Block, Cell, Goto, Stmt, Wait
from shootdown.model.ir.system import Agent, Array, Point, Process, Property, PropertyKind, Step, System

ALWAYS = PropertyKind.ALWAYS


def put(name: str, value: int) -> Stmt:
    return Assign(Cell(name), Const(value))


def is_(name: str, value: int) -> Expr:
    return equal(Load(name), value)


def program(name: str, *blocks: Block) -> Process:
    """Progress steps in a row."""
    points = [Point(f"{name} {at}", at > 0, at == 0) for at in range(len(blocks))] + [Point("end", False, True)]
    steps = [Step(at, f"{name} {at}", (*block, Goto(at + 1))) for at, block in enumerate(blocks)]
    return Process(name, 0, (), 0, tuple(points), tuple(steps))


def system(*processes: Process, cells: str, props: tuple[Property, ...] = ()) -> System:
    arrays = tuple(Array(name, (), 0, 3, (0,)) for name in cells)
    return System("hand", arrays, processes, tuple(Agent(each.name, each.name) for each in processes), (), props)


def ample_agent(made: System, state: State | None = None) -> str | None:
    evaluator, tables = Evaluator(made), independence(made)
    sets = AmpleSets(tables, evaluator)
    for agent, points in enumerate(tables.routes):
        sets.met.update((agent, point, each) for point, routes in points.items() for each in range(len(routes)))
    found = sets.of(state or evaluator.layout.initial)
    return None if found is None else made.agents[found[0].agent].name


def after(made: System, *agents: str) -> State:
    """The state after these agents have taken a step each."""
    evaluator = Evaluator(made)
    state = evaluator.layout.initial
    for name in agents:
        number = [agent.name for agent in made.agents].index(name)
        (step,) = evaluator.steps_at(state, number)
        (taken,) = evaluator.outcomes(state, number, step)
        assert taken.target is not None
        state = taken.target
    return state


def test_whoever_touches_what_nobody_else_does_goes_first() -> None:
    assert ample_agent(system(program("p", (put("a", 1),)), program("q", (put("b", 1),)), cells="ab")) == "p"
    assert ample_agent(system(program("p", (put("a", 1),)), program("q", (put("a", 2),)), cells="a")) is None


def test_two_that_set_the_same_cell_to_zero_can_be_exchanged() -> None:
    assert ample_agent(system(program("p", (put("a", 0),)), program("q", (put("a", 0),)), cells="a")) == "p"


def test_what_others_may_do_later_counts_and_what_they_have_done_does_not() -> None:
    made = system(program("p", (put("a", 1),)), program("q", (put("a", 2),), (put("b", 1),)), cells="ab")
    assert ample_agent(made) is None
    assert ample_agent(made, after(made, "q")) == "p"


def locked(name: str, cell: str) -> Process:
    """Takes the lock l, writes, gives it back."""
    value = 1 if name == "p" else 2
    return program(name, (Wait(is_("l", 0)), put("l", 1)), (put(cell, value),), (put("l", 0),))


def test_who_holds_a_lock_need_not_wait_for_those_who_want_it() -> None:
    made = system(locked("p", "a"), locked("q", "a"), cells="la")
    assert ample_agent(made) is None
    assert ample_agent(made, after(made, "p")) == "p"
    assert ample_agent(made, after(made, "q")) == "q"


def test_a_lock_that_a_third_may_break_protects_nothing() -> None:
    breaker = program("r", (put("l", 0),))
    made = system(locked("p", "a"), locked("q", "a"), breaker, cells="la")
    assert ample_agent(made, after(made, "p")) is None
    assert ample_agent(made, after(made, "r", "p")) == "p"


def reader(name: str) -> Process:
    """Takes the lock l for reading, as one of several, and gives it back."""
    take = put_sum("l", Operator.ADD)
    return program(name, (Wait(Op(Operator.LE, (Const(0), Load("l")))), take), (put_sum("l", Operator.SUB),))


def put_sum(name: str, by: Operator) -> Stmt:
    return Assign(Cell(name), Op(by, (Load(name), Const(1))))


def writer(name: str) -> Process:
    """Takes the lock l when nobody reads, and gives it back."""
    return program(name, (Wait(is_("l", 0)), put("l", -1)), (put("l", 0),))


def with_lock(*processes: Process) -> System:
    return System("hand", (Array("l", (), -1, 3, (0,)),), processes, tuple(Agent(p.name, p.name) for p in processes))


def test_readers_of_a_lock_do_not_wait_for_each_other() -> None:
    assert ample_agent(with_lock(reader("p"), reader("q"))) == "p"


def test_who_wants_to_read_waits_for_those_who_may_write() -> None:
    made = with_lock(reader("p"), reader("q"), writer("w"))
    assert ample_agent(made) is None
    assert ample_agent(made, after(made, "w")) == "w"


def test_who_gives_a_lock_back_waits_for_nobody() -> None:
    made = with_lock(reader("p"), reader("q"), writer("w"))
    assert ample_agent(made, after(made, "p")) == "p", "w cannot have it meanwhile, and q only adds"


def test_a_route_that_was_open_nowhere_counts_once_it_is_met() -> None:
    made = system(program("p", (put("a", 1),)), program("q", (put("b", 1),), (put("a", 2),)), cells="ab")
    sets = AmpleSets(independence(made), Evaluator(made))
    first = sets.of(Evaluator(made).layout.initial)
    assert first is not None
    assert first[0].agent == 0, "nothing is known yet of the second step of q"
    sets.learn()
    assert sets.surprises == 2
    assert sets.of(after(made, "q")) is not None, "what is open there is learnt later"
    assert sets.surprises == 2
    sets.learn()
    assert sets.surprises == 3
    assert sets.of(after(made, "q")) is None
    sets.surprises = 0
    assert sets.of(Evaluator(made).layout.initial) is not None
    sets.learn()
    assert sets.surprises == 0


def test_a_step_that_a_property_of_states_sees_waits() -> None:
    prop = Property("small", ALWAYS, Op(Operator.LT, (Load("a"), Const(3))))
    made = system(program("p", (put("a", 1),)), program("q", (put("b", 1),)), cells="ab", props=(prop,))
    assert ample_agent(made) == "q"


def test_an_agent_that_goes_round_for_ever_is_not_alone_for_ever() -> None:
    """p spins on its own cell, q breaks the property: what p does must not hide q."""
    spin = program("p", (put("b", 1),), (put("b", 2),))
    spin = replace(spin, steps=(spin.steps[0], replace(spin.steps[1], block=(put("b", 2), Goto(0)))))
    prop = Property("small", ALWAYS, Op(Operator.LT, (Load("a"), Const(3))))
    made = system(spin, program("q", (put("a", 3),)), cells="ab", props=(prop,))
    assert ample_agent(made) == "p"
    for merge in (True, False):
        assert ReducedSearch(made, merge=merge).run().decided == {"small"}
