"""What the lowering makes of models: known counts, steps and their labels, failures, agents."""

from __future__ import annotations

import pytest
from small_models import explore, line, model, program, system

from shootdown.model.ir.system import Process, StepClass
from shootdown.model.language import (
    ANY,
    AgentSpec,
    Line,
    ModelErrors,
    Request,
    RequestError,
    World,
    labels,
    lower,
    parse_value,
)

TWO = World({"Slot": ("x", "y")})
ALL_JUGS = tuple(line(name) for name in model("die_hard").operations)


@pytest.mark.parametrize(("count", "states", "fired"), [(2, 47, 94), (3, 882, 2646)])
def test_peterson_has_the_known_counts(count: int, states: int, fired: int) -> None:
    world = World({"Proc": tuple(f"p{i}" for i in range(count))})
    request = Request("peterson", world, {}, (), {"proc": ("step",)}, ("exclusion",))

    found = lower(model("peterson"), request)

    assert explore(found).counts == (states, fired)
    assert len(found.processes) == 1


def test_die_hard_has_the_known_counts() -> None:
    jugs = AgentSpec("hand", ALL_JUGS, any=True)

    assert explore(system("die_hard", World({}), jugs)).counts == (16, 96)


def test_a_budget_bounds_what_an_agent_does() -> None:
    jugs = AgentSpec("hand", ALL_JUGS, any=True, budget=2)

    assert max(explore(system("die_hard", World({}), jugs)).states.values()) == 2


def test_a_field_called_present_is_not_the_presence_of_an_optional() -> None:
    found = system("named_present", World({"Slot": ("x",)}), program("a", line("leave", slot="x")))

    last = max(explore(found).states.items(), key=lambda item: item[1])[0]

    names = [array.name for array in found.arrays]
    assert len(set(names)) == len(names)
    assert [last[names.index(name)] for name in ("entry.present", "there")] == [0, 1]


def labels_of(process: Process) -> list[str]:
    """Labels of the steps, in program order."""
    return [step.label for step in process.steps]


def test_rounds_of_a_loop_share_their_control_points() -> None:
    found = system("control", TWO, program("a", line("sweep")))

    assert labels_of(found.processes[0]) == ["head", "look", "look", "head", "set", "set"]
    assert explore(found).counts == (8, 8)


def test_a_loop_without_accesses_keeps_one_step() -> None:
    found = system("control", TWO, program("a", line("spin")))

    assert len(found.processes[0].steps) == 2
    assert explore(found).counts == (4, 4)


def test_an_operation_without_steps_is_one_transition() -> None:
    assert explore(system("control", TWO, program("a", line("idle")))).counts == (2, 1)


def test_results_pass_through_calls_and_bounds_are_checked() -> None:
    found = system("control", TWO, program("a", line("store_quadruple", slot="x")))
    steps = found.processes[0].steps

    assert [step.label for step in steps] == ["raise", "double", "store"]
    assert [call.operation for call in steps[1].calls] == ["store_quadruple", "quadruple", "double"]
    assert explore(found).problems == {"model error: value out of bounds"}


def test_starting_an_operation_is_spontaneous_and_the_rest_is_progress() -> None:
    steps = system("control", TWO, program("a", line("dequeue"))).processes[0].steps

    assert [step.kind for step in steps] == [StepClass.SPONTANEOUS, StepClass.PROGRESS]
    assert [step.starts for step in steps] == ["dequeue", None]


def test_a_false_guard_blocks_and_a_true_one_shows_its_line() -> None:
    found = explore(
        system("control", TWO, program("a", line("claim", slot="x")), program("b", line("claim", slot="y")))
    )

    assert found.counts == (3, 2)
    assert {transition.line for transition in found.transitions} == {"claim x", "claim y"}


def test_alike_programs_share_a_process() -> None:
    found = system("control", TWO, program("a", line("claim", slot="x")), program("b", line("claim", slot="y")))

    assert len(found.processes) == 1
    assert [agent.args for agent in found.agents] == [(0,), (1,)]


@pytest.mark.parametrize(
    ("operation", "problem"),
    [
        ("use_owner", "model error: None used as a value"),
        ("guard_that_fails", "model error: None used as a value"),
    ],
)
def test_what_goes_wrong_is_a_transition(operation: str, problem: str) -> None:
    assert explore(system("control", TWO, program("a", line(operation)))).problems == {problem}


def test_pick_without_a_candidate_is_a_world_too_small() -> None:
    found = explore(system("control", TWO, program("a", *[line("pick_free")] * 3)))

    assert found.problems == {"world too small: no Slot left to pick"}


def test_choose_without_a_candidate_blocks() -> None:
    found = explore(system("control", TWO, program("a", *[line("choose_free")] * 3)))

    assert not found.problems
    assert found.counts == (4, 4)


def test_a_full_queue_is_a_world_too_small() -> None:
    found = explore(system("control", TWO, program("a", *[line("enqueue", slot="y")] * 3)))

    assert found.problems == {"world too small: log is full"}


def test_queues_with_equal_contents_are_equal_states() -> None:
    pushes = [line("enqueue", slot="y"), line("dequeue"), line("enqueue", slot="y"), line("dequeue")]
    found = system("control", TWO, program("a", *pushes))
    arrays = sum(array.size for array in found.arrays)

    empty = {state[:arrays] for state, depth in explore(found).states.items() if depth in (0, 2, 3, 5, 6)}

    assert len(empty) == 1


def test_lines_of_one_operation_are_one_choice() -> None:
    lines = (Line("claim", {"slot": "x"}, "claim x"), Line("claim", {"slot": ANY}, "claim *"))

    found = explore(system("control", TWO, AgentSpec("a", lines, any=True)))

    assert [[choice.label for choice in item.choices] for item in found.transitions] == [["x"], ["y"]]


def test_split_cuts_atomic_steps_between_accesses() -> None:
    agents = (program("a", line("both", first="x", second="y")),)
    whole, cut = (system("control", TWO, *agents, split=split) for split in (False, True))

    assert [len(found.processes[0].steps) for found in (whole, cut)] == [1, 2]
    assert cut.processes[0].steps[1].atomic == "both slots at once"


def test_split_leaves_whole_what_the_machine_does_at_once() -> None:
    agents = (program("a", line("both_by_machine", first="x", second="y")),)
    cut = system("control", TWO, *agents, split=True)

    assert [step.atomic for step in cut.processes[0].steps] == ["the machine writes both"]


def test_the_machine_uses_every_construct_and_stays_in_bounds() -> None:
    machine = model("machine")
    world = World(
        {"Va": ("a",), "Frame": ("f0", "f1"), "Device": ("nic", "gpu", "dsp")},
        {"nic": "mirror", "gpu": "dumb", "dsp": "mirror"},
        {"Mirror.limit": {"nic": 1, "gpu": 0, "dsp": 2}},
    )
    agents = (
        program("cpu0", line("map_page", va="a"), line("unmap_page", va="a")),
        AgentSpec("cpu1", (line("protect", va=ANY), line("sweep")), any=True, budget=1),
    )
    hardware = {"worker": ("drain",), "dma": ("dma",)}
    design = {"notifies": "true", "unmap_event": "UNMAP"}
    found = lower(machine, Request("machine", world, design, agents, hardware, tuple(machine.properties)))

    assert not explore(found).problems
    assert [agent.name for agent in found.agents] == ["cpu0", "cpu1", "worker", "dma.nic", "dma.dsp"]
    told = [step for step in found.processes[0].steps if step.label == "mirror_invalidate"]
    assert [step.calls[-1].instance for step in told] == [0, 1]
    assert next(array for array in found.arrays if array.name == "gone").ghost


@pytest.mark.parametrize(
    ("world", "path"),
    [
        (World({"Slott": ("x",)}), "world.Slott"),
        (World({}), "world.Slot"),
        (World({"Slot": ("x",)}, {}, {"Board.K": 1}), "world.given.Board.K"),
    ],
)
def test_a_world_that_does_not_fit_is_refused_with_its_path(world: World, path: str) -> None:
    with pytest.raises(RequestError) as refused:
        system("control", world, program("a", line("claim", slot="x")))

    assert refused.value.path == path


def test_an_unknown_operation_is_refused_with_the_nearest() -> None:
    with pytest.raises(RequestError, match='did you mean "claim"'):
        system("control", TWO, program("a", line("clam", slot="x")))


def test_a_device_without_the_facility_it_needs_is_refused() -> None:
    world = World({"Va": ("a",), "Frame": ("f",), "Device": ("nic",)}, {"nic": "mirror"}, {"Mirror.limit": {"nic": 1}})
    request = Request("machine", world, {"notifies": "false", "unmap_event": "CLEAR"}, ())

    with pytest.raises(RequestError, match='needs "notifies"'):
        lower(model("machine"), request)


def test_a_set_of_too_many_elements_is_refused() -> None:
    world = World({"Slot": tuple(f"s{i}" for i in range(31))})

    with pytest.raises((RequestError, ModelErrors), match="30"):
        system("control", world, program("a", line("dequeue")))


def test_values_of_a_parameter_are_known_by_name() -> None:
    sort = model("control").operations["claim"].values[0].sort

    assert labels(model("control"), sort, TWO) == ("x", "y")
    assert parse_value(model("control"), sort, TWO, "y") == "y"  # type: ignore[arg-type]
    with pytest.raises(RequestError, match="no Slot"):
        parse_value(model("control"), sort, TWO, "z")  # type: ignore[arg-type]


def test_sorts_say_why_they_are_not_symmetric() -> None:
    machine = model("machine")

    assert not machine.sorts["Frame"].asymmetry
    assert [why for _, why in machine.sorts["Va"].asymmetry] == [
        "it is declared ordered",
        "a loop over it has boundaries inside",
    ]
