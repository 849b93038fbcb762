"""Is a property of a scenario inductive? With what is known of the state that shows that it is not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from shootdown.model.ir.layout import State
from shootdown.model.ir.system import Property, PropertyKind, System

from .analysis.pipeline import reduce_system
from .options import Limits
from .scenario import Scenario
from .scenario.request import build
from .symbolic.inductive import Counterexample, counterexample


class Reachability(Enum):
    """What the explicit engine knows of a state."""

    REACHABLE = "reachable"
    UNREACHABLE = "unreachable"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Induction:
    """The outcome: `found` is None if the property is inductive.

    The state in it is one of `system`, which is reduced to what the properties need; `states` are those that were
    searched to classify it.
    """

    system: System
    prop: Property
    found: Counterexample | None
    reachability: Reachability = Reachability.UNKNOWN
    states: int = 0


def check_inductive(scenario: Scenario, name: str, given: Sequence[str], limits: Limits) -> Induction:
    """Whether a property is inductive, others being given. Raises ScenarioError for one that no state decides."""
    built = build(scenario, properties=(name, *given))
    system = reduce_system(built.system)
    known = {prop.name: prop for prop in system.properties}
    for each in (name, *given):
        if known[each].kind is not PropertyKind.ALWAYS:
            raise scenario.error("", f"'{each}' is {known[each].kind.value}: only 'always' properties can be inductive")
    found = counterexample(system, known[name], [known[each] for each in given])
    if found is None:
        return Induction(system, known[name], None)
    reachability, states = _classified(system, found.state, limits)
    return Induction(system, known[name], found, reachability, states)


def _classified(system: System, state: State, limits: Limits) -> tuple[Reachability, int]:
    from .explicit.build import NoCompiler
    from .explicit.reached import reached_states
    from .explicit.specialise import Unsupported

    try:
        explored, reached = reached_states(system, limits)
    except (NoCompiler, Unsupported):
        return Reachability.UNKNOWN, 0
    if reached is None:
        return Reachability.UNKNOWN, explored.counts.states
    here = any(row == state for row in zip(*reached.columns, strict=True))
    return Reachability.REACHABLE if here else Reachability.UNREACHABLE, reached.count
