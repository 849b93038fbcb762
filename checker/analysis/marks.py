"""Places of the source that a search can tell of: steps, both ways of branches, assertions, each marked by a note."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum

from shootdown.model.ir.source import NOWHERE, Span
from shootdown.model.ir.stmt import Assert, Block, If, Note, Stmt
from shootdown.model.ir.system import Step, System


class Kind(Enum):
    """What is marked; the value is what reports call it."""

    OPERATION = "operation"
    STEP = "step"
    BRANCH = "branch"
    ASSERTION = "assertion"
    MECHANISM = "mechanism"
    PROPERTY = "property"


@dataclass(frozen=True, slots=True)
class Mark:
    """A place of the source and what may be exercised there, in words."""

    kind: Kind
    where: Span
    what: str

    @property
    def note(self) -> str:
        """The text that stands for it in a system; no text of a model has such a character."""
        return f"\x1f{self.kind.value} {self.where} {self.what}"


def step_mark(step: Step) -> Mark:
    """The mark of a step, wherever it is called from."""
    operation = step.calls[-1].operation if step.calls else step.starts or ""
    return Mark(Kind.STEP, step.where, f"{operation}: {step.label}")


def with_marks(system: System) -> tuple[System, tuple[Mark, ...]]:
    """The system with a note for each mark where it is exercised, and the marks."""
    marks: dict[Mark, None] = {}

    def note(mark: Mark) -> Note:
        marks[mark] = None
        return Note((mark.note,))

    def marked(block: Block) -> Block:
        return tuple(part for statement in block for part in parts(statement))

    def parts(statement: Stmt) -> Block:
        match statement:
            case Assert(name=name, where=where) if where != NOWHERE:
                return note(Mark(Kind.ASSERTION, where, name)), statement
            case If(where=where) if where != NOWHERE:
                then = note(Mark(Kind.BRANCH, where, "true")), *marked(statement.then)
                orelse = note(Mark(Kind.BRANCH, where, "false")), *marked(statement.orelse)
                return (replace(statement, then=then, orelse=orelse),)
            case If():
                return (replace(statement, then=marked(statement.then), orelse=marked(statement.orelse)),)
            case _:
                return (statement,)

    def step(found: Step) -> Step:
        return replace(found, block=(note(step_mark(found)), *marked(found.block)))

    processes = tuple(
        replace(process, steps=tuple(step(found) for found in process.steps)) for process in system.processes
    )
    return replace(system, processes=processes), tuple(marks)
