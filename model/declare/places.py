"""Places: cells, tables, structs and queues, and what declares them.

A place is a view of the cells of a run; values live nowhere else, so a run can be put back to an earlier moment.
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from itertools import product
from typing import Annotated, Any, Generic, TypeVar, cast, get_args, get_origin, overload

from .bounds import Between, conform, sorts_of
from .cells import Address, Cells
from .given import given_value, is_given
from .outcomes import ModelErrorRaised, WorldTooSmallRaised
from .shown import text
from .sizes import members

K = TypeVar("K")
V = TypeVar("V")
T = TypeVar("T")
S = TypeVar("S", bound="Struct")


@dataclass(frozen=True)
class Declared:
    """What `table`, `place`, `queue` or `given` said in a declaration."""

    kind: str
    argument: Any = None
    show: str | None = None


@overload
def table(default: type[S], *, show: str | None = None) -> Table[Any, S]: ...
@overload
def table(default: V, *, show: str | None = None) -> Table[Any, V]: ...
def table(default: object, *, show: str | None = None) -> Table[Any, Any]:
    """One cell a key, each with this initial value: a value, a struct class or `queue(n)`. `show`: text of a change."""
    return cast(Table[Any, Any], Declared("table", default, show))


def place(struct: type[S]) -> S:
    """One struct."""
    return cast(S, Declared("place", struct))


def queue(capacity: int) -> Queue[Any]:
    """An empty queue of at most `capacity` elements."""
    return cast(Queue[Any], Declared("queue", capacity))


def given() -> Any:
    """A constant that the world states."""
    return Declared("given")


class Member:
    """A declared member of a struct or state, read and written through the cells of its run."""

    def __init__(self, name: str, default: object) -> None:
        self.name = name
        self.default = default

    def __get__(self, owner: Struct | None, _: type[object]) -> Any:
        if owner is None:
            return self
        return look(owner.cells, (*owner.address, self.name), sorts_of(type(owner))[self.name], self.default)

    def __set__(self, owner: Struct, value: object) -> None:
        assign(owner.cells, (*owner.address, self.name), sorts_of(type(owner))[self.name], self.default, value)


class Struct:
    """A mutable place with named fields; its methods are helpers. It exists only inside a `State`."""

    cells: Cells
    address: Address

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        for name in inspect.get_annotations(cls):
            setattr(cls, name, Member(name, cls.__dict__.get(name)))


class Table(Generic[K, V]):
    """A total map from keys to cells, structs or queues."""

    def __init__(self, cells: Cells, address: Address, sort: object, declared: Declared) -> None:
        key, self.sort = get_args(sort)
        self.keys = key_sorts(key)
        self.cells, self.address, self.declared = cells, address, declared

    def __getitem__(self, key: K) -> V:
        return cast(V, look(self.cells, self._cell(key), self.sort, self.declared.argument))

    def __setitem__(self, key: K, value: V) -> None:
        default = self.declared if self.declared.kind == "given" else self.declared.argument
        assign(self.cells, self._cell(key), self.sort, default, value)

    def _cell(self, key: object) -> Address:
        keys = key if isinstance(key, tuple) else (key,)
        for part, sort in zip(keys, self.keys, strict=True):
            conform(part, sort, f"index of {show_address(self.address)}")
        return (*self.address, *keys)


class Queue(Generic[T]):
    """A bounded queue."""

    def __init__(self, cells: Cells, address: Address, sort: object, declared: Declared) -> None:
        (self.sort,) = get_args(sort)
        self.capacity = int(declared.argument)
        self.cells, self.address = cells, address

    def __len__(self) -> int:
        return len(self._items)

    @property
    def _items(self) -> tuple[T, ...]:
        return cast(tuple[T, ...], self.cells.values[self.address])

    @property
    def empty(self) -> bool:
        """Whether nothing is in the queue."""
        return not self._items

    @property
    def full(self) -> bool:
        """Whether the queue holds as much as it can."""
        return len(self._items) == self.capacity

    @property
    def head(self) -> T:
        """The oldest element; ModelErrorRaised if there is none."""
        if self.empty:
            raise ModelErrorRaised(f"{show_address(self.address)} is empty")
        return self._items[0]

    def push(self, element: T) -> None:
        """Add an element at the end; WorldTooSmallRaised if the queue is full."""
        if self.full:
            raise WorldTooSmallRaised(f"{show_address(self.address)} is full")
        conform(element, self.sort, show_address(self.address))
        self.cells.values[self.address] = (*self._items, element)

    def pop(self) -> T:
        """Take the oldest element; ModelErrorRaised if there is none."""
        head = self.head
        self.cells.values[self.address] = self._items[1:]
        return head


def show_address(address: Address) -> str:
    """The text of an address, such as `Kernel.lock.A.held`."""
    return ".".join(text(part) for part in address)


def look(cells: Cells, address: Address, sort: Any, default: Any) -> object:
    """What stands at an address: the value of a cell, or a view of a place."""
    origin = get_origin(sort) or sort
    if origin is Table or origin is Queue:
        return origin(cells, address, sort, default)
    if isinstance(origin, type) and issubclass(origin, Struct):
        return struct_at(cells, address, origin)
    if address not in cells.values:
        raise ModelErrorRaised(f"the world does not give {show_address(address)}")
    return cells.values[address]


def assign(cells: Cells, address: Address, sort: Any, default: object, value: object) -> None:
    """Store a value in a cell; TypeError if the address is that of a place or of a constant."""
    if address not in cells.values or isinstance(default, Declared):
        raise TypeError(f"{show_address(address)} is no cell that can be assigned")
    conform(value, sort, show_address(address))
    cells.values[address] = value


def struct_at(cells: Cells, address: Address, struct: type[S]) -> S:
    """The struct at an address."""
    made = object.__new__(struct)
    made.cells, made.address = cells, address
    return made


def key_sorts(key: object) -> tuple[object, ...]:
    """The sorts of the parts of a key."""
    return get_args(key) if get_origin(key) is tuple else (key,)


def values_of(sort: Any) -> tuple[object, ...]:
    """Every value of a sort that may be a key."""
    if get_origin(sort) is Annotated:
        bounds: Between = get_args(sort)[1]
        return tuple(range(int(bounds.lo), int(bounds.hi) + 1))
    return members(sort)


def fill(cells: Cells, address: Address, sort: Any, default: Any) -> None:
    """Give every cell at an address its initial value."""
    origin = get_origin(sort) or sort
    constant = isinstance(default, Declared) and default.kind == "given"
    if origin is Table:
        keys, value = get_args(sort)
        for key in product(*(values_of(part) for part in key_sorts(keys))):
            fill(cells, (*address, *key), value, default if constant else default.argument)
    elif origin is Queue:
        cells.values[address] = ()
    elif isinstance(origin, type) and issubclass(origin, Struct):
        for name, inner in sorts_of(origin).items():
            fill(cells, (*address, name), inner, origin.__dict__[name].default)
    elif not constant or is_given(address):
        cells.values[address] = given_value(address, sort) if constant else default
        conform(cells.values[address], sort, show_address(address))
