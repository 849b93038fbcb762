"""`shootdown profile`."""

from __future__ import annotations

import sys

import click

from ..analysis.pipeline import PASSES
from ..options import Limits
from ..profile.estimate import Estimate
from ..profile.profile import profile
from ..reductions import OF_PASSES
from ..report.profile import guess_text, profile_json, profile_text
from ..scenario import find_one
from ..searching import EngineError
from ..verdict import AS_EXPECTED
from . import INTERRUPTED, output
from .parameters import SECONDS, SIZE
from .progress import Progress


@click.command(name="profile", short_help="Say what makes a scenario large.")
@click.argument("scenario")
@click.option("--estimate", "only_estimate", is_flag=True, help="Only guess the number of states.")
@click.option("--max-states", type=click.IntRange(min=1), default=1_000_000, show_default=True)
@click.option("--max-seconds", type=SECONDS, help="Stop guess and search after this long.")
@click.option("--max-memory", type=SIZE, metavar="SIZE", help="Stop the search at this much memory (2G, 512M).")
@click.option(
    "--no-reduce",
    "without",
    type=click.Choice([each.name for each in PASSES]),
    multiple=True,
    metavar="NAME",
    help="Leave this pass out (docs/search.md lists them); may be repeated.",
)
@click.option("--unreduced", is_flag=True, help="The system as it is, without any pass.")
@click.option("--steps", is_flag=True, help="Single steps instead of operations.")
@click.option("--all", "everything", is_flag=True, help="Every variable, operation and step.")
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(
    scenario: str,
    max_states: int,
    max_seconds: float | None,
    max_memory: int | None,
    *,
    only_estimate: bool,
    without: tuple[str, ...],
    unreduced: bool,
    steps: bool,
    everything: bool,
    format_: str,
) -> int:
    """Say how many states SCENARIO has, what multiplies them, and which operations and steps are taken how often.

    The factor of a variable or an agent is the number of states over the number of those that differ in something
    else: what would be saved if it were always the same.

    Exit codes: 0 profiled, 2 bad input, 130 interrupted.
    """
    chosen = find_one(scenario)
    left_out = OF_PASSES if unreduced else without

    def tell(guess: Estimate) -> None:
        if format_ == "text" and not guess.exact:
            output.show(guess_text(guess, output.width()))
            sys.stdout.flush()

    try:
        with Progress([chosen]) as progress:
            limits = Limits(max_states, None, max_seconds, max_memory, progress.searching)
            found = profile(chosen, limits, without=left_out, search=not only_estimate, tell=tell)
    except EngineError as error:
        raise click.ClickException(str(error)) from None
    if format_ == "json":
        click.echo(profile_json(found), nl=False)
    else:
        output.show(profile_text(found, output.width(), steps=steps, everything=everything))
    return INTERRUPTED if found.interrupted else AS_EXPECTED
