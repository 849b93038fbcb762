"""Places in source files."""

from __future__ import annotations

from .immutable import immutable


@immutable
class Span:
    """A stretch of a source file; lines and columns count from 1, the end column is exclusive."""

    path: str
    line: int
    column: int
    end_line: int
    end_column: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}"


NOWHERE = Span("<none>", 0, 0, 0, 0)
