"""Reads the text that `print` writes. It checks the form only; `verify` checks what the text says."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import Enum
from typing import TypeVar

from .expr import Bound, Const, Expr, Fold, FoldKind, Load, Local, Op, Operator, Param, Rigid, Temp
from .sexpr import FLAGS, Form, ReadError, Symbol, read, write
from .stmt import Assert, Assign, Block, Cell, Check, Choose, Failure, Goto, If, Note, Place, Shown, Stmt, Wait
from .system import (
    Agent,
    Array,
    Call,
    LocalVariable,
    Mechanism,
    Point,
    Process,
    Property,
    PropertyKind,
    Step,
    StepClass,
    System,
)
from .views import OptionView, QueueView, RecordView, ScalarView, SetView, Variable, View

T = TypeVar("T")
E = TypeVar("E", bound=Enum)
OPERATORS = {operator.value: operator for operator in Operator}
ITEMS = frozenset({"mechanism", "array", "view", "variable", "process", "agent", "property"})
FOLDS = {kind.value: kind for kind in FoldKind}


def parse_system(text: str) -> System:
    """The system that a text describes; raises `ReadError`."""
    head, rest = _open(read(text))
    if head != "system":
        raise ReadError(f"expected a system, found ({head} ...)")
    system_name, *items = rest
    for item in items:
        if _open(item)[0] not in ITEMS:
            raise ReadError(f"expected a part of a system, found {write(item)}")
    return System(
        _name(system_name),
        arrays=_all(items, "array", _array),
        processes=_all(items, "process", _process),
        agents=_all(items, "agent", _agent),
        mechanisms=_all(items, "mechanism", _mechanism),
        properties=_all(items, "property", _property),
        variables=_all(items, "variable", _variable),
        views=_all(items, "view", lambda args: (_name(args.at(0)), _view(args.at(1)))),
    )


def parse_expr(text: str) -> Expr:
    """The expression that a text describes; raises `ReadError`."""
    return _expr(read(text))


def parse_statement(text: str) -> Stmt:
    """The statement that a text describes; raises `ReadError`."""
    return _statement(read(text))


@dataclass(frozen=True)
class _Args:
    """What follows the head of a list: positional forms, and options by keyword."""

    form: Form
    positional: list[Form] = field(default_factory=list)
    options: dict[str, Form] = field(default_factory=dict)

    def at(self, position: int) -> Form:
        if position >= len(self.positional):
            raise ReadError(f"too short: {write(self.form)}")
        return self.positional[position]

    def rest(self, position: int) -> list[Form]:
        return self.positional[position:]

    def flag(self, keyword: str) -> bool:
        return keyword in self.options

    def text(self, keyword: str) -> str | None:
        return _name(self.options[keyword]) if keyword in self.options else None


def _args(form: Form, items: Iterable[Form]) -> _Args:
    args = _Args(form)
    pending = iter(items)
    for item in pending:
        if not (isinstance(item, Symbol) and item.word.startswith(":")):
            args.positional.append(item)
        elif item.word in FLAGS:
            args.options[item.word] = 1
        else:
            value = next(pending, None)
            if value is None:
                raise ReadError(f"nothing behind {item.word}: {write(form)}")
            args.options[item.word] = value
    return args


def _open(form: Form) -> tuple[str, tuple[Form, ...]]:
    if isinstance(form, tuple) and form and isinstance(form[0], Symbol):
        return form[0].word, form[1:]
    raise ReadError(f"expected a list with a head, found {write(form)}")


def _all(items: Iterable[Form], wanted: str, convert: Callable[[_Args], T]) -> tuple[T, ...]:
    """The lists among `items` with the wanted head, converted."""
    found = []
    for item in items:
        if isinstance(item, tuple) and item and item[0] == Symbol(wanted):
            found.append(convert(_args(item, item[1:])))
    return tuple(found)


def _name(form: Form) -> str:
    if isinstance(form, Symbol):
        return form.word
    if isinstance(form, str):
        return form
    raise ReadError(f"expected a name, found {write(form)}")


def _int(form: Form) -> int:
    if isinstance(form, int):
        return form
    raise ReadError(f"expected an integer, found {write(form)}")


def _list(form: Form) -> tuple[Form, ...]:
    if isinstance(form, tuple):
        return form
    raise ReadError(f"expected a list, found {write(form)}")


def _ints(form: Form) -> tuple[int, ...]:
    return tuple(_int(item) for item in _list(form))


def _texts(form: Form) -> tuple[str, ...]:
    return tuple(_name(item) for item in _list(form))


def _enum(kind: type[E], form: Form) -> E:
    word = _name(form)
    for member in kind:
        if word in (member.value, member.name.lower()):
            return member
    raise ReadError(f"expected a {kind.__name__}, found {write(form)}")


def _expr(form: Form) -> Expr:
    if isinstance(form, int):
        return Const(form)
    if isinstance(form, Symbol):
        return _variable_read(form)
    head, rest = _open(form)
    if head in OPERATORS:
        return Op(OPERATORS[head], tuple(_expr(arg) for arg in rest))
    if head in FOLDS:
        return _fold(FOLDS[head], _args(form, rest))
    args = _args(form, rest)
    match head:
        case "load":
            return Load(_name(args.at(0)), tuple(_expr(index) for index in args.rest(1)))
        case "way":
            return Rigid(_name(args.at(0)))
        case "bound":
            return Bound(_name(args.at(0)))
        case _:
            raise ReadError(f"expected an expression, found {write(form)}")


def _fold(kind: FoldKind, args: _Args) -> Expr:
    variable = _list(args.at(0))
    if len(variable) < 3:
        raise ReadError(f"expected (name lo hi), found {write(args.at(0))}")
    labels = tuple(_name(label) for label in variable[3:])
    return Fold(kind, _name(variable[0]), _int(variable[1]), _int(variable[2]), _expr(args.at(1)), labels)


def _variable_read(symbol: Symbol) -> Expr:
    sigil, word = symbol.word[:1], symbol.word[1:]
    if sigil == "?" and word:
        return Bound(word)
    slot, _, _ = word.partition(":")
    kinds: dict[str, Callable[[int], Expr]] = {"$": Local, "%": Temp, "@": Param}
    if sigil not in kinds or not slot.isdecimal():
        raise ReadError(f"expected an expression, found {write(symbol)}")
    return kinds[sigil](int(slot))


def _block(items: Iterable[Form]) -> Block:
    return tuple(_statement(item) for item in items)


def _statement(form: Form) -> Stmt:
    head, rest = _open(form)
    args = _args(form, rest)
    match head:
        case "set":
            return Assign(_target(args.at(0)), _expr(args.at(1)))
        case "if":
            return _if(args)
        case "wait":
            return Wait(_expr(args.at(0)))
        case "choose" | "pick":
            return _choose(args, blocking=head == "choose")
        case "check":
            return Check(_expr(args.at(0)), _enum(Failure, args.at(1)), _name(args.at(2)))
        case "assert":
            return Assert(_expr(args.at(1)), _name(args.at(0)))
        case "note" | "line":
            return Note(tuple(_part(part) for part in rest), head == "line")
        case "goto":
            return Goto(_int(args.at(0)))
        case _:
            raise ReadError(f"expected a statement, found {write(form)}")


def _if(args: _Args) -> Stmt:
    branches = [_open(branch) for branch in args.rest(1)]
    if [head for head, _ in branches] not in (["then"], ["then", "else"]):
        raise ReadError(f"expected (if cond (then ...) (else ...)), found {write(args.form)}")
    then, *orelse = (_block(statements) for _, statements in branches)
    return If(_expr(args.at(0)), then, orelse[0] if orelse else ())


def _target(form: Form) -> Place:
    if isinstance(form, tuple):
        head, rest = _open(form)
        if head == "cell" and rest:
            return Cell(_name(rest[0]), tuple(_expr(index) for index in rest[1:]))
    else:
        place = _expr(form)
        if isinstance(place, Local | Temp):
            return place
    raise ReadError(f"expected a place, found {write(form)}")


def _choose(args: _Args, *, blocking: bool) -> Stmt:
    target = _target(args.at(0))
    if isinstance(target, Cell):
        raise ReadError(f"expected a local or temporary, found {write(args.at(0))}")
    labels = _texts(args.options.get(":labels", ()))
    bounds = _int(args.at(1)), _int(args.at(2))
    chosen, what = args.text(":name") or "", args.text(":what") or ""
    return Choose(target, *bounds, _expr(args.at(3)), blocking, chosen, what, labels)


def _part(form: Form) -> str | Shown:
    if isinstance(form, str):
        return form
    head, rest = _open(form)
    if head != "shown" or not rest:
        raise ReadError(f"expected text or a shown value, found {write(form)}")
    return Shown(tuple(_expr(leaf) for leaf in rest[1:]), _name(rest[0]))


def _mechanism(args: _Args) -> Mechanism:
    return Mechanism(_name(args.at(0)), tuple(_name(label) for label in args.rest(2)), _int(args.at(1)))


def _array(args: _Args) -> Array:
    bounds = _int(args.at(2)), _int(args.at(3))
    return Array(_name(args.at(0)), _ints(args.at(1)), *bounds, _ints(args.at(4)), args.flag(":ghost"))


def _view(form: Form) -> View:
    head, rest = _open(form)
    args = _args(form, rest)
    match head:
        case "scalar":
            return ScalarView(_int(args.at(0)), tuple(_name(label) for label in args.rest(1)))
        case "option":
            return OptionView(_view(args.at(0)))
        case "record":
            pairs = [_list(item) for item in args.rest(1)]
            if any(len(pair) != 2 for pair in pairs):
                raise ReadError(f"expected (field view), found {write(form)}")
            return RecordView(
                _name(args.at(0)), tuple((_name(key), _view(inner)) for key, inner in pairs), args.text(":show")
            )
        case "set":
            element = _view(args.at(0))
            if isinstance(element, ScalarView):
                return SetView(element)
        case "queue":
            return QueueView(_view(args.at(1)), _int(args.at(0)))
    raise ReadError(f"expected a view, found {write(form)}")


def _variable(args: _Args) -> Variable:
    keys = tuple(_texts(key) for key in _list(args.at(2)))
    owner, view, leaves = _name(args.at(1)), _view(args.at(3)), _texts(args.at(4))
    return Variable(_name(args.at(0)), owner, keys, view, leaves, args.text(":show"), args.flag(":ghost"))


def _process(args: _Args) -> Process:
    items = args.rest(1)

    def number(key: str) -> int:
        found = _all(items, key, lambda inner: _int(inner.at(0)))
        if len(found) != 1:
            raise ReadError(f"expected one ({key} ...) in process {_name(args.at(0))}")
        return found[0]

    return Process(
        _name(args.at(0)),
        number("params"),
        _all(items, "local", _local),
        number("temps"),
        _all(items, "point", _point),
        _all(items, "step", _step),
        number("entry"),
    )


def _local(args: _Args) -> LocalVariable:
    return LocalVariable(_name(args.at(0)), _int(args.at(1)), _int(args.at(2)), _int(args.at(3)))


def _point(args: _Args) -> Point:
    live = _all(args.rest(2), "live", lambda inner: (_ints(inner.at(0)), _name(inner.at(1)), _name(inner.at(2))))
    return Point(_name(args.at(1)), args.flag(":inside"), args.flag(":final"), live)


def _step(args: _Args) -> Step:
    (block,) = _all(args.rest(3), "do", lambda inner: _block(inner.positional)) or ((),)
    origin = args.options.get(":origin")
    return Step(
        _int(args.at(0)),
        _name(args.at(1)),
        block,
        _enum(StepClass, args.at(2)),
        tuple(_call(call) for call in _list(args.options.get(":calls", ()))),
        args.text(":starts"),
        args.text(":atomic"),
        origin=None if origin is None else _int(origin),
    )


def _call(form: Form) -> Call:
    if isinstance(form, tuple):
        operation, instance = form
        return Call(_name(operation), instance=_int(instance))
    return Call(_name(form))


def _agent(args: _Args) -> Agent:
    hardware, title = args.flag(":hardware"), args.text(":title") or ""
    return Agent(_name(args.at(0)), _name(args.at(1)), _ints(args.at(2)), hardware, title)


def _property(args: _Args) -> Property:
    return Property(_name(args.at(0)), _enum(PropertyKind, args.at(1)), _expr(args.at(2)), args.text(":meaning") or "")
