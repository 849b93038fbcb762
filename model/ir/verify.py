"""Well-formedness of systems: what every pass and engine may rely on without looking.

Ranges of computed values are not checked: the lowering proves them or puts a `Check` in front.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

from .expr import TRUE, Local, Param, Temp
from .internal import InternalError
from .system import Agent, Array, Process, Property, PropertyKind, System
from .verify_block import BlockRules
from .verify_expr import ExprRules
from .walk import subexpressions

STATE_KINDS = frozenset({PropertyKind.ALWAYS, PropertyKind.AT_END, PropertyKind.SOMETIMES})


class IllFormed(InternalError):
    """A system that breaks the rules of the IR; `problems` are all of them, each with its place."""

    def __init__(self, system: str, problems: tuple[str, ...]) -> None:
        self.problems = problems
        super().__init__("\n".join([f"the IR of '{system}' is ill-formed:", *(f"  {problem}" for problem in problems)]))


def verify(system: System) -> None:
    """Check a system; raises `IllFormed` with everything that is wrong."""
    found = tuple(problems(system))
    if found:
        raise IllFormed(system.name, found)


def problems(system: System) -> Iterator[str]:
    """Everything that is wrong with a system, each as `place: what`."""
    yield from _names(system)
    for array in system.arrays:
        yield from _array(array)
    for mechanism in system.mechanisms:
        if not _integer(mechanism.value) or not 0 <= mechanism.value < len(mechanism.labels):
            yield f"mechanism {mechanism.name}: value {mechanism.value} without a label"
    for process in system.processes:
        yield from _process(system, process)
    for agent in system.agents:
        yield from _agent(system, agent)
    for prop in system.properties:
        yield from _property(system, prop)
    arrays = {array.name for array in system.arrays}
    for variable in system.variables:
        for leaf in variable.leaves:
            if leaf not in arrays:
                yield f"variable {variable.name}: no array {leaf}"


def _names(system: System) -> Iterator[str]:
    kinds: dict[str, Iterable[str]] = {
        "array": (array.name for array in system.arrays),
        "process": (process.name for process in system.processes),
        "agent": (agent.name for agent in system.agents),
        "mechanism": (mechanism.name for mechanism in system.mechanisms),
        "property": (prop.name for prop in system.properties),
        "view": (key for key, _ in system.views),
    }
    for kind, names in kinds.items():
        seen: set[str] = set()
        for name in names:
            if name in seen:
                yield f"{kind} {name}: defined twice"
            seen.add(name)


def _integer(value: object) -> bool:
    """Whether the value is an integer and no bool, which would print differently."""
    return type(value) is int


def _array(array: Array) -> Iterator[str]:
    place = f"array {array.name}"
    if any(not _integer(size) or size < 0 for size in array.dims):
        yield f"{place}: dimensions {array.dims}"
    elif math.prod(array.dims) != len(array.init):
        yield f"{place}: {len(array.init)} initial values for {math.prod(array.dims)} cells"
    if array.lo > array.hi:
        yield f"{place}: empty bounds {array.lo}..{array.hi}"
    for value in array.init:
        if not _integer(value) or not array.lo <= value <= array.hi:
            yield f"{place}: initial value {value} not in {array.lo}..{array.hi}"


def _process(system: System, process: Process) -> Iterator[str]:
    place = f"process {process.name}"
    points = range(len(process.points))
    if process.params < 0 or process.temps < 0:
        yield f"{place}: {process.params} params, {process.temps} temps"
    if process.entry not in points:
        yield f"{place}: no entry point {process.entry}"
    for slot, local in enumerate(process.locals):
        if not _integer(local.init) or not local.lo <= local.init <= local.hi:
            yield f"{place}, local {slot}: initial value {local.init} not in {local.lo}..{local.hi}"
    views = {key for key, _ in system.views}
    for number, point in enumerate(process.points):
        for slots, name, view in point.live:
            if any(slot not in range(len(process.locals)) for slot in slots):
                yield f"{place}, point {number}: {name} lives in slots {slots}"
            if view not in views:
                yield f"{place}, point {number}: no view {view}"
    for number, step in enumerate(process.steps):
        where = f"{place}, step {number} ({step.label})"
        if step.source not in points:
            yield f"{where}: no source point {step.source}"
        yield from BlockRules(system, process).check(step.block, where)


def _agent(system: System, agent: Agent) -> Iterator[str]:
    process = next((process for process in system.processes if process.name == agent.process), None)
    if process is None:
        yield f"agent {agent.name}: no process {agent.process}"
    elif len(agent.args) != process.params:
        yield f"agent {agent.name}: {len(agent.args)} arguments for {process.params} parameters"
    for value in agent.args:
        if not _integer(value):
            yield f"agent {agent.name}: argument {value!r}"


def _property(system: System, prop: Property) -> Iterator[str]:
    place = f"property {prop.name}"
    if prop.kind not in STATE_KINDS:
        if prop.expr != TRUE:
            yield f"{place}: {prop.kind.value} with an expression"
        return
    rules = ExprRules(system, None)
    yield from rules.check(prop.expr, place)
    yield from rules.truth(prop.expr, place)
    for expr in subexpressions(prop.expr):
        if not isinstance(expr, Local | Temp | Param):
            continue
        yield f"{place}: reads {type(expr).__name__.lower()} {expr.slot} of an agent"
