"""A review as JSON; docs/review.md describes it."""

from __future__ import annotations

import json
from collections.abc import Sequence

import shootdown

from ..record import MEMORY_MODEL
from ..review.result import Cell, Combination, Review, Setting

FORMAT = "shootdown-review"
VERSION = 1


def review_json(review: Review) -> str:
    """The report as text, with a final newline."""
    return json.dumps(review_object(review), indent=1, ensure_ascii=False) + "\n"


def review_object(review: Review) -> dict[str, object]:
    """The report as JSON values."""
    effort = review.effort
    return {
        "format": FORMAT,
        "version": VERSION,
        "shootdown": shootdown.__version__,
        "memory_model": MEMORY_MODEL,
        "exit_code": review.exit_code,
        "scenario": review.scenario,
        "file": review.file,
        "title": review.title,
        "design": review.design,
        "properties": list(review.properties),
        "undecided": review.undecided or None,
        "more_sets": review.more,
        "designs": {
            "total": effort.designs,
            "safe": effort.safe,
            "unsafe": effort.unsafe,
            "impossible": effort.refused,
        },
        "searches": effort.searches,
        "states": effort.states,
        "seconds": round(effort.seconds, 3),
        "mechanisms": [
            {
                "mechanism": each.mechanism,
                "alternatives": list(each.labels),
                "own": each.own,
                "meaning": each.meaning,
                "evidence": each.evidence,
                "matters": each.matters,
            }
            for each in review.mechanisms
        ],
        "rows": [
            {
                "preset": row.preset or None,
                "changed": _settings(row.changed),
                "impossible": row.refused or None,
                "verdicts": cells_json(row.cells),
            }
            for row in review.rows
        ],
        "minimal_unsafe": [_combination(each) for each in review.unsafe],
        "minimal_sufficient": [_combination(each) for each in review.sufficient],
        "harms": [
            {
                "added": setting_json(harm.added),
                "instead_of": setting_json(harm.before),
                "breaks": _settings(harm.broken),
                "safe_design": _settings(harm.design),
            }
            for harm in review.harms
        ],
    }


def cells_json(cells: Sequence[Cell]) -> list[dict[str, object]]:
    """Verdicts."""
    return [_cell(cell) for cell in cells]


def _cell(cell: Cell) -> dict[str, object]:
    return {
        "property": cell.prop,
        "verdict": cell.verdict.value,
        "depth": cell.depth,
        "remark": cell.remark,
        "stopped_by": [{**setting_json(each.setting), "step": each.step, "safe": each.safe} for each in cell.stoppers],
    }


def _combination(combination: Combination) -> dict[str, object]:
    return {
        "settings": _settings(combination.settings),
        "example": _settings(combination.example),
        "verdicts": cells_json(combination.cells),
    }


def _settings(settings: Sequence[Setting]) -> list[dict[str, object]]:
    return [setting_json(each) for each in settings]


def setting_json(setting: Setting) -> dict[str, object]:
    """A setting."""
    return {"mechanism": setting.mechanism, "alternatives": list(setting.labels)}
