"""What a review hands back: plain data for reports."""

from __future__ import annotations

from dataclasses import dataclass

from ..verdict import Verdict


@dataclass(frozen=True, slots=True)
class Setting:
    """A mechanism with the alternatives that it has here, by label; several where any of them will do."""

    mechanism: str
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Stopper:
    """A change of one mechanism that stops a run, at which step (0: the setup ends differently). `safe`: whether
    nothing else goes wrong with that change either; None: not known."""

    setting: Setting
    step: int
    safe: bool | None


@dataclass(frozen=True, slots=True)
class Cell:
    """The verdict on one property under one design. `depth` is the length of the run that violates it."""

    prop: str
    verdict: Verdict
    depth: int | None = None
    remark: str = ""
    stoppers: tuple[Stopper, ...] = ()


@dataclass(frozen=True, slots=True)
class DesignRow:
    """One design. `preset` is its name if it is a preset, `changed` its difference from the scenario's own (nothing: it
    is that one), `refused` why it cannot be built."""

    preset: str
    changed: tuple[Setting, ...]
    cells: tuple[Cell, ...]
    refused: str = ""

    @property
    def is_own(self) -> bool:
        """Whether it is the scenario's own design."""
        return not self.preset and not self.changed


@dataclass(frozen=True, slots=True)
class Combination:
    """Settings that together decide: whatever the other mechanisms are, such designs are unsafe, or all safe.

    `example` is the design with these settings that is nearest to the scenario's own, `cells` are its verdicts.
    """

    settings: tuple[Setting, ...]
    example: tuple[Setting, ...] = ()
    cells: tuple[Cell, ...] = ()


@dataclass(frozen=True, slots=True)
class Harm:
    """A mechanism that does harm: `design` (its difference from the scenario's own) is safe, and with `added` instead
    of `before` it is not. `broken` are settings that safe designs with `before` need, and that `added` makes vain."""

    added: Setting
    before: Setting
    broken: tuple[Setting, ...]
    design: tuple[Setting, ...]


@dataclass(frozen=True, slots=True)
class Considered:
    """A mechanism of the review: its alternatives, and the scenario's own."""

    mechanism: str
    labels: tuple[str, ...]
    own: str
    meaning: str
    evidence: str
    matters: bool | None
    """Whether some design is safe or not because of it; None if not all is decided."""


@dataclass(frozen=True, slots=True)
class Effort:
    """What a review cost and covered: designs of the space, those decided as safe and as unsafe."""

    designs: int
    safe: int
    unsafe: int
    refused: int
    searches: int
    states: int
    seconds: float


@dataclass(frozen=True)
class Review:
    """A review of one scenario.

    `undecided` names the limit that left designs undecided (empty: all are decided). Then `unsafe` and `sufficient` are
    still right, but need neither be minimal nor all. `more` says whether there are more than are listed.
    """

    scenario: str
    file: str
    title: str
    design: str
    properties: tuple[str, ...]
    mechanisms: tuple[Considered, ...]
    rows: tuple[DesignRow, ...]
    unsafe: tuple[Combination, ...]
    sufficient: tuple[Combination, ...]
    harms: tuple[Harm, ...]
    effort: Effort
    exit_code: int
    undecided: str = ""
    more: bool = False
    notices: tuple[str, ...] = ()
