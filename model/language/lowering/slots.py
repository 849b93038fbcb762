"""Slots of a process: where the locals of its activations stand, and what each slot has to hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from .. import tree, walk
from ..model import Function, Role
from ..sorts import IntSort, OptionSort, StateSort, ValueSort
from .scope import Kind, Top
from .shapes import Shape, bounds, truths
from .world import Setting


class Claim(NamedTuple):
    """What a slot has to hold: values from `lo` to `hi`, of these variables of operations."""

    lo: int
    hi: int
    names: tuple[str, ...]


Claims = dict[int, Claim]


def claim(claims: Claims, slot: int, more: Claim) -> None:
    """Add to what a slot has to hold."""
    known = claims.get(slot)
    if known is None:
        claims[slot] = more
    elif known != more:
        names = (*known.names, *(name for name in more.names if name not in known.names))
        claims[slot] = Claim(min(known.lo, more.lo), max(known.hi, more.hi), names)


@dataclass(eq=False)
class Slots:
    """The locals of a process: first those `reserved`, then of each kind as many as a chain of calls may need.

    Where a variable stands does not depend on what was lowered before it. Slots are shared by variables of one kind
    only, so that what one of them needs does not keep all the others.
    """

    reserved: int
    needed: Mapping[Kind, int]
    firsts: dict[Kind, int] = field(init=False)
    claims: Claims = field(default_factory=dict)
    """What the step that is being lowered needs of its slots."""

    def __post_init__(self) -> None:
        self.firsts = {}
        first = self.reserved
        for kind, count in sorted(self.needed.items()):
            self.firsts[kind] = first
            first += count

    @property
    def count(self) -> int:
        """How many slots there are."""
        return self.reserved + sum(self.needed.values())

    def place(self, kinds: Sequence[Kind], top: Top) -> tuple[tuple[int, ...], Top]:
        """The slots of a variable with leaves of these kinds, and what is taken then."""
        found = []
        taken = dict(top)
        for kind in kinds:
            count = taken.get(kind, 0)
            assert count < self.needed[kind], f"no slot left for {kind}"
            found.append(self.firsts[kind] + count)
            taken[kind] = count + 1
        return tuple(found), taken

    def claim(self, slot: int, name: str, lo: int = 0, hi: int = 0) -> None:
        """Say that a slot holds a variable, with values from `lo` to `hi`."""
        claim(self.claims, slot, Claim(min(0, lo), max(0, hi), (name,)))


def leaves(setting: Setting, function: Function, aliases: Collection[str]) -> dict[str, tuple[Kind, ...]]:
    """The leaves of each variable but `aliases`, which need no slots."""
    found: dict[str, tuple[Kind, ...]] = {}
    for item in function.values:
        assert not isinstance(item.sort, StateSort)
        if item.name not in aliases:
            found[item.name] = _kinds(setting.shape(item.sort))
    for name, sort in function.locals.items():
        found[name] = (_INTEGER,) if _is_integer(sort) else _kinds(setting.shape(sort))
    return found


_INTEGER = Kind(False, 0, -1)
"""Of a local whose bounds are those of what it is given."""


def _kinds(shape: Shape) -> tuple[Kind, ...]:
    return tuple(Kind(truth, *pair) for truth, pair in zip(truths(shape), bounds(shape), strict=True))


def _is_integer(sort: ValueSort) -> bool:
    return isinstance(sort, IntSort) or (isinstance(sort, OptionSort) and isinstance(sort.inner, IntSort))


def slots_needed(setting: Setting, functions: Sequence[Function], *, helpers: bool) -> Mapping[Kind, int]:
    """For each kind an upper bound of the leaves that activations below one of these operations hold at a time.

    `helpers`: helpers that act have activations, too.
    """
    depth = _Depth(setting, helpers=helpers)
    return _most(depth.of(function) for function in functions)


def _most(counts: Iterable[Counter[Kind]]) -> Counter[Kind]:
    found: Counter[Kind] = Counter()
    for each in counts:
        found |= each
    return found


class _Depth:
    """Leaves held by an operation and all that it may call, for each kind the longest chain counting."""

    def __init__(self, setting: Setting, *, helpers: bool) -> None:
        self._setting = setting
        self._helpers = helpers

    def of(self, function: Function) -> Counter[Kind]:
        """The bound for one operation; a model calls nothing in circles."""
        known = self._setting.slots_needed
        key = id(function), self._helpers
        if key not in known:
            known[key] = self._own(function) + _most(self._below(function))
        return known[key]

    def _own(self, function: Function) -> Counter[Kind]:
        return Counter(kind for kinds in leaves(self._setting, function, ()).values() for kind in kinds)

    def _below(self, function: Function) -> Iterator[Counter[Kind]]:
        for node in walk.statements(function.body):
            match node:
                case tree.CallSteps(function=called):
                    yield self._any(called)
                case tree.EachDevice(slot=slot):
                    yield self._own(slot) + self._any(slot)
            if self._helpers:
                for part in (part for expr in walk.own(node) for part in walk.expressions(expr)):
                    if isinstance(part, tree.Call):
                        yield self._any(part.function)

    def _any(self, called: Function) -> Counter[Kind]:
        """The bound for an operation or, of a slot of an ops table, for whatever fills it."""
        kinds = [self._setting.device_type(name) for name in self._setting.elements("Device")]
        fills = [kind.fills[called.name] for kind in kinds if called.name in kind.fills]
        return _most(self.of(each) for each in (called, *(fills if called.role is Role.SLOT else ())))
