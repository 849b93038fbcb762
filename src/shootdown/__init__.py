"""shootdown: a model checker for memory-mapping invariants.

`check`, `assert_holds` and `assert_violated` check scenarios from Python; `shootdown.checker.api` describes them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shootdown.checker.api import assert_holds, assert_violated, check

__version__ = "0.1.0"
__all__ = ["__version__", "assert_holds", "assert_violated", "check"]


def __getattr__(name: str) -> object:
    if name in ("assert_holds", "assert_violated", "check"):
        from shootdown.checker import api

        return getattr(api, name)
    raise AttributeError(f"module 'shootdown' has no attribute '{name}'")
