"""Options of the test suite."""

from __future__ import annotations

import os

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that rewrites expected texts."""
    parser.addoption("--update-golden", action="store_true", help="rewrite the expected texts of golden tests")


def pytest_configure(config: pytest.Config) -> None:
    """Decide every verdict anew, also in processes that tests start; what tests the cache switches it on."""
    os.environ["SHOOTDOWN_NO_CACHE"] = "1"
