"""A scenario's random runs: its reduced system walked, what was found made short, judged, and lifted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from shootdown.model.ir.system import System

from .analysis.pipeline import lift_exploration, reduce_system
from .check import expectations
from .judge import Outcome, judge
from .options import Limits
from .scenario import Scenario
from .scenario.request import build
from .searching import Searched
from .shortest import with_shortest_paths
from .trace.trace import Trace
from .walks import SimulationEngine


@dataclass(frozen=True)
class Simulated:
    """What came of the runs. `found_by` has the seed of the run that decided a property, and how many steps it took.

    `steps` are those of the reduced system as process and position, `taken` those of them that some run took.
    """

    scenario: Scenario
    engine: SimulationEngine
    searched: Searched
    reduced: System
    found_by: dict[str, tuple[int, int]]
    taken: frozenset[tuple[str, int]]

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        """The verdicts: violated, witnessed, or unknown."""
        return self.searched.judgement.outcomes

    @property
    def traces(self) -> list[Trace]:
        """The trace of everything that was found."""
        found = [self.searched.trace(outcome) for outcome in self.outcomes]
        return [trace for trace in (*found, self.searched.problem_trace()) if trace is not None]

    @property
    def steps(self) -> list[tuple[str, int]]:
        """Every step."""
        return [(process.name, number) for process in self.reduced.processes for number in range(len(process.steps))]


def simulate(
    scenario: Scenario,
    engine: SimulationEngine,
    limits: Limits,
    properties: Sequence[str] | None = None,
    *,
    shorten: Limits | None,
) -> Simulated:
    """Take the runs, and look for the shortest path of what they find within `shorten`; None: leave it as it is.

    An interrupt ends either, with what was found until then.

    Raises ScenarioError, ModelErrors.
    """
    system = build(scenario, properties=properties).system
    reduced = reduce_system(system)
    walked = engine.explore(reduced, limits)
    lengths = {name: len(finding.path.transitions) for name, finding in walked.findings.items()}
    if walked.problem is not None:
        lengths[""] = len(walked.problem.transitions)
    found_by = {name: (seed, lengths[name]) for name, seed in engine.runs_of.items()}
    found = walked
    # Who interrupts the runs does not want to wait for searches.
    if shorten is not None and walked.stopped != "interrupted":
        found = with_shortest_paths(reduced, walked, shorten)
    found = lift_exploration(system, reduced, found)
    judgement = judge(system, found, expectations(scenario, properties), limits)
    return Simulated(scenario, engine, Searched(system, found, judgement), reduced, found_by, walked.fired)
