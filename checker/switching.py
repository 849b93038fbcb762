"""A search of the runs with few context switches, by an engine that knows nothing of them."""

from __future__ import annotations

from dataclasses import replace

from shootdown.model.ir.evaluate import Evaluator
from shootdown.model.ir.system import System

from .options import SWITCHES_SPENT
from .result import NO_DEADLOCK, Exploration, Path
from .trace.replay import follow, key


def of_all_runs(system: System, exploration: Exploration) -> Exploration:
    """The outcome of a search with bounded switches as one of `system` that a limit has stopped.

    Its paths are the shortest with so few switches. Who waits for leave to switch may look stuck, and is not.
    """
    evaluator = Evaluator(system)
    findings = {
        name: replace(finding, path=_followed(evaluator, finding.path), shortest=False)
        for name, finding in exploration.findings.items()
        if name != NO_DEADLOCK
    }
    problem = None if exploration.problem is None else _followed(evaluator, exploration.problem)
    stopped = SWITCHES_SPENT if exploration.exhausted else exploration.stopped
    return replace(exploration, findings=findings, problem=problem, exhausted=False, stopped=stopped)


def _followed(evaluator: Evaluator, path: Path) -> Path:
    return follow(evaluator, evaluator.layout.initial, map(key, path.transitions))
