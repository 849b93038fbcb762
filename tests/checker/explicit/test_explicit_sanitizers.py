"""The C of both tiers under the address and undefined-behaviour sanitizers, on a sample of systems."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest
from twin_systems import twin_system

from shootdown.checker.explicit.build import find_compiler
from shootdown.checker.symbolic.interchange import find_symmetry

SUPPORT = Path(__file__).parents[2] / "support"
RULES = ("-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-DPORTION=1")
RACES = ("-O1", "-g", "-fsanitize=thread", "-DPORTION=1")

SCRIPT = f"""
import sys
from pathlib import Path
from random import Random

sys.path.insert(0, {str(SUPPORT)!r})
from counters import counters
from native_builds import expected, found
from random_systems import random_system
from twin_systems import twin_system
from shootdown.checker.analysis.sorts import find_sorts
from shootdown.checker.analysis.symmetry import Symmetry
from shootdown.checker.explicit import ExplicitEngine, Tier
from shootdown.checker.explicit.build import Builder
from shootdown.checker.explicit.reduced import explore_reduced
from shootdown.checker.explicit import reduced as reduced_module
from shootdown.checker.explicit import search as search_module
from shootdown.checker.interpreter.reduced import ReducedSearch
from shootdown.checker.options import Limits, Native

search_module.CHUNK_STATES = search_module.FEWEST_STATES = 1
search_module._THREADS_AFTER, search_module._SLICE, reduced_module._SLICE = 0.0, 200_000, 1
search_module.PACK_AFTER, search_module.PACK_PERCENT, search_module.SPLIT_LINES = 1, 10**9, 1
builder = Builder(folder=Path(sys.argv[1]), flags=tuple(sys.argv[3:]))
for seed in range(500, 540):
    system = random_system(Random(seed))
    tier = Tier.EMITTED if seed % 20 == 0 else Tier.MACHINE
    engine = ExplicitEngine(tier=tier, word_bits=(64, 4)[seed // 10 % 2], builder=lambda: builder)
    limits = Limits(native=Native(threads=1 + seed % 3))
    assert found(engine.explore(system, limits)) == expected(system, limits), seed
    reduced = dict(merge=seed % 3 > 0, partial_order=seed % 2 > 0)
    reference = ReducedSearch(system, **reduced).run()
    assert explore_reduced(system, limits, **reduced, builder=builder).states == reference.states, seed
for seed, classes in enumerate(eval(sys.argv[2])):
    system = twin_system(Random(seed), apart=False)
    symmetry = Symmetry(system, find_sorts(system), classes, tuple("" for _ in classes))
    reference = ReducedSearch(system, symmetry=symmetry).run()
    limits = Limits(native=Native(threads=1 + seed % 3))
    assert explore_reduced(system, limits, symmetry=symmetry, builder=builder).states == reference.states, seed
search_module.PACK_AFTER, search_module.FEWEST_STATES = 10**9, 64
small = Builder(folder=Path(sys.argv[1]), flags=(*sys.argv[3:], "-DHUGE_FROM=16384", "-DLEAST_SHARED=64"))
for lines in (1 << 10, 1 << 19):
    search_module.SPLIT_LINES = lines
    engine = ExplicitEngine(tier=Tier.MACHINE, builder=lambda: small)
    with engine.prepare(counters(4, 11), Limits(native=Native(threads=3))) as search:
        search.run(lambda _: None)
        assert search.counts.states == 12**4
        assert search.native.table.piece_bits == (0 if lines > 1 << 10 else 4)
print("clean")
"""


@pytest.mark.parametrize(("flags", "library"), [(RULES, "libasan.so"), (RACES, "libtsan.so")])
def test_neither_tier_breaks_a_rule_of_c_and_no_threads_race(
    flags: tuple[str, ...], library: str, tmp_path: Path
) -> None:
    runtime = _sanitizer_runtime(library)
    if runtime is None:
        pytest.skip(f"the compiler has no {library}")
    options = {"ASAN_OPTIONS": "detect_leaks=0", "TSAN_OPTIONS": "halt_on_error=1"}
    environment = {**os.environ, "LD_PRELOAD": runtime, **options}
    # Z3 is no concern of the sanitizers: what is interchangeable is proved here.
    proved = [find_symmetry(twin_system(Random(seed), apart=False)).classes for seed in range(10)]
    command = [sys.executable, "-c", SCRIPT, str(tmp_path), repr(proved), *flags]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=300)
    assert done.stdout == "clean\n", done.stderr[-4000:]


def _sanitizer_runtime(library: str) -> str | None:
    command = [*find_compiler().command, f"-print-file-name={library}"]
    path = subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    return path if os.path.isabs(path) else None
