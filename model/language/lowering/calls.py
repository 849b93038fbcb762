"""Lowers plain calls: expression helpers become expressions, others run where they are called."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from ...ir.expr import Const, Expr, Operator
from ...ir.source import Span
from .. import tree
from ..errors import Code
from ..model import Function, Parameter, Role
from ..sorts import IntSort, NoneSort, StateSort
from ..tree import Body
from . import expressions, places
from .emit import Emit
from .scope import Owner, Scope
from .shapes import NIL, Val
from .terms import disj, negate, op


@lru_cache(maxsize=1 << 16)
def has_effect(node: tree.Expr) -> bool:
    """Whether evaluating an expression may change the state or choose."""
    from ..walk import expressions as every

    for part in every(node):
        if isinstance(part, tree.Pick | tree.Pop) or (isinstance(part, tree.Call) and not part.function.pure):
            return True
    return False


def call(emit: Emit, scope: Scope, node: tree.Call) -> Val:
    """The result of a plain call."""
    struct = owner(emit, scope, node)
    args = arguments(emit, scope, node.args, node.function.parameters, node.function.name, node.where)
    if node.function.role is Role.SLOT:
        return _slot(emit, node, args)
    return run(emit, node, node.function, args, struct)


def owner(emit: Emit, scope: Scope, node: tree.Call) -> Owner | None:
    """The struct of a method call."""
    if node.owner is None:
        return None
    found = places.locate(emit, scope, node.owner)
    if node.function.pure or not emit.plain:
        return found
    return Owner(found.path, tuple(emit.saved(index, node.where) for index in found.indices))


def arguments(
    emit: Emit, scope: Scope, args: Sequence[tree.Argument], parameters: Sequence[Parameter], name: str, where: Span
) -> dict[str, Val]:
    """The values of the parameters that are values."""
    pairs = [(item, arg) for item, arg in zip(parameters, args, strict=True) if not isinstance(arg, tree.StateArg)]
    values = expressions.operands(emit, scope, [arg for _, arg in pairs])
    found: dict[str, Val] = {}
    for (item, arg), value in zip(pairs, values, strict=True):
        assert not isinstance(item.sort, StateSort)
        what = f'argument "{item.name}" of {name} out of bounds'
        fitted = expressions.fit(emit, value, emit.setting.shape(item.sort), arg.where, what)
        found[item.name] = emit.save(fitted, where)
    return found


def groups(emit: Emit, slot: Function, device: Val) -> list[tuple[Function, tuple[int, ...]]]:
    """The functions that a call of a slot may run, each with the devices (by position) that run it."""
    found: dict[int, tuple[Function, list[int]]] = {}
    for position, name in enumerate(emit.setting.elements("Device")):
        if isinstance(device.leaf, Const) and device.leaf.value != position:
            continue
        kind = emit.setting.device_type(name)
        if device.types is not None and kind.name not in device.types:
            continue
        function = kind.fills.get(slot.name, slot)
        found.setdefault(id(function), (function, []))[1].append(position)
    return [(function, tuple(positions)) for function, positions in found.values()]


def is_one_of(device: Val, positions: tuple[int, ...]) -> Expr:
    """Whether a device is one of these."""
    return disj(*(op(Operator.EQ, device.leaf, Const(position)) for position in positions))


def renamed(slot: Function, function: Function, args: dict[str, Val]) -> dict[str, Val]:
    """The arguments of a slot under the names of the function that fills it."""
    names = dict(zip((item.name for item in slot.parameters), (item.name for item in function.parameters), strict=True))
    return {names[name]: value for name, value in args.items()}


def _slot(emit: Emit, node: tree.Call, args: dict[str, Val]) -> Val:
    slot = node.function
    device = args[slot.parameters[1].name]
    ways = groups(emit, slot, device)
    if not ways:
        ways = [(slot, ())]
    if len(ways) > 1 and not slot.pure:
        message = f'slot "{slot.name}" acts on state, and the device is not constant here'
        raise emit.setting.refusal(node.where, message, "make it a slot that gives steps", Code.EACH_DEVICE)
    *firsts, (last, _) = ways
    made: list[tuple[Expr, Val]] = []
    for function, positions in firsts:
        test = is_one_of(device, positions)
        with emit.given(test):
            made.append((test, run(emit, node, function, renamed(slot, function, args), None)))
    with emit.given(negate(disj(*(test for test, _ in made)))):
        value = run(emit, node, last, renamed(slot, last, args), None)
    for test, other in reversed(made):
        value = expressions.choice(test, other, value)
    return value


def run(emit: Emit, node: tree.Call, function: Function, args: dict[str, Val], owner: Owner | None) -> Val:
    """The result of a helper with these arguments."""
    if function.pure:
        return _body(emit, function, Scope(args, None, owner), function.body)
    return emit.inline(node, function, args, owner)


def body(emit: Emit, function: Function) -> Val:
    """The value of a function whose parameters are all states."""
    return _body(emit, function, Scope(), function.body)


def _body(emit: Emit, function: Function, scope: Scope, body: Body) -> Val:
    """The value that an expression helper returns."""
    first, rest = body[0], body[1:]
    match first:
        case tree.AssignLocal(name=name, value=node):
            value = expressions.evaluate(emit, scope, node)
            sort = function.locals[name]
            if not (isinstance(sort, IntSort) and sort.lo is None) and name not in function.definitions:
                value = expressions.fit(emit, value, emit.setting.shape(sort), node.where, f'"{name}" out of bounds')
            return _body(emit, function, scope.bind(**{name: emit.save(value, first.where)}), rest)
        case tree.If(test=test, then=then, other=other):
            condition = expressions.evaluate(emit, scope, test).leaf
            if isinstance(condition, Const):
                return _body(emit, function, scope, (*(then if condition.value else other), *rest))
            with emit.given(condition):
                one = _body(emit, function, scope, (*then, *rest))
            with emit.given(negate(condition)):
                two = _body(emit, function, scope, (*other, *rest))
            return expressions.choice(condition, one, two)
        case tree.Return(value=node) if node is not None:
            value = expressions.evaluate(emit, scope, node)
            if isinstance(function.result, NoneSort):
                return Val(NIL, ())
            shape = emit.setting.shape(function.result)
            return expressions.fit(emit, value, shape, node.where, f"result of {function.name} out of bounds")
        case _:
            raise TypeError(f"{function.name} is no expression helper")
