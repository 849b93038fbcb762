"""`shootdown trace`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from ..cache.memory import Memory, memory
from ..check import check_scenario
from ..options import Limits, Options
from ..record import Background
from ..registry import ENGINES
from ..report.columns import Line, Piece
from ..report.diagram import diagram
from ..scenario import Scenario, ScenarioError, find_one
from ..scenario.remedies import design_text, remedies
from ..trace.json import TraceFileError, dumps, from_json
from ..trace.trace import Trace
from ..verdict import Verdict
from . import output

NO_TRACE: Line = (Piece("no trace: nothing is violated, and nothing was to be witnessed"),)


@dataclass(frozen=True)
class Known:
    """A trace to show, what the scenario says of it, and the scenario, if it is at hand."""

    trace: Trace
    background: Background
    scenario: Scenario | None


@click.command(name="trace", short_help="Show the whole trace of a scenario or of a saved one.")
@click.argument("scenario", metavar="SCENARIO or FILE.json")
@click.option("--property", "property_", metavar="NAME", help="Only the trace of this property.")
@click.option("--engine", type=click.Choice(sorted(ENGINES)), help="Default: the fastest that works here.")
@click.option("--brief", is_flag=True, help="Leave out stretches of steps that show nothing.")
@click.option("--step", "stepping", is_flag=True, help="Step through it: forwards, backwards, off the trace.")
@click.option("--explain", "explaining", is_flag=True, help="Say of each mechanism whether it would have stopped it.")
@click.option("--no-cache", is_flag=True, help="Search also what is known already.")
@click.option("--format", "format_", type=click.Choice(["text", "json", "itf"]), default="text", show_default=True)
def command(
    scenario: str,
    property_: str | None,
    engine: str | None,
    *,
    brief: bool,
    stepping: bool,
    explaining: bool,
    no_cache: bool,
    format_: str,
) -> int:
    """Show every step of the traces of SCENARIO: of violations, of witnesses, of model errors.

    A saved trace (--format json), or a report of check --format json, is executed again before it is shown if its
    scenario is at hand.
    """
    path = Path(scenario)
    if path.suffix == ".json":
        found = _saved(path, property_)
    else:
        options = Options(engine, properties=(property_,) if property_ else None)
        found = _searched(scenario, options, memory(wanted=not no_cache))
    if stepping:
        return _stepped(found, format_)
    if explaining:
        return _explained(found, format_)
    if format_ == "json":
        click.echo("".join(dumps(each.trace) for each in found), nl=False)
        return 0
    if format_ == "itf":
        click.echo(_itf([each.trace for each in found]), nl=False)
        return 0
    lines: list[Line] = []
    for each in found:
        lines += [*diagram(each.trace, each.background, width=output.width(), full=not brief), ()]
    output.show(lines[:-1] if lines else [NO_TRACE])
    return 0


def _explained(found: Sequence[Known], format_: str) -> int:
    from ..replaying import on_whole, replayed
    from ..report.explain import explain_json, explain_text
    from ..review.explain import explain

    told = []
    for each in found:
        if each.trace.verdict is not Verdict.HOLDS:
            again = on_whole(replayed(_scenario(each), each.trace))
            prop = None if each.trace.problem else again.prop
            told.append((each.trace, explain(again.built, again.path, prop, Limits())))
    if format_ == "json":
        click.echo(explain_json(told), nl=False)
    elif format_ == "itf":
        raise click.UsageError("--explain: an ITF file holds a trace and no more")
    else:
        lines = [line for trace, effects in told for line in (*explain_text(trace, effects, output.width()), ())]
        output.show(lines[:-1] if lines else [NO_TRACE])
    return 0


def _stepped(found: Sequence[Known], format_: str) -> int:
    from ..replaying import replayed
    from .trace_step import step_through

    if format_ != "text":
        raise click.UsageError(f"--step: a trace is stepped through as text, not as {format_}")
    if len(found) > 1:
        names = ", ".join(each.trace.prop.name for each in found)
        raise click.UsageError(f"--step: {len(found)} traces, say which with --property: {names}")
    if not found:
        output.show([NO_TRACE])
        return 0
    again = replayed(_scenario(found[0]), found[0].trace)
    step_through(again, found[0].trace)
    return 0


def _scenario(known: Known) -> Scenario:
    """The scenario of a trace; raises for one that is not at hand."""
    if known.scenario is None:
        raise click.ClickException(f"{known.trace.scenario} is not at hand: only its saved trace can be shown")
    return known.scenario


def _searched(name: str, options: Options, known: Memory | None) -> list[Known]:
    scenario = find_one(name)
    checked = check_scenario(scenario, options, known)
    if checked.error:
        raise click.ClickException(checked.error)
    asked = [row for row in checked.rows if options.properties is None or row.prop in options.properties]
    found = [(row.trace, row.background) for row in asked if row.trace]
    if checked.problem is not None:
        found.append((checked.problem, checked.background))
    distinct: dict[tuple[object, ...], Known] = {}
    for trace, background in found:
        key = (trace.steps, trace.problem) if trace.problem else (trace.prop.name,)
        distinct.setdefault(key, Known(trace, background, scenario))
    return list(distinct.values())


def _itf(traces: Sequence[Trace]) -> str:
    from ..report.itf import itf_report

    if len(traces) != 1:
        names = ", ".join(trace.prop.name for trace in traces)
        hint = f"{len(traces)} traces, say which with --property: {names}" if traces else "there is no trace"
        raise click.UsageError(f"--format itf: an ITF file holds one trace; {hint}")
    return itf_report(traces[0])


def _saved(path: Path, property_: str | None) -> list[Known]:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise TraceFileError(f"{path}: not JSON: {error}") from None
    results = data.get("results") if isinstance(data, dict) else None
    if isinstance(results, list):
        objects = [(each["trace"], str(each.get("file", ""))) for each in results if _has_trace(each)]
    else:
        objects = [(data, "")]
    traces = [(from_json(each), file) for each, file in objects]
    return [_replayed(trace, file) for trace, file in traces if property_ in (None, trace.prop.name)]


def _has_trace(result: object) -> bool:
    return isinstance(result, dict) and isinstance(result.get("trace"), dict)


def _replayed(trace: Trace, file: str) -> Known:
    """The trace, made again from its scenario if that is at hand; else as it was saved, which is said."""
    from ..replaying import remake

    scenario = _at_hand(trace, file)
    if scenario is None:
        output.warn(f"{trace.scenario} is not at hand: the trace is shown as it was saved, not executed again")
        return Known(trace, Background(), None)
    again = remake(scenario, trace)
    found = remedies(scenario, trace.prop.name) if trace.verdict is Verdict.VIOLATED else ()
    return Known(again, Background(scenario.tables.title, design_text(scenario), found), scenario)


def _at_hand(trace: Trace, file: str) -> Scenario | None:
    """The scenario of a saved trace: in the file that the report names, or bundled."""
    variant = trace.scenario.rpartition("/")[2]
    for name in ((f"{file}/{variant}", file) if file else ()) + (trace.scenario,):
        try:
            return find_one(name)
        except ScenarioError:
            continue
    return None
