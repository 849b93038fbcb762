"""Where this program keeps what it can make again."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path


def cache_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """The user's cache folder of this program, whether or not it exists."""
    base = environment.get("XDG_CACHE_HOME")
    return Path(base or Path(environment.get("HOME", tempfile.gettempdir())) / ".cache") / "shootdown"


def verdict_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """The part of it that holds verdicts."""
    return cache_folder(environment) / "verdicts"
