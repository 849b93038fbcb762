"""When "holds" is vacuous: beside a violated twin, and by itself."""

from __future__ import annotations

from dataclasses import replace

from reports import checked
from toy_systems import TOYS

from shootdown.checker.options import Limits
from shootdown.checker.record import Checked
from shootdown.checker.registry import engine
from shootdown.checker.vacuity import compare_twins, nothing_at_stake
from shootdown.checker.verdict import Verdict


def twins() -> tuple[Checked, Checked]:
    """A toy, and the same one with every violation turned into a "holds" that starts nothing."""
    bad = replace(checked("lost_update"), story="s")
    good = tuple(
        replace(row, verdict=Verdict.HOLDS, evidence=bad.rows[0].evidence, trace=None, exit_code=0) for row in bad.rows
    )
    return bad, replace(bad, scenario="lost_update/safe", rows=good)


def verdicts(item: Checked) -> dict[str, Verdict]:
    return {row.prop: row.verdict for row in item.rows}


def test_a_twin_that_starts_less_than_the_violation_is_vacuous() -> None:
    _, safe = compare_twins(twins())
    row = next(each for each in safe.rows if each.prop == "no_lost_update")
    assert (row.verdict, row.exit_code) == (Verdict.VACUOUS, 1)
    assert row.remark == "cpu0 never starts add, as in the trace of lost_update"
    assert verdicts(safe)["bounded"] is Verdict.HOLDS


def test_a_twin_that_starts_the_same_is_not() -> None:
    bad, safe = twins()
    safe = replace(safe, started=frozenset({("cpu0", "add"), ("cpu1", "add")}))
    assert verdicts(compare_twins([bad, safe])[1])["no_lost_update"] is Verdict.HOLDS


def test_scenarios_with_another_story_or_in_another_file_are_no_twins() -> None:
    bad, safe = twins()
    for other in (replace(safe, story="t"), replace(safe, file="elsewhere.toml")):
        assert verdicts(compare_twins([bad, other])[1])["no_lost_update"] is Verdict.HOLDS


def reasons(name: str, *, keep: bool = True) -> dict[str, str]:
    system = TOYS[name]().system
    exploration = engine("interpreter").explore(system, Limits())
    seen = exploration if keep else replace(exploration, fired=frozenset())
    return {prop.name: nothing_at_stake(system, seen, prop) for prop in system.properties}


def test_programs_that_finish_and_assertions_that_are_made_leave_nothing_to_say() -> None:
    assert set(reasons("lost_update").values()) == {""}
    assert reasons("use_after_free")["no_use_after_free"] == ""


def test_a_program_that_never_finishes_is_named() -> None:
    found = reasons("lost_update", keep=False)
    assert found["no_lost_update"] == "the program of cpu0 never finishes"
