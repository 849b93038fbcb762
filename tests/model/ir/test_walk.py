"""Traversal and rewriting."""

from __future__ import annotations

from random import Random

import pytest
from random_systems import random_system

from shootdown.model.ir.expr import Bound, Const, Expr, Load, Local, Op, Operator
from shootdown.model.ir.parse import parse_expr, parse_statement
from shootdown.model.ir.reads import reads
from shootdown.model.ir.stmt import Goto
from shootdown.model.ir.walk import (
    Rewriter,
    block_expressions,
    ends,
    gotos,
    loads,
    rewrite_block,
    rewrite_blocks,
    rewrite_statement,
    statements,
    subexpressions,
    with_children,
)

DEPTH = 20_000


def deep(leaf: Expr) -> Expr:
    expr = leaf
    for _ in range(DEPTH):
        expr = Op(Operator.NOT, (expr,))
    return expr


def test_subexpressions_come_parents_first_in_evaluation_order() -> None:
    expr = parse_expr("(+ (load a $0) (sum (i 0 2) ?i))")
    assert [type(part).__name__ for part in subexpressions(expr)] == ["Op", "Load", "Local", "Fold", "Bound"]


def test_a_shared_object_is_visited_and_rewritten_once() -> None:
    shared = Op(Operator.ADD, (Const(1), Const(2)))
    expr = Op(Operator.MUL, (shared, shared))
    visited: list[Expr] = []

    def rule(part: Expr) -> Expr:
        visited.append(part)
        return Const(7) if part == Const(1) else part

    new = Rewriter(rule)(expr)
    assert len(list(subexpressions(expr))) == 4
    assert len(visited) == 4
    assert isinstance(new, Op)
    assert new.args[0] is new.args[1]


def test_shared_expressions_of_exponential_size_are_no_trouble() -> None:
    expr: Expr = Local(0)
    for _ in range(200):
        expr = Op(Operator.ADD, (expr, expr))
    assert len(list(subexpressions(expr))) == 201
    new = Rewriter(lambda part: Local(1) if isinstance(part, Local) else part)(expr)
    assert reads(new).locals == {1}


def test_depth_is_not_limited_by_the_stack() -> None:
    expr = deep(Load("a"))
    assert loads([expr]) == {"a"}
    new = Rewriter(lambda part: Load("b") if isinstance(part, Load) else part)(expr)
    assert loads([new]) == {"b"}


def test_rewriting_nothing_gives_the_very_object() -> None:
    expr = parse_expr("(and (= (load a $0) 1) (all (i 0 2) (< ?i %0)))")
    assert Rewriter(lambda part: part)(expr) is expr


def test_a_leaf_takes_no_children() -> None:
    with pytest.raises(ValueError, match="has no children"):
        with_children(Const(1), (Const(2),))


def test_statements_come_in_program_order_with_their_branches() -> None:
    block = (parse_statement("(if $0 (then (wait 1) (goto 1)) (else (goto 2)))"), Goto(3))
    assert [type(item).__name__ for item in statements(block)] == ["If", "Wait", "Goto", "Goto", "Goto"]
    assert [goto.point for goto in gotos(block)] == [1, 2, 3]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("(goto 1)", True),
        ("(if $0 (then (goto 1)) (else (goto 2)))", True),
        ("(if $0 (then (goto 1)))", False),
        ("(if $0 (then (goto 1)) (else (wait 1)))", False),
        ("(wait 1)", False),
    ],
)
def test_a_block_ends_if_every_path_has_a_goto(text: str, expected: bool) -> None:
    assert ends((parse_statement(text),)) is expected


@pytest.mark.parametrize(
    "text",
    [
        "(set (cell a {}) {})",
        "(set $1 {})",
        "(if {} (then (wait {})) (else (set %0 {})))",
        "(wait {})",
        "(pick $1 0 1 {})",
        "(check {} model_error no)",
        "(assert p {})",
        '(note "x" (shown V {} 3))',
        "(goto 1)",
    ],
)
def test_every_expression_of_a_statement_is_found_and_rewritten(text: str) -> None:
    old, new = parse_statement(text.replace("{}", "(load old)")), parse_statement(text.replace("{}", "(load new)"))
    found = [part for part in block_expressions((old,)) if part == Load("old")]
    assert len(found) == text.count("{}")
    rewriter = Rewriter(lambda part: Load("new") if part == Load("old") else part)
    assert rewrite_statement(old, rewriter) == new


def test_rewriting_blocks_reaches_every_step() -> None:
    system = random_system(Random(5))
    rewriter = Rewriter(lambda part: Bound(part.array) if isinstance(part, Load) else part)
    changed = rewrite_blocks(system, lambda block: rewrite_block(block, rewriter))
    exprs = [part for item in changed.processes for step in item.steps for part in block_expressions(step.block)]
    assert exprs
    assert not loads(exprs)
    assert len(changed.processes) == len(system.processes)
