"""`shootdown induction`."""

from __future__ import annotations

import click

from ..inductive import check_inductive
from ..options import Limits
from ..report.inductive import inductive_report
from ..scenario import find_one
from ..verdict import AS_EXPECTED, NOT_AS_EXPECTED
from . import output


@click.command(name="induction", short_help="Check whether a property is inductive.")
@click.argument("scenario")
@click.option("--invariant", required=True, metavar="NAME", help="An 'always' property, bundled or of your own file.")
@click.option("--given", multiple=True, metavar="NAME", help="A property that may be taken as true; may be repeated.")
@click.option("--max-states", type=click.IntRange(min=1), default=2_000_000, show_default=True)
def command(scenario: str, invariant: str, given: tuple[str, ...], max_states: int) -> int:
    """Check whether a property of SCENARIO is inductive.

    It is if it is true at first and if every step keeps it, from every state in which it is true, reachable or not.

    If not, a state and a step show it. The explicit engine says whether the state is reachable: only then it is a bug.

    Exit codes: 0 inductive, 1 not inductive.
    """
    outcome = check_inductive(find_one(scenario), invariant, given, Limits(max_states=max_states))
    output.show(inductive_report(outcome, output.width()))
    return AS_EXPECTED if outcome.found is None else NOT_AS_EXPECTED
