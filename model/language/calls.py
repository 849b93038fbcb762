"""Checks calls: constructors, helpers, methods, and the functions of the language."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from . import builtins, choices, expressions, places
from .context import Context, Mode
from .errors import Code, nearest
from .model import Function, Parameter, Role
from .scope import Builtin
from .sorts import QueueSort, RecordSort, StateSort, StructSort, named
from .tree import Argument, Call, Construct, Expr, Place, Pop, QueueQuestion, QueueRead, StateArg


def call(ctx: Context, node: ast.Call) -> Expr:
    """The checked form of a call that is an expression."""
    from .declarations import RecordDecl

    match node.func:
        case ast.Attribute(value=value, attr=name):
            if places.is_place(ctx, value):
                return _method(ctx, node, places.place(ctx, value), name)
            base = expressions.expression(ctx, value)
            message = f'{named(base.sort)} has no method "{name}"'
            raise ctx.refusal(Code.NO_FIELD, node, message, "write a helper at module level")
        case ast.Name() as name:
            pass
        case _:
            raise ctx.refusal(Code.EXPRESSION, node, "only named functions are called", "name a function")
    if name.id in ctx.sorts or name.id in ctx.bound:
        raise ctx.refusal(Code.EXPRESSION, node, f'"{name.id}" is a value, not a function', "call a function")
    match ctx.reader.lookup(ctx.module, name):
        case Builtin(builtin):
            return _builtin(ctx, node, builtin)
        case RecordDecl(sort):
            return _construct(ctx, node, sort)
        case Function() as function:
            return _plain(ctx, node, function)
        case _:
            message = f'"{name.id}" cannot be called'
            raise ctx.refusal(Code.EXPRESSION, node, message, "call a record, a helper or a function of the language")


def _builtin(ctx: Context, node: ast.Call, name: str) -> Expr:
    if name in ("pick", "choose"):
        return choices.pick(ctx, node, blocking=name == "choose")
    if name in ("all", "any", "sum", "frozenset"):
        return choices.fold(ctx, node, name)
    if name in ("wait", "check", "note", "atomic"):
        message = f"{name}(...) is a statement, not a value"
        raise ctx.refusal(Code.NO_VALUE, node, message, "put it on a line of its own")
    if name in ("each_device", "nothing"):
        raise ctx.refusal(Code.STEPS_CALLED_PLAINLY, node, f"{name} gives steps", f"yield from {name}(...)")
    if name == "replace":
        return _replace(ctx, node)
    return builtins.call(ctx, node, name)


def arguments(ctx: Context, node: ast.Call, name: str, parameters: Sequence[Parameter]) -> tuple[Argument, ...]:
    """The arguments of a call in the order of the parameters."""
    given = _bind(ctx, node, name, [item.name for item in parameters])
    found: list[Argument] = []
    for item in parameters:
        value = given[item.name]
        if isinstance(item.sort, StateSort):
            state = places.state_of(ctx, value)
            if state is None or state.name != item.sort.name:
                shown = f"state {state.name}" if state else f'"{ast.unparse(value)}"'
                message = f'"{name}" needs the state {item.sort.name} as "{item.name}", not {shown}'
                raise ctx.refusal(Code.WRONG_SORT, value, message, f"pass k[{item.sort.name}]")
            found.append(StateArg(state.name))
        else:
            _no_place(ctx, value)
            found.append(expressions.coerced(ctx, value, item.sort, f'parameter "{item.name}" of {name} is'))
    return tuple(found)


def _no_place(ctx: Context, node: ast.expr) -> None:
    if isinstance(node, ast.Name | ast.Subscript) and places.state_of(ctx, node) is not None:
        raise ctx.refusal(Code.WRONG_SORT, node, "a state stands where a value is needed", "read one of its fields")


def _bind(ctx: Context, node: ast.Call, name: str, names: list[str]) -> dict[str, ast.expr]:
    wanted = f"{name}({', '.join(names)})"
    if any(isinstance(arg, ast.Starred) for arg in node.args) or any(item.arg is None for item in node.keywords):
        raise ctx.refusal(Code.ARITY, node, "* and ** are not in the language", wanted)
    if len(node.args) > len(names):
        message = f'"{name}" takes {len(names)} arguments, not {len(node.args) + len(node.keywords)}'
        raise ctx.refusal(Code.ARITY, node, message, wanted)
    given = dict(zip(names, node.args, strict=False))
    for keyword in node.keywords:
        if keyword.arg not in names:
            help = nearest(keyword.arg or "", names) or wanted
            raise ctx.refusal(Code.ARITY, keyword, f'"{name}" has no parameter "{keyword.arg}"', help)
        if keyword.arg in given:
            raise ctx.refusal(Code.ARITY, keyword, f'"{keyword.arg}" is given twice', wanted)
        given[keyword.arg] = keyword.value
    missing = [item for item in names if item not in given]
    if missing:
        message = f'"{name}" lacks {", ".join(missing)}'
        raise ctx.refusal(Code.ARITY, node, message, wanted)
    return {item: given[item] for item in names}


def _construct(ctx: Context, node: ast.Call, sort: RecordSort) -> Expr:
    names = [field.name for field in sort.fields]
    positional = dict(zip(names, node.args, strict=False))
    given = {**positional, **{item.arg: item.value for item in node.keywords if item.arg}}
    optional = [field.name for field in sort.fields if field.default is not None and field.name not in given]
    required = [name for name in names if name not in optional]
    bound = _bind(ctx, node, sort.name, required if len(node.args) <= len(required) else names)
    args: list[Expr] = []
    for field in sort.fields:
        if field.name in bound:
            what = f'field "{field.name}" of {sort.name} is'
            args.append(expressions.coerced(ctx, bound[field.name], field.sort, what))
        else:
            assert field.default is not None
            args.append(field.default)
    return Construct(sort, ctx.module.source.span(node), sort, tuple(args))


def _replace(ctx: Context, node: ast.Call) -> Expr:
    from .tree import Replace

    if len(node.args) != 1:
        raise ctx.refusal(Code.ARITY, node, "replace takes a record and fields by name", "replace(p, write=False)")
    base = expressions.expression(ctx, node.args[0])
    if not isinstance(base.sort, RecordSort):
        from .sorts import OptionSort

        if isinstance(base.sort, OptionSort):
            raise ctx.refusal(Code.OPTIONAL, node.args[0], "this may be None", expressions.NARROW)
        message = f"{named(base.sort)} is no record"
        raise ctx.refusal(Code.WRONG_SORT, node.args[0], message, "replace(record, field=value)")
    changes = []
    for keyword in node.keywords:
        field = base.sort.field(keyword.arg or "")
        if field is None:
            help = nearest(keyword.arg or "", [item.name for item in base.sort.fields]) or "name a field"
            raise ctx.refusal(Code.NO_FIELD, keyword, f'{base.sort.name} has no field "{keyword.arg}"', help)
        what = f'field "{field.name}" of {base.sort.name} is'
        changes.append((field.name, expressions.coerced(ctx, keyword.value, field.sort, what)))
    return Replace(base.sort, ctx.module.source.span(node), base, tuple(changes))


def _plain(ctx: Context, node: ast.Call, function: Function) -> Expr:
    if function.steps:
        message = f'"{function.name}" gives steps'
        raise ctx.refusal(Code.STEPS_CALLED_PLAINLY, node, message, f"yield from {function.name}(...)")
    if function.role is Role.PROPERTY:
        raise ctx.refusal(Code.EXPRESSION, node, f'"{function.name}" is a property', "move what both need to a helper")
    if ctx.mode is Mode.CONSTANT:
        raise ctx.refusal(Code.INITIAL, node, "a constant calls no function", "write the value")
    args = arguments(ctx, node, function.name, function.parameters)
    made = Call(function.result, ctx.module.source.span(node), function, args)
    ctx.reader.calls.append((ctx.module, node, ctx.mode, made))
    return made


def _method(ctx: Context, node: ast.Call, owner: Place, name: str) -> Expr:
    where = ctx.module.source.span(node)
    match owner.sort:
        case QueueSort(element):
            if name == "pop" and not node.args:
                if ctx.mode is not Mode.STATEMENT:
                    raise ctx.refusal(Code.NOT_PURE, node, "pop changes the queue", "pop in a statement of its own")
                return Pop(element, where, owner)
            if name == "push":
                raise ctx.refusal(Code.NO_VALUE, node, "push gives no value", "put it on a line of its own")
            help = nearest(name, ("push", "pop", "head", "full", "empty")) or "push, pop, head, full, empty, len(q)"
            raise ctx.refusal(Code.NO_FIELD, node, f'a queue has no method "{name}"', help)
        case StructSort(struct):
            methods = places.struct_of(ctx, struct).methods
        case _:
            message = f'{named(owner.sort)} has no method "{name}"'
            raise ctx.refusal(Code.NO_FIELD, node, message, "only structs and queues have methods")
    if name not in methods:
        help = nearest(name, methods) or f"methods are {', '.join(methods) or 'none'}"
        raise ctx.refusal(Code.NO_FIELD, node, f'{struct} has no method "{name}"', help)
    function = methods[name]
    args = arguments(ctx, node, function.name, function.parameters)
    made = Call(function.result, where, function, args, owner)
    ctx.reader.calls.append((ctx.module, node, ctx.mode, made))
    return made


def queue_question(ctx: Context, node: ast.Attribute | ast.Subscript) -> Expr | None:
    """`q.head`, `q.full` or `q.empty`, if the expression is one of these."""
    from .sorts import BOOL

    if not isinstance(node, ast.Attribute) or node.attr not in ("head", "full", "empty"):
        return None
    if not places.is_place(ctx, node.value) or places.state_of(ctx, node.value) is not None:
        return None
    if isinstance(node.value, ast.Name):
        return None
    owner = places.place(ctx, node.value)
    if not isinstance(owner.sort, QueueSort):
        return None
    question = QueueQuestion(node.attr)
    if question is QueueQuestion.HEAD and ctx.mode is Mode.PROPERTY:
        raise ctx.refusal(Code.PARTIAL, node, "a property takes the head of a queue", "the queue may be empty")
    sort = owner.sort.element if question is QueueQuestion.HEAD else BOOL
    return QueueRead(sort, ctx.module.source.span(node), owner, question)
