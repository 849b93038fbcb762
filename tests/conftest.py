"""Options of the test suite."""

from __future__ import annotations

import gc
import os
import signal

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that rewrites expected texts."""
    parser.addoption("--update-golden", action="store_true", help="rewrite the expected texts of golden tests")


def pytest_configure(config: pytest.Config) -> None:
    """Decide every verdict anew, also in processes that tests start; what tests the cache switches it on.

    Shells let what they start in the background ignore interrupts, and so would processes that tests interrupt.
    """
    # As in the command; one process of the suite lives through many systems.
    gc.set_threshold(50_000, 20, 20)
    os.environ["SHOOTDOWN_NO_CACHE"] = "1"
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
