"""`shootdown show`."""

from __future__ import annotations

import click

from ..report.scenario import scenario_report
from ..scenario import find_one
from ..scenario.request import build
from . import output


@click.command(name="show", short_help="Show what a scenario is made of: design, agents, steps.")
@click.argument("scenario")
@click.option("--split", is_flag=True, help="Cut atomic steps before every access.")
@click.option("--mechanisms", is_flag=True, help="Every mechanism with its setting, not only what is named.")
def command(scenario: str, *, split: bool, mechanisms: bool) -> None:
    """Show SCENARIO: world, design, agents and hardware, what is expected, and every step of every agent.

    Steps stand under the calls that they belong to; "atomic" gives the reason of a step that is coarser than one
    access, "spontaneous" marks a step that may happen but need not.
    """
    chosen = find_one(scenario)
    built = build(chosen, split=split)
    output.show(scenario_report(built, width=output.width(), mechanisms=mechanisms))
