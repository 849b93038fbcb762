"""Devices of one type that run one program are interchangeable, their units with them, unless somebody tells them of
changes: one after the other."""

from __future__ import annotations

from pathlib import Path

import pytest

from shootdown.checker.analysis.pipeline import reduce_system
from shootdown.checker.analysis.symmetry import Symmetry
from shootdown.checker.scenario.document import read_text
from shootdown.checker.scenario.request import build
from shootdown.checker.symbolic.interchange import find_symmetry

WORLD = """
title = "two devices on a page that its process gives up"
setup = ["cpu0: mmap A buf", "cpu0: store A buf", "cpu0: register dev0 A buf", "cpu0: register dev1 A buf"]

[world]
Cpu = ["cpu0", "kworker"]
Mm = ["A"]
Va = ["buf"]
Frame = 2
Pasid = 1
Prg = 1
[world.Device.dev0]
type = "{type}"
worker = "kworker"
[world.Device.dev1]
type = "{type}"
worker = "kworker"

[design]
preset = "linux-6.12"
set = {{ device_subscribes = "{subscribes}" }}

[hardware]
tlb = "off"

[agents]
cpu0 = ["dontneed A buf"]
dev0 = {{ any = ["dma_write buf"], budget = 1 }}
dev1 = {{ any = ["dma_write buf"], budget = 1 }}

[expect]
no_use_after_free = "holds"
"""


def symmetry(device: str, subscribes: str) -> Symmetry:
    text = WORLD.format(type=device, subscribes=subscribes)
    (scenario,) = read_text(text, Path("alike.toml"), "alike")
    return find_symmetry(reduce_system(build(scenario).system))


@pytest.mark.parametrize("device", ["mirror", "sva", "pri", "walker", "kvm"])
def test_devices_that_nobody_tells_are_interchangeable(device: str) -> None:
    found = symmetry(device, "no_device")
    assert "dev0, dev1" in found.groups
    assert not any("dev0" in text for text in found.apart)


def test_devices_that_are_not_on_the_list_of_notifiers_are_interchangeable() -> None:
    assert "dev0, dev1" in symmetry("pinned", "every_device").groups


@pytest.mark.parametrize("device", ["mirror", "sva", "kvm"])
def test_devices_that_are_told_in_order_are_told_apart(device: str) -> None:
    found = symmetry(device, "every_device")
    assert "dev0, dev1" not in found.groups
    assert any("dev0, dev1 are not: step " in text and "of cpu0" in text for text in found.apart)
