"""`shootdown profile`."""

from __future__ import annotations

import click

from ..options import Limits
from ..profile.profile import profile
from ..report.profile import profile_json, profile_text
from ..scenario import find_one
from ..searching import EngineError
from . import output
from .parameters import SIZE


@click.command(name="profile", short_help="Say what makes a scenario large.")
@click.argument("scenario")
@click.option("--estimate", "only_estimate", is_flag=True, help="Only guess the number of states, in a second or two.")
@click.option("--max-states", type=click.IntRange(min=1), default=1_000_000, show_default=True)
@click.option("--max-seconds", type=click.FloatRange(min=0, min_open=True), help="Stop the search after this long.")
@click.option("--max-memory", type=SIZE, metavar="SIZE", help="Stop the search at this much memory (2G, 512M).")
@click.option("--unreduced", is_flag=True, help="The system as it is: no slicing, no reset of dead locals.")
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
    unreduced: bool,
    steps: bool,
    everything: bool,
    format_: str,
) -> None:
    """Say how many states SCENARIO has, what multiplies them, and which operations and steps are taken how often.

    The factor of a variable or an agent is the number of states over the number of those that differ in something
    else: what would be saved if it were always the same.
    """
    limits = Limits(max_states=max_states, max_seconds=max_seconds, max_memory=max_memory)
    try:
        found = profile(find_one(scenario), limits, reduce=not unreduced, search=not only_estimate)
    except EngineError as error:
        raise click.ClickException(str(error)) from None
    if format_ == "json":
        click.echo(profile_json(found), nl=False)
    else:
        output.show(profile_text(found, output.width(), steps=steps, everything=everything))
