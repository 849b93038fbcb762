"""`shootdown export`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from shootdown.model.ir.source import Span
from shootdown.model.ir.system import Property, PropertyKind, System

from ..exporters import EXPORTERS, Part
from ..scenario import Scenario, find_one
from ..scenario.lines import expectation_lines
from ..scenario.problem import did_you_mean
from ..scenario.request import build
from . import output
from .outputs import STDOUT


@click.command(name="export", short_help="Write a scenario's system for another model checker.")
@click.argument("scenario")
@click.option("--to", "language", type=click.Choice(sorted(EXPORTERS)), required=True, help="The language.")
@click.option("--property", "names", multiple=True, metavar="NAME", help="Only this property; may be repeated.")
@click.option("--no-properties", is_flag=True, help="Only the steps, for a count of states.")
@click.option("--split", is_flag=True, help="Cut atomic steps before every access.")
@click.option("--reached", is_flag=True, help="Only steps that a run may come to: the same states, less text.")
@click.option("--output", "file", default=STDOUT, metavar="FILE", help="Write the text here ('-': standard output).")
def command(
    scenario: str,
    language: str,
    names: tuple[str, ...],
    *,
    no_properties: bool,
    split: bool,
    reached: bool,
    file: str,
) -> None:
    """Write the unreduced system of SCENARIO in the language of another model checker.

    rumur and CMurphi read murphi, SPIN promela, TLC tla. They find the same states, and the same verdicts. Whether an
    agent is stuck (no_deadlock) is left out, and the text says so: none of them has this notion.
    """
    if names and no_properties:
        raise click.UsageError("--no-properties leaves out what --property asks for: give one of them")
    found = find_one(scenario)
    system = _placed(found, build(found, split=split, reached=reached).system)
    chosen = () if no_properties else _chosen(system, names)
    left_out = () if names or no_properties else tuple(each.name for each in system.properties if each not in chosen)
    text = EXPORTERS[language](replace(system, properties=chosen), Part(reached, left_out))
    if file == STDOUT:
        click.echo(text, nl=False)
    else:
        with Path(file).open("w", encoding="utf-8") as opened:
            output.write(text, opened)


def _placed(scenario: Scenario, system: System) -> System:
    """The system with `no_deadlock`, which no model declares, at the place where the scenario lists it."""
    text = scenario.path.read_text(encoding="utf-8-sig")
    position = scenario.position if scenario.variant else None

    def placed(prop: Property) -> Property:
        if prop.kind is not PropertyKind.NO_DEADLOCK:
            return prop
        line = expectation_lines(text, position, [prop.name])[prop.name]
        return replace(prop, where=Span(scenario.shown_path, line, 1, line, 1))

    return replace(system, properties=tuple(map(placed, system.properties)))


def _chosen(system: System, names: tuple[str, ...]) -> tuple[Property, ...]:
    """Those that are asked for; else all but what no other language has."""
    known = [prop.name for prop in system.properties]
    for name in names:
        if name not in known:
            raise click.UsageError(f"no property '{name}' in this scenario's model{did_you_mean(name, known)}")
    return tuple(
        prop
        for prop in system.properties
        if (prop.name in names if names else prop.kind is not PropertyKind.NO_DEADLOCK)
    )
