"""Readers of our formats that others have written: a report is right if they understand it."""

from __future__ import annotations

import importlib
import os
from typing import Any

import pytest


def consumer(name: str) -> Any:
    """The module of a development dependency; where it is not installed the test is skipped, but not in CI."""
    if os.environ.get("CI"):
        return importlib.import_module(name)
    return pytest.importorskip(name)
