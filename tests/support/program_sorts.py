"""The sorts of random programs, each with its annotation, and what a random program declares."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Truth:
    """`bool`."""


@dataclass(frozen=True)
class Number:
    """An integer with its bounds."""

    lo: int
    hi: int


@dataclass(frozen=True)
class Listed:
    """An enumeration or an index sort with its members or elements."""

    name: str
    values: tuple[str, ...]
    index: bool
    ordered: bool = False


@dataclass(frozen=True)
class Maybe:
    """`T | None`."""

    inner: Sort


@dataclass(frozen=True)
class Tuple:
    """A record; `defaults` holds the text of the default of some of its fields."""

    name: str
    fields: tuple[tuple[str, Sort], ...]
    defaults: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Some:
    """`frozenset[T]`."""

    element: Sort


@dataclass(frozen=True)
class Stretch:
    """`Range[T]`."""

    index: Listed


Sort = Truth | Number | Listed | Maybe | Tuple | Some | Stretch
Scalar = Truth | Number | Listed

TRUTH = Truth()


def annotation(sort: Sort) -> str:
    """The sort as a program writes it."""
    match sort:
        case Truth():
            return "bool"
        case Number(lo, hi):
            return f"Annotated[int, Between({lo}, {hi})]"
        case Listed(name) | Tuple(name):
            return name
        case Maybe(inner):
            return f"{annotation(inner)} | None"
        case Some(element):
            return f"frozenset[{annotation(element)}]"
        case Stretch(index):
            return f"Range[{index.name}]"


def is_scalar(sort: Sort) -> bool:
    """Whether a value is one integer by itself."""
    return isinstance(sort, Truth | Number | Listed)


@dataclass(frozen=True)
class Struct:
    """A struct: fields that are cells, and one queue if `queue` says its element and capacity."""

    name: str
    fields: tuple[tuple[str, Sort], ...]
    queue: tuple[Sort, int] | None = None


@dataclass(frozen=True)
class Place:
    """A cell or queue, a table of them, or those of a struct.

    `path` stands behind the state; the keys stand where it says `[]`. `owner` is the state, or "self" in methods.
    """

    owner: str
    path: str
    keys: tuple[Sort, ...]
    value: Sort
    capacity: int | None = None
    """Of a queue."""
    ghost: bool = False
    given: bool = False


@dataclass(frozen=True)
class Signature:
    """A function that programs call; `state` is the class of its first parameter ("" for a method)."""

    name: str
    state: str
    parameters: tuple[tuple[str, Sort], ...]
    result: Sort | None
    steps: bool = False
    pure: bool = False
    """An expression helper."""
    total: bool = False
    """It cannot go wrong."""
    ghost: bool = False
    """It reads ghost state."""
    reads: bool = True
    guards: bool = False
    device: bool = False
    """A slot: its first value is a device."""


@dataclass(frozen=True)
class StructPlace:
    """Where a struct stands."""

    owner: str
    path: str
    keys: tuple[Sort, ...]
    struct: Struct


@dataclass
class Schema:
    """What a program declares so far."""

    listed: tuple[Listed, ...] = ()
    records: tuple[Tuple, ...] = ()
    structs: tuple[Struct, ...] = ()
    states: tuple[str, ...] = ()
    places: tuple[Place, ...] = ()
    struct_places: tuple[StructPlace, ...] = ()
    mechanisms: tuple[tuple[str, Listed | None], ...] = ()
    """Each with its enumeration; None: bool."""
    helpers: list[Signature] = field(default_factory=list)
    methods: dict[str, list[Signature]] = field(default_factory=dict)
    operations: list[Signature] = field(default_factory=list)
    slots: list[Signature] = field(default_factory=list)
    assertions: tuple[str, ...] = ()
    devices: tuple[tuple[str, str], ...] = ()
    """Devices of the world with the name of their type."""
    risky: bool = False
    """Steps may go wrong."""
    loud: bool = True
    """The first step of every operation does more than compute."""
