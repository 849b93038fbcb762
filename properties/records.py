"""What must hold of completion records: a program that waits for one gets it, its own, and whole."""

from __future__ import annotations

from shootdown.model import at_end, step_assertion
from shootdown.model.kernel.devices.dsa_queue import Dsa, Records, Wq
from shootdown.model.kernel.mm.state import Kernel, Life, Mm, Va


@at_end
def every_record_is_delivered(k: Kernel) -> bool:
    """Every program that lives has the completion record of each descriptor that it has submitted."""
    return all(k.life[mm] != Life.RUNS or k[Records].owed[mm, va] == 0 for mm in Mm for va in Va)


@at_end
def every_lost_record_is_counted(k: Kernel) -> bool:
    """A completion record that is given up is counted where the administrator can see it (cr_fault_failures)."""
    return all(k[Records].lost[wq] <= k[Dsa].failures[wq] for wq in Wq)


@step_assertion
def records_stay_with_their_owner() -> None:
    """The driver writes a completion record into the address space of the program that submitted its descriptor."""


@step_assertion
def records_are_whole() -> None:
    """A program that finds the status of a completion record set finds all of the record."""
