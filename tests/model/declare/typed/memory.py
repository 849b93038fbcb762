"""A sample of the language: sorts, places, steps, expressions, properties. It is type-checked and run by the tests."""

from __future__ import annotations

from shootdown.model import (
    Annotated,
    Between,
    Enum,
    Index,
    Mechanism,
    Queue,
    Range,
    Record,
    Result,
    State,
    Steps,
    Struct,
    Table,
    always,
    at_end,
    atomic,
    auto,
    check,
    choose,
    exclusive,
    given,
    hardware,
    has,
    inclusive,
    note,
    nothing,
    nth,
    operation,
    ordinal,
    pick,
    place,
    queue,
    replace,
    size,
    some,
    sometimes,
    step_assertion,
    table,
    wait,
    way,
)


class Cpu(Index):
    """A processor."""


class Mm(Index):
    """An address space."""


class Va(Index, ordered=True):
    """A page of the address space."""


class Frame(Index):
    """A page frame."""


class Event(Enum):
    """Why an entry changes."""

    CLEAR = auto()
    PROTECT = auto()


class CowReuse(Enum):
    """How a write fault decides to reuse the frame."""

    MAPCOUNT = auto()
    REFCOUNT = auto()


LIMIT = 3
LAST = size(Cpu) - 1
Count = Annotated[int, Between(0, LIMIT)]
Uses = Annotated[int, Between(0, 7)]
Position = Annotated[int, Between(0, LAST)]
Epoch = Annotated[int, Between(0, size(Cpu))]


class Pte(Record, show="{frame} {write:W}"):
    """A present page-table entry."""

    frame: Frame
    write: bool = False


class Entry(Record):
    """A log entry."""

    event: Event
    at: Va
    left: Count = 0


class Mutex(Struct):
    """A lock."""

    held: bool = False
    owner: Cpu | None = None
    waiters: Queue[Cpu] = queue(2)

    def free(self) -> bool:
        """Whether nobody holds it."""
        return not self.held and self.owner is None

    def take(self, cpu: Cpu) -> None:
        """Hold it."""
        self.held = True
        self.owner = cpu


class Kernel(State):
    """What the CPUs share."""

    pte: Table[tuple[Mm, Va], Pte | None] = table(None, show="{1}: {value}")
    refs: Table[Frame, Uses] = table(0)
    kind: Table[Va, Event] = table(Event.CLEAR)
    seen: Table[Mm, frozenset[Cpu]] = table(frozenset())
    by_flag: Table[tuple[bool, Count], bool] = table(False)
    lock: Table[Mm, Mutex] = table(Mutex)
    big_lock: Mutex = place(Mutex)
    log: Queue[Entry] = queue(4)
    inbox: Table[Cpu, Queue[Mm]] = table(queue(2))
    epoch: Epoch = 0
    phase: Event = Event.CLEAR
    owner: Cpu | None = None
    span: Table[Mm, Range[Va] | None] = table(None)
    K: Annotated[int, Between(1, 9)] = given()
    home: Table[Cpu, Mm] = given()


class Promise(State, ghost=True):
    """What was promised."""

    gone: Table[Va, bool] = table(False)
    last: Table[Va, Frame | None] = table(None)


cow_break_notifies = Mechanism(
    bool,
    meaning="wp_page_copy brackets the change with invalidate_range_start and end",
    since="v2.6.27",
    commit="cddb8a5c14aa",
    prevents="a mirror that keeps the old page",
    evidence="read",
)
cow_reuse = Mechanism(CowReuse, meaning="what a write fault counts before it reuses the frame")


def users(k: Kernel, frame: Frame) -> Uses:
    """How many entries map the frame."""
    return sum(1 for mm in Mm for va in Va if maps(k, mm, va, frame))


def maps(k: Kernel, mm: Mm, va: Va, frame: Frame) -> bool:
    """Whether the entry maps the frame."""
    pte = k.pte[mm, va]
    return pte is not None and pte.frame == frame


def release(k: Kernel, frame: Frame) -> None:
    """Drop a reference."""
    k.refs[frame] -= 1


@operation(source="mm/memory.c:wp_page_reuse", seen="v6.12", litmus="reuse {mm} {va}")
def wp_page_reuse(k: Kernel, mm: Mm, va: Va) -> Steps:
    """Make the entry writable in place."""
    orig = k.pte[mm, va]
    yield "ptep_set_access_flags"
    if orig is not None:
        k.pte[mm, va] = replace(orig, write=True)


@operation
def alloc_frame(k: Kernel) -> Result[Frame]:
    """Take any free frame."""
    frame = pick(Frame, where=lambda f: k.refs[f] == 0)
    k.refs[frame] = 1
    yield from nothing()
    return frame


@operation
def try_alloc(k: Kernel) -> Result[Frame | None]:
    """Take any free frame, if there is one."""
    atomic("the allocator's lock, not modelled")
    if all(k.refs[f] > 0 for f in Frame):
        return None
    return (yield from alloc_frame(k))


@operation(source="mm/memory.c:do_anonymous_page", litmus="map {mm} {va}")
def map_page(k: Kernel, cpu: Cpu, mm: Mm, va: Va) -> Steps:
    """Map a fresh frame."""
    frame = yield from try_alloc(k)
    if frame is None:
        return
    yield "pte_lock"
    atomic("a lock is one word")
    wait(k.lock[mm].free())
    k.lock[mm].take(cpu)
    yield "set_pte_at"
    k.pte[mm, va] = Pte(frame=frame)
    k[Promise].last[va] = frame
    note(f"{va} -> {frame}")
    yield "pte_unlock"
    atomic("released by one store")
    k.lock[mm].owner = None
    k.lock[mm].held = False
    yield from wp_page_reuse(k, mm, va)


@operation(atomic="setup only")
def zap(k: Kernel, mm: Mm, a: Va, b: Va, whole: bool, cause: Event) -> Steps:
    """Clear the entries of a range."""
    span = inclusive(a, b) if whole else exclusive(a, b)
    k.span[mm] = span
    for va in Va:
        if va not in span or span.empty:
            continue
        pte = k.pte[mm, va]
        if pte is not None:
            k.pte[mm, va] = None
            release(k, pte.frame)
            k[Promise].gone[va] = True
            check(k.refs[pte.frame] >= 0, "refs_balance")
    for i in range(0, LIMIT):
        yield "round"
        k.by_flag[True, i] = i % 2 == 0
    if has(k, cow_break_notifies) and way(k, cow_reuse) == CowReuse.MAPCOUNT:
        yield "log"
        k.log.push(Entry(event=cause, at=a, left=min(2, abs(ordinal(a)))))
    budget: Count = 0
    while budget < 2:
        yield "drain"
        budget += 1
        if not k.log.empty:
            entry = k.log.pop()
            k.kind[entry.at] = entry.event
            break


@operation
def send(k: Kernel, cpu: Cpu) -> Steps:
    """Put work into any inbox that has room."""
    target = choose(Cpu, where=lambda c: c != cpu and not k.inbox[c].full)
    k.inbox[target].push(k.home[cpu])
    yield "note_seen"
    mm = k.home[cpu]
    k.seen[mm] = k.seen[mm] | {target}
    yield "forget"
    k.seen[mm] = k.seen[mm] - {target}
    yield "sets"
    number = choose(range(0, 2), where=lambda n: n < 1)
    some_cpus = frozenset(c for c in Cpu if c != cpu)
    other = pick(some_cpus)
    which = pick(Event)
    on = pick(bool)
    assert len(some_cpus & {other}) == 1
    assert frozenset({other}) <= some_cpus
    yield "phase"
    k.phase = which if on else Event.CLEAR
    yield "epoch"
    atomic("a guard over two cells")
    wait(k.phase == Event.CLEAR or k.owner is not None)
    k.epoch += 1 if number == 0 else 0
    yield "owner"
    k.owner = nth(Cpu, size(Cpu) - 1)
    yield "owner_again"
    atomic("two cells")
    owner = k.owner
    assert owner is not None
    k.big_lock.waiters.push(owner)
    yield "room"
    assert len(k.big_lock.waiters) == 1
    assert k.K > 0


@hardware(unit="tlb", per=Cpu, atomic="a sample")
def tlb_fill(k: Kernel, cpu: Cpu, mm: Mm, va: Va) -> Steps:
    """Walk."""
    wait(k.pte[mm, va] is not None)
    frame = some(k.pte[mm, va]).frame
    k.refs[frame] = k.refs[frame]
    yield from nothing()


@hardware(unit="ipi", per=Cpu, owed=True)
def flush_tlb_func(k: Kernel, cpu: Cpu) -> Steps:
    """Take the oldest request."""
    wait(not k.inbox[cpu].empty)
    mm = k.inbox[cpu].pop()
    yield "ack"
    k.seen[mm] = frozenset()


@always
def refs_cover_users(k: Kernel) -> bool:
    """A frame has a reference for every entry that maps it."""
    return all(k.refs[f] >= users(k, f) for f in Frame)


@at_end
def nothing_is_held(k: Kernel) -> bool:
    """In the end no lock is held."""
    return not any(k.lock[mm].held for mm in Mm) and not k.big_lock.held


@sometimes
def something_is_mapped(k: Kernel) -> bool:
    """Some page is mapped."""
    return any(k.pte[mm, va] is not None for mm in Mm for va in Va if k.epoch in (0, 1))


@step_assertion
def refs_balance() -> None:
    """No reference is dropped twice."""
