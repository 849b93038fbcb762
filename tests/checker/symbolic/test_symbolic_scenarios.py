"""The symbolic engines on the kernel model: the explorer's verdicts and traces, and a proof of a world without end."""

from __future__ import annotations

from pathlib import Path

import pytest

from shootdown.checker.check import check_scenario
from shootdown.checker.options import Limits, Options
from shootdown.checker.record import Run
from shootdown.checker.report.columns import plain
from shootdown.checker.report.text import text_report
from shootdown.checker.scenario import find_one
from shootdown.checker.verdict import Evidence, Verdict

VIOLATED = (
    "concurrent_zaps/store_no_nested_flush",
    "shared_page_table/two_steps",
    "mirror_protocol/zap_without_wait",
    "record_next_owner/unbound_first",
)


@pytest.mark.parametrize("name", VIOLATED)
def test_bounded_search_shows_the_traces_of_the_explorer(name: str) -> None:
    scenario = find_one(name)
    prop = next(prop for prop, table in scenario.tables.expect.items() if table.verdict == "violated")
    bounded = check_scenario(scenario, Options("bmc", properties=(prop,)))
    explored = check_scenario(scenario, Options("explicit", properties=(prop,)))
    assert [row.trace for row in bounded.rows] == [row.trace for row in explored.rows]
    assert bounded.rows[0].as_expected
    assert bounded.counts is None


def test_what_a_bounded_search_does_not_find_holds_to_its_depth_only() -> None:
    checked = check_scenario(find_one("concurrent_zaps/store"), Options("bmc", limits=Limits(max_depth=7)))
    assert {(row.verdict, row.evidence) for row in checked.rows} == {(Verdict.HOLDS, Evidence.BOUNDED)}
    assert {row.depth for row in checked.rows} <= {6, 7}
    assert checked.exit_code == 3


FOREVER = """
title = "a store and a load, without end"
setup = ["cpu0: mmap A buf", "cpu0: store A buf"]
[world]
Cpu = ["cpu0", "cpu1"]
Mm = ["A"]
Va = ["buf"]
Frame = 1
[design]
preset = "linux-6.12"
[hardware]
tlb = "off"
[agents]
cpu0 = { any = ["store A buf"], budget = "forever" }
cpu1 = { any = ["load A buf"], budget = "forever" }
[expect]
no_use_after_free = "holds"
"""


def test_a_property_of_a_kernel_that_runs_for_ever_is_proved(tmp_path: Path) -> None:
    (tmp_path / "forever.toml").write_text(FOREVER)
    checked = check_scenario(find_one(str(tmp_path / "forever.toml")), Options("induction"))
    (row,) = checked.rows
    assert (row.verdict, row.evidence) == (Verdict.PROVED, Evidence.INDUCTION)
    assert row.as_expected
    assert row.proof is not None
    assert row.proof.steps == 1
    said = plain(text_report(Run((checked,), 0.0), width=100))
    assert f"induction, k = 1, {len(row.proof.invariants)} invariant" in said
    assert "proved" in said
