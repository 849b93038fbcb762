"""What each process was promised about its memory: a flat map from addresses to values, and what an access may do.

A frame stands to an address in one of four ways. It is *current* once an entry has mapped it there: a load through it
must return the value of the flat map, a store through it changes that value. It is *leaving* from the moment an
operation that takes the page away (munmap, MADV_DONTNEED, exit) has cleared the entry: an access is still legal until
that operation returns, its stores are lost with the page. Then it is *taken*: only who holds a pin may go on. munmap
and exit take the address, too: what is current there when they return is taken as well. Once the frame is freed it is
*none* of the address's business, whoever has it next. Copy on write does not make a frame leave: an old frame is as
good as the new one exactly as long as it holds the same value. Where a file is mapped, the value is the file's, until
the address has a copy of its own; a file's page leaves by truncation, and by nothing else that clears the entry.
"""

from __future__ import annotations

from shootdown.model import Enum, State, Table, auto, check, note, table

from .filepromise import (
    Backing,
    Cut,
    FilePromise,
    copy_dropped,
    cut_of,
    file_moved,
    file_stored,
    file_unmapped,
    file_value,
    follows_file,
    is_page_of,
    may_store,
    page_freed,
)
from .state import Cpu, Frame, Kernel, Mm, Token, Va


class Standing(Enum):
    """How a frame stands to an address."""

    NONE = auto()
    CURRENT = auto()
    LEAVING = auto()
    TAKEN = auto()


class Promise(State, ghost=True):
    """What was promised, per address space."""

    value: Table[tuple[Mm, Va], Token | None] = table(None, show="{0} {1} should be {value}")
    """What the process last wrote to the address, itself or through its devices; None is zeros."""
    inheritance: Table[tuple[Mm, Va], Token | None] = table(None)
    """What a child got from its parent at the address: to see it later may be wrong, and leaks nothing."""
    standing: Table[tuple[Mm, Va, Frame], Standing] = table(Standing.NONE)
    left: Table[tuple[Mm, Va, Frame], Token | None] = table(None)
    """What a leaving frame should hold."""
    read_only: Table[tuple[Mm, Va], bool] = table(False, show="{0} {1} read-only: {value}")
    """The right to write was taken away, by an operation that has returned."""
    unreadable: Table[tuple[Mm, Va], bool] = table(False, show="{0} {1} inaccessible: {value}")
    """The right to read, too."""
    moved_to: Table[tuple[Mm, Va, Frame], Va | None] = table(None)
    """Where the page that the address had is now, if mremap has moved it."""
    owed: Table[tuple[Cpu, Frame], bool] = table(False)
    """The operation on this CPU promises that the frame is no longer used when it returns."""
    parent: Table[Mm, Mm | None] = table(None)
    """For a child whose fork has not returned, whom it copies: a store in the parent's name may reach the child."""


def mapped(k: Kernel, mm: Mm, va: Va, frame: Frame) -> None:
    """An entry of mm now maps the frame at va. Where a file was truncated, nothing may be mapped any more."""
    cut = cut_of(k, mm, va)
    if k[FilePromise].given_up[frame]:
        k[Promise].standing[mm, va, frame] = Standing.NONE
    elif cut == Cut.DONE:
        k[Promise].standing[mm, va, frame] = Standing.TAKEN
    elif cut == Cut.BEGUN and is_page_of(k, mm, va, frame):
        k[Promise].standing[mm, va, frame] = Standing.LEAVING
    else:
        k[Promise].standing[mm, va, frame] = Standing.CURRENT
    k[Promise].moved_to[mm, va, frame] = None


def file_copied(k: Kernel, mm: Mm, va: Va, value: Token | None) -> None:
    """The address has a private copy of its file's page from now on, made when the file held the value."""
    private = k[FilePromise].backing[mm, va] == Backing.PRIVATE
    if private:
        k[FilePromise].backing[mm, va] = Backing.COPIED
        k[Promise].value[mm, va] = value
        k[Promise].inheritance[mm, va] = value


def promised(k: Kernel, mm: Mm, va: Va) -> Token | None:
    """What a load of the address has to return now."""
    return file_value(k, mm, va) if follows_file(k, mm, va) else k[Promise].value[mm, va]


def inherited(k: Kernel, mm: Mm, child: Mm, va: Va) -> None:
    """The child gets the value that its parent has at va now."""
    k[Promise].value[child, va] = k[Promise].value[mm, va]
    k[Promise].inheritance[child, va] = k[Promise].value[mm, va]


def zapped(k: Kernel, cpu: Cpu, mm: Mm, va: Va) -> None:
    """The entry at va is cleared, by an operation on cpu that takes the page away: va reads as zeros from now on.

    The operation also answers for the frames that others are taking away. A file keeps its page: only its copy leaves.
    """
    for frame in Frame:
        standing = k[Promise].standing[mm, va, frame]
        if standing == Standing.CURRENT and not is_page_of(k, mm, va, frame):
            k[Promise].standing[mm, va, frame] = Standing.LEAVING
            k[Promise].left[mm, va, frame] = k[Promise].value[mm, va]
            k[Promise].owed[cpu, frame] = True
        if standing == Standing.LEAVING:
            k[Promise].owed[cpu, frame] = True
    k[Promise].value[mm, va] = None
    copy_dropped(k, mm, va)


def taken(k: Kernel, cpu: Cpu, mm: Mm, va: Va) -> None:
    """The operation on cpu that takes the page at va away returns."""
    for frame in Frame:
        standing = k[Promise].standing[mm, va, frame]
        left = standing == Standing.LEAVING or standing == Standing.TAKEN
        if left and k[Promise].owed[cpu, frame]:
            k[Promise].standing[mm, va, frame] = Standing.TAKEN
            k[Promise].left[mm, va, frame] = None
            k[Promise].owed[cpu, frame] = False


def gone(k: Kernel, cpu: Cpu, mm: Mm, va: Va) -> None:
    """The operation on cpu that takes the page and the address away returns.

    A page that came there after the entry was cleared is taken, too.
    """
    taken(k, cpu, mm, va)
    for frame in Frame:
        late = k[Promise].standing[mm, va, frame] == Standing.CURRENT
        if late:
            k[Promise].standing[mm, va, frame] = Standing.TAKEN
    k[Promise].value[mm, va] = None
    k[Promise].read_only[mm, va] = False
    k[Promise].unreadable[mm, va] = False
    file_unmapped(k, mm, va)


def moved(k: Kernel, cpu: Cpu, mm: Mm, va: Va, to: Va) -> None:
    """The entry at va is now at the address `to`, by an operation on cpu that takes va away.

    Until it returns an access at va is one at `to`; a pin follows the page for as long as it lives. What others are
    taking away is moved as such.
    """
    for frame in Frame:
        standing = k[Promise].standing[mm, va, frame]
        if standing == Standing.CURRENT or standing == Standing.LEAVING:
            k[Promise].standing[mm, va, frame] = Standing.LEAVING
            k[Promise].standing[mm, to, frame] = standing
            k[Promise].left[mm, to, frame] = k[Promise].left[mm, va, frame]
            k[Promise].moved_to[mm, to, frame] = None
            k[Promise].owed[cpu, frame] = True
            for old in Va:
                if old == va or k[Promise].moved_to[mm, old, frame] == va:
                    k[Promise].moved_to[mm, old, frame] = to
    k[Promise].value[mm, to] = k[Promise].value[mm, va]
    k[Promise].inheritance[mm, to] = k[Promise].inheritance[mm, va]
    file_moved(k, mm, va, to)
    k[Promise].value[mm, va] = None


def may_write(k: Kernel, mm: Mm, va: Va, write: bool) -> None:
    """The page may be written from now on, or not any more."""
    k[Promise].read_only[mm, va] = not write


def may_read(k: Kernel, mm: Mm, va: Va, read: bool) -> None:
    """The page may be read from now on, or not any more."""
    k[Promise].unreadable[mm, va] = not read


def freed(k: Kernel, frame: Frame) -> None:
    """The frame goes back to the allocator."""
    page_freed(k, frame)
    for cpu in Cpu:
        k[Promise].owed[cpu, frame] = False
    for mm in Mm:
        for va in Va:
            k[Promise].standing[mm, va, frame] = Standing.NONE
            k[Promise].left[mm, va, frame] = None
            k[Promise].moved_to[mm, va, frame] = None


def forks(k: Kernel, mm: Mm, child: Mm) -> None:
    """A fork of mm begins to make the child."""
    k[Promise].parent[child] = mm


def forked(k: Kernel, child: Mm) -> None:
    """The fork that makes the child returns: from now on stores of either side are its own."""
    k[Promise].parent[child] = None


def saw(k: Kernel, mm: Mm, va: Va, frame: Frame) -> None:
    """A load through a translation of va in mm reaches the frame: a CPU's, or a device's that must follow the mm."""
    content = k.frame[frame].content
    at = now_at(k, mm, va, frame)
    standing = reached(k, mm, va, frame)
    note(f"{frame} holds {content}, {at} should be {promised(k, mm, at)}")
    check(standing != Standing.NONE, "no_use_after_free")
    check(standing != Standing.TAKEN, "reads_follow_writes")
    check(not k[Promise].unreadable[mm, at], "no_read_without_right")
    if standing == Standing.CURRENT:
        _compare(k, mm, at, frame, promised(k, mm, at))
    if standing == Standing.LEAVING and not is_page_of(k, mm, at, frame):
        _compare(k, mm, at, frame, k[Promise].left[mm, at, frame])


def stored(k: Kernel, mm: Mm, va: Va, frame: Frame, token: Token) -> None:
    """A store through a translation of va in mm reaches the frame: a CPU's, or a device's that must follow the mm."""
    at = now_at(k, mm, va, frame)
    standing = reached(k, mm, va, frame)
    note(f"{frame} := {token}")
    check(standing != Standing.NONE, "no_use_after_free")
    check(standing != Standing.TAKEN, "no_lost_write")
    check(not k[Promise].read_only[mm, at], "no_write_without_right")
    _store(k, mm, at, frame, token)


def pin_saw(k: Kernel, mm: Mm, va: Va, frame: Frame) -> None:
    """A load of a device that holds a pin, taken through va in mm.

    The process may give the address up, and not the pin.
    """
    content = k.frame[frame].content
    at = now_at(k, mm, va, frame)
    note(f"{frame} holds {content}, {at} should be {promised(k, mm, at)}")
    check(k[Promise].standing[mm, va, frame] != Standing.NONE, "no_use_after_free")
    there = k[Promise].standing[mm, at, frame]
    if there == Standing.CURRENT:
        _compare(k, mm, at, frame, promised(k, mm, at))


def pin_stored(k: Kernel, mm: Mm, va: Va, frame: Frame, token: Token) -> None:
    """A store of a device that holds a pin, taken through va in mm."""
    note(f"{frame} := {token}")
    check(k[Promise].standing[mm, va, frame] != Standing.NONE, "no_use_after_free")
    _store(k, mm, now_at(k, mm, va, frame), frame, token)


def lent_saw(k: Kernel, mm: Mm, va: Va, frame: Frame) -> None:
    """Somebody loads, in the name of mm, from a page that mm has handed on: what others wrote there since is theirs."""
    content = k.frame[frame].content
    note(f"{frame} holds {content}")
    check(k[Promise].standing[mm, va, frame] != Standing.NONE, "no_use_after_free")
    check(_own(k, mm, va, content), "cow_isolation")


def now_at(k: Kernel, mm: Mm, va: Va, frame: Frame) -> Va:
    """The address at which the page that was at va is now."""
    to = k[Promise].moved_to[mm, va, frame]
    return va if to is None else to


def reached(k: Kernel, mm: Mm, va: Va, frame: Frame) -> Standing:
    """How a frame stands to an access at va: while its page is being moved, as it does to the new address."""
    standing = k[Promise].standing[mm, va, frame]
    leaving = standing == Standing.LEAVING
    return k[Promise].standing[mm, now_at(k, mm, va, frame), frame] if leaving else standing


def _own(k: Kernel, mm: Mm, va: Va, content: Token | None) -> bool:
    return content is None or content.mm == mm or content == k[Promise].inheritance[mm, va]


def _compare(k: Kernel, mm: Mm, va: Va, frame: Frame, wanted: Token | None) -> None:
    content = k.frame[frame].content
    own = _own(k, mm, va, content)
    check(content == wanted, "reads_follow_writes")
    check(content == wanted or own or is_page_of(k, mm, va, frame), "cow_isolation")


def _store(k: Kernel, mm: Mm, va: Va, frame: Frame, token: Token) -> None:
    standing = k[Promise].standing[mm, va, frame]
    check(may_store(k, mm, va, frame), "file_keeps_content")
    if standing == Standing.CURRENT and not follows_file(k, mm, va):
        k[Promise].value[mm, va] = token
    if standing == Standing.CURRENT and may_store(k, mm, va, frame):
        file_stored(k, mm, va, token)
    if standing == Standing.LEAVING:
        k[Promise].left[mm, va, frame] = token
    for child in Mm:
        inherits = k[Promise].parent[child] == mm and k[Promise].standing[child, va, frame] == Standing.CURRENT
        if inherits:
            k[Promise].value[child, va] = token
            k[Promise].inheritance[child, va] = token
