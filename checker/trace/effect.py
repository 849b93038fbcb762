"""What a run becomes under another design: where it first comes out differently, and whether it still goes wrong."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from shootdown.model.ir.evaluate import Evaluator
from shootdown.model.ir.layout import State
from shootdown.model.ir.stmt import Wait
from shootdown.model.ir.system import Property, System

from ..result import Path
from .excerpt import Excerpts
from .replay import key
from .rerun import obstacles
from .state_text import Describer
from .twin import Retaken, goes_wrong, retake

MOST_CELLS = 3


class Fate(Enum):
    """What becomes of a run."""

    STOPPED = "stopped"
    SPARED = "spared"
    DIVERTED = "diverted"
    SAME = "same"
    UNREAD = "unread"

    @property
    def stops(self) -> bool:
        """Whether the run does not go wrong any more."""
        return self in (Fate.STOPPED, Fate.SPARED)


FATES = {
    Fate.STOPPED: "a step of the run is not possible",
    Fate.SPARED: "all steps are possible, and nothing is violated in the end",
    Fate.DIVERTED: "the run comes out differently, and still goes wrong",
    Fate.SAME: "the run reads the mechanism, and stays the same",
    Fate.UNREAD: "no step of the run reads the mechanism",
}


@dataclass(frozen=True, slots=True)
class Effect:
    """What becomes of a run, and how.

    `step` is the number of the first step that comes out differently or is not possible (0: the initial state differs;
    None: none does), `lost` that of the first one that is not possible; `how` says what is different there.
    """

    fate: Fate
    step: int | None = None
    lost: int | None = None
    how: str = ""


def effect(run: Path, system: System, other: System, prop: Property | None, names: frozenset[str]) -> Effect:
    """What becomes of a run of `system` in `other`, in which mechanisms of these names differ.

    `prop` is the property that the run violates; None if it ends in a problem.
    """
    twin = retake(other, [key(transition) for transition in run.transitions])
    step = _parting(run, twin)
    lost = len(twin.path.transitions) + 1 if twin.missing else None
    if lost is not None:
        fate = Fate.STOPPED
    elif not goes_wrong(other, twin.path, prop):
        fate = Fate.SPARED
    elif step is not None:
        fate = Fate.DIVERTED
    else:
        fate = Fate.SAME if names & twin.reads.keys() else Fate.UNREAD
    return Effect(fate, step, lost, "" if step is None else _how(system, other, run, twin, step))


def _parting(run: Path, twin: Retaken) -> int | None:
    """The number of the first step that comes out differently or is not possible."""
    if run.initial != twin.path.initial:
        return 0
    for number, (mine, theirs) in enumerate(zip(run.transitions, twin.path.transitions, strict=False), 1):
        if (mine.target, mine.violated, mine.problem) != (theirs.target, theirs.violated, theirs.problem):
            return number
    return len(twin.path.transitions) + 1 if twin.missing else None


def _how(system: System, other: System, run: Path, twin: Retaken, step: int) -> str:
    describer = Describer(system)
    if step == 0:
        return f"the setup leaves {_cells(describer, run.initial, twin.path.initial)}"
    agent = run.transitions[step - 1].agent
    if step > len(twin.path.transitions):
        return _obstacle(other, twin.path.states[-1], run, step)
    mine, theirs = run.transitions[step - 1], twin.path.transitions[step - 1]
    if theirs.problem is not None:
        return f"{theirs.problem.failure.value}: {theirs.problem.message}"
    if mine.target is None or theirs.target is None:
        return "it does not go wrong here"
    offset = describer.layout.points[agent]
    if mine.target[offset] != theirs.target[offset]:
        ahead, before = (_ahead(each, state, agent) for each, state in ((other, theirs.target), (system, mine.target)))
        return f"goes on with {ahead}" if ahead == before else f"goes on with {ahead}, not with {before}"
    if mine.target != theirs.target:
        return _cells(describer, mine.target, theirs.target) or "its locals differ"
    return f"violates {', '.join(theirs.violated) or 'nothing'}"


def _ahead(system: System, state: State, agent: int) -> str:
    """The steps that start where an agent stands."""
    evaluator = Evaluator(system)
    process = system.process(system.agents[agent])
    labels = dict.fromkeys(process.steps[step].label for step in evaluator.steps_at(state, agent))
    return " or ".join(labels) or "nothing more"


def _cells(describer: Describer, mine: State, theirs: State) -> str:
    changes = describer.changes(mine, theirs)
    told = [f"{change.cell.name} = {change.cell.text}, not {change.old}" for change in changes if not change.cell.ghost]
    told = told or [f"{change.cell.name} = {change.cell.text}, not {change.old}" for change in changes]
    return "; ".join(told[:MOST_CELLS]) + ("; ..." if len(told) > MOST_CELLS else "")


def _obstacle(other: System, state: State, run: Path, step: int) -> str:
    """What the step waits for that is not possible, though its agent stands in front of it."""
    wanted = run.transitions[step - 1]
    process = other.process(other.agents[wanted.agent])
    found = obstacles(Evaluator(other), state, wanted.agent, process.steps[wanted.step].block)
    return "; ".join(dict.fromkeys(_guards(found))) or "its choices are not possible"


def _guards(found: Sequence[tuple[object, object]]) -> Iterator[str]:
    excerpts = Excerpts()
    for guard, _ in found:
        if isinstance(guard, Wait):
            yield f"waits for {excerpts.text(guard.cond, guard.where)}"
        else:
            yield "there is nothing to choose"
