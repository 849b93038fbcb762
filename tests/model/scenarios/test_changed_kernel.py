"""A kernel model that differs in one place from what the interpreter reads is found out along random schedules."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from plain_agreement import followed

from shootdown.checker.scenario import find_one
from shootdown.checker.scenario.models import kernel_library


def copied(to: Path, name: str, old: str, new: str) -> list[Path]:
    """The files of the kernel model and its properties in another place, with one text replaced in one of them."""
    files = [Path(path) for path in kernel_library().model.files]
    root = next(path for path in files if path.parts[-3:] == ("kernel", "mm", "state.py")).parents[2]
    shutil.copytree(root / "kernel", to / "kernel", ignore=shutil.ignore_patterns("__pycache__"))
    (to / "properties").mkdir()
    (to / "properties" / "__init__.py").touch()
    for path in (path for path in files if not path.is_relative_to(root)):
        text = path.read_text().replace("from shootdown.model.kernel.", "from ..kernel.")
        (to / "properties" / path.name).write_text(text)
    changed = to / name
    assert old in changed.read_text()
    changed.write_text(changed.read_text().replace(old, new, 1))
    return [*(to / "kernel").glob("*/[a-z]*.py"), *(to / "properties").glob("[a-z]*.py")]


@pytest.mark.parametrize(
    ("scenario", "name", "old", "new"),
    [
        ("fork_flush/flushed", "mm/tlb.py", "k.flush[cpu, sender] is not None)", "True)"),
        ("fork_flush/flushed", "mm/tlb.py", "va is None or va == page", "va is None"),
        ("fork_flush/flushed", "mm/fork.py", "child_pte = replace(pte, write=False)", "child_pte = pte"),
        ("free_and_flush/flush_first", "mm/zap.py", "k.tlb_flush_pending[mm] -= 1", "pass"),
        ("free_and_flush/flush_first", "mm/zap.py", "remove_rmap(k, pte.frame)", "pass"),
        ("concurrent_zaps/store", "mm/zap.py", "k.tlb_flush_pending[mm] > 1", "k.tlb_flush_pending[mm] > 2"),
        ("pin_fast_fork/sequence", "mm/gup_fast.py", "seq % 2 == 1", "seq % 2 == 2"),
        ("pin_fast_fork/sequence", "mm/gup_fast.py", 'yield "pte_same"', 'yield "pte_equal"'),
        ("any_pinned/linux_6_12", "mm/locks.py", "wait(self.holders == 0)", "wait(self.holders <= 1)"),
        ("mirror_protocol/complete", "mm/interval.py", "wait(not busy or ", "wait(busy or "),
        ("pinned_fork/early_copy", "mm/fork.py", "put_frame(k, pte.frame)", "pass"),
    ],
)
def test_one_change_is_found_out(scenario: str, name: str, old: str, new: str, tmp_path: Path) -> None:
    files = copied(tmp_path, f"kernel/{name}", old, new)

    done = followed(find_one(scenario), schedules=100, longest=150, share=0.03, files=files)

    assert done.disagreement is not None


def test_a_property_that_differs_is_found_out(tmp_path: Path) -> None:
    files = copied(
        tmp_path, "properties/translations.py", "entry is None or entry.frame", "entry is not None and entry.frame"
    )

    done = followed(find_one("legal_staleness/in_the_window"), schedules=100, longest=150, share=0.03, files=files)

    assert done.disagreement is not None


def test_a_copy_without_a_change_agrees(tmp_path: Path) -> None:
    files = copied(tmp_path, "kernel/mm/zap.py", "", "")

    done = followed(find_one("concurrent_zaps/store"), schedules=20, longest=150, share=0.03, files=files)

    assert done.disagreement is None
