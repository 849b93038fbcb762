"""Litmus lines: which operation reads them, and what is said of those that none reads."""

from __future__ import annotations

import pytest

from shootdown.checker.scenario.litmus import Form, LineError, Slot, read_line
from shootdown.checker.scenario.spelling import Spelling
from shootdown.model.language.world import ANY

MM = Spelling("Mm", {"A": "A", "B": "B"})
VA = Spelling("Va", {"buf": "buf"})
COUNT = Spelling("int", {}, numbers=True)
FORMS = (
    Form("dup_mmap", "fork {mm} -> {child}", (Slot("mm", MM), Slot("child", MM))),
    Form("store", "store {mm} {va}", (Slot("mm", MM), Slot("va", VA))),
    Form("store_many", "store {mm} {va} x{count}", (Slot("mm", MM), Slot("va", VA), Slot("count", COUNT))),
    Form("ask", "{mm} asks", (Slot("mm", MM),)),
    Form("idle", "idle", ()),
)


def complaint(line: str) -> str:
    with pytest.raises(LineError) as caught:
        read_line(line, FORMS, wildcard=False)
    return str(caught.value)


@pytest.mark.parametrize(
    ("line", "operation", "values"),
    [
        ("fork A -> B", "dup_mmap", {"mm": "A", "child": "B"}),
        ("  fork   A ->  B ", "dup_mmap", {"mm": "A", "child": "B"}),
        ("store A buf", "store", {"mm": "A", "va": "buf"}),
        ("store A buf x3", "store_many", {"mm": "A", "va": "buf", "count": 3}),
        ("B asks", "ask", {"mm": "B"}),
        ("idle", "idle", {}),
    ],
)
def test_a_line_is_read_by_the_form_that_fits(line: str, operation: str, values: dict[str, object]) -> None:
    form, read = read_line(line, FORMS, wildcard=False)
    assert (form.operation, read) == (operation, values)


def test_a_star_is_any_value_where_it_is_allowed() -> None:
    _, read = read_line("store * buf", FORMS, wildcard=True)
    assert read["mm"] is ANY
    assert complaint("store * buf") == "'*' stands only in the lines of an 'any' agent"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("fork A B", "'fork A B' does not read as 'fork {mm} -> {child}'"),
        ("forc A -> B", "no operation reads 'forc A -> B'; did you mean 'fork {mm} -> {child}'?"),
        ("store Z buf", "'Z' is not a Mm of this world; known: A, B"),
        ("store A buff", "'buff' is not a Va of this world; did you mean 'buf'?"),
        ("store A buf xy", "'y' is not a number"),
        ("", "an empty line"),
    ],
)
def test_a_line_that_nobody_reads_says_what_to_write(line: str, message: str) -> None:
    assert complaint(line) == message


def test_two_operations_with_one_form_are_ambiguous() -> None:
    twice = (*FORMS, Form("rest", "idle", ()))
    with pytest.raises(LineError, match="'idle' may mean idle and rest"):
        read_line("idle", twice, wildcard=False)


def test_the_values_decide_between_forms_that_both_match() -> None:
    nic = Form("mirror_write", "write {dev}", (Slot("dev", Spelling("Device", {"nic": "nic"})),))
    gpu = Form("sva_write", "write {dev}", (Slot("dev", Spelling("Device", {"gpu": "gpu"})),))
    form, _ = read_line("write gpu", (nic, gpu), wildcard=False)
    assert form.operation == "sva_write"
