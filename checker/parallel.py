"""Many scenarios at once, a process for each core; results in the order asked for."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool

from shootdown.model.language.errors import ModelErrors

from .check import Options, check_scenario
from .record import Checked, Run
from .scenario import Scenario, ScenarioError
from .scenario.models import library
from .vacuity import compare_twins
from .verdict import BAD_INPUT

Done = Callable[[Checked | None], None]
"""Called in this process with each check that has finished, and about once a second with None while others run."""


def check_all(
    scenarios: Sequence[Scenario], options: Options, jobs: int | None = None, done: Done | None = None
) -> Run:
    """Check scenarios, at most `jobs` at a time (None: as many as there are cores).

    An interrupt ends what runs with what it has covered, and starts nothing more.
    """
    started = time.monotonic()
    tell = done or (lambda checked: None)
    count = min(jobs or cores(), len(scenarios))
    if count > 1:
        results, interrupted = _in_processes(scenarios, options, count, tell)
    else:
        results, interrupted = _here(scenarios, options, tell)
    missed = tuple(scenario.name for position, scenario in enumerate(scenarios) if position not in results)
    checked = compare_twins([results[position] for position in sorted(results)])
    stopped = interrupted or any(each.stopped == "interrupted" for each in checked)
    return Run(checked, time.monotonic() - started, stopped, missed)


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


Results = dict[int, Checked]


def _here(scenarios: Sequence[Scenario], options: Options, tell: Done) -> tuple[Results, bool]:
    results: Results = {}
    try:
        for position, scenario in enumerate(scenarios):
            results[position] = check_scenario(scenario, options)
            tell(results[position])
            if results[position].stopped == "interrupted":
                return results, True
    except KeyboardInterrupt:
        return results, True
    return results, False


def _in_processes(scenarios: Sequence[Scenario], options: Options, jobs: int, tell: Done) -> tuple[Results, bool]:
    _read_models(scenarios)
    results: Results = {}
    context = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(jobs, context, initializer=_ignore_interrupts) as pool:
        futures = {pool.submit(_work, scenario, options): position for position, scenario in enumerate(scenarios)}
        try:
            _collect(futures, results, tell)
        except BrokenProcessPool:
            pool.shutdown(wait=False, cancel_futures=True)
            return _one_by_one(scenarios, options, results, tell)
        except KeyboardInterrupt:
            pool.shutdown(wait=True, cancel_futures=True)
            _collect({future: at for future, at in futures.items() if not future.cancelled()}, results, tell)
            return results, True
    return results, False


def _one_by_one(scenarios: Sequence[Scenario], options: Options, results: Results, tell: Done) -> tuple[Results, bool]:
    """Check what a pool has left behind that lost a process, each scenario in a process of its own.

    So a search that kills its process (out of memory, a crash in native code) costs its own scenario only.
    """
    context = multiprocessing.get_context("fork")
    for position, scenario in enumerate(scenarios):
        if position in results:
            continue
        with ProcessPoolExecutor(1, context, initializer=_ignore_interrupts) as pool:
            try:
                _collect({pool.submit(_work, scenario, options): position}, results, tell)
            except BrokenProcessPool:
                results[position] = _died(scenario)
            except KeyboardInterrupt:
                return results, True
    return results, False


def _died(scenario: Scenario) -> Checked:
    said = f"{scenario.name}: its process died: out of memory (set --max-memory), or a defect of shootdown"
    return Checked(scenario.name, scenario.shown_path, scenario.tables.title, error=said, exit_code=BAD_INPUT)


def _collect(futures: dict[Future[Checked | None], int], results: Results, tell: Done) -> None:
    waiting = set(futures)
    while waiting:
        finished, waiting = wait(waiting, timeout=1.0, return_when=FIRST_COMPLETED)
        for future in finished:
            checked = future.result()
            if checked is not None and futures[future] not in results:
                results[futures[future]] = checked
                tell(checked)
        tell(None)


def _read_models(scenarios: Sequence[Scenario]) -> None:
    """Read every model before the processes part, so that each is read once; mistakes are told where they belong."""
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
        return check_scenario(scenario, options)
    except KeyboardInterrupt:
        return None
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
