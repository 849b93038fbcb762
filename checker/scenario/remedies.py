"""What would have prevented a violation: the design of a variant of the same scenario that is expected to hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from shootdown.model.language.model import MechanismDecl

from .designs import resolve_design
from .document import Scenario, read_file
from .models import library
from .schema import DesignTable

MOST_TOLD = 4
"""Mechanisms that are told one by one: more than these are the difference between two releases, of which few matter."""


def design_text(scenario: Scenario) -> str:
    """The design in short, as the scenario writes it: `linux-6.12, without cow_break_notifies`."""
    table: DesignTable = scenario.tables.design
    parts = [table.preset] if table.preset else []
    parts += [f"with {', '.join(table.with_)}"] if table.with_ else []
    parts += [f"without {', '.join(table.without)}"] if table.without else []
    parts += [f"{name} = {value}" for name, value in table.set_.items()]
    return ", ".join(parts)


def remedies(scenario: Scenario, prop: str) -> tuple[str, ...]:
    """What would have prevented a violation: mechanisms with their meaning and the variants that have them.

    A variant is safe if it expects the property to hold and differs from the scenario in nothing but its design. Each
    mechanism is told that is the whole difference from a safe variant; without such a variant, those in which the
    nearest safe one differs, or its whole design if these are many. Empty if there is none.
    """
    mine = _design(scenario)
    safe = {
        other.name: other for other in read_file(scenario.path, scenario.file_name) if _is_safe(other, scenario, prop)
    }
    differences = {name: changed for name, other in safe.items() if (changed := _difference(mine, _design(other)))}
    if not differences:
        return ()
    single = {name: changed for name, changed in differences.items() if len(changed) == 1}
    nearest = min(differences, key=lambda name: len(differences[name]))
    many = len(differences[nearest])
    if not single and many > MOST_TOLD:
        matter = "trace --explain says which of them matter"
        return (f"{design_text(safe[nearest])}, {many} mechanisms away ({matter}); {_held([nearest])}",)
    settings: dict[tuple[str, str], list[str]] = {}
    for name, changed in (single or {nearest: differences[nearest]}).items():
        for setting in changed.items():
            settings.setdefault(setting, []).append(name)
    mechanisms = library(scenario).model.mechanisms
    return tuple(
        f"{_setting(name, value)}: {meaning(mechanisms[name], value)}; {_held(twins)}"
        for (name, value), twins in settings.items()
    )


def _held(twins: Sequence[str]) -> str:
    return f"{' and '.join(twins)} {'is' if len(twins) == 1 else 'are'} expected to hold"


def _is_safe(other: Scenario, scenario: Scenario, prop: str) -> bool:
    expected = other.tables.expect
    return other.story == scenario.story and prop in expected and expected[prop].verdict == "holds"


def _design(scenario: Scenario) -> Mapping[str, str]:
    known = library(scenario)
    return resolve_design(scenario, known.model, known.presets)


def _difference(mine: Mapping[str, str], theirs: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in theirs.items() if mine[name] != value}


def _setting(name: str, value: str) -> str:
    return {"True": name, "False": f"not having {name}"}.get(value, f"{name} = {value.lower()}")


def meaning(mechanism: MechanismDecl, value: str) -> str:
    """What a mechanism's setting means: the part for this alternative if the text has one for each, between bars."""
    parts = mechanism.meaning.split(" | ")
    told = parts[mechanism.labels.index(value)] if len(parts) == len(mechanism.labels) else mechanism.meaning
    return f"{told} (since {mechanism.since})" if mechanism.since else told
