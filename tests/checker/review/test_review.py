"""Reviews of whole scenarios, against their designs one by one and against what is known of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from pathlib import Path

import pytest

from shootdown.checker.explicit.build import NoCompiler
from shootdown.checker.options import Limits
from shootdown.checker.review import searching
from shootdown.checker.review.result import Combination, Review, Setting
from shootdown.checker.review.review import review
from shootdown.checker.scenario import ScenarioError, find_one
from shootdown.checker.scenario.request import build
from shootdown.checker.scenario.twins import Twins
from shootdown.checker.searching import search
from shootdown.checker.verdict import Verdict

ACCOUNT = Path(__file__).parents[2] / "cases" / "account" / "account.toml"
PLAIN, LOCKED = f"{ACCOUNT}/plain", f"{ACCOUNT}/locked"
NOBODY = Limits()

Labels = Mapping[str, str]


def sets(combinations: tuple[Combination, ...]) -> set[frozenset[tuple[str, tuple[str, ...]]]]:
    return {frozenset((each.mechanism, each.labels) for each in one.settings) for one in combinations}


def covered(combinations: tuple[Combination, ...], design: Labels) -> bool:
    return any(all(design[each.mechanism] in each.labels for each in one.settings) for one in combinations)


def every_design(found: Review) -> Iterator[dict[str, str]]:
    names = [each.mechanism for each in found.mechanisms]
    for labels in product(*(each.labels for each in found.mechanisms)):
        yield dict(zip(names, labels, strict=True))


def is_safe(scenario: str, design: Labels) -> bool:
    """What an ordinary search says of one design."""
    built = build(find_one(scenario))
    positions = {
        item.name: item.labels.index(design[item.name]) for item in built.system.mechanisms if item.name in design
    }
    searched = search(Twins(built).system(positions, set()), {}, NOBODY)
    return all(outcome.verdict is Verdict.HOLDS for outcome in searched.judgement.outcomes)


def smaller(combination: Combination, found: Review) -> Iterator[Combination]:
    """The set with one alternative more of one of its mechanisms: less is asked for."""
    labels = {each.mechanism: each.labels for each in found.mechanisms}
    for position, setting in enumerate(combination.settings):
        for more in set(labels[setting.mechanism]) - set(setting.labels):
            wider = Setting(setting.mechanism, (*setting.labels, more))
            yield Combination((*combination.settings[:position], wider, *combination.settings[position + 1 :]))


def test_the_sets_of_the_account_are_what_its_code_says() -> None:
    found = review(find_one(PLAIN), NOBODY)
    assert sets(found.unsafe) == {
        frozenset({("reset_clears", ("False",))}),
        frozenset({("add_way", ("PLAIN",))}),
        frozenset({("add_way", ("PLAIN", "LOCKED")), ("early_unlock", ("True",))}),
    }
    assert sets(found.sufficient) == {
        frozenset({("add_way", ("ATOMIC",)), ("reset_clears", ("True",))}),
        frozenset({("add_way", ("LOCKED", "ATOMIC")), ("early_unlock", ("False",)), ("reset_clears", ("True",))}),
    }
    (harm,) = found.harms
    assert (harm.added, harm.broken) == (Setting("early_unlock", ("True",)), (Setting("add_way", ("LOCKED",)),))
    assert [each.mechanism for each in found.mechanisms if not each.matters] == ["traced"]
    assert (found.undecided, found.more, found.effort.designs) == ("", False, 24)
    assert (found.effort.safe, found.effort.unsafe) == (6, 18)


BRUTE = {
    PLAIN: (),
    "free_and_flush/flush_first": ("flush_before_free", "zap_notifies", "nested_gather_flush"),
    "pinned_fork/shared": ("early_copy", "cow_reuse", "fork_clears_exclusive"),
}


@pytest.mark.parametrize("scenario", BRUTE)
def test_minimal_sets_are_right_and_minimal_design_by_design(scenario: str) -> None:
    found = review(find_one(scenario), NOBODY, mechanisms=BRUTE[scenario])
    safe = {tuple(design.values()): is_safe(scenario, design) for design in every_design(found)}
    for design in every_design(found):
        truth = safe[tuple(design.values())]
        assert covered(found.sufficient, design) == truth, design
        assert covered(found.unsafe, design) != truth, design
    assert found.effort.safe == sum(safe.values())
    assert found.effort.unsafe == len(safe) - sum(safe.values())
    for good, combinations in ((True, found.sufficient), (False, found.unsafe)):
        for combination in combinations:
            for less in smaller(combination, found):
                meant = [design for design in every_design(found) if covered((less,), design)]
                assert any(safe[tuple(design.values())] != good for design in meant), less


def test_rows_are_the_own_design_the_presets_and_each_change() -> None:
    found = review(find_one(LOCKED), NOBODY)
    assert [(row.preset, [(each.mechanism, each.labels) for each in row.changed]) for row in found.rows] == [
        ("", []),
        ("v1", [("early_unlock", ("True",))]),
        ("v2", []),
        ("", [("add_way", ("PLAIN",))]),
        ("", [("add_way", ("ATOMIC",))]),
        ("", [("early_unlock", ("True",))]),
        ("", [("reset_clears", ("False",))]),
        ("", [("traced", ("True",))]),
    ]
    verdicts = [row.cells[0].verdict is Verdict.HOLDS for row in found.rows]
    assert verdicts == [True, False, True, False, True, False, False, True]
    assert found.exit_code == 0


def test_a_row_says_what_would_have_stopped_its_run_and_where() -> None:
    found = review(find_one(LOCKED), NOBODY)
    rows = {row.changed[0]: row.cells[0].stoppers for row in found.rows if row.changed and not row.preset}
    early = {each.setting: each.step for each in rows[Setting("early_unlock", ("True",))] if each.safe}
    # lock, read, early unlock: after the second step the CPU goes on with something else. An atomic one takes no lock.
    assert early == {Setting("early_unlock", ("False",)): 2, Setting("add_way", ("ATOMIC",)): 1}
    # The word starts at one, and that is decided before the first step.
    start = rows[Setting("reset_clears", ("False",))]
    assert [(each.setting, each.step, each.safe) for each in start if each.safe] == [
        (Setting("reset_clears", ("True",)), 0, True)
    ]


def test_what_stops_a_run_of_a_preset_is_told_of_the_preset() -> None:
    # v1 unlocks early, and is not among the designs that are asked for: its own neighbours are searched.
    found = review(find_one(LOCKED), NOBODY, mechanisms=("add_way",))
    (row,) = [row for row in found.rows if row.preset == "v1"]
    assert [(each.setting.labels, each.safe) for each in row.cells[0].stoppers] == [
        (("PLAIN",), False),
        (("ATOMIC",), True),
        (("False",), True),
    ]


def test_a_mechanism_that_nothing_reads_or_that_is_none_is_refused() -> None:
    with pytest.raises(ScenarioError, match="no such mechanism; did you mean 'traced'"):
        review(find_one(PLAIN), NOBODY, mechanisms=("trced",))


def test_only_the_mechanisms_asked_for_change() -> None:
    found = review(find_one(PLAIN), NOBODY, mechanisms=("add_way", "traced"))
    assert [each.mechanism for each in found.mechanisms] == ["add_way", "traced"]
    assert sets(found.sufficient) == {frozenset({("add_way", ("LOCKED", "ATOMIC"))})}
    assert found.effort.designs == 6


def test_out_of_time_it_says_what_is_known_and_that_it_is_not_all() -> None:
    found = review(find_one(PLAIN), Limits(max_seconds=1e-6))
    assert (found.undecided, found.exit_code) == ("max_seconds", 3)
    assert found.effort.safe + found.effort.unsafe < found.effort.designs


def test_without_a_compiler_the_interpreter_finds_the_same_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise NoCompiler("no C compiler found")

    native = review(find_one(LOCKED), NOBODY)
    monkeypatch.setattr(searching, "prepare", refuse)
    found = review(find_one(LOCKED), NOBODY)
    assert (found.rows, found.unsafe, found.sufficient) == (native.rows, native.unsafe, native.sufficient)
    assert found.notices == ("no C compiler found; exploring with the interpreter, which is slower",)
