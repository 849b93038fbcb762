"""Which parts of a property are to blame."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from toy_systems import array, equal, op, system

from shootdown.checker.trace.blame import MOST_PARTS, Blamer
from shootdown.checker.trace.excerpt import Excerpts, ir_text
from shootdown.checker.trace.state_text import Describer
from shootdown.checker.trace.trace import Blame
from shootdown.model.ir.evaluate import Evaluator, Frame
from shootdown.model.ir.expr import FALSE, Bound, Const, Expr, Fold, FoldKind, Load, Op, Operator
from shootdown.model.ir.source import Span

WHOLE = system("blame", (array("pte", 2, 2, 2), array("refs", 3, 2)), (), ())
STATE = (0, 1, 2, 0, 3, 0)
"""pte = [[0, 1], [2, 0]], refs = [3, 0]"""


def blamer() -> Blamer:
    return Blamer(Evaluator(WHOLE), Describer(WHOLE), Excerpts())


def explain(expr: Expr) -> tuple[Blame, ...]:
    return blamer().explain(expr, Frame(list(STATE)))


def every(name: str, body: Expr, kind: FoldKind = FoldKind.ALL, *labels: str) -> Expr:
    return Fold(kind, name, 0, 1, body, labels)


def pte(mm: Expr, va: Expr) -> Expr:
    return Load("pte", (mm, va))


def refs(frame: int) -> Expr:
    return Load("refs", (Const(frame),))


MM, VA = Bound("mm"), Bound("va")


def test_all_names_the_values_for_which_it_fails() -> None:
    below = op(Operator.LT, pte(MM, VA), Const(2))
    (blame,) = explain(every("mm", every("va", below, FoldKind.ALL, "buf", "log"), FoldKind.ALL, "A", "B"))
    assert [(bound.name, bound.text) for bound in blame.bound] == [("mm", "B"), ("va", "buf")]
    assert (blame.text, blame.value) == ("(pte[mm, va] < 2)", False)
    assert [(cell.name, cell.text) for cell in blame.reads] == [("pte[pte1, pte0]", "2")]


def test_any_that_fails_lists_what_was_tried() -> None:
    (blame,) = explain(every("va", equal(pte(Const(0), VA), 2), FoldKind.ANY, "buf", "log"))
    assert (blame.over, blame.tried, blame.value) == ("va", ("buf", "log"), False)
    assert [cell.text for cell in blame.reads] == ["0", "1"]


def test_and_blames_the_conjuncts_that_are_false() -> None:
    blames = explain(op(Operator.AND, equal(refs(0), 3), equal(refs(0), 1), equal(refs(1), 2)))
    assert [(blame.text, blame.value) for blame in blames] == [("(refs[0] == 1)", False), ("(refs[1] == 2)", False)]


def test_or_blames_every_disjunct() -> None:
    blames = explain(op(Operator.OR, equal(refs(0), 1), op(Operator.NOT, equal(refs(1), 0))))
    assert [(blame.text, blame.value) for blame in blames] == [("(refs[0] == 1)", False), ("(refs[1] == 0)", True)]


def test_implication_blames_premise_and_conclusion() -> None:
    blames = explain(op(Operator.IMPLIES, equal(refs(0), 3), equal(refs(1), 1)))
    assert [(blame.text, blame.value) for blame in blames] == [("(refs[0] == 3)", True), ("(refs[1] == 1)", False)]


def test_negation_turns_any_into_witnesses() -> None:
    (blame,) = explain(op(Operator.NOT, every("va", equal(pte(Const(0), VA), 1), FoldKind.ANY, "buf", "log")))
    assert ([bound.text for bound in blame.bound], blame.value) == (["log"], True)


def test_negated_all_holds_for_every_value() -> None:
    (blame,) = explain(op(Operator.NOT, every("va", op(Operator.LT, pte(Const(0), VA), Const(2)))))
    assert (blame.value, blame.over, blame.tried) == (True, "va", ("0", "1"))


def test_a_conditional_blames_its_condition_and_the_branch_taken() -> None:
    blames = explain(op(Operator.ITE, equal(refs(0), 3), equal(refs(1), 1), FALSE))
    assert [(blame.text, blame.value) for blame in blames] == [("(refs[0] == 3)", True), ("(refs[1] == 1)", False)]


def test_a_constant_is_blamed_only_when_nothing_else_is() -> None:
    assert [blame.text for blame in explain(FALSE)] == ["0"]
    assert [blame.text for blame in explain(op(Operator.AND, FALSE, equal(refs(0), 1)))] == ["(refs[0] == 1)"]


def test_parts_are_limited() -> None:
    body = Fold(FoldKind.ALL, "n", 0, 99, op(Operator.LT, Bound("n"), refs(1)))
    assert len(explain(body)) == MOST_PARTS


def test_indices_out_of_range_behind_a_condition_read_nothing() -> None:
    guarded = op(Operator.ITE, FALSE, Load("refs", (Const(7),)), refs(1))
    (blame,) = explain(op(Operator.LT, Const(0), guarded))
    assert [cell.name for cell in blame.reads] == ["refs[refs1]"]


@pytest.fixture
def source(tmp_path: Path) -> str:
    path = tmp_path / "model.py"
    path.write_text("    return all(\n        refs(f) != 0 or\n        idle(f)\n        for f in Frame)\n")
    return str(path)


def test_text_is_that_of_the_author(source: str) -> None:
    cond = replace(equal(refs(0), 1), where=Span(source, 2, 9, 3, 16))
    (blame,) = explain(cond)
    assert blame.text == "refs(f) != 0 or idle(f)"
    assert blame.where.line == 2


def test_parts_without_a_text_of_their_own_are_not_told_apart(source: str) -> None:
    where = Span(source, 2, 9, 2, 21)
    same = replace(equal(refs(1), 0), where=where)
    (blame,) = explain(Op(Operator.NOT, (same,), where))
    assert (blame.text, blame.value) == ("refs(f) != 0", False)


def test_without_the_file_the_text_comes_from_the_ir() -> None:
    gone = Span("no/such/model.py", 1, 1, 1, 9)
    assert explain(replace(equal(refs(0), 1), where=gone))[0].text == "(refs[0] == 1)"


def test_spans_of_bundled_files_are_found_from_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert Excerpts().text(FALSE, Span("shootdown/model/ir/source.py", 1, 4, 1, 10)) == "Places"


@pytest.mark.parametrize(
    ("expr", "text"),
    [
        (op(Operator.NOT, op(Operator.IMPLIES, MM, VA)), "not (mm implies va)"),
        (every("va", VA, FoldKind.SUM), "sum(va for va in 0..1)"),
        (op(Operator.ITE, MM, Const(1), Const(2)), "ite(mm, 1, 2)"),
    ],
)
def test_ir_reads_like_python(expr: Expr, text: str) -> None:
    assert ir_text(expr) == text
