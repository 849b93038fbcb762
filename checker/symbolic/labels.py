"""What a value of an entry of the state is called."""

from __future__ import annotations

from collections.abc import Iterator

from shootdown.model.ir.layout import Layout
from shootdown.model.ir.system import System
from shootdown.model.ir.views import OptionView, QueueView, RecordView, ScalarView, SetView, View, text


class Labels:
    """Labels of the values of one system: of points their names, of cells what their author calls them."""

    def __init__(self, system: System) -> None:
        layout = Layout(system)
        self._points: dict[int, tuple[str, ...]] = {}
        self._views: dict[int, View] = {}
        leaves = {
            leaf: view
            for variable in system.variables
            for leaf, view in zip(variable.leaves, _leaves(variable.view), strict=False)
        }
        for array in system.arrays:
            view = leaves.get(array.name)
            if view is not None:
                first = layout.arrays[array.name]
                self._views.update(dict.fromkeys(range(first, first + array.size), view))
        views = dict(system.views)
        for agent, offset in zip(system.agents, layout.points, strict=True):
            process = system.process(agent)
            self._points[offset] = tuple(point.name or f"point {number}" for number, point in enumerate(process.points))
            for point in process.points:
                for slots, _, key in point.live:
                    if len(slots) == 1 and key in views:
                        self._views.setdefault(offset + 1 + slots[0], views[key])

    def text(self, position: int, value: int) -> str:
        """The label of a value, or the value as a number."""
        if position in self._points:
            return self._points[position][value]
        view = self._views.get(position)
        if isinstance(view, ScalarView | SetView) or (isinstance(view, OptionView) and _scalar(view)):
            return text(view, [value])
        return str(value)


def _scalar(view: OptionView) -> bool:
    return isinstance(view.inner, ScalarView)


def _leaves(view: View) -> Iterator[View]:
    """The views of a value's leaf arrays, in their order."""
    match view:
        case ScalarView() | SetView():
            yield view
        case OptionView(inner):
            if isinstance(inner, ScalarView):
                yield view
            else:
                yield ScalarView(0, ("absent", "present"))
                yield from _leaves(inner)
        case RecordView(_, fields):
            for _, inner in fields:
                yield from _leaves(inner)
        case QueueView(element):
            yield ScalarView()
            yield from _leaves(element)
