"""The reference evaluator against a second, independent reading of what statements mean."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_systems import random_system

from shootdown.model.ir.evaluate import Evaluator, Frame, apply
from shootdown.model.ir.expr import OPERATORS, Expr, Local, Operator
from shootdown.model.ir.layout import Layout, State
from shootdown.model.ir.parse import parse_expr, parse_system
from shootdown.model.ir.stmt import Assert, Assign, Block, Cell, Check, Choose, Goto, If, Note, Place, Stmt, Wait
from shootdown.model.ir.system import Agent, Step, System

Outcome = tuple[int, int, tuple[int, ...], State | None, tuple[str, ...]]


@dataclass(frozen=True)
class World:
    """A step under way: what it has computed and chosen."""

    values: tuple[int, ...]
    temps: tuple[tuple[int, int], ...] = ()
    choices: tuple[int, ...] = ()
    violated: tuple[str, ...] = ()
    failed: bool = False


class Branching:
    """Runs a step by following every choice at once, with a copy of the state for each."""

    def __init__(self, system: System, position: int, agent: Agent) -> None:
        self.evaluator = Evaluator(system)
        self.point = Layout(system).points[position]
        self.agent = agent

    def runs(self, block: Block, world: World) -> Iterator[World]:
        """All worlds at the end of a step; blocked ones are not among them."""
        if not block:
            raise AssertionError("the step went on behind its block")
        first, rest = block[0], block[1:]
        if isinstance(first, Goto):
            yield self.stored(world, self.point, first.point)
        elif isinstance(first, If):
            branch = first.then if self.value(first.cond, world) else first.orelse
            yield from self.runs((*branch, *rest), world)
        elif isinstance(first, Choose):
            yield from self.choices(first, rest, world)
        elif isinstance(first, Check) and not self.value(first.cond, world):
            yield replace(world, failed=True)
        elif not (isinstance(first, Wait) and not self.value(first.cond, world)):
            yield from self.runs(rest, self.effect(first, world))

    def choices(self, choose: Choose, rest: Block, world: World) -> Iterator[World]:
        tried = [(value, self.assigned(world, choose.target, value)) for value in range(choose.lo, choose.hi + 1)]
        fits = [(value, after) for value, after in tried if self.value(choose.candidate, after)]
        for value, after in fits:
            yield from self.runs(rest, replace(after, choices=(*world.choices, value)))
        if not fits and not choose.blocking:
            yield replace(world, failed=True)

    def effect(self, statement: Stmt, world: World) -> World:
        if isinstance(statement, Assign):
            return self.assigned(world, statement.target, self.value(statement.value, world))
        if isinstance(statement, Assert) and not self.value(statement.cond, world):
            return replace(world, violated=(*world.violated, statement.name))
        assert isinstance(statement, Assert | Note | Wait | Check)
        return world

    def frame(self, world: World) -> Frame:
        return Frame(list(world.values), self.point + 1, self.agent.args, dict(world.temps))

    def value(self, expr: Expr, world: World) -> int:
        return self.evaluator.value(expr, self.frame(world))

    def assigned(self, world: World, target: Place, value: int) -> World:
        if isinstance(target, Cell):
            return self.stored(world, self.evaluator.cell(target.array, target.indices, self.frame(world)), value)
        if isinstance(target, Local):
            return self.stored(world, self.point + 1 + target.slot, value)
        temps = dict(world.temps)
        temps[target.slot] = value
        return replace(world, temps=tuple(temps.items()))

    @staticmethod
    def stored(world: World, position: int, value: int) -> World:
        return replace(world, values=(*world.values[:position], value, *world.values[position + 1 :]))


def outcomes(system: System, state: State) -> list[Outcome]:
    found: list[Outcome] = []
    for position, agent in enumerate(system.agents):
        point = state[Layout(system).points[position]]
        for index, step in enumerate(system.process(agent).steps):
            if step.source == point:
                found += step_outcomes(system, position, index, step, state)
    return found


def step_outcomes(system: System, position: int, index: int, step: Step, state: State) -> list[Outcome]:
    runs = Branching(system, position, system.agents[position]).runs(step.block, World(state))
    return [(position, index, world.choices, None if world.failed else world.values, world.violated) for world in runs]


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=40, deadline=None, derandomize=True)
def test_transitions_are_those_of_following_every_choice_at_once(seed: int) -> None:
    system = random_system(Random(seed))
    evaluator = Evaluator(system)
    reached = [evaluator.layout.initial]
    for state in reached[:]:
        for _ in range(25):
            found = [
                (item.agent, item.step, tuple(choice.value for choice in item.choices), item.target, item.violated)
                for item in evaluator.transitions(state)
            ]
            assert found == outcomes(system, state)
            targets = [target for *_, target, _ in found if target is not None]
            if not targets:
                break
            state = Random(seed + len(reached)).choice(targets)
            reached.append(state)


CHOICES = parse_system(
    """
    (system choices
      (array x () 0 9 (0))
      (process p (params 1) (temps 2) (entry 0)
        (local l 0 3 0)
        (point 0 start)
        (step 0 both progress
          (do (choose $0 0 3 (!= $0 1)) (choose %0 0 2 (< %0 $0))
              (pick %1 5 7 (!= %1 (+ $0 4)) :labels (five six seven))
              (wait (!= (+ %0 %1) 8))
              (set (cell x) (+ %0 %1)) (goto 0)))
        (step 0 none progress (do (pick %0 0 1 (= @0 1) :what frame) (goto 0)))
        (step 0 blocked progress (do (choose %0 2 1 1) (goto 0))))
      (agent a p (0))
      (agent b p (1))
      (property never always (!= (load x) 9))
      (property end at_end 1))
    """
)


def test_choices_are_enumerated_in_order_and_blocked_ones_left_out() -> None:
    found = list(Evaluator(CHOICES).transitions(Layout(CHOICES).initial))
    first = [tuple(choice.value for choice in item.choices) for item in found if (item.agent, item.step) == (0, 0)]
    expected = [
        (low, temp, picked)
        for low, temp, picked in product((0, 2, 3), (0, 1, 2), (5, 6, 7))
        if temp < low and picked != low + 4 and temp + picked != 8
    ]
    assert first == expected
    assert [item.label for item in found[0].choices] == ["2", "0", "five"]


def test_a_pick_without_candidate_is_a_world_too_small_and_an_empty_choose_blocks() -> None:
    found = list(Evaluator(CHOICES).transitions(Layout(CHOICES).initial))
    (failed,) = [item for item in found if item.problem is not None]
    assert failed.problem is not None
    assert (failed.agent, failed.step, failed.target) == (0, 1, None)
    assert failed.problem.message == "no frame left to pick"
    assert [len(item.choices) for item in found if (item.agent, item.step) == (1, 1)] == [1, 1]
    assert not [item for item in found if item.step == 2]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("(div -7 2)", -4),
        ("(div 7 -2)", -4),
        ("(mod -7 2)", 1),
        ("(mod 7 -2)", -1),
        ("(div 3 0)", 0),
        ("(mod 3 0)", 0),
        ("(bit 5 2)", 1),
        ("(bit 5 1)", 0),
        ("(bits-minus 7 2)", 5),
        ("(shift 3)", 8),
        ("(count 7)", 3),
        ("(and)", 1),
        ("(or)", 0),
        ("(implies 0 0)", 1),
        ("(implies 1 0)", 0),
        ("(ite 0 1 2)", 2),
        ("(all (i 0 -1) 0)", 1),
        ("(any (i 0 -1) 1)", 0),
        ("(sum (i -1 2) (* ?i ?i))", 6),
        ("(all (i 0 2) (any (j 0 2) (= ?i ?j)))", 1),
        ("(any (i 0 2) (all (j 0 2) (= ?i ?j)))", 0),
    ],
)
def test_values(text: str, value: int) -> None:
    assert Evaluator(CHOICES).value(parse_expr(text), Frame([])) == value


def test_what_nobody_asks_for_is_not_evaluated() -> None:
    evaluator, frame = Evaluator(CHOICES), Frame([])
    for text in ("(and 0 (bit 1 -1))", "(or 1 (bit 1 -1))", "(implies 0 (bit 1 -1))", "(ite 1 0 (shift -1))"):
        evaluator.value(parse_expr(text), frame)


def test_every_operator_has_a_meaning() -> None:
    for operator, signature in OPERATORS.items():
        assert isinstance(apply(operator, [1] * (signature.arity or 3)), int)
    with pytest.raises(ValueError, match="with 0 arguments"):
        apply(Operator.ADD, [])
