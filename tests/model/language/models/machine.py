"""Every construct of the language once, in a small machine with devices."""

from __future__ import annotations

from shootdown.model import (
    Annotated,
    Between,
    Device,
    DeviceType,
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
    auto,
    check,
    choose,
    each_device,
    exclusive,
    given,
    hardware,
    has,
    inclusive,
    note,
    nothing,
    operation,
    pick,
    queue,
    replace,
    slot,
    some,
    sometimes,
    step_assertion,
    table,
    wait,
    way,
)


class Va(Index, ordered=True):
    """A page."""


class Frame(Index):
    """A page frame."""


class Event(Enum):
    """Why an entry goes."""

    CLEAR = auto()
    UNMAP = auto()


class Pte(Record, show="{frame} {write:W}"):
    """An entry."""

    frame: Frame
    write: bool = False


class Mutex(Struct):
    """A lock."""

    held: bool = False

    def take(self) -> None:
        """Wait until it is free, then take it."""
        wait(not self.held)
        self.held = True


class Kernel(State):
    """What the CPUs share."""

    pte: Table[Va, Pte | None] = table(None, show="{0}: {value}")
    used: Table[Frame, bool] = table(False)
    lock: Table[Va, Mutex] = table(Mutex)
    last: Event | None = None
    seen: Annotated[int, Between(0, 3)] = 0


class Mirror(State):
    """What devices keep."""

    copy: Table[tuple[Device, Va], Frame | None] = table(None)
    log: Table[Device, Queue[Va]] = table(queue(2))
    limit: Table[Device, Annotated[int, Between(0, 3)]] = given()


class Promise(State, ghost=True):
    """What was promised."""

    gone: frozenset[Frame] = frozenset()


notifies = Mechanism(bool, meaning="unmap tells the devices", since="v2.6.27", evidence="read")
unmap_event = Mechanism(Event, meaning="what unmap tells them")


@slot
def invalidate(k: Kernel, dev: Device, va: Va, event: Event) -> Steps:
    """The device forgets the page."""
    yield from nothing()


@slot
def wants(k: Kernel, dev: Device) -> bool:
    """Whether the device wants to be told."""
    return False


@operation(source="drivers/mirror.c:invalidate")
def mirror_invalidate(k: Kernel, dev: Device, va: Va, event: Event) -> Steps:
    """Drop the copy, and log it."""
    k[Mirror].copy[dev, va] = None
    yield "log"
    if not k[Mirror].log[dev].full:
        k[Mirror].log[dev].push(va)


def mirror_wants(k: Kernel, dev: Device) -> bool:
    """Always, within its limit."""
    return k[Mirror].limit[dev] > 0


MIRROR = DeviceType("mirror", fills={invalidate: mirror_invalidate, wants: mirror_wants}, needs=(notifies,))
DUMB = DeviceType("dumb")


@step_assertion
def no_use_after_free() -> None:
    """Nobody uses a freed frame."""


def alloc(k: Kernel) -> Frame:
    """Any free frame."""
    f = pick(Frame, where=lambda x: not k.used[x])
    k.used[f] = True
    return f


@operation(litmus="map {va}")
def map_page(k: Kernel, va: Va) -> Steps:
    """Map a fresh frame at va, unless one is there."""
    k.lock[va].take()
    yield "look"
    old = k.pte[va]
    if old is None:
        yield "alloc"
        f = alloc(k)
        k[Promise].gone -= {f}
        yield "set_pte"
        k.pte[va] = Pte(frame=f, write=True)
        note(f"{va} -> {f}")
    yield "unlock"
    k.lock[va].held = False


@operation()
def take_out(k: Kernel, va: Va) -> Result[Frame | None]:
    """Clear the entry; gives the frame that was there."""
    old = k.pte[va]
    if old is None:
        return None
    yield "clear"
    k.pte[va] = None
    return old.frame


@operation(litmus="unmap {va}")
def unmap_page(k: Kernel, va: Va) -> Steps:
    """Unmap va."""
    k.lock[va].take()
    frame = yield from take_out(k, va)
    if frame is not None:
        if has(k, notifies):
            yield from each_device(invalidate, k, va, Event.UNMAP)
        yield "free"
        k.used[frame] = False
        k[Promise].gone |= {frame}
    yield "unlock"
    k.lock[va].held = False
    yield "event"
    k.last = way(k, unmap_event)


@operation(litmus="protect {va}", atomic="read, then write the same entry, through a helper")
def protect(k: Kernel, va: Va) -> Steps:
    """Take the right to write away."""
    orig = k.pte[va]
    yield "ptep_set_access_flags"
    if orig is not None and orig.write:
        k.pte[va] = replace(orig, write=False)


@operation(litmus="sweep")
def sweep(k: Kernel) -> Steps:
    """Count pages that are mapped."""
    n: Annotated[int, Between(0, 3)] = 0
    for va in Va:
        yield "scan"
        here = k.pte[va]
        if here is not None and n < 3:
            n += 1
    yield "publish"
    k.seen = n


@hardware(unit="atc", device=MIRROR)
def fill(k: Kernel, dev: Device, va: Va) -> Steps:
    """Load a copy of an entry."""
    wait(k.pte[va] is not None)
    orig = k.pte[va]
    yield "insert"
    if orig is not None:
        k[Mirror].copy[dev, va] = orig.frame


@hardware(unit="dma", device=MIRROR, atomic="lookup and use are one here")
def dma(k: Kernel, dev: Device) -> Steps:
    """Use some copy."""
    va = choose(Va, where=lambda v: k[Mirror].copy[dev, v] is not None)
    f = some(k[Mirror].copy[dev, va])
    check(f not in k[Promise].gone, "no_use_after_free")
    yield from nothing()


@hardware(unit="worker", owed=True)
def drain(k: Kernel) -> Steps:
    """Take entries off the logs."""
    dev = choose(Device, where=lambda d: not k[Mirror].log[d].empty)
    va = k[Mirror].log[dev].pop()
    assert va in inclusive(va, va)
    assert exclusive(va, va).empty
    yield from nothing()


def mapped(k: Kernel, f: Frame) -> bool:
    """Whether some entry maps f."""
    return any(maps(k, v, f) for v in Va)


def maps(k: Kernel, va: Va, f: Frame) -> bool:
    """Whether va maps f."""
    p = k.pte[va]
    if p is None:
        return False
    return p.frame == f


@always
def mapped_is_used(k: Kernel) -> bool:
    """A mapped frame is used."""
    return all(k.used[f] or not mapped(k, f) for f in Frame)


@at_end
def unlocked(k: Kernel) -> bool:
    """In the end no lock is held."""
    return not any(k.lock[v].held for v in Va)


@sometimes
def all_used(k: Kernel) -> bool:
    """All frames are in use."""
    return sum(1 for f in Frame if k.used[f]) >= 1


def ends(r: Range[Va], va: Va) -> bool:
    """Whether va is in the range."""
    return va in r
