"""What model files declare, checked: sorts, states, functions, mechanisms, device types."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from ..ir.source import Span
from ..ir.system import PropertyKind
from .sorts import EnumSort, IndexSort, Sort, StateSort, ValueSort
from .tree import Body, Domain, Expr


class Role(Enum):
    """What a function is to the language."""

    OPERATION = "operation"
    HARDWARE = "hardware"
    HELPER = "helper"
    METHOD = "method"
    SLOT = "slot"
    PROPERTY = "property"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter; `sort` is a `StateSort` for parts of the state."""

    name: str
    sort: ValueSort | StateSort


@dataclass(frozen=True, slots=True)
class Declared:
    """A name that a reader can ask about: its docstring and where it is declared."""

    name: str
    docstring: str
    where: Span


@dataclass(frozen=True, slots=True)
class SortDecl(Declared):
    """An index sort or enumeration. `asymmetry` says why (and where) its values are not interchangeable."""

    sort: IndexSort | EnumSort
    asymmetry: tuple[tuple[Span, str], ...] = ()


@dataclass(frozen=True, slots=True)
class StateField(Declared):
    """A cell, table, struct or queue of a state. `initial` is its constant value; None: that of its struct or queue."""

    sort: Sort
    initial: Expr | None
    given: bool
    show: str | None


@dataclass(frozen=True, slots=True)
class StateDecl(Declared):
    """A part of the state of the world."""

    ghost: bool
    fields: tuple[StateField, ...]

    def field(self, name: str) -> StateField | None:
        """The field of this name."""
        return next((item for item in self.fields if item.name == name), None)


@dataclass(frozen=True, slots=True)
class MechanismDecl(Declared):
    """A design variable: a truth or one of the members of an enumeration."""

    sort: ValueSort
    meaning: str
    since: str
    commit: str
    prevents: str
    evidence: str

    @property
    def labels(self) -> tuple[str, ...]:
        """Its alternatives, in order."""
        return self.sort.members if isinstance(self.sort, EnumSort) else ("False", "True")


@dataclass(frozen=True, slots=True)
class Options:
    """What a decorator says of an operation."""

    source: str = ""
    seen: str = ""
    litmus: str | None = None
    atomic: str | None = None
    spontaneous: bool = False
    device: str | None = None
    """Name of the device type that the operation is for."""
    unit: str | None = None
    per: IndexSort | None = None
    owed: bool = False


@dataclass(slots=True, eq=False)
class Function:
    """An operation, helper, method, slot or property. The checker fills in the body and what it found out about it."""

    name: str
    role: Role
    where: Span
    docstring: str
    parameters: tuple[Parameter, ...]
    result: ValueSort
    steps: bool
    """Whether it yields."""
    options: Options = Options()
    kind: PropertyKind | None = None
    owner: str | None = None
    """The struct of a method."""
    body: Body = ()
    locals: dict[str, ValueSort] = field(default_factory=dict)
    """Sort of every local, parameters excluded."""
    assigned: frozenset[str] = frozenset()
    """Parameters that the body assigns."""
    definitions: dict[str, Expr | CallResult] = field(default_factory=dict)
    """The one value of each local integer without an annotation."""
    pure: bool = False
    """Whether it is an expression helper."""
    loops: dict[str, list[Domain]] = field(default_factory=dict)
    """Its loop variables, each with what it runs over."""
    values: tuple[Parameter, ...] = field(init=False)
    """The parameters that are values, not parts of the state."""

    def __post_init__(self) -> None:
        self.values = tuple(item for item in self.parameters if not isinstance(item.sort, StateSort))

    @property
    def litmus(self) -> str | None:
        """The form of its litmus line."""
        return self.options.litmus


@dataclass(frozen=True, slots=True)
class CallResult:
    """A local that takes the result of an operation."""

    sort: ValueSort


@dataclass(frozen=True, slots=True, eq=False)
class DeviceTypeDecl(Declared):
    """A device type: the function that fills each slot (by the slot's name), and the mechanisms it needs."""

    fills: Mapping[str, Function]
    needs: tuple[str, ...]


@dataclass(frozen=True)
class Model:
    """Everything that the files of a model declare, by name; names are unique in their group."""

    sorts: Mapping[str, SortDecl]
    states: Mapping[str, StateDecl]
    operations: Mapping[str, Function]
    """Operations and hardware operations."""
    mechanisms: Mapping[str, MechanismDecl]
    device_types: Mapping[str, DeviceTypeDecl]
    slots: Mapping[str, Function]
    properties: Mapping[str, Function]
    structs: Mapping[str, Sort] = field(default_factory=dict)
    files: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The lines of every file that was read, by the path that spans name."""
