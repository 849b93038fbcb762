"""States as text."""

from __future__ import annotations

from toy_systems import lost_update, system

from shootdown.checker.trace.state_text import Describer
from shootdown.checker.trace.trace import CellText, Named, Position, StateText
from shootdown.model.ir.layout import Layout
from shootdown.model.ir.stmt import Goto
from shootdown.model.ir.system import Agent, Array, LocalVariable, Point, Process, Step, System
from shootdown.model.ir.views import OptionView, QueueView, RecordView, ScalarView, SetView, Variable

FRAME = ScalarView(0, ("frame0", "frame1"))
TRUTH = ScalarView(0, ("False", "True"))
PTE = OptionView(RecordView("Pte", (("frame", FRAME), ("write", TRUTH)), "{frame} {write:W}"))
MMS, VAS = ("A", "B"), ("buf", "log")


def memory() -> System:
    """A page table of optional records, a queue of frames for each space, a set, and an array that nobody declares."""
    cells = (
        Array("pte.some", (2, 2), 0, 1, (0, 1, 0, 0)),
        Array("pte.frame", (2, 2), 0, 1, (0, 1, 0, 0)),
        Array("pte.write", (2, 2), 0, 1, (0, 1, 0, 0)),
        Array("log.length", (2,), 0, 2, (0, 2)),
        Array("log.item", (2, 2), 0, 1, (0, 0, 1, 0)),
        Array("cpus", (), 0, 3, (2,), ghost=True),
        Array("raw", (2,), 0, 5, (4, 5)),
    )
    variables = (
        Variable("pte", "Kernel", (MMS, VAS), PTE, ("pte.some", "pte.frame", "pte.write"), "{1}: {value}"),
        Variable("log", "Kernel", (MMS,), QueueView(FRAME, 2), ("log.length", "log.item")),
        Variable("cpus", "Promise", (), SetView(ScalarView(0, ("cpu0", "cpu1"))), ("cpus",), "on {value}", ghost=True),
    )
    point = Point("zap", inside=True, final=False, live=(((1,), "frame", "Frame"),))
    slots = (LocalVariable("a", 0, 1, 0), LocalVariable("b", 0, 1, 1))
    process = Process("idle", 0, slots, 0, (point,), (Step(0, "spin", (Goto(0),)),))
    return System("memory", cells, (process,), (Agent("cpu0", "idle"),), (), (), variables, (("Frame", FRAME),))


def initial_text(whole: System) -> StateText:
    return Describer(whole).state(Layout(whole).initial)


def test_every_cell_has_its_text() -> None:
    whole = memory()
    shown = initial_text(whole)
    assert {cell.name: cell.text for cell in shown.cells} == {
        "pte[A, buf]": "none",
        "pte[A, log]": "frame1 W",
        "pte[B, buf]": "none",
        "pte[B, log]": "none",
        "log[A]": "[]",
        "log[B]": "[frame1, frame0]",
        "cpus": "{cpu1}",
        "raw[0]": "4",
        "raw[1]": "5",
    }


def test_cells_say_who_declares_them_and_how_diagrams_show_them() -> None:
    whole = memory()
    shown = {cell.name: cell for cell in initial_text(whole).cells}
    assert shown["pte[A, log]"] == CellText("pte", "Kernel", ("A", "log"), "frame1 W", "log: frame1 W", ghost=False)
    assert shown["log[A]"].shown == ""
    assert shown["cpus"] == CellText("cpus", "Promise", (), "{cpu1}", "on {cpu1}", ghost=True)


def test_agents_show_the_locals_that_mean_something() -> None:
    whole = memory()
    (position,) = initial_text(whole).positions
    assert position == Position("zap", True, (Named("frame", "frame1"),))


def test_changes_are_those_of_texts() -> None:
    whole = memory()
    describer = Describer(whole)
    old = list(describer.layout.initial)
    new = list(old)
    new[describer.layout.arrays["pte.some"]] = 1
    new[describer.layout.arrays["pte.write"]] = 1
    # Behind the end of a queue nothing shows.
    new[describer.layout.arrays["log.item"]] = 1
    changes = describer.changes(tuple(old), tuple(new))
    assert [(change.cell.name, change.old, change.cell.text) for change in changes] == [
        ("pte[A, buf]", "none", "frame0 W")
    ]


def test_positions_lead_back_to_their_cells() -> None:
    whole = memory()
    describer = Describer(whole)
    item = describer.layout.arrays["log.item"]
    shown = describer.at([item + 2, item + 3, describer.layout.arrays["cpus"]], describer.layout.initial)
    assert [cell.name for cell in shown] == ["log[B]", "cpus"]
    assert list(describer.positions("log.item", (1, 0))) == [item + 2]
    assert list(describer.positions("log.item", (1, 2))) == []


def test_a_hole_for_a_key_that_is_not_there_stays() -> None:
    whole = system("odd", (Array("x", (), 0, 1, (1,)),), lost_update().system.processes, ())
    variable = Variable("x", "Kernel", (), ScalarView(), ("x",), "{0} {value} {}")
    odd = System("odd", whole.arrays, (), (), (), (), (variable,))
    assert Describer(odd).state((1,)).cells[0].shown == "{0} 1 {}"
