"""A scenario profiled: how large it was guessed to be, how large it is, and what makes it so."""

from __future__ import annotations

from dataclasses import dataclass

from ..explicit.build import NoCompiler
from ..explicit.reached import stored_states
from ..explicit.specialise import Unsupported
from ..options import Limits
from ..result import Exploration
from ..scenario import Scenario
from ..scenario.request import build
from ..searching import EngineError
from .blowup import Part, parts
from .estimate import Estimate, estimate
from .passes import Left, left_by_passes
from .work import Sampled, sampled


@dataclass(frozen=True)
class Profile:
    """What is known of a scenario's size; without `exploration` nothing was searched but for the guess.

    `memory` is that of the search, in bytes.
    """

    scenario: Scenario
    estimate: Estimate
    exploration: Exploration | None = None
    memory: int = 0
    parts: tuple[Part, ...] = ()
    work: Sampled | None = None
    passes: tuple[Left, ...] = ()
    """What the passes have left of the system, if they were made."""


def profile(scenario: Scenario, limits: Limits, *, reduce: bool = True, search: bool = True) -> Profile:
    """Guess the size, then search within the limits and look at what was stored.

    Raises ScenarioError, ModelErrors, EngineError.
    """
    system = build(scenario).system
    system, passes = left_by_passes(system) if reduce else (system, ())
    try:
        guess = estimate(system)
        if not search:
            return Profile(scenario, guess, passes=passes)
        stored = stored_states(system, limits)
    except (NoCompiler, Unsupported) as reason:
        raise EngineError(f"a profile needs the native engine, which cannot run here: {reason}") from None
    return Profile(
        scenario,
        guess,
        stored.exploration,
        int(stored.bytes_each * stored.count),
        tuple(parts(stored)),
        sampled(stored),
        passes,
    )
