"""The unreduced system in the languages of other model checkers, by name."""

from __future__ import annotations

from typing import Protocol

from shootdown.model.ir.system import System

from .refuse import Inexpressible
from .said import WHOLE, Part

__all__ = ["EXPORTERS", "Inexpressible", "Part"]


class Exporter(Protocol):
    """Gives the text of a system; raises `Inexpressible` for what the language cannot say."""

    def __call__(self, system: System, part: Part = WHOLE) -> str: ...


def _murphi(system: System, part: Part = WHOLE) -> str:
    from .murphi import export

    return export(system, part)


def _promela(system: System, part: Part = WHOLE) -> str:
    from .promela import export

    return export(system, part)


def _tla(system: System, part: Part = WHOLE) -> str:
    from .tla import export

    return export(system, part)


EXPORTERS: dict[str, Exporter] = {"murphi": _murphi, "promela": _promela, "tla": _tla}
