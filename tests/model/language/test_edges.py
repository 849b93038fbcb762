"""Values at the edges of their sorts, each with what once went wrong."""

from __future__ import annotations

import pytest
from small_models import Reached, explore, line, program, system

from shootdown.checker.analysis.pipeline import reduce_system
from shootdown.model.ir.verify import verify
from shootdown.model.language import ANY, AgentSpec, Line, World

WORLD = World({"Slot": ("x", "y"), "Device": ("disk0", "nic0")}, {"disk0": "disk", "nic0": "nic"})


def run(*operations: str, **args: object) -> Reached:
    """What a program of operations does, in the whole and in the reduced system."""
    whole = system("edges", WORLD, program("a", *(line(operation, **args) for operation in operations)))
    verify(reduce_system(whole))
    return explore(whole)


def test_a_constant_range_ends_where_its_constants_say() -> None:
    assert run("pick_of_nothing").problems == {"world too small: no integer left to pick"}
    assert run("choose_of_nothing").counts == (1, 0)


def test_no_set_holds_a_number_below_its_elements() -> None:
    assert run("below_all").counts == (2, 1)


def test_the_set_of_a_missing_value_is_a_model_error() -> None:
    assert run("set_of_nobody").problems == {"model error: None used as a value"}


def test_a_truth_that_may_be_missing_is_a_truth_where_it_is_not() -> None:
    found = run("missing_truth", "missing_truth", slot="x")

    assert not found.problems
    assert found.counts == (5, 4)


def test_quantifiers_that_are_checked_and_evaluated_bind_their_variables_apart() -> None:
    assert run("beyond_for_each", slot="x").counts == (2, 1)


def test_what_a_helper_answers_may_be_stored_though_it_promises() -> None:
    assert run("ask_promising", slot="x").counts == (2, 1)


def test_a_set_that_is_a_field_of_a_cell_has_a_length() -> None:
    assert run("unclaimed", slot="x").counts == (2, 1)


@pytest.mark.parametrize("known", ["nic0", ANY])
def test_every_line_of_an_operation_for_a_device_type_is_for_its_devices(known: object) -> None:
    lines = (Line("serve", {"dev": known, "again": True}, "1"), Line("serve", {"dev": ANY, "again": False}, "2"))
    found = explore(system("edges", WORLD, AgentSpec("a", lines, any=True, budget=1)))

    assert {item.choices[0].label for item in found.transitions} == {"nic0"}


def test_of_a_sort_without_elements_an_open_line_has_no_value() -> None:
    empty = World({"Slot": (), "Device": ()}, {})
    found = explore(
        system("edges", empty, AgentSpec("a", (Line("missing_truth", {"slot": ANY}, "1"),), any=True, budget=1))
    )

    assert found.counts == (1, 0)
