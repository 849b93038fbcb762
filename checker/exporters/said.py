"""What a text says of itself: what is written, and what the numbers of each variable stand for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from textwrap import wrap

from shootdown.model.ir.system import Array, Process, System
from shootdown.model.ir.views import OptionView, QueueView, RecordView, ScalarView, SetView, Variable, View

from .names import comment

WIDTH = 120
TRUTHS = ("False", "True")


@dataclass(frozen=True)
class Part:
    """What of a scenario's system is written."""

    reached: bool = False
    """Whether steps are left out that no run comes to."""
    left_out: tuple[str, ...] = ()
    """Properties that the scenario lists, and the language lacks."""


WHOLE = Part()


def head(system: System, part: Part, note: str, sign: str) -> Iterator[str]:
    """Lines of comment: what the text is, `note`, the design, and what is left out."""
    which = "the unreduced system, without steps that no run comes to" if part.reached else "the unreduced system"
    design = ", ".join(f"{item.name} = {item.labels[item.value]}" for item in system.mechanisms)
    order = "Brackets name elements in the order of their numbers, from 0."
    yield from commented(f"{system.name}: {which}. {note} {order}", sign)
    yield from commented(f"Design: {design or 'none'}.", sign)
    for name in part.left_out:
        yield from commented(f"Left out: {name}, which this language cannot say.", sign)


def commented(text: str, sign: str) -> list[str]:
    """Lines of comment that are not too long."""
    return [f"{sign}{line}" for line in wrap(comment(text), WIDTH - len(sign), break_on_hyphens=False)]


def declared(line: str, said: str, sign: str, end: str = "") -> Iterator[str]:
    """A line with a comment behind it, or above it where both are too long."""
    whole = f"{line} {sign}{comment(said)}{end}"
    if len(whole) <= WIDTH:
        yield whole
    else:
        indent = line[: len(line) - len(line.lstrip())]
        yield from (f"{text}{end}" for text in commented(said, f"{indent}{sign}"))
        yield line


def arrays_said(system: System) -> dict[str, str]:
    """For each shared variable its name, the elements that its indices stand for, and its values."""
    sizes = {array.name: array for array in system.arrays}
    said = {name: name for name in sizes}
    for variable in system.variables:
        for name, values in zip(variable.leaves, _values(variable.view), strict=True):
            if name in sizes:
                said[name] = _said(f"{name}{_elements(variable, sizes[name])}", values)
    return said


def local_said(system: System, process: Process, slot: int) -> str:
    """The variables that a slot holds, at one time or another, and their values."""
    views = dict(system.views)
    found = dict.fromkeys(
        (name, values)
        for point in process.points
        for slots, name, view in point.live
        if slot in slots
        for at, values in zip(slots, _values(views[view]), strict=True)
        if at == slot and values
    )
    names = process.locals[slot].name.replace("|", ", ")
    if len({values for _, values in found}) > 1:
        return _said(names, "; ".join(f"{name} {values}" for name, values in found))
    return _said(names, next((values for _, values in found), ""))


def _said(name: str, values: str) -> str:
    return f"{name}: {values}" if values else name


def _elements(variable: Variable, array: Array) -> str:
    places = ["place"] * (len(array.dims) - len(variable.keys))
    return "".join(f"[{', '.join(labels)}]" for labels in (*variable.keys, *([each] for each in places)))


def _values(view: View) -> Iterator[str]:
    """For each leaf what its numbers stand for; nothing for plain numbers and truths."""
    match view:
        case ScalarView(lo, labels):
            yield _numbered(lo, () if labels == TRUTHS else labels)
        case OptionView(ScalarView(lo, labels)):
            yield _numbered(0, ("none", *labels)) if labels else f"0 none, {1 - lo} more than the number else"
        case OptionView(inner):
            yield ""
            yield from _values(inner)
        case RecordView(_, fields):
            for _, inner in fields:
                yield from _values(inner)
        case SetView(element):
            bits = _numbered(0, element.labels)
            yield f"bits {bits}" if bits else ""
        case QueueView(element):
            yield ""
            yield from _values(element)


def _numbered(first: int, labels: Sequence[str]) -> str:
    return ", ".join(f"{number} {label}" for number, label in enumerate(labels, first))
