"""Native explorations for tests: what they found in comparable form, and many emitted systems in one library."""

from __future__ import annotations

import ctypes
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from reference_search import Decision, label, search

from shootdown.checker.explicit.build import SOURCES, find_compiler
from shootdown.checker.explicit.emit import emit_steps
from shootdown.checker.explicit.engine import exploration
from shootdown.checker.explicit.layout import Packing, pack_system
from shootdown.checker.explicit.native import driver
from shootdown.checker.explicit.search import NativeSearch
from shootdown.checker.explicit.specialise import Specialised, specialise
from shootdown.checker.options import Limits
from shootdown.checker.result import Exploration
from shootdown.checker.result import Path as Run
from shootdown.model.ir.system import System


@dataclass(frozen=True)
class Found:
    """What engines have to agree on."""

    counts: tuple[int, int, int]
    ended: tuple[bool, str | None]
    decided: Mapping[str, Decision]
    problem: Decision | None
    fired: frozenset[tuple[str, int]]


def found(explored: Exploration) -> Found:
    """What an engine found."""
    counts = explored.counts
    return Found(
        (counts.states, counts.transitions, counts.depth),
        (explored.exhausted, explored.stopped),
        {name: _decision(finding.path) for name, finding in explored.findings.items()},
        None if explored.problem is None else _decision(explored.problem),
        explored.fired,
    )


def expected(system: System, limits: Limits) -> Found:
    """What the naive search of the tests finds."""
    result = search(system, limits.max_states, limits.max_depth)
    return Found(
        (result.states, result.transitions, result.depth),
        (result.exhausted, result.stopped),
        result.decided,
        result.problem,
        result.fired,
    )


def _decision(path: Run) -> Decision:
    return Decision(len(path.transitions), tuple(label(item) for item in path.transitions))


@dataclass(frozen=True)
class Emitted:
    """Systems whose steps were emitted and built into one library."""

    prepared: tuple[tuple[Specialised, Packing], ...]
    library: ctypes.CDLL

    def explore(self, number: int, limits: Limits) -> Exploration:
        """Explore one of them with its emitted steps."""
        specialised, packing = self.prepared[number]
        steps = driver(self.library, f"steps_{number}")
        with NativeSearch(specialised, packing, steps, None, limits) as searched:
            searched.run(lambda _: None)
            return exploration(searched, "emitted")


def emit_together(systems: list[tuple[System, int]], folder: Path, *flags: str) -> Emitted:
    """Build systems, each with the bits to use of a word, with one call of the compiler; warnings are errors."""
    prepared, files = [], []
    for number, (system, word_bits) in enumerate(systems):
        specialised = specialise(system)
        packing = pack_system(specialised, word_bits)
        path = folder / f"steps_{number}.c"
        path.write_text(emit_steps(specialised, packing, f"steps_{number}"))
        prepared.append((specialised, packing))
        files.append(str(path))
    library = folder / "together.so"
    strict = ("-O0", "-std=gnu11", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", f"-I{SOURCES}")
    command = [*find_compiler().command, *strict, *flags, "-o", str(library), *files]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    return Emitted(tuple(prepared), ctypes.CDLL(str(library)))
