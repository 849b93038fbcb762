"""Random runs, as text and as JSON: what they took, what they found, and what they never came to."""

from __future__ import annotations

import json
from collections.abc import Iterator

from shootdown.model.ir.system import System

from ..judge import Outcome
from ..record import Background
from ..scenario.remedies import design_text, remedies
from ..simulate import Simulated
from ..trace.json import to_json
from ..trace.trace import Trace
from ..verdict import Verdict
from ..walks import STOPPED, SimulationEngine
from .columns import Line, Piece, Style, fold
from .diagram import diagram
from .table import table
from .verdicts import counted

FORMAT = "shootdown-simulation"
VERSION = 1


def simulation_text(done: Simulated, width: int, *, untaken: bool, traces: bool) -> list[Line]:
    """The report as lines at most `width` wide, where names permit."""
    lines = [part for line in _head(done) for part in fold(line, 0, width)]
    lines += table(("", "", "", ""), [_row(done, outcome) for outcome in done.outcomes])[1:]
    if untaken:
        lines += [(), *_untaken(done, width)]
    for trace in done.traces if traces else ():
        lines += [(), *diagram(trace, _background(done, trace), width=width)]
    return lines


def simulation_json(done: Simulated, code: int) -> str:
    """The report as JSON, with the exit code of the command: `docs/large-worlds.md` has its keys."""
    counts = done.searched.exploration.counts
    return _dumped(
        {
            "format": FORMAT,
            "version": VERSION,
            "scenario": done.scenario.name,
            "file": done.scenario.shown_path,
            "seed": done.engine.seed,
            "runs": done.engine.runs,
            "runs_begun": len(done.engine.begun),
            "most_steps": done.engine.steps,
            "stopped": done.searched.exploration.stopped,
            "steps": counts.transitions,
            "distinct_states": counts.states,
            "longest_run": counts.depth,
            "steps_of_the_model": len(done.steps),
            "steps_taken": len(done.taken),
            "untaken": [_step_text(done.reduced, *each) for each in done.steps if each not in done.taken],
            "exit_code": code,
            "results": [_result(done, outcome) for outcome in done.outcomes],
            "traces": [to_json(trace) for trace in done.traces],
        }
    )


def _dumped(data: object) -> str:
    return json.dumps(data, indent=1, ensure_ascii=False) + "\n"


def _result(done: Simulated, outcome: Outcome) -> dict[str, object]:
    seed, steps = done.found_by.get(outcome.name, (None, None))
    finding = done.searched.exploration.findings.get(outcome.name)
    return {
        "property": outcome.name,
        "verdict": outcome.verdict.value,
        "as_expected": outcome.as_expected,
        "seed": seed,
        "found_after": steps,
        "shortest": finding.shortest if finding else None,
    }


def _head(done: Simulated) -> Iterator[Line]:
    engine, exploration = done.engine, done.searched.exploration
    counts = exploration.counts
    runs = f"{_begun(engine)} of at most {counted(engine.steps, 'step')}, seed {engine.seed}"
    yield Piece(done.scenario.name, Style.HEAD), Piece(f"  {runs}, {exploration.seconds:.2f} s", Style.QUIET)
    share = 100 * len(done.taken) // max(len(done.steps), 1)
    taken = f"{len(done.taken)} of the {counted(len(done.steps), 'step')} of the model ({share}%)"
    yield (Piece(f"{counts.transitions:,} steps through {counts.states:,} distinct states; {taken}"),)
    if exploration.stopped not in (None, STOPPED):
        yield (Piece(f"stopped: {exploration.stopped}", Style.WARNING),)


def _begun(engine: SimulationEngine) -> str:
    """How many runs there were, of how many, if it could have been more."""
    begun = len(engine.begun)
    return counted(begun, "run") if begun == engine.runs else f"{begun} of at most {counted(engine.runs, 'run')}"


def _row(done: Simulated, outcome: Outcome) -> tuple[Piece, ...]:
    style = Style.WARNING if outcome.verdict is Verdict.VIOLATED else Style.PLAIN
    mark = Piece("ok", Style.GOOD) if outcome.as_expected else Piece("?", Style.WARNING)
    if not outcome.as_expected and outcome.verdict is not Verdict.UNKNOWN:
        mark = Piece("NOT", Style.BAD)
    verdict = Piece(outcome.verdict.value.replace("_", " "), style)
    return mark, Piece(outcome.name), verdict, Piece(_found(done, outcome), Style.QUIET)


def _found(done: Simulated, outcome: Outcome) -> str:
    name = outcome.name if outcome.name in done.found_by else ""
    if outcome.path is None or name not in done.found_by:
        return "no run decides it, which proves nothing"
    seed, steps = done.found_by[name]
    finding = done.searched.exploration.findings.get(outcome.name)
    length = len(outcome.path.transitions)
    shortest = f"the shortest has {length}" if finding is None or finding.shortest else "not known to be the shortest"
    return f"by seed {seed} after {counted(steps, 'step')}; {shortest}"


def _untaken(done: Simulated, width: int) -> Iterator[Line]:
    missed = [each for each in done.steps if each not in done.taken]
    if not missed:
        yield (Piece("every step was taken"),)
        return
    yield (Piece("never taken:", Style.HEAD),)
    for text in dict.fromkeys(_step_text(done.reduced, *each) for each in missed):
        yield from fold((Piece(text),), 2, width)


def _step_text(system: System, name: str, number: int) -> str:
    process = next(process for process in system.processes if process.name == name)
    step = process.steps[number]
    calls = " > ".join(call.operation for call in step.calls)
    return f"{calls + ': ' if calls else ''}{step.label} ({step.where})"


def _background(done: Simulated, trace: Trace) -> Background:
    prevented = remedies(done.scenario, trace.prop.name) if trace.verdict is Verdict.VIOLATED else ()
    return Background(done.scenario.tables.title, design_text(done.scenario), prevented)
