"""The scheduler that runs model files as plain Python."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from plain_model import load
from plain_run import Boundary, Moment, PlainRun, Taken, agents_of

from shootdown.model.declare.state import start
from shootdown.model.language.world import ANY, AgentSpec, Line, Request, World

MODEL = load([Path(__file__).parent / "typed" / "memory.py"])
WORLD = World(
    {"Cpu": ("cpu0", "cpu1", "cpu2"), "Mm": ("A", "B"), "Va": ("a", "b"), "Frame": ("frame0", "frame1")},
    given={"Kernel.K": 3, "Kernel.home": {"cpu0": "A", "cpu1": "B", "cpu2": "A"}},
)


def plain(
    *specs: AgentSpec,
    hardware: Mapping[str, tuple[str, ...]] | None = None,
    steps: Mapping[str, frozenset[Boundary] | None] | None = None,
) -> PlainRun:
    """A run of the sample with some agents; `steps` names boundaries that count, for units and programs alike."""
    design = {"cow_break_notifies": "False", "cow_reuse": "MAPCOUNT"}
    request = Request("sample", WORLD, design, specs, hardware or {})
    run = MODEL.run(request)
    with run.active():
        agents = agents_of(MODEL, request, steps or {spec.name: None for spec in specs})
        return PlainRun(run, agents, start(tuple(MODEL.states.values())).snapshot())


def mapping(cpu: str, mm: str, va: object = "a") -> Line:
    """A line that maps a page."""
    return Line("map_page", {"cpu": cpu, "mm": mm, "va": va}, "map")


def labels(run: PlainRun, moment: Moment) -> list[str]:
    """The step that each successor takes."""
    return [taken.label for taken in run.successors(moment)]


def target(taken: Taken) -> Moment:
    """Where a transition leads."""
    assert taken.target is not None, taken.problem
    return taken.target


def first(run: PlainRun, steps: int) -> Moment:
    """The state after some steps, always taking the first transition."""
    moment = run.initial
    for _ in range(steps):
        moment = target(next(run.successors(moment)))
    return moment


def test_a_program_runs_step_by_step_and_ends() -> None:
    run = plain(AgentSpec("cpu0", (mapping("cpu0", "A"),)))
    seen, moment = [], run.initial
    while following := list(run.successors(moment)):
        seen.append(following[0].label)
        moment = target(following[0])
    assert seen[:4] == ["map_page", "try_alloc", "alloc_frame", "after alloc_frame"]
    assert seen[-2:] == ["ptep_set_access_flags", "after wp_page_reuse"]
    assert moment.standing[0].activity is None


def test_every_choice_is_a_transition() -> None:
    run = plain(AgentSpec("cpu0", (mapping("cpu0", "A"),)))
    assert [taken.choices for taken in run.successors(first(run, 2))] == [("frame0",), ("frame1",)]


def test_a_blocked_step_is_no_transition_and_changes_nothing() -> None:
    run = plain(AgentSpec("cpu0", (mapping("cpu0", "A"),)), AgentSpec("cpu1", (mapping("cpu1", "A", "b"),)))
    moment = run.initial
    for agent, steps in ((0, 6), (1, 5)):
        for _ in range(steps):
            moment = target(next(each for each in run.successors(moment) if each.agent == agent))
    assert labels(run, moment) == ["set_pte_at"]
    for _ in range(2):
        moment = target(next(run.successors(moment)))
    assert [(taken.agent, taken.label) for taken in run.successors(moment)][-1] == (1, "pte_lock")


def test_boundaries_that_start_no_step_are_run_through() -> None:
    calls = ("map_page",)
    known: frozenset[Boundary] = frozenset({
        ((*calls, "try_alloc"), "try_alloc"),
        ((*calls, "try_alloc", "alloc_frame"), "alloc_frame"),
        (calls, "pte_lock"),
        (calls, "set_pte_at"),
        (calls, "pte_unlock"),
        ((*calls, "wp_page_reuse"), "wp_page_reuse"),
        ((*calls, "wp_page_reuse"), "ptep_set_access_flags"),
    })  # fmt: skip
    run = plain(AgentSpec("cpu0", (mapping("cpu0", "A"),)), steps={"cpu0": known})
    seen, moment = [], run.initial
    while following := list(run.successors(moment)):
        seen.append(following[0].label)
        moment = target(following[0])
    assert seen == [label for _, label in sorted(known, key=lambda each: seen.index(each[1]))]
    assert len(seen) == len(known)


def test_any_with_a_budget() -> None:
    spec = AgentSpec("cpu0", (mapping("cpu0", "A", ANY),), any=True, budget=1)
    run = plain(spec)
    assert [taken.choices for taken in run.successors(run.initial)] == [("a",), ("b",)]
    moment = run.initial
    while following := list(run.successors(moment)):
        moment = target(following[0])
    assert moment.standing[0].budget == 0


def test_units_have_an_agent_for_each_element() -> None:
    run = plain(hardware={"ipi": ("flush_tlb_func",)}, steps={"ipi.cpu0": None, "ipi.cpu2": None})
    assert [agent.name for agent in run.agents] == ["ipi.cpu0", "ipi.cpu2"]
    assert labels(run, run.initial) == []


def test_problems_end_a_transition() -> None:
    lines = tuple(mapping("cpu0", "A", va) for va in ("a", "b"))
    run = plain(AgentSpec("cpu0", (*lines, Line("alloc_frame", {}, "alloc"))))
    moment = run.initial
    while (following := list(run.successors(moment)))[0].target is not None:
        moment = target(following[0])
    assert [(taken.target, taken.problem) for taken in following] == [(None, "world too small")]
