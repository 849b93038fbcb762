"""Where an expression or statement is checked: its file, its function, and what is known of the locals there."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import TYPE_CHECKING

from .errors import Code
from .model import Function
from .scope import Module
from .sorts import ValueSort
from .source import Refusal

if TYPE_CHECKING:
    from .declarations import Reader


class Mode(IntEnum):
    """What may stand where the expression stands, from the most liberal on."""

    STATEMENT = 0
    """Anything."""
    PURE = 1
    """No effects: quantifiers, `where=`, behind `and` and `or`, expression helpers."""
    PROPERTY = 2
    """Nothing that might go wrong either."""
    CONSTANT = 3
    """No state and no locals."""


@dataclass(frozen=True)
class Flow:
    """What is known at a place of a function: locals that have a value, optionals that are not None."""

    assigned: frozenset[str] = frozenset()
    some: frozenset[str] = frozenset()

    def join(self, other: Flow) -> Flow:
        """What is known on both of two ways."""
        return Flow(self.assigned & other.assigned, self.some & other.some)


@dataclass
class Context:
    """The surroundings of what is being checked."""

    reader: Reader
    module: Module
    function: Function | None
    mode: Mode
    flow: Flow = Flow()
    sorts: dict[str, ValueSort] = field(default_factory=dict)
    """Sorts of parameters, locals and loop variables met so far."""
    unknown: set[str] = field(default_factory=set)
    """Locals whose assignment was refused."""
    locals: dict[str, int] = field(default_factory=dict)
    """How often each local is assigned in the function."""
    bound: dict[str, ValueSort] = field(default_factory=dict)
    """Variables of enclosing generators and `where=`."""
    lines: dict[str, list[int]] = field(default_factory=dict)
    """Lines that assign each local."""
    owner: str | None = None
    """The struct, in its methods."""
    where: bool = False
    """Inside a `where=`."""

    def refusal(self, code: Code, node: ast.AST, message: str, help: str = "", *notes: str) -> Refusal:
        """A refusal at a node of this file."""
        return self.module.source.refusal(code, node, message, help, *notes)

    @contextmanager
    def within(self, mode: Mode, **bound: ValueSort) -> Iterator[None]:
        """Check inner expressions under a stricter mode, with more bound variables."""
        before = self.mode, self.bound
        self.mode = max(self.mode, mode)
        self.bound = {**self.bound, **bound}
        try:
            yield
        finally:
            self.mode, self.bound = before

    @contextmanager
    def knowing(self, some: frozenset[str]) -> Iterator[None]:
        """Check inner expressions where these optionals are not None."""
        before = self.flow
        self.flow = replace(before, some=before.some | some)
        try:
            yield
        finally:
            self.flow = before


def constant(reader: Reader, module: Module) -> Context:
    """The surroundings of a constant expression."""
    return Context(reader, module, None, Mode.CONSTANT)
