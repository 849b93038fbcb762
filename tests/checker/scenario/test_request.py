"""From a scenario to its system: bindings, devices, units, setup."""

from __future__ import annotations

from pathlib import Path

import pytest

from shootdown.checker.scenario import ScenarioError
from shootdown.checker.scenario.document import read_text
from shootdown.checker.scenario.request import Built, build
from shootdown.model.ir.system import Array
from shootdown.model.language.world import ANY

FOLDER = Path(__file__).resolve().parents[2] / "cases" / "units"
BASE = """
model = "units.py"
expect.absent_is_not_cached = "holds"
world.Cpu = 2
world.Va = ["a", "b"]
"""
DEVICES = """
[world.Device.nic0]
type = "nic"
page = "b"
[world.Device.gpu0]
type = "gpu"
page = "a"
"""


def built(text: str) -> Built:
    (scenario,) = read_text(BASE + text, FOLDER / "case.toml", "case")
    return build(scenario)


def array(system: Built, ending: str) -> Array:
    (found,) = [each for each in system.system.arrays if each.name.endswith(ending)]
    return found


def agents(system: Built) -> list[str]:
    return [agent.name for agent in system.system.agents]


UNMAP = '[agents]\ncpu0 = ["unmap a"]\n'


def test_an_agent_binds_parameters_of_the_sort_that_has_its_name() -> None:
    (spec,) = built(UNMAP).request.agents
    assert spec.lines[0].args == {"cpu": "cpu0", "va": "a"}


def test_an_explicit_binding_names_the_parameter() -> None:
    (spec,) = built('[agents]\ntask = { bind = { cpu = "cpu1" }, program = ["unmap b"] }\n').request.agents
    assert spec.lines[0].args == {"cpu": "cpu1", "va": "b"}


def test_a_star_under_any_is_any_value() -> None:
    (spec,) = built('[agents]\ncpu0 = { any = ["unmap *"], budget = 2 }\n').request.agents
    assert (spec.any, spec.budget) == (True, 2)
    assert spec.lines[0].args["va"] is ANY


def test_the_type_of_a_device_chooses_between_operations_of_one_form() -> None:
    specs = built(DEVICES + '[agents]\nnic0 = ["write"]\ngpu0 = ["write"]\n').request.agents
    assert [spec.lines[0].operation for spec in specs] == ["nic_write", "gpu_write"]


def test_given_values_may_stand_with_the_device_or_by_themselves() -> None:
    beside = built(DEVICES + '[agents]\nnic0 = ["write"]\n').request.world.given
    apart = built(
        'world.Device.nic0.type = "nic"\nworld.Device.gpu0.type = "gpu"\n'
        'world.given.page = { nic0 = "b", gpu0 = "a" }\n[agents]\nnic0 = ["write"]\n'
    ).request.world.given
    assert beside == apart == {"Machine.page": {"nic0": "b", "gpu0": "a"}}


def test_given_values_are_checked_also_where_nothing_reads_them() -> None:
    with pytest.raises(ScenarioError, match=r'world\.Device\.gpu0\.page: "c" is no Va'):
        built(DEVICES.replace('"a"', '"c"') + UNMAP)


def test_all_units_of_the_world_act_unless_the_scenario_says_otherwise() -> None:
    assert agents(built(UNMAP)) == ["cpu0", "tlb.cpu0", "tlb.cpu1", "ipi.cpu0", "ipi.cpu1"]
    assert "atc.gpu0" in agents(built(DEVICES + UNMAP))
    assert agents(built('hardware.tlb = "off"\n' + UNMAP)) == ["cpu0", "ipi.cpu0", "ipi.cpu1"]


def test_setup_runs_named_units_and_lets_owed_completions_happen() -> None:
    filled = built('setup = ["tlb.cpu1: tlb_fill a"]\n' + UNMAP)
    assert array(filled, "cached").init == (0, 0, 1, 0)
    unmapped = built('setup = ["tlb.cpu1: tlb_fill a", "cpu0: unmap a"]\n' + UNMAP)
    assert array(unmapped, "present").init == (0, 1)
    assert array(unmapped, "cached").init == (0, 0, 0, 0)
    assert array(unmapped, "asked").init == (0, 0)


def test_setup_leaves_other_hardware_quiet() -> None:
    assert array(built('setup = ["cpu0: unmap a"]\n' + UNMAP), "cached").init == (0, 0, 0, 0)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('setup = ["tlb.cpu7: tlb_fill a"]\n' + UNMAP, "setup[0]: this world has no 'cpu7'"),
        ('setup = ["tlb.cpu0: tlb_fil a"]\n' + UNMAP, "setup[0]: no operation reads 'tlb_fil a'"),
        ('hardware.tlb = ["tlb_evict"]\n' + UNMAP, "hardware.tlb[0]: 'tlb_evict' is not an operation of 'tlb'"),
        (DEVICES + '[agents]\ncpu0 = ["write"]\n', "agents.cpu0.program[0]"),
        (
            'world.Device.nic0 = { type = "nic", pag = "a" }\n' + UNMAP,
            "world.Device.nic0.pag: unknown given place 'pag'",
        ),
        (
            'world.Device.nic0 = { type = "nic", page = "z" }\n[agents]\nnic0 = ["write"]\n',
            'world.Device.nic0.page: "z" is no Va',
        ),
        (
            'world.Device.nic0 = { type = "nic" }\n[agents]\nnic0 = ["write"]\n',
            "write page = ... under each [world.Device.NAME]",
        ),
    ],
)
def test_what_does_not_fit_the_world_is_told_with_its_key(text: str, message: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        built(text)
    assert message in str(caught.value)
