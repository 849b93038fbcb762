"""The unreduced system in the languages of other model checkers, by name."""

from __future__ import annotations

from collections.abc import Callable

from shootdown.model.ir.system import System

from .refuse import Inexpressible

__all__ = ["EXPORTERS", "Inexpressible"]


def _murphi(system: System) -> str:
    from .murphi import export

    return export(system)


def _promela(system: System) -> str:
    from .promela import export

    return export(system)


def _tla(system: System) -> str:
    from .tla import export

    return export(system)


EXPORTERS: dict[str, Callable[[System], str]] = {"murphi": _murphi, "promela": _promela, "tla": _tla}
"""Each takes a system and gives the text; raises `Inexpressible` for what the language cannot say."""
