"""The search with merging, partial-order and symmetry reduction, natively: what the interpreter's finds."""

from __future__ import annotations

import ctypes
import time
from array import array
from collections.abc import Iterable, Iterator, Sequence
from ctypes import POINTER, c_int64, c_uint64, c_void_p
from dataclasses import dataclass
from itertools import accumulate, chain
from pathlib import Path

from shootdown.model.ir.internal import InternalError
from shootdown.model.ir.system import PropertyKind, StepClass, System

from ..analysis.footprint import Footprint
from ..analysis.images import RouteKey, find_images
from ..analysis.independence import Independence, independence
from ..analysis.symmetry import Entry, SortTable, Symmetry
from ..options import Limits
from ..result import Reduced
from .build import SOURCES, Builder, default_builder
from .bytecode import Program, compile_program, read_by
from .conditions import Group, group_conditions
from .layout import Packing, pack_system
from .native import LoadedProgram, Outcome, at_most, load_program, machine_source, words
from .specialise import Specialised, specialise

_MOST_POINTS = 1 << 21
"""Control points of all agents: decisions.h keeps three places in a word."""
LONGEST_PASSAGE = 1000
"""As in the interpreter's search."""
_OWN = (
    "renaming.h",
    "reduction.h",
    "conditions.h",
    "ample.h",
    "decisions.h",
    "passages.h",
    "rounds.h",
    "reduced.h",
)
_ROUTE = 5
"""Numbers of a `struct route`."""
_SLICE = 50_000_000
_BETWEEN_REPORTS = 1.0
_FUNCTIONS: dict[str, list[type[c_uint64] | type[c_void_p]]] = {
    "open": [],
    "join": [c_uint64, c_void_p, c_void_p],
    "run": [c_uint64],
    "close": [],
}
NOTHING_SAVED = "nothing_saved"
TRIAL = 100_000
"""States that are enough to see that reductions save nothing:"""
_SAVED_AT_LEAST = 20
"""not one passed, expanded by one agent or exchanged for so many that are stored."""

_STOPPED = {Outcome.FULL_STATES: "max_states", Outcome.FULL_MEMORY: "max_memory"}


def _of(kind: type[c_uint64] | type[c_void_p], names: str) -> list[tuple[str, type[c_uint64] | type[c_void_p]]]:
    return [(name, kind) for name in names.split()]


class Reduction(ctypes.Structure):
    """`struct reduction`."""

    _fields_ = (
        *_of(c_uint64, "words agents max_states max_bytes wanted"),
        *_of(c_void_p, "machine initial fired"),
        *_of(c_uint64, "merge partial_order longest walk mask_words literal_words"),
        *_of(c_void_p, "first_route routes footprints literals targets"),
        *_of(c_uint64, "conditions group_count"),
        *_of(c_void_p, "groups parts condition_reads own excluded"),
        *_of(c_uint64, "route_count"),
        *_of(c_void_p, "met first_image images whole visible"),
        *_of(c_uint64, "sorts"),
        *_of(c_void_p, "elements"),
        *_of(c_uint64, "count depth level stuck surprises"),
        *_of(c_void_p, "store"),
        *_of(c_uint64, "capacity"),
        *_of(c_void_p, "table"),
        *_of(c_uint64, "table_bits"),
        *_of(c_void_p, "quiet"),
        *_of(c_uint64, "cursor last stage"),
        *_of(c_void_p, "rounds"),
        *_of(c_uint64, "transitions problems violated passed postponed renamed fault bytes"),
        ("storage", c_uint64 * 60),
    )


def reduced_source() -> str:
    """The C source of the search, register machine included."""
    own = (Path(SOURCES, name).read_text() for name in _OWN)
    return "\n".join([machine_source(), *own])


@dataclass(frozen=True, slots=True)
class Prepared:
    """A system, perhaps with a symmetry, and what every search of it goes by, whichever reductions it makes."""

    symmetry: Symmetry | None
    specialised: Specialised
    packing: Packing
    groups: Sequence[Group]
    tables: Independence
    program: Program


def prepare_reduced(system: System, symmetry: Symmetry | None = None) -> Prepared:
    """Get ready for searches of a system; raises `Unsupported`."""
    specialised = specialise(system)
    packing = pack_system(specialised)
    tables = independence(system, symmetry)
    asked = [(item.agent, item.expr) for item in tables.conditions]
    groups = group_conditions(read_by(specialised, packing, asked), packing)
    tables = tables.renumbered(chain.from_iterable(group.conditions for group in groups))
    program = compile_program(
        specialised, packing, [[asked[number] for number in group.conditions] for group in groups]
    )
    assert len(program.points) // 3 <= _MOST_POINTS
    return Prepared(symmetry, specialised, packing, groups, tables, program)


def explore_reduced(
    system: System | Prepared,
    limits: Limits,
    *,
    merge: bool = True,
    partial_order: bool = True,
    symmetry: Symmetry | None = None,
    walk: bool = True,
    trial: bool = False,
    builder: Builder | None = None,
) -> Reduced:
    """Search with these reductions; a keyboard interrupt stops the search with what it has covered.

    A search that met a way through a step that nobody was known to take begins again: random walks (`walk`) from the
    states that it has stored meet many of these early. The interpreter's search, which is the same, takes none.
    Nothing that is found depends on the number of threads (`Limits.native`), but where `max_memory` ends the search:
    each has tables of its own. On `trial` it is stopped by `NOTHING_SAVED` where the first of its states show that.
    Of the limits depth is not looked at. A system that is prepared has the symmetry that it was prepared with. Raises
    `NoCompiler` and `Unsupported`.
    """
    library = (builder or default_builder()).load(reduced_source(), "shootdown_reduced_run")
    prepared = system if isinstance(system, Prepared) else prepare_reduced(system, symmetry)
    search = _Search(library, prepared.specialised, prepared.packing, prepared.program, limits, trial)
    search.conditions(prepared.groups)
    search.tables(prepared.tables, prepared.symmetry)
    search.rename(() if prepared.symmetry is None else prepared.symmetry.tables)
    search.native.merge, search.native.partial_order, search.native.longest = merge, partial_order, LONGEST_PASSAGE
    search.native.walk = walk and partial_order  # nothing else rests on routes
    try:
        stopped, exhausted = search.run()
        return search.result(stopped, exhausted=exhausted)
    finally:
        library.shootdown_reduced_close(ctypes.byref(search.native))


@dataclass
class _Search:
    """One search and the memory that it reads."""

    library: ctypes.CDLL
    specialised: Specialised
    packing: Packing
    program: Program
    limits: Limits
    trial: bool

    def __post_init__(self) -> None:
        self.started = time.monotonic()
        for name, more in _FUNCTIONS.items():
            function = getattr(self.library, f"shootdown_reduced_{name}")
            function.restype, function.argtypes = c_int64, [POINTER(Reduction), *more]
        self.native = x = Reduction()
        self.loaded: LoadedProgram = load_program(self.program, self.packing)
        self.fired = [self._unfired()]
        self.kept: list[object] = []
        x.words, x.agents = self.packing.words, len(self.specialised.agents)
        x.max_states = self._most_states()
        x.max_bytes = at_most(self.limits.max_memory)
        kinds = {prop.kind for prop in self.specialised.system.properties}
        x.wanted = 0 if PropertyKind.NO_DEADLOCK in kinds else (1 << len(self.specialised.judged)) - 1
        x.machine = ctypes.addressof(self.loaded.machine)
        x.initial = self._address(self.packing.pack(self.packing.layout.initial))
        x.fired = self.fired[0].buffer_info()[0]

    def _most_states(self) -> int:
        most = at_most(self.limits.max_states)
        return min(most, TRIAL) if self.trial else most

    def _nothing_saved(self) -> bool:
        x = self.native
        return bool((x.passed + x.postponed + x.renamed) * _SAVED_AT_LEAST < x.count)

    def _unfired(self) -> array[int]:
        return array("I", bytes(4 * (self.specialised.step_count + 1)))

    def _address(self, values: Iterable[int]) -> int:
        held = words(values)
        self.kept.append(held)
        return int(held.buffer_info()[0])

    def conditions(self, groups: Sequence[Group]) -> None:
        """Lay out what the conditions read."""
        rows: list[int] = []
        parts: list[int] = []
        first = 0
        for group, code in zip(groups, self.program.conditions, strict=True):
            before, last = len(parts) // 2, first + len(group.conditions)
            parts += chain.from_iterable(group.parts)
            rows += [first, last, code, before, len(parts) // 2]
            first = last
        self.native.group_count = len(groups)
        self.native.groups, self.native.parts = self._address(rows), self._address(parts)

    def tables(self, tables: Independence, symmetry: Symmetry | None) -> None:
        """Lay the tables out for C."""
        images = find_images(tables, symmetry)
        x, bits = self.native, _Bits(tables)
        x.mask_words, x.literal_words = bits.words, max(1, -(-2 * len(tables.conditions) // 64))
        rows: list[int] = []
        first: list[int] = []
        keys: list[RouteKey] = []
        footprints: list[int] = []
        literals: list[int] = []
        targets: list[int] = []
        for agent, code in enumerate(self.specialised.agents):
            for point in range(len(code.process.points)):
                first.append(len(rows) // _ROUTE)
                for position, route in enumerate(tables.routes[agent].get(point, ())):
                    keys.append((agent, point, position))
                    before = len(literals), len(targets)
                    literals += [2 * number + wanted for number, wanted in route.literals]
                    targets += route.targets
                    progress = code.process.steps[route.step].kind is StepClass.PROGRESS
                    rows += [before[0], len(literals), before[1], len(targets), progress]
                    footprints += bits.footprint(route.footprint)
            first.append(len(rows) // _ROUTE)
        first.append(len(rows) // _ROUTE)
        x.first_route, x.routes = self._address(first), self._address(rows)
        x.footprints = self._address(footprints)
        numbers = {key: number for number, key in enumerate(keys)}
        rows_of_images = [[numbers[image] for image in images.get(key, ())] for key in keys]
        x.route_count, x.met = len(keys), self._address([0] * len(keys))
        x.first_image = self._address(accumulate(map(len, rows_of_images), initial=0))
        x.images = self._address(chain.from_iterable(rows_of_images))
        x.literals, x.targets = self._address(literals), self._address(targets)
        x.conditions = len(tables.conditions)
        x.condition_reads = self._address(
            word for condition in tables.conditions for word in bits.mask(condition.reads)
        )
        x.own = self._address(word for own in tables.own_literals for word in _split(own, x.literal_words))
        x.excluded = self._address(self._excluded(tables))
        none = [0] * (2 * x.literal_words)
        x.whole = self._address(word for whole in tables.whole for word in [*bits.footprint(whole), *none])
        x.visible = self._address(bits.mask(tables.visible))

    def _excluded(self, tables: Independence) -> Iterator[int]:
        words = self.native.literal_words
        for agent, code in enumerate(self.specialised.agents):
            for point in range(len(code.process.points)):
                yield from _split(tables.excluded[agent].get(point, 0), words)
            yield from [0] * words

    def rename(self, tables: Sequence[SortTable]) -> None:
        """Let every state be exchanged for the one that stands for it."""
        self.native.sorts = len(tables)
        self.native.elements = self._address(number for table in tables for number in _numbers(table))

    def run(self) -> tuple[str | None, bool]:
        """The limit that stopped the search, if one did, and whether it came to its end."""
        started = told = self.started
        pointer = ctypes.byref(self.native)
        try:
            outcome = Outcome(self.library.shootdown_reduced_open(pointer))
            threads = self.limits.native.threads or 1
            while outcome is Outcome.SLICE_OVER:
                outcome = Outcome(self.library.shootdown_reduced_run(pointer, _SLICE))
                if outcome is Outcome.FULL_STATES and self.trial:
                    if self._nothing_saved():
                        return NOTHING_SAVED, False
                    self.trial = False
                    self.native.max_states = self._most_states()
                    outcome = Outcome.SLICE_OVER
                now = time.monotonic()
                if outcome is Outcome.SLICE_OVER and len(self.fired) < threads:
                    outcome = self._join(threads - 1)
                if outcome is Outcome.SLICE_OVER and self._late(now - started):
                    return "max_seconds", False
                if self.limits.progress is not None and now - told >= _BETWEEN_REPORTS:
                    told = now
                    self.limits.progress(self.native.count, self.native.transitions, 0)
        except KeyboardInterrupt:
            return "interrupted", False
        if outcome is Outcome.FAULT:
            raise InternalError(f"the reduced search met what the checker trusted not to be (line {self.native.fault})")
        return _STOPPED.get(outcome), outcome is Outcome.EXHAUSTED

    def _join(self, count: int) -> Outcome:
        """Let so many threads more search; each has a machine of its own."""
        machines = [load_program(self.program, self.packing) for _ in range(count)]
        fired = [self._unfired() for _ in machines]
        self.kept += machines
        self.fired += fired
        return Outcome(
            self.library.shootdown_reduced_join(
                ctypes.byref(self.native),
                count,
                self._address(ctypes.addressof(each.machine) for each in machines),
                self._address(each.buffer_info()[0] for each in fired),
            )
        )

    def _late(self, seconds: float) -> bool:
        return self.limits.max_seconds is not None and seconds >= self.limits.max_seconds

    def result(self, stopped: str | None, *, exhausted: bool) -> Reduced:
        """What was found."""
        x, names = self.native, self.specialised.fired
        return Reduced(
            states=x.count,
            transitions=x.transitions,
            exhausted=exhausted,
            stopped=stopped,
            decided=frozenset(item.prop.name for item in self.specialised.judged if x.violated >> item.bit & 1),
            problem=x.problems > 0,
            stuck=bool(x.stuck),
            fired=frozenset(
                (process.name, index)
                for process in self.specialised.system.processes
                for index in range(len(process.steps))
                if any(fired[names[process.name] + index] for fired in self.fired)
            ),
            passed=x.passed,
            postponed=x.postponed,
            renamed=x.renamed,
            depth=x.depth + (x.level < x.count),
            seconds=time.monotonic() - self.started,
        )


class _Bits:
    """Only cells that one agent writes and another agent or a condition touches make a difference; they get bits."""

    def __init__(self, tables: Independence) -> None:
        self._places = [place for place in range(tables.shared.bit_length()) if tables.shared >> place & 1]
        self.words = max(1, -(-len(self._places) // 64))

    def mask(self, cells: int) -> list[int]:
        """The words of a set of cells."""
        found = 0
        for bit, place in enumerate(self._places):
            found |= (cells >> place & 1) << bit
        return _split(found, self.words)

    def footprint(self, touched: Footprint) -> list[int]:
        """The words of a footprint."""
        return [*self.mask(touched.reads), *self.mask(touched.writes), *self.mask(touched.stores)]


def _numbers(table: SortTable) -> list[int]:
    """The table of a sort as renaming.h describes it."""
    found = [*_described(table)]
    return [len(found), *found]


def _described(table: SortTable) -> Iterator[int]:
    yield from (table.size, len(table.classes))
    for elements in table.classes:
        yield from (len(elements), *elements)
    yield from (0 if at is None else at + 1 for at in table.leading)
    yield len(table.columns)
    yield from (0 if at is None else at + 1 for column in table.columns for at in column)
    yield from (len(table.squares), *chain.from_iterable(table.squares))
    others = table.others
    yield len(table.entries) + len(others.entries)
    yield from chain.from_iterable(map(table.row, table.entries))
    yield from chain.from_iterable(table.row(entry, other=True) for entry in others.entries)
    own, strange = dict(table.locals), dict(others.locals)
    yield len(own | strange)
    for at in own | strange:
        count = len(own.get(at) or strange[at])
        none: tuple[tuple[Entry, ...], ...] = ((),) * count
        rows = [
            [*map(table.row, held), *(table.row(entry, other=True) for entry in also)]
            for held, also in zip(own.get(at, none), strange.get(at, none), strict=True)
        ]
        yield from (at, count, *accumulate(map(len, rows), initial=0))
        yield from chain.from_iterable(chain.from_iterable(rows))


def _split(bits: int, count: int) -> list[int]:
    return [bits >> 64 * word & (1 << 64) - 1 for word in range(count)]
