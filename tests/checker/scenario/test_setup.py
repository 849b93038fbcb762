"""A setup, run while it is lowered and remembered, ends as it does in the whole system."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from shootdown.checker.scenario import Scenario, ScenarioError, find_one
from shootdown.checker.scenario.request import Built, build
from shootdown.checker.scenario.setup import Shared, read_setup, run_setup
from shootdown.model.ir.consult import ConsultingEvaluator
from shootdown.model.language.world import Request

SCENARIOS = ["pinned_fork/shared", "switch_and_return/emptied", "mirror_fork/notified", "special_revoke/munmap"]


class Whole:
    """How a setup ends in the system with all its steps, or how it goes wrong."""

    def __init__(self, scenario: Scenario, built: Built, request: Request) -> None:
        setup = read_setup(scenario, built.model, request)
        assert setup is not None
        evaluator = ConsultingEvaluator(setup.system)
        self.before = evaluator.shared(evaluator.layout.initial)
        self.after: Shared | str
        try:
            self.after = setup.run(evaluator)
        except ScenarioError as error:
            self.after = str(error)
        self.consulted = evaluator.consulted


def on_demand(scenario: Scenario, built: Built, request: Request) -> Shared | str:
    try:
        return run_setup(scenario, built.model, request)
    except ScenarioError as error:
        return str(error)


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_setup_ends_as_in_the_whole_system_under_every_design(name: str) -> None:
    scenario = find_one(name)
    built = build(scenario, reached=True)
    request = replace(built.request, initial={})
    random, ends = Random(7), set()
    needed = {need for kind in built.model.device_types.values() for need in kind.needs}
    consulted = sorted(Whole(scenario, built, request).consulted - needed)
    assert consulted
    for _ in range(10):
        changed = {each: random.choice(built.model.mechanisms[each].labels) for each in consulted}
        under = replace(request, design={**request.design, **changed})
        whole, found = Whole(scenario, built, under), on_demand(scenario, built, under)
        if isinstance(found, str):
            assert found == whole.after
        else:
            assert {**whole.before, **found} == whole.after
        ends.add(str(whole.after))
    assert len(ends) > 1


def test_a_setup_runs_anew_only_where_the_design_differs_in_what_it_consults() -> None:
    scenario = find_one("pinned_fork/shared")
    built = build(scenario, reached=True)
    request = replace(built.request, initial={})
    first = run_setup(scenario, built.model, request)
    consulted = Whole(scenario, built, request).consulted
    for each, labels in ((name, item.labels) for name, item in built.model.mechanisms.items()):
        others = [label for label in labels if label.lower() != request.design[each].lower()]
        under = replace(request, design={**request.design, each: others[0]})
        assert (on_demand(scenario, built, under) is first) == (each not in consulted), each
