"""What is measured: classic models, and scenarios of the kernel that have many states unreduced."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from shootdown.checker.scenario import ScenarioError, bundled_files, find_one, find_usable
from shootdown.checker.scenario.problem import Problem, ScenarioErrors, did_you_mean
from shootdown.checker.scenario.request import build
from shootdown.model.ir.system import System

_EXAMPLES = Path(__file__).parents[1] / "examples"

CLASSICS = {
    "two-phase commit 3": "two_phase_commit/two_phase_commit.toml/3",
    "two-phase commit 6": "two_phase_commit/large.toml/6",
    "two-phase commit 8": "two_phase_commit/large.toml/8",
    "two-phase commit 9": "two_phase_commit/large.toml/9",
    "Peterson 4": "peterson/peterson.toml/4",
    "Peterson 5": "peterson/large.toml/5",
    "Peterson 6": "peterson/large.toml/6",
    "German 4": "german/large.toml/4",
    "German 5": "german/large.toml/5",
    "dining philosophers 8": "dining_philosophers/large.toml/8",
    "MCS lock 4": "mcs_lock/large.toml/compare-and-swap-4",
}
"""By name: a file of `examples/` and a variant."""

SCENARIOS = (
    "copy_on_write_order/flush_then_set",
    "any_writeback/linux_6_12",
    "forever_shared/explicit_linux_6_1",
    "any_threads/linux_6_12",
    "legal_staleness/after_the_free",
    "forever_mirror/copy_on_write",
)
"""Bundled scenarios with 200,000 to 900,000 states; those of others have so much code that peers get only -O0."""

SMALL = ("two-phase commit 3",)
"""For tests."""

GROWN = {"copy on write, grown": Path(__file__).with_name("copy_on_write.toml")}
"""Scenarios of the kernel that are larger than those that are bundled."""

LARGE = ("two-phase commit 9", "German 5", "Peterson 6", *GROWN)
"""Those with more than ten million states, for which it is what a state takes that counts."""

MODELS = (*(name for name in CLASSICS if name not in (*SMALL, *LARGE)), *SCENARIOS)


def system_of(name: str) -> System:
    """The unreduced system, as far as a run comes, without its properties: every checker stores the same states."""
    path = _EXAMPLES / CLASSICS[name] if name in CLASSICS else GROWN.get(name, name)
    return replace(build(find_one(str(path)), reached=True).system, properties=())


def check_names(names: Sequence[str]) -> None:
    """Raises ScenarioError, with everything that is wrong: names that stand for no model or for several."""
    errors: list[ScenarioError] = []
    for name in names:
        try:
            if name not in CLASSICS and name not in GROWN:
                _check_scenario(name)
        except ScenarioError as error:
            errors.append(error)
    if errors:
        raise errors[0] if len(errors) == 1 else ScenarioErrors(errors)


def _check_scenario(name: str) -> None:
    try:
        find_usable([name])
    except ScenarioError as error:
        if "/" in name or Path(name).exists():
            raise
        hint = did_you_mean(name, (*CLASSICS, *GROWN, *bundled_files()))
        said = f"no model, bundled scenario, file or folder of this name{hint}; see: --help, shootdown list scenarios"
        raise ScenarioError(name, Problem("", said)) from error
    find_one(name)
