"""`shootdown simulate`."""

from __future__ import annotations

import click

from ..options import Limits
from ..report.simulation import simulation_json, simulation_text
from ..scenario import find_one
from ..simulate import simulate
from ..walks import SimulationEngine
from . import INTERRUPTED, output
from .parameters import SECONDS


@click.command(name="simulate", short_help="Take random runs of a scenario.")
@click.argument("scenario")
@click.option(
    "--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of the first run; the next one more."
)
@click.option("--runs", type=click.IntRange(min=1), default=100, show_default=True, help="At most so many runs.")
@click.option("--steps", type=click.IntRange(min=1), default=200, show_default=True, help="At most so many in a run.")
@click.option("--property", "properties", multiple=True, metavar="NAME", help="Only this property; may be repeated.")
@click.option("--max-seconds", type=SECONDS, help="Begin no run after this long.")
@click.option(
    "--shorten",
    type=click.IntRange(min=0),
    default=1_000_000,
    show_default=True,
    metavar="STATES",
    help="Look for the shortest trace among so many states; 0: show what was found.",
)
@click.option("--untaken", is_flag=True, help="List the steps that no run has taken.")
@click.option("--traces/--no-traces", default=True, help="Show the traces of what was found.")
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(
    scenario: str,
    seed: int,
    runs: int,
    steps: int,
    properties: tuple[str, ...],
    max_seconds: float | None,
    shorten: int,
    *,
    untaken: bool,
    traces: bool,
    format_: str,
) -> int:
    """Take random runs of SCENARIO, for a world that is too large to be searched.

    A run that violates something is a bug as any other, and the same seed finds it again. That no run does proves
    nothing: such a property stays unknown.

    Exit codes: 0 as expected, 1 not as expected, 2 bad input or model error, 3 undecided, 130 interrupted.
    """
    engine = SimulationEngine(seed, runs, steps)
    shortening = Limits(max_states=shorten) if shorten else None
    done = simulate(find_one(scenario), engine, Limits(max_seconds=max_seconds), properties or None, shorten=shortening)
    interrupted = done.searched.exploration.stopped == "interrupted"
    code = INTERRUPTED if interrupted else done.searched.judgement.exit_code
    if format_ == "json":
        click.echo(simulation_json(done, code), nl=False)
    else:
        output.show(simulation_text(done, output.width(), untaken=untaken, traces=traces))
    return code
