"""The setup under all designs at once ends as it does under each."""

from __future__ import annotations

from random import Random

import pytest

from shootdown.checker.review.boxes import contains, values
from shootdown.checker.review.designs import Designs
from shootdown.checker.review.starts import Starts, arrays_of
from shootdown.checker.scenario import ScenarioError, find_one
from shootdown.checker.scenario.request import build


@pytest.mark.parametrize("scenario", ["pinned_fork/shared", "switch_and_return/emptied", "mirror_fork/notified"])
def test_a_design_starts_where_its_own_setup_ends(scenario: str) -> None:
    designs = Designs(build(find_one(scenario)))
    relevant = {array.name for array in designs.system.arrays}
    starts = Starts(designs.space, designs.system, designs.twins.setup, relevant)
    random, seen = Random(5), set()
    for _ in range(12):
        design = tuple(random.choice(list(values(mask))) for mask in designs.space.domain)
        region, start = starts.around(design)
        assert contains(region, design)
        seen.add(start)
        for other in (design, tuple(random.choice(list(values(mask))) for mask in region)):
            try:
                own = arrays_of(designs.twins.system(designs.space.settings(other), set()), relevant)
            except ScenarioError:
                own = ()
            assert own == start.arrays
    assert len(seen) > 1


def test_what_makes_no_difference_is_no_part_of_a_start() -> None:
    designs = Designs(build(find_one("pinned_fork/shared")))
    starts = Starts(designs.space, designs.system, designs.twins.setup, ())
    region, start = starts.around(designs.own)
    assert (region, start.arrays) == (designs.space.domain, ())
