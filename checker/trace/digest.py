"""What identifies a system, so that a saved trace is replayed on the one it came from."""

from __future__ import annotations

import hashlib
from collections import OrderedDict

from shootdown.model.ir.system import Process, System


def digest(system: System) -> str:
    """A hash of what decides the transitions of a system; properties, and how values look, do not count."""
    what = (system.arrays, system.agents, system.mechanisms, [_of_process(process) for process in system.processes])
    return _hash(what)[:16]


MOST_KNOWN = 64
_known: OrderedDict[int, tuple[Process, str]] = OrderedDict()


def _of_process(process: Process) -> str:
    """A hash of a process, kept for the next system that has the very same one."""
    if id(process) not in _known:
        _known[id(process)] = process, _hash(process)
        if len(_known) > MOST_KNOWN:
            _known.popitem(last=False)
    return _known[id(process)][1]


def _hash(what: object) -> str:
    return hashlib.sha256(repr(what).encode()).hexdigest()
