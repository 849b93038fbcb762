"""What a run may take from earlier ones, and what it leaves for later ones."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from ..options import Options
from ..record import Checked
from ..scenario.document import Scenario
from ..verdict import Verdict
from .key import Keys
from .store import Store

NO_CACHE = "SHOOTDOWN_NO_CACHE"
"""The environment variable that, set to anything, switches the cache off."""


@dataclass(frozen=True)
class Memory:
    """The checks of earlier runs, asked by scenario and options. What they depend on is looked at once."""

    store: Store = field(default_factory=Store)
    keys: Keys = field(default_factory=Keys)

    def recall(self, scenario: Scenario, options: Options) -> Checked | None:
        """The check as an earlier run left it; None if it has to be made."""
        key = self.keys.key_of(scenario, options)
        found = self.store.get(key.text) if key else None
        # What the machine lacked when the search ran is not news: nothing is searched now.
        return replace(found, cached=True, notices=()) if found else None

    def keep(self, scenario: Scenario, options: Options, checked: Checked) -> None:
        """Leave a check for later runs, unless files have changed since they were read: then it is nobody's."""
        key = self.keys.key_of(scenario, options) if _is_final(checked) else None
        if key is not None and key.current:
            self.store.put(key.text, checked)


def memory(environment: Mapping[str, str] = os.environ, *, wanted: bool = True) -> Memory | None:
    """The user's memory, unless it is not wanted or switched off."""
    return None if not wanted or environment.get(NO_CACHE) else Memory()


def _is_final(checked: Checked) -> bool:
    """Whether every later run comes to the same: nothing was given up but what lies beyond a depth."""
    stops = {checked.stopped, *(each.stopped for each in checked.grown)}
    if checked.error or checked.skipped or not stops <= {None, "max_depth"}:
        return False
    return all(Verdict.UNKNOWN not in (row.verdict, row.split) for row in checked.rows)
