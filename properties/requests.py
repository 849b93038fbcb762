"""What devices that ask for pages may rely on, and those in whose name they ask."""

from __future__ import annotations

from shootdown.model import Device, at_end, step_assertion
from shootdown.model.kernel.devices.requests import Prg, Requests
from shootdown.model.kernel.mm.state import Kernel


@at_end
def every_request_is_answered(k: Kernel) -> bool:
    """Every page request group has been answered, also one that its device does not wait for any more.

    An answer that refuses is an answer.
    """
    return all(k[Requests].asked[dev, group] is None for dev in Device for group in Prg)


@step_assertion
def requests_stay_with_those_who_asked() -> None:
    """A page request is served in the address space in whose name it was made, and in no other."""


@step_assertion
def answers_reach_those_who_asked() -> None:
    """An answer to a page request is for a group that waits for one, of the process that is meant."""


@step_assertion
def no_work_outlives_its_owner() -> None:
    """No work in the kernel uses a domain, a context or an address space that has been freed."""
