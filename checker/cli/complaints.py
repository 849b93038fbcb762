"""What a user is told of the errors that are not the checker's fault."""

from __future__ import annotations

import errno

from shootdown.model.language.errors import ModelErrors, RequestError

from ..baseline import BaselineError
from ..exporters.refuse import Inexpressible
from ..scenario import ScenarioError
from ..trace.json import TraceFileError
from ..trace.replay import ReplayError


def complaint(error: Exception) -> str | None:
    """The message for a user's mistake, or for a machine that has run out of something; None for a defect."""
    match error:
        case ModelErrors():
            return str(error)
        case BaselineError() | Inexpressible() | ScenarioError() | RequestError() | TraceFileError() | ReplayError():
            return f"error: {error}"
        case MemoryError():
            return "error: out of memory: set --max-memory or --max-states, or make the world smaller"
        case OSError():
            where = f"{error.filename}: " if error.filename else _unnamed(error)
            return f"error: {where}{error.strerror or error}"
        case _:
            return None


def _unnamed(error: OSError) -> str:
    """What an error without a file's name is about: a write to standard output, if it says that a disk is full."""
    return "standard output: " if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO) else ""
