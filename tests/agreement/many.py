"""Checks many random programs by hand: python tests/agreement/many.py --models 3000 [--first 1000] [--plain 10].

Prints each program that fails, and in the end what the programs were like.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import traceback
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from program_agreement import LIMITS, agree_plainly, check_many, mostly
from random_programs import prepared

CHUNK = 25


def run(first: int, models: int, schedules: int, folder: Path) -> int:
    """Check programs; the number of those that fail."""
    failed = 0
    kinds: Counter[str] = Counter()
    for start in range(first, first + models, CHUNK):
        seeds = list(range(start, min(start + CHUNK, first + models)))
        failed += attempt(seeds, folder, kinds)
        for seed in seeds if schedules else ():
            failed += attempt_plain(seed, schedules, folder)
        print(f"{seeds[-1] + 1 - first} programs, {failed} failed", flush=True)
    for kind, count in sorted(kinds.items()):
        print(f"{kind}: {count}")
    print(f"limits: {LIMITS}")
    return failed


def attempt(seeds: list[int], folder: Path, kinds: Counter[str]) -> int:
    """Check programs together, and one by one if that fails."""
    try:
        for found in check_many(seeds, Path(tempfile.mkdtemp(dir=folder))):
            kinds.update(mostly(found))
    except Exception:
        if len(seeds) == 1:
            traceback.print_exc()
            return 1
        return sum(attempt([seed], folder, kinds) for seed in seeds)
    return 0


def attempt_plain(seed: int, schedules: int, folder: Path) -> int:
    """Compare one program with plain Python."""
    try:
        differ = agree_plainly(prepared(seed, folder), schedules)
    except Exception:
        traceback.print_exc()
        print(f"plain, seed {seed}")
        return 1
    if differ is not None:
        print(f"plain, seed {seed}: {differ}")
    return int(differ is not None)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", type=int, default=3000)
    parser.add_argument("--first", type=int, default=10_000)
    parser.add_argument("--plain", type=int, default=0, metavar="SCHEDULES")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        sys.exit(min(1, run(options.first, options.models, options.plain, Path(made))))
