"""From what a search found to verdicts, evidence and exit codes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from shootdown.model.ir.expr import TRUE
from shootdown.model.ir.stmt import Failure
from shootdown.model.ir.system import Property, PropertyKind, System

from .options import SWITCHES_SPENT, Limits
from .result import NO_DEADLOCK, Exploration, Path, Proof
from .verdict import (
    AS_EXPECTED,
    BAD_INPUT,
    MEANINGS,
    NOT_AS_EXPECTED,
    UNDECIDED,
    Evidence,
    Expectation,
    Verdict,
    meets,
    problem_remark,
)

STUCK_MEANING = "No agent waits inside an operation for something that nobody will do."
_EXPECT_HOLDS = Expectation(Verdict.HOLDS)
_WORST_FIRST = (BAD_INPUT, NOT_AS_EXPECTED, UNDECIDED, AS_EXPECTED)
_PROBLEMS = {Failure.MODEL_ERROR: Verdict.MODEL_ERROR, Failure.WORLD_TOO_SMALL: Verdict.WORLD_TOO_SMALL}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is known of one property, and whether that was expected.

    `depth` is the length of `path`, or the bound (depth or context switches) to which a bounded verdict holds. `path`
    ends where the property was decided (violated, or witnessed for `sometimes`), or in the problem. `remark` says what
    differs from the expectation or what kept the search from deciding; empty if there is nothing to say.
    """

    prop: Property
    verdict: Verdict
    evidence: Evidence | None
    depth: int | None
    path: Path | None
    expected: Expectation
    exit_code: int
    remark: str = ""
    proof: Proof | None = None

    @property
    def name(self) -> str:
        """The property's name."""
        return self.prop.name

    @property
    def as_expected(self) -> bool:
        """Whether the verdict is the expected one, and rests on as much as was asked for."""
        return self.exit_code == AS_EXPECTED


@dataclass(frozen=True, slots=True)
class Judgement:
    """The outcomes of one search in the order of the system's properties, and the exit code of them all."""

    outcomes: tuple[Outcome, ...]
    exit_code: int


@dataclass(frozen=True, slots=True)
class _Finding:
    verdict: Verdict
    evidence: Evidence | None = None
    depth: int | None = None
    path: Path | None = None
    remark: str = ""
    proof: Proof | None = None


def judge(
    system: System, exploration: Exploration, expectations: Mapping[str, Expectation], limits: Limits
) -> Judgement:
    """The verdicts on every property of the system.

    A property without an expectation is expected to hold. `no_deadlock` is judged also if the system does not list
    it, when it was decided or is expected. A problem that no expectation names is bad input, whatever else was
    decided.
    """
    outcomes = tuple(
        _outcome(system, prop, _finding(prop, exploration, limits), expectations.get(prop.name, _EXPECT_HOLDS))
        for prop in _judged(system, exploration, expectations)
    )
    codes = [outcome.exit_code for outcome in outcomes]
    if exploration.problem is not None:
        problem = _problem(exploration.problem)
        named = any(outcome.expected.verdict is outcome.verdict is problem.verdict for outcome in outcomes)
        codes += [] if named else [BAD_INPUT]
    elif not outcomes and exploration.stopped is not None:
        codes.append(UNDECIDED)
    return Judgement(outcomes, worst(codes))


def worst(codes: Iterable[int]) -> int:
    """The exit code of several checks: bad input, then not as expected, then undecided, then as expected."""
    return min(codes, key=_WORST_FIRST.index, default=AS_EXPECTED)


def _judged(system: System, exploration: Exploration, expectations: Mapping[str, Expectation]) -> tuple[Property, ...]:
    listed = any(prop.name == NO_DEADLOCK for prop in system.properties)
    decided = exploration.exhausted or NO_DEADLOCK in exploration.findings
    if listed or not (decided or NO_DEADLOCK in expectations):
        return system.properties
    return (*system.properties, Property(NO_DEADLOCK, PropertyKind.NO_DEADLOCK, TRUE, STUCK_MEANING))


def _finding(prop: Property, exploration: Exploration, limits: Limits) -> _Finding:
    finding = exploration.findings.get(prop.name)
    if finding is not None:
        verdict = Verdict.HOLDS if prop.kind is PropertyKind.SOMETIMES else Verdict.VIOLATED
        remark = "" if finding.shortest else "the trace is not known to be the shortest"
        return _Finding(verdict, Evidence.TRACE, len(finding.path.transitions), finding.path, remark)
    if exploration.problem is not None:
        return _problem(exploration.problem)
    if prop.name in exploration.proofs:
        return _Finding(Verdict.PROVED, Evidence.INDUCTION, proof=exploration.proofs[prop.name])
    if exploration.exhausted:
        verdict = Verdict.VIOLATED if prop.kind is PropertyKind.SOMETIMES else Verdict.HOLDS
        if exploration.collision is not None:
            return _Finding(verdict, Evidence.FINGERPRINT, remark=_prints(exploration.collision))
        return _Finding(verdict, Evidence.EXHAUSTIVE)
    if prop.name in exploration.undecidable:
        return _Finding(Verdict.UNKNOWN, remark=exploration.undecidable[prop.name])
    switches = _switches(prop, exploration, limits)
    if switches is not None:
        remark = f"not searched with more than {switches} context switch{'' if switches == 1 else 'es'}"
        return _Finding(Verdict.HOLDS, Evidence.SWITCHES, switches, remark=remark)
    bound = _bound(prop, exploration, limits)
    if bound is not None:
        prints = "" if exploration.collision is None else f"; {_prints(exploration.collision)}"
        return _Finding(Verdict.HOLDS, Evidence.BOUNDED, bound, remark=f"not searched beyond depth {bound}{prints}")
    if exploration.stopped is None:
        return _Finding(Verdict.UNKNOWN, remark="the search ended when every listed property was decided")
    return _Finding(Verdict.UNKNOWN, remark=f"stopped by {exploration.stopped}")


def _prints(collision: float) -> str:
    """What a verdict by fingerprints leaves open."""
    return f"64-bit fingerprints: a state was missed with probability {collision:.1g} at most"


def _bound(prop: Property, exploration: Exploration, limits: Limits) -> int | None:
    """The depth to which a property that a limit left undecided is known to hold; None if to none."""
    depth = limits.max_depth if exploration.stopped == "max_depth" and exploration.bound is None else exploration.bound
    # Of runs with few context switches only, nothing is known to a depth.
    if depth is None or limits.context_switches is not None:
        return None
    match prop.kind:
        case PropertyKind.ALWAYS | PropertyKind.ASSERTION:
            return depth
        case PropertyKind.AT_END:
            return depth - 1 if depth else None
        case PropertyKind.SOMETIMES | PropertyKind.NO_DEADLOCK:
            return None


def _switches(prop: Property, exploration: Exploration, limits: Limits) -> int | None:
    """The context switches with which a property that is not decided is known to hold; None: it is not with any."""
    undecidable = prop.kind in (PropertyKind.SOMETIMES, PropertyKind.NO_DEADLOCK)
    return limits.context_switches if exploration.stopped == SWITCHES_SPENT and not undecidable else None


def _problem(path: Path) -> _Finding:
    problem = path.transitions[-1].problem
    assert problem is not None
    verdict = _PROBLEMS[problem.failure]
    remark = problem_remark(verdict, problem.message, problem.where)
    return _Finding(verdict, Evidence.TRACE, len(path.transitions), path, remark)


def _outcome(system: System, prop: Property, finding: _Finding, expected: Expectation) -> Outcome:
    code, remark = _exit_code(system, finding, expected)
    return Outcome(
        prop,
        finding.verdict,
        finding.evidence,
        finding.depth,
        finding.path,
        expected,
        code,
        remark or finding.remark,
        finding.proof,
    )


def _exit_code(system: System, finding: _Finding, expected: Expectation) -> tuple[int, str]:
    """The exit code of one outcome, and what differs from the expectation."""
    if finding.verdict is Verdict.UNKNOWN or finding.evidence in (Evidence.BOUNDED, Evidence.SWITCHES):
        return UNDECIDED, ""
    if not meets(finding.verdict, expected.verdict):
        return MEANINGS[finding.verdict].exit_code, finding.remark or f"expected {expected.verdict.value}"
    differences = _differences(system, finding, expected)
    return (NOT_AS_EXPECTED, "; ".join(differences)) if differences else (AS_EXPECTED, "")


def _differences(system: System, finding: _Finding, expected: Expectation) -> list[str]:
    """Where the end of the trace is not where the scenario expects it."""
    agent = step = None
    if finding.path is not None and finding.path.transitions:
        last = finding.path.transitions[-1]
        agent = system.agents[last.agent].name
        step = system.process(system.agents[last.agent]).steps[last.step].label
    rows = (
        ("by agent", expected.agent, agent),
        ("at step", expected.step, step),
        ("at depth", expected.depth, finding.depth),
    )
    return [
        f"expected {what} {wish}, " + ("but there is no step" if fact is None else f"not {fact}")
        for what, wish, fact in rows
        if wish is not None and wish != fact
    ]
