"""Bundled scenarios whose verdicts stay when atomic steps are cut: what they give as the reason is modelled, too."""

from __future__ import annotations

import pytest

from shootdown.checker.check import check_scenario
from shootdown.checker.options import Options
from shootdown.checker.scenario import find_one


@pytest.mark.parametrize("name", ["file_hole/linux_6_12", "file_pageout/clean"])
def test_a_page_that_is_looked_up_is_taken_or_looked_for_again(name: str) -> None:
    checked = check_scenario(find_one(name), Options(split=True))
    assert not checked.error
    assert [row.split for row in checked.rows] == [row.verdict for row in checked.rows]
