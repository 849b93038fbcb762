"""What programs do with their memory: load and store. Here, too, how a task gets on a CPU."""

from __future__ import annotations

from shootdown.model import Result, Steps, atomic, operation, wait

from .fault import handle_mm_fault
from .promise import saw, stored
from .state import Cpu, Kernel, Life, Mm, Va, Writer, new_token
from .walk import walked


def enter(k: Kernel, cpu: Cpu, mm: Mm) -> None:
    """A task of a running mm begins an operation on the CPU. One task at a time is inside one."""
    wait(k.life[mm] == Life.RUNS and not k.inside[cpu])
    switch_mm(k, cpu, mm)


def switch_mm(k: Kernel, cpu: Cpu, mm: Mm) -> None:
    """The CPU runs a task of mm, and loads mm if it has another one loaded."""
    k.inside[cpu] = True
    if k.loaded[cpu] != mm:
        k.loaded[cpu] = mm
        for va in Va:
            k.tlb[cpu, va] = None


@operation(source="arch/x86/mm/fault.c:do_user_addr_fault", seen="v6.12")
def do_user_addr_fault(k: Kernel, cpu: Cpu, mm: Mm, va: Va, write: bool) -> Result[bool]:
    """A page fault of user code; false: SIGSEGV."""
    yield "mmap_read_lock"
    k.mmap_lock[mm].read_lock()
    handled = yield from handle_mm_fault(k, cpu, mm, va, write, False)
    yield "mmap_read_unlock"
    k.mmap_lock[mm].read_unlock()
    return handled


@operation(source="a program", litmus="load {mm} {va}")
def load(k: Kernel, cpu: Cpu, mm: Mm, va: Va) -> Steps:
    """Read a page's word. Without access right the task gets a signal, and the load is over."""
    atomic("a CPU switches address spaces with interrupts off")
    enter(k, cpu, mm)
    running = True
    while running:
        yield "access"
        atomic("IPIs are taken between instructions: a translation holds until the access is done", hardware=True)
        entry = k.tlb[cpu, va]
        fault = False
        if entry is not None:
            saw(k, mm, va, entry.frame)
            k.inside[cpu] = False
            running = False
        else:
            pte = walked(k, mm, va)
            k.tlb[cpu, va] = pte
            fault = pte is None
        if fault:
            running = yield from do_user_addr_fault(k, cpu, mm, va, False)
            if not running:
                yield "SIGSEGV"
                k.inside[cpu] = False


@operation(source="a program", litmus="store {mm} {va}")
def store(k: Kernel, cpu: Cpu, mm: Mm, va: Va) -> Steps:
    """Write a page's word. Without access right the task gets a signal, and the store is over."""
    atomic("a CPU switches address spaces with interrupts off")
    enter(k, cpu, mm)
    running = True
    while running:
        yield "access"
        atomic("IPIs are taken between instructions: a translation holds until the access is done", hardware=True)
        entry = k.tlb[cpu, va]
        fault = False
        if entry is not None and entry.write:
            token = new_token(k, Writer.CPU, mm)
            k.frame[entry.frame].content = token
            stored(k, mm, va, entry.frame, token)
            k.inside[cpu] = False
            running = False
        elif entry is not None:
            k.tlb[cpu, va] = None
            fault = True
        else:
            pte = walked(k, mm, va)
            if pte is not None and pte.write:
                k.tlb[cpu, va] = pte
            else:
                fault = True
        if fault:
            running = yield from do_user_addr_fault(k, cpu, mm, va, True)
            if not running:
                yield "SIGSEGV"
                k.inside[cpu] = False
