"""What a check leaves behind for reports: plain data, the same from every engine and process."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from shootdown.model.ir.system import PropertyKind

from .exercise import Coverage, Exercise
from .judge import worst
from .result import Counts, Proof
from .trace.trace import Trace
from .verdict import AS_EXPECTED, UNDECIDED, Evidence, Expectation, Verdict

MEMORY_MODEL = "sequentially consistent"

INTERRUPTED = "interrupted"
"""What has stopped a search that the user ended."""

Start = tuple[str, str]
"""An agent's name and an operation that it started."""


@dataclass(frozen=True, slots=True)
class Background:
    """What a scenario says of a trace: its title, its design in short, and what would have prevented the run."""

    title: str = ""
    design: str = ""
    prevented_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """The verdict on one property. `depth` is the length of the trace, or the bound (depth or context switches).

    `split` is the verdict with atomic steps cut, if that was asked for. `remark` says what differs from the
    expectation, or why nothing could be decided.
    """

    prop: str
    kind: PropertyKind
    meaning: str
    verdict: Verdict
    evidence: Evidence | None
    depth: int | None
    expected: Expectation
    exit_code: int
    remark: str = ""
    trace: Trace | None = None
    background: Background = Background()
    split: Verdict | None = None
    line: int = 1
    """The line of the scenario's file that says what is expected."""
    proof: Proof | None = None

    @property
    def as_expected(self) -> bool:
        """Whether the verdict is the expected one."""
        return self.exit_code == AS_EXPECTED


@dataclass(frozen=True, slots=True)
class Again:
    """A verdict in a larger world: `was` is what is said of the property without, `now` what is said with it.

    What rests on a bound is unknown here. The row's exit code is that of the larger world: as expected also where the
    verdict is as little expected as the one without, for that one fails itself. It has a trace if it fails.
    """

    row: Row
    was: str
    now: str

    @property
    def is_unknown(self) -> bool:
        """Whether the larger world says nothing of the property."""
        return self.now == Verdict.UNKNOWN.value


@dataclass(frozen=True, slots=True)
class Grown:
    """A scenario with one more of something, `what`, and its verdicts there.

    `error` says why there is no such world. `factor` is its number of states over that of the scenario, None if one of
    them is not known. `saturated`: no run makes use of what was added, both worlds having been searched whole. `note`
    says who does not use it.
    """

    what: str
    counts: Counts | None = None
    seconds: float = 0.0
    stopped: str | None = None
    verdicts: tuple[Again, ...] = ()
    error: str = ""
    factor: float | None = None
    saturated: bool = False
    note: str = ""

    @property
    def missed(self) -> bool:
        """Whether an interrupt came before the search."""
        return self.stopped == INTERRUPTED and not self.verdicts

    @property
    def failing(self) -> tuple[Again, ...]:
        """The verdicts that are not as expected, or unknown."""
        return tuple(each for each in self.verdicts if not each.row.as_expected)

    @property
    def exit_code(self) -> int:
        """That of the worst verdict."""
        return UNDECIDED if self.missed else worst(each.row.exit_code for each in self.verdicts)

    def named(self, prop: str) -> str:
        """What reports call a property in this world."""
        return f"{prop} with {self.what}"


@dataclass(frozen=True, slots=True)
class Checked:
    """The check of one scenario. `error` is the message of one that could not be checked; it has no rows then.

    `skipped` says why properties without a row were left undecided: the scenario is too large for what runs here.
    `stopped` names the limit that ended the search early. `problem` is the trace to a model error or to a world too
    small. `file` is the path as the user may find it. `story` is equal for variants that differ in their design
    only; `started` are the operations that agents started somewhere.
    """

    scenario: str
    file: str
    title: str = ""
    source: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    counts: Counts | None = None
    seconds: float = 0.0
    engine: str = ""
    stopped: str | None = None
    exit_code: int = AS_EXPECTED
    problem: Trace | None = None
    background: Background = Background()
    error: str = ""
    skipped: str = ""
    story: str = ""
    started: frozenset[Start] = frozenset()
    notices: tuple[str, ...] = ()
    """What the user should know besides, such as that the interpreter ran for want of a compiler."""
    cached: bool = False
    """Whether an earlier run came to this; `seconds` are those of its search."""
    exercise: Exercise | None = None
    """What of the model the scenario exercises, if that was asked for."""
    exhausted: bool = False
    """Whether the search came to every state of the world."""
    grown: tuple[Grown, ...] = ()
    """What becomes of it in larger worlds, if that was asked for."""
    programs: tuple[str, ...] = ()
    """Agents that have no operation more in any of them: what they do is written down."""

    @property
    def interrupted(self) -> bool:
        """Whether the user ended a search of it."""
        return INTERRUPTED in (self.stopped, *(each.stopped for each in self.grown))


class Change(Enum):
    """How a verdict stands to the one of an earlier report; the value is what reports call it."""

    WORSE = "worse"
    NEW = "new"
    FIXED = "fixed"
    CHANGED = "changed"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Difference:
    """One change since an earlier report: what was said then and what is said now, each empty if there is nothing.

    `prop` is empty for a scenario that could not be checked. `exit_code` is that of what is not as expected now.
    """

    change: Change
    scenario: str
    prop: str
    was: str
    now: str
    exit_code: int = AS_EXPECTED


@dataclass(frozen=True, slots=True)
class Comparison:
    """A run beside an earlier report, `file`. `known`: what is not as expected and was so before, by scenario and
    property; `unchanged` counts verdicts. `exit_code` is that of what has become worse."""

    file: str
    differences: tuple[Difference, ...]
    known: frozenset[tuple[str, str]]
    unchanged: int
    exit_code: int

    def of(self, scenario: str, prop: str = "") -> Difference | None:
        """What has changed about a verdict, or about a scenario that could not be checked."""
        return next((each for each in self.differences if (each.scenario, each.prop) == (scenario, prop)), None)


@dataclass(frozen=True, slots=True)
class Run:
    """All checks of one command, in the order asked for. `missed`: scenarios that an interrupt kept from running.

    `comparison`: what has changed since an earlier report, if that was asked for.
    """

    checked: tuple[Checked, ...]
    seconds: float
    interrupted: bool = False
    missed: tuple[str, ...] = field(default=())
    comparison: Comparison | None = None
    coverage: Coverage | None = None
    """What of the model the scenarios exercise together, if that was asked for."""

    @property
    def rows(self) -> tuple[Row, ...]:
        """Every verdict."""
        return tuple(row for checked in self.checked for row in checked.rows)

    @property
    def exit_code(self) -> int:
        """The exit code of them all; an interrupt has one of its own. Scenarios that were skipped do not count, unless
        nothing at all was decided. Beside an earlier report only what has become worse counts."""
        if self.comparison is not None:
            return self.comparison.exit_code
        codes = [checked.exit_code for checked in self.checked]
        if not self.rows and any(checked.skipped for checked in self.checked):
            codes.append(UNDECIDED)
        return worst([*codes, *(row.exit_code for row in self.rows)])
