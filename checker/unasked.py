"""Whether properties that hold were ever asked anything: they are searched for again without their conclusions."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from shootdown.model.ir.reads import reads
from shootdown.model.ir.system import Property, System

from .analysis.following import Facts
from .analysis.unchanging import folded_properties
from .judge import Outcome
from .options import Options
from .reductions import OF_PASSES
from .searching import Searched, violated
from .stakes import antecedents, assertions, without_conclusions
from .vacuity import doubtful
from .verdict import Evidence, Verdict

_OF_ALL_RUNS = (Evidence.EXHAUSTIVE, Evidence.FINGERPRINT, Evidence.INDUCTION)


def holds_always(outcome: Outcome) -> bool:
    """Whether a property is known to hold in all runs."""
    return outcome.evidence in _OF_ALL_RUNS and outcome.verdict is not Verdict.VIOLATED


def unasked(searched: Searched, options: Options) -> frozenset[str]:
    """The properties that hold without their conclusions, too: another search says so, where one is needed."""
    exploration = searched.exploration
    if not exploration.exhausted:
        return frozenset()
    held = {each.name for each in searched.judgement.outcomes if holds_always(each)}
    names = doubtful(searched.system, exploration, held)
    known: frozenset[str] = frozenset()
    if searched.reduced is not None:
        # An assertion that is met in what the passes left is met; one that they computed away may be, or not.
        left = without_conclusions(searched.reduced, names & assertions(searched.reduced))
        certain = _antecedents_in(searched.reduced, searched, names)
        left = replace(left, properties=(*left.properties, *certain))
        holding = _holding(left, options, options.without | OF_PASSES)
        known = holding.intersection(prop.name for prop in certain)
        names -= {prop.name for prop in left.properties if prop.name not in holding} | known
    asked = without_conclusions(searched.system, names)
    return known | _holding(asked, options, options.without, searched.facts)


def _antecedents_in(reduced: System, searched: Searched, names: Collection[str]) -> tuple[Property, ...]:
    """The antecedents that can be asked of what the passes left: all that they depend on is still there."""
    if searched.facts is None:
        return ()
    named = antecedents(prop for prop in searched.system.properties if prop.name in names)
    stored = {array.name for array in reduced.arrays}
    return tuple(prop for prop in folded_properties(named, searched.facts) if reads(prop.expr).arrays <= stored)


def _holding(system: System, options: Options, without: frozenset[str], facts: Facts | None = None) -> frozenset[str]:
    """The properties of a system that hold."""
    found = violated(system, options.limits.unkept, options.engine, without, facts)
    return frozenset(prop.name for prop in system.properties) - found
