"""The small models of the language's tests: reading, requests, and all their transitions."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from shootdown.model.ir.evaluate import Evaluator, Transition
from shootdown.model.ir.layout import State
from shootdown.model.ir.system import System
from shootdown.model.ir.verify import verify
from shootdown.model.language import AgentSpec, Line, Model, Request, World, lower, read_model

MODELS = Path(__file__).resolve().parents[1] / "model" / "language" / "models"


@cache
def model(name: str) -> Model:
    """A small model by the name of its file."""
    return read_model([MODELS / f"{name}.py"])


def line(operation: str, **args: object) -> Line:
    """A call of an operation."""
    return Line(operation, args, operation)


def program(name: str, *lines: Line) -> AgentSpec:
    """An agent with a program."""
    return AgentSpec(name, lines)


def system(name: str, world: World, *agents: AgentSpec, split: bool = False) -> System:
    """The system of agents in a world, without mechanisms and hardware."""
    return lower(model(name), Request(name, world, {}, agents, {}, tuple(model(name).properties), split=split))


@dataclass
class Reached:
    """All states and transitions of a system."""

    states: dict[State, int] = field(default_factory=dict)
    transitions: list[Transition] = field(default_factory=list)

    @property
    def counts(self) -> tuple[int, int]:
        """States and transitions."""
        return len(self.states), len(self.transitions)

    @property
    def problems(self) -> set[str]:
        """What went wrong, as failure and message."""
        found = (item.problem for item in self.transitions)
        return {f"{problem.failure.value}: {problem.message}" for problem in found if problem is not None}


def explore(system: System) -> Reached:
    """Explore a system; every value of every state is within its bounds."""
    verify(system)
    evaluator = Evaluator(system)
    reached = Reached({evaluator.layout.initial: 0})
    level = [evaluator.layout.initial]
    while level:
        following: list[State] = []
        for state in level:
            for transition in evaluator.transitions(state):
                reached.transitions.append(transition)
                target = transition.target
                if target is None or target in reached.states:
                    continue
                bounds = evaluator.layout.bounds
                assert all(lo <= value <= hi for value, (lo, hi) in zip(target, bounds, strict=True))
                reached.states[target] = reached.states[state] + 1
                following.append(target)
        level = following
    return reached
