"""What a worker needs to act on the memory of a process that is not its own."""

from __future__ import annotations

from shootdown.model import Steps, has, operation

from ..mm.exit import mmput
from ..mm.mechanisms import fault_gets_mm
from ..mm.state import Cpu, Kernel, Mm


def mmget_not_zero(k: Kernel, mm: Mm) -> bool:
    """Become a user of the address space, unless it has none left; include/linux/sched/mm.h."""
    if not has(k, fault_gets_mm):
        return True
    if k.users[mm] == 0:
        return False
    k.users[mm] += 1
    return True


@operation(source="kernel/fork.c:mmput", seen="v6.12")
def mm_done(k: Kernel, cpu: Cpu, mm: Mm) -> Steps:
    """Be a user no more."""
    if has(k, fault_gets_mm):
        yield from mmput(k, cpu, mm)
