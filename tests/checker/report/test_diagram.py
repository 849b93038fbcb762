"""The race diagram of small systems, as text."""

from __future__ import annotations

from dataclasses import replace

from reports import BACKGROUND, checked, trace_of

from shootdown.checker.report.diagram import diagram, diagram_text
from shootdown.checker.trace.trace import CallFrame, CellText, Change, Trace, TraceAgent, TraceStep
from shootdown.model.ir.source import NOWHERE
from shootdown.model.ir.system import StepClass


def test_a_violated_property_is_shown_with_its_false_part_and_its_remedy() -> None:
    assert diagram_text(trace_of("lost_update", "no_lost_update"), BACKGROUND).splitlines() == [
        "lost_update: a toy",
        "without a fix",
        "",
        "cpu0     cpu1",
        "-------  --------------",
        "add",
        "  read",
        "         add",
        "           read",
        "           write  x = 1",
        "  write",
        "",
        "no_lost_update is violated: Both additions count.",
        "  false (x == 2)",
        "  where x = 1",
        "prevented by fix: meaning (toy/safe is expected to hold)",
    ]


def test_a_stuck_state_says_who_waits_for_whom() -> None:
    text = diagram_text(trace_of("embrace", "no_deadlock"))
    assert "cpu0  in run waits at take_second for" in text
    assert "held up by cpu1" in text
    assert "cycle cpu0 waits for cpu1 waits for cpu0" in text


def test_a_witness_is_not_called_a_violation() -> None:
    assert "answered is witnessed" in diagram_text(trace_of("page_request", "answered"))


def test_a_step_that_fails_an_assertion_says_so_where_it_happens() -> None:
    lines = diagram_text(trace_of("use_after_free", "no_use_after_free")).splitlines()
    assert any(line.strip().startswith("dma_read") and "violates no_use_after_free" in line for line in lines)


def test_model_errors_and_small_worlds_name_themselves() -> None:
    for name, what in (("out_of_bounds", "model error"), ("out_of_frames", "world too small")):
        traces = [row.trace for row in checked(name).rows if row.trace and row.trace.problem]
        assert traces
        assert f"{what}: {traces[0].problem.message if traces[0].problem else ''}" in diagram_text(traces[0])


def test_the_plain_diagram_is_ascii_and_keeps_its_width() -> None:
    for name in ("lost_update", "embrace", "mutex"):
        for row in checked(name).rows:
            if row.trace:
                for width in (40, 60, 100):
                    text = diagram_text(row.trace, BACKGROUND, width=width)
                    assert text.isascii()
                    assert max(map(len, text.splitlines())) <= width


def trace_with(agents: tuple[TraceAgent, ...], steps: tuple[TraceStep, ...]) -> Trace:
    base = trace_of("lost_update", "no_lost_update")
    place = base.initial.positions[0]
    initial = replace(base.initial, positions=(place,) * len(agents))
    return replace(base, agents=agents, steps=steps, blame=(), initial=initial)


def step(agent: int, label: str, calls: tuple[str, ...], line: str = "", shown: str = "", first: int = 0) -> TraceStep:
    cell = CellText("pte", "Kernel", ("A", "buf"), shown, shown, ghost=False)
    base = trace_of("lost_update", "no_lost_update").steps[0]
    return replace(
        base,
        agent=agent,
        label=label,
        kind=StepClass.PROGRESS,
        calls=tuple(CallFrame(name, first + number, NOWHERE) for number, name in enumerate(calls)),
        starts=calls[0] if line else None,
        line=line,
        choices=(),
        notes=(),
        changes=(Change(cell, "none"),) if shown else (),
        violated=(),
    )


def body(trace: Trace, *, full: bool) -> list[str]:
    return [line for line in diagram_text(trace, full=full).splitlines()[4:] if line and "violated" not in line]


CPU, TLB, NIC = TraceAgent("cpu0", "A", False), TraceAgent("tlb.cpu0", "", True), TraceAgent("atc.nic", "", True)


def test_calls_indent_and_first_steps_stand_in_their_heading() -> None:
    steps = (
        step(0, "store", ("store",), line="store A buf"),
        step(0, "wp_page_copy", ("store", "wp_page_copy"), shown="buf: none"),
        step(0, "set_pte_at", ("store", "wp_page_copy"), shown="buf: frame2 W"),
        step(0, "flush", ("store", "wp_page_copy", "flush_tlb_page")),
        step(0, "after wp_page_copy", ("store",), shown="done"),
    )
    assert body(trace_with((CPU,), steps), full=True) == [
        "store A buf",
        "  wp_page_copy  buf: none",
        "    set_pte_at  buf: frame2 W",
        "    flush_tlb_page",
        "      flush",
        "  after wp_page_copy  done",
    ]


def test_stretches_without_effect_are_left_out_unless_asked_for() -> None:
    steps = (
        step(0, "store", ("store",), line="store A buf"),
        *(step(0, f"dull{number}", ("store",)) for number in range(3)),
        step(0, "set_pte_at", ("store",), shown="buf: frame2 W"),
    )
    trace = trace_with((CPU,), steps)
    assert body(trace, full=False) == ["store A buf", "  ...", "  set_pte_at  buf: frame2 W"]
    assert len(body(trace, full=True)) == 5


def test_hardware_acts_in_the_column_of_its_element() -> None:
    steps = (
        step(0, "store", ("store",), line="store A buf"),
        step(1, "tlb_fill", ("tlb_fill",), line="tlb_fill A buf", shown="tlb: frame1", first=5),
        step(0, "done", ("store",), shown="x"),
        step(2, "atc_fill", ("atc_fill",), line="atc_fill buf", shown="atc: frame1", first=9),
    )
    text = diagram_text(trace_with((CPU, TLB, NIC), steps)).splitlines()
    assert text[2].split() == ["cpu0", "(A)", "nic"]
    assert "tlb: tlb_fill A buf  tlb: frame1" in text
    assert any("atc: atc_fill buf" in line for line in text)


def test_styles_do_not_change_the_text() -> None:
    trace = trace_of("lost_update", "no_lost_update")
    styled = "\n".join("".join(piece.text for piece in line).rstrip() for line in diagram(trace))
    assert styled == diagram_text(trace)
