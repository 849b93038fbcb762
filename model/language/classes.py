"""Classes of a model: index sorts, enumerations, records, structs, states."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from . import expressions, signatures
from .annotations import annotation, value_annotation
from .constants import literal
from .context import constant
from .errors import Code, nearest
from .model import SortDecl, StateDecl, StateField
from .scope import Module
from .sorts import (
    EnumSort,
    Field,
    IndexSort,
    QueueSort,
    RecordSort,
    Sort,
    StateSort,
    StructSort,
    TableSort,
    ValueSort,
    fits,
    is_value,
    named,
    title,
)
from .tree import Expr

if TYPE_CHECKING:
    from .declarations import Entity, Reader

KINDS = {"Index": ("ordered",), "Enum": (), "Record": ("show",), "Struct": (), "State": ("ghost",)}


def declare(reader: Reader, module: Module, node: ast.ClassDef) -> Entity:
    """What a class declares."""
    kind, options = _head(reader, module, node)
    where, docstring = module.source.head(node), ast.get_docstring(node) or ""
    body = [item for item in node.body if not _is_plain(item)]
    match kind:
        case "Index":
            _refuse_rest(module, body, "an index sort")
            return SortDecl(node.name, docstring, where, IndexSort(node.name, "ordered" in options))
        case "Enum":
            return SortDecl(node.name, docstring, where, EnumSort(node.name, _members(reader, module, node, body)))
        case "Record":
            return _record(reader, module, node, body, options.get("show"))
        case "Struct":
            return _struct(reader, module, node, body)
        case _:
            fields = tuple(_state_field(reader, module, item) for item in body)
            return StateDecl(node.name, docstring, where, "ghost" in options, fields)


def value_sort(module: Module, node: ast.AST, sort: Sort) -> ValueSort:
    """A sort that values may have; raises `Refusal` for places."""
    if not is_value(sort):
        message = f"{named(sort)} is a place, not a value"
        raise module.source.refusal(Code.PLACE_AS_SORT, node, message, "places live only in a State")
    return sort  # type: ignore[return-value]


def _head(reader: Reader, module: Module, node: ast.ClassDef) -> tuple[str, dict[str, str]]:
    refusal = module.source.refusal
    kind = reader.builtin(module, node.bases[0], *KINDS) if len(node.bases) == 1 else None
    if kind is None or node.decorator_list:
        help = "class Name(Index), (Enum), (Record), (Struct) or (State)"
        message = f'class "{node.name}" is no index sort, enumeration, record, struct or state'
        raise refusal(Code.CLASS_HEAD, node, message, help)
    options: dict[str, str] = {}
    for keyword in node.keywords:
        if keyword.arg not in KINDS[kind]:
            help = nearest(keyword.arg or "", KINDS[kind]) or f"options of {kind}: {', '.join(KINDS[kind]) or 'none'}"
            raise refusal(Code.CLASS_HEAD, keyword, f'"{keyword.arg or "**"}" is no option of {kind}', help)
        if keyword.arg == "show":
            options["show"] = literal(module, keyword.value, "show")
        elif not isinstance(keyword.value, ast.Constant) or not isinstance(keyword.value.value, bool):
            raise refusal(Code.CLASS_HEAD, keyword, f"{keyword.arg} is True or False", f"{keyword.arg}=True")
        elif keyword.value.value:
            options[keyword.arg] = "True"
    return kind, options


def _is_plain(node: ast.stmt) -> bool:
    docstring = (
        isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
    )
    return docstring or isinstance(node, ast.Pass)


def _refuse_rest(module: Module, body: list[ast.stmt], what: str) -> None:
    if body:
        raise module.source.refusal(Code.CLASS_BODY, body[0], f"{what} has a docstring and nothing else", "remove it")


def _members(reader: Reader, module: Module, node: ast.ClassDef, body: list[ast.stmt]) -> tuple[str, ...]:
    names: list[str] = []
    for item in body:
        match item:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call(func=func, args=[], keywords=[])) if (
                reader.builtin(module, func, "auto")
            ):
                if name in names:
                    raise module.source.refusal(Code.DUPLICATE, item, f'"{name}" is declared twice', "remove one")
                names.append(name)
            case _:
                help = "write MEMBER = auto()"
                raise module.source.refusal(Code.CLASS_BODY, item, "this is no member of an enumeration", help)
    if not names:
        raise module.source.refusal(Code.CLASS_BODY, node, f'enumeration "{node.name}" has no members', "A = auto()")
    return tuple(names)


def _record(reader: Reader, module: Module, node: ast.ClassDef, body: list[ast.stmt], show: str | None) -> Entity:
    from .declarations import RecordDecl

    fields: list[Field] = []
    for item in body:
        name, annotated, value = _field(module, item, "a record")
        sort = value_annotation(reader, module, annotated)
        default = _constant(reader, module, value, sort) if value is not None else None
        if default is None and fields and fields[-1].default is not None:
            message = f'field "{name}" without a default behind one that has a default'
            raise module.source.refusal(Code.CLASS_BODY, item, message, "move it up")
        _unique(module, item, name, [field.name for field in fields])
        fields.append(Field(name, sort, default))
    if not fields:
        raise module.source.refusal(Code.CLASS_BODY, node, f'record "{node.name}" has no fields', "name: Sort")
    if show is not None:
        _check_show(module, node, show, tuple(field.name for field in fields))
    return RecordDecl(RecordSort(node.name, tuple(fields), show))


def _check_show(module: Module, node: ast.ClassDef, show: str, fields: tuple[str, ...]) -> None:
    for piece in show.split("{")[1:]:
        name = piece.partition("}")[0].partition(":")[0]
        if "}" not in piece or name not in fields:
            help = nearest(name, fields) or "{field} or {field:TEXT}"
            keyword = node.keywords[0]
            raise module.source.refusal(Code.OPTION, keyword, f'show names "{name}", which is no field', help)


def _struct(reader: Reader, module: Module, node: ast.ClassDef, body: list[ast.stmt]) -> Entity:
    from .declarations import StructDecl

    fields: list[Field] = []
    for item in body:
        if isinstance(item, ast.FunctionDef):
            continue
        name, annotated, value = _field(module, item, "a struct")
        declared = annotation(reader, module, annotated)
        sort, initial, _, is_given = _initial(reader, module, item, declared, value)
        if is_given:
            raise module.source.refusal(Code.INITIAL, item, "a struct field cannot be given", "declare it in a State")
        _unique(module, item, name, [field.name for field in fields])
        fields.append(Field(name, sort, initial))
    struct = StructDecl(StructSort(node.name, tuple(fields)), {})
    for item in body:
        if isinstance(item, ast.FunctionDef):
            _unique(module, item, item.name, [*struct.methods, *(field.name for field in fields)])
            struct.methods[item.name] = signatures.method(reader, module, item, node.name)
    return struct


def _unique(module: Module, item: ast.stmt, name: str, before: list[str]) -> None:
    if name in before:
        raise module.source.refusal(Code.DUPLICATE, item, f'"{name}" is declared twice', "remove one")


def _field(module: Module, item: ast.stmt, what: str) -> tuple[str, ast.expr, ast.expr | None]:
    match item:
        case ast.AnnAssign(target=ast.Name(id=name), annotation=annotated, value=value):
            return name, annotated, value
        case _:
            help = "write name: Sort, or name: Sort = initial value"
            raise module.source.refusal(Code.CLASS_BODY, item, f"this is no field of {what}", help)


def _state_field(reader: Reader, module: Module, item: ast.stmt) -> StateField:
    name, annotated, value = _field(module, item, "a state")
    declared = annotation(reader, module, annotated)
    sort, initial, show, is_given = _initial(reader, module, item, declared, value)
    return StateField(name, "", module.source.span(item), sort, initial, is_given, show)


def _initial(
    reader: Reader, module: Module, item: ast.stmt, sort: Sort, value: ast.expr | None
) -> tuple[Sort, Expr | None, str | None, bool]:
    """The completed sort of a field, its initial value, its `show` text, and whether it is given."""
    refusal = module.source.refusal
    if value is None:
        raise refusal(Code.INITIAL, item, "a place without an initial value", "name: Sort = value")
    if isinstance(sort, StateSort):
        raise refusal(Code.PLACE_AS_SORT, item, "a state inside a state", "k[Part] reaches any state")
    call = value if isinstance(value, ast.Call) else None
    made = reader.builtin(module, call.func, "table", "place", "queue", "given") if call is not None else None
    if made == "given":
        return sort, None, None, True
    wanted = {TableSort: "table", QueueSort: "queue", StructSort: "place"}.get(type(sort))
    if made != wanted:
        help = {"table": "= table(initial)", "queue": "= queue(capacity)", "place": f"= place({title(sort)})"}
        message = f"this does not initialise {named(sort)}"
        raise refusal(Code.INITIAL, value, message, help.get(wanted or "", "a constant of that sort"))
    if call is None or made is None:
        return sort, _constant(reader, module, value, sort), None, False
    argument, show = _made(reader, module, call, made)
    match sort:
        case QueueSort():
            return replace(sort, capacity=_capacity(reader, module, argument)), None, None, False
        case TableSort(keys, QueueSort() as held):
            match argument:
                case ast.Call(func=func, args=[inner], keywords=[]) if reader.builtin(module, func, "queue"):
                    queue = replace(held, capacity=_capacity(reader, module, inner))
                    return TableSort(keys, queue), None, show, False
                case _:
                    raise refusal(Code.INITIAL, argument, "a table of queues", "= table(queue(capacity))")
        case TableSort(_, StructSort(name)) | StructSort(name):
            if not isinstance(argument, ast.Name) or argument.id != name:
                raise refusal(Code.INITIAL, argument, f"the initial value is {name} itself", f"{made}({name})")
            return sort, None, show, False
        case TableSort(_, held):
            return sort, _constant(reader, module, argument, held), show, False
        case _:
            raise refusal(Code.INITIAL, value, f"this does not initialise {named(sort)}")


def _made(reader: Reader, module: Module, call: ast.Call, made: str) -> tuple[ast.expr, str | None]:
    show = None
    for keyword in call.keywords:
        if keyword.arg != "show" or made != "table":
            raise module.source.refusal(Code.OPTION, keyword, f'"{keyword.arg}" is no option of {made}', "remove it")
        show = literal(module, keyword.value, "show")
    if len(call.args) != 1:
        raise module.source.refusal(Code.INITIAL, call, f"{made} takes one argument", f"{made}(...)")
    return call.args[0], show


def _capacity(reader: Reader, module: Module, node: ast.expr) -> Expr:
    expr = expressions.expression(constant(reader, module), node)
    if title(expr.sort) != "int":
        raise module.source.refusal(Code.INITIAL, node, "the capacity of a queue is an integer", "queue(4)")
    return expr


def _constant(reader: Reader, module: Module, node: ast.expr, sort: Sort) -> Expr:
    expr = expressions.expression(constant(reader, module), node, expected=sort)
    if not fits(expr.sort, sort):
        message = f"the initial value is {title(expr.sort)}, the place holds {title(sort)}"
        raise module.source.refusal(Code.INITIAL, node, message, "give a constant of that sort")
    return expr
