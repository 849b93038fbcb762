"""The C of both tiers under the address and undefined-behaviour sanitizers, on a sample of systems."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from shootdown.checker.explicit.build import find_compiler

SUPPORT = Path(__file__).parents[2] / "support"
SANITIZE = ("-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")

SCRIPT = f"""
import sys
from pathlib import Path
from random import Random

sys.path.insert(0, {str(SUPPORT)!r})
from native_builds import expected, found
from random_systems import random_system
from shootdown.checker.explicit import ExplicitEngine, Tier
from shootdown.checker.explicit.build import Builder
from shootdown.checker.options import Limits

builder = Builder(folder=Path(sys.argv[1]), flags={SANITIZE!r})
for seed in range(500, 540):
    system = random_system(Random(seed))
    tier = Tier.EMITTED if seed % 20 == 0 else Tier.MACHINE
    engine = ExplicitEngine(tier=tier, word_bits=(64, 6)[seed // 10 % 2], builder=lambda: builder)
    assert found(engine.explore(system, Limits())) == expected(system, Limits()), seed
print("clean")
"""


def _sanitizer_runtime() -> str | None:
    command = [*find_compiler().command, "-print-file-name=libasan.so"]
    path = subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    return path if os.path.isabs(path) else None


def test_neither_tier_breaks_a_rule_of_c(tmp_path: Path) -> None:
    runtime = _sanitizer_runtime()
    if runtime is None:
        pytest.skip("the compiler has no address sanitizer")
    environment = {**os.environ, "LD_PRELOAD": runtime, "ASAN_OPTIONS": "detect_leaks=0"}
    command = [sys.executable, "-c", SCRIPT, str(tmp_path)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=300)
    assert done.stdout == "clean\n", done.stderr[-4000:]
