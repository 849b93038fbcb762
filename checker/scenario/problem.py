"""What is wrong with a scenario file, said so that its author can mend it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake: the key it stands under (`agents.cpu0.program[1]`; empty: the file) and what is wrong with it."""

    key: str
    text: str

    def __str__(self) -> str:
        return f"{self.key}: {self.text}" if self.key else self.text


class ScenarioError(Exception):
    """A scenario cannot be used: the file (or the name that found none) and what is wrong there."""

    def __init__(self, where: str | Path, *problems: Problem) -> None:
        self.where = str(where)
        self.problems = problems
        super().__init__("\n".join(self.lines))

    @property
    def lines(self) -> tuple[str, ...]:
        """A message for each mistake."""
        return tuple(f"{self.where}: {problem}" for problem in self.problems)


class ScenarioErrors(ScenarioError):
    """Several files cannot be used."""

    def __init__(self, errors: Sequence[ScenarioError]) -> None:
        self.errors = tuple(errors)
        super().__init__(errors[0].where, *errors[0].problems)

    @property
    def lines(self) -> tuple[str, ...]:
        return tuple(line for error in self.errors for line in error.lines)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """`; did you mean 'x'?` if something known is close, else the known ones when they are few, else nothing."""
    names = sorted(set(known))
    folded = {candidate.casefold(): candidate for candidate in reversed(names)}
    close = get_close_matches(name.casefold(), list(folded), n=1, cutoff=0.6)
    if close:
        return f"; did you mean '{folded[close[0]]}'?"
    if 0 < len(names) <= 8:
        return f"; known: {', '.join(names)}"
    return ""


def did_you_mean_path(path: Path, known: Iterable[str] = ()) -> str:
    """`; did you mean 'x'?` for a path that is none, if something of its folder, or something known, is close."""
    try:
        beside = sorted(each for each in path.parent.iterdir() if each.suffix in (path.suffix, ""))
    except OSError:
        beside = []
    # By stems: what all names end with makes none of them close.
    shown = {each.stem: str(each) for each in beside} | {name: name for name in known}
    close = get_close_matches(path.stem, list(shown), n=1, cutoff=0.6)
    return f"; did you mean '{shown[close[0]]}'?" if close else ""


def key_path(parts: Iterable[str | int]) -> str:
    """The path of a key as reports print it: `agents.cpu0.program[1]`."""
    path = ""
    for part in parts:
        if isinstance(part, int):
            path += f"[{part}]"
        else:
            path += f".{part}" if path else part
    return path
