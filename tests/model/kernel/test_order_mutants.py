"""Neighbouring steps of the kernel in the wrong order: each is a bug, found by a scenario that holds as it is."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
from commands import ROOT

from shootdown.checker.check import check_scenario
from shootdown.checker.options import Options
from shootdown.checker.scenario import bundled_files, find_one


@dataclass(frozen=True)
class Mutant:
    """In a kernel file, the lines `second` come before the lines `first`; a scenario and what it violates then.

    `agents`: programs of the scenario that are replaced.
    """

    file: str
    first: str
    second: str
    scenario: str
    violates: str
    agents: tuple[tuple[str, str], ...] = ()


MUTANTS = {
    "mremap flushes before it clears the entry": Mutant(
        "mm/mremap.py",
        '        yield "ptep_get_and_clear"\n        k.pte[mm, va] = None\n',
        "        if has(k, mremap_flush_under_ptl):\n"
        "            yield from flush_tlb_mm_range(k, cpu, mm, va)\n"
        "        else:\n"
        "            later = True\n",
        "mremap_flush/locks_held",
        "no_lost_write",
    ),
    "reclaim ends its range before it clears the entry": Mutant(
        "mm/unmap.py",
        '    yield "pte_lock"\n    atomic("entries change only under this lock")\n',
        "    if has(k, reclaim_notifies):\n        yield from mmu_notifier_invalidate_range_end(k, mm, va, False)\n",
        "mirror_moves/reclaimed",
        "no_use_after_free",
    ),
    "mprotect asks for flushes put off before it has the lock": Mutant(
        "mm/mprotect.py",
        '    yield "pte_lock"\n'
        '    atomic("entries, and the mark of flushes put off, change only under this lock")\n'
        "    k.ptl[mm].lock()\n    pte = k.pte[mm, va]\n",
        "    if flush_put_off(k, mm):\n        yield from flush_tlb_batched_pending(k, cpu, mm)\n",
        "batched_flush/mprotect",
        "no_write_without_right",
    ),
    "a vCPU looks for requests before it says that it runs the guest": Mutant(
        "devices/kvm.py",
        '    yield "IN_GUEST_MODE"\n    k[Kvm].in_guest_mode[dev] = True\n',
        '    yield "kvm_check_request"\n'
        "    atomic(\"the guest's TLB is the vCPU's own\")\n"
        "    if k[Kvm].flush_requested[dev]:\n"
        "        k[Kvm].flush_requested[dev] = False\n"
        "        for page in Va:\n"
        "            k[Kvm].guest_tlb[dev, page] = None\n",
        "kvm_exit/closed",
        "no_use_after_free",
    ),
    "khugepaged looks for pins before it takes the PMD entry away": Mutant(
        "mm/collapse.py",
        "    yield from pmdp_collapse_flush(k, cpu, mm)\n",
        "    old = yield from collapse_isolate(k, mm, va)\n",
        "collapse_pin/interrupts",
        "reads_follow_writes",
    ),
    "khugepaged ends its range before it takes the PMD entry away": Mutant(
        "mm/collapse.py",
        "    yield from pmdp_collapse_flush(k, cpu, mm)\n",
        "    if has(k, collapse_tells_mirrors):\n"
        "        yield from mmu_notifier_invalidate_range_end(k, mm, va, False)\n",
        "collapse_guest/told",
        "no_use_after_free",
    ),
    "reclaim looks for CPUs to flush before it clears the entry": Mutant(
        "mm/unmap.py",
        '            yield "ptep_get_and_clear"\n            k.pte[mm, va] = None\n',
        "            batch = yield from set_tlb_ubc_flush_pending(k, mm, batch)\n",
        "swap_order/flush_first",
        "no_use_after_free",
        (("cpu2", '["load A buf", "store A buf"]'),),
    ),
}


def mutated(mutant: Mutant, folder: Path) -> str:
    """The scenario's path, written below the folder with a kernel of its own; which fails if lines are not as here."""
    shutil.copytree(ROOT / "model" / "kernel", folder / "mutant")
    path = folder / "mutant" / mutant.file
    text = path.read_text(encoding="utf-8")
    assert text.count(mutant.first) == text.count(mutant.second) == 1
    text = text.replace(mutant.second, "").replace(mutant.first, mutant.second + mutant.first)
    path.write_text(text, encoding="utf-8")
    return write(mutant, folder, 'kernel = "mutant"\n')


def write(mutant: Mutant, folder: Path, head: str) -> str:
    """The scenario's path, written below the folder."""
    name, _, variant = mutant.scenario.partition("/")
    text = head + bundled_files()[name].read_text(encoding="utf-8")
    for agent, program in mutant.agents:
        text = text.replace("[agents]\n", f"[agents]\n{agent} = {program}\n", 1)
        text = text.replace("[world]\nCpu = [", f'[world]\nCpu = ["{agent}", ', 1)
    (folder / "case.toml").write_text(text, encoding="utf-8")
    return f"{folder / 'case.toml'}/{variant}"


def violated(path: str, prop: str) -> bool:
    """Whether the property is violated; the scenario is checked for nothing else."""
    checked = check_scenario(find_one(path), Options(properties=(prop,)))
    assert not checked.error, checked.error
    return {row.prop: row.verdict.value for row in checked.rows}[prop] == "violated"


@pytest.mark.parametrize("name", MUTANTS)
def test_the_wrong_order_is_found(name: str, tmp_path: Path) -> None:
    assert violated(mutated(MUTANTS[name], tmp_path), MUTANTS[name].violates)


@pytest.mark.parametrize("name", [name for name, mutant in MUTANTS.items() if mutant.agents])
def test_the_right_order_holds_with_the_changed_programs(name: str, tmp_path: Path) -> None:
    assert not violated(write(MUTANTS[name], tmp_path, ""), MUTANTS[name].violates)
