"""What a walk through a trace looks like: a step, the state, and the ways on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from shootdown.model.ir.evaluate import Transition
from shootdown.model.ir.source import NOWHERE
from shootdown.model.ir.system import StepClass

from ..trace.state_text import Describer
from ..trace.stepping import Walk, Way
from ..trace.trace import CellText
from .columns import Line, Piece, Style, fold
from .diagram import EMPTY
from .table import table


class WalkText:
    """Tells of one walk, in lines at most `width` wide where names permit."""

    def __init__(self, walk: Walk, width: int) -> None:
        self._walk = walk
        self._width = width
        self._describer = Describer(walk.system)

    def where(self) -> list[Line]:
        """The last step, what it changed and what it says; the start if there was none."""
        walk = self._walk
        if not walk.taken:
            return [(Piece(f"start, {self._progress()}", Style.HEAD),)]
        last = walk.taken[-1]
        head = Piece(f"{self._progress()}", Style.HEAD)
        lines = fold((head, Piece("  "), *self._named(last)), 0, self._width)
        for text, style in self._effects(last):
            lines += fold((Piece(text, style),), 4, self._width)
        return lines + self._verdict()

    def state(self, pattern: str = "", *, everything: bool = False) -> list[Line]:
        """Every table, a line each: cells that hold something, the changed ones marked; `everything`: all cells.

        `pattern`: only tables and cells whose name has it.
        """
        state = self._describer.state(self._walk.state)
        changed = {change.cell.key for change in self._describer.changes(self._walk.before, self._walk.state)}
        tables: dict[tuple[str, str], list[CellText]] = {}
        for cell in state.cells:
            told = everything or cell.text not in EMPTY or cell.key in changed
            if told and pattern.casefold() in f"{cell.owner}.{cell.name}".casefold():
                tables.setdefault((cell.owner, cell.variable), []).append(cell)
        lines: list[Line] = []
        for (owner, variable), cells in tables.items():
            name = variable.removeprefix(f"{owner}.")
            ghost = Style.QUIET if cells[0].ghost else Style.PLAIN
            pieces = [Piece(f"{name:<24} ", ghost)]
            for number, cell in enumerate(cells):
                pieces.append(Piece(("; " if number else "") + _cell(cell, cell.key in changed), _style(cell, changed)))
            lines += fold(tuple(pieces), 2, self._width)
        named = any(pattern.casefold() in f"{cell.owner}.{cell.name}".casefold() for cell in state.cells)
        return lines or [(Piece("  nothing" if named else "  nothing of that name"),)]

    def agents(self) -> list[Line]:
        """Where each agent stands, with what it remembers; agents that idle are left out."""
        state = self._describer.state(self._walk.state)
        lines: list[Line] = []
        for agent, position in zip(self._walk.system.agents, state.positions, strict=True):
            if position.inside:
                known = ", ".join(f"{each.name} = {each.text}" for each in position.locals)
                told = (Piece(f"  in front of {position.point}"), Piece(f"; {known}" if known else "", Style.QUIET))
                lines += fold((Piece(agent.name, Style.HEAD), *told), 2, self._width)
        return lines or [(Piece("  nobody is inside an operation"),)]

    def ways(self) -> list[Line]:
        """The transitions that are possible, numbered; an arrow in front of the trace's own."""
        found = self._walk.ways()
        if not found:
            return [(Piece("  no step is possible here"),)]
        return _bare([self._way(number, way) for number, way in enumerate(found, 1)])

    def taken(self) -> list[Line]:
        """The steps so far, a line each."""
        common = self._walk.common
        lines: list[Line] = [
            (Piece(f"{number:4}{' ' if number <= common else '*'} "), *self._named(each))
            for number, each in enumerate(self._walk.taken, 1)
        ]
        return lines or [(Piece("  no step yet"),)]

    def property(self) -> list[Line]:
        """What the trace is about, and whether it is so here."""
        walk = self._walk
        if walk.prop is None:
            return [(Piece("the trace ends in a problem of the model"),)]
        lines = fold((Piece(walk.prop.name, Style.HEAD), Piece(f": {walk.prop.meaning}")), 0, self._width)
        if walk.holds is not None:
            lines.append((Piece(f"  {'true' if walk.holds else 'false'} here"),))
        return lines

    def _progress(self) -> str:
        walk = self._walk
        total = len(walk.trace.transitions)
        if walk.on_trace:
            return f"step {len(walk.taken)} of {total}"
        return f"step {len(walk.taken)}, off the trace since step {walk.common}"

    def _named(self, transition: Transition) -> tuple[Piece, ...]:
        """Who takes which step of which calls, with what choices."""
        step = self._walk.evaluator.step(transition)
        agent = self._walk.system.agents[transition.agent]
        calls = [call.operation for call in step.calls]
        if calls and calls[-1] == step.label:
            calls.pop()
        path = " > ".join(calls)
        started = f" {transition.line or step.starts}" if step.starts else ""
        chosen = [f"{each.name} = {each.label}" if each.name else each.label for each in transition.choices]
        return (
            Piece(agent.name, Style.HEAD),
            Piece(started, Style.LINE),
            Piece(f" {path} >" if path and not step.starts else "", Style.FRAME),
            Piece(f" {step.label}" if step.label != step.starts else "", Style.STEP),
            Piece(f"  {', '.join(chosen)}" if chosen else "", Style.CHOICE),
        )

    def _effects(self, transition: Transition) -> Iterable[tuple[str, Style]]:
        for change in self._describer.changes(self._walk.before, self._walk.state):
            yield f"{change.cell.name} = {change.cell.text}, was {change.old}", Style.CHANGE
        for note in transition.notes:
            if note:
                yield note, Style.NOTE
        where = self._walk.evaluator.step(transition).where
        if where != NOWHERE:
            yield str(where), Style.QUIET

    def _verdict(self) -> list[Line]:
        walk, last = self._walk, self._walk.taken[-1]
        if last.problem is not None:
            said = f"{last.problem.failure.value}: {last.problem.message}"
            return fold((Piece(said, Style.BAD),), 4, self._width)
        others = [name for name in last.violated if walk.prop is None or name != walk.prop.name]
        lines = [line for name in others for line in fold((Piece(f"violates {name}", Style.BAD),), 4, self._width)]
        if walk.wrong and walk.prop is not None:
            lines += fold((Piece(f"violates {walk.prop.name}: {walk.prop.meaning}", Style.BAD),), 4, self._width)
        return lines

    def _way(self, number: int, way: Way) -> tuple[Piece, ...]:
        step = self._walk.evaluator.step(way.transition)
        arrow = Piece(">" if way.on_trace else " ", Style.GOOD)
        kind = "" if step.kind is StepClass.PROGRESS else "may happen"
        problem = way.transition.problem
        text = f"ends in {problem.failure.value}" if problem else ", ".join(way.transition.violated)
        name = "".join(piece.text for piece in self._named(way.transition))
        said = Piece(f"violates {text}" if text and not problem else text, Style.BAD)
        return arrow, Piece(f"{number:3}"), Piece(name, Style.PLAIN), Piece(kind, Style.QUIET), said


def _bare(rows: Sequence[tuple[Piece, ...]]) -> list[Line]:
    """A table without heads, and without blanks at the ends of its lines."""
    lines = []
    for line in table(("",) * len(rows[0]), rows)[1:]:
        pieces = [*line]
        while len(pieces) > 1 and not pieces[-1].text.strip():
            pieces.pop()
        lines.append(tuple(pieces))
    return lines


def _cell(cell: CellText, is_changed: bool) -> str:
    keys = " ".join(cell.keys)
    return f"{'*' if is_changed else ''}{keys}{': ' if keys else ''}{cell.text}"


def _style(cell: CellText, changed: set[tuple[str, str, tuple[str, ...]]]) -> Style:
    if cell.key in changed:
        return Style.CHANGE
    return Style.QUIET if cell.ghost else Style.PLAIN
