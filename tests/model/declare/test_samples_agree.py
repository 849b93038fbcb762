"""The samples, which use every construct of the language, mean the same to Python and to the interpreter."""

from __future__ import annotations

from pathlib import Path

import pytest
from plain_agreement import agree

from shootdown.model.language import lower, read_model
from shootdown.model.language.world import ANY, AgentSpec, Line, Request, World

FILES = [Path(__file__).parent / "typed" / name for name in ("memory.py", "devices.py")]
MODEL = read_model(FILES)
WORLD = World(
    {
        "Cpu": ("cpu0", "cpu1"),
        "Mm": ("A", "B"),
        "Va": ("a", "b", "c"),
        "Frame": ("frame0", "frame1"),
        "Device": ("nic", "disk"),
    },
    {"nic": "mirror", "disk": "plain"},
    {"Kernel.K": 3, "Kernel.home": {"cpu0": "A", "cpu1": "B"}, "Mirror.mm": {"nic": "A", "disk": "B"}},
)


def line(operation: str, **args: object) -> Line:
    """A call; parameters that are not given are any value."""
    return Line(
        operation, {each.name: args.get(each.name, ANY) for each in MODEL.operations[operation].values}, operation
    )


MAPPING = AgentSpec("mapping", (line("map_page", cpu="cpu0", mm="A"), line("zap", mm="A", whole=True)), any=True)
SENDING = AgentSpec("sending", (line("send", cpu="cpu0"), line("try_alloc")), any=True, budget=3)
NOTIFYING = AgentSpec("notifying", (line("invalidate"), line("wp_page_reuse")), any=True, budget=2)
READING = AgentSpec("reading", (line("dma_read", dev="nic"),), any=True)
PROGRAM = AgentSpec(
    "program",
    (
        line("map_page", cpu="cpu1", mm="B", va="a"),
        line("map_page", cpu="cpu1", mm="B", va="b"),
        line("zap", mm="B", a="a", b="c", whole=False, cause="PROTECT"),
        line("send", cpu="cpu1"),
    ),
)
CASES = {
    "program": ((PROGRAM,), {}),
    "programs that meet": ((PROGRAM, MAPPING), {"tlb": ("tlb_fill",)}),
    "queues": ((SENDING,), {"ipi": ("flush_tlb_func",)}),
    "devices": ((MAPPING, NOTIFYING, READING), {"atc": ("mirror_fill",)}),
}


@pytest.mark.parametrize("reuse", ["MAPCOUNT", "REFCOUNT"])
@pytest.mark.parametrize("case", CASES)
def test_samples_agree(case: str, reuse: str) -> None:
    agents, hardware = CASES[case]
    design = {"cow_break_notifies": "True", "cow_reuse": reuse}
    properties = ("refs_cover_users", "nothing_is_held", "something_is_mapped", "refs_balance")
    request = Request(case, WORLD, design, agents, hardware, properties)

    assert agree(FILES, request, lower(MODEL, request), schedules=20) is None
