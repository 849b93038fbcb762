"""Walking through the states of a system: along a trace, back, and off it."""

from __future__ import annotations

from dataclasses import dataclass, field

from shootdown.model.ir.evaluate import Evaluator, Frame, Transition
from shootdown.model.ir.layout import State
from shootdown.model.ir.system import Property, PropertyKind, System

from ..result import Path
from .replay import key
from .twin import shows, wrong_at


@dataclass(frozen=True, slots=True)
class Way:
    """A transition that is possible here; `on_trace`: the trace takes it."""

    transition: Transition
    on_trace: bool


@dataclass
class Walk:
    """A walk that starts where the trace does. `prop`: what the trace decides; None if it ends in a problem."""

    system: System
    trace: Path
    prop: Property | None
    taken: list[Transition] = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        self.evaluator = Evaluator(self.system)

    @property
    def state(self) -> State:
        """Where the walk is; in front of a last step that has no target."""
        return next((taken.target for taken in reversed(self.taken) if taken.target is not None), self.trace.initial)

    @property
    def before(self) -> State:
        """Where the walk was before the last step."""
        earlier = self.taken[:-1]
        return next((taken.target for taken in reversed(earlier) if taken.target is not None), self.trace.initial)

    @property
    def ended(self) -> bool:
        """Whether the last step went wrong, so that nothing follows."""
        return bool(self.taken) and self.taken[-1].target is None

    @property
    def common(self) -> int:
        """Steps from the start that are those of the trace."""
        pairs = zip(self.taken, self.trace.transitions, strict=False)
        return next((number for number, (mine, its) in enumerate(pairs) if key(mine) != key(its)), self._shorter)

    @property
    def on_trace(self) -> bool:
        """Whether every step so far is that of the trace."""
        return self.common == len(self.taken)

    @property
    def wrong(self) -> bool:
        """Whether the property is false where the walk is: violated here, or by the last step; or a problem."""
        if self.taken:
            return wrong_at(self.evaluator, self.taken[-1], self.prop)
        return self.prop is not None and shows(self.evaluator, self.state, self.prop)

    @property
    def holds(self) -> bool | None:
        """The truth of the property's expression here; None for kinds that are about more than one state."""
        if self.prop is None or self.prop.kind in (PropertyKind.ASSERTION, PropertyKind.NO_DEADLOCK):
            return None
        return self.evaluator.value(self.prop.expr, Frame(list(self.state))) == 1

    def ways(self) -> tuple[Way, ...]:
        """Every transition that is possible here, in the order of the search."""
        if self.ended:
            return ()
        ahead = self._ahead()
        wanted = None if ahead is None else key(ahead)
        return tuple(Way(each, key(each) == wanted) for each in self.evaluator.transitions(self.state))

    def take(self, transition: Transition) -> None:
        """Take a transition that is possible here."""
        self.taken.append(transition)

    def forward(self, steps: int = 1) -> int:
        """Follow the trace, or off it the only step that is possible; the number of steps taken."""
        for done in range(steps):
            ahead = self._ahead()
            if ahead is None:
                ways = self.ways()
                if self.on_trace or len(ways) != 1:
                    return done
                ahead = ways[0].transition
            self.take(ahead)
        return steps

    def back(self, steps: int = 1) -> int:
        """Undo steps; the number of steps undone."""
        done = min(steps, len(self.taken))
        del self.taken[len(self.taken) - done :]
        return done

    def go(self, number: int) -> None:
        """Be on the trace behind its first `number` steps."""
        self.taken = list(self.trace.transitions[:number])

    def turning_point(self) -> int | None:
        """The number of steps of the trace after which the property is false for good (0: from the start).

        None for what one state does not decide, and if the property is true at the end.
        """
        if self.prop is None or self.prop.kind in (PropertyKind.ASSERTION, PropertyKind.NO_DEADLOCK):
            return None
        states, false = self.trace.states, None
        for number in range(len(states) - 1, -1, -1):
            if self.evaluator.holds(self.prop, states[number]):
                break
            false = number
        return false

    def _ahead(self) -> Transition | None:
        """The next step of the trace; None off it and at its end."""
        if not self.on_trace or len(self.taken) >= len(self.trace.transitions):
            return None
        return self.trace.transitions[len(self.taken)]

    @property
    def _shorter(self) -> int:
        return min(len(self.taken), len(self.trace.transitions))
