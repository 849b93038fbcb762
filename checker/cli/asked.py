"""What `check` was asked for, as a checkpoint keeps it for `resume`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ..options import Limits, Options
from ..scenario import Scenario


@dataclass(frozen=True)
class Asked:
    """The options of a check that say what is searched, and where it stops if nobody says it anew."""

    scenario: Scenario
    engine: str | None
    properties: tuple[str, ...]
    without: frozenset[str]
    limits: Limits

    @property
    def request(self) -> Mapping[str, object]:
        """The same as JSON, the scenario by the name that finds it from everywhere."""
        path = self.scenario.path.resolve()
        return {
            "scenario": f"{path}/{self.scenario.variant}" if self.scenario.variant else str(path),
            "engine": self.engine,
            "properties": list(self.properties),
            "without": sorted(self.without),
            "fingerprint": self.limits.native.fingerprint,
            "spill": str(self.limits.native.spill.resolve()) if self.limits.native.spill else None,
            "max_states": self.limits.max_states,
            "max_depth": self.limits.max_depth,
            "max_memory": self.limits.max_memory,
            "context_switches": self.limits.context_switches,
        }


def options_of(request: Mapping[str, object], limits: Limits) -> Options:
    """The options of a check that goes on; limits that are given replace those of the request."""

    def limit(name: str) -> int | None:
        given, asked = getattr(limits, name), request.get(name)
        return given if given is not None else asked if isinstance(asked, int) else None

    spill = request.get("spill")
    native = replace(
        limits.native,
        fingerprint=request.get("fingerprint") is True,
        spill=Path(spill) if isinstance(spill, str) else None,
    )
    engine, properties, without = (request.get(name) for name in ("engine", "properties", "without"))
    return Options(
        engine if isinstance(engine, str) else None,
        Limits(
            limit("max_states"),
            limit("max_depth"),
            limits.max_seconds,
            limit("max_memory"),
            limits.progress,
            limit("context_switches"),
            native,
        ),
        tuple(map(str, properties)) if isinstance(properties, list) and properties else None,
        without=frozenset(map(str, without)) if isinstance(without, list) else frozenset(),
    )
