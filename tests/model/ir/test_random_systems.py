"""The random systems are worth testing with: together they use the whole IR and end in every way."""

from __future__ import annotations

from collections import Counter
from random import Random

from hypothesis import HealthCheck, given, settings
from random_systems import random_system, systems
from reference_search import search

from shootdown.model.ir import expr, stmt
from shootdown.model.ir.expr import Fold, FoldKind, Op, Operator
from shootdown.model.ir.stmt import Choose
from shootdown.model.ir.system import PropertyKind, System
from shootdown.model.ir.verify import verify
from shootdown.model.ir.walk import block_expressions, statements

SYSTEMS = [random_system(Random(seed)) for seed in range(60)]


def test_every_statement_expression_operator_and_property_kind_occurs() -> None:
    found: Counter[object] = Counter()
    for system in SYSTEMS:
        found.update(prop.kind for prop in system.properties)
        for block in (step.block for process in system.processes for step in process.steps):
            for statement in statements(block):
                found[type(statement)] += 1
                found["blocking" if isinstance(statement, Choose) and statement.blocking else "other"] += 1
            for part in block_expressions(block):
                found[type(part)] += 1
                found[part.operator if isinstance(part, Op) else part.kind if isinstance(part, Fold) else None] += 1
    nodes = [*expr.Expr.__args__, *stmt.Stmt.__args__]
    wanted = [*nodes, *Operator, *FoldKind, *PropertyKind, "blocking"]
    assert [item for item in wanted if not found[item]] == []


def test_searches_end_in_every_way() -> None:
    ends: Counter[str] = Counter()
    for system in SYSTEMS:
        result = search(system, max_states=300)
        ends["problem"] += result.problem is not None
        ends["exhausted"] += result.exhausted
        ends["large"] += result.states > 50
        ends.update(name for name, depth in result.depths.items() if depth > 1)
    assert all(ends[name] for name in ("problem", "exhausted", "large", "always", "claim", "seen", "no_deadlock")), ends


def test_without_problems_no_transition_ends_in_one() -> None:
    for seed in range(10):
        assert search(random_system(Random(seed), problems=False), max_states=300).problem is None


def test_a_seed_determines_the_system() -> None:
    assert repr(random_system(Random(11))) == repr(random_system(Random(11)))


@given(systems())
@settings(max_examples=5, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_hypothesis_can_draw_them_element_by_element(system: System) -> None:
    verify(system)
