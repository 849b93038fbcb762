"""What Z3 says of sets of designs, against all designs one by one."""

from __future__ import annotations

from itertools import product
from random import Random

from shootdown.checker.review.boxes import Box, Design, Space, contains, values, within
from shootdown.checker.review.breaking import Choice, breaks
from shootdown.checker.review.covering import Covering, primes
from shootdown.model.ir.system import Mechanism

SWITCH = ("False", "True")
SPACE = Space((Mechanism("a", SWITCH, 0), Mechanism("b", ("x", "y", "z"), 0), Mechanism("c", SWITCH, 0)), (3, 7, 3))
EVERY: list[Design] = [tuple(design) for design in product(range(2), range(3), range(2))]
BOXES: list[Box] = [tuple(box) for box in product(range(1, 4), range(1, 8), range(1, 4))]


def inside(box: Box) -> set[Design]:
    return {design for design in EVERY if contains(box, design)}


def largest(chosen: set[Design]) -> list[Box]:
    """The largest boxes within a set of designs, from all boxes there are."""
    fitting = [box for box in BOXES if inside(box) <= chosen]
    return sorted(box for box in fitting if not any(within(box, other) and box != other for other in fitting))


def test_primes_are_the_largest_boxes_of_the_union() -> None:
    random = Random(3)
    for _ in range(60):
        boxes = random.sample(BOXES, random.randint(0, 4))
        found, complete = primes(SPACE, boxes)
        assert complete
        assert sorted(found) == largest(set().union(*map(inside, boxes)))


def test_primes_stop_at_the_number_asked_for_and_say_so() -> None:
    boxes = [(1, 7, 3), (3, 1, 3), (3, 7, 1)]
    found, complete = primes(SPACE, boxes, most=2)
    assert (len(found), complete) == (2, False)
    assert set(found) <= set(primes(SPACE, boxes)[0])


def test_the_nearest_design_that_is_left_prefers_the_first_axes() -> None:
    covering = Covering(SPACE, [(1, 1, 3)])
    assert covering.nearest((0, 0, 1)) == (0, 1, 1)
    covering.add((1, 7, 3))
    assert covering.nearest((0, 0, 1)) == (1, 0, 1)
    covering.add((3, 7, 3))
    assert covering.nearest((0, 0, 1)) is None


def test_what_is_left_in_a_box_is_found() -> None:
    covering = Covering(SPACE, [(1, 7, 3), (3, 3, 3)])
    assert covering.left_in((3, 7, 1)) == (1, 2, 0)
    assert covering.left_in((1, 4, 3)) is None


def broken_by(unsafe: set[Design]) -> set[tuple[Choice, Choice]]:
    found = breaks(SPACE, largest(set(EVERY) - unsafe), largest(unsafe), (0, 0, 0))
    return {(each.before, each.added) for each in found}


def expected(unsafe: set[Design]) -> set[tuple[Choice, Choice]]:
    """Changes of one mechanism from a safe design to an unsafe one: additions of a switch; of alternatives, if the
    opposite change does harm elsewhere."""
    harmful = {
        (Choice(axis, design[axis]), Choice(axis, value))
        for design in EVERY
        for axis, mask in enumerate(SPACE.domain)
        for value in values(mask)
        if design not in unsafe and (*design[:axis], value, *design[axis + 1 :]) in unsafe
    }
    return {
        (before, added)
        for before, added in harmful
        if (added.value > before.value if added.axis != 1 else (added, before) in harmful)
    }


def test_what_does_harm_is_what_does_so_design_by_design() -> None:
    random = Random(4)
    for _ in range(25):
        unsafe = set(random.sample(EVERY, random.randint(1, 11)))
        assert broken_by(unsafe) == expected(unsafe)


def test_an_addition_is_told_with_what_it_makes_vain_and_nothing_that_has_to_do_with_something_else() -> None:
    # Unsafe: without a; with c where b is x. So c breaks b = y and b = z, and a has no part in that.
    unsafe = {design for design in EVERY if not design[0] or (design[2] and design[1] == 0)}
    found = breaks(SPACE, largest(set(EVERY) - unsafe), largest(unsafe), (1, 0, 0))
    assert [(each.added, each.broken, each.design) for each in found] == [(Choice(2, 1), (), (1, 0, 0))]
    # Unsafe: b is x or y, or c with b = z: there b = z is what c breaks.
    unsafe = {design for design in EVERY if design[1] < 2 or design[2]}
    found = breaks(SPACE, largest(set(EVERY) - unsafe), largest(unsafe), (1, 2, 0))
    assert [(each.added, each.broken) for each in found] == [(Choice(2, 1), ())]
    # Unsafe: neither a nor c, or a with b = x: a is as good as c unless b is x, so that it breaks c there.
    unsafe = {design for design in EVERY if (not design[0] and not design[2]) or (design[0] and design[1] == 0)}
    found = breaks(SPACE, largest(set(EVERY) - unsafe), largest(unsafe), (0, 0, 1))
    assert [(each.added, each.design) for each in found] == [(Choice(0, 1), (0, 0, 1))]
