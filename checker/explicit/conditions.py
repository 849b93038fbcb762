"""Which conditions of an agent read the same words of a packed state: the native search asks for them together."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from .layout import Packing

LARGEST = 64
"""Conditions of a group: their values are the bits of a word."""


@dataclass(frozen=True)
class Group:
    """Conditions, by number, that read the same words; `parts` are these, each with the bits of it that are read."""

    conditions: tuple[int, ...]
    parts: tuple[tuple[int, int], ...]


def group_conditions(asked: Iterable[tuple[int, Collection[int]]], packing: Packing) -> tuple[Group, ...]:
    """All conditions, in groups, by their agent and the entries of the state that each reads."""
    read = []
    by_words: dict[tuple[int, tuple[int, ...]], list[int]] = {}
    for number, (agent, entries) in enumerate(asked):
        read.append(_parts(entries, packing))
        by_words.setdefault((agent, tuple(sorted(read[-1]))), []).append(number)
    found = []
    for (_, words), numbers in sorted(by_words.items()):
        for first in range(0, len(numbers), LARGEST):
            members = tuple(numbers[first : first + LARGEST])
            bits = dict.fromkeys(words, 0)
            for number in members:
                for word, mask in read[number].items():
                    bits[word] |= mask
            found.append(Group(members, tuple(bits.items())))
    return tuple(found)


def _parts(entries: Iterable[int], packing: Packing) -> dict[int, int]:
    """The words in which entries lie that are not constant, and their bits there."""
    found: dict[int, int] = {}
    for slot in map(packing.slots.__getitem__, entries):
        if slot.bits:
            found[slot.word] = found.get(slot.word, 0) | ((1 << slot.bits) - 1) << slot.shift
    return found
