"""The tables of docs/model.md are what the model files say."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path

import pytest
from commands import ROOT
from generated import Row, shown, table

from shootdown.model.ir.source import Span
from shootdown.model.language import Function, Model, read_model
from shootdown.model.language.tree import Atomic, Body, Call, CallSteps, EachDevice, For, If, Label, Stmt, While
from shootdown.model.language.walk import expressions, own

PAGE = ROOT / "docs" / "model.md"
KERNEL = ROOT / "model" / "kernel"
PROPERTIES = ROOT / "properties"


@lru_cache
def kernel() -> Model:
    """The bundled kernel, with its devices and properties."""
    return read_model(sorted([*KERNEL.rglob("*.py"), *PROPERTIES.glob("*.py")]))


def ordered() -> list[Function]:
    """The operations by file and line."""
    return sorted(kernel().operations.values(), key=lambda item: (item.where.path, item.where.line))


def file_of(function: Function) -> str:
    """The model file, below the kernel's folder."""
    return "/".join(Path(function.where.path).parts[-2:])


class Reasons:
    """Collects the reasons of an operation's steps, in program order, those that its helpers give included."""

    def __init__(self, function: Function) -> None:
        self.step = function.name
        self.rows: list[Row] = []
        self.places: set[Span] = set()
        if function.options.atomic is not None:
            self.rows.append((function.name, "every step", function.options.atomic))
        self._walk(function.name, function.body)

    def _walk(self, operation: str, body: Body) -> None:
        for statement in body:
            self._helpers(operation, statement)
            match statement:
                case Label(text=text):
                    self.step = text
                case Atomic(where=where, reason=reason):
                    self.places.add(where)
                    self.rows.append((operation, self.step, reason))
                case CallSteps(function=function) | EachDevice(slot=function):
                    self.step = f"after {function.name}"
                case If(then=then, other=other):
                    self._branches(operation, then, other)
                case While(body=inner) | For(body=inner):
                    self._walk(operation, inner)
                case _:
                    pass

    def _helpers(self, operation: str, statement: Stmt) -> None:
        for node in (part for whole in own(statement) for part in expressions(whole)):
            if isinstance(node, Call):
                self._walk(operation, node.function.body)

    def _branches(self, operation: str, *branches: Body) -> None:
        before = self.step
        for branch in branches:
            self.step = before
            self._walk(operation, branch)


def reasons() -> Iterator[Row]:
    """Operation, step and reason of every step that is coarser than one access."""
    for function in ordered():
        yield from dict.fromkeys(Reasons(function).rows)


def operations() -> Iterator[Row]:
    """File, operation, litmus line, source and evidence of every operation."""
    for item in ordered():
        line = item.litmus or (f"unit {item.options.unit}" if item.options.unit else "")
        yield file_of(item), item.name, line, item.options.source, item.options.seen


def mechanisms() -> Iterator[Row]:
    """Name, meaning, origin and evidence of every mechanism."""
    for item in kernel().mechanisms.values():
        yield item.name, item.meaning, " ".join((item.since, item.commit)).strip(), item.evidence


TABLES: dict[str, tuple[Row, Callable[[], Iterator[Row]]]] = {
    "operations": (("file", "operation", "line", "source", "seen"), operations),
    "mechanisms": (("mechanism", "meaning", "since", "evidence"), mechanisms),
    "reasons": (("operation", "step", "why one step"), reasons),
}


@pytest.mark.parametrize("name", TABLES)
def test_the_table_is_what_the_model_says(name: str, request: pytest.FixtureRequest) -> None:
    head, rows = TABLES[name]
    made = table(head, rows())

    assert shown(PAGE, name, made, request) == made


def test_every_reason_in_the_files_is_in_the_table() -> None:
    written = sum(path.read_text(encoding="utf-8").count("    atomic(") for path in KERNEL.rglob("*.py"))
    collected = set[Span]().union(*(Reasons(function).places for function in ordered()))

    assert len(collected) == written > 50


@pytest.mark.parametrize(
    ("operation", "step"),
    [("tlb_fill", "tlb_fill"), ("wp_page_copy", "copy_user_highpage"), ("copy_present_page", "set_pte_at")],
)
def test_a_step_is_in_the_table_if_it_is_coarse(operation: str, step: str) -> None:
    rows = {(row[0], row[1]) for row in reasons()}

    assert ((operation, step) in rows) == (step != "set_pte_at")


def test_the_page_names_every_device_type_and_preset() -> None:
    text = PAGE.read_text(encoding="utf-8")
    presets = [line.strip('[]"') for line in (KERNEL / "designs.toml").read_text().splitlines() if line[:1] == "["]

    assert [name for name in [*kernel().device_types, *presets] if f"`{name}`" not in text] == []
