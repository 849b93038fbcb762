"""Packed states: where each entry of the state vector stands in the 64-bit words of the native engine.

An entry takes the bits that its bounds need and lies within one word. An array that is indexed by computed values is
regular: within one word, or over whole words with a power of two of cells in each.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass

from shootdown.model.ir.layout import Layout, State
from shootdown.model.ir.system import Array

from .specialise import Specialised, Unsupported

WORD = 64


@dataclass(frozen=True, slots=True)
class Slot:
    """Bits `shift` to `shift + bits - 1` of a word hold the value less `lo`; no bits: the value is always `lo`."""

    word: int
    shift: int
    bits: int
    lo: int
    hi: int


@dataclass(frozen=True, slots=True)
class Regular:
    """An array whose cell i lies `i * bits` bits from its first (`fold` None), or over words of 2**fold cells."""

    word: int
    shift: int
    bits: int
    fold: int | None


@dataclass(frozen=True, slots=True)
class Packing:
    """`slots` has one item per entry of the state vector; `regular` the arrays that can be indexed at run time."""

    words: int
    slots: tuple[Slot, ...]
    regular: dict[str, Regular]
    layout: Layout

    @property
    def stride(self) -> int:
        """Bytes of a stored state: of the last of several words only those that are in use."""
        last = max((slot.shift + slot.bits for slot in self.slots if slot.word == self.words - 1), default=0)
        unused = 0 if self.words == 1 or sys.byteorder == "big" else (WORD - last) // 8
        return 8 * self.words - unused

    def pack(self, state: State) -> tuple[int, ...]:
        """The words of a state."""
        words = [0] * self.words
        for slot, value in zip(self.slots, state, strict=True):
            assert slot.lo <= value <= slot.hi, f"value {value} outside {slot.lo}..{slot.hi}"
            words[slot.word] |= value - slot.lo << slot.shift
        return tuple(words)

    def unpack(self, words: Sequence[int]) -> State:
        """The state of some words."""
        return tuple((words[slot.word] >> slot.shift & (1 << slot.bits) - 1) + slot.lo for slot in self.slots)


def pack_system(specialised: Specialised, word_bits: int = WORD) -> Packing:
    """The packing of a system's states, with so many bits of each word in use.

    Raises `Unsupported` for values of more than 62 bits.
    """
    layout = Layout(specialised.system)
    fill = _Fill(word_bits)
    slots: list[Slot | None] = [None] * len(layout.bounds)
    regular: dict[str, Regular] = {}
    for array in specialised.system.arrays:
        first = layout.arrays[array.name]
        if array.name in specialised.constant:
            slots[first : first + array.size] = [Slot(0, 0, 0, value, value) for value in array.init]
    for array in _computed(specialised):
        bits, first = width(array.lo, array.hi), layout.arrays[array.name]
        placed = fill.together(bits, array.size)
        regular[array.name] = placed
        cells = [_cell(placed, index, array) for index in range(array.size)]
        slots[first : first + array.size] = cells
    left = [position for position, slot in enumerate(slots) if slot is None]
    for position in sorted(left, key=lambda position: -width(*layout.bounds[position])):
        lo, hi = layout.bounds[position]
        slots[position] = Slot(*fill.place(width(lo, hi)), width(lo, hi), lo, hi)
    return Packing(max(fill.words, 1), tuple(slot for slot in slots if slot is not None), regular, layout)


def _computed(specialised: Specialised) -> list[Array]:
    """The arrays that must be regular, the largest first."""
    arrays = [
        array
        for array in specialised.system.arrays
        if array.name in specialised.computed - specialised.constant and array.lo < array.hi
    ]
    return sorted(arrays, key=lambda array: -array.size * width(array.lo, array.hi))


def width(lo: int, hi: int) -> int:
    """Bits that the values from `lo` to `hi` need."""
    bits = (hi - lo).bit_length()
    if bits > WORD - 2:
        raise Unsupported(f"values from {lo} to {hi} need {bits} bits")
    return bits


def _cell(place: Regular, index: int, array: Array) -> Slot:
    if place.fold is None:
        return Slot(place.word, place.shift + index * place.bits, place.bits, array.lo, array.hi)
    stride = WORD >> place.fold
    inner = index & (1 << place.fold) - 1
    return Slot(place.word + (index >> place.fold), inner * stride, place.bits, array.lo, array.hi)


class _Fill:
    """Words filled from their low bits; an item goes to the first word with room."""

    def __init__(self, word_bits: int) -> None:
        self._word_bits = word_bits
        self._used: list[int] = []

    @property
    def words(self) -> int:
        return len(self._used)

    def place(self, bits: int) -> tuple[int, int]:
        if not bits:
            return 0, 0
        for word, used in enumerate(self._used):
            if used + bits <= self._word_bits:
                self._used[word] += bits
                return word, used
        self._used.append(bits)
        return len(self._used) - 1, 0

    def together(self, bits: int, count: int) -> Regular:
        """Room for an array that is indexed."""
        if bits * count <= self._word_bits:
            word, shift = self.place(bits * count)
            return Regular(word, shift, bits, None)
        cells = 1 << max(self._word_bits // bits, 1).bit_length() - 1
        first = len(self._used)
        self._used += [WORD] * (count // cells)
        if count % cells:
            self._used.append(count % cells * (WORD // cells))
        return Regular(first, 0, bits, cells.bit_length() - 1)
