"""An evaluator that notes which mechanisms it reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from .evaluate import Evaluator


@dataclass(frozen=True)
class ConsultingEvaluator(Evaluator):
    """Evaluates as `Evaluator` does, under alternatives of mechanisms that may be changed in `settings`.

    `consulted` collects the mechanisms that were read: with any other alternatives of the rest everything that was
    asked since it was cleared would have come out the same.
    """

    consulted: set[str] = field(default_factory=set, compare=False)

    @cached_property
    def settings(self) -> dict[str, int]:
        """The alternative of each mechanism; at first that of the system."""
        return {item.name: item.value for item in self.system.mechanisms}

    @cached_property
    def _rigid(self) -> Mapping[str, int]:
        return _Noted(self.settings, self.consulted)


class _Noted(Mapping[str, int]):
    def __init__(self, values: Mapping[str, int], consulted: set[str]) -> None:
        self._values = values
        self._consulted = consulted

    def __getitem__(self, name: str) -> int:
        self._consulted.add(name)
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)
