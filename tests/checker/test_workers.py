"""Processes that share out tasks."""

from __future__ import annotations

import os
import signal
import time

import pytest

from shootdown.checker.workers import Lost, Workers


def results(count: int, kinds: dict[int, str]) -> dict[int, int]:
    """The process that did each task."""
    found: dict[int, int] = {}

    def done(task: int, result: int | Lost | None) -> None:
        assert isinstance(result, int)
        found[task] = result

    def work(task: int) -> int:
        time.sleep(0.05)
        return os.getpid()

    Workers(count, work, done, lambda: None).run(kinds)
    return found


def test_every_task_is_done_in_another_process() -> None:
    found = results(3, dict.fromkeys(range(7), "a"))
    assert sorted(found) == list(range(7))
    assert os.getpid() not in found.values()
    assert len(set(found.values())) <= 3


def test_tasks_of_a_kind_stay_with_a_process_that_has_begun_it() -> None:
    found = results(2, {task: "ab"[task % 2] for task in range(8)})
    assert len({found[task] for task in (0, 2, 4)}) == 1
    assert len({found[task] for task in (1, 3, 5)}) == 1
    assert found[0] != found[1]


def test_an_idle_process_helps_with_the_kind_of_which_most_is_left() -> None:
    found = results(2, {0: "short", **dict.fromkeys(range(1, 8), "long")})
    assert len(set(found.values())) == 2
    assert found[0] in {found[task] for task in range(1, 8)}


def test_the_kind_with_most_tasks_is_begun_first() -> None:
    assert list(results(1, {0: "few", 1: "many", 2: "many"})) == [1, 2, 0]


def test_a_process_that_dies_costs_its_task_only() -> None:
    found: dict[int, str | Lost | None] = {}

    def work(task: int) -> str:
        if task == 1:
            os._exit(9)
        return "fine"

    Workers(2, work, found.__setitem__, lambda: None).run(dict.fromkeys(range(4), "a"))
    assert isinstance(found.pop(1), Lost)
    assert found == dict.fromkeys((0, 2, 3), "fine")


def test_what_a_task_raises_is_raised_with_the_place_where_it_was() -> None:
    def work(task: int) -> int:
        raise ValueError("no such thing")

    with pytest.raises(ValueError, match="no such thing") as caught:
        Workers(2, work, lambda task, result: None, lambda: None).run({0: "a", 1: "a"})
    assert "in work" in "".join(caught.value.__notes__)


def test_an_interrupt_lets_end_what_runs_and_begins_nothing() -> None:
    found: dict[int, str | Lost | None] = {}

    def work(task: int) -> str:
        os.kill(os.getppid(), signal.SIGINT)
        time.sleep(0.2)
        return "ended"

    with pytest.raises(KeyboardInterrupt):
        Workers(1, work, found.__setitem__, lambda: None).run(dict.fromkeys(range(3), "a"))
    assert found == {0: "ended"}
