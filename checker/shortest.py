"""Shortest paths for what was found on a longer way, by a second search that is bounded by the length of that way."""

from __future__ import annotations

from dataclasses import replace

from shootdown.model.ir.evaluate import Evaluator
from shootdown.model.ir.system import System

from .analysis.select import select_properties
from .options import Limits
from .registry import engine
from .result import NO_DEADLOCK, Exploration, Finding, Path
from .trace.replay import follow, key


def with_shortest_paths(system: System, exploration: Exploration, limits: Limits) -> Exploration:
    """The exploration with canonical paths.

    Where a limit of the second search, or the lack of a compiler, stops it, the path stays as it was found, and
    `Finding.shortest` says that it is not known to be shortest. An interrupt leaves all that is not shortened yet, and
    is then what has stopped the exploration.
    """
    findings: dict[str, Finding] = {}
    problem, stopped = exploration.problem, exploration.stopped
    try:
        if problem is not None:
            again = _searched(system, len(problem.transitions), limits)
            if again is not None and again.problem is not None:
                return replace(exploration, findings=again.findings, problem=again.problem)
            findings |= again.findings if again is not None else {}
        for name, finding in exploration.findings.items():
            if name in findings:
                continue
            found, before = _canonical(system, finding, limits)
            problem = _shorter(problem, before)
            if found is not None:
                findings[name] = found
    except KeyboardInterrupt:
        stopped = "interrupted"
        left = {name: replace(each, shortest=False) for name, each in exploration.findings.items()}
        findings = left | findings
    return replace(exploration, findings=findings, problem=problem, stopped=stopped)


def _shorter(one: Path | None, other: Path | None) -> Path | None:
    """The shorter of two paths, the first if they are of one length; one may be missing."""
    return min(
        (path for path in (one, other) if path is not None), key=lambda path: len(path.transitions), default=None
    )


def _canonical(system: System, finding: Finding, limits: Limits) -> tuple[Finding | None, Path | None]:
    """The finding with its canonical path, and a problem that no deeper level shows; it may come before the finding."""
    # One more, because a state says that it is an end only when it is expanded.
    depth = len(finding.path.transitions) + 1
    again = _searched(_asked_alone(system, finding.name), depth, limits)
    if again is None:
        return replace(finding, shortest=False), None
    problem = None if again.problem is None else _taken_again(system, again.problem)
    found = again.findings.get(finding.name)
    if found is None:
        return (replace(finding, shortest=False) if problem is None else None), problem
    return replace(found, path=_taken_again(system, found.path)), problem


def _taken_again(system: System, path: Path) -> Path:
    """The path with transitions that tell of the assertions of all properties."""
    return follow(Evaluator(system), path.initial, map(key, path.transitions))


def _asked_alone(system: System, name: str) -> System:
    return system if name == NO_DEADLOCK else select_properties(system, (name,))


def _searched(system: System, depth: int, limits: Limits) -> Exploration | None:
    """The search to this depth, None without a compiler; one that is interrupted raises `KeyboardInterrupt`."""
    from .explicit.build import NoCompiler
    from .explicit.specialise import Unsupported

    try:
        found = engine().explore(system, replace(limits, max_depth=depth))
    except (NoCompiler, Unsupported):
        return None
    if found.stopped == "interrupted":
        raise KeyboardInterrupt
    return found
