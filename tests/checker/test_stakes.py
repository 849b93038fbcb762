"""What is left of a property without its conclusion, and when a property was never at stake."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shootdown.checker.analysis.following import follow_system
from shootdown.checker.options import Limits, Options
from shootdown.checker.registry import engine
from shootdown.checker.searching import search
from shootdown.checker.stakes import has_conclusion, without_conclusion, without_conclusions
from shootdown.checker.unasked import unasked
from shootdown.checker.vacuity import doubtful, nothing_at_stake
from shootdown.model.ir.expr import Expr
from shootdown.model.ir.parse import parse_expr, parse_system
from shootdown.model.ir.print import print_expr
from shootdown.model.ir.system import System


def left(text: str) -> str | None:
    found: Expr | None = without_conclusion(parse_expr(text))
    return None if found is None else print_expr(found)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("(implies (load a) (load b))", "(not (load a))"),
        ("(or (not (load a)) (load b))", "(not (load a))"),
        ("(or (!= (load a) 2) (not (load c)) (load b))", "(or (!= (load a) 2) (not (load c)))"),
        ("(all (i 0 1) (or (not (load p ?i)) (load q ?i)))", "(all (i 0 1) (not (load p ?i)))"),
        ("(and (or (not (load a)) (load b)) (implies (load c) (load b)))", "(and (not (load a)) (not (load c)))"),
        ("(or (load a) (load b))", None),
        ("(and (load a) (implies (load c) (load b)))", None),
        ("(any (i 0 1) (or (not (load p ?i)) (load q ?i)))", None),
        ("(< (load a) 3)", None),
    ],
)
def test_only_implications_have_a_conclusion(text: str, expected: str | None) -> None:
    assert left(text) == expected


TEXT = """
(system lock
  (array held () 0 1 (0)) (array owner () 0 2 (0)) (array rare () 0 1 (0))
  (process p (params 0) (temps 0) (entry 0)
    (point 0 start) (point 1 in :inside) (point 2 end :final)
    (step 0 lock spontaneous :starts lock
      (do (wait (not (load held))) (set (cell held) 1) (set (cell owner) 1) (goto 1)))
    (step 1 unlock progress
      (do (if (= (load rare) 1) (then (assert careful (= (load owner) 1))))
          (assert checked (= (load owner) 1))
          (set (cell held) 0) (goto 2))))
  (agent cpu0 p ())
  (property owned always (or (not (load held)) (= (load owner) 1)))
  (property rarely always (or (!= (load rare) 1) (= (load held) 1)))
  (property finally at_end (or (!= (load owner) 2) (= (load held) 0)))
  (property bounded always (< (load owner) 2))
  (property careful step_assertion 1)
  (property checked step_assertion 1))
"""


def system() -> System:
    return parse_system(TEXT)


def test_a_state_property_with_an_implication_has_a_conclusion() -> None:
    assert {prop.name for prop in system().properties if has_conclusion(prop)} == {"owned", "rarely", "finally"}


def test_an_antecedent_that_never_holds_and_an_assertion_that_is_never_reached_are_found() -> None:
    whole = system()
    names = [prop.name for prop in whole.properties]
    exploration = engine("interpreter").explore(whole, Limits())
    assert exploration.exhausted
    assert not exploration.findings
    asked = doubtful(whole, exploration, names)
    assert asked == {"owned", "rarely", "finally", "careful"}
    weak = without_conclusions(whole, asked)
    again = engine("interpreter").explore(weak, Limits())
    unasked = {prop.name for prop in weak.properties} - set(again.findings)
    assert unasked == {"rarely", "finally", "careful"}
    reasons = {prop.name: nothing_at_stake(whole, exploration, prop, unasked) for prop in whole.properties}
    assert reasons == {
        "owned": "",
        "rarely": "what it is said of is never the case",
        "finally": "what it is said of is never the case",
        "bounded": "",
        "careful": "it is asserted on ways only that no step takes",
        "checked": "",
    }


@pytest.mark.parametrize("name", [None, "interpreter"])
@pytest.mark.parametrize("known", [True, False])
def test_what_the_passes_left_is_asked_where_it_can_answer(name: str | None, known: bool) -> None:
    always_true = "(property gone always (or (!= (load owner) 1) (= (load rare) 0)))"
    never_asked = "(property never always (or (!= (load rare) 1) (= (load rare) 1)))"
    whole = parse_system(TEXT.replace("(property bounded", f"{always_true}{never_asked}(property bounded"))
    of_owner = frozenset({"bounded", "owned", "finally", "careful", "checked"})
    for left_out in (of_owner, frozenset[str]()):
        system = replace(whole, properties=tuple(prop for prop in whole.properties if prop.name not in left_out))
        facts = follow_system(system) if known else None
        searched = search(system, {}, Limits(), name, facts=facts)
        found = unasked(searched, Options(limits=Limits(), engine=name))
        assert found == {"rarely", "finally", "careful", "never"} - left_out


def test_what_does_not_hold_is_not_asked_about() -> None:
    whole = system()
    exploration = engine("interpreter").explore(whole, Limits())
    assert doubtful(whole, exploration, ["bounded", "checked"]) == frozenset()
    assert without_conclusions(whole, ["bounded"]).properties == ()


ENDLESS = """
(system wait
  (array go () 0 1 (0))
  (process p (params 0) (temps 0) (entry 0)
    (point 0 idle :final) (point 1 waits :inside)
    (step 0 work spontaneous :starts work (do (goto 0)))
    (step 0 sleep spontaneous :starts sleep (do (goto 1)))
    (step 1 woken progress (do (wait (load go)) (goto 0)))
    (step 1 turn spontaneous (do (goto 1))))
  (agent cpu0 p ())
  (property fine always (< (load go) 1)))
"""


def test_an_operation_that_is_begun_and_never_ends_is_named() -> None:
    whole = parse_system(ENDLESS)
    exploration = engine("interpreter").explore(whole, Limits())
    assert exploration.exhausted
    found = nothing_at_stake(whole, exploration, whole.properties[0])
    assert found == "sleep, which cpu0 begins, never ends"
    woken = parse_system(ENDLESS.replace("(wait (load go))", ""))
    assert nothing_at_stake(woken, engine("interpreter").explore(woken, Limits()), woken.properties[0]) == ""
