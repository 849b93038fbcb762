"""What the C sources look like from Python: `struct search`, the functions of a driver, the tables of the machine."""

from __future__ import annotations

import ctypes
from array import array
from collections.abc import Iterable
from ctypes import POINTER, c_char_p, c_int32, c_int64, c_uint8, c_uint32, c_uint64, c_void_p
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

from shootdown.model.ir.internal import InternalError

from .build import SOURCES
from .bytecode import Program
from .layout import Packing

ABI = 11
BATCH = 256
NEVER = 2**64 - 1


class Outcome(IntEnum):
    """What a call of a driver returns; as `enum outcome` in search.h."""

    SLICE_OVER = 0
    PROBLEM = 1
    DECIDED = 2
    EXHAUSTED = 3
    FULL_STATES = 4
    FULL_DEPTH = 5
    FULL_MEMORY = 6
    FAULT = 7
    DONE = 8


ON_DISK = 2
"""What `out_of_memory` is where there was no room on a disk; as `enum room` in search.h."""


class GoalKind(IntEnum):
    """What the backward pass starts from; as `enum goal` in search.h."""

    STATE = 0
    END = 1
    STUCK = 2
    STEP = 3
    PROBLEM = 4


def at_most(limit: int | None) -> int:
    """A limit as C reads it: one that no search comes to is none."""
    return NEVER if limit is None else min(max(limit, 0), NEVER)


class Run(ctypes.Structure):
    """`struct run`."""

    _fields_ = (("state", c_uint64), ("agent", c_uint32), ("start", c_uint32))


class Table(ctypes.Structure):
    """`struct table`."""

    _fields_ = (("pieces", c_uint64 * 4 * 16), ("piece_bits", c_uint64))


def _counters(names: str) -> list[tuple[str, type[c_uint64]]]:
    return [(name, c_uint64) for name in names.split()]


class Search(ctypes.Structure):
    """`struct search`."""

    _fields_ = (
        *_counters("words stride agents max_states max_depth max_bytes wanted threads chunk_states fewest_states"),
        ("prints", c_uint64),
        ("folder", c_char_p),
        ("machine", c_void_p),
        ("machines", c_void_p),
        ("initial", c_void_p),
        ("fired", c_void_p),
        ("fired_count", c_uint64),
        *_counters("count transitions problems depth suspects found"),
        ("found_depth", c_uint64 * 64),
        *_counters("problem_depth fault bytes"),
        ("pack", c_void_p),
        *_counters("pack_after pack_percent"),
        ("store", c_void_p),
        ("store_range", c_uint64),
        ("log", c_void_p),
        ("files", c_int64 * 3),
        ("capacity", c_uint64),
        ("table", Table),
        *_counters("split_lines most_entries most_position"),
        ("levels", POINTER(c_uint64)),
        ("levels_capacity", c_uint64),
        ("cursor", c_uint64),
        ("quiet", POINTER(c_uint64)),
        ("quiet_word", c_uint64),
        ("batch", c_void_p),
        ("limit", c_void_p),
        ("recent", c_void_p),
        ("recent_bits", c_uint64),
        *_counters("sink progress violated fresh out_of_memory"),
        *_counters("goal goal_bit goal_depth pass_depth pass_cursor"),
        ("marks", POINTER(c_uint8)),
        *_counters("mark_bytes cost_bytes"),
        *_counters("run_count run_state run_agent run_start"),
        ("live", POINTER(c_uint64)),
        *_counters("pass_phase hit"),
        ("edge_first", c_void_p),
        ("edges", c_void_p),
        *_counters("edge_count edge_capacity"),
        ("queue", c_void_p),
        *_counters("queued stuck_depth"),
        ("crew", c_void_p),
        ("hashes", c_uint64 * BATCH),
        ("likely", c_int64 * BATCH),
        ("roots", c_uint64 * BATCH),
        ("runs", Run * (BATCH + 1)),
    )


_Open = ctypes.CFUNCTYPE(c_int64, POINTER(Search))
_Slice = ctypes.CFUNCTYPE(c_int64, POINTER(Search), c_uint64)
_Load = ctypes.CFUNCTYPE(c_int64, POINTER(Search), c_uint64, c_uint64, POINTER(c_uint64))
_Words = ctypes.CFUNCTYPE(c_int64, POINTER(Search), c_uint64, POINTER(c_uint64))
_Find = ctypes.CFUNCTYPE(c_int64, POINTER(Search), POINTER(c_uint64))


class Driver(ctypes.Structure):
    """`struct driver`: the search over one way to run steps."""

    _fields_ = (
        ("abi", c_uint64),
        ("search_size", c_uint64),
        ("open", _Open),
        ("run", _Slice),
        ("mark", _Slice),
        ("stuck", _Slice),
        ("find", _Find),
        ("load", _Load),
        ("add", _Words),
        ("set_levels", _Words),
        ("forget", _Open),
        ("close", _Open),
    )


def driver(library: ctypes.CDLL, symbol: str) -> Driver:
    """The driver that a library defines."""
    found = Driver.in_dll(library, symbol)
    if found.abi != ABI or found.search_size != ctypes.sizeof(Search):
        raise InternalError("the sources of the native engine and its Python side do not fit together")
    return found


MACHINE_SYMBOL = "shootdown_machine"


def machine_source() -> str:
    """The C source of the register machine."""
    return Path(SOURCES, "machine.c").read_text()


class Cell(ctypes.Structure):
    """`struct cell`."""

    _fields_ = (("word", c_uint64), ("shift", c_uint64), ("mask", c_uint64), ("lo", c_int64), ("hi", c_int64))


class Machine(ctypes.Structure):
    """`struct machine`."""

    _fields_ = (
        ("code", c_void_p),
        ("cells", POINTER(Cell)),
        ("cell_count", c_uint64),
        ("varying", c_void_p),
        ("varying_count", c_uint64),
        ("seen", c_void_p),
        ("seen_count", c_uint64),
        ("entries", c_void_p),
        ("points", c_void_p),
        ("agent_points", c_void_p),
        ("agent_cells", c_void_p),
        ("check_state", c_uint64),
        ("check_end", c_uint64),
        ("frame", c_void_p),
        ("judged", c_void_p),
        ("choices", c_void_p),
        ("written", c_void_p),
        ("noted", c_void_p),
    )


@dataclass(frozen=True)
class LoadedProgram:
    """A program where C can read it, for one thread; `keep` holds the memory that `machine` points to."""

    program: Program
    machine: Machine
    keep: tuple[object, ...]


def load_program(program: Program, packing: Packing) -> LoadedProgram:
    """Lay a program out for the machine."""
    slots = packing.slots
    cells = (Cell * len(slots))(
        *[Cell(slot.word, slot.shift, (1 << slot.bits) - 1, slot.lo, slot.hi) for slot in slots]
    )
    start = [slot.lo for slot in slots] + [0] * program.registers + program.constants
    frame, judged = array("q", start), array("q", start)
    choices = array("q", bytes(8 * (program.most_choices + 2)))
    written = words(bytes(16 * (program.most_writes + 1)))
    noted = words(bytes(8 * (program.most_notes + 1)))
    agent_cells = words(packing.layout.points)
    varying = words(position for position, slot in enumerate(slots) if slot.bits)
    seen = words(sorted(program.seen & set(varying)))
    machine = Machine(
        code=_address(program.code),
        cells=cells,
        cell_count=len(slots),
        varying=_address(varying),
        varying_count=len(varying),
        seen=_address(seen),
        seen_count=len(seen),
        entries=_address(program.entries),
        points=_address(program.points),
        agent_points=_address(program.agent_points),
        agent_cells=_address(agent_cells),
        check_state=program.check_state,
        check_end=program.check_end,
        frame=_address(frame),
        judged=_address(judged),
        choices=_address(choices) + 8,
        written=_address(written),
        noted=_address(noted),
    )
    return LoadedProgram(program, machine, (cells, frame, judged, choices, written, noted, agent_cells, varying, seen))


def words(values: Iterable[int] | bytes) -> array[int]:
    """An array of 64-bit words."""
    return array("Q", values)


def _address(values: array[int]) -> int:
    return values.buffer_info()[0]


assert ctypes.sizeof(c_int32) == array("i").itemsize
