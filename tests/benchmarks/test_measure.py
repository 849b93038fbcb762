"""What benchmarks say of programs that they run."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import TextIO

import measure
import pytest
from measure import Failed, Measurement, counted, usage
from plots import plot
from shelf import Shelf
from spin import build_spin

MEGABYTE = 2**20


def test_the_memory_of_a_program_is_its_own() -> None:
    ours = bytearray(200 * MEGABYTE)
    small = usage([sys.executable, "-S", "-c", "pass"])
    large = usage([sys.executable, "-S", "-c", f"bytearray({100 * MEGABYTE})"])
    assert small.memory < 100 * MEGABYTE <= large.memory < len(ours)


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("print('nothing'); raise SystemExit('no luck')", r"failed with exit code 1; its last lines:\n    no luck"),
        ("print('in vain'); raise SystemExit(3)", r"failed with exit code 3; its last lines:\n    in vain"),
        ("raise SystemExit(3)", "failed with exit code 3"),
        ("import os; os.abort()", "ended by SIGABRT"),
        ("print(*range(30), sep='\\n'); raise SystemExit(3)", r"last lines:\n    25\n    26\n    27\n    28\n    29"),
    ],
)
def test_a_program_that_fails_is_told(program: str, said: str) -> None:
    with pytest.raises(Failed, match=f"^python[^:]* -S -c .*{said}$"):
        usage([sys.executable, "-S", "-c", program])


def test_a_program_that_is_not_there_is_told() -> None:
    with pytest.raises(Failed, match=r"(?s)^no-such-program x: .*cannot be started: No such file"):
        usage(["no-such-program", "x"])


def test_a_program_that_succeeds_is_read() -> None:
    used = usage([sys.executable, "-S", "-c", "print(7)"])
    assert used.output == "7\n"
    assert counted(r"(\d+)", used) == 7
    with pytest.raises(Failed, match=r"(?s)no \(\\d\+\) states .*    7$"):
        counted(r"(\d+) states", used)


def test_no_program_outlives_an_interrupt(tmp_path: Path) -> None:
    """The interrupt comes to the process that measures alone; the program holds a lock as long as it runs."""
    lock, ready = tmp_path / "lock", tmp_path / "ready"
    sleeps = "import fcntl, sys, time; file = open(sys.argv[1], 'w'); fcntl.flock(file, fcntl.LOCK_EX); "
    sleeps += "open(sys.argv[2], 'w').close(); time.sleep(600)"
    measures = "import sys; from measure import usage; usage([sys.executable, '-S', '-c', *sys.argv[1:]])"
    command = [sys.executable, "-c", measures, sleeps, str(lock), str(ready)]
    with subprocess.Popen(command, cwd=Path(measure.__file__).parent, stderr=subprocess.DEVNULL) as process:
        _wait_for(ready.exists)
        process.send_signal(signal.SIGINT)
    with lock.open() as file:
        _wait_for(lambda: _free(file))


def _wait_for(done: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not done():
        assert time.monotonic() < end
        time.sleep(0.02)


def _free(file: TextIO) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def test_a_peer_that_fails_says_why_and_leaves_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    program, shelf = tmp_path / "bin" / "spin", tmp_path / "shelf"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\necho 'model.pml:3, Error: syntax error' >&2\nexit 3\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    with pytest.raises(Failed, match=r"(?s)^spin -o1 .* failed with exit code 3; .*:3, Error: syntax error$"):
        build_spin("", "", Shelf(shelf), 10)
    assert list(shelf.iterdir()) == []


def test_one_thread_is_measured_by_processor_time_and_several_by_the_clock() -> None:
    one = Measurement("ours", states=10, transitions=100, seconds=4.0, processor=2.0, memory=80)
    two = Measurement("ours", states=10, transitions=100, seconds=4.0, processor=8.0, memory=80, threads=2)
    assert (one.rate, two.rate, one.states_rate) == (50, 25, 5)


def test_memory_is_what_a_search_adds_to_an_empty_run() -> None:
    some = Measurement("ours", states=10, transitions=100, seconds=4.0, processor=2.0, memory=380, empty=300)
    none = Measurement("ours", states=10, transitions=100, seconds=4.0, processor=2.0, memory=380, empty=400)
    assert (some.bytes_per_state, none.bytes_per_state) == (8, 0)


def test_a_plot_has_larger_values_further_right_and_up() -> None:
    text = plot("title", "x", "y", {"line": [(10, 1), (100, 10), (1000, 100)]})
    points = [part.split('"') for part in text.split("<circle ") if "cx" in part][:3]
    places = [(float(part[1]), float(part[3])) for part in points]
    assert all(a[0] < b[0] and a[1] > b[1] for a, b in pairwise(places))
