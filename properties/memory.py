"""What memory owes to those who use it: every access meets what the process was promised.

The promise is a flat map from addresses to values, kept beside the page tables (model/kernel/mm/promise.py).
"""

from __future__ import annotations

from shootdown.model import at_end, step_assertion
from shootdown.model.kernel.mm.state import Kernel, Life, Mm, Va


@step_assertion
def reads_follow_writes() -> None:
    """A load returns what its process last wrote there, itself or through its devices.

    A page that an operation is taking away may be used until that operation returns, and reads as it was.
    """


@step_assertion
def no_lost_write() -> None:
    """No store goes to a page that an operation has taken away and returned."""


@step_assertion
def cow_isolation() -> None:
    """After fork returns, neither side reads what the other wrote."""


@step_assertion
def no_write_without_right() -> None:
    """No store goes to a page after an operation that takes the right to write away has returned."""


@step_assertion
def no_read_without_right() -> None:
    """No load reads a page after an operation that takes the right to read away has returned."""


@step_assertion
def file_keeps_content() -> None:
    """No store through a private mapping, whoever makes it, changes the file."""


@at_end
def nothing_outlives_its_process(k: Kernel) -> bool:
    """No page is left in an address space that has ended: nobody would ever give it back."""
    return all(k.life[mm] != Life.GONE or k.pte[mm, va] is None for mm in Mm for va in Va)
