"""The part of a system that a run may come to is, for every search, the whole system."""

from __future__ import annotations

from dataclasses import replace

import pytest
from commands import ROOT

from shootdown.checker.analysis.following import Facts, follow_system
from shootdown.checker.check import check_scenario
from shootdown.checker.interpreter import InterpreterEngine
from shootdown.checker.options import Limits, Options
from shootdown.checker.replaying import on_whole, replayed
from shootdown.checker.scenario import find, find_one
from shootdown.checker.scenario.request import Built, build
from shootdown.checker.trace.replay import confirm_decides
from shootdown.model.ir.evaluate import Evaluator
from shootdown.model.ir.system import System
from shootdown.model.ir.verify import verify
from shootdown.model.language.lowering import recent

SMALL = ("swap_order/pinned_5_15", "pinned_fork/dontfork", "special_revoke/not_cleared")


def reached(name: str) -> Built:
    return build(find_one(name), reached=True)


def steps(system: System) -> int:
    return sum(len(process.steps) for process in system.processes)


def labels(system: System) -> set[tuple[str, str]]:
    return {(process.name, step.label) for process in system.processes for step in process.steps}


@pytest.mark.parametrize("name", SMALL)
def test_searches_find_the_same_states(name: str) -> None:
    whole, part = build(find_one(name)).system, reached(name).system
    verify(part)
    assert steps(part) < steps(whole)
    assert labels(part) <= labels(whole)

    limits = Limits(max_depth=25)
    found = InterpreterEngine().explore(part, limits)
    expected = InterpreterEngine().explore(whole, limits)

    assert found.counts == expected.counts
    assert found.findings.keys() == expected.findings.keys()
    assert {name: len(each.path.transitions) for name, each in found.findings.items()} == {
        name: len(each.path.transitions) for name, each in expected.findings.items()
    }


def test_what_is_known_of_the_part_is_what_following_it_finds() -> None:
    built = reached("pinned_fork/shared")
    again = follow_system(built.system)

    assert isinstance(built.facts, Facts)
    assert built.facts.at.keys() == again.at.keys()
    assert built.facts.knowledge.cells == again.knowledge.cells
    assert all(known.items() <= again.at[at].items() for at, known in built.facts.at.items())


@pytest.mark.parametrize("name", ["pinned_fork", "fork_divergence"])
def test_what_was_lowered_before_changes_nothing(name: str) -> None:
    variants = find([name])
    alone = []
    for variant in variants:
        recent._recent.clear()
        alone.append(build(variant, reached=True).system)
    recent._recent.clear()
    backwards = [build(variant, reached=True).system for variant in reversed(variants)]
    whole_first = [build(variant).system and build(variant, reached=True).system for variant in variants]

    assert [repr(system) for system in alone] == [repr(system) for system in reversed(backwards)]
    assert [repr(system) for system in alone] == [repr(system) for system in whole_first]


def test_a_path_is_one_of_the_whole_system() -> None:
    scenario = find_one("pinned_fork/shared")
    (trace,) = [row.trace for row in check_scenario(scenario, Options()).rows if row.trace]
    again = replayed(scenario, trace)
    assert again.built.facts is not None

    whole = on_whole(again)

    assert steps(whole.built.system) > steps(again.built.system)
    confirm_decides(Evaluator(whole.built.system), whole.path, whole.prop)
    assert [Evaluator(whole.built.system).step(each).label for each in whole.path.transitions] == [
        Evaluator(again.built.system).step(each).label for each in again.path.transitions
    ]


def test_a_trace_of_a_search_without_folding_is_replayed() -> None:
    scenario = find_one(f"{ROOT / 'tests' / 'cases' / 'account' / 'account.toml'}/plain")
    kernel = find_one("pinned_fork/shared")
    for each in (scenario, kernel):
        options = replace(Options(), without=frozenset({"fold"}))
        (trace,) = [row.trace for row in check_scenario(each, options).rows if row.trace]
        assert replayed(each, trace).path.transitions


def test_an_expected_step_may_be_one_that_no_run_comes_to() -> None:
    name = "pinned_fork/dontfork"
    whole, part = build(find_one(name)).system, reached(name).system
    unreached = sorted(label for _, label in labels(whole) - labels(part))[0]
    scenario = find_one(name)
    wish = next(iter(scenario.tables.expect.values()))
    tables = scenario.tables.model_copy(
        update={
            "expect": {
                key: table.model_copy(update={"step": unreached} if table is wish else {})
                for key, table in scenario.tables.expect.items()
            }
        }
    )

    assert not check_scenario(replace(scenario, tables=tables), Options()).error
