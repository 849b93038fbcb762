"""The names that model files import, run as ordinary Python on the samples."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from plain_model import PlainModel, load

from shootdown.model import exclusive, inclusive, nth, ordinal, size, some
from shootdown.model.declare.cells import Cells
from shootdown.model.declare.outcomes import Blocked, ModelErrorRaised, WorldTooSmallRaised
from shootdown.model.declare.places import struct_at
from shootdown.model.declare.run import Run
from shootdown.model.declare.shown import text
from shootdown.model.declare.state import start
from shootdown.model.declare.steps import meaning
from shootdown.model.language.world import Request, Value, World

SAMPLES = [Path(__file__).parent / "typed" / name for name in ("memory.py", "devices.py")]
MODEL = load(SAMPLES)
NAMES: Any = vars(sys.modules[MODEL.states["Kernel"].__module__])
DEVICES: Any = vars(sys.modules[MODEL.states["Mirror"].__module__])


def run_of(cpus: int = 2, design: dict[str, str] | None = None) -> Run:
    """A run with some processors, two address spaces, three pages, two frames, two mirrors and a plain device."""
    elements = {
        "Cpu": tuple(f"cpu{position}" for position in range(cpus)),
        "Mm": ("A", "B"),
        "Va": ("a", "b", "c"),
        "Frame": ("frame0", "frame1"),
        "Device": ("nic", "disk", "gpu"),
    }
    given: dict[str, Value | Mapping[str, Value]] = {
        "Kernel.K": 3,
        "Kernel.home": dict.fromkeys(elements["Cpu"], "A"),
        "Mirror.mm": {"nic": "A", "disk": "B", "gpu": "A"},
    }
    world = World(elements, {"nic": "mirror", "disk": "plain", "gpu": "mirror"}, given)
    return MODEL.run(Request("samples", world, design or {"cow_break_notifies": "True", "cow_reuse": "MAPCOUNT"}, ()))


@contextmanager
def state(run: Run | None = None) -> Iterator[Any]:
    """The kernel's state at the start of a run, within it."""
    run = run or run_of()
    with run.active():
        cells = start(tuple(MODEL.states.values()))
        yield struct_at(cells, ("Kernel",), MODEL.states["Kernel"])


def finish(steps: Any) -> list[str]:
    """Run an operation to its end; the labels on the way."""
    return list(steps)


def test_elements_exist_only_within_a_run() -> None:
    with pytest.raises(RuntimeError, match="within a run"):
        list(NAMES["Cpu"])


def test_runs_in_one_process_do_not_meet() -> None:
    small, large = run_of(1), run_of(3)
    with small.active():
        one = list(NAMES["Cpu"])
        with large.active():
            three = list(NAMES["Cpu"])
            assert size(NAMES["Cpu"]) == 3
        assert size(NAMES["Cpu"]) == 1
    assert [str(cpu) for cpu in three] == ["cpu0", "cpu1", "cpu2"]
    assert one[0] != three[0]


def test_sizes_in_module_constants_are_those_of_the_run() -> None:
    with state(run_of(3)) as k:
        assert int(NAMES["LAST"]) == 2
        k.epoch = 3
        with pytest.raises(ModelErrorRaised, match=r"Kernel\.epoch: 4 is not between 0 and 3"):
            k.epoch += 1
    with state(run_of(2)) as k:
        assert int(NAMES["LAST"]) == 1
        with pytest.raises(ModelErrorRaised):
            k.epoch = 3


def test_bounds_are_checked_where_a_value_is_stored_or_used() -> None:
    with state() as k:
        frame = nth(NAMES["Frame"], 0)
        with pytest.raises(ModelErrorRaised, match=r"Kernel\.refs\.frame0: -1 is not between 0 and 7"):
            k.refs[frame] -= 1
        with pytest.raises(ModelErrorRaised, match=r"index of Kernel\.by_flag: 4"):
            k.by_flag[True, 4] = True
        with pytest.raises(ModelErrorRaised, match=r"Entry\.left: 9"):
            NAMES["Entry"](event=NAMES["Event"].CLEAR, at=nth(NAMES["Va"], 0), left=9)
        with pytest.raises(ModelErrorRaised, match=r"nth\(Frame, 2\)"):
            nth(NAMES["Frame"], 2)
        with pytest.raises(ModelErrorRaised):
            some(k.owner)


def test_values_of_another_sort_are_refused() -> None:
    with state() as k, pytest.raises(TypeError, match="expected"):
        k.owner = nth(NAMES["Mm"], 0)


def test_given_places_are_constants_of_the_world() -> None:
    with state() as k:
        assert k.K == 3
        assert [str(k.home[cpu]) for cpu in NAMES["Cpu"]] == ["A", "A"]
        with pytest.raises(TypeError):
            k.K = 2


def test_order_only_of_ordered_sorts() -> None:
    with state():
        a, b, c = NAMES["Va"]
        assert a < b <= c > b >= a
        with pytest.raises(TypeError, match="ordered=True"):
            assert nth(NAMES["Mm"], 0) < nth(NAMES["Mm"], 1)


def test_ranges_say_their_ends() -> None:
    with state():
        a, b, c = NAMES["Va"]
        assert [va in inclusive(a, b) for va in (a, b, c)] == [True, True, False]
        assert [va in exclusive(a, b) for va in (a, b, c)] == [True, False, False]
        assert exclusive(c, a).empty
        assert not inclusive(c, c).empty
        with pytest.raises(ModelErrorRaised):
            inclusive(b, a)


def test_queues_are_bounded() -> None:
    with state() as k:
        cpu, (a, b) = nth(NAMES["Cpu"], 0), NAMES["Mm"]
        inbox = k.inbox[cpu]
        with pytest.raises(ModelErrorRaised):
            inbox.pop()
        inbox.push(a)
        inbox.push(b)
        assert (inbox.head, len(inbox), inbox.full) == (a, 2, True)
        with pytest.raises(WorldTooSmallRaised, match=r"Kernel\.inbox\.cpu0 is full"):
            inbox.push(a)
        assert (inbox.pop(), inbox.pop(), inbox.empty) == (a, b, True)


def test_structs_have_fields_and_helpers() -> None:
    with state() as k:
        a, b = NAMES["Mm"]
        k.lock[a].take(nth(NAMES["Cpu"], 1))
        assert not k.lock[a].free()
        assert k.lock[b].free()
        assert k.big_lock.free()
        with pytest.raises(TypeError, match="no cell"):
            k.big_lock = k.lock[a]


def test_a_snapshot_puts_the_state_back() -> None:
    with state() as k:
        cells: Cells = k.cells
        before = cells.snapshot()
        k.epoch = 1
        k.lock[nth(NAMES["Mm"], 0)].held = True
        assert cells.snapshot() != before
        cells.restore(before)
        assert k.epoch == 0
        assert cells.snapshot() == before


def test_boundaries_at_labels_calls_and_returns() -> None:
    with state() as k:
        labels = finish(NAMES["map_page"](k, nth(NAMES["Cpu"], 0), nth(NAMES["Mm"], 0), nth(NAMES["Va"], 0)))
        pte = k.pte[nth(NAMES["Mm"], 0), nth(NAMES["Va"], 0)]
    assert labels == [
        "map_page",
        "try_alloc",
        "alloc_frame",
        "after alloc_frame",
        "after try_alloc",
        "pte_lock",
        "set_pte_at",
        "pte_unlock",
        "wp_page_reuse",
        "ptep_set_access_flags",
        "after wp_page_reuse",
        "after map_page",
    ]
    assert text(pte) == "frame0 W"


def test_a_false_wait_and_a_choice_without_candidates_block() -> None:
    with state() as k:
        a, cpu = nth(NAMES["Mm"], 0), nth(NAMES["Cpu"], 0)
        k.lock[a].held = True
        with pytest.raises(Blocked):
            finish(NAMES["map_page"](k, cpu, a, nth(NAMES["Va"], 0)))
    with state(run_of(1)) as k, pytest.raises(Blocked):
        finish(NAMES["send"](k, nth(NAMES["Cpu"], 0)))


def test_a_pick_must_exist() -> None:
    with state() as k:
        for frame in NAMES["Frame"]:
            k.refs[frame] = 1
        with pytest.raises(WorldTooSmallRaised, match="no Frame left to pick"):
            finish(NAMES["alloc_frame"](k))


def test_a_candidate_for_which_where_goes_wrong_can_be_chosen() -> None:
    run = run_of()
    seen: list[Sequence[object]] = []

    def last(candidates: Sequence[object]) -> object:
        seen.append(candidates)
        return candidates[-1]

    run.chooser = last
    with state(run) as k:
        k.pte[nth(NAMES["Mm"], 0), nth(NAMES["Va"], 0)] = NAMES["Pte"](frame=nth(NAMES["Frame"], 0))
        with pytest.raises(ModelErrorRaised):
            NAMES["pick"](NAMES["Mm"], where=lambda mm: some(k.pte[mm, nth(NAMES["Va"], 0)]).write is False)
    assert [str(each) for each in seen[0]] == ["A", "B"]


def test_each_device_runs_its_own_function_in_registration_order() -> None:
    with state() as k:
        a = nth(NAMES["Mm"], 0)
        labels = finish(DEVICES["invalidate"](k, a, nth(NAMES["Va"], 0)))
    mirror = ["mirror_invalidate", "block", "drop", "after mirror_invalidate"]
    default = ["invalidate_range_start", "after invalidate_range_start"]
    assert labels == ["invalidate", *mirror, *default, *mirror, "one", *mirror, "after invalidate"]


def test_mechanisms_have_the_setting_of_the_run() -> None:
    for setting in ("True", "False"):
        with state(run_of(design={"cow_break_notifies": setting, "cow_reuse": "REFCOUNT"})) as k:
            assert str(NAMES["has"](k, NAMES["cow_break_notifies"])) == setting
            assert NAMES["way"](k, NAMES["cow_reuse"]).name == "REFCOUNT"


def test_a_failed_check_is_recorded_and_execution_goes_on() -> None:
    run = run_of()
    with run.active():
        NAMES["check"](False, "refs_balance")
        NAMES["check"](True, "refs_balance")
    assert run.failed == ["refs_balance"]


def test_decorators_keep_what_they_said() -> None:
    said = meaning(NAMES["wp_page_reuse"])
    assert said is not None
    assert (said.role, said.source, said.litmus) == ("operation", "mm/memory.c:wp_page_reuse", "reuse {mm} {va}")
    unit = meaning(NAMES["flush_tlb_func"])
    assert unit is not None
    assert (unit.role, unit.unit, unit.per, unit.owed) == ("hardware", "ipi", NAMES["Cpu"], True)
    assert meaning(NAMES["users"]) is None


def test_positions_of_values() -> None:
    with state():
        assert [ordinal(va) for va in NAMES["Va"]] == [0, 1, 2]
        assert ordinal(NAMES["Event"].PROTECT) == 1
        assert size(NAMES["Event"]) == size(bool) == 2


def test_texts_of_values() -> None:
    with state():
        entry = NAMES["Entry"](event=NAMES["Event"].CLEAR, at=nth(NAMES["Va"], 1))
        assert text(entry) == "Entry(event=CLEAR, at=b, left=0)"
        assert text(frozenset(reversed(list(NAMES["Cpu"])))) == "{cpu0, cpu1}"
        assert text((None, True)) == "[none, True]"


def test_samples_declare_what_they_say() -> None:
    model: PlainModel = MODEL
    assert set(model.states) == {"Kernel", "Promise", "Mirror"}
    assert set(model.device_types) == {"mirror", "plain"}
    assert {"refs_cover_users", "nothing_is_held", "something_is_mapped"} <= set(model.properties)
