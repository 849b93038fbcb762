"""A whole review: from a scenario to its table of designs, its minimal sets, and what does harm."""

from __future__ import annotations

import time
from collections.abc import Sequence

from ..interrupts import plain_interrupts
from ..judge import worst
from ..options import Limits
from ..scenario import Scenario
from ..scenario.models import library
from ..scenario.remedies import design_text, meaning
from ..scenario.request import build
from ..verdict import AS_EXPECTED, NOT_AS_EXPECTED, UNDECIDED, Verdict
from .boxes import Box, Design, count, values, without
from .breaking import Break, breaks
from .covering import primes
from .deciding import INTERRUPTED, Decided, Decider
from .designs import Designs, changes
from .result import Cell, Combination, Considered, DesignRow, Effort, Harm, Review, Setting
from .rows import Rows
from .searching import Searcher
from .starts import Starts

MOST_EXAMPLES = 40
"""Minimal sets of either kind for which a design is searched as an example."""


def review(
    scenario: Scenario, limits: Limits, properties: Sequence[str] | None = None, mechanisms: Sequence[str] = ()
) -> Review:
    """Review a scenario: `properties` (None: those that it expects something of) against its designs.

    `mechanisms` are those that may change (none: all that its code reads). After an interrupt the review is of what was
    decided until then. Raises ScenarioError, ModelErrors, and KeyboardInterrupt if that is nothing.
    """
    began = time.monotonic()
    built = build(scenario, properties=properties)
    designs = Designs(built, tuple(mechanisms))
    searcher = Searcher(designs.system, designs.space)
    starts = Starts(designs.space, designs.system, designs.twins.setup, searcher.relevant)
    decided = Decider(searcher, starts, limits, designs.own).run()
    if decided.undecided == INTERRUPTED and not decided.safe and not decided.unsafe:
        raise KeyboardInterrupt
    table = Rows(designs, searcher, starts, limits, decided)
    rows = _rows(table, designs, scenario)
    space = designs.space
    unsafe, all_unsafe = primes(space, decided.unsafe_boxes)
    safe, all_safe = primes(space, decided.safe)
    found = breaks(space, safe, unsafe, designs.own, pairs=not decided.undecided)
    reviewed = tuple(prop.name for prop in searcher.reviewed)
    # Examples are searched for: an interrupt may come until here.
    shown = [_combinations(table, designs, boxes) for boxes in (unsafe, safe)]
    return Review(
        scenario=scenario.name,
        file=scenario.shown_path,
        title=scenario.tables.title,
        design=design_text(scenario),
        properties=reviewed,
        mechanisms=_considered(designs, decided, unsafe),
        rows=rows,
        unsafe=shown[0],
        sufficient=shown[1],
        harms=_harms(designs, found),
        effort=_effort(designs, decided, time.monotonic() - began),
        exit_code=_exit_code(scenario, rows, decided),
        undecided=decided.undecided,
        more=not (all_unsafe and all_safe),
        notices=(searcher.notice,) if searcher.notice else (),
    )


def _rows(table: Rows, designs: Designs, scenario: Scenario) -> tuple[DesignRow, ...]:
    """The scenario's own design, each preset, and the own design with each mechanism changed.

    After an interrupt, which may come at any time, those that there are.
    """
    own = _row(table, designs.own) or _unknown(table)
    rows = []
    for name, preset in library(scenario).presets.items():
        labels = {**{item.name: item.labels[0] for item in designs.axes}, **preset.values}
        rows.append(_row(table, designs.of_labels(labels), name))
    rows += [_row(table, design) for design in changes(designs.space, designs.own)]
    return (own, *(row for row in rows if row is not None))


def _row(table: Rows, design: Design, preset: str = "") -> DesignRow | None:
    """The row of a design; None after an interrupt."""
    if table.decided.undecided == INTERRUPTED:
        return None
    try:
        with plain_interrupts():
            return table.row(design, preset)
    except KeyboardInterrupt:
        table.decided.undecided = INTERRUPTED
        return None


def _unknown(table: Rows) -> DesignRow:
    """The row of the scenario's own design where an interrupt came before."""
    cells = (Cell(prop.name, Verdict.UNKNOWN, None, INTERRUPTED) for prop in table.searcher.reviewed)
    return DesignRow("", (), tuple(cells))


def _combinations(table: Rows, designs: Designs, boxes: Sequence[Box]) -> tuple[Combination, ...]:
    return tuple(_combination(table, designs, box, shown=number < MOST_EXAMPLES) for number, box in enumerate(boxes))


def _combination(table: Rows, designs: Designs, box: Box, *, shown: bool) -> Combination:
    """The settings of a box; `shown`: with the verdicts on the design of it that is nearest to the scenario's own."""
    settings = designs.settings(designs.space.named(box))
    if not shown:
        return Combination(settings)
    nearest = tuple(own if mask >> own & 1 else next(values(mask)) for own, mask in zip(designs.own, box, strict=True))
    row = _row(table, nearest)
    return Combination(settings) if row is None else Combination(settings, designs.difference(nearest), row.cells)


def _harms(designs: Designs, found: Sequence[Break]) -> tuple[Harm, ...]:
    def setting(axis: int, value: int) -> Setting:
        item = designs.axes[axis]
        return Setting(item.name, (item.labels[value],))

    return tuple(
        Harm(
            setting(each.added.axis, each.added.value),
            setting(each.before.axis, each.before.value),
            tuple(setting(broken.axis, broken.value) for broken in each.broken),
            designs.difference(each.design),
        )
        for each in found
    )


def _considered(designs: Designs, decided: Decided, unsafe: Sequence[Box]) -> tuple[Considered, ...]:
    """The mechanisms of the space, and whether they decide anything."""
    found = []
    for position, axis in enumerate(designs.axes):
        whole = designs.space.domain[position]
        if whole & (whole - 1) == 0:
            continue
        declared = designs.built.model.mechanisms[axis.name]
        own = axis.labels[axis.value]
        named = any(box[position] != whole for box in unsafe)
        matters = None if decided.undecided and not named else named
        found.append(Considered(axis.name, axis.labels, own, meaning(declared, own), declared.evidence, matters))
    return tuple(found)


def _effort(designs: Designs, decided: Decided, seconds: float) -> Effort:
    space = designs.space
    return Effort(
        designs=space.size,
        safe=_union(designs, decided.safe),
        unsafe=_union(designs, decided.unsafe_boxes),
        refused=_union(designs, [box for box, _ in decided.refused]),
        searches=decided.searches,
        states=decided.states,
        seconds=seconds,
    )


def _union(designs: Designs, boxes: Sequence[Box]) -> int:
    """The number of designs in some of the boxes."""
    apart: list[Box] = []
    total = 0
    for box in boxes:
        pieces = [tuple(a & b for a, b in zip(box, designs.space.domain, strict=True))]
        for other in apart:
            pieces = [part for piece in pieces for part in without(piece, other)]
        total += sum(count(piece) for piece in pieces)
        apart += pieces
    return total


def _exit_code(scenario: Scenario, rows: Sequence[DesignRow], decided: Decided) -> int:
    """Whether the scenario's own design does what it expects; undecided designs are undecided."""
    codes = [UNDECIDED] if decided.undecided else []
    for cell in rows[0].cells:
        wish = scenario.tables.expect.get(cell.prop)
        expected = wish.verdict if wish else Verdict.HOLDS.value
        if cell.verdict is Verdict.UNKNOWN:
            codes.append(UNDECIDED)
        else:
            codes.append(AS_EXPECTED if cell.verdict.value == expected else NOT_AS_EXPECTED)
    return worst(codes)
