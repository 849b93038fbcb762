"""Checks assignments, returns, and statements that are a yield or a call."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from . import calls, expressions, places
from .context import Context, Mode
from .errors import Code
from .model import Function, Role
from .sorts import (
    NONE,
    EnumSort,
    IndexSort,
    IntSort,
    OptionSort,
    QueueSort,
    RecordSort,
    SetSort,
    ValueSort,
    fits,
    is_value,
    named,
    title,
)
from .tree import (
    Argument,
    Assert,
    AssignLocal,
    AssignPlace,
    Atomic,
    Binary,
    Call,
    CallSteps,
    Check,
    Do,
    EachDevice,
    Expr,
    FieldOf,
    IsNone,
    Label,
    Literal,
    Logic,
    Not,
    Note,
    Operation,
    Pick,
    Place,
    Pop,
    Push,
    Read,
    Return,
    Stmt,
    Wait,
)

if TYPE_CHECKING:
    from .statements import Statements


def assign(self: Statements, node: ast.Assign | ast.AugAssign) -> list[Stmt]:
    """An assignment to a local or a place."""
    ctx = self.ctx
    target = node.target if isinstance(node, ast.AugAssign) else node.targets[0]
    if isinstance(node, ast.Assign) and (len(node.targets) > 1 or isinstance(target, ast.Tuple | ast.List)):
        raise ctx.refusal(Code.CONSTRUCT, node, "several targets in one assignment", "one assignment each")
    if isinstance(target, ast.Name):
        return _local(self, node, target)
    if isinstance(node.value, ast.YieldFrom):
        help = "x = yield from f(...), then assign x"
        raise ctx.refusal(Code.YIELD_FROM, node, "yield from on the right of an assignment to a place", help)
    place = _target(ctx, target)
    where = ctx.module.source.span(node)
    sort = place.sort
    assert is_value(sort)
    if isinstance(node, ast.Assign):
        value = expressions.coerced(ctx, node.value, sort, f"{ast.unparse(target)} is")
        return [AssignPlace(where, place, value)]
    operation = _operator(ctx, node, sort)  # type: ignore[arg-type]
    value = expressions.coerced(ctx, node.value, sort, "the operand is", augmented=True)
    return [AssignPlace(where, place, value, operation)]


def _operator(ctx: Context, node: ast.AugAssign, sort: ValueSort) -> Operation:
    table = expressions.SETS if isinstance(sort, SetSort) else expressions.ARITHMETIC
    if type(node.op) not in table or not isinstance(sort, IntSort | SetSort):
        message = f"no such operator for {title(sort)}"
        raise ctx.refusal(Code.WRONG_SORT, node, message, "+= and friends work on integers, |= -= &= on sets")
    return table[type(node.op)]


def _target(ctx: Context, node: ast.expr) -> Place:
    if ctx.mode is Mode.PROPERTY:
        raise ctx.refusal(Code.NOT_PURE, node, "a property assigns nothing", "move it to an operation")
    if not isinstance(node, ast.Attribute | ast.Subscript):
        raise ctx.refusal(Code.CONSTRUCT, node, f'"{ast.unparse(node)}" cannot be assigned', "a local or a place")
    if not places.has_members(ctx, node.value):
        base = expressions.expression(ctx, node.value)
        inner = base.sort.inner if isinstance(base.sort, OptionSort) else base.sort
        if isinstance(inner, RecordSort):
            owner = ast.unparse(node.value)
            attr = node.attr if isinstance(node, ast.Attribute) else "field"
            help = f"{owner} = replace({owner}, {attr}=...)"
            raise ctx.refusal(Code.FROZEN, node, f"a record is frozen: {inner.name}", help)
        message = f"{named(base.sort)} has no parts to assign"
        raise ctx.refusal(Code.WRONG_SORT, node, message, "assign a local or a place")
    place = places.place(ctx, node)
    if place.given:
        message = f'"{place.name}" is given by the world'
        raise ctx.refusal(Code.GIVEN, node, message, "a place that changes has an initial value")
    if not is_value(place.sort):
        message = f"{named(place.sort)} is not assigned as a whole"
        raise ctx.refusal(Code.BOUND_PLACE, node, message, "assign its fields or elements")
    return place


def _local(self: Statements, node: ast.Assign | ast.AugAssign, target: ast.Name) -> list[Stmt]:
    ctx, where = self.ctx, self.ctx.module.source.span(node)
    if isinstance(node.value, ast.YieldFrom):
        if isinstance(node, ast.AugAssign):
            message = "yield from in an augmented assignment"
            raise ctx.refusal(Code.YIELD_FROM, node, message, "x = yield from f(...)")
        function, args = _called(self, node.value)
        if function.result == NONE:
            message = f'"{function.name}" gives no result'
            raise ctx.refusal(Code.NO_VALUE, node.value, message, "yield from f(...) on its own, or -> Result[T]")
        assigned = ctx.flow.assigned
        name = self.local(target, None, function.result)
        return [CallSteps(where, function, args, name, False, assigned)]
    if isinstance(node, ast.AugAssign):
        read = expressions.variable(ctx, target)
        if read is None:
            message = f'"{target.id}" has no value here'
            raise ctx.refusal(Code.UNASSIGNED, target, message, "assign it first")
        operation = _operator(ctx, node, read.sort)
        operand = expressions.coerced(ctx, node.value, read.sort, "the operand is", augmented=True)
        value: Expr = Binary(read.sort, where, operation, read, operand)
        return [AssignLocal(where, self.local(target, value, value.sort), value)]
    value = expressions.expression(ctx, node.value, ctx.sorts.get(target.id))
    if target.id in ctx.sorts and not fits(value.sort, ctx.sorts[target.id]):
        raise expressions.mismatch(ctx, node.value, value.sort, ctx.sorts[target.id], f'local "{target.id}" is')
    if value.sort == NONE and not (isinstance(value, Literal) and value.value is None):
        raise ctx.refusal(Code.NO_VALUE, node.value, "this gives no value", "call it on a line of its own")
    return [AssignLocal(where, self.local(target, value, value.sort), value)]


def returns(self: Statements, node: ast.Return) -> list[Stmt]:
    """`return`, `return value` and `return (yield from f(...))`."""
    ctx, function = self.ctx, self.function
    where = ctx.module.source.span(node)
    wanted = function.result
    if isinstance(node.value, ast.YieldFrom):
        called, args = _called(self, node.value)
        if called.result == NONE or not fits(called.result, wanted):
            message = f'"{called.name}" gives {title(called.result)}, "{function.name}" gives {title(wanted)}'
            raise ctx.refusal(Code.WRONG_SORT, node, message, "return (yield from f(...)) needs the same result")
        self.live = False
        return [CallSteps(where, called, args, None, True, ctx.flow.assigned)]
    if node.value is None:
        if wanted != NONE:
            message = f'"{function.name}" returns {named(wanted)}'
            raise ctx.refusal(Code.NO_RETURN, node, message, "return a value")
        self.live = False
        return [Return(where, None)]
    if wanted == NONE:
        message = f'"{function.name}" returns nothing'
        raise ctx.refusal(Code.WRONG_SORT, node, message, "annotate its result: -> Result[T], or -> T")
    value = expressions.coerced(ctx, node.value, wanted, f"the result of {function.name} is")
    self.live = False
    return [Return(where, value)]


def asserts(self: Statements, node: ast.Assert) -> Stmt:
    """`assert cond`."""
    ctx = self.ctx
    if ctx.mode is Mode.PROPERTY:
        raise ctx.refusal(Code.PARTIAL, node, "an assert in a property", "return the condition")
    if node.msg is not None:
        raise ctx.refusal(Code.EXPRESSION, node.msg, "assert takes no message", "put it in a comment")
    test = expressions.truth(ctx, node.test)
    refuse_cells(ctx, node.test, test)
    with ctx.knowing(expressions.narrowed(test, True)):
        flow = ctx.flow
    ctx.flow = flow
    return Assert(ctx.module.source.span(node), test, ast.unparse(node.test))


def refuse_cells(ctx: Context, node: ast.expr, test: Expr) -> None:
    """Refuse tests of cells that mypy would take for narrowing."""
    match test:
        case Not(operand=operand):
            refuse_cells(ctx, node, operand)
        case Logic(operands=operands):
            for operand in operands:
                refuse_cells(ctx, node, operand)
        case IsNone(operand=operand) if _is_cell(operand):
            _refuse_cell(ctx, node, "None")
        case Binary(operation=Operation.EQ | Operation.NE, left=left, right=right) if _is_cell(left):
            if isinstance(right, Literal) and isinstance(right.sort, EnumSort):
                _refuse_cell(ctx, node, "an enumeration member")


def _is_cell(expr: Expr) -> bool:
    while isinstance(expr, FieldOf):
        expr = expr.record
    return isinstance(expr, Read)


def _refuse_cell(ctx: Context, node: ast.expr, what: str) -> None:
    help = "copy the cell to a local, test the local, and read again after a boundary"
    raise ctx.refusal(Code.NARROWED_CELL, node, f"a condition tests a cell against {what}", help)


def standing(self: Statements, node: ast.Expr, value: ast.expr) -> list[Stmt]:
    """A statement that is a yield, a call of an action, or a helper called for its effect."""
    ctx = self.ctx
    where = ctx.module.source.span(node)
    match value:
        case ast.Yield():
            return [_label(self, value)]
        case ast.YieldFrom():
            return _yield_from(self, value)
        case ast.Call(func=ast.Attribute(value=owner, attr="push")) if places.is_place(ctx, owner):
            return [_push(ctx, value, owner)]
        case ast.Call(func=func):
            name = ctx.reader.builtin(ctx.module, func, "wait", "check", "note", "atomic")
            if name is not None:
                return [_action(self, value, name)]
            called = expressions.expression(ctx, value)
            if not isinstance(called, Call | Pop | Pick):
                raise ctx.refusal(Code.NO_EFFECT, node, "this expression does nothing", "assign it, or remove it")
            return [Do(where, called)]
        case ast.Constant(value=str()):
            raise ctx.refusal(Code.NO_EFFECT, node, "this does nothing", "yield a label, or write a comment")
        case ast.Await():
            raise ctx.refusal(Code.CONSTRUCT, node, '"await" is not in the language', "yield from")
        case _:
            expressions.expression(ctx, value)
            raise ctx.refusal(Code.NO_EFFECT, node, "this expression does nothing", "assign it, or remove it")


def _label(self: Statements, node: ast.Yield) -> Stmt:
    ctx = self.ctx
    if not self.function.steps:
        message = f'"{self.function.name}" is a helper and has a yield'
        raise ctx.refusal(Code.YIELD_IN_HELPER, node, message, "@operation and -> Steps")
    match node.value:
        case ast.Constant(value=str(text)) if text.strip():
            return Label(ctx.module.source.span(node), text, ctx.flow.assigned)
        case _:
            raise ctx.refusal(Code.LABEL, node, "a label is a string literal", 'yield "pte_lock"')


def _push(ctx: Context, node: ast.Call, owner: ast.expr) -> Stmt:
    place = places.place(ctx, owner)
    if not isinstance(place.sort, QueueSort):
        message = f'{named(place.sort)} has no method "push"'
        raise ctx.refusal(Code.NO_FIELD, node, message, "only queues have it")
    if len(node.args) != 1 or node.keywords:
        raise ctx.refusal(Code.ARITY, node, "push takes one value", "q.push(x)")
    value = expressions.coerced(ctx, node.args[0], place.sort.element, "an element is")
    return Push(ctx.module.source.span(node), place, value)


def _action(self: Statements, node: ast.Call, name: str) -> Stmt:
    ctx, where = self.ctx, self.ctx.module.source.span(node)
    count = 2 if name == "check" else 1
    said = [] if name == "atomic" and _by_hardware(node) else node.keywords
    if len(node.args) != count or said:
        example = {"wait": "wait(cond)", "check": 'check(cond, "property")', "note": 'note(f"...")'}
        raise ctx.refusal(Code.ARITY, node, f"{name} takes {count} argument(s)", example.get(name, 'atomic("why")'))
    if ctx.mode is Mode.PROPERTY:
        raise ctx.refusal(Code.NOT_PURE, node, f"{name} in a property", "a property is an expression")
    match name:
        case "wait":
            with ctx.within(Mode.PURE):
                return Wait(where, expressions.truth(ctx, node.args[0]))
        case "check":
            assertion = _text(ctx, node.args[1], "the property of a check")
            ctx.reader.assertions.append((ctx.module, node.args[1], assertion))
            with ctx.within(Mode.PURE):
                return Check(where, expressions.truth(ctx, node.args[0]), assertion)
        case "note":
            return Note(where, _parts(ctx, node.args[0]))
        case _:
            return Atomic(where, _text(ctx, node.args[0], "the reason of atomic"), _by_hardware(node))


def _by_hardware(node: ast.Call) -> bool:
    match node.keywords:
        case [ast.keyword(arg="hardware", value=ast.Constant(value=True))]:
            return True
        case _:
            return False


def _text(ctx: Context, node: ast.expr, what: str) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    raise ctx.refusal(Code.LABEL, node, f"{what} is a string literal", '"..."')


def _parts(ctx: Context, node: ast.expr) -> tuple[str | Expr, ...]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return (node.value,)
    if not isinstance(node, ast.JoinedStr):
        raise ctx.refusal(Code.LABEL, node, "a note is a string or an f-string", 'note(f"{va} -> {f}")')
    parts: list[str | Expr] = []
    for item in node.values:
        match item:
            case ast.Constant(value=str(text)):
                parts.append(text)
            case ast.FormattedValue(value=value, format_spec=None, conversion=-1):
                with ctx.within(Mode.PURE):
                    parts.append(expressions.expression(ctx, value))
            case _:
                raise ctx.refusal(Code.EXPRESSION, node, "a note formats values plainly", "{x}, without : or !")
    return tuple(parts)


def _yield_from(self: Statements, node: ast.YieldFrom) -> list[Stmt]:
    ctx, where = self.ctx, self.ctx.module.source.span(node)
    match node.value:
        case ast.Call(func=func) as call:
            name = ctx.reader.builtin(ctx.module, func, "nothing", "each_device")
            if name == "nothing":
                if call.args or call.keywords:
                    raise ctx.refusal(Code.ARITY, node, '"nothing" takes no arguments', "yield from nothing()")
                _in_operation(self, node)
                return []
            if name == "each_device":
                return [_each_device(self, node, call)]
    function, args = _called(self, node)
    return [CallSteps(where, function, args, None, False, ctx.flow.assigned)]


def _in_operation(self: Statements, node: ast.YieldFrom) -> None:
    if not self.function.steps:
        message = f'"{self.function.name}" is a helper and has a yield from'
        raise self.ctx.refusal(Code.YIELD_IN_HELPER, node, message, "@operation and -> Steps")


def _called(self: Statements, node: ast.YieldFrom) -> tuple[Function, tuple[Argument, ...]]:
    ctx = self.ctx
    _in_operation(self, node)
    match node.value:
        case ast.Call(func=ast.Name() as name) as call:
            function = ctx.reader.lookup(ctx.module, name)
        case _:
            raise ctx.refusal(Code.YIELD_FROM, node, "yield from takes a call of an operation", "yield from f(k, ...)")
    if not isinstance(function, Function) or not function.steps:
        message = f'"{name.id}" gives no steps'
        raise ctx.refusal(Code.YIELD_FROM, node, message, f"{name.id}(...) without yield from")
    return function, calls.arguments(ctx, call, function.name, function.parameters)


def _each_device(self: Statements, node: ast.YieldFrom, call: ast.Call) -> Stmt:
    ctx = self.ctx
    _in_operation(self, node)
    first = call.args[0] if call.args else None
    slot = ctx.reader.lookup(ctx.module, first) if isinstance(first, ast.Name) else None
    if not isinstance(slot, Function) or slot.role is not Role.SLOT or not slot.steps:
        shown = ast.unparse(first) if first is not None else ""
        message = f'"{shown}" is no slot that gives steps'
        raise ctx.refusal(Code.EACH_DEVICE, node, message, "yield from each_device(slot, k, ...)")
    if slot.result != NONE:
        raise ctx.refusal(Code.EACH_DEVICE, node, f'slot "{slot.name}" gives a result', "call it for one device")
    rest = ast.copy_location(ast.Call(func=call.func, args=call.args[1:], keywords=call.keywords), call)
    others = [item for position, item in enumerate(slot.parameters) if position != 1]
    args = calls.arguments(ctx, rest, slot.name, others)
    expressions.asymmetric(ctx, IndexSort("Device"), node, "each_device walks it in registration order")
    return EachDevice(ctx.module.source.span(node), slot, args, 1, ctx.flow.assigned)
