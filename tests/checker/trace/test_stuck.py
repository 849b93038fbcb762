"""Who waits for what."""

from __future__ import annotations

from toy_systems import DONE, INSIDE, START, array, embrace, equal, points, step, system

from shootdown.checker.interpreter import InterpreterEngine
from shootdown.checker.options import Limits
from shootdown.checker.result import NO_DEADLOCK
from shootdown.checker.trace.blame import Blamer
from shootdown.checker.trace.excerpt import Excerpts
from shootdown.checker.trace.state_text import Describer
from shootdown.checker.trace.stuck import explain_stuck, shortest_cycle
from shootdown.checker.trace.trace import Stuck
from shootdown.model.ir.evaluate import Evaluator
from shootdown.model.ir.expr import FALSE, Const, Load, Local, Param, Temp
from shootdown.model.ir.stmt import Assign, Cell, Choose, Stmt, Wait
from shootdown.model.ir.system import Agent, LocalVariable, Process, Step, System


def stuck(whole: System) -> Stuck:
    """What is said of the stuck state that the interpreter finds."""
    path = InterpreterEngine().explore(whole, Limits()).findings[NO_DEADLOCK].path
    return explain_stuck(Blamer(Evaluator(whole), Describer(whole), Excerpts()), path.states[-1])


def one_agent(*steps: Step, temps: int = 0) -> System:
    process = Process("p", 0, (), temps, points(START, INSIDE, DONE), steps)
    return system("one", (array("x", 1, 2),), (process,), (Agent("cpu0", "p"),))


def lock(index: int) -> tuple[Stmt, Stmt]:
    held = (Param(index),)
    return Wait(equal(Load("held", held), 0)), Assign(Cell("held", held), Const(1))


def test_two_locks_in_opposite_order_are_a_cycle() -> None:
    found = stuck(embrace().system)
    assert found.cycle == ("cpu0", "cpu1")
    first, second = found.waiting
    assert (first.agent, first.step, first.operations, first.on) == ("cpu0", "take_second", ("run",), ("cpu1",))
    assert first.condition == "(held[param1] == 0)"
    assert [(cell.name, cell.text) for cell in first.reads] == [("held[held1]", "1")]
    assert second.on == ("cpu0",)


def test_three_agents_in_a_ring() -> None:
    toy = embrace().system
    agents = tuple(Agent(f"cpu{cpu}", "mover", (cpu, (cpu + 1) % 3)) for cpu in range(3))
    found = stuck(system("ring", (array("held", 1, 3),), toy.processes, agents))
    assert found.cycle == ("cpu0", "cpu1", "cpu2")


def test_waiters_for_a_lock_that_was_never_released_do_not_wait_on_each_other() -> None:
    leak = Process("leaker", 1, (), 0, points(START, DONE), (step(0, "lock", *lock(0), to=1, starts="lock"),))
    enter = step(0, "enter", to=1, starts="enter")
    free = step(2, "unlock", Assign(Cell("held", (Param(0),)), Const(0)), to=3)
    user = Process(
        "user", 1, (), 0, points(START, INSIDE, INSIDE, DONE), (enter, step(1, "take", *lock(0), to=2), free)
    )
    agents = (Agent("leak", "leaker", (0,)), Agent("cpu0", "user", (0,)), Agent("cpu1", "user", (0,)))
    found = stuck(system("leak", (array("held", 1, 1),), (leak, user), agents))
    assert found.cycle == ()
    assert {waiting.agent: waiting.on for waiting in found.waiting} == {"cpu0": (), "cpu1": ()}


def test_an_agent_without_any_step_says_so() -> None:
    (waiting,) = stuck(one_agent(step(0, "enter", to=1, starts="enter"))).waiting
    assert (waiting.agent, waiting.step, waiting.condition, waiting.reads) == ("cpu0", "", "", ())


def test_a_choice_without_a_candidate_names_what_is_missing() -> None:
    free = equal(Load("x", (Temp(0),)), 1)
    choose = Choose(Temp(0), 0, 1, free, blocking=True, name="f", what="Frame")
    (waiting,) = stuck(one_agent(step(0, "enter", to=1, starts="e"), step(1, "get", choose, to=2), temps=1)).waiting
    assert waiting.condition == "a Frame to choose"
    assert [cell.name for cell in waiting.reads] == ["x[x0]", "x[x1]"]


def test_a_guard_behind_a_choice_is_found() -> None:
    choose = Choose(Temp(0), 0, 1, Const(1), blocking=True, name="f", what="Frame")
    wait = Wait(equal(Load("x", (Temp(0),)), 1))
    whole = one_agent(step(0, "enter", to=1, starts="e"), step(1, "get", choose, wait, to=2), temps=1)
    (waiting,) = stuck(whole).waiting
    assert waiting.condition == "(x[temp0] == 1)"


def test_a_write_through_an_index_that_changes_may_hit_every_cell() -> None:
    """The other agent writes `held[v]` and sets v before: each cell of the array counts."""
    enter = step(0, "enter", to=1, starts="enter")
    waiter = Process(
        "w",
        0,
        (),
        0,
        points(START, INSIDE, DONE),
        (enter, step(1, "get", Wait(equal(Load("x", (Const(1),)), 1)), to=2)),
    )
    writer = Process(
        "v",
        0,
        (LocalVariable("v", 0, 1, 0),),
        0,
        points(START, INSIDE, DONE),
        (
            enter,
            step(1, "put", Wait(FALSE), Assign(Local(0), Const(1)), Assign(Cell("x", (Local(0),)), Const(1)), to=2),
        ),
    )
    whole = system("two", (array("x", 1, 2),), (waiter, writer), (Agent("cpu0", "w"), Agent("cpu1", "v")))
    assert {waiting.agent: waiting.on for waiting in stuck_after_both(whole).waiting} == {"cpu0": ("cpu1",), "cpu1": ()}


def stuck_after_both(whole: System) -> Stuck:
    """Both agents inside, not only the first that the canonical path takes there."""
    evaluator = Evaluator(whole)
    state = evaluator.layout.initial
    for _ in range(2):
        state = next(item.target for item in evaluator.transitions(state) if item.target is not None)
    return explain_stuck(Blamer(evaluator, Describer(whole), Excerpts()), state)


def test_shortest_cycle_starts_at_its_least_node() -> None:
    assert shortest_cycle([(3, 1), (1, 2), (2, 3), (5, 4), (4, 5)]) == (4, 5)
    assert shortest_cycle([(3, 1), (1, 2), (2, 3)]) == (1, 2, 3)
    assert shortest_cycle([(1, 2), (2, 3)]) == ()
