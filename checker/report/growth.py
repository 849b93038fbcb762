"""What became of a scenario in larger worlds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..record import INTERRUPTED, Again, Checked, Grown, Row
from ..verdict import AS_EXPECTED, UNDECIDED, meets
from .columns import Line, Piece, Style, fold
from .diagram import diagram
from .table import table


def growth_lines(checked: Checked, width: int) -> Iterator[Line]:
    """A line for each larger world: its size, that over the size before, and the verdicts that changed."""
    if not checked.grown:
        return
    yield ()
    yield (Piece(f"{checked.scenario} with one more:", Style.HEAD),)
    for line in table(("", "states", "factor", "verdicts"), [_row(each) for each in checked.grown]):
        yield from fold(line, 0, width)
    for each in checked.grown:
        if each.error:
            yield from fold((Piece(f"{each.what}: ", Style.HEAD), Piece(each.error)), 0, width)
    unused = "; ".join(_unused(checked))
    if unused:
        yield from fold((Piece("note:", Style.HEAD), Piece(f" {unused}")), 0, width)


def growth_diagrams(checked: Checked, known: frozenset[tuple[str, str]], width: int) -> Iterator[Line]:
    """How each property fails in a larger world, in the first of those where it does; not those that are `known`."""
    shown: set[str] = set()
    for grown in checked.grown:
        for row in (each.row for each in grown.failing):
            if row.trace is None or row.prop in shown or (checked.scenario, grown.named(row.prop)) in known:
                continue
            shown.add(row.prop)
            yield ()
            yield from diagram(row.trace, row.background, width=width)


def _row(each: Grown) -> tuple[Piece, ...]:
    states = f"{each.counts.states:,}" if each.counts else ""
    factor = f"{each.factor:.2f}" if each.factor is not None else ""
    return Piece(each.what), Piece(states), Piece(factor), Piece(growth_text(each), _style(each))


def _style(grown: Grown) -> Style:
    if grown.error:
        return Style.QUIET
    if grown.exit_code != AS_EXPECTED:
        return Style.WARNING if grown.exit_code == UNDECIDED else Style.BAD
    return Style.GOOD if all(_is_met(each.row) for each in grown.verdicts) else Style.PLAIN


def growth_text(grown: Grown) -> str:
    """What became of the verdicts in a larger world: those that changed, those that are unknown, and why."""
    if grown.error:
        return "not possible"
    if grown.missed:
        return f"not searched: {INTERRUPTED}"
    told = [f"{each.row.prop}: {_change(each)}" for each in grown.verdicts if _is_told(each)]
    unknown = [each for each in grown.verdicts if each.is_unknown]
    told += _unknown(grown, [each for each in unknown if each.was != each.now], "unknown")
    told += _unknown(grown, [each for each in unknown if each.was == each.now], "unknown, as before")
    return "; ".join([*(told or ["unchanged"]), *(["saturated"] if grown.saturated else [])])


def _is_met(row: Row) -> bool:
    return meets(row.verdict, row.expected.verdict)


def _is_told(each: Again) -> bool:
    """Whether a verdict that is known stands by itself: it is another one, or not the one that is expected."""
    return not each.is_unknown and (each.was != each.now or not _is_met(each.row))


def _change(each: Again) -> str:
    return f"{each.now}, as before" if each.was == each.now else f"{each.now}, was {each.was}"


def _unknown(grown: Grown, which: Sequence[Again], what: str) -> list[str]:
    if not which:
        return []
    why = grown.stopped or ", ".join(dict.fromkeys(each.row.remark for each in which))
    return [f"{len(which)} of {len(grown.verdicts)} {what}: {why}"]


def _unused(checked: Checked) -> Iterator[str]:
    """Who does not use what is added."""
    yield from dict.fromkeys(each.note for each in checked.grown if each.note)
    if checked.programs:
        yield f"no world has one operation more of {', '.join(checked.programs)}"


def growth_object(checked: Checked) -> list[dict[str, object]]:
    """The same as JSON values."""
    return [
        {
            "scenario": checked.scenario,
            "more": each.what,
            "states": each.counts.states if each.counts else None,
            "transitions": each.counts.transitions if each.counts else None,
            "factor": round(each.factor, 3) if each.factor is not None else None,
            "seconds": round(each.seconds, 3),
            "stopped": each.stopped,
            "saturated": each.saturated,
            "changes": [_change_object(one) for one in each.verdicts if one.was != one.now],
            "unknown": [one.row.prop for one in each.verdicts if one.is_unknown],
            "not_as_expected": [one.row.prop for one in each.failing if not one.is_unknown],
            "unused": each.note or None,
            "error": each.error or None,
            "exit_code": each.exit_code,
        }
        for each in checked.grown
    ]


def _change_object(each: Again) -> dict[str, object]:
    return {"property": each.row.prop, "was": each.was, "is": each.now}
