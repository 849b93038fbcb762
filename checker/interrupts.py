"""Interrupts that come as something else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def plain_interrupts() -> Iterator[None]:
    """Let an interrupt be a `KeyboardInterrupt`.

    While ctypes converts an argument, as in every call of Z3, it makes an `ArgumentError` of any exception, with the
    name of the exception in its text and nothing else left of it.
    """
    try:
        yield
    except Exception as error:
        # By its name: most runs never load ctypes.
        if type(error).__name__ == "ArgumentError" and KeyboardInterrupt.__name__ in str(error):
            raise KeyboardInterrupt from None
        raise
