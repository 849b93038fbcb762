"""The world of any_special, which has no program made for a bug, finds steps that a mutant drops or swaps."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from commands import ROOT

from shootdown import assert_holds, assert_violated

CLEARS = """    if has(k, exporter_revokes):
        yield from unmap_mapping_range(k, cpu, file, False)
"""
UNLOCKS = """    yield "dma_resv_unlock"
    k[Exported].lock[file].unlock()
"""
LOOKS = """    yield "object memory"
    frame = k[Exported].memory[file]
"""
LOCKS = """    yield "dma_resv_lock"
    k[Exported].lock[file].lock()
"""
GATHERS = """    yield from tlb_gather_mmu(k, mm)
    if has(k, zap_notifies):
        yield from mmu_notifier_invalidate_range_start(k, mm, va, Event.UNMAP)
"""
UNLINKS = """    if maps_file(vma):
        yield from unlink_file_vma(k, mm, va)
"""

Edits = tuple[tuple[str, str], ...]
MUTANTS: dict[str, tuple[str, Edits]] = {
    "special_entries_are_not_flushed": ("zap.py", (("Gather(flush=True, pages=", "Gather(flush=normal, pages="),)),
    "memory_is_given_up_before_entries_are_cleared": (
        "exporter.py",
        (
            (CLEARS, ""),
            ("        k[Exported].pool[frame] = True\n", "        k[Exported].pool[frame] = True\n" + CLEARS),
        ),
    ),
    "the_fault_looks_before_it_locks": ("exported.py", ((LOCKS + LOOKS, LOOKS + LOCKS),)),
    "the_lock_is_dropped_before_entries_are_cleared": ("exporter.py", ((CLEARS, UNLOCKS + CLEARS + LOCKS),)),
    "munmap_leaves_the_tree_before_it_clears": ("zap.py", ((UNLINKS, ""), (GATHERS, UNLINKS + GATHERS))),
}
HARMLESS = {"the_lock_is_dropped_before_entries_are_cleared"}
"""The object has no memory by then, so that a fault finds none: the lock has done what it is there for."""


def world(folder: Path, name: str, edits: Edits) -> Path:
    """any_special under linux-6.12 with a changed copy of the kernel."""
    shutil.copytree(ROOT / "model" / "kernel", folder / "mine", ignore=shutil.ignore_patterns("__pycache__"))
    file = folder / "mine" / "mm" / name
    text = file.read_text()
    for old, new in edits:
        assert text.count(old) >= 1
        text = text.replace(old, new, 1)
    file.write_text(text)
    head = (ROOT / "model" / "scenarios" / "any_special.toml").read_text().partition("[[variant]]")[0]
    path = folder / "mutant.toml"
    path.write_text(f'kernel = "mine"\n{head}[expect]\nno_use_after_free = "violated"\n')
    return path


@pytest.mark.parametrize("mutant", sorted(MUTANTS))
def test_a_mutant_is_found_where_it_does_harm(mutant: str, tmp_path: Path) -> None:
    name, edits = MUTANTS[mutant]
    path = world(tmp_path, name, edits)
    if mutant in HARMLESS:
        assert_holds(path, "no_use_after_free")
    else:
        assert_violated(path, "no_use_after_free", step="access")
