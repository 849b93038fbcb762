"""What a scenario rests on that was not read."""

from __future__ import annotations

from shootdown.checker.report.evidence import weak_facts
from shootdown.checker.scenario import find_one
from shootdown.checker.scenario.request import build


def told(name: str) -> dict[str, set[str]]:
    """The names by kind."""
    texts = [text.partition(": ") for text in weak_facts(build(find_one(name), properties=()))]
    return {kind: set(names.split(", ")) for kind, _, names in texts}


def test_operations_and_mechanisms_that_were_recalled_are_named() -> None:
    found = told("swap_order/flush_first")

    assert {"do_swap_page", "shrink_inactive_list"} <= found["operations recalled, not read"]
    assert "reclaim_flush_before_io" in found["mechanisms recalled, not read"]
    assert "batched_flush_pending" not in found["mechanisms recalled, not read"]


def test_what_the_scenario_does_not_run_is_not_named() -> None:
    found = told("concurrent_zaps/store")

    assert "do_swap_page" not in found.get("operations recalled, not read", set())
    assert "reclaim_flush_before_io" not in found["mechanisms recalled, not read"]
