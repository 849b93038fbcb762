"""Processes that share out numbered tasks. Each goes on with tasks of the kind that it has begun, while there are any.

A task of the same kind costs less where the last one was done: what that has worked out is still at hand.
"""

from __future__ import annotations

import multiprocessing
import signal
import traceback
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from types import FrameType
from typing import Generic, TypeVar

from .interrupts import plain_interrupts

T = TypeVar("T")

_FORK = multiprocessing.get_context("fork")


class Lost(Exception):
    """The process of a task died before the task was done."""


@dataclass(eq=False)
class _Worker:
    """A process, and the task that it has."""

    process: BaseProcess
    connection: Connection
    task: int | None = None
    kind: Hashable = None


@dataclass(eq=False)
class Workers(Generic[T]):
    """Up to `count` processes.

    `work` does one task, in a process of its own that has all that this one had when it began. `done` gets what came of
    it here: its result, `Lost`, or None for a task that an interrupt came before. `tick` is called about once a second.
    """

    count: int
    work: Callable[[int], T]
    done: Callable[[int, T | Lost | None], None]
    tick: Callable[[], None]
    _waiting: dict[Hashable, list[int]] = field(default_factory=dict)
    _workers: list[_Worker] = field(default_factory=list)

    def run(self, kinds: Mapping[int, Hashable]) -> None:
        """Do all tasks; `kinds` says of which kind each is.

        After an interrupt nothing is begun, and `KeyboardInterrupt` raised when what runs has ended. What `work` raises
        is raised here.
        """
        for task, kind in kinds.items():
            self._waiting.setdefault(kind, []).append(task)
        try:
            self._workers = [self._started() for _ in range(min(self.count, len(kinds)))]
            self._work_through()
        except KeyboardInterrupt:
            self._waiting.clear()
            self._work_through()
            raise
        finally:
            for worker in self._workers:
                worker.connection.close()
                if worker.task is not None:
                    worker.process.kill()
            for worker in self._workers:
                worker.process.join()

    def _work_through(self) -> None:
        while True:
            for worker in self._workers:
                if worker.task is None:
                    self._give(worker)
            busy = {worker.connection: worker for worker in self._workers if worker.task is not None}
            if not busy:
                return
            for connection in wait(list(busy), timeout=1.0):
                assert isinstance(connection, Connection)
                self._receive(busy[connection])
            self.tick()

    def _give(self, worker: _Worker) -> None:
        """Give a process its next task: of its kind, else of one that is not begun, else of one that is; of those the
        one with most left, so that what comes last is soon done."""
        begun = {other.kind for other in self._workers}
        fresh = [kind for kind in self._waiting if kind not in begun]
        others = sorted(fresh or self._waiting, key=lambda each: -len(self._waiting[each]))
        kind = next((each for each in (worker.kind, *others) if each in self._waiting), None)
        if kind is None:
            return
        task = self._waiting[kind].pop(0)
        if not self._waiting[kind]:
            del self._waiting[kind]
        # Only what was sent is waited for, whenever an interrupt comes.
        worker.connection.send(task)
        worker.kind, worker.task = kind, task

    def _receive(self, worker: _Worker) -> None:
        task, worker.task = worker.task, None
        assert task is not None
        try:
            result = worker.connection.recv()
        except (EOFError, ConnectionResetError):
            self._replace(worker)
            self.done(task, Lost())
            return
        if isinstance(result, BaseException):
            raise result
        self.done(task, result)

    def _replace(self, worker: _Worker) -> None:
        worker.connection.close()
        worker.process.join()
        self._workers[self._workers.index(worker)] = self._started()

    def _started(self) -> _Worker:
        here, there = _FORK.Pipe()
        inherited = [worker.connection for worker in self._workers]
        process = _FORK.Process(target=_serve, args=(there, [*inherited, here], self.work), daemon=True)
        process.start()
        there.close()
        return _Worker(process, here)


def _serve(connection: Connection, others: list[Connection], work: Callable[[int], object]) -> None:
    """Do the tasks that come, until the other end is closed."""
    _listen(_ignore)
    for other in others:
        other.close()
    while True:
        try:
            task = connection.recv()
        except EOFError:
            return
        result = _result(work, task)
        try:
            connection.send(result)
        except (BrokenPipeError, ConnectionResetError):
            return


def _result(work: Callable[[int], object], task: int) -> object:
    """What a task comes to; None if an interrupt came before it had begun anything that ends by itself."""
    try:
        _listen(_interrupt)
        with plain_interrupts():
            return work(task)
    except KeyboardInterrupt:
        return None
    except Exception as error:
        error.add_note(traceback.format_exc())
        return error
    finally:
        _listen(_ignore)


def _listen(handler: Callable[[int, FrameType | None], None]) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, handler)


def _ignore(number: int, frame: FrameType | None) -> None:
    """Do nothing. `SIG_IGN` would do, but that it complains of a signal which came just before."""


def _interrupt(number: int, frame: FrameType | None) -> None:
    """End the task, once: whoever ends a run may tell its processes and their parent, which tells them again."""
    _listen(_ignore)
    raise KeyboardInterrupt
