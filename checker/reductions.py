"""The reductions by name: passes over the system, and what a search of a large system leaves out."""

from __future__ import annotations

from collections.abc import Mapping

from .analysis.pipeline import PASSES

MERGE = "merge"
PARTIAL_ORDER = "partial-order"
SYMMETRY = "symmetry"

REDUCTIONS: Mapping[str, str] = {
    **{each.name: each.meaning for each in PASSES},
    MERGE: "pass through states in which only one agent's next steps matter, and store none of them",
    PARTIAL_ORDER: "let an agent go first where others can do nothing before that depends on it",
    SYMMETRY: "store one of all states that differ only in what interchangeable elements of a sort are called",
}
"""Their meanings."""

ALL = frozenset(REDUCTIONS)
OF_PASSES = frozenset(each.name for each in PASSES)
