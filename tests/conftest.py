"""Options of the test suite."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that rewrites expected texts."""
    parser.addoption("--update-golden", action="store_true", help="rewrite the expected texts of golden tests")
