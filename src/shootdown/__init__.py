"""shootdown: a model checker for memory-mapping invariants."""

__version__ = "0.1.0"
