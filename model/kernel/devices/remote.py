"""What a worker needs to act on the memory of a process that is not its own."""

from __future__ import annotations

from ..mm.state import Kernel, Mm


def mmget_not_zero(k: Kernel, mm: Mm) -> bool:
    """Become a user of the address space, unless it has none left; include/linux/sched/mm.h."""
    if k.users[mm] == 0:
        return False
    k.users[mm] += 1
    return True
