"""The native explorer: packed states, a register machine in C, and C emitted for long searches."""

from .build import NoCompiler as NoCompiler
from .emit import emit_c as emit_c
from .engine import ExplicitEngine as ExplicitEngine
from .engine import Tier as Tier
from .specialise import Unsupported as Unsupported
