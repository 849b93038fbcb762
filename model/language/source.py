"""Model files: their text, their spans, and which files an import means."""

from __future__ import annotations

import ast
import warnings
from dataclasses import dataclass
from pathlib import Path

from ..ir.source import Span
from .errors import Code, Diagnostic

PACKAGE = Path(__file__).resolve().parent.parent
"""The folder that `shootdown.model` names."""


class Refusal(Exception):
    """A rule of the language is broken; `diagnostic` is None if the cause has been reported already."""

    def __init__(self, diagnostic: Diagnostic | None) -> None:
        super().__init__(diagnostic)
        self.diagnostic = diagnostic


@dataclass(frozen=True, eq=False)
class Source:
    """One parsed file; `title` is the path that messages print."""

    path: Path
    title: str
    lines: tuple[str, ...]
    tree: ast.Module

    def span(self, node: ast.AST) -> Span:
        """Where a node stands."""
        line, end = getattr(node, "lineno", 1), getattr(node, "end_lineno", 1) or 1
        start = self._column(line, getattr(node, "col_offset", 0))
        return Span(self.title, line, start, end, self._column(end, getattr(node, "end_col_offset", 0) or 0))

    def head(self, node: ast.AST) -> Span:
        """Where the first line of a compound statement stands."""
        span = self.span(node)
        if span.end_line == span.line:
            return span
        return Span(self.title, span.line, span.column, span.line, len(self.lines[span.line - 1].rstrip()) + 1)

    def _column(self, line: int, offset: int) -> int:
        text = self.lines[line - 1] if line <= len(self.lines) else ""
        return offset + 1 if text.isascii() else len(text.encode()[:offset].decode(errors="ignore")) + 1

    def refusal(self, code: Code, where: ast.AST | Span, message: str, help: str = "", *notes: str) -> Refusal:
        """A refusal at a node of this file."""
        span = where if isinstance(where, Span) else self.head(where)
        line = self.lines[span.line - 1] if 0 < span.line <= len(self.lines) else ""
        return Refusal(Diagnostic(code, span, message, help, notes, line))


def title(path: Path) -> str:
    """How messages name a file: relative to the working directory or to the package, if it is inside."""
    for root, prefix in ((Path.cwd(), ""), (PACKAGE, "shootdown/model/")):
        if path.is_relative_to(root):
            return prefix + path.relative_to(root).as_posix()
    return path.as_posix()


def parse(path: Path) -> Source:
    """Read and parse a file."""
    name = title(path)
    try:
        text = path.read_text(encoding="utf-8")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text, name)
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        span = Span(name, 1, 1, 1, 1)
        raise Refusal(Diagnostic(Code.MISSING_FILE, span, f"cannot read {name}: {reason}")) from error
    except (SyntaxError, ValueError, RecursionError) as error:
        line, column = getattr(error, "lineno", None) or 1, getattr(error, "offset", None) or 1
        rows = text.splitlines()
        span = Span(name, line, column, line, column + 1)
        shown = rows[line - 1] if 0 < line <= len(rows) else ""
        message = error.msg if isinstance(error, SyntaxError) else "the file cannot be parsed"
        raise Refusal(Diagnostic(Code.SYNTAX, span, message, "model files are Python", (), shown)) from error
    return Source(path, name, tuple(text.splitlines()), tree)


def imported(source: Source, node: ast.ImportFrom, kernel: Path | None = None) -> Path | None:
    """The file of the model that an import means; None: the names of the language itself.

    `kernel` is the folder that stands for the bundled `shootdown.model.kernel`.
    """
    module = node.module or ""
    if node.level == 0 and module == "shootdown.model":
        return None
    if node.level == 0 and module.startswith("shootdown.model."):
        base, rest = PACKAGE, module.removeprefix("shootdown.model.")
        if kernel is not None and rest.startswith("kernel."):
            base, rest = kernel, rest.removeprefix("kernel.")
    elif node.level > 0 and module:
        base, rest = source.path.parents[node.level - 1], module
    else:
        help = "import names of the language from shootdown.model, others from files of the model: from .state import K"
        raise source.refusal(Code.FOREIGN_IMPORT, node, f'"{module or "."}" is no file of the model', help)
    file = base.joinpath(*rest.split(".")).with_suffix(".py").resolve()
    if not file.is_file():
        raise source.refusal(Code.MISSING_FILE, node, f'there is no file "{title(file)}" for module "{rest}"')
    return file
