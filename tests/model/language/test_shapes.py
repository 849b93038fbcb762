"""What the leaves of a value range over."""

from __future__ import annotations

from shootdown.model.language.lowering.shapes import Option, Rec, Scalar, bounds


def test_an_optional_of_a_sort_without_elements_has_room_for_its_absence() -> None:
    nothing = Scalar("Swap", 0, -1)

    assert bounds(Option(nothing)) == ((0, 0),)
    assert bounds(Option(Rec("Entry", (("slot", nothing),)))) == ((0, 1), (0, 0))
