"""Runs by rounds: how far one round goes, that no schedule is lost, and that the end of all runs is seen."""

from __future__ import annotations

import time
from random import Random

import pytest
from random_systems import random_system
from reference_search import search
from toy_systems import ALWAYS, DONE, INSIDE, START, array, equal, op, points, step

from shootdown.checker.options import Limits
from shootdown.checker.result import NO_DEADLOCK
from shootdown.checker.symbolic import bounded
from shootdown.checker.symbolic.bmc import BmcEngine
from shootdown.checker.symbolic.bounded import BoundedSearch
from shootdown.checker.symbolic.order import program_order
from shootdown.checker.trace.replay import confirm, confirm_decides
from shootdown.model.ir.evaluate import Evaluator
from shootdown.model.ir.expr import Const, Expr, Load, Operator
from shootdown.model.ir.stmt import Assign, Cell, Wait
from shootdown.model.ir.system import Agent, Process, Property, Step, System

FAR = 10


def counting(name: str, cell: str) -> Process:
    """Sets a cell to 1, 2, ... `FAR`, a step each."""
    steps = tuple(step(at, f"{cell} {at}", Assign(Cell(cell), Const(at + 1)), to=at + 1) for at in range(FAR))
    return Process(name, 0, (), 0, points(START, *[INSIDE] * (FAR - 1), DONE), steps)


def two(first: Process, second: Process, never: Expr, **most: int) -> System:
    """An agent of each; the property is that `never` is never so."""
    prop = Property("never", ALWAYS, op(Operator.NOT, never))
    arrays = tuple(array(cell, hi) for cell, hi in most.items())
    return System("two", arrays, (first, second), (Agent("a", first.name), Agent("b", second.name)), properties=(prop,))


def both(left: Expr, right: Expr) -> Expr:
    return op(Operator.AND, left, right)


def found(system: System, depth: int) -> tuple[int | None, int | None]:
    """Steps of the run that is found, and the depth that was covered."""
    result = BmcEngine().explore(system, Limits(max_depth=depth))
    if not result.findings:
        return None, result.bound
    path = result.findings["never"].path
    confirm(Evaluator(system), path)
    confirm_decides(Evaluator(system), path, system.properties[0])
    return len(path.transitions), result.bound


def test_who_waits_for_nobody_is_done_after_one_round() -> None:
    never = both(equal(Load("x"), FAR), equal(Load("y"), FAR))
    assert found(two(counting("p", "x"), counting("q", "y"), never, x=FAR, y=FAR), 1)[0] == 2 * FAR


def taking_turns(name: str, first: int) -> Process:
    """Three times: waits for its turn, and gives the next one away."""
    steps = tuple(
        step(
            at, f"{at}", Wait(equal(Load("x"), first + 2 * at)), Assign(Cell("x"), Const(first + 2 * at + 1)), to=at + 1
        )
        for at in range(3)
    )
    return Process(name, 0, (), 0, points(START, INSIDE, INSIDE, DONE), steps)


def test_every_wait_for_an_agent_that_comes_later_takes_a_round_more() -> None:
    in_order = two(taking_turns("p", 0), taking_turns("q", 1), equal(Load("x"), 6), x=6)
    assert found(in_order, 2) == (None, 2)
    assert found(in_order, 3)[0] == 6
    behind = two(taking_turns("p", 1), taking_turns("q", 0), equal(Load("x"), 6), x=6)
    assert found(behind, 3) == (None, 3)
    assert found(behind, 4)[0] == 6


def going_round(*steps: Step) -> System:
    rises = op(Operator.ADD, Load("x"), Const(1))
    up = (Wait(op(Operator.LT, Load("x"), Const(3))), Assign(Cell("x"), rises))
    first = Process("p", 0, (), 0, points(START, INSIDE), (step(0, "up", *up, to=1 if steps else 0), *steps))
    return two(first, counting("q", "y"), equal(Load("x"), 3), x=3, y=FAR)


def test_a_way_round_takes_a_round_each_time() -> None:
    for system in (going_round(), going_round(step(1, "back", to=0))):
        assert found(system, 2) == (None, 2)
        steps, _ = found(system, 3)
        assert steps is not None


def test_program_order_puts_what_leads_first() -> None:
    process = Process(
        "p",
        0,
        (),
        0,
        points(START, INSIDE, INSIDE, INSIDE, INSIDE),
        (
            step(0, "short", to=3),
            step(0, "long", to=2),
            step(2, "on", to=1),
            step(1, "join", to=3),
            step(3, "again", to=0),
        ),
    )
    assert program_order(process) == (0, 2, 1, 3)


def test_the_end_of_all_runs_is_seen() -> None:
    never = both(equal(Load("x"), 0), equal(Load("y"), FAR + 1))
    safe = two(counting("p", "x"), counting("q", "y"), never, x=FAR, y=FAR + 1)
    assert found(safe, 1000) == (None, 1000)


def test_where_all_runs_end_nothing_is_left_to_be_found() -> None:
    ended = 0
    for seed in range(300, 340):
        system = random_system(Random(seed), problems=False)
        bounded_search = BoundedSearch(system, Limits(max_depth=5), time.monotonic)
        bounded_search.run()
        if bounded_search.complete:
            ended += 1
            decided = set(search(system).decided) - {NO_DEADLOCK}
            assert set(bounded_search.findings) == decided, f"seed {seed}"
    assert ended >= 3


@pytest.mark.parametrize("rounds", [0, 2])
def test_steps_find_what_rounds_do_not(rounds: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounded, "MOST_ROUNDS", rounds)
    depth = 6
    deeper = 0
    for seed in range(500, 530):
        system = random_system(Random(seed), problems=False)
        exploration = BmcEngine().explore(system, Limits(max_depth=depth))
        for name, decision in search(system, max_depth=depth + 1).decided.items():
            if name != NO_DEADLOCK and decision.depth <= depth:
                deeper += decision.depth > rounds
                assert name in exploration.findings, f"seed {seed}: {name}"
    assert deeper


def test_rounds_that_take_too_long_leave_time_for_steps() -> None:
    never = both(equal(Load("x"), 0), equal(Load("y"), FAR + 1))
    safe = two(counting("p", "x"), counting("q", "y"), never, x=FAR, y=FAR + 1)
    times = iter([0.0])
    result = BmcEngine(clock=lambda: next(times, 40.0)).explore(safe, Limits(max_depth=12, max_seconds=60))
    assert (result.stopped, result.bound, result.findings) == ("max_depth", 12, {})
