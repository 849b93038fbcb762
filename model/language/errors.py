"""What the reader refuses: a closed set of codes, and how a refusal looks."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

from ..ir.source import Span


class Code(Enum):
    """Codes of refusals, each with what it is about."""

    SYNTAX = "SD101", "the file is not Python"
    FOREIGN_IMPORT = "SD102", "an import from outside the model"
    MISSING_FILE = "SD103", "a file that does not exist or cannot be read"
    MISSING_NAME = "SD104", "an imported name that its file does not declare"
    CIRCULAR_IMPORT = "SD105", "files that import each other"
    LATE_IMPORT = "SD106", "an import behind a definition"
    MODULE_STATEMENT = "SD107", "a statement that may not stand at module level"
    DUPLICATE = "SD108", "a name declared twice"
    UNKNOWN_NAME = "SD109", "a name that is not declared"
    PLAIN_IMPORT = "SD110", "an import of a module instead of names"
    NO_SORT = "SD201", "an annotation that is no sort"
    BOUNDS = "SD202", "an integer without bounds, or with bad ones"
    PLACE_AS_SORT = "SD203", "a place where a value is needed"
    CLASS_HEAD = "SD204", "a class with bases or options that the language lacks"
    CLASS_BODY = "SD205", "a statement that may not stand in a class"
    INITIAL = "SD206", "an initial value that is missing or not constant"
    SET_ELEMENT = "SD207", "a set over a sort that cannot be an element"
    RECURSIVE_SORT = "SD208", "a record that contains itself"
    DECORATOR = "SD209", "a decorator that does not belong there"
    OPTION = "SD210", "a bad option of a declaration"
    PARAMETER = "SD211", "a parameter that the language lacks"
    RESULT = "SD212", "a bad result annotation"
    DOCSTRING = "SD213", "a declaration without the docstring that reports print"
    MECHANISM = "SD214", "a bad mechanism"
    DEVICE_TYPE = "SD215", "a device type that does not fit its slots"
    LITMUS = "SD216", "a litmus form that does not match the parameters"
    UNORDERED_RANGE = "SD217", "a range over an unordered index"
    TABLE_KEY = "SD218", "a table key that is not a scalar"
    CONSTRUCT = "SD301", "a construct that the language lacks"
    LAMBDA = "SD302", "a lambda outside where="
    VALUE_KIND = "SD303", "a list, dict, string or float value"
    EXPRESSION = "SD304", "an expression that the language lacks"
    LOOP_ELSE = "SD305", "else on a loop"
    ENDLESS_STEP = "SD306", "a while with a way round that has no boundary"
    DOMAIN = "SD307", "a loop or choice over something that is no domain"
    RECURSION = "SD308", "recursion"
    LABEL = "SD309", "a label that is no string literal"
    YIELD_IN_HELPER = "SD310", "a yield in a function that is no operation"
    YIELD_FROM = "SD311", "a yield from that stands or calls wrongly"
    STRAY_JUMP = "SD312", "break or continue outside a loop"
    LATE_GUARD = "SD313", "a guard that is not at the head of its step"
    SECOND_ACCESS = "SD314", "a second access to shared state in one step"
    NOT_PURE = "SD315", "an effect where only an expression may stand"
    LATE_ATOMIC = "SD316", "an atomic that is not at the head of its step"
    UNKNOWN_ASSERTION = "SD317", "a check of a property that is no step assertion"
    EACH_DEVICE = "SD318", "a bad each_device"
    STEPS_CALLED_PLAINLY = "SD319", "an operation called without yield from"
    NO_RETURN = "SD320", "a function that ends without its result"
    NO_EFFECT = "SD321", "an expression that does nothing"
    WRONG_SORT = "SD401", "a value of the wrong sort"
    ARITY = "SD402", "wrong arguments"
    NO_FIELD = "SD403", "a field or method that does not exist"
    OPTIONAL = "SD404", "an optional used as a value"
    UNORDERED = "SD405", "an order on values that have none"
    FROZEN = "SD406", "an assignment to a field of a record"
    BOUND_PLACE = "SD407", "a place bound to a name or passed"
    UNASSIGNED = "SD408", "a local that may have no value"
    UNANNOTATED = "SD409", "a local whose sort must be written down"
    NARROWED_CELL = "SD410", "a test of a cell that looks like narrowing"
    COMPARISON = "SD411", "a comparison of values that cannot be equal"
    TRUTH = "SD412", "a condition that is no truth"
    GHOST = "SD413", "ghost state that influences ordinary state"
    PARTIAL = "SD414", "a property that might go wrong"
    FIXED_NAME = "SD415", "an assignment to a name that cannot change"
    GIVEN = "SD416", "an assignment to a given place"
    LATER_ASSIGNED = "SD417", "a where= over a local that is assigned later"
    NO_VALUE = "SD418", "the result of something that has none"
    SIZE = "SD501", "a world in which a sort of the model does not fit"

    @property
    def text(self) -> str:
        """The code as it is printed."""
        return self.value[0]

    @property
    def summary(self) -> str:
        """What the refusal is about."""
        return self.value[1]


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One refusal: where, what is wrong, and what to write instead. `line` is the source line."""

    code: Code
    where: Span
    message: str
    help: str = ""
    notes: tuple[str, ...] = ()
    line: str = ""

    def render(self) -> str:
        """The refusal as it is printed, without a final newline."""
        rows = [f"error[{self.code.text}]: {self.message}", f" --> {self.where}"]
        if self.line:
            number = str(self.where.line)
            end = self.where.end_column if self.where.end_line == self.where.line else len(self.line) + 1
            carets = "^" * max(1, end - self.where.column)
            rows += [f"{number} | {self.line}", f"{' ' * len(number)} | {' ' * (self.where.column - 1)}{carets}"]
        rows += [f"  {note}" for note in self.notes]
        rows += [f"  help: {self.help}"] if self.help else []
        return "\n".join(rows)


class ModelErrors(Exception):
    """The model files break rules of the language."""

    def __init__(self, diagnostics: Sequence[Diagnostic]) -> None:
        super().__init__("\n\n".join(item.render() for item in diagnostics))
        self.diagnostics = tuple(diagnostics)


class RequestError(Exception):
    """A world, design or program does not fit the model. `path` says where, in the words of a scenario."""

    def __init__(self, path: str, message: str, help: str = "") -> None:
        super().__init__(f"{path}: {message}" + (f" ({help})" if help else ""))
        self.path = path
        self.message = message
        self.help = help


def nearest(name: str, names: Iterable[str]) -> str:
    """`did you mean "x"?` for the known name closest to `name`, or nothing."""
    close = difflib.get_close_matches(name, sorted(set(names)), n=1)
    return f'did you mean "{close[0]}"?' if close else ""
