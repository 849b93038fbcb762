"""Litmus lines: `fork A -> B` read by the form `fork {mm} -> {child}` of an operation."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache

from shootdown.model.language.world import ANY

from .problem import did_you_mean
from .spelling import Spelling, SpellingError


class LineError(Exception):
    """A line that no operation reads: what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A parameter that the form writes, and how its values are written."""

    name: str
    spelling: Spelling


@dataclass(frozen=True, slots=True)
class Form:
    """How lines of one operation read: `text` with `{name}` for each slot."""

    operation: str
    text: str
    slots: tuple[Slot, ...]

    @property
    def words(self) -> list[str]:
        """The words that every line of this form has."""
        return [word for word in self.text.split() if "{" not in word and any(map(str.isalnum, word))]

    def matches(self, line: str) -> dict[str, str] | None:
        """The text of each slot if the line has this form."""
        found = _pattern(self.text).fullmatch(" ".join(line.split()))
        return found.groupdict() if found else None


def read_line(line: str, forms: Iterable[Form], *, wildcard: bool) -> tuple[Form, dict[str, object]]:
    """The operation that a line calls and a value for each of its slots; `*` is `ANY` where `wildcard` allows it.

    Raises LineError: no form fits, a value is not of its sort, or two operations would read the line.
    """
    known = tuple(forms)
    fits = [(form, texts) for form in known if (texts := form.matches(line)) is not None]
    if not fits:
        raise LineError(_unread(line, known))
    read: list[tuple[Form, dict[str, object]]] = []
    wrong = ""
    for form, texts in fits:
        try:
            read.append((form, _values(form, texts, wildcard=wildcard)))
        except LineError as error:
            wrong = wrong or str(error)
    if not read:
        raise LineError(wrong)
    if len(read) > 1:
        names = " and ".join(form.operation for form, _ in read)
        raise LineError(f"'{line}' may mean {names}: give one of them a litmus form of its own")
    return read[0]


def fits(form: str, line: str) -> bool:
    """Whether a line has this form, whatever stands in its slots."""
    return _pattern(form).fullmatch(" ".join(line.split())) is not None


@lru_cache(maxsize=1024)
def _pattern(text: str) -> re.Pattern[str]:
    pieces: list[str] = []
    seen: set[str] = set()
    for piece in re.split(r"(\{\w+\})", " ".join(text.split())):
        if re.fullmatch(r"\{\w+\}", piece):
            name = piece[1:-1]
            pieces.append(f"(?P={name})" if name in seen else rf"(?P<{name}>\S+?)")
            seen.add(name)
        else:
            pieces.append(re.escape(piece))
    return re.compile("".join(pieces))


def _values(form: Form, texts: Mapping[str, str], *, wildcard: bool) -> dict[str, object]:
    values: dict[str, object] = {}
    for slot in form.slots:
        text = texts[slot.name]
        if text == "*":
            if not wildcard:
                raise LineError("'*' stands only in the lines of an 'any' agent")
            values[slot.name] = ANY
        else:
            try:
                values[slot.name] = slot.spelling.read(text)
            except SpellingError as error:
                raise LineError(str(error)) from None
    return values


def _missing(words: Sequence[str], form: Form) -> str:
    """What a line lacks at its end, or has too much there, if so far it reads as the form."""
    wanted = form.text.split()
    if any("{" not in want and want != word for want, word in zip(wanted, words, strict=False)):
        return ""
    if len(words) > len(wanted):
        return f": '{' '.join(words[len(wanted) :])}' is too much"
    texts = {f"{{{slot.name}}}": slot.spelling.shown for slot in form.slots}
    rest = [f"{want} ({', '.join(texts[want])})" if texts.get(want) else want for want in wanted[len(words) :]]
    return f": {' '.join(rest)} {'is' if len(rest) == 1 else 'are'} missing" if rest else ""


def _unread(line: str, forms: tuple[Form, ...]) -> str:
    words = line.split()
    if not words:
        return "an empty line"
    near = [form for form in forms if form.words and form.words[0] in words]
    if near:
        missing = _missing(words, near[0]) if len(near) == 1 else ""
        return f"'{line}' does not read as {' or '.join(repr(form.text) for form in near[:3])}{missing}"
    firsts = {form.words[0]: form.text for form in reversed(forms) if form.words}
    for word in words:
        close = get_close_matches(word, list(firsts), n=1, cutoff=0.7)
        if close:
            return f"no operation reads '{line}'; did you mean '{firsts[close[0]]}'?"
    return f"no operation reads '{line}'{did_you_mean(line, [form.text for form in forms])}"
