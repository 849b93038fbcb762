"""What a random program has to show: every engine, with and without the analyses, says the same of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from native_builds import Found, emit_together, found
from plain_agreement import Disagreement, agree
from random_programs import Prepared, prepared

from shootdown.checker.analysis.pipeline import PASSES, lift_exploration, reduce_system
from shootdown.checker.analysis.reached import reached_part
from shootdown.checker.explicit import ExplicitEngine, Tier
from shootdown.checker.interpreter import InterpreterEngine
from shootdown.checker.options import Limits
from shootdown.checker.result import Exploration
from shootdown.model.ir.parse import parse_system
from shootdown.model.ir.print import print_system
from shootdown.model.ir.system import System
from shootdown.model.ir.verify import verify
from shootdown.model.language import read_model, unfold

LIMITS = Limits(max_states=600)
INEXACT = tuple(step.name for step in PASSES if not step.exact)
WORD_BITS = (64, 5, 17)


@dataclass(frozen=True)
class Verdicts:
    """What a reduction keeps: the least depth at which each property is decided, and that of a problem."""

    depths: dict[str, int]
    problem: int | None
    ended: tuple[bool, str | None]


def verdicts(explored: Exploration) -> Verdicts:
    """The verdicts of a search."""
    depths = {name: len(finding.path.transitions) for name, finding in explored.findings.items()}
    problem = None if explored.problem is None else len(explored.problem.transitions)
    return Verdicts(depths, problem, (explored.exhausted, explored.stopped))


def check_front_end(item: Prepared) -> None:
    """The verifier accepts the system, and its text says all of it."""
    verify(item.system)
    text = print_system(item.system)
    again = parse_system(text)
    assert again == item.system
    assert print_system(again) == text


def check_reached(item: Prepared, reference: Exploration) -> None:
    """Lowered as far as a run may come, a system has the same states, transitions and verdicts."""
    part, facts = reached_part(unfold(read_model([item.path]), item.request))
    verify(part)
    explored = InterpreterEngine().explore(part, LIMITS)
    assert explored.counts == reference.counts
    assert verdicts(explored) == verdicts(reference)
    folded = reduce_system(part, INEXACT, facts)
    assert folded == reduce_system(part, INEXACT)


def check_reductions(system: System, reference: Exploration) -> None:
    """The analyses keep verdicts and least depths, the exact ones also counts; paths lift to the whole system."""
    exact = reduce_system(system, INEXACT)
    verify(exact)
    machine = ExplicitEngine(tier=Tier.MACHINE)
    counted = machine.explore(exact, LIMITS)
    assert found(lift_exploration(system, exact, counted)) == found(reference)
    if reference.stopped is not None:
        return
    reduced = reduce_system(system)
    verify(reduced)
    explored = lift_exploration(system, reduced, machine.explore(reduced, LIMITS))
    assert verdicts(explored) == verdicts(reference)
    assert explored.counts.states <= reference.counts.states


@contextmanager
def named(seed: int, path: Path) -> Iterator[None]:
    """Notes on an exception the program that it is about."""
    try:
        yield
    except Exception as wrong:
        wrong.add_note(f"seed {seed}, {path}")
        raise


def check_many(seeds: Sequence[int], folder: Path) -> list[Found]:
    """Generate the programs of some seeds and check them all; AssertionError names the seed."""
    items = [prepared(seed, folder) for seed in seeds]
    bits = [WORD_BITS[seed % len(WORD_BITS)] for seed in seeds]
    for seed, item in zip(seeds, items, strict=True):
        with named(seed, item.path):
            check_front_end(item)
    emitted = emit_together([(item.system, bit) for item, bit in zip(items, bits, strict=True)], folder)
    made = []
    for number, (seed, item, bit) in enumerate(zip(seeds, items, bits, strict=True)):
        reference = InterpreterEngine().explore(item.system, LIMITS)
        expected = found(reference)
        machine = ExplicitEngine(tier=Tier.MACHINE, word_bits=bit).explore(item.system, LIMITS)
        assert found(machine) == expected, f"machine, seed {seed}, {item.path}"
        assert found(emitted.explore(number, LIMITS)) == expected, f"emitted, seed {seed}, {item.path}"
        with named(seed, item.path):
            check_reductions(item.system, reference)
            check_reached(item, reference)
        made.append(expected)
    return made


def agree_plainly(item: Prepared, schedules: int) -> Disagreement | None:
    """What plain Python and the interpreter see differently along random schedules.

    Programs that are not loud are left out: where an operation starts with local computation, its first step has the
    label of a later boundary, or of none of several, and plain Python knows steps by their labels.
    """
    if not item.program.loud:
        return None
    return agree([item.path], item.request, item.system, schedules, longest=12)


def mostly(result: Found) -> list[str]:
    """What the search of a program was like, in a few words."""
    states, _, _ = result.counts
    size = next(f"under {most} states" for most in (10, 50, 200, 600, 10**9) if states < most)
    ended = "problem" if result.problem is not None else result.ended[1] or "searched"
    return [size, ended, f"{len(result.decided)} properties decided"]
