"""The native engine: counts, findings and paths of the reference engine, at the speed of compiled code."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum

from shootdown.model.ir.evaluate import Evaluator
from shootdown.model.ir.layout import State
from shootdown.model.ir.system import PropertyKind, System

from ..options import Limits
from ..result import NO_DEADLOCK, Engine, Exploration, Finding, Path
from ..trace.canonical import canonical_path
from ..trace.goals import Goal, problem_goal, property_goal, states_goal
from .build import Builder, NoCompiler, default_builder
from .bytecode import Program, compile_program
from .layout import WORD, Packing, pack_system
from .native import MACHINE_SYMBOL, ON_DISK, Driver, GoalKind, driver, load_program, machine_source
from .search import NativeSearch, StuckStates
from .specialise import Judged, Specialised, Unsupported, specialise
from .tiers import Background, emitted_driver


class Tier(Enum):
    """How steps are run: by the register machine, by C emitted for the system, or first one and then the other."""

    AUTO = "auto"
    MACHINE = "machine"
    EMITTED = "emitted"


@dataclass
class ExplicitEngine:
    """Explores natively. Where that is impossible, `fallback` explores and `notice` then says why.

    Without a fallback `explore` raises `NoCompiler` or `Unsupported` instead.
    """

    tier: Tier = Tier.AUTO
    fallback: Callable[[], Engine] | None = None
    builder: Callable[[], Builder] = default_builder
    word_bits: int = WORD
    """Bits of each word of a state that are used; fewer make wider states, which tests and measurements want."""
    name: str = "explicit"
    notice: str | None = field(default=None, init=False)

    def explore(self, system: System, limits: Limits) -> Exploration:
        """As `Engine.explore`; a keyboard interrupt stops the search with what it has covered."""
        try:
            search = self.prepare(system, limits)
        except (NoCompiler, Unsupported) as reason:
            if self.fallback is None or limits.native.alone:
                raise
            engine = self.fallback()
            self.notice = f"{reason}; exploring with the {engine.name}, which is slower"
            return engine.explore(system, limits)
        with search, Background(search, self.builder() if self.tier is Tier.AUTO else None) as swap:
            search.run(swap)
            self.notice = "; ".join(filter(None, (search.unkept, _no_room(search)))) or None
            return exploration(search, self.name)

    def violated(self, system: System, limits: Limits) -> tuple[frozenset[str], bool]:
        """The properties that are violated, `no_deadlock` apart, and whether all states were seen.

        No path is looked for. Raises `NoCompiler` or `Unsupported`.
        """
        with self.prepare(system, limits) as search, Background(search, self.builder()) as swap:
            search.run(swap)
            return frozenset(search.found), search.exhausted

    def noted(self, system: System, notes: Sequence[str], limits: Limits) -> tuple[frozenset[str], str | None]:
        """The notes, of these, that some enabled transition makes, and which limit ended the search early, if one did.

        The register machine runs all of the search. Raises `NoCompiler` or `Unsupported`.
        """
        positions = {text: position for position, text in enumerate(notes)}
        with replace(self, tier=Tier.MACHINE).prepare(system, limits, positions) as search:
            search.run(lambda seconds: None)
            return search.noted, search.stopped

    def prepare(self, system: System, limits: Limits, notes: Mapping[str, int] | None = None) -> NativeSearch:
        """A search that has not begun; raises `NoCompiler` or `Unsupported`."""
        builder = self.builder()
        specialised = specialise(system, notes=notes)
        packing = pack_system(specialised, self.word_bits)
        if self.tier is Tier.EMITTED:
            steps, program = emitted_driver(builder, specialised, packing), None
        else:
            steps = driver(builder.load(machine_source(), MACHINE_SYMBOL), MACHINE_SYMBOL)
            program = load_program(compile_program(specialised, packing), packing)
        return NativeSearch(specialised, packing, steps, program, limits)


@dataclass(frozen=True)
class Prepared:
    """A system compiled once for many searches, each from an initial state of its own; only the arrays that were named
    as varying may differ from the system's."""

    specialised: Specialised
    packing: Packing
    program: Program
    machine: Driver
    builder: Builder

    def explore(self, initial: State, limits: Limits, *, any_will_do: bool = False) -> Exploration:
        """As `Engine.explore`, from that state; with `any_will_do` it may stop when one property is decided."""
        loaded = load_program(self.program, self.packing)
        search = NativeSearch(self.specialised, self.packing, self.machine, loaded, limits, initial=initial)
        search.any_will_do = any_will_do
        with search, Background(search, self.builder) as swap:
            search.run(swap)
            return exploration(search, "explicit")


def prepare(system: System, varying: Collection[str]) -> Prepared:
    """Compile a system whose `varying` arrays start differently in each search; raises `NoCompiler`, `Unsupported`."""
    builder = default_builder()
    machine = driver(builder.load(machine_source(), MACHINE_SYMBOL), MACHINE_SYMBOL)
    specialised = specialise(system, varying)
    packing = pack_system(specialised)
    return Prepared(specialised, packing, compile_program(specialised, packing), machine, builder)


def exploration(search: NativeSearch, engine: str) -> Exploration:
    """What a search that has run found, with canonical paths."""
    counts, fired = search.counts, search.fired
    stuck_depth = search.stuck()
    evaluator = Evaluator(search.specialised.system)
    problem = None
    if search.problem_depth is not None:
        problem = _path(search, evaluator, problem_goal, GoalKind.PROBLEM, search.problem_depth)
    findings = _findings(search, evaluator)
    if stuck_depth is not None:
        stuck = StuckStates(search, evaluator)
        path = _path(search, evaluator, states_goal(stuck), GoalKind.STUCK, stuck_depth)
        findings[NO_DEADLOCK] = Finding(NO_DEADLOCK, path, shortest=search.exhausted)
    return Exploration(
        counts=counts,
        exhausted=search.exhausted,
        stopped="full_disk" if _no_room(search) else search.stopped,
        findings=findings,
        problem=problem,
        seconds=search.clock() - search.started,
        engine=engine,
        fired=fired,
        collision=search.collision,
    )


def _no_room(search: NativeSearch) -> str:
    """What to say where not memory but the disk that has the states ended the search; nothing elsewhere."""
    native = search.native
    if search.stopped != "max_memory" or native.out_of_memory != ON_DISK:
        return ""
    return f"{os.fsdecode(native.folder)}: no room on the disk for more states"


def _findings(search: NativeSearch, evaluator: Evaluator) -> dict[str, Finding]:
    depths = search.found
    findings = {}
    for item in search.specialised.judged:
        name = item.prop.name
        if name in depths:
            goal = property_goal(evaluator, item.prop)
            findings[name] = Finding(name, _path(search, evaluator, goal, _kind(item), depths[name], item.bit))
    return findings


def _kind(item: Judged) -> GoalKind:
    match item.prop.kind:
        case PropertyKind.AT_END:
            return GoalKind.END
        case PropertyKind.ASSERTION:
            return GoalKind.STEP
        case _:
            return GoalKind.STATE


def _path(search: NativeSearch, evaluator: Evaluator, goal: Goal, kind: GoalKind, depth: int, bit: int = 0) -> Path:
    costs = search.paths(kind, depth, bit)
    return canonical_path(evaluator, search.start, depth, costs, goal)
