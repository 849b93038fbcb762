"""S-expressions as text: what the IR's printer writes and its parser reads."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

WIDTH = 110
TOKEN = re.compile(r'\s+|;[^\n]*|(?P<open>\()|(?P<close>\))|(?P<text>"(?:[^"\\]|\\.)*")|(?P<word>[^\s()";]+)')
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.\-]*")
INTEGER = re.compile(r"-?[0-9]+")


@dataclass(frozen=True, slots=True)
class Symbol:
    """A word without quotes."""

    word: str


Form = Symbol | str | int | tuple["Form", ...]
"""A symbol, a quoted text, an integer or a list."""


class ReadError(ValueError):
    """The text is no s-expression; the message ends in line and column."""


def name(text: str) -> Form:
    """A name: a bare word where that reads back, else quoted."""
    return Symbol(text) if NAME.fullmatch(text) else text


def write(form: Form, *, broken: frozenset[str] = frozenset()) -> str:
    """The text of a form; a list stands on one line if it fits and its head is not in `broken`."""
    return _write(form, 0, broken)


def _write(form: Form, indent: int, broken: frozenset[str]) -> str:
    flat = _flat(form)
    if not isinstance(form, tuple) or (_may_be_flat(form, broken) and indent + len(flat) <= WIDTH):
        return flat
    lines: list[str] = []
    first = True
    margin = "\n" + " " * (indent + 2)
    attach = False
    for item in form:
        first = first and not isinstance(item, tuple)
        text = _flat(item) if first else _write(item, indent + 2, broken)
        if lines and (first or attach):
            lines[-1] += " " + text
        else:
            lines.append(text)
        attach = isinstance(item, Symbol) and item.word.startswith(":") and item.word not in FLAGS
    return "(" + margin.join(lines) + ")"


FLAGS = frozenset({":inside", ":final", ":hardware", ":ghost"})
"""Keywords that stand alone; every other keyword takes the form behind it."""


def _may_be_flat(form: Form, broken: frozenset[str]) -> bool:
    if not isinstance(form, tuple) or not form:
        return True
    head = form[0]
    return not (isinstance(head, Symbol) and head.word in broken)


def _flat(form: Form) -> str:
    match form:
        case Symbol(word):
            return word
        case str():
            return json.dumps(form, ensure_ascii=False)
        case int():
            return str(form)
        case tuple():
            return "(" + " ".join(_flat(item) for item in form) + ")"


def read(text: str) -> Form:
    """The one form that a text holds; comments run from a semicolon to the end of the line."""
    stack: list[list[Form]] = [[]]
    position = 0
    while position < len(text):
        token = TOKEN.match(text, position)
        if token is None:
            raise ReadError(f"quoted text without an end at {_place(text, position)}")
        if token["open"]:
            stack.append([])
        elif token["close"]:
            if len(stack) == 1:
                raise ReadError(f"closing parenthesis without an opening one at {_place(text, position)}")
            done = tuple(stack.pop())
            stack[-1].append(done)
        elif token["text"] or token["word"]:
            stack[-1].append(_atom(token.group(), text, position))
        position = token.end()
    if len(stack) > 1:
        raise ReadError(f"missing closing parenthesis at {_place(text, position)}")
    if len(stack[0]) != 1:
        raise ReadError(f"expected one form, found {len(stack[0])} at {_place(text, position)}")
    return stack[0][0]


def _atom(token: str, text: str, position: int) -> Form:
    if INTEGER.fullmatch(token):
        return int(token)
    if not token.startswith('"'):
        return Symbol(token)
    try:
        value: str = json.loads(token)
    except json.JSONDecodeError as error:
        raise ReadError(f"bad quoted text at {_place(text, position)}: {error.msg}") from None
    return value


def _place(text: str, position: int) -> str:
    line = text.count("\n", 0, position) + 1
    return f"{line}:{position - text.rfind(chr(10), 0, position)}"
