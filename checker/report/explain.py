"""Of each mechanism: what would have become of a run with it, or without it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

import shootdown

from ..review.explain import Explained
from ..trace.effect import FATES, Fate
from ..trace.trace import Trace
from ..verdict import Verdict
from .columns import Line, Piece, Style, fold, fold_items
from .review_json import cells_json, setting_json
from .review_words import bad_cells, setting_text, verdict_words

FORMAT = "shootdown-explain"
VERSION = 1


def explain_text(trace: Trace, effects: Sequence[Explained], width: int) -> list[Line]:
    """What stops the run first, safe designs before others; then what does not, then what has no part in it."""
    what = trace.verdict.value.replace("_", " ")
    head = f": {trace.prop.name} is {what} in {trace.depth} steps" if trace.problem is None else f": {what}"
    lines = fold((Piece(trace.scenario, Style.HEAD), Piece(head)), 0, width)
    stopped = sorted((each for each in effects if each.stopped), key=lambda each: not _is_safe(each))
    lines += _section("would have stopped it", stopped, width)
    others = [each for each in effects if not each.stopped and not each.refused]
    changed = [each for each in others if each.effect.step is not None]
    lines += _section("would have changed it; it goes wrong all the same", changed, width)
    same = [setting_text(each.setting) for each in others if each.effect.fate is Fate.SAME]
    unread = [setting_text(each.setting) for each in others if each.effect.fate is Fate.UNREAD]
    impossible = [setting_text(each.setting) for each in effects if each.refused]
    for title, names in (("no difference", same), ("not read by it", unread), ("impossible", impossible)):
        lines += [(), *fold_items(Piece(f"{title}:", Style.HEAD), names, width)] if names else []
    if not any(each.stopped for each in effects):
        lines += [(), (Piece("no single mechanism would have stopped it", Style.WARNING),)]
    return lines


def _section(title: str, effects: Sequence[Explained], width: int) -> list[Line]:
    if not effects:
        return []
    lines: list[Line] = [(), (Piece(title, Style.HEAD),)]
    for each in effects:
        lines += fold((Piece(setting_text(each.setting), Style.STEP),), 2, width)
        for text in _how(each):
            lines += fold((Piece(text),), 4, width)
        if each.stopped:
            lines += fold(_verdict(each), 4, width)
    return lines


def _how(each: Explained) -> Iterator[str]:
    effect = each.effect
    if effect.step == 0:
        yield f"before the first step: {effect.how}"
    elif effect.step is not None and effect.step == effect.lost:
        yield f"step {effect.step}, {each.label} of {each.agent}, is not possible: {effect.how}"
    elif effect.step is not None:
        yield f"step {effect.step}, {each.label} of {each.agent}: {effect.how}"
    if effect.fate is Fate.SPARED:
        yield "every step of the run is possible, and nothing is violated"


def _verdict(each: Explained) -> Line:
    bad = bad_cells(each.cells)
    if not bad:
        return (Piece("the design is safe", Style.GOOD), Piece(": no other run goes wrong either"))
    told = ", ".join(f"{cell.prop} {verdict_words(cell)}" for cell in bad)
    only = "only this run is stopped" if any(cell.verdict is Verdict.VIOLATED for cell in bad) else "but the design is"
    return (Piece(only, Style.WARNING), Piece(f": {told}"))


def _is_safe(each: Explained) -> bool:
    return not bad_cells(each.cells)


def explain_json(told: Sequence[tuple[Trace, Sequence[Explained]]]) -> str:
    """The same as JSON, with a final newline; docs/stepping.md describes it."""
    data = {
        "format": FORMAT,
        "version": VERSION,
        "shootdown": shootdown.__version__,
        "fates": {fate.value: meaning for fate, meaning in FATES.items()},
        "traces": [
            {
                "scenario": trace.scenario,
                "property": trace.prop.name,
                "verdict": trace.verdict.value,
                "depth": trace.depth,
                "mechanisms": [_object(each) for each in effects],
            }
            for trace, effects in told
        ],
    }
    return json.dumps(data, indent=1, ensure_ascii=False) + "\n"


def _object(each: Explained) -> dict[str, object]:
    effect = each.effect
    return {
        **setting_json(each.setting),
        "instead_of": list(each.before.labels),
        "stopped": each.stopped,
        "fate": None if each.refused else effect.fate.value,
        "same_schedule_goes_wrong": each.led,
        "step": effect.step,
        "agent": each.agent,
        "label": each.label,
        "how": effect.how,
        "first_impossible_step": effect.lost,
        "verdicts": cells_json(each.cells) if each.stopped else None,
        "impossible": each.refused or None,
    }
