"""One schedule under many designs: where it goes wrong, and for which of them.

A run of one design says which agent acts when. Under another design some of its steps are missing and others are new,
but what it shows is often shown there, too. So all designs of a box are led along the same schedule at once: they part
where a step reads a mechanism that tells them apart, and come together again where they reach the same state. What
such a step reads is all that it rests on, so each design that is found to go wrong does so in a run of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from shootdown.model.ir.consult import ConsultingEvaluator
from shootdown.model.ir.evaluate import Transition
from shootdown.model.ir.layout import State
from shootdown.model.ir.system import Property, System

from ..trace.replay import Key
from ..trace.twin import shows, wrong_at
from .boxes import Box, Space, count
from .parting import Parting, gather

MOST_EXTRA = 40
"""Steps that an agent may take until the next one of the schedule is enabled."""
MOST_PLACES = 5_000
"""States of all designs together after which a schedule is given up."""


@dataclass(frozen=True, slots=True)
class _Place:
    """How far designs have come: `position` in the schedule, and how many steps they have taken besides, in all and
    since the last one of the schedule."""

    position: int
    extra: int
    state: State


@dataclass(frozen=True, slots=True)
class Led:
    """Designs that go wrong at the end of a schedule, after `depth` steps."""

    box: Box
    depth: int


class Leader:
    """Leads designs of one system and one start along schedules."""

    def __init__(self, system: System, space: Space) -> None:
        self._evaluator = ConsultingEvaluator(system)
        self._parting = Parting(self._evaluator, space)

    def lead(self, keys: Sequence[Key], prop: Property | None, box: Box) -> list[Led]:
        """The designs of a box for which the schedule ends in a violation of `prop` (None: in a problem)."""
        if not keys:
            return [Led(each, 0) for each in self._wrong(None, prop, box)]
        found: list[Led] = []
        frontier: dict[_Place, dict[Box, int]] = {_Place(0, 0, self._evaluator.layout.initial): {box: 0}}
        # One design by itself takes no more steps than this; several may be in many states.
        most = MOST_PLACES if count(box) > 1 else len(keys) * (MOST_EXTRA + 1)
        for _ in range(most):
            if not frontier:
                break
            place = min(frontier, key=lambda each: (each.position, each.extra))
            for part, depth in frontier.pop(place).items():
                for piece, transition, after in self._steps(keys, place, part):
                    if after.position == len(keys):
                        found += [Led(each, depth + 1) for each in self._wrong(transition, prop, piece)]
                    elif transition.target is not None:
                        gather(frontier.setdefault(after, {}), piece, depth + 1)
        return found

    def _steps(self, keys: Sequence[Key], place: _Place, box: Box) -> Iterator[tuple[Box, Transition, _Place]]:
        """What the designs of a box do next."""
        for piece, found in self._parting.parts(box, lambda: self._next(keys, place)):
            if found is not None:
                transition, position = found
                extra = 0 if position > place.position else place.extra + 1
                state = place.state if transition.target is None else transition.target
                yield piece, transition, _Place(position, extra, state)

    def _next(self, keys: Sequence[Key], place: _Place) -> tuple[Transition, int] | None:
        """The next step of the schedule, or a later one of the same turn if that is the one enabled, or else the only
        step that the agent has; with the position in the schedule after it."""
        evaluator, state = self._evaluator, place.state
        agent = keys[place.position][0]
        for at in _turn(keys, place.position):
            found = evaluator.outcome(state, *keys[at])
            if found is not None:
                return found, at + 1
        if place.extra == MOST_EXTRA:
            return None
        others = [each for step in evaluator.steps_at(state, agent) for each in evaluator.outcomes(state, agent, step)]
        return (others[0], place.position) if len(others) == 1 else None

    def _wrong(self, last: Transition | None, prop: Property | None, box: Box) -> Iterator[Box]:
        """The designs of a box for which a run that ends in this transition (None: has none) goes wrong."""
        evaluator = self._evaluator

        def wrong() -> bool:
            if last is not None:
                return wrong_at(evaluator, last, prop)
            return prop is not None and shows(evaluator, evaluator.layout.initial, prop)

        return (piece for piece, found in self._parting.parts(box, wrong) if found)


def _turn(keys: Sequence[Key], position: int) -> Iterator[int]:
    """The steps of the schedule from this one on that are the same agent's, with none of another in between."""
    agent = keys[position][0]
    while position < len(keys) and keys[position][0] == agent:
        yield position
        position += 1
