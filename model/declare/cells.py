"""The cells of a run: every shared value, by its address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Address = tuple[object, ...]
"""Name of the State, then members and keys: ("Kernel", "lock", A, "held")."""


@dataclass
class Cells:
    """The values of all cells; each is immutable, so a copy of the mapping is a snapshot."""

    values: dict[Address, object] = field(default_factory=dict)

    def snapshot(self) -> Mapping[Address, object]:
        """All values as they are now."""
        return dict(self.values)

    def restore(self, snapshot: Mapping[Address, object]) -> None:
        """Go back to a snapshot."""
        self.values = dict(snapshot)
