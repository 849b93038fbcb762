"""The model's order of steps is what Linux 6.1 and 6.12 did.

Each line of the recorded files is one operation on one page, run alone, on a machine with two CPUs of which the other
runs a thread of the same process. What the recorder saw beyond the model, or did not see, is taken out on both sides
by the normalisations below, and nothing else is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from kernel_orders import Case, order_of, recorded

FOLDER = Path(__file__).parent
PRESETS = ("6.1", "6.12")
RECORDED = {preset: recorded(FOLDER / f"recorded-{preset}.txt") for preset in PRESETS}

TOUCHED = ("cpu0: mmap A buf", "cpu0: store A buf", "cpu1: load A buf")
LISTENED = "cpu0: listen ear A"
SHARED = "cpu0: mmap_shared A buf F"
PRIVATE = "cpu0: mmap_private A buf F"
FORCED = "cpu0: write_mem A buf"
TRUNCATE = "cpu0: truncate A F"
CODE = ("cpu0: mmap A code", "cpu0: store A code", "cpu0: register vm A code")
ZAPPING = ("kvm_unmap_gfn_range", "kvm_flush_remote_tlbs")
ENDS = "END > kvm_mmu_notifier_invalidate_range_end > "
GUEST = "cpu0: register vm A buf"
TOUCHED_BY_GUEST = "vm: dma_write buf"


def _case(operation: str, preset: str, mode: str) -> Case:
    pin = "pin" if preset == "6.1" else "pin_fast"
    io = "get_fast" if preset == "6.1" else "pin_fast"
    child = ("cpu0: store B buf", "cpu0: exit B")
    fork, parent = "cpu0: fork A -> B", "cpu0: store A buf"
    closed = "cpu0: unregister vm A buf" if mode == "kvm" else "cpu0: unlisten ear A"
    cases = {
        "first_write": Case((parent,), TOUCHED[:1]),
        "fork_cow": Case((fork, parent, *child), TOUCHED),
        "fork_cow_child_first": Case((fork, child[0], parent, child[1]), TOUCHED),
        "fork_pinned": Case((fork, parent, *child, "cpu0: unpin A buf"), (*TOUCHED, f"cpu0: {pin} A buf")),
        "fork_then_pin": Case((fork, f"cpu0: {pin} A buf", parent, *child), TOUCHED),
        "dontneed": Case(("cpu0: dontneed A buf", parent), TOUCHED),
        "munmap": Case(("cpu0: munmap A buf",), (*TOUCHED, "cpu0: mmap A other"), pages=("buf", "other")),
        "munmap_pt": Case(("cpu0: munmap A buf",), TOUCHED),
        "exit": Case(("cpu0: exit A",), TOUCHED),
        "pin_then_unpin": Case((f"cpu0: {pin} A buf", "cpu0: unpin A buf"), TOUCHED),
        "odirect_read": Case((f"cpu0: {io} A buf", "cpu0: unpin A buf"), TOUCHED),
        "exit_kvm_closed": Case((closed, "cpu0: exit A"), TOUCHED),
        "kvm_fault": Case(
            ("vm: dma_read code", "vm: dma_write buf"),
            (*CODE, *TOUCHED),
            pages=("buf", "code"),
        ),
        "kvm_fault_cold": Case(
            ("vm: dma_read code", "vm: dma_read buf", "vm: dma_write buf"),
            (*CODE, PRIVATE),
            pages=("buf", "code"),
            files=("F",),
        ),
        "file_private_cow_first": Case((parent,), (PRIVATE,), files=("F",)),
        "file_private_trunc": Case((TRUNCATE,), (PRIVATE, *TOUCHED[1:]), files=("F",)),
        "file_shared_trunc": Case((TRUNCATE,), (SHARED, *TOUCHED[1:]), files=("F",)),
        "file_shared_write": Case((parent,), (SHARED, "cpu0: load A buf"), files=("F",)),
        "file_writeback": Case(("cpu0: writeback F", parent), (SHARED, *TOUCHED[1:]), files=("F",)),
        "procmem_force": Case((FORCED,), ("cpu0: mmap_read_only A buf F", FORCED), files=("F",)),
        "register": Case((GUEST if mode == "kvm" else LISTENED,), TOUCHED),
        "mprotect": Case(("cpu0: mprotect A buf READ", "cpu0: mprotect A buf WRITE", parent), TOUCHED),
        "mprotect_none": Case(("cpu0: mprotect A buf NONE", "cpu0: mprotect A buf WRITE", parent), TOUCHED),
        "mremap": Case(("cpu0: mremap A buf -> new", "cpu0: store A new"), TOUCHED, pages=("buf", "new"), by_page=True),
        "pageout": Case(("cpu0: pageout A buf", "cpu0: load A buf", parent), TOUCHED, swap=1),
        "pageout_file": Case(("cpu0: pageout A buf", "cpu0: load A buf"), (SHARED, *TOUCHED[1:]), files=("F",), swap=1),
        "file_punch_hole": Case(("cpu0: punch_hole A F", "cpu0: load A buf"), (SHARED, *TOUCHED[1:]), files=("F",)),
        "thp_collapse": Case(("cpu0: collapse_huge A buf", parent), TOUCHED, pmd=1),
        "interval_hmm": Case(
            ("nic: dma_read buf", "cpu0: dontneed A buf", "nic: dma_read buf", "cpu0: mprotect A buf READ"),
            (*TOUCHED, "cpu0: register nic A buf"),
            devices=(("nic", "mirror"),),
        ),
    }
    return cases[operation]


def _in_mode(case: Case, mode: str, operation: str) -> Case:
    if mode == "none":
        return case
    if mode == "kvm":
        guest = {"register": (), "kvm_fault": (GUEST,), "kvm_fault_cold": (GUEST,), "first_write": (GUEST,)}.get(
            operation, (GUEST, TOUCHED_BY_GUEST)
        )
        return replace(case, devices=(*case.devices, ("vm", "kvm")), setup=(*case.setup, *guest), worker="cpu1")
    setup = case.setup if operation == "register" else (*case.setup, LISTENED)
    return replace(case, devices=(*case.devices, ("ear", "listener")), setup=setup)


def _without(*patterns: str) -> Callable[[Sequence[str]], list[str]]:
    unwanted = re.compile("|".join(patterns))
    return lambda events: [event for event in events if not unwanted.fullmatch(event)]


def _normalised(events: Sequence[str], operation: str, mode: str) -> list[str]:
    """What both sides tell, as the same words."""
    events = [_word(event) for event in events]
    events = _without(
        r"\[.*\]",  # marks of the recorded program
        r"wp_page_copy",  # inlined on 6.12; the step has no effect of its own
        r"mmu_notifier_unregister(x\d+)?",  # the recorder's module is closed with the process
        r"CB:(start|end)",  # the recorder shows START and END of the core only
    )(events)
    if mode == "none":
        # without a notifier the recorder shows the reverse map and ptep_clear_flush of some operations only
        events = _without("add_new_anon_rmap", "remove_rmap", "move_anon_rmap", "ptep_clear_flush")(events)
    if mode == "kvm":
        events = _of_the_page(events)
    if operation.startswith("fork"):
        events = _one_mapping(events)
        events = _of_exit(events, "remove_rmap", r"FLUSH(\(all\))?", r"flush@cpu\d")
    if operation == "fork_pinned":
        # only a page that was stored in a watched slot is followed, and the child's copy never was
        events = _without("FREE", "PTE1:=PW")(events)
    if operation == "interval_hmm":
        # the page was not watched; faults of the driver are not shown; the module says once more that it began
        events = _without(r"PTE0:=.*", "add_new_anon_rmap", "HMM:read_begin")(events)
    if operation == "kvm_fault_cold":
        # the page of a file stands for the zero page, which is in no reverse map
        events = _without("add_file_rmap", "remove_rmap")(events)
    if operation.startswith("kvm_fault"):
        # the vCPU leaves the guest for other reasons, too, and a litmus line is one access
        events = [each for at, each in enumerate(events) if at == 0 or each != events[at - 1]]
    if operation in ("file_punch_hole", "pageout_file"):
        # shown on 6.1 only
        events = _without("add_file_rmap")(events)
    if operation.endswith("trunc"):
        # the recorded file has more pages, which nobody maps
        events = [each for at, each in enumerate(events) if at == 0 or (each, events[at - 1]) != ("FREE", "FREE")]
    if operation == "procmem_force":
        events = _without("FREE")(events)  # the buffer through which /proc copies
    if operation == "exit_kvm_closed":
        # the recorded machine is closed with its slots, the model's after the last one is deleted
        events = _without(*ZAPPING)(events)
    if operation == "exit" and mode == "kvm":
        # on 6.12 a thread of KVM's was the last user of the address space, after the watch was taken down
        events = _without("PTE0:=NONE")(events)
    if operation.startswith("exit"):
        # the process has other pages, and frees too many for the recorder to show
        events = _without("remove_rmap", "FREE", "PMD:=NONE")(events)
    if operation == "thp_collapse":
        # the kernel flushes what the PMD entry spanned, the model the address space; the second slot is the PMD entry;
        # of 512 pages the recorder shows neither the reverse map nor when they are freed
        events = [event.replace("(all)", "").replace("PTE1", "PMD") for event in events]
        events = _without("add_new_anon_rmap", "remove_rmap", "FREE")(events)
    elif operation == "munmap_pt":
        # the kernel flushes what the page table spanned, the model the address space; the second slot is the PMD entry
        events = [event.replace("(all)", "").replace("PTE1", "PMD") for event in events]
        events = events[1:] if events[0] == "FREE" else events  # a page freed before the operation
    else:
        events = _without("PMD:=NONE")(events)  # watched in munmap_pt only
    return _any_order_of_cpus(events)


def _word(event: str) -> str:
    event = re.sub(r"^\(T\d\) ", "", event)  # the thread that goes on
    event = re.sub(r"x\d+$", "", event)  # how often: the page has neighbours in the program
    event = re.sub(r"^otherPTE", "PTE1", event)
    event = re.sub(r":=[ADSd]*N[ADSd]*$", ":=PROTNONE", event)
    event = re.sub(r":=(P?)(W?)[A-Zd]*$", r":=\1\2", event) if "NONE" not in event else event  # A, D, S: not modelled
    event = re.sub(r"\(PWADS\)$", "", event)
    return {"FREEPAGE": "FREE", "unpin_user_folio": "unpin_user_page", "flush@vm": "flush@cpu1"}.get(event, event)


def _of_the_page(events: list[str]) -> list[str]:
    """Without what KVM does for other pages of the guest, outside every range of this page, or in an empty one."""
    kept: list[str] = []
    within = False
    for event in events:
        within = within or event.startswith(("START", "__mmu_notifier_clear_flush_young"))
        if within or not event.startswith(("kvm_mmu_notifier_invalidate", "kvm_mmu_notifier_change", *ZAPPING)):
            kept.append(event)
        within = within and event != "kvm_mmu_notifier_invalidate_range_end"
    text = " > ".join(kept)
    for word in ("START(PROT_PAGE)", "START(CLEAR)"):
        text = text.replace(f"{word} > kvm_mmu_notifier_invalidate_range_start > {ENDS}", "")
    return [event for event in text.split(" > ") if event]


def _one_mapping(events: list[str]) -> list[str]:
    """Without the second, empty bracket of fork: the program has a private mapping more, which holds no page."""
    text = " > ".join(events)
    return re.sub(r"START\(PROT_PAGE\) > END > (CB:sectlb > )?", "", text).split(" > ")


def _of_exit(events: list[str], *patterns: str) -> list[str]:
    """Without these after the child's exit: other pages of the child, and a flush that only some modes show."""
    if "exit_mmap" not in events:
        return events
    at = events.index("exit_mmap")
    return events[:at] + _without(*patterns)(events[at:])


def _any_order_of_cpus(events: Sequence[str]) -> list[str]:
    """CPUs flush in any order between the call of the flush and its end."""
    result: list[str] = []
    for event in events:
        at = len(result)
        while event.startswith("flush@") and at and result[at - 1].startswith("flush@") and result[at - 1] > event:
            at -= 1
        result.insert(at, event)
    return result


LINES = [(preset, *key) for preset in PRESETS for key in RECORDED[preset]]


@pytest.mark.parametrize(("preset", "operation", "mode"), LINES)
def test_order_is_as_recorded(preset: str, operation: str, mode: str) -> None:
    line = RECORDED[preset][operation, mode]
    case = _in_mode(_case(operation, preset, mode), mode, operation)
    events = order_of(case, f"linux-{preset}", FOLDER)
    told = [event for event in line.split(" > ") if event]
    assert _normalised(events, operation, mode) == _normalised(told, operation, mode)


@pytest.mark.parametrize(
    ("operation", "mechanism"),
    [
        ("fork_cow", "cow_break_notifies"),
        ("fork_cow", "fork_notifies"),
        ("fork_cow", "fork_final_flush"),
        ("fork_cow", "cow_flush_before_set"),
        ("fork_cow", "cow_rmap_last"),
        ("fork_pinned", "early_copy"),
        ("dontneed", "zap_notifies"),
        ("dontneed", "flush_before_free"),
        ("munmap", "zap_notifies"),
        ("exit", "release_notifies"),
        ("file_shared_trunc", "rmap_removed_after_flush"),
        ("file_shared_trunc", "truncate_unmaps_twice"),
        ("mprotect", "mprotect_notifies"),
        ("mprotect", "mprotect_makes_writable"),
        ("mremap", "mremap_notifies"),
        ("pageout", "reclaim_notifies"),
        ("pageout", "reclaim_flush_before_io"),
        ("pageout", "batched_unmap_flush"),
        ("pageout", "swapin_writable"),
        ("pageout_file", "reclaim_notifies"),
        ("thp_collapse", "collapse_tells_mirrors"),
        ("thp_collapse", "collapse_flushes"),
        ("thp_collapse", "collapse_syncs"),
    ],
)
def test_order_changes_without(operation: str, mechanism: str) -> None:
    case = _in_mode(_case(operation, "6.12", "mod"), "mod", operation)
    told = RECORDED["6.12"][operation, "mod"].split(" > ")
    events = order_of(case, "linux-6.12", FOLDER, without=(mechanism,))
    assert _normalised(events, operation, "mod") != _normalised(told, operation, "mod")
