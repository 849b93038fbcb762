"""What expressions and statements read."""

from __future__ import annotations

from random import Random

import pytest
from random_systems import random_system

from shootdown.model.ir.expr import Load, Local, Param, Rigid, Temp
from shootdown.model.ir.parse import parse_expr
from shootdown.model.ir.reads import NOTHING, block_reads, reads, statement_reads
from shootdown.model.ir.simplify import simplify
from shootdown.model.ir.walk import Rewriter, block_expressions, statements


@pytest.mark.parametrize("seed", range(20))
def test_a_block_reads_what_its_expressions_name(seed: int) -> None:
    for process in random_system(Random(seed)).processes:
        for step in process.steps:
            parts = list(block_expressions(step.block))
            found = block_reads(step.block)
            assert found.arrays == {part.array for part in parts if isinstance(part, Load)}
            assert found.locals == {part.slot for part in parts if isinstance(part, Local)}
            assert found.temps == {part.slot for part in parts if isinstance(part, Temp)}
            assert found.mechanisms == {part.mechanism for part in parts if isinstance(part, Rigid)}
            assert found.params == {part.slot for part in parts if isinstance(part, Param)}
            assert found.simple == all(Rewriter(simplify)(part) is part for part in parts)
            together = NOTHING
            for statement in statements(step.block):
                together |= statement_reads(statement)
            assert together == found


def test_reads_of_a_constant_are_nothing_and_are_kept_apart_from_others() -> None:
    constant, load = parse_expr("3"), parse_expr("(+ (load a $1) (way notify))")
    assert reads(constant) is NOTHING
    assert reads(load).arrays == {"a"}
    assert reads(load).locals == {1}
    assert reads(load).mechanisms == {"notify"}
    assert reads(load) is reads(load)
    assert reads(parse_expr("(load b)")).arrays == {"b"}


@pytest.mark.parametrize(("text", "simple"), [("(+ 1 2)", False), ("(all (i 2 2) (load a (bound i)))", False)])
def test_what_can_be_computed_is_not_simple(text: str, simple: bool) -> None:
    assert reads(parse_expr(text)).simple is simple
