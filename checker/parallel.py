"""Many scenarios at once, a process for each core; results in the order asked for."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field

from shootdown.model.language.errors import ModelErrors

from .cache.memory import Memory
from .options import Options
from .record import Checked, Run
from .scenario import Scenario, ScenarioError
from .vacuity import compare_twins
from .verdict import BAD_INPUT

Done = Callable[[Checked | None], None]
"""Called in this process with each check that has finished, and about once a second with None while others run."""


def check_all(
    scenarios: Sequence[Scenario],
    options: Options,
    jobs: int | None = None,
    done: Done | None = None,
    memory: Memory | None = None,
) -> Run:
    """Check scenarios, at most `jobs` at a time (None: as many as there are cores), but for what `memory` knows.

    An interrupt ends what runs with what it has covered, and starts nothing more.
    """
    started = time.monotonic()
    batch = _Batch(scenarios, options, done or (lambda checked: None), memory)
    interrupted = _everything(batch, jobs)
    missed = tuple(scenario.name for position, scenario in enumerate(scenarios) if position not in batch.results)
    checked = compare_twins([batch.results[position] for position in sorted(batch.results)])
    stopped = interrupted or any(each.stopped == "interrupted" for each in checked)
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
    results: dict[int, Checked] = field(default_factory=dict)

    @property
    def left(self) -> dict[int, Scenario]:
        """What has no result yet."""
        return {at: scenario for at, scenario in enumerate(self.scenarios) if at not in self.results}

    def recall(self) -> None:
        """Take from memory what it knows."""
        for at, scenario in enumerate(self.scenarios):
            known = self.memory.recall(scenario, self.options) if self.memory else None
            if known is not None:
                self.results[at] = known
                self.tell(known)

    def finished(self, at: int, checked: Checked) -> None:
        """Note a result, for later runs too."""
        self.results[at] = checked
        if self.memory is not None:
            self.memory.keep(self.scenarios[at], self.options, checked)
        self.tell(checked)


def _everything(batch: _Batch, jobs: int | None) -> bool:
    """Check it all; whether it was interrupted."""
    try:
        batch.recall()
    except KeyboardInterrupt:
        return True
    count = min(jobs or cores(), len(batch.left))
    return _in_processes(batch, count) if count > 1 else _here(batch)


def _here(batch: _Batch) -> bool:
    try:
        for at, scenario in batch.left.items():
            batch.finished(at, _check(scenario, batch.options))
            if batch.results[at].stopped == "interrupted":
                return True
    except KeyboardInterrupt:
        return True
    return False


def _in_processes(batch: _Batch, jobs: int) -> bool:
    left = batch.left
    _read_models(left.values())
    context = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(jobs, context, initializer=_ignore_interrupts) as pool:
        futures = {pool.submit(_work, scenario, batch.options): at for at, scenario in left.items()}
        try:
            _collect(futures, batch)
        except BrokenProcessPool:
            pool.shutdown(wait=False, cancel_futures=True)
            return _one_by_one(batch)
        except KeyboardInterrupt:
            pool.shutdown(wait=True, cancel_futures=True)
            _collect({future: at for future, at in futures.items() if not future.cancelled()}, batch)
            return True
    return False


def _one_by_one(batch: _Batch) -> bool:
    """Check what a pool has left behind that lost a process, each scenario in a process of its own.

    So a search that kills its process (out of memory, a crash in native code) costs its own scenario only.
    """
    context = multiprocessing.get_context("fork")
    for at, scenario in batch.left.items():
        with ProcessPoolExecutor(1, context, initializer=_ignore_interrupts) as pool:
            try:
                _collect({pool.submit(_work, scenario, batch.options): at}, batch)
            except BrokenProcessPool:
                batch.results[at] = _died(scenario)
            except KeyboardInterrupt:
                return True
    return False


def _died(scenario: Scenario) -> Checked:
    said = f"{scenario.name}: its process died: out of memory (set --max-memory), or a defect of shootdown"
    return Checked(scenario.name, scenario.shown_path, scenario.tables.title, error=said, exit_code=BAD_INPUT)


def _collect(futures: dict[Future[Checked | None], int], batch: _Batch) -> None:
    waiting = set(futures)
    while waiting:
        finished, waiting = wait(waiting, timeout=1.0, return_when=FIRST_COMPLETED)
        for future in finished:
            checked = future.result()
            if checked is not None and futures[future] not in batch.results:
                batch.finished(futures[future], checked)
        batch.tell(None)


def _check(scenario: Scenario, options: Options) -> Checked:
    from .check import check_scenario  # brings the language and the engines, which a run may not need

    return check_scenario(scenario, options)


def _read_models(scenarios: Iterable[Scenario]) -> None:
    """Read every model before the processes part, so that each is read once; mistakes are told where they belong."""
    from .scenario.models import library

    for scenario in scenarios:
        try:
            library(scenario)
        except (ScenarioError, ModelErrors):
            continue


def _ignore_interrupts() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _work(scenario: Scenario, options: Options) -> Checked | None:
    """Check in a process of the pool; None if an interrupt came before the search had begun."""
    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        return _check(scenario, options)
    except KeyboardInterrupt:
        return None
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
