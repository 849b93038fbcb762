"""What truncation and hole punching promise: what they take from a file, and from everybody who maps it."""

from __future__ import annotations

from .filepromise import Cut, FilePromise, copy_dropped, is_page_of
from .promise import Promise, Standing, taken
from .state import Cpu, File, Frame, Kernel, Mm, Va


def truncates(k: Kernel, file: File) -> None:
    """An operation begins to take the page from the file, and from everybody who maps it."""
    k[FilePromise].value[file] = None
    k[FilePromise].cut[file] = Cut.BEGUN
    for frame in Frame:
        if k[FilePromise].page_of[frame] == file:
            leaves(k, frame, None)


def leaves(k: Kernel, frame: Frame, owing: Cpu | None) -> None:
    """An operation begins to take the page from everybody who maps it, on the CPU that owes them so, if one does."""
    for mm in Mm:
        for va in Va:
            current = k[Promise].standing[mm, va, frame] == Standing.CURRENT
            if current:
                k[Promise].standing[mm, va, frame] = Standing.LEAVING
                if owing is not None:
                    k[Promise].owed[owing, frame] = True


def truncated(k: Kernel, cpu: Cpu, file: File) -> None:
    """The operation returns: where the file is mapped, no page may be used any more, private copies included."""
    k[FilePromise].cut[file] = Cut.DONE
    for mm in Mm:
        for va in Va:
            if k[FilePromise].home[mm, va] == file:
                taken(k, cpu, mm, va)
                for frame in Frame:
                    standing = k[Promise].standing[mm, va, frame]
                    page = is_page_of(k, mm, va, frame)
                    if standing == Standing.CURRENT or (standing == Standing.LEAVING and page):
                        k[Promise].standing[mm, va, frame] = Standing.TAKEN
                k[Promise].value[mm, va] = None
                copy_dropped(k, mm, va)


def punches(k: Kernel, cpu: Cpu, file: File) -> None:
    """An operation on cpu takes page and blocks from the file, which reads as zeros from now on.

    The page that it had may be used until the operation returns; stores to it are lost with it.
    """
    k[FilePromise].value[file] = None
    for frame in Frame:
        if k[FilePromise].page_of[frame] == file:
            leaves(k, frame, cpu)


def punched(k: Kernel, cpu: Cpu, file: File) -> None:
    """The operation returns: where the file is mapped, nobody may use the page any more that it had."""
    for frame in Frame:
        if k[FilePromise].page_of[frame] == file and k[Promise].owed[cpu, frame]:
            for mm in Mm:
                for va in Va:
                    leaving = k[Promise].standing[mm, va, frame] == Standing.LEAVING
                    if leaving:
                        k[Promise].standing[mm, va, frame] = Standing.TAKEN
                        k[Promise].left[mm, va, frame] = None
            k[Promise].owed[cpu, frame] = False
