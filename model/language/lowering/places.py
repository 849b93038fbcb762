"""Lowers reads and writes of places."""

from __future__ import annotations

from ...ir.expr import Const, Expr, Load, Operator
from ...ir.source import Span
from ...ir.stmt import Cell, Failure, Place
from .. import tree
from . import expressions
from .emit import Emit
from .memory import Cells, Path, choose_given, is_given
from .scope import Owner, Scope
from .shapes import Scalar, Val, bounds, number, truth
from .terms import add, op


def locate(emit: Emit, scope: Scope, place: tree.Place) -> Owner:
    """The path of a place and the indices into its arrays."""
    path: Path = (place.state, place.name)
    found: list[Expr] = []
    if not place.state:
        owner = scope.owner
        assert owner is not None
        path, found = (*owner.path, place.name), list(owner.indices)
    for step in place.steps:
        if isinstance(step, tree.Member):
            path = (*path, step.name)
        else:
            found += _keys(emit, scope, path, len(found), step, place.where)
    return Owner(path, tuple(found))


def _keys(emit: Emit, scope: Scope, path: Path, before: int, step: tree.Index, where: Span) -> list[Expr]:
    shapes = key_shapes(emit, path)[before:]
    values = expressions.operands(emit, scope, step.keys)
    found = []
    for value, shape in zip(values, shapes, strict=False):
        name = ".".join(path[1:])
        made = expressions.fit(emit, value, shape, where, f"index of {name} out of range")
        found.append(add(made.leaf, -shape.lo))
    return found


def key_shapes(emit: Emit, path: Path) -> tuple[Scalar, ...]:
    """The shapes of all keys on the way to a path."""
    known = emit.setting.key_shapes
    if path not in known:
        known[path] = _key_shapes(emit, path)
    return known[path]


def _key_shapes(emit: Emit, path: Path) -> tuple[Scalar, ...]:
    from .. import sorts

    state = emit.setting.model.states[path[0]].field(path[1])
    assert state is not None
    sort: sorts.Sort = state.sort
    found: list[Scalar] = []
    for member in (*path[2:], None):
        if isinstance(sort, sorts.TableSort):
            found += [emit.setting.scalar(item) for item in sort.keys]
            sort = sort.value
        if member is not None:
            assert isinstance(sort, sorts.StructSort)
            inner = sort.field(member)
            assert inner is not None
            sort = inner.sort
    return tuple(found)


def cells(emit: Emit, scope: Scope, place: tree.Place) -> tuple[Cells, tuple[Expr, ...]]:
    """The arrays of a place and the indices into them."""
    at = locate(emit, scope, place)
    return emit.memory.find(at.path), at.indices


def _note(emit: Emit, found: Cells, indices: tuple[Expr, ...], *, write: bool) -> None:
    if not found.ghost and found.given is None:
        (emit.writes if write else emit.reads).add((found.name, indices))


def read(emit: Emit, scope: Scope, place: tree.Place) -> Val:
    """The value of a place."""
    found, indices = cells(emit, scope, place)
    _note(emit, found, indices, write=False)
    if found.given is not None:
        value = choose_given(found, indices)
        if value is None:
            message = f"the world gives no value of {found.name} for this key"
            emit.demand(Const(0), message, place.where)
            return Val(found.shape, tuple(Const(lo) for lo, _ in bounds(found.shape)))
        emit.demand(is_given(found, indices), f"the world gives no value of {found.name} for this key", place.where)
        return value
    return Val(found.shape, tuple(Load(array, indices, place.where) for array in found.arrays))


def assign(emit: Emit, scope: Scope, node: tree.AssignPlace) -> None:
    """Assign a place."""
    if node.operation is None:
        value = expressions.evaluate(emit, scope, node.value)
        if _indices_have_effects(node.place):
            value = emit.save(value, node.where)
        found, indices = cells(emit, scope, node.place)
    else:
        found, indices = cells(emit, scope, node.place)
        _note(emit, found, indices, write=False)
        old = Val(found.shape, tuple(Load(array, indices, node.where) for array in found.arrays))
        from .calls import has_effect

        if has_effect(node.value):
            indices = tuple(emit.saved(index, node.where) for index in indices)
            old = emit.save(old, node.where)
        operand = expressions.evaluate(emit, scope, node.value)
        value = expressions.binary(emit, node.operation, old, operand, node.where)
    made = expressions.fit(emit, value, found.shape, node.where, f"{found.name} out of bounds")
    _note(emit, found, indices, write=True)
    if len(found.arrays) > 1:
        indices = tuple(emit.saved(index, node.where) for index in indices)
    targets: list[Place] = [Cell(array, indices) for array in found.arrays]
    emit.store(targets, made.leaves, node.where)


def _indices_have_effects(place: tree.Place) -> bool:
    from .calls import has_effect

    return any(has_effect(key) for step in place.steps if isinstance(step, tree.Index) for key in step.keys)


def _length(found: Cells, indices: tuple[Expr, ...], where: Span) -> Load:
    return Load(found.arrays[0], indices, where)


def ask(emit: Emit, scope: Scope, node: tree.QueueRead) -> Val:
    """The answer to a question to a queue."""
    found, indices = cells(emit, scope, node.place)
    _note(emit, found, indices, write=False)
    assert found.capacity is not None
    length = _length(found, indices, node.where)
    match node.question:
        case tree.QueueQuestion.LENGTH:
            return number(length, 0, found.capacity)
        case tree.QueueQuestion.EMPTY:
            return truth(op(Operator.EQ, length, Const(0)))
        case tree.QueueQuestion.FULL:
            return truth(op(Operator.EQ, length, Const(found.capacity)))
        case tree.QueueQuestion.HEAD:
            emit.demand(op(Operator.LT, Const(0), length), f"head of {found.name}, which is empty", node.where)
            return Val(found.shape, tuple(Load(array, (*indices, Const(0)), node.where) for array in found.arrays[1:]))


def pop(emit: Emit, scope: Scope, place: tree.Place) -> Val:
    """Take the head off a queue: the others move up, the place that falls free gets its initial value."""
    found, indices = cells(emit, scope, place)
    _note(emit, found, indices, write=True)
    assert found.capacity is not None
    length = _length(found, indices, place.where)
    emit.demand(op(Operator.LT, Const(0), length), f"pop of {found.name}, which is empty", place.where)
    indices = tuple(emit.saved(index, place.where) for index in indices)
    head = Val(found.shape, tuple(Load(array, (*indices, Const(0))) for array in found.arrays[1:]))
    value = emit.save(head, place.where)
    for array, initial in zip(found.arrays[1:], found.initial[1:], strict=True):
        for position in range(found.capacity):
            last = position + 1 == found.capacity
            source: Expr = Const(initial) if last else Load(array, (*indices, Const(position + 1)))
            emit.assign(Cell(array, (*indices, Const(position))), source, place.where)
    emit.assign(Cell(found.arrays[0], indices), add(_length(found, indices, place.where), -1), place.where)
    return value


def push(emit: Emit, scope: Scope, node: tree.Push) -> None:
    """Add a value at the tail of a queue."""
    value = expressions.evaluate(emit, scope, node.value)
    found, indices = cells(emit, scope, node.place)
    _note(emit, found, indices, write=True)
    assert found.capacity is not None
    made = expressions.fit(emit, value, found.shape, node.where, f"element of {found.name} out of bounds")
    length = _length(found, indices, node.where)
    room = op(Operator.LT, length, Const(found.capacity))
    emit.demand(room, f"{found.name} is full", node.where, Failure.WORLD_TOO_SMALL)
    indices = tuple(emit.saved(index, node.where) for index in indices)
    length = _length(found, indices, node.where)
    targets: list[Place] = [Cell(array, (*indices, length)) for array in found.arrays[1:]]
    emit.store(targets, made.leaves, node.where)
    emit.assign(Cell(found.arrays[0], indices), add(length, 1), node.where)
