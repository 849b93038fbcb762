"""CPUs that add to a word of memory, with a lock around it or without one."""

from __future__ import annotations

from shootdown.model import (
    Annotated,
    Between,
    Enum,
    Index,
    Mechanism,
    State,
    Steps,
    Table,
    always,
    at_end,
    auto,
    has,
    note,
    operation,
    pick,
    size,
    sometimes,
    table,
    wait,
    way,
)


class Cpu(Index):
    """A CPU."""


class Word(Index):
    """A word of memory."""


class Order(Enum):
    """Which word a CPU that may choose adds to."""

    FIRST = auto()
    ANY = auto()


add_is_locked = Mechanism(
    bool,
    meaning="an addition holds the lock from its read to its write",
    since="v1.0",
    commit="0123456789ab",
    prevents="an addition that is lost",
    evidence="inferred",
)
order = Mechanism(
    Order,
    meaning="where additions go",
    since="v1.0",
    commit="0123456789ab",
    prevents="nothing",
    evidence="inferred",
)


class Memory(State):
    """What the CPUs share."""

    word: Table[Word, Annotated[int, Between(0, 3)]] = table(0, show="{0} = {value}")
    lock: bool = False


@operation(source="counter.c:add", seen="v1.0", litmus="add {word}")
def add(k: Memory, cpu: Cpu, word: Word) -> Steps:
    """Add one to a word."""
    if has(k, add_is_locked):
        yield "lock"
        wait(not k.lock)
        k.lock = True
    yield "read"
    seen = k.word[word]
    yield "write"
    k.word[word] = seen + 1
    if has(k, add_is_locked):
        yield "unlock"
        k.lock = False


@operation(source="counter.c:set", seen="v1.0", litmus="set {word}")
def set_word(k: Memory, word: Word) -> Steps:
    """Set a word to the highest value it can hold."""
    yield "set"
    k.word[word] = 3


@operation(source="counter.c:clear_any", seen="v1.0", litmus="clear any")
def clear_any(k: Memory, cpu: Cpu) -> Steps:
    """Clear some word that is not clear."""
    yield "clear"
    chosen = pick(Word, where=lambda each: k.word[each] != 0)
    k.word[chosen] = 0


@operation(source="counter.c:shuffle", seen="v1.0", litmus="shuffle {word}")
def shuffle(k: Memory, cpu: Cpu, word: Word) -> Steps:
    """Give a word some value."""
    value = pick(range(0, 4))
    yield "write"
    k.word[word] = value


@operation(source="counter.c:take", seen="v1.0", litmus="take")
def take(k: Memory, cpu: Cpu) -> Steps:
    """Look at the lock, take it and keep it."""
    note(f"{k.lock}")
    yield "lock"
    wait(not k.lock)
    k.lock = True


@at_end
def no_lost_update(k: Memory) -> bool:
    """Every CPU's addition counts."""
    return all(k.word[each] == size(Cpu) for each in Word)


@always
def small(k: Memory) -> bool:
    """A word never shows three."""
    return all(k.word[each] < 3 for each in Word)


@sometimes
def two_is_seen(k: Memory) -> bool:
    """Some word shows two."""
    return any(k.word[each] == 2 for each in Word)


def first(k: Memory) -> bool:
    """Whether additions go to the first word."""
    return way(k, order) == Order.FIRST
