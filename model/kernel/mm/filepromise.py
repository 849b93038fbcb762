"""What was promised about files: a file holds what was last stored to it, whoever maps it.

A shared mapping reads and writes the file's value. So does a private one read it, until its page was copied on write;
from then on the address has a value of its own (promise.py). When the copy is dropped, the address follows the file
again.
"""

from __future__ import annotations

from shootdown.model import Enum, State, Table, auto, table

from .state import File, Frame, Kernel, Mm, Token, Va


class Backing(Enum):
    """Where the value of an address comes from."""

    OWN = auto()
    SHARED = auto()
    PRIVATE = auto()
    COPIED = auto()


class Cut(Enum):
    """How far the truncation of a file has come: none, one under way, one that has returned."""

    NO = auto()
    BEGUN = auto()
    DONE = auto()


class FilePromise(State, ghost=True):
    """What was promised, per file, and which addresses follow a file."""

    value: Table[File, Token | None] = table(None, show="{0} should be {value}")
    """What was last stored to the file through a mapping that may; None is zeros."""
    home: Table[tuple[Mm, Va], File | None] = table(None)
    """The file that is mapped at the address."""
    backing: Table[tuple[Mm, Va], Backing] = table(Backing.OWN)
    page_of: Table[Frame, File | None] = table(None)
    """Whose page the frame is or was, until it is freed."""
    given_up: Table[Frame, bool] = table(False)
    """A driver has given the frame up: who maps it now maps what is not the file's."""
    cut: Table[File, Cut] = table(Cut.NO)
    """Whether the file is being truncated, or was."""


def file_mapped(k: Kernel, mm: Mm, va: Va, file: File, shared: bool) -> None:
    """The address follows the file from now on."""
    k[FilePromise].home[mm, va] = file
    k[FilePromise].backing[mm, va] = Backing.SHARED if shared else Backing.PRIVATE


def file_inherited(k: Kernel, mm: Mm, child: Mm, va: Va) -> None:
    """The child's address follows what its parent's does."""
    k[FilePromise].home[child, va] = k[FilePromise].home[mm, va]
    k[FilePromise].backing[child, va] = k[FilePromise].backing[mm, va]


def page_added(k: Kernel, frame: Frame, file: File) -> None:
    """The frame becomes the file's page."""
    k[FilePromise].page_of[frame] = file
    k[FilePromise].given_up[frame] = False


def page_freed(k: Kernel, frame: Frame) -> None:
    """The frame goes back to the allocator."""
    k[FilePromise].page_of[frame] = None


def page_given_up(k: Kernel, file: File, frame: Frame) -> None:
    """What the file held is gone with its page: it reads as zeros if it gets memory again."""
    k[FilePromise].value[file] = None
    k[FilePromise].given_up[frame] = True


def follows_file(k: Kernel, mm: Mm, va: Va) -> bool:
    """Whether the address has the value of its file."""
    return k[FilePromise].backing[mm, va] == Backing.SHARED or k[FilePromise].backing[mm, va] == Backing.PRIVATE


def file_value(k: Kernel, mm: Mm, va: Va) -> Token | None:
    """What the file that is mapped at the address should hold."""
    home = k[FilePromise].home[mm, va]
    return None if home is None else k[FilePromise].value[home]


def is_page_of(k: Kernel, mm: Mm, va: Va, frame: Frame) -> bool:
    """Whether the frame is a page of the file that is mapped at the address."""
    return k[FilePromise].home[mm, va] is not None and k[FilePromise].page_of[frame] == k[FilePromise].home[mm, va]


def cut_of(k: Kernel, mm: Mm, va: Va) -> Cut:
    """How far the truncation of the file has come that is mapped at the address."""
    home = k[FilePromise].home[mm, va]
    return Cut.NO if home is None else k[FilePromise].cut[home]


def may_store(k: Kernel, mm: Mm, va: Va, frame: Frame) -> bool:
    """Whether a store through the address may reach the frame, as far as files have a say."""
    return not is_page_of(k, mm, va, frame) or k[FilePromise].backing[mm, va] == Backing.SHARED


def file_stored(k: Kernel, mm: Mm, va: Va, token: Token) -> None:
    """A store through the address reaches the page that is current there: the file's, if the mapping is shared."""
    home = k[FilePromise].home[mm, va]
    backing = k[FilePromise].backing[mm, va]
    if home is not None and backing == Backing.SHARED:
        k[FilePromise].value[home] = token


def copy_dropped(k: Kernel, mm: Mm, va: Va) -> None:
    """The address has no page any more: it follows its file again, if it has one."""
    copied = k[FilePromise].backing[mm, va] == Backing.COPIED
    if copied:
        k[FilePromise].backing[mm, va] = Backing.PRIVATE


def file_moved(k: Kernel, mm: Mm, va: Va, to: Va) -> None:
    """What is mapped at va is mapped at the address `to` from now on."""
    k[FilePromise].home[mm, to] = k[FilePromise].home[mm, va]
    k[FilePromise].backing[mm, to] = k[FilePromise].backing[mm, va]


def file_unmapped(k: Kernel, mm: Mm, va: Va) -> None:
    """The address is gone."""
    k[FilePromise].home[mm, va] = None
    k[FilePromise].backing[mm, va] = Backing.OWN
