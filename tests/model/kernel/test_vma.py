"""What the kernel takes for a page that is counted, and which mappings are copied on write; mm/memory.c."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

import pytest

from shootdown.model.declare.run import Run
from shootdown.model.kernel.mm.mechanisms import Arch, arch
from shootdown.model.kernel.mm.state import Frame, Kernel, Pte, Vma
from shootdown.model.kernel.mm.vma import is_cow_mapping, vm_normal_page, vma_needs_copy

NO_STATE = cast(Kernel, None)
"""The questions are to the VMA and the entry, and to the design."""


@pytest.fixture(params=["X86_64", "ARM64", "NO_PTE_SPECIAL"])
def marks(request: pytest.FixtureRequest) -> Iterator[bool]:
    """Whether entries have a special mark, in a run with two page frames."""
    design = {arch: Arch[request.param]}
    with Run({"Frame": ["frame0", "frame1"], "File": []}, design=design).active():
        yield request.param != "NO_PTE_SPECIAL"


def normal(vma: Vma, pte: Pte) -> bool:
    return vm_normal_page(NO_STATE, vma, pte)


def test_ordinary_memory_is_counted(marks: bool) -> None:
    first, _ = Frame
    assert normal(Vma(), Pte(frame=first))


def test_an_entry_with_the_mark_is_not_counted_whatever_the_mapping_says(marks: bool) -> None:
    first, _ = Frame
    marked = Pte(frame=first, special=True)
    for vma in (Vma(pfnmap=True, shared=True), Vma(mixedmap=True, shared=True), Vma(pfnmap=True)):
        if marks:
            assert not normal(vma, marked)


def test_without_the_mark_the_page_frame_number_tells_a_copy_from_the_original(marks: bool) -> None:
    first, second = Frame
    remapped = Vma(pfnmap=True, pgoff=first)
    assert normal(remapped, Pte(frame=second))
    assert normal(remapped, Pte(frame=first)) == marks


def test_without_the_mark_a_mapping_that_is_not_copied_on_write_has_no_pages(marks: bool) -> None:
    first, _ = Frame
    assert normal(Vma(pfnmap=True, shared=True), Pte(frame=first)) == marks
    assert normal(Vma(pfnmap=True, maywrite=False, write=False), Pte(frame=first)) == marks


def test_without_the_mark_a_mixed_mapping_has_only_pages(marks: bool) -> None:
    first, _ = Frame
    assert normal(Vma(mixedmap=True, shared=True), Pte(frame=first))


def test_a_huge_leaf_of_a_driver_is_never_counted(marks: bool) -> None:
    first, _ = Frame
    assert not normal(Vma(pfnmap=True, shared=True), Pte(frame=first, huge=True))


@pytest.mark.parametrize(
    ("vma", "copied", "at_fork"),
    [
        (Vma(), True, True),
        (Vma(write=False), True, True),
        (Vma(write=False, maywrite=False), False, True),
        (Vma(shared=True), False, False),
        (Vma(shared=True, pfnmap=True), False, True),
        (Vma(shared=True, mixedmap=True), False, True),
    ],
)
def test_what_is_copied_on_write_and_what_fork_copies_at_once(vma: Vma, copied: bool, at_fork: bool) -> None:
    assert is_cow_mapping(vma) == copied
    assert vma_needs_copy(vma) == at_fork
