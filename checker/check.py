"""One scenario from its file to its verdicts: system, search, judgement, traces."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from shootdown.model.language.errors import ModelErrors

from .cache.memory import Memory
from .cutting import reasons_broken
from .exercise import Exercise
from .grow import with_growth
from .judge import Outcome, worst
from .options import Options
from .record import Background, Checked, Row
from .scenario import Scenario, ScenarioError
from .scenario.lines import expectation_lines
from .scenario.problem import did_you_mean
from .scenario.remedies import design_text, remedies
from .scenario.request import Built, build
from .searching import EngineError, Searched, search
from .trace.trace import Trace
from .unasked import holds_always, unasked
from .vacuity import nothing_at_stake, started, vacuous
from .verdict import BAD_INPUT, NOT_AS_EXPECTED, UNDECIDED, Expectation, Verdict


def check_scenario(scenario: Scenario, options: Options, memory: Memory | None = None) -> Checked:
    """Verdicts on one scenario, from `memory` if it has them; what is wrong with its files becomes its `error`."""
    known = memory.recall(scenario, options) if memory else None
    if known is not None:
        return known
    checked = _made(scenario, options)
    if memory is not None:
        memory.keep(scenario, options, checked)
    return checked


def _made(scenario: Scenario, options: Options) -> Checked:
    try:
        checked = _checked(scenario, options)
    except (ScenarioError, ModelErrors, EngineError) as error:
        return Checked(scenario.name, scenario.shown_path, scenario.tables.title, error=str(error), exit_code=BAD_INPUT)
    return with_growth(scenario, options, checked) if options.grow else checked


def expectations(scenario: Scenario, properties: Sequence[str] | None) -> dict[str, Expectation]:
    """What the scenario expects, of the properties asked for."""
    return {
        name: Expectation(Verdict(table.verdict), table.agent, table.step, table.depth)
        for name, table in scenario.tables.expect.items()
        if properties is None or name in properties
    }


def _checked(scenario: Scenario, options: Options) -> Checked:
    wanted = _wanted(scenario, options)
    built = build(scenario, properties=wanted, reached=options.reached)
    expected = expectations(scenario, wanted)
    _check_names(scenario, built, expected)
    searched = _search(built, expected, options)
    second = None
    if options.split:
        cut = build(scenario, properties=wanted, split=True, reached=options.reached)
        second = _search(cut, expected, replace(options, limits=options.limits.unkept))
    never_asked = unasked(searched, options)
    rows = _placed(
        scenario, [_row(scenario, searched, outcome, second, never_asked) for outcome in searched.judgement.outcomes]
    )
    skipped = ""
    if searched.too_large:
        rows = tuple(row for row in rows if row.verdict is not Verdict.UNKNOWN)
        most = options.limits.modest
        skipped = f"more than {most:,} states, too large for the interpreter (--max-states goes further)"
    exploration = searched.exploration
    problem = searched.problem_trace()
    return Checked(
        scenario=scenario.name,
        file=scenario.shown_path,
        title=scenario.tables.title,
        source=tuple(scenario.tables.source),
        rows=rows,
        counts=exploration.counts if exploration.counted else None,
        seconds=exploration.seconds,
        engine=exploration.engine,
        stopped=exploration.stopped,
        exit_code=_exit_code(searched, rows, problem, skipped),
        problem=problem,
        skipped=skipped,
        story=scenario.story,
        started=started(searched.system, exploration),
        background=Background(scenario.tables.title, design_text(scenario)),
        notices=searched.notices,
        exercise=_exercised(built, rows, options),
        exhausted=exploration.exhausted,
    )


def _exercised(built: Built, rows: Sequence[Row], options: Options) -> Exercise | None:
    if not options.coverage:
        return None
    from .coverage import exercised
    from .explicit.build import NoCompiler
    from .explicit.specialise import Unsupported

    try:
        return exercised(built, rows, options.limits.unkept)
    except (NoCompiler, Unsupported) as reason:
        raise EngineError(f"coverage needs the native engine, which cannot run here: {reason}") from None


def _exit_code(searched: Searched, rows: tuple[Row, ...], problem: Trace | None, skipped: str) -> int:
    codes = [row.exit_code for row in rows]
    if problem is not None:
        codes.append(BAD_INPUT)
    return worst(codes) if codes or skipped else searched.judgement.exit_code


def _search(built: Built, expected: Mapping[str, Expectation], options: Options) -> Searched:
    return search(built.system, expected, options.limits, options.engine, options.without, built.facts)


def _wanted(scenario: Scenario, options: Options) -> tuple[str, ...] | None:
    """Of the properties asked for those that the scenario expects something of; all of them if there is none."""
    if options.properties is None:
        return None
    return tuple(name for name in options.properties if name in scenario.tables.expect) or options.properties


def _row(
    scenario: Scenario, searched: Searched, outcome: Outcome, second: Searched | None, never_asked: Collection[str]
) -> Row:
    trace = searched.trace(outcome)
    row = Row(
        prop=outcome.name,
        kind=outcome.prop.kind,
        meaning=outcome.prop.meaning,
        verdict=outcome.verdict,
        evidence=outcome.evidence,
        depth=outcome.depth,
        expected=outcome.expected,
        exit_code=outcome.exit_code,
        remark=outcome.remark,
        trace=trace,
        background=_background(scenario, outcome),
        proof=outcome.proof,
    )
    if holds_always(outcome):
        reason = nothing_at_stake(searched.system, searched.exploration, outcome.prop, never_asked)
        row = vacuous(row, reason) if reason else row
    return row if second is None else _compared(row, second)


def _placed(scenario: Scenario, rows: Sequence[Row]) -> tuple[Row, ...]:
    """The rows, each with the line of the scenario's file that says what is expected."""
    text = scenario.path.read_text(encoding="utf-8-sig")
    position = scenario.position if scenario.variant else None
    lines = expectation_lines(text, position, [row.prop for row in rows])
    return tuple(replace(row, line=lines[row.prop]) for row in rows)


def _background(scenario: Scenario, outcome: Outcome) -> Background:
    found = remedies(scenario, outcome.name) if outcome.verdict is Verdict.VIOLATED else ()
    return Background(scenario.tables.title, design_text(scenario), found)


def _compared(row: Row, second: Searched) -> Row:
    """The row with the verdict of the search with atomic steps cut; where it differs, its trace is the one shown."""
    other = next((each for each in second.judgement.outcomes if each.name == row.prop), None)
    if other is None or other.verdict is row.verdict:
        return replace(row, split=row.verdict if other else None)
    remark = f"{row.verdict.value} as written, {other.verdict.value} with atomic steps cut"
    broken = reasons_broken(second.system, other.path) if other.path is not None else ()
    if broken:
        remark += f": others act inside what is atomic because {' and because '.join(map(repr, broken))}"
    code = worst([row.exit_code, UNDECIDED if other.verdict is Verdict.UNKNOWN else NOT_AS_EXPECTED])
    return replace(row, split=other.verdict, remark=remark, exit_code=code, trace=row.trace or second.trace(other))


def _check_names(scenario: Scenario, built: Built, expected: Mapping[str, Expectation]) -> None:
    """Refuse an expectation of an agent or a step that the system lacks; it would never be met."""
    agents = [agent.name for agent in built.system.agents]
    steps = {step.label for process in built.system.processes for step in process.steps}
    for name, wish in expected.items():
        if wish.step is not None and wish.step not in steps:
            if built.facts is not None:
                _check_names(scenario, build(scenario, properties=built.request.properties), expected)
                return
            raise scenario.error(f"expect.{name}.step", f"no step '{wish.step}'{did_you_mean(wish.step, steps)}")
        if wish.agent is not None and wish.agent not in agents:
            hint = did_you_mean(wish.agent, agents)
            raise scenario.error(f"expect.{name}.agent", f"no agent '{wish.agent}'{hint}")
