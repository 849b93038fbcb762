"""Which sorts of a scenario are symmetric: their elements may be exchanged without anybody noticing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from shootdown.model.language.sorts import IndexSort

from .request import Built


def asymmetry(built: Built) -> dict[str, str]:
    """For each index sort with elements what breaks its symmetry; empty text: nothing, it is symmetric."""
    found: dict[str, str] = {}
    named = list(_named(built))
    for name, declared in built.model.sorts.items():
        elements = built.request.world.elements.get(name, ())
        if not isinstance(declared.sort, IndexSort) or not elements:
            continue
        reasons = [f"{reason} ({where})" for where, reason in declared.asymmetry]
        reasons += [place for place, sort, value in named if sort in ("", name) and value in elements]
        found[name] = reasons[0] if reasons else ""
    return found


def _named(built: Built) -> Iterator[tuple[str, str, object]]:
    """Where the scenario names elements: the place, the sort if known, the element."""
    for agent in built.request.agents:
        for line in agent.lines:
            parameters = {each.name: each.sort for each in built.model.operations[line.operation].values}
            for name, value in line.args.items():
                sort = parameters[name]
                if isinstance(sort, IndexSort):
                    yield f"'{value}' is named by agent {agent.name}: {line.text}", sort.name, value
    for text in built.scenario.tables.setup:
        for word in text.replace(":", " ").replace(".", " ").split():
            yield f"'{word}' is named in the setup: {text}", "", word
    for place, given in built.request.world.given.items():
        for value in [*given, *given.values()] if isinstance(given, Mapping) else [given]:
            yield f"'{value}' is named by the given place {place}", "", value
