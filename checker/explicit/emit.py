"""A whole system as C: one function per step of each agent, specialised to its parameters and to the design."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from shootdown.model.ir.interval import Interval, state_ranges
from shootdown.model.ir.system import Array, Process, PropertyKind, System

from .bytecode import decided
from .emit_expression import Names, literal
from .emit_step import StepWriter
from .layout import Packing, pack_system
from .specialise import AgentCode, AgentStep, Judged, Specialised, specialise

STEPS_SYMBOL = "shootdown_steps"


def emit_c(system: System) -> str:
    """The C source of a system's steps, as the native engine builds it. It includes headers of this package.

    Raises `Unsupported` for a system that the native engine cannot explore.
    """
    specialised = specialise(system)
    return emit_steps(specialised, pack_system(specialised))


def emit_steps(specialised: Specialised, packing: Packing, symbol: str = STEPS_SYMBOL) -> str:
    """The C source of a prepared system; `symbol` names its driver."""
    system = specialised.system
    parts: list[str] = [*_head(specialised, packing)]
    for number, array in enumerate(_tables(specialised)):
        values = ", ".join(literal(value) for value in array.init)
        parts += [f"/* {_comment(array.name)} */", f"static const int64_t table_{number}[] UNUSED = {{{values}}};", ""]
    for process in system.processes:
        parts += _points(process, system)
    names = Names(
        packing,
        {array.name: array.dims for array in system.arrays},
        state_ranges(system),
        tables={array.name: f"table_{number}" for number, array in enumerate(_tables(specialised))},
    )
    bits = {item.prop.name: item.bit for item in specialised.judged}
    for code in specialised.agents:
        parts += _agent(code, names, specialised.fired[code.process.name], bits)
    parts += _expand(specialised.agents)
    state = [item for item in specialised.judged if item.prop.kind in (PropertyKind.ALWAYS, PropertyKind.SOMETIMES)]
    end = [item for item in specialised.judged if item.prop.kind is PropertyKind.AT_END]
    parts += _judge("check_state", state, names, ())
    parts += _judge("check_end", end, names, [_not_final(code, names) for code in specialised.agents])
    parts += _inside(specialised.agents, names)
    parts += ['#include "explore.h"', "", f"const struct driver {symbol} = DRIVER;", ""]
    return "\n".join(parts)


def _tables(specialised: Specialised) -> list[Array]:
    """The arrays that no step writes but that are read at computed indices."""
    names = specialised.constant & specialised.computed
    return [array for array in specialised.system.arrays if array.name in names]


def _head(specialised: Specialised, packing: Packing) -> Iterator[str]:
    system = specialised.system
    design = ", ".join(f"{item.name} = {item.labels[item.value]}" for item in system.mechanisms)
    yield "/*"
    yield f" * {_comment(system.name)}: {packing.words} word(s) a state."
    if design:
        yield f" * Design: {_comment(design)}."
    for array in system.arrays:
        first = packing.slots[packing.layout.arrays[array.name]] if array.size else None
        if first is not None and first.bits:
            dims = "".join(f"[{size}]" for size in array.dims)
            place = f"word {first.word}, bit {first.shift}, {first.bits} bit(s)"
            yield f" * {_comment(array.name)}{dims}: {array.lo}..{array.hi}, from {place} each"
    yield " */"
    for warning in ("unused-parameter", "unused-variable", "unused-but-set-variable", "tautological-compare"):
        yield f'#pragma GCC diagnostic ignored "-W{warning}"'
    yield f"#define WORDS {packing.words}"
    yield f"#define STRIDE {packing.stride}"
    yield '#include "search.h"'
    yield ""


def _points(process: Process, system: System) -> Iterator[str]:
    number = system.processes.index(process)
    for kind, flags in (
        ("final", [point.final for point in process.points]),
        ("inside", [point.inside for point in process.points]),
    ):
        values = ", ".join(str(int(flag)) for flag in flags)
        yield f"/* {_comment(process.name)}: points that are {kind} */"
        yield f"static const uint8_t {kind}_{number}[{len(flags)}] UNUSED = {{{values}}};"
    yield ""


def _agent(code: AgentCode, names: Names, fired: int, bits: dict[str, int]) -> Iterator[str]:
    point = names.packing.layout.points[code.position]
    ranges = replace(names.ranges, locals=[Interval(local.lo, local.hi) for local in code.process.locals])
    own = replace(names, ranges=ranges, point=point)
    for step in code.steps:
        yield from _step(code, step, StepWriter(own, step, fired + step.index, bits))
    yield f"static uint64_t *agent_{code.position}(struct search *x, const uint64_t *s, uint64_t *out)"
    yield "{"
    if len(code.process.points) == 1:
        yield from (f"\tout = {_function(code, step)}(x, s, out);" for step in code.steps)
    elif code.steps:
        yield f"\tswitch ({own.slot(names.packing.slots[point])}) {{"
        for source in sorted({step.step.source for step in code.steps}):
            yield f"\tcase {source}: /* {_comment(code.process.points[source].name)} */"
            yield from (
                f"\t\tout = {_function(code, step)}(x, s, out);" for step in code.steps if step.step.source == source
            )
            yield "\t\tbreak;"
        yield "\t}"
    yield "\treturn out;"
    yield "}"
    yield ""


def _function(code: AgentCode, step: AgentStep) -> str:
    return f"step_{code.position}_{step.index}"


def _step(code: AgentCode, step: AgentStep, writer: StepWriter) -> Iterator[str]:
    calls = "".join(f"{call.operation}: " for call in step.step.calls)
    place = f", {step.step.where}" if step.step.where.line else ""
    yield f"/* {_comment(f'{code.agent.name}: {calls}{step.step.label}{place}')} */"
    yield f"static uint64_t *{_function(code, step)}(struct search *x, const uint64_t *s, uint64_t *out)"
    yield "{"
    yield from writer.body()
    yield "}"
    yield ""


def _expand(agents: tuple[AgentCode, ...]) -> Iterator[str]:
    yield "static uint64_t *expand(struct search *x, const uint64_t *s, uint64_t *out)"
    yield "{"
    yield from (f"\tout = agent_{code.position}(x, s, out);" for code in agents)
    yield "\treturn out;"
    yield "}"
    yield ""
    yield "static void unpack_state(struct search *x, const uint64_t *s)"
    yield "{"
    yield "}"
    yield ""
    yield "static uint64_t *expand_agent(struct search *x, uint64_t agent, const uint64_t *s, uint64_t *out)"
    yield "{"
    yield "\tswitch (agent) {"
    for code in agents:
        yield f"\tcase {code.position}: /* {_comment(code.agent.name)} */"
        yield f"\t\treturn agent_{code.position}(x, s, out);"
    yield "\t}"
    yield "\treturn out;"
    yield "}"
    yield ""


def _judge(function: str, items: list[Judged], names: Names, not_final: Iterable[str]) -> Iterator[str]:
    yield f"static uint64_t {function}(struct search *x, const uint64_t *s)"
    yield "{"
    yield "\tuint64_t seen = 0;"
    yield ""
    if items:
        for condition in not_final:
            yield f"\tif ({condition})"
            yield "\t\treturn 0;"
    for item in items:
        yield f"\t/* {_comment(item.prop.name)} */"
        yield f"\tseen |= (uint64_t)({names.value(decided(item))}) << {item.bit};"
    yield "\treturn seen;"
    yield "}"
    yield ""


def _not_final(code: AgentCode, names: Names) -> str:
    return f"!{_flag('final', code, names)}"


def _flag(kind: str, code: AgentCode, names: Names) -> str:
    number = names.packing.layout.system.processes.index(code.process)
    return f"{kind}_{number}[{names.slot(names.packing.slots[names.packing.layout.points[code.position]])}]"


def _inside(agents: tuple[AgentCode, ...], names: Names) -> Iterator[str]:
    terms = [_flag("inside", code, names) for code in agents if any(point.inside for point in code.process.points)]
    yield "static int inside(struct search *x, const uint64_t *s)"
    yield "{"
    yield f"\treturn {' || '.join(terms) or '0'};"
    yield "}"
    yield ""


def _comment(text: str) -> str:
    return " ".join(text.split()).replace("*/", "* /").replace("/*", "/ *")
