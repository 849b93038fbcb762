"""Page requests: how a device asks for a page that it finds no translation for; PCIe's page request interface.

A device sends one or two requests in a group and marks the last one. The IOMMU writes them into a ring in memory; the
kernel serves them and answers the group once: *success* (translate again), *invalid* (the access is wrong) or *failure*
(use page requests no more). Until it is answered, a group holds its index: a credit. A device that is told to stop
waits for nothing: its groups are stale, their answers are ignored, and only then are their indexes free again.
"""

from __future__ import annotations

from shootdown.model import (
    Device,
    Enum,
    Index,
    Mechanism,
    Queue,
    Record,
    Result,
    State,
    Table,
    atomic,
    auto,
    check,
    choose,
    has,
    note,
    operation,
    pick,
    queue,
    replace,
    some,
    table,
    wait,
)

from ..mm.pasid import Pasid
from ..mm.state import Kernel, Mm, Va

overflow_is_answered = Mechanism(
    bool,
    meaning="a request that finds the ring full, and needs an answer, is answered by the IOMMU itself",
    prevents="a device that waits for ever for a page",
    evidence="recalled",
)


class Prg(Index):
    """The index of a page request group: how many groups a device may have under way."""


class Answer(Enum):
    """The code of a page request group response."""

    SUCCESS = auto()
    INVALID = auto()
    FAILURE = auto()


class PageRequest(Record, show="{pasid} {va} {write:W} {group} {last:last}"):
    """A page request."""

    pasid: Pasid
    va: Va
    write: bool
    group: Prg
    last: bool
    asker: Mm
    """In whose name the device asks. The message does not say so, and nothing but properties looks at it."""


class Group(Record, show="{domain}: {last}"):
    """A complete group that software is to serve (struct iopf_group)."""

    domain: Mm
    """The address space of the attach handle that the group was reported to."""
    first: PageRequest | None
    """The other request of the group: a group has one or two."""
    last: PageRequest


class Asked(Record, show="{asker} {answer} {stale:stale}"):
    """A group that the device has under way."""

    asker: Mm
    answer: Answer | None = None
    stale: bool = False


class Requests(State):
    """Page requests, from the device to the kernel's worker and back."""

    asked: Table[tuple[Device, Prg], Asked | None] = table(None, show="{0} {1}: {value}")
    message: Table[Device, PageRequest | None] = table(None, show="{0} sends {value}")
    """The request on its way to the IOMMU. Requests of a device stay in order."""
    ring: Table[Device, Queue[PageRequest]] = table(queue(2))
    """The page request queue, in memory: entries between head and tail."""
    pending: Table[Device, bool] = table(False)
    """PPR: an entry has been written since software cleared it last. Raises the interrupt."""
    overflow: Table[Device, bool] = table(False, show="{0} overflow: {value}")
    """PRO: a request has found the ring full. While it is set none is written."""
    partial: Table[Device, PageRequest | None] = table(None, show="{0} partial: {value}")
    """fault_param.partial: the request of a group whose last one has not come yet."""
    work: Table[Device, Queue[Group]] = table(queue(3))
    """Groups on the work queue; the first may be worked on."""
    handle: Table[tuple[Device, Pasid], Mm | None] = table(None, show="{0} {1} attached: {value}")
    """The attach handle in the group's pasid_array: whose faults those of a PASID are."""
    disabled: Table[Device, bool] = table(False)
    """The device has been told of a failure, and asks for nothing any more."""
    no_memory: Table[Device, bool] = table(False)
    """The interrupt thread gets no memory for a group."""
    stop: Table[Device, bool] = table(False)
    """The driver has told the device to stop."""


@operation(source="PCIe: page request interface", seen="recalled")
def request_pages(
    k: Kernel, dev: Device, pasid: Pasid, va: Va, also: Va | None, write: bool, asker: Mm
) -> Result[bool]:
    """Ask for a page or two in one group, and wait for the answer.

    False: the access is wrong, or the device is to stop. Then it begins no group, and finishes one that it has begun.
    """
    atomic("the device takes an index when it sends the request", hardware=True)
    wait(k[Requests].stop[dev] or k[Requests].disabled[dev] or k[Requests].message[dev] is None)
    if k[Requests].stop[dev] or k[Requests].disabled[dev]:
        return False
    group = choose(Prg, where=lambda index: k[Requests].asked[dev, index] is None)
    request = PageRequest(pasid=pasid, va=va, write=write, group=group, last=also is None, asker=asker)
    k[Requests].asked[dev, group] = Asked(asker=asker)
    k[Requests].message[dev] = request
    note(f"{request}")
    if also is not None:
        yield "last request"
        wait(k[Requests].message[dev] is None)
        k[Requests].message[dev] = replace(request, va=also, last=True)
    yield "await answer"
    atomic(
        "a device that stops drops what it waits for: the group is stale, and keeps its index until answered",
        hardware=True,
    )
    asked = some(k[Requests].asked[dev, group])
    wait(asked.answer is not None or k[Requests].stop[dev])
    answer = asked.answer
    if answer is None:
        k[Requests].asked[dev, group] = replace(asked, stale=True)
        return False
    k[Requests].asked[dev, group] = None
    if answer == Answer.FAILURE:
        k[Requests].disabled[dev] = True
    return answer == Answer.SUCCESS


def answer_group(k: Kernel, dev: Device, request: PageRequest, answer: Answer) -> None:
    """A page request group response reaches the device."""
    asked = k[Requests].asked[dev, request.group]
    note(f"{request.group}: {answer}")
    check(asked is not None and asked.answer is None and asked.asker == request.asker, "answers_reach_those_who_asked")
    if asked is not None:
        k[Requests].asked[dev, request.group] = None if asked.stale else replace(asked, answer=answer)


def write_request(k: Kernel, dev: Device) -> None:
    """The IOMMU writes a request into the ring, and raises the interrupt; into a full one it does not."""
    atomic("the IOMMU is the only one to write entries, and answers what it drops", hardware=True)
    wait(k[Requests].message[dev] is not None)
    request = some(k[Requests].message[dev])
    if k[Requests].overflow[dev] or k[Requests].ring[dev].full:
        drop_request(k, dev, request)
    else:
        k[Requests].ring[dev].push(request)
        k[Requests].pending[dev] = True
    k[Requests].message[dev] = None


def find_ring_full(k: Kernel, dev: Device) -> None:
    """Requests of devices outside this world have filled the ring."""
    atomic("the IOMMU is the only one to write entries, and answers what it drops", hardware=True)
    wait(k[Requests].message[dev] is not None)
    drop_request(k, dev, some(k[Requests].message[dev]))
    k[Requests].message[dev] = None


def drop_request(k: Kernel, dev: Device, request: PageRequest) -> None:
    """Drop a request; answer it in the kernel's place if it is the last one of a group."""
    k[Requests].overflow[dev] = True
    k[Requests].pending[dev] = True
    note("overflow")
    if request.last and has(k, overflow_is_answered):
        success = pick(bool)
        answer_group(k, dev, request, Answer.SUCCESS if success else Answer.INVALID)
