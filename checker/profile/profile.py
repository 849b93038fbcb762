"""A scenario profiled: how large it was guessed to be, how large it is, and what makes it so."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

from ..explicit.build import NoCompiler
from ..explicit.reached import Stored, stored_states
from ..explicit.specialise import Unsupported
from ..options import Limits
from ..result import Exploration
from ..scenario import Scenario
from ..scenario.request import build
from ..searching import EngineError
from .blowup import Part, parts
from .estimate import SECONDS, Estimate, estimate
from .passes import Left, left_by_passes
from .work import Sampled, sampled


@dataclass(frozen=True)
class Profile:
    """What is known of a scenario's size; without `exploration` nothing was searched but for the guess.

    `memory` is that of the search, in bytes. `interrupted`: the search was, or the look at what it stored, of which
    `work` and `parts` then may be missing.
    """

    scenario: Scenario
    estimate: Estimate
    exploration: Exploration | None = None
    memory: int = 0
    parts: tuple[Part, ...] = ()
    work: Sampled | None = None
    passes: tuple[Left, ...] = ()
    """What the passes have left of the system, if they were made."""
    interrupted: bool = False


def profile(
    scenario: Scenario,
    limits: Limits,
    *,
    without: Collection[str] = (),
    search: bool = True,
    tell: Callable[[Estimate], None] = lambda guess: None,
) -> Profile:
    """Guess the size, then search within the limits and look at what was stored.

    Passes in `without` are not made. `tell` gets the guess before the search begins; the seconds that it took are not
    the search's. Raises ScenarioError, ModelErrors, EngineError.
    """
    system, passes = left_by_passes(build(scenario).system, without)
    try:
        began = time.monotonic()
        guess = estimate(system, seconds=min(SECONDS, limits.max_seconds or SECONDS))
        if not search:
            return Profile(scenario, guess, passes=passes)
        tell(guess)
        stored = stored_states(system, limits.after(time.monotonic() - began))
    except (NoCompiler, Unsupported) as reason:
        raise EngineError(f"a profile needs the native engine, which cannot run here: {reason}") from None
    return _looked_at(stored, Profile(scenario, guess, stored.exploration, passes=passes))


def _looked_at(stored: Stored, known: Profile) -> Profile:
    """The profile with what the stored states show."""
    known = replace(
        known,
        memory=int(stored.bytes_each * stored.count),
        interrupted=stored.exploration.stopped == "interrupted",
    )
    try:
        known = replace(known, work=sampled(stored))
        return replace(known, parts=tuple(parts(stored)))
    except KeyboardInterrupt:
        return replace(known, interrupted=True)
