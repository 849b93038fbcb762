"""`shootdown trace --step`: a prompt, one line a command, for a terminal, a pipe or a file of commands."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import suppress

from ..replaying import Replayed
from ..report.columns import Line, Piece, Style, fold
from ..report.stepping import WalkText
from ..trace.stepping import Walk
from ..trace.trace import Trace
from . import output

HELP = (
    ("Enter, n [K]", "the next step of the trace, or K of them; off the trace the only step there is"),
    ("NUMBER", "the step of that number in the list of ways on: leave the trace"),
    ("u [K]", "undo the last step, or K of them"),
    ("g N", "go to step N of the trace (0: its start)"),
    ("e", "go to the end of the trace"),
    ("v", "go to where the property becomes false, and stays so to the end of the trace"),
    ("r", "return to the trace, where it was left"),
    ("w", "ways on: every step that is possible here"),
    ("s [NAME]", "state: every table that holds something, or those with NAME in their name; * marks changes"),
    ("S [NAME]", "the same with every cell"),
    ("a", "agents: where each one stands, and what it remembers"),
    ("l", "list the steps so far; * marks those that are not of the trace"),
    ("p", "the property"),
    ("t", "show the state after every step, or no longer"),
    ("q", "quit"),
)


def step_through(again: Replayed, trace: Trace) -> None:
    """Read commands until there are no more."""
    walk = Walk(again.built.system, again.path, None if trace.problem else again.prop)
    prompt = _Prompt(walk, WalkText(walk, output.width()))
    prompt.run(trace)


class _Prompt:
    def __init__(self, walk: Walk, text: WalkText) -> None:
        self._walk = walk
        self._text = text
        self._tables = True
        self._commands: dict[str, Callable[[str], list[Line] | None]] = {
            "n": self._next,
            "u": self._undo,
            "g": self._go,
            "e": lambda rest: self._to(len(walk.trace.transitions)),
            "v": self._turning_point,
            "r": lambda rest: self._to(walk.common),
            "w": lambda rest: text.ways(),
            "s": lambda rest: text.state(rest),
            "S": lambda rest: text.state(rest, everything=True),
            "a": lambda rest: text.agents(),
            "l": lambda rest: text.taken(),
            "p": lambda rest: text.property(),
            "t": self._toggle,
            "?": lambda rest: _help(),
            "h": lambda rest: _help(),
        }

    def run(self, trace: Trace) -> None:
        """The loop; it ends with q, with the end of the input, and with an interrupt."""
        total = len(self._walk.trace.transitions)
        head = f"{trace.scenario}: {trace.prop.name}, {total} steps; ? for help, Enter for the next step, q to quit"
        output.show(fold((Piece(head, Style.HEAD),), 0, output.width()))
        output.show(self._here())
        while (line := self._read()) is not None:
            word, _, rest = line.partition(" ")
            if word in ("q", "quit"):
                return
            output.show(self._answer(word, rest.strip()))

    def _read(self) -> str | None:
        """The next command without blanks around it; None at the end of the input."""
        walk = self._walk
        place = f"{len(walk.taken)}/{len(walk.trace.transitions)}" if walk.on_trace else f"{len(walk.taken)} off"
        prompt = f"[{place}] "
        if sys.stdin.isatty():
            with suppress(ImportError):
                import readline  # noqa: F401 -- gives input() a history and line editing
            try:
                return input(prompt).strip()
            except EOFError:
                print()
                return None
        line = sys.stdin.readline()
        if line:
            # What was typed stands in the transcript, as on a terminal.
            print(f"{prompt}{line.strip()}".rstrip())
        return line.strip() if line else None

    def _answer(self, word: str, rest: str) -> list[Line]:
        if word.isdigit():
            return self._take(int(word))
        command = self._commands.get(word or "n")
        if command is None:
            return [(Piece(f"no command '{word}'; ? lists them"),)]
        return command(rest) or self._here()

    def _here(self) -> list[Line]:
        lines = self._text.where()
        if self._tables:
            lines += self._text.state()
        ways = len(self._walk.ways())
        lines.append((Piece(f"{ways} way{'' if ways == 1 else 's'} on (w)", Style.QUIET),))
        return lines

    def _next(self, rest: str) -> list[Line] | None:
        count = _number(rest, 1)
        if count is None:
            return _say("n takes a number of steps")
        if not self._walk.forward(count):
            if self._walk.on_trace:
                return _say("this is the end of the trace; a number of the list (w) goes on")
            return [*_say("off the trace: choose a number, or return with r"), *self._text.ways()]
        return None

    def _undo(self, rest: str) -> list[Line] | None:
        count = _number(rest, 1)
        if count is None:
            return _say("u takes a number of steps")
        return None if self._walk.back(count) else _say("this is the start")

    def _go(self, rest: str) -> list[Line] | None:
        total = len(self._walk.trace.transitions)
        number = _number(rest, None)
        if number is None or number > total:
            return _say(f"g takes the number of a step of the trace, 0 to {total}")
        return self._to(number)

    def _to(self, number: int) -> list[Line]:
        self._walk.go(number)
        return self._here()

    def _turning_point(self, rest: str) -> list[Line] | None:
        number = self._walk.turning_point()
        if number is None:
            return _say("the property is about steps, or about all that can follow: see the end of the trace (e)")
        return self._to(number)

    def _take(self, number: int) -> list[Line]:
        ways = self._walk.ways()
        if not 1 <= number <= len(ways):
            return [*_say(f"no way {number}: there are {len(ways)}"), *self._text.ways()]
        self._walk.take(ways[number - 1].transition)
        return self._here()

    def _toggle(self, rest: str) -> list[Line]:
        self._tables = not self._tables
        return _say(f"the state is {'shown' if self._tables else 'not shown'} after a step")


def _number(text: str, default: int | None) -> int | None:
    if not text:
        return default
    return int(text) if text.isdigit() else None


def _say(text: str) -> list[Line]:
    return [(Piece(text),)]


def _help() -> list[Line]:
    lines: list[Line] = []
    for name, meaning in HELP:
        head = Piece(f"{name:<14}", Style.HEAD)
        first, *rest = fold((Piece(meaning),), 0, output.width() - len(head.text))
        lines += [(head, *first), *((Piece(" " * len(head.text)), *part) for part in rest)]
    return lines
