"""Checked model code: what the reader makes of operations, helpers and properties. Names are resolved, sorts known."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

from ..ir.source import Span
from .sorts import IndexSort, RecordSort, SetSort, Sort, ValueSort

if TYPE_CHECKING:
    from .model import Function, MechanismDecl


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """An expression: its sort and where it stands."""

    sort: ValueSort
    where: Span


@dataclass(frozen=True, slots=True, eq=False)
class Literal(Node):
    """A truth, integer, enumeration member (by position) or None."""

    value: int | None


@dataclass(frozen=True, slots=True, eq=False)
class Var(Node):
    """A local, parameter, loop variable or bound variable; if `unwrap`, an optional that is not None here."""

    name: str
    unwrap: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Index:
    """A step of a place: the element of a table at these keys."""

    keys: tuple[Expr, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Member:
    """A step of a place: the field of a struct."""

    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """A place: a field of a state (or, if `state` is empty, of the method's struct), then the steps into it."""

    state: str
    name: str
    steps: tuple[Index | Member, ...]
    sort: Sort
    ghost: bool
    given: bool
    where: Span


@dataclass(frozen=True, slots=True, eq=False)
class Read(Node):
    """The value of a place."""

    place: Place


class QueueQuestion(Enum):
    """What a queue can be asked."""

    HEAD = "head"
    FULL = "full"
    EMPTY = "empty"
    LENGTH = "len"


@dataclass(frozen=True, slots=True, eq=False)
class QueueRead(Node):
    """A question to a queue."""

    place: Place
    question: QueueQuestion


@dataclass(frozen=True, slots=True, eq=False)
class Pop(Node):
    """Take the head off a queue."""

    place: Place


@dataclass(frozen=True, slots=True, eq=False)
class FieldOf(Node):
    """A field of a record."""

    record: Expr
    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Construct(Node):
    """A record with all its fields, in order."""

    record: RecordSort
    args: tuple[Expr, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Replace(Node):
    """A record with some fields changed."""

    record: Expr
    changes: tuple[tuple[str, Expr], ...]


class Operation(Enum):
    """Strict operators of two integers, truths, or sets."""

    ADD = "+"
    SUB = "-"
    MUL = "*"
    DIV = "//"
    MOD = "%"
    MIN = "min"
    MAX = "max"
    EQ = "=="
    NE = "!="
    LT = "<"
    LE = "<="
    GT = ">"
    GE = ">="
    UNION = "|"
    MINUS = "- of sets"
    MEET = "&"
    SUBSET = "<= of sets"


@dataclass(frozen=True, slots=True, eq=False)
class Binary(Node):
    """An operator and its two operands."""

    operation: Operation
    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True, eq=False)
class Not(Node):
    """Negation."""

    operand: Expr


@dataclass(frozen=True, slots=True, eq=False)
class Abs(Node):
    """The absolute value of an integer."""

    operand: Expr


@dataclass(frozen=True, slots=True, eq=False)
class Logic(Node):
    """`and` (if `conjunction`) or `or`, evaluated from the left as far as needed."""

    conjunction: bool
    operands: tuple[Expr, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Conditional(Node):
    """`then if test else other`."""

    test: Expr
    then: Expr
    other: Expr


@dataclass(frozen=True, slots=True, eq=False)
class IsNone(Node):
    """Whether an optional is None."""

    operand: Expr


@dataclass(frozen=True, slots=True, eq=False)
class Within(Node):
    """Whether a value is in a set or a range."""

    item: Expr
    container: Expr


@dataclass(frozen=True, slots=True, eq=False)
class Among(Node):
    """Whether a value is one of these."""

    item: Expr
    options: tuple[Expr, ...]


@dataclass(frozen=True, slots=True, eq=False)
class SetOf(Node):
    """The set of these values."""

    elements: tuple[Expr, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Count(Node):
    """The number of elements of a set."""

    operand: Expr


@dataclass(frozen=True, slots=True, eq=False)
class SortDomain:
    """All values of an index sort, enumeration or truth."""

    sort: ValueSort


@dataclass(frozen=True, slots=True, eq=False)
class Interval:
    """`range(lo, hi)`; hi is exclusive."""

    lo: Expr
    hi: Expr


@dataclass(frozen=True, slots=True, eq=False)
class SetDomain:
    """The elements of a set."""

    expr: Expr
    sort: SetSort


Domain = SortDomain | Interval | SetDomain


@dataclass(frozen=True, slots=True, eq=False)
class Binder:
    """`for name in domain if conditions`."""

    name: str
    sort: ValueSort
    domain: Domain
    conditions: tuple[Expr, ...]


class Quantifier(Enum):
    """What a generator expression is folded with."""

    ALL = "all"
    ANY = "any"
    SUM = "sum"
    SET = "frozenset"


@dataclass(frozen=True, slots=True, eq=False)
class Quantified(Node):
    """A fold over generators."""

    quantifier: Quantifier
    binders: tuple[Binder, ...]
    body: Expr


@dataclass(frozen=True, slots=True, eq=False)
class Size(Node):
    """The number of values of a sort."""

    of: ValueSort


@dataclass(frozen=True, slots=True, eq=False)
class Ordinal(Node):
    """The position of an index or enumeration value."""

    operand: Expr


@dataclass(frozen=True, slots=True, eq=False)
class Nth(Node):
    """The value of a sort at a position."""

    of: ValueSort
    position: Expr


@dataclass(frozen=True, slots=True, eq=False)
class Some(Node):
    """The value of an optional; a model error on None."""

    operand: Expr


@dataclass(frozen=True, slots=True, eq=False)
class MakeRange(Node):
    """`inclusive(first, last)` or `exclusive(first, last)`."""

    index: IndexSort
    inclusive: bool
    first: Expr
    last: Expr


@dataclass(frozen=True, slots=True, eq=False)
class RangeEmpty(Node):
    """Whether a range is empty."""

    operand: Expr


@dataclass(frozen=True, slots=True, eq=False)
class Way(Node):
    """The setting of a mechanism: its truth or its alternative."""

    mechanism: MechanismDecl


@dataclass(frozen=True, slots=True, eq=False)
class Call(Node):
    """A plain call of a helper, slot helper or method; `owner` is the method's struct."""

    function: Function
    args: tuple[Argument, ...]
    owner: Place | None = None


@dataclass(frozen=True, slots=True, eq=False)
class StateArg:
    """A part of the state as an argument."""

    state: str


@dataclass(frozen=True, slots=True, eq=False)
class Pick(Node):
    """`pick` or, if `blocking`, `choose`; `name` stands for the candidate in `condition`."""

    domain: Domain
    name: str
    condition: Expr | None
    blocking: bool


Expr = (
    Literal
    | Var
    | Read
    | QueueRead
    | Pop
    | FieldOf
    | Construct
    | Replace
    | Binary
    | Not
    | Abs
    | Logic
    | Conditional
    | IsNone
    | Within
    | Among
    | SetOf
    | Count
    | Quantified
    | Size
    | Ordinal
    | Nth
    | Some
    | MakeRange
    | RangeEmpty
    | Way
    | Call
    | Pick
)
Argument = Expr | StateArg


@dataclass(frozen=True, slots=True, eq=False)
class Statement:
    """Where a statement stands."""

    where: Span


@dataclass(frozen=True, slots=True, eq=False)
class AssignLocal(Statement):
    """Assign a local."""

    name: str
    value: Expr


@dataclass(frozen=True, slots=True, eq=False)
class AssignPlace(Statement):
    """Assign a place; with `operation`, the place's value and `value` are operands of it."""

    place: Place
    value: Expr
    operation: Operation | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Push(Statement):
    """Add a value at the tail of a queue."""

    place: Place
    value: Expr


@dataclass(frozen=True, slots=True, eq=False)
class Do(Statement):
    """A call for its effect."""

    call: Expr


@dataclass(frozen=True, slots=True, eq=False)
class If(Statement):
    """A branch."""

    test: Expr
    then: Body
    other: Body


@dataclass(frozen=True, slots=True, eq=False)
class While(Statement):
    """A loop."""

    test: Expr
    body: Body


@dataclass(frozen=True, slots=True, eq=False)
class For(Statement):
    """A loop over constants."""

    name: str
    domain: Domain
    body: Body
    sort: ValueSort


@dataclass(frozen=True, slots=True, eq=False)
class Break(Statement):
    """Leave the innermost loop."""


@dataclass(frozen=True, slots=True, eq=False)
class Continue(Statement):
    """Go on with the next round."""


@dataclass(frozen=True, slots=True, eq=False)
class Return(Statement):
    """Leave the function."""

    value: Expr | None


@dataclass(frozen=True, slots=True, eq=False)
class Label(Statement):
    """`yield "text"`: a boundary. `assigned` are the locals that have a value here."""

    text: str
    assigned: frozenset[str] = field(default=frozenset())


@dataclass(frozen=True, slots=True, eq=False)
class CallSteps(Statement):
    """`yield from f(...)`; the result goes to the local `target`, or is returned if `returns`."""

    function: Function
    args: tuple[Argument, ...]
    target: str | None
    returns: bool
    assigned: frozenset[str] = field(default=frozenset())


@dataclass(frozen=True, slots=True, eq=False)
class EachDevice(Statement):
    """Call a slot for every device; `args` are without the device, which stands at `position`."""

    slot: Function
    args: tuple[Argument, ...]
    position: int
    assigned: frozenset[str] = field(default=frozenset())


@dataclass(frozen=True, slots=True, eq=False)
class Wait(Statement):
    """A guard."""

    condition: Expr


@dataclass(frozen=True, slots=True, eq=False)
class Check(Statement):
    """A step assertion."""

    condition: Expr
    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Assert(Statement):
    """False is a model error."""

    condition: Expr
    text: str


@dataclass(frozen=True, slots=True, eq=False)
class Note(Statement):
    """Text for diagrams."""

    parts: tuple[str | Expr, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Atomic(Statement):
    """Why the step may be coarser than one access. `hardware`: it is never cut."""

    reason: str
    hardware: bool = False


Stmt = (
    AssignLocal
    | AssignPlace
    | Push
    | Do
    | If
    | While
    | For
    | Break
    | Continue
    | Return
    | Label
    | CallSteps
    | EachDevice
    | Wait
    | Check
    | Assert
    | Note
    | Atomic
)
Body = tuple[Stmt, ...]
