"""`shootdown export`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from shootdown.model.ir.system import PropertyKind, System

from ..analysis.select import select_properties
from ..exporters import EXPORTERS, Part
from ..scenario import find_one
from ..scenario.problem import did_you_mean
from ..scenario.request import build


@click.command(name="export", short_help="Write a scenario's system for another model checker.")
@click.argument("scenario")
@click.option("--to", "language", type=click.Choice(sorted(EXPORTERS)), required=True, help="The language.")
@click.option("--property", "names", multiple=True, metavar="NAME", help="Only this property; may be repeated.")
@click.option("--no-properties", is_flag=True, help="Only the steps, for a count of states.")
@click.option("--split", is_flag=True, help="Cut atomic steps before every access.")
@click.option("--reached", is_flag=True, help="Only steps that a run may come to: the same states, less text.")
@click.option("--output", type=click.Path(path_type=Path), metavar="FILE", help="Write the text here.")
def command(
    scenario: str,
    language: str,
    names: tuple[str, ...],
    *,
    no_properties: bool,
    split: bool,
    reached: bool,
    output: Path | None,
) -> None:
    """Write the unreduced system of SCENARIO in the language of another model checker.

    rumur and CMurphi read murphi, SPIN promela, TLC tla. They find the same states, and the same verdicts. Whether an
    agent is stuck (no_deadlock) is left out: none of them has this notion.
    """
    system = _selected(build(find_one(scenario), split=split, reached=reached).system, names, none=no_properties)
    text = EXPORTERS[language](system, Part(reached))
    if output is None:
        click.echo(text, nl=False)
    else:
        output.write_text(text, encoding="utf-8")


def _selected(system: System, names: tuple[str, ...], *, none: bool) -> System:
    if none:
        return replace(system, properties=())
    known = [prop.name for prop in system.properties]
    for name in names:
        if name not in known:
            raise click.UsageError(f"no property '{name}' in this scenario's model{did_you_mean(name, known)}")
    if names:
        return select_properties(system, names)
    return replace(
        system, properties=tuple(prop for prop in system.properties if prop.kind is not PropertyKind.NO_DEADLOCK)
    )
