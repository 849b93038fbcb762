"""Why the steps were atomic that a run takes apart."""

from __future__ import annotations

from shootdown.model.ir.system import Step, System

from .result import Path


def reasons_broken(system: System, path: Path) -> tuple[str, ...]:
    """The reasons of the atomic steps inside which somebody else acts, in their order; `system` has them cut."""
    broken: dict[str, None] = {}
    reasons: dict[int, str | None] = {}
    last: int | None = None
    for transition in path.transitions:
        agent = transition.agent
        step = system.process(system.agents[agent]).steps[transition.step]
        if not _goes_on(step):
            reasons[agent] = step.atomic
        elif reason := step.atomic or reasons.get(agent):
            if last != agent:
                broken[reason] = None
            reasons[agent] = reason
        last = agent
    return tuple(broken)


def _goes_on(step: Step) -> bool:
    """Whether a step is the rest of one that was cut; its label then names the line."""
    return step.label.endswith(f" line {step.where.line}")
