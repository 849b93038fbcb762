"""A changed copy of the bundled kernel takes its place."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from commands import ROOT

from shootdown.checker.scenario import ScenarioError, find_one
from shootdown.checker.scenario.models import library
from shootdown.model.language.errors import ModelErrors

DEVICE = """
from shootdown.model import Device, DeviceType, Steps, nothing, operation
from shootdown.model.kernel.devices.dma import attach
from shootdown.model.kernel.mm.state import Cpu, Kernel, Mm, Va

@operation(source="idle.c")
def idle_attach(k: Kernel, dev: Device, cpu: Cpu, mm: Mm, va: Va) -> Steps:
    yield from nothing()

IDLE = DeviceType("idle", fills={attach: idle_attach})
"""


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the bundled kernel, beside which scenarios are written."""
    shutil.copytree(ROOT / "model" / "kernel", tmp_path / "mine")
    return tmp_path / "mine"


def scenario(folder: Path, text: str) -> Path:
    path = folder / "case.toml"
    path.write_text(f'{text}\n[expect]\nno_use_after_free = "holds"\n')
    return path


def test_operations_and_properties_are_those_of_the_copy(copy: Path) -> None:
    model = library(find_one(str(scenario(copy.parent, 'kernel = "mine"')))).model
    assert {Path(each.where.path).is_relative_to(copy) for each in model.operations.values()} == {True}
    assert "pinned_pages_are_kept" in model.properties


def test_files_beside_the_kernel_import_from_the_copy(copy: Path) -> None:
    (copy.parent / "device.py").write_text(DEVICE)
    path = scenario(copy.parent, 'model = ["kernel", "device.py"]\nkernel = "mine"')
    assert {"idle", "pinned"} <= set(library(find_one(str(path))).model.device_types)


def test_a_mistake_in_the_copy_is_shown_there(copy: Path) -> None:
    file = copy / "mm" / "fork.py"
    file.write_text(file.read_text().replace("yield from dup_mmap(", "yield from dup_map("))
    with pytest.raises(ModelErrors) as caught:
        library(find_one(str(scenario(copy.parent, 'kernel = "mine"'))))
    assert str(file) in str(caught.value)
    assert "did you mean" in str(caught.value)


def test_a_copy_that_is_named_as_a_model_is_refused_with_what_to_write(copy: Path) -> None:
    with pytest.raises(ScenarioError, match=r"model\[0\]: 'mine' is a copy .* write kernel = 'mine'"):
        library(find_one(str(scenario(copy.parent, 'model = "mine"'))))


def test_a_folder_that_is_no_copy_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    with pytest.raises(ScenarioError, match="kernel: 'mine': not a copy of model/kernel: it lacks mm"):
        library(find_one(str(scenario(tmp_path, 'kernel = "mine"'))))


def test_a_file_that_was_edited_is_read_again(copy: Path) -> None:
    path = copy.parent / "device.py"
    path.write_text(DEVICE)
    case = find_one(str(scenario(copy.parent, 'model = ["kernel", "device.py"]')))
    before = library(case).model
    path.write_text(DEVICE.replace('"idle"', '"edited"'))

    assert library(case).model is not before
    assert "edited" in library(case).model.device_types
