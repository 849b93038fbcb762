"""Parts of optional records: which variable or slot says whether the record is there of which another holds a part."""

from __future__ import annotations

from shootdown.model.ir.system import Process, System


def array_guards(system: System) -> dict[str, str]:
    """Arrays that hold parts of optional records, and those that say whether the record is there."""
    dims = {array.name: array.dims for array in system.arrays}
    found = {}
    for name in dims:
        parts = name.split(".")
        for count in range(len(parts) - 1, 0, -1):
            present = ".".join([*parts[:count], "present"])
            if present in dims and present != name and dims[present] == dims[name]:
                found[name] = present
                break
    return found


def slot_guard(process: Process, slot: int, live: frozenset[int] | set[int]) -> int | None:
    """The slot that says whether the optional record is there of which a slot holds a part: the first of its slots."""
    found: list[int] = []
    for part in process.locals[slot].name.split("|"):
        first = slot
        while first > 0 and part in process.locals[first - 1].name.split("|"):
            first -= 1
        local = process.locals[first]
        if first != slot and first in live and (local.lo, local.hi) == (0, 1):
            found.append(first)
    return max(found, default=None)
