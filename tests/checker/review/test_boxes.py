"""Sets of designs against the designs one by one."""

from __future__ import annotations

from itertools import product
from random import Random

from shootdown.checker.review.boxes import (
    Box,
    Design,
    Space,
    contains,
    count,
    joined,
    meet,
    point,
    values,
    widened,
    within,
    without,
)
from shootdown.model.ir.system import Mechanism

SPACE = Space(
    (Mechanism("a", ("False", "True"), 0), Mechanism("b", ("x", "y", "z"), 0), Mechanism("c", ("False", "True"), 0)),
    (3, 7, 3),
)
EVERY = [tuple(design) for design in product(range(2), range(3), range(2))]


def designs(box: Box) -> set[Design]:
    return {design for design in EVERY if contains(box, design)}


def random_box(random: Random) -> Box:
    return tuple(random.randint(1, mask) for mask in SPACE.domain)


def test_operations_are_those_of_sets() -> None:
    random = Random(1)
    for _ in range(300):
        one, other = random_box(random), random_box(random)
        assert count(one) == len(designs(one))
        assert meet(one, other) == bool(designs(one) & designs(other))
        assert within(one, other) == (designs(one) <= designs(other))
        pieces = [designs(piece) for piece in without(one, other)]
        assert set().union(*pieces) == designs(one) - designs(other)
        assert sum(map(len, pieces)) == len(designs(one) - designs(other))
        union = joined(one, other)
        assert union is None or designs(union) == designs(one) | designs(other)


def test_boxes_that_differ_on_one_axis_or_contain_each_other_are_joined() -> None:
    assert joined((1, 1, 3), (1, 6, 3)) == (1, 7, 3)
    assert joined((1, 1, 1), (3, 7, 3)) == (3, 7, 3)
    assert joined((1, 1, 1), (2, 2, 1)) is None


def test_a_box_is_widened_as_far_as_what_it_avoids_permits() -> None:
    random = Random(2)
    for _ in range(200):
        avoided = [random_box(random) for _ in range(3)]
        free = [design for design in EVERY if not any(contains(box, design) for box in avoided)]
        if not free:
            continue
        start = point(random.choice(free))
        box = widened(start, SPACE.domain, avoided)
        assert within(start, box)
        assert not any(meet(box, other) for other in avoided)
        for axis, mask in enumerate(SPACE.domain):
            for value in values(mask & ~box[axis]):
                wider = (*box[:axis], box[axis] | 1 << value, *box[axis + 1 :])
                assert any(meet(wider, other) for other in avoided)


def test_a_box_is_told_by_what_it_restricts() -> None:
    assert SPACE.named((1, 7, 2)) == (("a", (0,)), ("c", (1,)))
    assert SPACE.pinned((1, 2, 0), {"b"}) == (3, 4, 3)
    assert SPACE.size == 12
