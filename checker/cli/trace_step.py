from ..replaying import Replayed
from ..trace.trace import Trace


def step_through(again: Replayed, trace: Trace) -> None: ...
