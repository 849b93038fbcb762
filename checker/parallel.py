"""Many scenarios at once, a process for each core; results in the order asked for."""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace

from shootdown.model.language.errors import ModelErrors

from .cache.memory import Memory
from .options import MODEST_OF_SEVERAL, Options
from .record import Checked, Run
from .registry import DEFAULT, REDUCED
from .scenario import Scenario, ScenarioError
from .vacuity import compare_twins
from .verdict import BAD_INPUT
from .workers import Lost, Workers

Done = Callable[[Checked | None], None]
"""Called in this process with each check that has finished, and about once a second with None while others run."""


def check_all(
    scenarios: Sequence[Scenario],
    options: Options,
    jobs: int | None = None,
    done: Done | None = None,
    memory: Memory | None = None,
    warn: Callable[[str], None] | None = None,
) -> Run:
    """Check scenarios, at most `jobs` at a time (None: as many as there are cores), but for what `memory` knows.

    `warn` is told before several searches begin what will make them slow.
    An interrupt ends what runs with what it has covered, and starts nothing more.
    """
    started = time.monotonic()
    batch = _Batch(scenarios, options, done or (lambda checked: None), memory, warn or (lambda text: None))
    interrupted = _everything(batch, jobs)
    missed = tuple(scenario.name for position, scenario in enumerate(scenarios) if position not in batch.results)
    checked = compare_twins([batch.results[position] for position in sorted(batch.results)])
    stopped = interrupted or any(each.interrupted for each in checked)
    return Run(checked, time.monotonic() - started, stopped, missed)


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass
class _Batch:
    """What there is to check, and what came of it by position."""

    scenarios: Sequence[Scenario]
    options: Options
    tell: Done
    memory: Memory | None
    warn: Callable[[str], None]
    results: dict[int, Checked] = field(default_factory=dict)

    @property
    def left(self) -> dict[int, Scenario]:
        """What has no result yet."""
        return {at: scenario for at, scenario in enumerate(self.scenarios) if at not in self.results}

    def share_out(self, most: int, processes: int) -> None:
        """Give each search the threads that the processes leave, where nobody has said how many it has."""
        limits = self.options.limits
        if limits.native.threads is None and processes:
            native = replace(limits.native, threads=max(most // processes, 1))
            self.options = replace(self.options, limits=replace(limits, native=native))

    def be_modest(self) -> None:
        """Where several searches are to be the interpreter's, for want of a compiler, spend less on each, and say so
        before; a single one says it itself."""
        limits = self.options.limits
        if len(self.left) < 2 or self.options.engine is not None or limits.native.alone:
            return
        from .explicit.build import NoCompiler, default_builder

        try:
            default_builder()
        except NoCompiler as reason:
            said = f"{reason}; until then the interpreter searches: it is much slower"
            if limits.unlimited:
                said += f", and leaves out scenarios of more than {MODEST_OF_SEVERAL:,} states"
                self.options = replace(self.options, limits=replace(limits, modest=MODEST_OF_SEVERAL))
            self.warn(said)

    def recall(self) -> None:
        """Take from memory what it knows."""
        for at, scenario in enumerate(self.scenarios):
            known = self.memory.recall(scenario, self.options) if self.memory else None
            if known is not None:
                self.results[at] = known
                self.tell(known)

    def finished(self, at: int, checked: Checked) -> None:
        """Note a result."""
        self.results[at] = checked
        self.tell(checked)

    def check(self, at: int) -> Checked:
        """Check a scenario; memory keeps the result, in the process that made it."""
        from .check import check_scenario  # brings the language and the engines, which a run may not need

        return check_scenario(self.scenarios[at], self.options, self.memory)


def _everything(batch: _Batch, jobs: int | None) -> bool:
    """Check it all; whether it was interrupted."""
    try:
        batch.recall()
    except KeyboardInterrupt:
        return True
    batch.be_modest()
    count = min(jobs or cores(), len(batch.left))
    batch.share_out(jobs or cores(), count)
    return _in_processes(batch, count) if count > 1 else _here(batch)


def _here(batch: _Batch) -> bool:
    try:
        for at in batch.left:
            batch.finished(at, batch.check(at))
            if batch.results[at].interrupted:
                return True
    except KeyboardInterrupt:
        return True
    return False


def _in_processes(batch: _Batch, jobs: int) -> bool:
    from .explicit.beforehand import machine_built

    left = batch.left
    with machine_built() if batch.options.engine in (None, DEFAULT, REDUCED) else nullcontext():
        _read_models(left.values())

    def done(at: int, checked: Checked | Lost | None) -> None:
        if isinstance(checked, Lost):
            batch.results[at] = _died(left[at])
        elif checked is not None:
            batch.finished(at, checked)

    workers = Workers(jobs, batch.check, done, lambda: batch.tell(None))
    try:
        # Variants of a file have most of their code in common.
        workers.run({at: scenario.path for at, scenario in left.items()})
    except KeyboardInterrupt:
        return True
    return False


def _died(scenario: Scenario) -> Checked:
    said = f"{scenario.name}: its process died: out of memory (set --max-memory), or a defect of shootdown"
    return Checked(scenario.name, scenario.shown_path, scenario.tables.title, error=said, exit_code=BAD_INPUT)


def _read_models(scenarios: Iterable[Scenario]) -> None:
    """Read every model before the processes part, so that each is read once; mistakes are told where they belong."""
    from .scenario.models import library

    for scenario in scenarios:
        try:
            library(scenario)
        except (ScenarioError, ModelErrors):
            continue
    # Models live as long as the processes, which need not look through them for garbage.
    gc.freeze()
