"""The order of steps of kernel operations: as recorded on Linux, and as a run of the model shows it.

Vocabulary. START(event), END: an invalidated range; ",all": of the whole address space. PTE0, PTE1: the page-table
entry of the first and the second process (of the first and the second page, where one process moves a page), := NONE,
P or PW (present, writable), PROTNONE, or swap/migr-entry. FLUSH, flush@cpuN: the flush of CPU
TLBs is called, and runs on a CPU. SECTLB: the core invalidates secondary TLBs; CB:sectlb: their callback runs without
that. FREE: a page goes back to the allocator. The rest are names of kernel functions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from shootdown.checker.scenario.document import read_text
from shootdown.checker.scenario.request import build
from shootdown.model.ir.evaluate import Evaluator, Transition
from shootdown.model.ir.layout import State
from shootdown.model.ir.system import System

ENTERED = {
    "exit_mmap": "exit_mmap",
    "pin_user_pages": "pin_user_pages",
    "pin_user_pages_fast": "pin_user_pages_fast",
    "unpin_user_page": "unpin_user_page",
    "ptep_clear_flush": "ptep_clear_flush",
    "mmu_interval_read_begin": "mmu_interval_read_begin",
    "mirror_interval_invalidate": "CB:interval_invalidate",
    "hmm_range_fault": "HMM:range_fault ret=0",
    "clear_flush_entry": "ptep_clear_flush",
    "page_mkclean_one": "page_mkclean_one",
    "do_page_mkwrite": "do_page_mkwrite",
    "finish_mkwrite_fault": "finish_mkwrite_fault",
    "tlb_flush_rmaps": "tlb_flush_rmaps",
    "get_user_pages_fast_only": "get_user_pages_fast_only",
    "kvm_invalidate_range_start": "kvm_mmu_notifier_invalidate_range_start",
    "kvm_invalidate_range_end": "kvm_mmu_notifier_invalidate_range_end",
    "kvm_change_pte": "kvm_mmu_notifier_change_pte",
    "kvm_release": "kvm_mmu_notifier_release",
    "kvm_unmap_gfn_range": "kvm_unmap_gfn_range",
    "kvm_flush_remote_tlbs": "kvm_flush_remote_tlbs",
    "move_page_tables": "move_page_tables",
    "try_to_unmap_one": "try_to_unmap_one",
    "collapse_huge_page": "collapse_huge_page",
    "pmdp_collapse_flush": "pmdp_collapse_flush",
    "tlb_remove_table_sync_one": "tlb_remove_table_sync_one",
    "pageout": "pageout",
}
"""Operations whose call is an event, and what the recorder calls it."""

LABELS = {
    "folio_add_new_anon_rmap": "add_new_anon_rmap",
    "folio_remove_rmap_pte": "remove_rmap",
    "folio_add_file_rmap_ptes": "add_file_rmap",
    "folio_move_anon_rmap": "move_anon_rmap",
    "folio_add_anon_rmap_pte": "add_anon_rmap",
    "swap_writepage": "swap_writepage",
    "pmd_clear": "PMD:=NONE",
    "mmu_interval_read_retry": "HMM:under lock: retry=0",
    "CB:change_pte": "CB:change_pte",
    "CB:clear_flush_young": "CB:clear_flush_young",
    "CB:release": "CB:release",
    "kvm_arch_flush_shadow_all": "kvm_arch_flush_shadow_all",
    "svm_vcpu_run": "svm_vcpu_run",
    "kvm_tdp_mmu_map": "kvm_tdp_mmu_map",
}
"""Steps that are events, and what the recorder calls them."""

PROCESSES = 2
LEAF = 2
"""What the variable of a PMD entry is where that is a leaf."""
EVENTS = {"PROTECTION_PAGE": "PROT_PAGE", "PROTECTION_VMA": "PROT_VMA"}


@dataclass(frozen=True)
class Case:
    """An operation that was recorded, as setup and script of the model: "AGENT: LINE" each, one after the other."""

    script: Sequence[str]
    setup: Sequence[str] = ()
    pages: Sequence[str] = ("buf",)
    devices: Sequence[tuple[str, str]] = ()
    files: Sequence[str] = ()
    worker: str = "kworker"
    """The processor that works for the devices."""
    swap: int = 0
    pmd: int = 0
    by_page: bool = False
    """Entries are told apart by their pages, and not by the processes."""


def recorded(path: Path) -> dict[tuple[str, str], str]:
    """The recorded lines of a file by operation and mode."""
    lines = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            head, _, order = line.partition(":")
            operation, _, mode = head.partition(" ")
            lines[operation, mode.strip("[]")] = order.strip()
    return lines


def order_of(case: Case, preset: str, folder: Path, without: Sequence[str] = ()) -> list[str]:
    """The events of the case's script under a preset; `folder` holds the model file of the listening device.

    `without` names mechanisms that the design lacks; what it then does may be harmful.
    """
    scenario = read_text(_document(case, preset, without), folder / "case.toml", "case")[0]
    return _Walk(build(scenario, properties=()).system, case.by_page, harmless=not without).run(
        [line.partition(":")[0] for line in case.script]
    )


def _document(case: Case, preset: str, without: Sequence[str]) -> str:
    devices = "".join(
        f'[world.Device.{name}]\ntype = "{kind}"\nworker = "{case.worker}"\n' for name, kind in case.devices
    )
    programs: dict[str, list[str]] = {}
    for agent, _, line in (each.partition(": ") for each in case.script):
        programs.setdefault(agent, []).append(line)
    quiet = 'guest_tlb = "off"\n' if any(kind == "kvm" for _, kind in case.devices) else ""
    agents = "".join(f"{agent} = {_array(lines)}\n" for agent, lines in programs.items())
    return (
        f'model = ["kernel", "listener.py"]\nsetup = {_array(case.setup)}\n'
        f'[world]\nCpu = ["cpu0", "cpu1", "kworker"]\nMm = ["A", "B"]\nVa = {_array(case.pages)}\n'
        f"Frame = 4\nSwap = {case.swap}\nPmd = {case.pmd}\nFile = {_array(case.files)}\n{devices}"
        f'[design]\npreset = "{preset}"\nwithout = {_array(without)}\n[hardware]\ntlb = "off"\n{quiet}'
        f'[agents]\n{agents}\n[expect]\nreads_follow_writes = "holds"\n'
    )


def _array(items: Sequence[str]) -> str:
    return "[" + ", ".join(f'"{item}"' for item in items) + "]"


class _Walk:
    """One run of a system: one line at a time; where it waits, what hardware owes."""

    def __init__(self, system: System, by_page: bool, *, harmless: bool) -> None:
        self.by_page = by_page
        self.harmless = harmless
        self.evaluator = Evaluator(system)
        self.state: State = self.evaluator.layout.initial
        self.frames: dict[int, tuple[tuple[str, int], ...]] = {}
        self.events: list[str] = []

    def run(self, agents: Sequence[str]) -> list[str]:
        """The events of the next line of each of the agents in turn; AssertionError if the model goes wrong."""
        for name in agents:
            position = next(at for at, agent in enumerate(self.evaluator.system.agents) if agent.name == name)
            self._take(self._next(position))
            while self._inside(position):
                self._take(self._next(position))
        return self.events

    def _take(self, transition: Transition) -> None:
        assert transition.target is not None, transition.problem
        assert not (self.harmless and transition.violated), (self.evaluator.step(transition).label, transition.violated)
        before, self.state = self.state, transition.target
        self.events += self._events(transition, before)

    def _next(self, position: int) -> Transition:
        agents = self.evaluator.system.agents
        enabled = list(self.evaluator.transitions(self.state))
        own = [each for each in enabled if each.agent == position]
        owed = [each for each in enabled if agents[each.agent].hardware]
        return (own or owed)[0]

    def _inside(self, position: int) -> bool:
        system = self.evaluator.system
        point = self.state[self.evaluator.layout.points[position]]
        return system.process(system.agents[position]).points[point].inside

    def _events(self, transition: Transition, before: State) -> list[str]:
        step = self.evaluator.step(transition)
        calls = [call.operation for call in step.calls]
        agent = self.evaluator.system.agents[transition.agent].name
        events = [*self._entered(transition), *_noted(step.label, transition.notes)]
        if step.label in LABELS:
            events.append(LABELS[step.label])
        if step.label == "flush_tlb_func":
            events.append(f"flush@{agent.rpartition('.')[2]}")
        if step.label == "CB:sectlb" and "mmu_notifier_invalidate_secondary" not in calls:
            events.append("CB:sectlb")
        return events + self._written(before)

    def _entered(self, transition: Transition) -> list[str]:
        step = self.evaluator.step(transition)
        known = self.frames.get(transition.agent, ())
        self.frames[transition.agent] = tuple((call.operation, call.instance) for call in step.calls)
        top = step.calls[0].operation if step.calls else ""
        events = []
        for name, instance in self.frames[transition.agent]:
            if (name, instance) in known:
                continue
            if name == "do_user_addr_fault":
                events.append("#PF(w)" if top == "store" else "#PF(r)")
            if name in ENTERED:
                events.append(ENTERED[name])
        return events

    def _written(self, before: State) -> list[str]:
        events = []
        entries = list(zip(self._entries(before), self._entries(self.state), strict=True))
        for position, (old, new) in enumerate(entries):
            if old != new:
                process = position * PROCESSES // len(entries)
                events.append(f"PTE{position if self.by_page else process}:={new}")
        upper = zip(self._upper(before), self._upper(self.state), strict=True)
        events += [f"PMD:={new}" for old, new in upper if old != new]
        references = zip(self._cells(before, "frame.refs"), self._cells(self.state, "frame.refs"), strict=True)
        return events + ["FREE" for old, new in references if old > 0 and new == 0]

    def _upper(self, state: State) -> list[str]:
        """The PMD entry of each process, where the world looks at it: the page table, none, or the leaf."""
        leaves = self._words(state)
        found = self._cells(state, "pmd")
        return [("TABLE", "NONE", leaves[at * len(leaves) // len(found)])[pmd] for at, pmd in enumerate(found)]

    def _entries(self, state: State) -> list[str]:
        """The entries in the page table of each process, page by page."""
        words, found = self._words(state), self._cells(state, "pmd")
        leaf = [bool(found) and found[at * len(found) // len(words)] == LEAF for at in range(len(words))]
        return ["NONE" if upper else word for word, upper in zip(words, leaf, strict=True)]

    def _words(self, state: State) -> list[str]:
        present, write = self._cells(state, "pte"), self._cells(state, "pte", leaf=2)
        none = self._cells(state, "pte", leaf=5)
        swapped = self._cells(state, "swap_pte") or (0,) * len(present)
        words = {
            (0, 0, 0, 0): "NONE",
            (1, 0, 0, 0): "P",
            (1, 1, 0, 0): "PW",
            (1, 0, 1, 0): "PROTNONE",
            (0, 0, 0, 1): "swap/migr-entry",
        }
        return [words[entry] for entry in zip(present, write, none, swapped, strict=True)]

    def _cells(self, state: State, name: str, leaf: int = 0) -> State:
        """A variable of the kernel, or one leaf of it; empty if this system has no use for it."""
        system, layout = self.evaluator.system, self.evaluator.layout
        for variable in system.variables:
            if variable.owner in ("Kernel", "SwapSpace", "PmdEntries") and variable.name == name:
                array = next(each for each in system.arrays if each.name == variable.leaves[leaf])
                return state[layout.arrays[array.name] :][: array.size]
        return ()


def _noted(label: str, notes: Sequence[str]) -> list[str]:
    """The events of steps that say in a note what they are about."""
    if not notes:
        return []
    if label in ("mmu_notifier_release", "mmu_notifier_clear_flush_young"):
        return [f"__{label}"]
    subject, everything = notes[0].rpartition(" ")[0], notes[0].endswith("all")
    match label:
        case "mmu_notifier_invalidate_range_start":
            return [f"START({EVENTS.get(subject, subject)}{',all' if everything else ''})"]
        case "mmu_notifier_invalidate_range_end":
            return ["END"]
        case "flush_tlb_mm_range":
            return ["FLUSH(all)" if everything else "FLUSH"]
        case "arch_tlbbatch_flush":
            return ["BATCHED-FLUSH(all)"]
        case "mmu_notifier_invalidate_secondary":
            return ["SECTLB(all)" if everything else "SECTLB"]
    return []
