"""What a scenario rests on that nobody has read in the code that it models."""

from __future__ import annotations

from collections.abc import Iterator, Set

from shootdown.model.ir.expr import Rigid
from shootdown.model.ir.system import System
from shootdown.model.ir.walk import expressions, statements, subexpressions

from ..analysis.pipeline import reduce_system
from ..scenario.request import Built

KINDS = (("recalled", "recalled, not read"), ("inferred", "inferred, not read"))
"""Kinds of evidence that are less than reading, and how they are told."""


def weak_facts(built: Built) -> list[str]:
    """Mechanisms and operations of the scenario's steps whose facts were not read; one text of each kind."""
    texts = []
    operations = set(_operations(reduce_system(built.system)))
    mechanisms = set(_mechanisms(built.system, operations))
    for kind, told in KINDS:
        asked = sorted(name for name in mechanisms if built.model.mechanisms[name].evidence == kind)
        run = sorted(
            name
            for name in operations
            if name in built.model.operations and built.model.operations[name].options.seen == kind
        )
        texts += [f"mechanisms {told}: {', '.join(asked)}"] if asked else []
        texts += [f"operations {told}: {', '.join(run)}"] if run else []
    return texts


def _operations(system: System) -> Iterator[str]:
    for process in system.processes:
        for step in process.steps:
            yield from (call.operation for call in step.calls)


def _mechanisms(system: System, operations: Set[str]) -> Iterator[str]:
    """Those that steps of the operations ask for."""
    for process in system.processes:
        for step in process.steps:
            if all(call.operation in operations for call in step.calls):
                for statement in statements(step.block):
                    for part in subexpressions(*expressions(statement)):
                        if isinstance(part, Rigid):
                            yield part.mechanism
