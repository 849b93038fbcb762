"""Shared variables: which arrays hold each declared place, their initial values, and how they look."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ...ir.expr import Const, Expr, Operator
from ...ir.system import Array
from ...ir.views import QueueView, Variable, View
from .. import sorts
from ..errors import RequestError
from ..model import StateField
from ..world import Value
from .shapes import Mask, Option, Scalar, Shape, Val, bounds, suffixes, view
from .terms import conj, disj, op
from .world import Setting

Path = tuple[str, ...]
"""A state, a field of it, and the struct members below."""


@dataclass(frozen=True, eq=False)
class Cells:
    """A declared place: its key shapes, its value's shape (the element's for a queue), and its arrays.

    `arrays` are the leaves; a queue's length comes first and its elements have one more dimension.
    """

    path: Path
    name: str
    keys: tuple[Scalar, ...]
    shape: Shape
    arrays: tuple[str, ...]
    initial: tuple[int, ...]
    capacity: int | None = None
    ghost: bool = False
    given: Mapping[tuple[int, ...], tuple[int, ...]] | None = None
    show: str | None = None

    @property
    def dims(self) -> tuple[int, ...]:
        """Number of values of each key."""
        return tuple(max(0, item.hi - item.lo + 1) for item in self.keys)


@dataclass(eq=False)
class Memory:
    """All places of the model in one world. `used` are those that the lowering met."""

    setting: Setting
    used: dict[Path, Cells] = field(default_factory=dict)
    known: dict[Path, Cells] = field(default_factory=dict)
    short: dict[str, int] = field(default_factory=dict)
    """How many states have a field of each name."""

    def __post_init__(self) -> None:
        if not self.short:
            for state in self.setting.model.states.values():
                for item in state.fields:
                    self.short[item.name] = self.short.get(item.name, 0) + 1

    def fresh(self) -> Memory:
        """The same places, none of them used."""
        return Memory(self.setting, {}, self.known, self.short)

    def find(self, path: Path) -> Cells:
        """The place at a path."""
        found = self.used.get(path)
        if found is None:
            if path not in self.known:
                self.known[path] = self._find(path)
            found = self.used[path] = self.known[path]
        return found

    def _find(self, path: Path) -> Cells:
        state = self.setting.model.states[path[0]]
        declared = state.field(path[1])
        assert declared is not None
        base = path[1] if self.short[path[1]] == 1 else f"{path[0]}.{path[1]}"
        keys: list[Scalar] = []
        sort, initial = declared.sort, declared.initial
        for member in path[2:]:
            sort = self._into(sort, keys)
            assert isinstance(sort, sorts.StructSort)
            inner = sort.field(member)
            assert inner is not None
            sort, initial = inner.sort, inner.default
        sort = self._into(sort, keys)
        name = ".".join((base, *path[2:]))
        return self._cells(path, name, tuple(keys), sort, initial, declared, state.ghost)

    def _into(self, sort: sorts.Sort, keys: list[Scalar]) -> sorts.Sort:
        if isinstance(sort, sorts.TableSort):
            keys += [self.setting.scalar(item) for item in sort.keys]
            return sort.value
        return sort

    def _cells(
        self,
        path: Path,
        name: str,
        keys: tuple[Scalar, ...],
        sort: sorts.Sort,
        initial: object,
        declared: StateField,
        ghost: bool,
    ) -> Cells:
        from .constants import constant

        if isinstance(sort, sorts.QueueSort):
            shape = self.setting.shape(sort.element)
            assert sort.capacity is not None
            capacity = self.setting.constant(sort.capacity)
            arrays = (f"{name}.len", *(f"{name}.items{suffix}" for suffix in suffixes(shape)))
            rest = tuple(lo for lo, _ in bounds(shape))
            return Cells(path, name, keys, shape, arrays, (0, *rest), capacity, ghost, None, declared.show)
        shape = self.setting.shape(sort)  # type: ignore[arg-type]
        arrays = tuple(f"{name}{suffix}" for suffix in suffixes(shape))
        if declared.given:
            stated = self._given(path, keys, shape)
            return Cells(path, name, keys, shape, arrays, (), None, ghost, stated)
        values = constant(self.setting, initial, shape, f"initial value of {name}")
        return Cells(path, name, keys, shape, arrays, values, None, ghost, None, declared.show)

    def _given(self, path: Path, keys: tuple[Scalar, ...], shape: Shape) -> dict[tuple[int, ...], tuple[int, ...]]:
        title = ".".join(path)
        where = f"world.given.{title}"
        stated = self.setting.world.given.get(title)
        if title not in self.setting.world.given:
            under = "each [world.Device.NAME]" if [key.sort for key in keys] == ["Device"] else "[world.given]"
            raise RequestError(where, f"the world does not give {title}", f"write {path[1]} = ... under {under}")
        if not keys:
            if isinstance(stated, Mapping):
                raise RequestError(where, f"{title} is one value, not a table")
            return {(): self._stated(where, shape, stated)}
        if not isinstance(stated, Mapping):
            raise RequestError(where, f"{title} is a table", "name a value for each key")
        found: dict[tuple[int, ...], tuple[int, ...]] = {}
        for row, value in stated.items():
            words = str(row).split()
            if len(words) != len(keys):
                raise RequestError(f"{where}.{row}", f"{title} has {len(keys)} keys", "separate keys by a space")
            index = [self.setting.label(f"{where}.{row}", k, word) for k, word in zip(keys, words, strict=True)]
            found[tuple(i - k.lo for i, k in zip(index, keys, strict=True))] = self._stated(
                f"{where}.{row}", shape, value
            )
        return found

    def _stated(self, where: str, shape: Shape, value: Value) -> tuple[int, ...]:
        match shape:
            case Option(Scalar() as inner):
                return (0,) if value is None else (self.setting.label(where, inner, value) - inner.lo + 1,)
            case Scalar():
                return (self.setting.label(where, shape, value),)
            case Mask(Scalar() as element):
                words = str(value if value is not None else "").split()
                return (sum(1 << (self.setting.label(where, element, word) - element.lo) for word in words),)
            case _:
                raise RequestError(where, "a record cannot be given", "give its fields one by one")

    def arrays(self, initial: Mapping[str, tuple[int, ...]]) -> Iterator[Array]:
        """The arrays of all places that were used, in the order of declaration."""
        for cells in self._ordered():
            yield from arrays_of(cells, initial)

    def _ordered(self) -> list[Cells]:
        order: dict[str, int] = {}
        for state in self.setting.model.states.values():
            for item in state.fields:
                order[f"{state.name}.{item.name}"] = len(order)
        return sorted(self.used.values(), key=lambda c: (order[".".join(c.path[:2])], self._member(c.path)))

    def _member(self, path: Path) -> tuple[int, ...]:
        sort: sorts.Sort = self.setting.model.states[path[0]].field(path[1]).sort  # type: ignore[union-attr]
        made = []
        for name in path[2:]:
            sort = sort.value if isinstance(sort, sorts.TableSort) else sort
            assert isinstance(sort, sorts.StructSort)
            names = [item.name for item in sort.fields]
            made.append(names.index(name))
            sort = sort.fields[made[-1]].sort
        return tuple(made)

    def variables(self) -> Iterator[Variable]:
        """What a reader is shown of the places that were used."""
        for cells in self._ordered():
            if cells.given is not None:
                continue
            shown: View = view(cells.shape)
            if cells.capacity is not None:
                shown = QueueView(shown, cells.capacity)
            keys = tuple(labels(item) for item in cells.keys)
            show = cells.show
            if show is not None and len(cells.path) > 2:
                show = show.replace("{value}", f"{'.'.join(cells.path[2:])} {{value}}")
            yield Variable(cells.name, cells.path[0], keys, shown, cells.arrays, show, cells.ghost)


def arrays_of(cells: Cells, initial: Mapping[str, tuple[int, ...]]) -> Iterator[Array]:
    """The arrays of a place; `initial` has the values of those that do not start as declared."""
    if cells.given is not None:
        return
    size = 1
    for dim in cells.dims:
        size *= dim
    for name, (lo, hi), first, deep in _spans(cells):
        dims = (*cells.dims, cells.capacity or 0) if deep else cells.dims
        count = size * (cells.capacity or 0) if deep else size
        yield Array(name, dims, lo, hi, initial.get(name, (first,) * count), cells.ghost)


def _spans(cells: Cells) -> list[tuple[str, tuple[int, int], int, bool]]:
    if cells.capacity is None:
        rows = zip(cells.arrays, bounds(cells.shape), cells.initial, strict=True)
        return [(name, pair, first, False) for name, pair, first in rows]
    inner = zip(cells.arrays[1:], bounds(cells.shape), cells.initial[1:], strict=True)
    head = (cells.arrays[0], (0, cells.capacity), 0, False)
    return [head, *((name, pair, first, True) for name, pair, first in inner)]


def labels(shape: Scalar) -> tuple[str, ...]:
    """The names of all values of a scalar."""
    return shape.labels or tuple(str(value) for value in range(shape.lo, shape.hi + 1))


def choose_given(cells: Cells, indices: Sequence[Expr]) -> Val | None:
    """The value of a given place; None if the world gives no value for a key that may be asked for."""
    assert cells.given is not None
    rows = cells.given
    if all(isinstance(index, Const) for index in indices):
        asked = tuple(index.value for index in indices if isinstance(index, Const))
        row = rows.get(asked)
        return Val(cells.shape, tuple(Const(leaf) for leaf in row)) if row is not None else None
    if not rows:
        return None
    made: list[Expr] = []
    for leaf in range(len(next(iter(rows.values())))):
        made.append(_select({index: row[leaf] for index, row in rows.items()}, indices))
    return Val(cells.shape, tuple(made))


def is_given(cells: Cells, indices: Sequence[Expr]) -> Expr:
    """Whether the world gives the value for these indices."""
    assert cells.given is not None
    total = 1
    for dim in cells.dims:
        total *= dim
    if len(cells.given) == total:
        return Const(1)
    rows = (conj(*(op(Operator.EQ, i, Const(v)) for i, v in zip(indices, row, strict=True))) for row in cells.given)
    return disj(*rows)


def _select(rows: dict[tuple[int, ...], int], indices: Sequence[Expr]) -> Expr:
    if not indices:
        return Const(rows[()])
    firsts = sorted({index[0] for index in rows})
    made: Expr | None = None
    for first in reversed(firsts):
        inner = _select({index[1:]: value for index, value in rows.items() if index[0] == first}, indices[1:])
        made = inner if made is None else op(Operator.ITE, op(Operator.EQ, indices[0], Const(first)), inner, made)
    assert made is not None
    return made
