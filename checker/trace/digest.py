"""What identifies a system, so that a saved trace is replayed on the one it came from."""

from __future__ import annotations

import hashlib

from shootdown.model.ir.system import System


def digest(system: System) -> str:
    """A hash of what decides the transitions of a system; properties, and how values look, do not count."""
    what = (system.arrays, system.processes, system.agents, system.mechanisms)
    return hashlib.sha256(repr(what).encode()).hexdigest()[:16]
