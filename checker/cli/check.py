"""`shootdown check`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import click
from click.core import ParameterSource

from ..baseline import compare, read_baseline
from ..cache.memory import memory
from ..exercise import together
from ..options import Checkpoint, Limits, Native, Options
from ..parallel import check_all
from ..record import Checked, Run
from ..reductions import ALL, REDUCTIONS
from ..registry import ENGINES
from ..report.formats import TEXT
from ..scenario import Scenario, ScenarioError, find_usable
from ..scenario.document import shown
from ..scenario.problem import ScenarioErrors, did_you_mean
from ..verdict import AS_EXPECTED, BAD_INPUT, NOT_AS_EXPECTED
from . import INTERRUPTED
from .asked import Asked
from .complaints import complain
from .outputs import NAMES, Shown, opened, targets
from .parameters import PAUSE, PERCENT, SECONDS, SIZE, SWITCHES
from .progress import Progress


@click.command(name="check", short_help="Check scenarios against what they expect.")
@click.argument("scenarios", nargs=-1, metavar="[SCENARIO or FOLDER]...")
@click.option("--engine", type=click.Choice(sorted(ENGINES)), help="Default: the fastest that works here.")
@click.option("--property", "properties", multiple=True, metavar="NAME", help="Only this property; may be repeated.")
@click.option("--max-states", type=click.IntRange(min=1), help="Stop a search at this many states.")
@click.option("--max-depth", type=click.IntRange(min=0), help="Search to this depth only.")
@click.option("--context-switches", type=SWITCHES, metavar="N", help="Search only runs with at most N of them.")
@click.option("--max-seconds", type=SECONDS, help="Stop a search after this long.")
@click.option("--max-memory", type=SIZE, metavar="SIZE", help="Stop a search at this much memory (2G, 512M).")
@click.option("--split", is_flag=True, help="Search again with atomic steps cut, and say whether verdicts change.")
@click.option("--grow", is_flag=True, help="Check each world with one more of something, too.")
@click.option(
    "--no-reduce",
    "without",
    type=click.Choice(list(REDUCTIONS)),
    multiple=True,
    metavar="NAME",
    help="Leave this reduction out (docs/search.md lists them); may be repeated.",
)
@click.option("--unreduced", is_flag=True, help="Search the system as it is, without any reduction.")
@click.option("--coverage", is_flag=True, help="List what of the model no scenario of this run exercises.")
@click.option(
    "--fail-under",
    type=PERCENT,
    metavar="PERCENT",
    help="With coverage: exit code 1 if less of the model is exercised.",
)
@click.option("--format", "format_", type=click.Choice(NAMES), default="text", show_default=True)
@click.option(
    "--output",
    "outputs",
    multiple=True,
    metavar="[FORMAT:]FILE",
    help="Write a report here ('-': standard output), of --format if no other is named; may be repeated.",
)
@click.option(
    "--baseline",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="Report what has changed since this JSON report, and fail for worse only.",
)
@click.option("--no-cache", is_flag=True, help="Search also what is known already.")
@click.option("--jobs", type=click.IntRange(min=1), help="Scenarios at a time; default: the number of cores.")
@click.option("--threads", type=click.IntRange(1, 256), help="Threads of each search; default: cores left by --jobs.")
@click.option("--fingerprint", is_flag=True, help="Tell states apart by 64 bits of each; verdicts say so.")
@click.option(
    "--spill",
    metavar="FOLDER",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="Keep states in files there, not in memory.",
)
@click.option(
    "--checkpoint",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Keep the search of a single scenario in this file, for `shootdown resume`.",
)
@click.option(
    "--checkpoint-every",
    metavar="SECONDS",
    type=PAUSE,
    default=60.0,
    show_default=True,
    help="How often.",
)
@click.option("-v", "--verbose", is_flag=True, help="A line for each verdict, also where all is as expected.")
@click.option("--traces/--no-traces", default=None, help="Default: of a single scenario, and what is not as expected.")
def command(
    scenarios: tuple[str, ...],
    engine: str | None,
    properties: tuple[str, ...],
    max_states: int | None,
    max_depth: int | None,
    context_switches: int | None,
    max_seconds: float | None,
    max_memory: int | None,
    *,
    split: bool,
    grow: bool,
    unreduced: bool,
    without: tuple[str, ...],
    coverage: bool,
    fail_under: float | None,
    format_: str,
    outputs: tuple[str, ...],
    baseline: Path | None,
    no_cache: bool,
    jobs: int | None,
    threads: int | None,
    fingerprint: bool,
    spill: Path | None,
    checkpoint: Path | None,
    checkpoint_every: float,
    verbose: bool,
    traces: bool | None,
) -> int:
    """Check scenarios against what they expect of each property.

    A SCENARIO is the name of a bundled one (shootdown list scenarios), NAME/VARIANT, or a .toml file; a FOLDER stands
    for every scenario below it. Default: all bundled scenarios.

    Exit codes: 0 as expected, 1 not as expected, 2 bad input or model error, 3 undecided (a limit), 130 interrupted.
    """
    try:
        usable, errors = find_usable(scenarios)
        if errors and not usable:
            raise ScenarioErrors(errors)
    except ScenarioError as error:
        if format_ != TEXT or outputs:
            with opened(targets(format_, outputs)) as files:
                files.write(Run(_mistaken(error), seconds=0.0), BAD_INPUT, Shown(traces, verbose))
        raise
    chosen = _with(usable, properties, all_known=not errors)
    before = read_baseline(baseline) if baseline else None
    progress = Progress(chosen)
    left_out = ALL if unreduced else frozenset(without)
    limits = Limits(max_states, max_depth, max_seconds, max_memory, progress.searching, context_switches)
    kept = None
    for flag, given in (("--fingerprint", fingerprint), ("--spill", spill), ("--checkpoint", checkpoint)):
        if given and engine not in (None, "explicit"):
            raise click.UsageError(f"{flag} is for the explicit engine, not for {engine}")
    limits = replace(limits, native=Native(threads, fingerprint=fingerprint, spill=spill))
    if checkpoint is None and _is_given("checkpoint_every"):
        raise click.UsageError("--checkpoint-every says how often the file of --checkpoint is written; name that, too")
    if checkpoint is not None:
        if errors:
            raise ScenarioErrors(errors)
        _check_kept(chosen, several=split or grow or coverage or fail_under is not None)
        kept = Checkpoint(checkpoint, Asked(chosen[0], engine, properties, left_out, limits).request, checkpoint_every)
        limits = replace(limits, native=replace(limits.native, checkpoint=kept))
    options = Options(engine, limits, properties or None, split, left_out, coverage or fail_under is not None, grow)
    with opened(targets(format_, outputs)) as files:
        with progress:
            known = memory(wanted=not no_cache and not options.coverage)
            run = check_all(chosen, options, jobs, progress.done, known, progress.note)
            if checkpoint is not None and any(each.cached for each in run.checked):
                progress.note(f"{checkpoint}: not written, as the verdicts are cached (--no-cache searches again)")
        run = replace(run, checked=(*run.checked, *(each for error in errors for each in _mistaken(error))))
        if options.coverage:
            run = replace(run, coverage=together((each.scenario, each.exercise) for each in run.checked))
        if before is not None:
            run = replace(run, comparison=compare(run, before, properties or None))
        code = _exit_code(run, fail_under)
        files.write(run, code, Shown(traces, verbose))
    complain(run)
    return code


def _is_given(parameter: str) -> bool:
    """Whether the user has given an option, be it its default."""
    return click.get_current_context().get_parameter_source(parameter) is not ParameterSource.DEFAULT


def _check_kept(chosen: Sequence[Scenario], *, several: bool) -> None:
    if len(chosen) != 1:
        raise click.UsageError("--checkpoint keeps the search of one scenario; name one")
    if several:
        raise click.UsageError("--checkpoint is of one search, and --split, --grow and --coverage take several")


def _exit_code(run: Run, fail_under: float | None) -> int:
    if run.interrupted:
        return INTERRUPTED
    if run.exit_code == AS_EXPECTED and run.coverage is not None and run.coverage.percent < (fail_under or 0):
        return NOT_AS_EXPECTED
    return run.exit_code


def _mistaken(error: ScenarioError) -> tuple[Checked, ...]:
    """Files that cannot be used, as the report of a run has them."""
    errors = error.errors if isinstance(error, ScenarioErrors) else (error,)
    files = [re.sub(r":\d+:\d+$", "", each.where) for each in errors]
    return tuple(
        Checked(Path(file).stem, shown(Path(file)), error=str(each), exit_code=BAD_INPUT)
        for file, each in zip(files, errors, strict=True)
    )


def _with(scenarios: Sequence[Scenario], properties: Sequence[str], *, all_known: bool) -> Sequence[Scenario]:
    """Of several scenarios those that expect something of the properties asked for.

    `all_known`: there are no more, so that a property of which none expects anything is a mistake.
    """
    if not properties or len(scenarios) == 1:
        return scenarios
    known = {name for scenario in scenarios for name in scenario.tables.expect}
    for name in properties:
        if all_known and name not in known:
            hint = did_you_mean(name, known)
            raise click.UsageError(f"--property: none of these scenarios expects anything of '{name}'{hint}")
    return [scenario for scenario in scenarios if any(name in scenario.tables.expect for name in properties)]
