"""Columns: alignment, sharing of width, folding."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from shootdown.checker.report.columns import Entry, Piece, fold, fold_items, lay_out, plain, share


def entry(column: int, indent: int, label: str, *remarks: str) -> Entry:
    return Entry(column, indent, Piece(label), tuple(Piece(remark) for remark in remarks))


def test_columns_stand_side_by_side_and_time_goes_down() -> None:
    entries = [
        entry(0, 0, "store A buf"),
        entry(0, 2, "ptep_get_and_clear", "buf: none"),
        entry(0, 2, "set_pte_at", "buf: frame2 W"),
        entry(1, 0, "dma_write buf"),
        entry(0, 0, "load A buf"),
    ]
    assert plain(lay_out(["cpu0 (A)", "nic"], entries, 100)).splitlines() == [
        "cpu0 (A)                             nic",
        "-----------------------------------  -------------",
        "store A buf",
        "  ptep_get_and_clear  buf: none",
        "  set_pte_at          buf: frame2 W",
        "                                     dma_write buf",
        "load A buf",
    ]


def test_remarks_that_do_not_fit_go_below_the_label() -> None:
    text = plain(lay_out(["a", "b"], [entry(0, 0, "step", "x" * 20, "y" * 20), entry(1, 0, "z" * 30)], 60))
    assert "step  " + "x" * 20 in text
    assert "\n    " + "y" * 20 in text


def test_narrow_columns_give_what_they_do_not_need_to_wide_ones() -> None:
    assert share([5, 50, 80], 100) == [5, 47, 48]
    assert share([5, 10], 100) == [5, 10]


def test_long_words_break_behind_punctuation() -> None:
    parts = plain(fold((Piece("mmu_notifier_invalidate_range"),), 0, 18)).split()
    assert parts == ["mmu_notifier_", "invalidate_", "range"]


def test_a_word_that_changes_its_style_stays_one_word() -> None:
    (first, *rest) = plain(fold((Piece("is violated"), Piece(": no CPU or device")), 0, 20)).splitlines()
    assert (first, rest) == ("is violated: no CPU", ["    or device"])


WORDS = st.text(alphabet="ab_[], =", max_size=60)
ENTRIES = st.lists(
    st.builds(
        Entry,
        st.integers(0, 3),
        st.integers(0, 30),
        st.builds(Piece, WORDS.map(lambda text: text.strip() or "x")),
        st.lists(st.builds(Piece, WORDS.filter(str.strip)), max_size=3).map(tuple),
    ),
    max_size=8,
)


@given(ENTRIES, st.integers(60, 140))
def test_nothing_is_wider_than_asked_and_nothing_is_lost(entries: list[Entry], width: int) -> None:
    text = plain(lay_out(["one", "two", "three", "four"], entries, width))
    assert all(len(line) <= width for line in text.splitlines())
    letters = sorted("".join(piece.text for each in entries for piece in (each.label, *each.remarks)).replace(" ", ""))
    body = "".join(text.splitlines()[2:]).replace(" ", "")
    assert sorted(body) == letters


def test_columns_do_not_drift_apart_on_a_wide_terminal() -> None:
    entries = [entry(0, 0, "step", *("x" * 20 for _ in range(8))), entry(1, 0, "step")]
    assert plain(lay_out(["a", "b"], entries, 200)).splitlines()[0] == f"{'a':58}b"


def test_no_line_is_wider_than_it_needs_to_be() -> None:
    lines = lay_out(["a", "b"], [entry(0, 0, "x" * 30), entry(1, 0, "y" * 30)], 62)
    assert max(sum(len(piece.text) for piece in line) for line in lines) == 62


def test_items_break_behind_semicolons() -> None:
    items = ["A buf: frame0 W", "frame0: refs 1", "frame0: content CPU A.1"]
    assert plain(fold_items(Piece("initially"), items, 43)).splitlines() == [
        "initially  A buf: frame0 W; frame0: refs 1;",
        "    frame0: content CPU A.1",
    ]


def test_items_stay_apart_also_where_a_line_is_as_long_as_the_head() -> None:
    assert plain(fold_items(Piece("four"), ["x" * 9, "a", "b"], 16)).splitlines() == [
        f"four  {'x' * 9};",
        "    a; b",
    ]
