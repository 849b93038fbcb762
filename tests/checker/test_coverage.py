"""What a run exercises: by search against the evaluator, and as it is reported."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import count
from pathlib import Path
from random import Random

import pytest
from commands import COUNTER, Shell
from random_systems import random_system

from shootdown.checker.analysis.marks import Kind, Mark, with_marks
from shootdown.checker.analysis.pipeline import reduce_system
from shootdown.checker.exercise import Exercise, together
from shootdown.checker.explicit import ExplicitEngine
from shootdown.checker.options import Limits
from shootdown.model.ir.evaluate import Evaluator
from shootdown.model.ir.source import Span
from shootdown.model.ir.stmt import Assert, Block, If, Stmt
from shootdown.model.ir.system import System
from shootdown.model.ir.walk import rewrite_blocks


def placed(system: System) -> System:
    """The system with a place in some source for each step, branch and assertion."""
    lines = count(1)

    def span() -> Span:
        line = next(lines)
        return Span("m.py", line, 1, line, 2)

    def block(found: Block) -> Block:
        return tuple(statement(each) for each in found)

    def statement(found: Stmt) -> Stmt:
        match found:
            case If():
                return replace(found, where=span(), then=block(found.then), orelse=block(found.orelse))
            case Assert():
                return replace(found, where=span())
            case _:
                return found

    moved = rewrite_blocks(system, block)
    processes = tuple(
        replace(process, steps=tuple(replace(step, where=span()) for step in process.steps))
        for process in moved.processes
    )
    return replace(moved, processes=processes)


def noted_by_evaluator(system: System) -> set[str]:
    """The notes of all transitions of all reachable states."""
    evaluator = Evaluator(system)
    seen = {evaluator.layout.initial}
    pending = [evaluator.layout.initial]
    noted: set[str] = set()
    while pending:
        for transition in evaluator.transitions(pending.pop()):
            noted |= {note for note in transition.notes if note.startswith("\x1f")}
            if transition.target is not None and transition.target not in seen:
                seen.add(transition.target)
                pending.append(transition.target)
    return noted


@pytest.mark.parametrize("seed", range(12))
def test_the_search_meets_the_marks_that_the_evaluator_meets(seed: int) -> None:
    system = placed(replace(random_system(Random(seed), problems=False), properties=()))
    marked, marks = with_marks(system)
    met, cut = ExplicitEngine().noted(
        reduce_system(marked, without=("slice", "select")), [mark.note for mark in marks], Limits()
    )
    expected = noted_by_evaluator(marked)
    assert cut is None
    assert met == expected
    assert {mark.kind for mark in marks} >= {Kind.STEP}


def test_marks_change_no_transition() -> None:
    system = placed(random_system(Random(3), problems=False))
    marked, _ = with_marks(system)
    plain, noted = Evaluator(system), Evaluator(marked)
    state = plain.layout.initial
    before = [(each.agent, each.step, each.target, each.violated) for each in plain.transitions(state)]
    assert before == [(each.agent, each.step, each.target, each.violated) for each in noted.transitions(state)]


def mark(kind: Kind, line: int, what: str) -> Mark:
    return Mark(kind, Span("m.py", line, 1, line, 2), what)


def test_scenarios_exercise_together_what_any_of_them_does() -> None:
    step, way, other = mark(Kind.STEP, 2, "f: a"), mark(Kind.BRANCH, 1, "true"), mark(Kind.BRANCH, 1, "false")
    one = Exercise(frozenset({step, way}), frozenset({step}))
    two = Exercise(frozenset({step, way, other}), frozenset({way}), "max_seconds")
    found = together([("one", one), ("two", two), ("three", None)])
    assert found.missed == [other]
    assert found.counts(Kind.BRANCH) == (1, 2)
    assert found.counts() == (2, 3)
    assert found.cut == ("two",)
    assert together([]).percent == 100.0


def test_the_report_names_what_is_not_exercised(shell: Shell) -> None:
    done = shell("check", COUNTER, "--coverage", "--format", "json")
    assert done.code == 0
    report = json.loads(done.out)["coverage"]
    missed = {(each["kind"], each["what"]) for each in report["not_exercised"]}
    assert ("mechanism", "order = ANY") in missed
    assert ("mechanism", "add_is_locked = True") not in missed
    assert ("mechanism", "add_is_locked = False") not in missed
    assert report["kinds"]["step"]["exercised"] > 0
    assert 0 < report["percent"] < 100
    assert all(each["file"].endswith(".py") and each["line"] > 0 for each in report["not_exercised"])


def test_one_variant_leaves_more_unexercised_and_too_little_fails_if_asked(shell: Shell) -> None:
    whole = json.loads(shell("check", COUNTER, "--coverage", "--format", "json").out)["coverage"]
    done = shell("check", f"{COUNTER}", "--property", "no_lost_update", "--coverage", "--fail-under", "100")
    assert done.code == 1
    assert "settings of mechanisms" in done.out
    assert shell("check", COUNTER, "--fail-under", "1").code == 0
    assert whole["searched_in_part"] == []


def test_without_the_option_nothing_is_said(shell: Shell) -> None:
    assert json.loads(shell("check", COUNTER, "--format", "json").out)["coverage"] is None


def test_of_a_model_with_files_of_its_own_only_these_are_listed(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text(
        "from __future__ import annotations\n"
        "from shootdown.model import Steps, operation\n"
        "from shootdown.model.kernel.mm.state import Cpu, Kernel\n\n\n"
        + "".join(
            f'@operation(source="own", litmus="{name}")\n'
            f"def {name}(k: Kernel, cpu: Cpu) -> Steps:\n"
            f'    """Nothing."""\n'
            f'    yield "{name}"\n\n\n'
            for name in ("idle", "rest")
        )
    )
    (tmp_path / "own.toml").write_text(
        'model = ["kernel", "own.py"]\nworld = { Cpu = 1, Mm = 1, Va = 1, Frame = 1 }\ndesign.preset = "linux-6.12"\n'
        'agents.cpu0 = ["idle"]\nexpect.no_deadlock = "holds"\n'
    )
    report = json.loads(shell("check", tmp_path, "--coverage", "--format", "json").out)
    missed = report["coverage"]["not_exercised"]
    assert [(Path(each["file"]).name, each["what"]) for each in missed] == [("own.py", "rest")]
    assert report["coverage"]["kinds"]["operation"] == {"exercised": 1, "all": 2}
