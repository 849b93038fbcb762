"""Random small model files over the whole modelling language, each with a world and agents.

They are typed as they are drawn, so the front-end accepts all of them, and mypy does. A quarter may end in a problem.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

from hypothesis import strategies as st
from program_declarations import Declarations
from program_functions import Functions
from program_sorts import Listed, Signature

from shootdown.model import declare
from shootdown.model.ir.evaluate import Evaluator
from shootdown.model.ir.system import PropertyKind, System
from shootdown.model.language import lower, read_model
from shootdown.model.language.world import ANY, AgentSpec, Line, Request, World

IMPORTS = tuple(declare.__all__)
LIVELY = 10
"""States that most programs reach."""
ATTEMPTS = 8


@dataclass(frozen=True)
class Program:
    """A model file and what to run of it; of each row of `properties` one is to be checked."""

    text: str
    request: Request
    properties: tuple[tuple[str, ...], ...]
    loud: bool
    """The first step of every operation does more than compute."""

    def write(self, folder: Path, name: str) -> Path:
        """Write the file."""
        path = folder / f"{name}.py"
        path.write_text(self.text)
        return path


@dataclass(frozen=True)
class Prepared:
    """A program that was read and lowered; its properties hold initially, or do not where that is of interest."""

    program: Program
    path: Path
    request: Request
    system: System


def programs() -> st.SearchStrategy[Program]:
    """Random programs from seeds."""
    return st.integers(0, 2**32 - 1).map(lambda seed: random_program(Random(seed)))


def prepared(seed: int, folder: Path) -> Prepared:
    """The program of a seed in a folder; the first lively one of a few attempts, which the seed determines too."""
    found = None
    for attempt in range(ATTEMPTS):
        program = random_program(Random(seed * ATTEMPTS + attempt))
        found = prepare(program, program.write(folder, f"program_{seed}"))
        if lively(found.system):
            break
    assert found is not None
    return found


def prepare(program: Program, path: Path) -> Prepared:
    """Read and lower a program; raises what the front-end raises."""
    model = read_model([path])
    system = lower(model, program.request)
    names = _worthwhile(system, program.properties)
    choices = {name for row in program.properties for name in row}
    others = (name for name in program.request.properties if name not in choices)
    request = replace(program.request, properties=(*names, *others))
    return Prepared(program, path, request, lower(model, request))


def _worthwhile(system: System, rows: Sequence[Sequence[str]]) -> list[str]:
    """Of each row the property that the initial state does not decide."""
    evaluator = Evaluator(system)
    initial = evaluator.layout.initial
    found = []
    for row in rows:
        for prop in system.properties:
            wanted = prop.kind is not PropertyKind.SOMETIMES
            if prop.name in row and (len(row) == 1 or evaluator.holds(prop, initial) == wanted):
                found.append(prop.name)
                break
    return found


def lively(system: System) -> bool:
    """Whether a system reaches a few states."""
    evaluator = Evaluator(system)
    reached = {evaluator.layout.initial}
    pending = list(reached)
    while pending and len(reached) < LIVELY:
        targets = {transition.target for transition in evaluator.transitions(pending.pop())}
        new = {target for target in targets if target is not None} - reached
        reached |= new
        pending += sorted(new)
    return len(reached) >= LIVELY


def random_program(random: Random) -> Program:
    """One program, determined by the generator's state."""
    declared = Declarations(random)
    declared.draw()
    functions = Functions(random, declared)
    functions.draw()
    head = ['"""A random model."""', "", "from __future__ import annotations", ""]
    imports = ["from shootdown.model import (", *(f"    {name}," for name in IMPORTS), ")"]
    text = "\n".join([*head, *imports, *declared.lines, *functions.lines]) + "\n"
    world = World(declared.elements, dict(declared.schema.devices), declared.given)
    always = ("claim", "other_claim", *(["no_deadlock"] if random.random() < 0.4 else ["claim"]))
    names = tuple(name for row in functions.properties for name in row)
    request = Request(
        "random",
        world,
        declared.design,
        tuple(_agent(random, declared, functions, f"agent{number}") for number in range(random.choice((1, 2, 2, 3)))),
        {unit: tuple(names) for unit, names in functions.units.items() if random.random() < 0.85},
        (*names, *dict.fromkeys(always)),
    )
    return Program(text, request, tuple(functions.properties), declared.schema.loud)


def _agent(random: Random, declared: Declarations, functions: Functions, name: str) -> AgentSpec:
    """A program of some lines, or any of some lines."""
    lines = []
    free = random.random() < 0.5
    for _ in range(random.choice((1, 1, 2, 3))):
        item, device = random.choice(functions.runnable)
        line = _line(random, declared, item, device, free=free)
        if line is not None:
            lines.append(line)
    budget = random.choice((1, 1, 2, 2, None)) if free else None
    return AgentSpec(name, tuple(lines), free and bool(lines), budget, random.choice(("", "A")))


def _line(random: Random, declared: Declarations, item: Signature, device: str | None, *, free: bool) -> Line | None:
    """A call with arguments; None if no device is of the type."""
    args: dict[str, object] = {}
    for name, sort in item.parameters:
        if free and random.random() < 0.5:
            args[name] = ANY
        elif isinstance(sort, Listed) and sort.name == "Device":
            fitting = [each for each, kind in declared.schema.devices if device in (None, kind)]
            if not fitting:
                return None
            args[name] = random.choice(fitting)
        else:
            args[name] = declared.written(sort)
    return Line(item.name, args, item.name)
