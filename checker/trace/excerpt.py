"""What an expression looks like to a reader: the text of its author, or, where that is gone, one made from the IR."""

from __future__ import annotations

import importlib
from functools import cache
from pathlib import Path
from typing import assert_never

from shootdown.model.ir.expr import Bound, Const, Expr, Fold, Load, Local, Op, Operator, Param, Rigid, Temp
from shootdown.model.ir.source import NOWHERE, Span

_INFIX = {
    Operator.AND: "and",
    Operator.OR: "or",
    Operator.IMPLIES: "implies",
    Operator.EQ: "==",
    Operator.NE: "!=",
    Operator.LT: "<",
    Operator.LE: "<=",
    Operator.ADD: "+",
    Operator.SUB: "-",
    Operator.MUL: "*",
    Operator.DIV: "//",
    Operator.MOD: "%",
    Operator.BITS_OR: "|",
    Operator.BITS_AND: "&",
    Operator.BITS_MINUS: "-",
}


class Excerpts:
    """Reads source files, each once."""

    def __init__(self) -> None:
        self._lines = cache(_lines)

    def text(self, expr: Expr, where: Span) -> str:
        """The text at `where`, on one line; that of the IR if the file cannot be read or has become shorter."""
        lines = self._lines(where.path) if where != NOWHERE else ()
        if not 0 < where.line <= where.end_line <= len(lines):
            return ir_text(expr)
        rows = list(lines[where.line - 1 : where.end_line])
        rows[-1] = rows[-1][: where.end_column - 1]
        rows[0] = rows[0][where.column - 1 :]
        return " ".join(" ".join(rows).split()) or ir_text(expr)


def ir_text(expr: Expr) -> str:
    """An expression of the IR in the manner of Python."""
    match expr:
        case Const(value):
            return str(value)
        case Load(array, indices):
            return f"{array}[{', '.join(map(ir_text, indices))}]" if indices else array
        case Local(slot) | Temp(slot) | Param(slot):
            return f"{type(expr).__name__.lower()}{slot}"
        case Rigid(name) | Bound(name):
            return name
        case Fold():
            return f"{expr.kind.value}({ir_text(expr.body)} for {expr.name} in {expr.lo}..{expr.hi})"
        case Op(operator, args):
            texts = [ir_text(arg) for arg in args]
            if operator is Operator.NOT:
                return f"not {texts[0]}"
            if operator in _INFIX and len(texts) > 1:
                return "(" + f" {_INFIX[operator]} ".join(texts) + ")"
            return f"{operator.value}({', '.join(texts)})"
        case _:
            assert_never(expr)


def _lines(path: str) -> tuple[str, ...]:
    try:
        return tuple(_file(path).read_text(encoding="utf-8").splitlines())
    except (OSError, UnicodeDecodeError, ImportError):
        return ()


def _file(path: str) -> Path:
    """The file that a span names: relative to the working directory, or to a folder of this package."""
    parts = Path(path).parts
    if parts[:1] == ("shootdown",) and len(parts) > 2:
        package = importlib.import_module(f"shootdown.{parts[1]}")
        return Path(package.__path__[0]).joinpath(*parts[2:])
    return Path(path)
