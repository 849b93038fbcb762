"""CPUs that add to a word, in one of several ways, some of which lose additions."""

from __future__ import annotations

from shootdown.model import (
    Annotated,
    Between,
    Enum,
    Index,
    Mechanism,
    State,
    Steps,
    at_end,
    auto,
    has,
    operation,
    size,
    wait,
    way,
)


class Cpu(Index):
    """A CPU."""


class Add(Enum):
    """How a CPU adds."""

    PLAIN = auto()
    LOCKED = auto()
    ATOMIC = auto()


add_way = Mechanism(Add, meaning="reads, then writes | reads and writes under a lock | one instruction")
early_unlock = Mechanism(bool, meaning="the lock is given back before the write")
reset_clears = Mechanism(bool, meaning="a reset stores zero", prevents="a count that starts too high")
traced = Mechanism(bool, meaning="an addition is followed by a step that does nothing else")


class Memory(State):
    """What the CPUs share."""

    word: Annotated[int, Between(0, 3)] = 1
    lock: bool = False
    traces: bool = False


@operation(litmus="reset")
def reset(k: Memory, cpu: Cpu) -> Steps:
    """Set the word to zero."""
    if has(k, reset_clears):
        yield "clear"
        k.word = 0


@operation(litmus="add")
def add(k: Memory, cpu: Cpu) -> Steps:
    """Add one."""
    if way(k, add_way) == Add.ATOMIC:
        yield "atomic_inc"
        k.word += 1
    else:
        if way(k, add_way) == Add.LOCKED:
            yield "lock"
            wait(not k.lock)
            k.lock = True
        yield "read"
        seen = k.word
        if way(k, add_way) == Add.LOCKED and has(k, early_unlock):
            yield "early unlock"
            k.lock = False
        yield "write"
        k.word = seen + 1
        if way(k, add_way) == Add.LOCKED and not has(k, early_unlock):
            yield "unlock"
            k.lock = False
    if has(k, traced):
        yield "trace"
        k.traces = True


@at_end
def adds_up(k: Memory) -> bool:
    """Every CPU's addition counts, and nothing else does."""
    return k.word == size(Cpu)
