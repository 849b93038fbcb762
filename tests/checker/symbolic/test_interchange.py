"""What is proved of sorts against all states of random systems, and systems whose elements are told apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import permutations, product
from random import Random

import pytest
from interchangeable_systems import HELD, interchangeable_system
from twin_systems import twin_system

from shootdown.checker.analysis.dead_locals import live_locals, reset_dead_locals
from shootdown.checker.analysis.sorts import Sorts
from shootdown.checker.analysis.symmetry import TOO_LATE, SortTable, Symmetry, renaming_table
from shootdown.checker.analysis.twins import counterparts
from shootdown.checker.explicit.reduced_engine import ReducedEngine
from shootdown.checker.options import Limits
from shootdown.checker.symbolic import interchange
from shootdown.checker.symbolic.interchange import find_symmetry
from shootdown.model.ir.evaluate import Evaluator, Transition
from shootdown.model.ir.expr import TRUE, Bound, Const, Expr, Fold, FoldKind, Load, Op, Operator, Param
from shootdown.model.ir.layout import Layout, State
from shootdown.model.ir.stmt import Assert, Assign, Block, Cell, Choose, Goto, If, Wait
from shootdown.model.ir.system import Agent, Array, LocalVariable, Point, Process, Property, PropertyKind, Step, System

MOST_STATES = 300


def states(evaluator: Evaluator, most: int) -> Iterator[State]:
    """The first states that are found."""
    found, pending = {evaluator.layout.initial}, [evaluator.layout.initial]
    while pending and len(found) < most:
        state = pending.pop(0)
        yield state
        new = {item.target for item in evaluator.transitions(state) if item.target is not None} - found
        found |= new
        pending += sorted(new)


def seen(transition: Transition, agent: int, target: State | None) -> tuple[object, ...]:
    return agent, transition.step, target, transition.problem is None, frozenset(transition.violated)


class Settling:
    """Gives the locals that nobody reads any more their initial values."""

    def __init__(self, system: System) -> None:
        layout = Layout(system)
        self.initial = layout.initial
        self.dead: list[tuple[int, list[list[int]]]] = []
        for agent, at in zip(system.agents, layout.points, strict=True):
            process = system.process(agent)
            places = {at + 1 + slot for slot in range(len(process.locals))}
            rows = [sorted(places - {at + 1 + slot for slot in live}) for live in live_locals(process)]
            self.dead.append((at, rows))

    def __call__(self, state: State | None) -> State | None:
        """The state with them, if there is one."""
        if state is None:
            return None
        found = [*state]
        for at, rows in self.dead:
            for place in rows[state[at]]:
                found[place] = self.initial[place]
        return tuple(found)


def renamings(size: int, groups: Sequence[Sequence[int]]) -> Iterator[list[int]]:
    """Every way to rename elements within their groups."""
    for orders in product(*(permutations(group) for group in groups)):
        found = list(range(size))
        for group, order in zip(groups, orders, strict=True):
            for element, name in zip(group, order, strict=True):
                found[element] = name
        yield found


def check_every_renaming(system: System, symmetry: Symmetry, most: int = MOST_STATES) -> int:
    """Compare what a state and each of its images do; how many were compared."""
    evaluator, settled, compared = Evaluator(system), Settling(system), 0
    for sort in symmetry.symmetric:
        for renaming in renamings(symmetry.sorts.sorts[sort].size, symmetry.classes[sort]):
            agents, _ = counterparts(system, symmetry.sorts, sort, renaming)

            table = renaming_table(system, symmetry.sorts, sort, renaming)

            def renamed(state: State, table: SortTable = table, renaming: Sequence[int] = renaming) -> State:
                return table.renamed(state, renaming)

            for state in states(evaluator, most):
                image = renamed(state)
                expected = {
                    seen(item, agents[item.agent], item.target and settled(renamed(item.target)))
                    for item in evaluator.transitions(state)
                }
                found = {seen(item, item.agent, settled(item.target)) for item in evaluator.transitions(image)}
                assert found == expected
                for prop in system.properties:
                    assert evaluator.holds(prop, image) == evaluator.holds(prop, state)
                compared += image != state
    return compared


@pytest.mark.parametrize("first", range(20, 60, 20))
def test_images_of_states_do_what_the_states_do(first: int) -> None:
    compared = refused = 0
    for seed in range(first, first + 20):
        system = reset_dead_locals(interchangeable_system(Random(seed)))
        symmetry = find_symmetry(system)
        refused += any(symmetry.against)
        compared += check_every_renaming(system, symmetry)
    assert compared > 100
    assert refused > 3


def test_images_of_states_do_the_same_where_four_change_names() -> None:
    found = []
    for seed in range(10):
        system = reset_dead_locals(interchangeable_system(Random(seed), size=4))
        symmetry = find_symmetry(system)
        check_every_renaming(system, symmetry, most=30)
        found += [len(group) for groups in symmetry.classes for group in groups]
    assert found.count(4) > 3


@pytest.mark.parametrize("first", range(0, 20, 10))
def test_images_of_states_do_the_same_with_agents_exchanged(first: int) -> None:
    compared = refused = exchanged = 0
    for seed in range(first, first + 10):
        system = reset_dead_locals(twin_system(Random(seed)))
        symmetry = find_symmetry(system)
        refused += any(symmetry.against)
        exchanged += any(table.agents for table in symmetry.tables)
        compared += check_every_renaming(system, symmetry)
    assert compared > 100
    assert refused > 3
    assert exchanged > 3


def whole(body: Block, *properties: Property, size: int = 3) -> System:
    """A system of one agent that chooses an element, and then does something."""
    choose = Choose(HELD, 0, size - 1, Op(Operator.EQ, (Load("free", (HELD,)), TRUE)), True)
    first = Step(0, "choose", (choose, Goto(1)))
    second = Step(1, "use", (*body, Assign(HELD, Const(0)), Goto(0)))
    points = Point("at 0", False, True), Point("at 1", True, False)
    process = Process("p", 0, (LocalVariable("v", 0, size - 1, 0),), 1, points, (first, second))
    arrays = (
        Array("free", (size,), 0, 1, (1,) * size),
        Array("data", (size,), 0, 2, (0,) * size),
        Array("fixed", (size,), 0, 2, (0, 1, 0, 0)[:size]),
        Array("of.present", (), 0, 1, (0,)),
        Array("of.it", (), 0, size - 1, (0,)),
        Array("count", (), 0, 5, (0,)),
    )
    return System("whole", arrays, (process,), (Agent("a", "p"), Agent("b", "p")), (), properties)


def data(index: Expr) -> Load:
    return Load("data", (index,))


def is_one(value: Expr) -> Expr:
    return Op(Operator.EQ, (value, Const(1)))


def each(index: int) -> Cell:
    return Cell("data", (Const(index),))


ALIKE: dict[str, Block] = {
    "an element that is held": (Assign(Cell("data", (HELD,)), Const(1)),),
    "a loop whose rounds have nothing to do with each other": tuple(
        If(is_one(data(Const(number))), (Assign(each(number), Const(2)),)) for number in range(3)
    ),
    "a record that may not be there": (
        If(
            is_one(Load("of.present")),
            (
                Assign(Cell("data", (Load("of.it"),)), Const(1)),
                Assign(Cell("of.present"), Const(0)),
                Assign(Cell("of.it"), Const(0)),
            ),
            (Assign(Cell("of.present"), TRUE), Assign(Cell("of.it"), HELD)),
        ),
    ),
    "a count": (Assign(Cell("count"), Fold(FoldKind.SUM, "e", 0, 2, data(Bound("e")))),),
}

APART: dict[str, Block] = {
    "an element is named": (Assign(each(0), Const(1)),),
    "elements are ordered": (If(Op(Operator.LT, (HELD, Const(1))), (Assign(Cell("count"), Const(1)),)),),
    "an element is compared with a number": (If(is_one(HELD), (Assign(Cell("count"), Const(1)),)),),
    "the last round of a loop wins": tuple(
        If(is_one(data(Const(number))), (Assign(Cell("of.it"), Const(number)), Assign(Cell("of.present"), TRUE)))
        for number in range(3)
    ),
    "a loop leaves one out": tuple(Assign(each(number), Const(1)) for number in range(2)),
    "a round reads what another wrote": tuple(
        Assign(each(number), data(Const((number + 1) % 3))) for number in range(3)
    ),
    "an assertion names one": (
        Assert(Op(Operator.NE, (data(Const(2)), Const(1))), "claim"),
        Assign(each(0), data(HELD)),
    ),
    "a guard names one": (Wait(is_one(Load("free", (Const(1),)))), Assign(Cell("free", (HELD,)), Const(0))),
    "a constant tells them apart": (Assign(Cell("data", (HELD,)), Load("fixed", (HELD,))),),
    "what is not there is used": (
        Assign(Cell("of.present"), Const(0)),
        Assign(Cell("data", (Load("of.it"),)), Const(1)),
    ),
}


def against(system: System) -> str:
    symmetry = find_symmetry(system)
    return symmetry.against[of_free(symmetry)]


def of_free(symmetry: Symmetry) -> int:
    (number,) = (number for number, sort in enumerate(symmetry.sorts.sorts) if ("free", 0) in sort.arrays)
    return number


def moving(symmetry: Symmetry) -> tuple[tuple[int, ...], ...]:
    """The agents that change places."""
    return tuple(agents for table in symmetry.tables for agents in table.agents)


@pytest.mark.parametrize("name", ALIKE)
def test_elements_that_nobody_tells_apart_are_interchangeable(name: str) -> None:
    system = whole((*ALIKE[name], Assign(Cell("data", (HELD,)), Const(1))))
    assert against(system) == ""
    assert check_every_renaming(system, find_symmetry(system)) > 10


@pytest.mark.parametrize("name", APART)
def test_the_place_that_tells_elements_apart_is_named(name: str) -> None:
    system = whole((*APART[name], Assign(Cell("data", (HELD,)), Const(2))))
    assert against(system) != ""


def test_elements_that_are_not_named_stay_interchangeable() -> None:
    system = whole((Assign(each(1), Const(1)), Assign(Cell("data", (HELD,)), Const(2))))
    symmetry = find_symmetry(system)
    assert ((0, 2),) in symmetry.classes
    assert check_every_renaming(system, symmetry) > 10


def test_of_four_elements_an_exchange_and_a_turn_say_all(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Sequence[int]] = []

    def noted(system: System, sorts: Sorts, sort: int, renaming: Sequence[int]) -> SortTable:
        asked.append(renaming)
        return renaming_table(system, sorts, sort, renaming)

    monkeypatch.setattr(interchange, "renaming_table", noted)
    exchange, turn = (1, 0, 2, 3), (1, 2, 3, 0)
    body = (*ALIKE["a record that may not be there"], Assign(Cell("data", (HELD,)), Const(1)))
    alike, named = whole(body, size=4), whole((*body, Assign(each(3), Const(2))), size=4)
    symmetry = find_symmetry(alike)
    assert symmetry.classes[of_free(symmetry)] == ((0, 1, 2, 3),)
    assert asked[:2] == [exchange, turn]
    assert check_every_renaming(alike, symmetry) > 100

    asked.clear()
    symmetry = find_symmetry(named)
    assert symmetry.classes[of_free(symmetry)] == ((0, 1, 2),)
    assert asked[:4] == [exchange, turn, (2, 1, 0, 3), (3, 1, 2, 0)]


def test_without_time_nothing_is_interchangeable() -> None:
    system = whole((*next(iter(ALIKE.values())), Assign(Cell("data", (HELD,)), Const(1))))
    assert find_symmetry(system).symmetric
    found = find_symmetry(system, seconds=0)
    assert not found.symmetric
    assert TOO_LATE in found.against
    engine = ReducedEngine(symmetry=found)
    engine.explore(system, Limits())
    assert "(symmetry, as there was no time left for the proof that elements are interchangeable" in engine.notice


def test_a_property_that_names_an_element_is_named() -> None:
    named = Property("first", PropertyKind.ALWAYS, is_one(Op(Operator.ADD, (data(Const(0)), Const(1)))))
    system = whole((Assign(Cell("data", (HELD,)), Const(1)),), named)
    assert against(system).startswith("property first tells its elements apart")


def cpus(body: Block, *, last: Block | None = None, second: tuple[int, ...] = (0, 0)) -> System:
    """Three agents that are elements of one sort, two with a number; the third may do something else."""
    found = whole((*body, Assign(Cell("data", (Param(0),)), Load("data", (HELD,)))))
    (process,) = found.processes
    process = replace(process, params=2)
    choose, use = process.steps
    other = replace(process, name="q", steps=(choose, replace(use, block=(*(last or ()), *use.block))))
    agents = [Agent(f"cpu{number}", "p", (number, given)) for number, given in enumerate(second)]
    agents.append(Agent("cpu2", "p" if last is None else "q", (2, 0)))
    return replace(found, processes=(process, other) if last else (process,), agents=tuple(agents))


def mine(cell: str) -> Cell:
    return Cell(cell, (Param(0),))


DO_THE_SAME: dict[str, Block] = {
    "a cell of its own": (Assign(mine("data"), Const(1)),),
    "what it holds is its own or not": (If(Op(Operator.EQ, (HELD, Param(0))), (Assign(Cell("count"), Const(1)),)),),
    "a number that both have": (Assign(Cell("count"), Param(1)),),
}
ONE_DIFFERS: dict[str, Block] = {
    "an order": (If(Op(Operator.LT, (Param(0), Const(1))), (Assign(Cell("count"), Const(1)),)),),
    "an order of two": (If(Op(Operator.LT, (HELD, Param(0))), (Assign(Cell("count"), Const(1)),)),),
    "a name": (If(Op(Operator.EQ, (Param(0), Const(1))), (Assign(Cell("count"), Const(1)),)),),
    "a name in a guard": (Wait(Op(Operator.NE, (Param(0), Const(0)))),),
    "a name that is written": (Assign(Cell("data", (Const(0),)), Const(2)),),
    "a number made of it": (Assign(Cell("count"), Op(Operator.ADD, (Param(0), Const(2)))),),
    "an assertion": (Assert(Op(Operator.NE, (Param(0), Const(0))), "claim"), Assign(mine("data"), Const(1))),
    "what never changes": (Assign(Cell("count"), Load("fixed", (Param(0),))),),
}


@pytest.mark.parametrize("name", DO_THE_SAME)
def test_agents_that_do_the_same_change_places(name: str) -> None:
    system = cpus(DO_THE_SAME[name])
    symmetry = find_symmetry(system)
    assert (symmetry.against[of_free(symmetry)], moving(symmetry)) == ("", ((0, 1, 2),))
    assert symmetry.orbits == (0, 0, 0)
    assert check_every_renaming(system, symmetry) > 10


@pytest.mark.parametrize("name", ONE_DIFFERS)
def test_agents_that_differ_in_one_place_do_not(name: str) -> None:
    system = cpus(ONE_DIFFERS[name])
    symmetry = find_symmetry(system)
    assert any(symmetry.against)
    assert not any({0, 1} <= {*agents} for agents in moving(symmetry))
    check_every_renaming(system, symmetry)


def test_agents_that_differ_in_a_number_do_not_change_places() -> None:
    body = DO_THE_SAME["a number that both have"]
    assert find_symmetry(cpus(body, second=(0, 1))).orbits == (0, 1, 0)
    assert find_symmetry(cpus(DO_THE_SAME["a cell of its own"], second=(0, 1))).orbits == (0, 0, 0), "nobody reads it"


def test_agents_that_stay_are_asked_for_each_of_their_numbers() -> None:
    named = If(is_one(Param(0)), (Assign(each(0), Const(2)),))
    (process,) = whole((Assign(Cell("data", (HELD,)), Const(1)), named)).processes
    agents = Agent("a", "p", (0,)), Agent("b", "p", (0,)), Agent("c", "p", (1,))
    system = replace(whole(()), processes=(replace(process, params=1),), agents=agents)
    assert against(system).startswith("step use of c tells its elements apart")
    symmetry = find_symmetry(replace(system, agents=agents[:2]))
    assert symmetry.classes[of_free(symmetry)] == ((0, 1, 2),)


def test_an_agent_with_another_program_stays_where_it_is() -> None:
    system = cpus(DO_THE_SAME["a cell of its own"], last=(Assign(Cell("count"), Const(3)),))
    symmetry = find_symmetry(system)
    assert symmetry.classes[of_free(symmetry)] == ((0, 1),)
    assert symmetry.orbits == (0, 0, 2)
    assert against(system) == "no agent does for another element what cpu0 does for one"
    assert check_every_renaming(system, symmetry) > 10


def test_a_property_that_names_one_agents_element_is_named() -> None:
    named = Property("first", PropertyKind.SOMETIMES, is_one(data(Const(0))))
    system = replace(cpus(DO_THE_SAME["a cell of its own"]), properties=(named,))
    assert against(system).startswith("property first tells its elements apart")


def test_an_agent_that_is_for_two_elements_keeps_them_in_place() -> None:
    body = Assign(mine("data"), Const(1)), Assign(Cell("data", (Param(1),)), Const(2))
    system = cpus(body, second=(1, 2))
    assert against(system) == "cpu0 is for several of its elements"
    assert not moving(find_symmetry(system))


def test_several_agents_move_with_one_element() -> None:
    system = cpus(DO_THE_SAME["a cell of its own"], last=(Assign(Cell("count"), Const(3)),))
    helpers = tuple(Agent(f"helper{number}", "q", (number, 0)) for number in (1, 0))
    system = replace(system, agents=(*system.agents, *helpers))
    symmetry = find_symmetry(system)
    assert moving(symmetry) == ((0, 1), (4, 3))
    assert check_every_renaming(system, symmetry) > 10


def test_agents_that_run_one_program_are_told_apart_in_words() -> None:
    body = DO_THE_SAME["a number that both have"]
    assert find_symmetry(cpus(body)).apart == ()
    (why,) = find_symmetry(cpus(body, second=(0, 1))).apart
    assert why == "cpu0, cpu1, cpu2 are not: they differ in a number"
    (why,) = find_symmetry(cpus(ONE_DIFFERS["a name"])).apart
    assert why.startswith("cpu0, cpu1, cpu2 are not: step use of cpu0 tells its elements apart")


def test_agents_with_different_budgets_do_not_change_places() -> None:
    system = cpus(DO_THE_SAME["a cell of its own"])
    (process,) = system.processes
    fewer = LocalVariable("budget", 0, 2, 1), LocalVariable("budget", 0, 2, 2)
    processes = tuple(
        replace(process, name=name, locals=(*process.locals, budget)) for name, budget in zip("pq", fewer, strict=True)
    )
    one, other, third = system.agents
    system = replace(system, processes=processes, agents=(one, replace(other, process="q"), third))
    assert find_symmetry(system).orbits == (0, 1, 0)
