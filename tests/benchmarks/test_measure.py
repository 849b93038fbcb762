"""What benchmarks say of programs that they run."""

from __future__ import annotations

import subprocess
import sys
from itertools import pairwise

import pytest
from measure import Measurement, usage
from plots import plot

MEGABYTE = 2**20


def test_the_memory_of_a_program_is_its_own() -> None:
    ours = bytearray(200 * MEGABYTE)
    small = usage([sys.executable, "-S", "-c", "pass"])
    large = usage([sys.executable, "-S", "-c", f"bytearray({100 * MEGABYTE})"])
    assert small.memory < 100 * MEGABYTE <= large.memory < len(ours)


def test_a_program_that_fails_is_told() -> None:
    with pytest.raises(subprocess.CalledProcessError):
        usage([sys.executable, "-S", "-c", "raise SystemExit(3)"])
    assert usage([sys.executable, "-S", "-c", "print(7)"]).output == "7\n"


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
