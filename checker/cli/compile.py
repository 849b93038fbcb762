"""`shootdown compile`."""

from __future__ import annotations

import click

from ..scenario import find_one
from ..scenario.request import build


@click.command(name="compile", short_help="Print a scenario's system as IR, as C or as SMT-LIB.")
@click.argument("scenario")
@click.option(
    "--emit",
    type=click.Choice(["ir", "c", "smt2"]),
    required=True,
    help="The IR that engines see, C, or formulas.",
)
@click.option("--split", is_flag=True, help="Cut atomic steps before every access.")
@click.option("--reduced", is_flag=True, help="After the passes that a check runs: folded, sliced.")
def command(scenario: str, emit: str, *, split: bool, reduced: bool) -> None:
    """Print the system of SCENARIO: in the canonical form that parses back, as the C that long searches run,
    or as the transition relation in SMT-LIB 2.
    """
    system = build(find_one(scenario), split=split).system
    if reduced:
        from ..analysis.pipeline import reduce_system

        system = reduce_system(system)
    if emit == "ir":
        from shootdown.model.ir.print import print_system

        text = print_system(system)
    elif emit == "smt2":
        from ..symbolic.smt2 import smt2

        text = smt2(system)
    else:
        from ..explicit.emit import emit_steps
        from ..explicit.layout import pack_system
        from ..explicit.specialise import specialise

        specialised = specialise(system)
        text = emit_steps(specialised, pack_system(specialised))
    click.echo(text, nl=not text.endswith("\n"))
