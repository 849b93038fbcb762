"""Verdicts, their evidence, and the exit codes that follow: one table for every report."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from shootdown.model.ir.source import NOWHERE, Span


class Verdict(Enum):
    """What is known about one property of one scenario."""

    VIOLATED = "violated"
    HOLDS = "holds"
    PROVED = "proved"
    VACUOUS = "vacuous"
    UNKNOWN = "unknown"
    MODEL_ERROR = "model_error"
    WORLD_TOO_SMALL = "world_too_small"


class Evidence(Enum):
    """What a verdict rests on."""

    TRACE = "trace"
    EXHAUSTIVE = "exhaustive"
    FINGERPRINT = "fingerprint"
    BOUNDED = "bounded"
    SWITCHES = "switches"
    INDUCTION = "induction"


@dataclass(frozen=True, slots=True)
class Expectation:
    """What a scenario expects of a property; agent, step (its label) and depth, where given, are those of the last
    step of the trace."""

    verdict: Verdict
    agent: str | None = None
    step: str | None = None
    depth: int | None = None


@dataclass(frozen=True, slots=True)
class Meaning:
    """One row of the table: what the verdict says, and the exit code if it is not the expected one."""

    says: str
    exit_code: int


MEANINGS: dict[Verdict, Meaning] = {
    Verdict.VIOLATED: Meaning("a trace shows the property false; for sometimes: no state shows it true", 1),
    Verdict.HOLDS: Meaning("no trace of this world violates it", 1),
    Verdict.PROVED: Meaning("it follows by induction: no run of this world, of whatever length, violates it", 1),
    Verdict.VACUOUS: Meaning("it holds, and nothing was at stake", 1),
    Verdict.UNKNOWN: Meaning("a limit stopped the search", 3),
    Verdict.MODEL_ERROR: Meaning("the model itself goes wrong: see the trace", 2),
    Verdict.WORLD_TOO_SMALL: Meaning("the world ran out of something: see the trace", 2),
}

AS_EXPECTED = 0
NOT_AS_EXPECTED = 1
BAD_INPUT = 2
UNDECIDED = 3


def problem_remark(verdict: Verdict, message: str, where: Span) -> str:
    """What goes wrong in a model error or a world too small, where, and what to do about it."""
    remedy = "; give [world] more, or the agents less to do" if verdict is Verdict.WORLD_TOO_SMALL else ""
    return f"{message}{'' if where == NOWHERE else f' ({where})'}{remedy}"


def meets(verdict: Verdict, expected: Verdict) -> bool:
    """Whether a verdict is the expected one; what is proved holds."""
    return verdict is expected or (verdict is Verdict.PROVED and expected is Verdict.HOLDS)
