"""Devices behind an IOMMU: what a preset lacks is refused, and steps that are moved or dropped are found out."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from commands import ROOT, Shell

KERNEL = ROOT / "model" / "kernel"
SCENARIOS = ROOT / "model" / "scenarios"


@pytest.fixture
def shell(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Shell:
    """Commands run here."""
    return Shell(tmp_path, capsys)


def base(name: str, prop: str) -> str:
    """A bundled scenario without its variants, with one property that is expected to hold."""
    text = (SCENARIOS / f"{name}.toml").read_text(encoding="utf-8").partition("[[variant]]")[0]
    return f'kernel = "kernel"\n{text}\n[expect]\n{prop} = "holds"\n'


def checked(folder: Path, shell: Shell, name: str, prop: str) -> tuple[int, str]:
    """The exit code and the verdicts of the scenario under the kernel in this folder."""
    path = folder / "case.toml"
    path.write_text(base(name, prop), encoding="utf-8")
    said = shell("check", path, "--no-traces", "--verbose", "--no-cache")
    return said.code, said.out + said.err


def test_an_accelerator_with_an_event_log_is_refused_where_there_is_none(tmp_path: Path, shell: Shell) -> None:
    shutil.copytree(KERNEL, tmp_path / "kernel")
    path = tmp_path / "case.toml"
    path.write_text(base("record_exit", "no_use_after_free").replace("linux-6.12", "linux-6.1"), encoding="utf-8")

    said = shell("check", path)

    assert said.code == 2
    assert 'device "dsa" is a dsa, which needs "dsa_event_log"' in said.err


@pytest.mark.parametrize(
    ("scenario", "prop", "file", "old", "new"),
    [
        (
            "request_drain",
            "requests_stay_with_those_who_asked",
            "prq.py",
            "wait(k[Requests].ring[dev].empty)",
            "wait(not k[Requests].overflow[dev])",
        ),
        (
            "request_drain",
            "every_request_is_answered",
            "requests.py",
            "None if asked.stale else replace(asked, answer=answer)",
            "replace(asked, answer=answer)",
        ),
        (
            "record_next_owner",
            "records_stay_with_their_owner",
            "dsa_log.py",
            "entry.wq == wq and ",
            "entry.wq != wq and ",
        ),
        (
            "record_next_owner",
            "no_work_outlives_its_owner",
            "dsa_log.py",
            "wait(k[Dsa].work[wq].empty)",
            "wait(k[Dsa].evl_lock[dev].held)",
        ),
    ],
)
def test_a_step_that_is_dropped_is_found_out(
    scenario: str, prop: str, file: str, old: str, new: str, tmp_path: Path, shell: Shell
) -> None:
    shutil.copytree(KERNEL, tmp_path / "kernel")
    changed = tmp_path / "kernel" / "devices" / file
    text = changed.read_text(encoding="utf-8")
    assert text.count(old) == 1
    changed.write_text(text.replace(old, new), encoding="utf-8")

    code, said = checked(tmp_path, shell, scenario, prop)

    assert (code, prop in said, "violated" in said) == (1, True, True), said


@pytest.mark.parametrize(("calls", "code", "verdict"), [(3, 0, "holds"), (4, 2, "world too small")])
def test_who_does_not_wait_for_an_invalidation_does_not_wait_for_room_either(
    calls: int, code: int, verdict: str, tmp_path: Path, shell: Shell
) -> None:
    """On 6.1 a first mprotect that takes a right invalidates twice, and the next ones once each."""
    path = tmp_path / "case.toml"
    path.write_text(
        f"""
        title = "invalidations that nobody waits for"
        setup = ["cpu0: mmap A buf", "cpu0: store A buf", "cpu0: register nic A buf"]
        world.Cpu = 1
        world.Mm = ["A"]
        world.Va = ["buf"]
        world.Frame = 1
        world.Pasid = 1
        world.Device.nic = {{ type = "sva", worker = "cpu0" }}
        design = {{ preset = "linux-6.1", without = ["invalidation_waits"] }}
        agents.cpu0 = {["mprotect A buf READ"] * calls}
        agents.nic = ["dma_read buf"]
        expect.no_use_after_free = "holds"
        """,
        encoding="utf-8",
    )

    said = shell("check", path, "--no-traces", "--verbose", "--no-cache")

    assert (said.code, verdict in said.out) == (code, True), said.out + said.err
    assert ("invalidations is full" in said.out) == (code == 2)
