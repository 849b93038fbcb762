"""Type variables of values that may be elements of an index sort, unified by what is compared or copied."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum


class Kind(Enum):
    """How an element is written: its position; 0 for none, else its position plus one; a bit of a mask."""

    INDEX = 0
    OPTION = 1
    MASK = 2

    def most(self, size: int) -> int:
        """The largest value of an entry, for a sort with so many elements."""
        return (size - 1, size, (1 << size) - 1)[self.value]

    def elements(self, value: int) -> Iterator[int]:
        """The elements that a value names."""
        match self:
            case Kind.INDEX:
                yield value
            case Kind.OPTION:
                if value:
                    yield value - 1
            case Kind.MASK:
                yield from (bit for bit in range(value.bit_length()) if value >> bit & 1)

    def renamed(self, value: int, renaming: Sequence[int]) -> int:
        """The value with every element called what `renaming` says."""
        match self:
            case Kind.INDEX:
                return renaming[value]
            case Kind.OPTION:
                return renaming[value - 1] + 1 if value else 0
            case Kind.MASK:
                return sum(1 << renaming[bit] for bit in range(len(renaming)) if value >> bit & 1)

    def shape(self, value: int) -> int:
        """What a value says, whatever elements are called: whether there is one, or how many."""
        return (0, int(value != 0), value.bit_count())[self.value]


@dataclass
class Types:
    """Type variables, unified: what a type is, once it is known, and the sort of its elements."""

    parents: list[int] = field(default_factory=list)
    shapes: dict[int, tuple[Kind | None, int]] = field(default_factory=dict)
    """By representative: how elements are written, and of which sort; None: a number."""
    sorts: list[int] = field(default_factory=list)
    against: dict[int, str] = field(default_factory=dict)

    def new(self) -> int:
        """A type of which nothing is known."""
        self.parents.append(len(self.parents))
        return len(self.parents) - 1

    def sort(self) -> int:
        """A new sort."""
        self.sorts.append(len(self.sorts))
        return len(self.sorts) - 1

    def is_a(self, kind: Kind | None, sort: int = -1) -> int:
        """A new type that is known."""
        made = self.new()
        self.shapes[made] = kind, sort
        return made

    def root(self, of: int) -> int:
        """The representative of a type."""
        while self.parents[of] != of:
            self.parents[of] = self.parents[self.parents[of]]
            of = self.parents[of]
        return of

    def sort_root(self, of: int) -> int:
        """The representative of a sort."""
        while self.sorts[of] != of:
            of = self.sorts[of]
        return of

    def shape(self, of: int) -> tuple[Kind | None, int] | None:
        """What is known of a type."""
        return self.shapes.get(self.root(of))

    def unify(self, a: int, b: int, where: str) -> None:
        """Let two types be one."""
        a, b = self.root(a), self.root(b)
        if a == b:
            return
        first, second = self.shapes.get(a), self.shapes.pop(b, None)
        self.parents[b] = a
        if first is None and second is not None:
            self.shapes[a] = second
        elif first is not None and second is not None:
            self._same(first, second, where)

    def _same(self, a: tuple[Kind | None, int], b: tuple[Kind | None, int], where: str) -> None:
        if a[0] is not b[0]:
            for kind, sort in (a, b):
                if kind is not None:
                    self.object(sort, f"an element is used as a number ({where})")
        elif a[0] is not None:
            self.join(a[1], b[1])

    def join(self, a: int, b: int) -> None:
        """Let two sorts be one."""
        a, b = self.sort_root(a), self.sort_root(b)
        if a != b:
            self.sorts[b] = a
            if b in self.against:
                self.object(a, self.against[b])

    def object(self, sort: int, why: str) -> None:
        """Note why a sort is not symmetric, the first reason only."""
        self.against.setdefault(self.sort_root(sort), why)
