"""The MCS list-based queue lock, with and without compare-and-swap.

After J. Mellor-Crummey and M. Scott, "Algorithms for scalable synchronization on shared-memory multiprocessors"
(1991). What a processor last saw as its predecessor outlives the visit, as in the published Murphi models, and so do
the old tail and the usurper of the version without compare-and-swap; spinning is a step that may repeat.
"""

from __future__ import annotations

from shootdown.model import (
    Index,
    Mechanism,
    State,
    Steps,
    Table,
    always,
    atomic,
    has,
    operation,
    some,
    sometimes,
    table,
)


class Cpu(Index):
    """A processor, and its queue node."""


class Lock(State):
    """The tail of the queue, the nodes, and what each processor remembers."""

    tail: Cpu | None = None
    next: Table[Cpu, Cpu | None] = table(None, show="next of {0}: {value}")
    locked: Table[Cpu, bool] = table(False, show="{0} locked: {value}")
    predecessor: Table[Cpu, Cpu | None] = table(None)
    old_tail: Table[Cpu, Cpu | None] = table(None)
    usurper: Table[Cpu, Cpu | None] = table(None)


class Inside(State, ghost=True):
    """Who is in the critical section."""

    critical: Table[Cpu, bool] = table(False)


compare_and_swap = Mechanism(
    bool,
    meaning="the processor has an atomic compare-and-swap; without it, release swaps twice and repairs the queue",
    prevents="usurpers: processors that come in while the tail is missing",
    evidence="read",
)


@operation(source="Mellor-Crummey and Scott 1991", litmus="lock and unlock")
def lock_and_unlock(k: Lock, cpu: Cpu) -> Steps:
    """Take the lock, be in the critical section, release the lock."""
    k.next[cpu] = None
    yield "swap tail"
    atomic("fetch_and_store; what it returns is private")
    k.predecessor[cpu] = k.tail
    k.tail = cpu
    yield "test predecessor"
    predecessor = k.predecessor[cpu]
    if predecessor is not None:
        yield "set locked"
        k.locked[cpu] = True
        yield "link"
        k.next[predecessor] = cpu
        while True:
            yield "spin"
            if not k.locked[cpu]:
                break
    k[Inside].critical[cpu] = True
    yield "release"
    k[Inside].critical[cpu] = False
    linked = k.next[cpu] is not None
    if not linked and has(k, compare_and_swap):
        yield "compare and swap"
        if k.tail == cpu:
            k.tail = None
            return
        while not linked:
            yield "await next"
            linked = k.next[cpu] is not None
    elif not linked:
        yield "take tail"
        atomic("fetch_and_store; what it returns is private")
        k.old_tail[cpu] = k.tail
        k.tail = None
        yield "test tail"
        if k.old_tail[cpu] == cpu:
            return
        yield "put tail back"
        atomic("fetch_and_store; what it returns is private")
        k.usurper[cpu] = k.tail
        k.tail = k.old_tail[cpu]
        while not linked:
            yield "await next"
            linked = k.next[cpu] is not None
        yield "repair"
        atomic("as published")
        usurper = k.usurper[cpu]
        if usurper is not None:
            k.next[usurper] = k.next[cpu]
        else:
            k.locked[some(k.next[cpu])] = False
        return
    yield "pass on"
    atomic("own link and the successor's flag")
    k.locked[some(k.next[cpu])] = False


@always
def mutual_exclusion(k: Lock) -> bool:
    """At most one processor is in the critical section."""
    return sum(1 for cpu in Cpu if k[Inside].critical[cpu]) <= 1


@sometimes
def somebody_spins(k: Lock) -> bool:
    """A processor can be made to wait."""
    return any(k.locked[cpu] for cpu in Cpu)
