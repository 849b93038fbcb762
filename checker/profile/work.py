"""What a search does: the steps that it takes, and what they cost, from a sample of the states that it stored."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from shootdown.model.ir.evaluate import Evaluator
from shootdown.model.ir.system import Step, StepClass

from ..explicit.reached import Stored

_Key = str | tuple[str, int]
"""An operation, or a step of a process."""

SAMPLE = 1_000
"""States in which every step is tried, evenly spread over the search."""


@dataclass
class Work:
    """A step, or all steps of an operation: how many of the sampled states enable it, transitions, and seconds.

    Seconds are those of the evaluator, blocked attempts included; only their proportions mean something.
    """

    name: str
    where: str
    kind: str
    states: int = 0
    transitions: int = 0
    seconds: float = 0.0

    def add(self, transitions: int, seconds: float) -> None:
        """Count an attempt in one state."""
        self.states += transitions > 0
        self.transitions += transitions
        self.seconds += seconds


@dataclass(frozen=True)
class Sampled:
    """What was found in so many states."""

    states: int
    steps: tuple[Work, ...]
    operations: tuple[Work, ...]

    @property
    def transitions(self) -> int:
        """All of them."""
        return sum(each.transitions for each in self.steps)

    @property
    def seconds(self) -> float:
        """All of them."""
        return sum(each.seconds for each in self.steps)


def sampled(stored: Stored, most: int = SAMPLE, clock: Callable[[], float] = time.perf_counter) -> Sampled:
    """Try every step in some of the stored states."""
    system, evaluator = stored.system, Evaluator(stored.system)
    works: dict[_Key, Work] = {}
    numbers = range(0, stored.count, max(stored.count // most, 1))
    for number in numbers:
        state = stored.state(number)
        here: dict[_Key, tuple[int, float]] = {}
        for position, agent in enumerate(system.agents):
            process = system.process(agent)
            for index in evaluator.steps_at(state, position):
                step = process.steps[index]
                began = clock()
                count = sum(1 for _ in evaluator.outcomes(state, position, index))
                seconds = clock() - began
                for key, work in (((process.name, index), _work(step)), (operation(step), _operation(step))):
                    works.setdefault(key, work)
                    before = here.get(key, (0, 0.0))
                    here[key] = before[0] + count, before[1] + seconds
        for key, (count, seconds) in here.items():
            works[key].add(count, seconds)
    steps = _sorted(work for key, work in works.items() if not isinstance(key, str))
    return Sampled(len(numbers), steps, _sorted(work for key, work in works.items() if isinstance(key, str)))


def operation(step: Step) -> str:
    """The outermost operation that a step belongs to; a step of hardware may stand for itself."""
    return step.calls[0].operation if step.calls else step.starts or step.label


def _operation(step: Step) -> Work:
    return Work(operation(step), "", "")


def _work(step: Step) -> Work:
    calls = [call.operation for call in step.calls]
    way = " > ".join(calls) if len(calls) < 3 else f"{calls[0]} .. {calls[-1]}"
    kind = "" if step.kind is StepClass.PROGRESS else step.kind.value
    return Work(f"{way}: {step.label}" if way else step.label, str(step.where), kind)


def _sorted(works: Iterable[Work]) -> tuple[Work, ...]:
    return tuple(sorted(works, key=lambda work: (-work.transitions, work.name)))
