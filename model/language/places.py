"""Checks places: which field of which state, and the way into it."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from . import expressions
from .context import Context, Mode
from .errors import Code, nearest
from .model import StateDecl
from .sorts import QueueSort, Sort, StateSort, StructSort, TableSort, fits, named, title
from .tree import Index, Member, Place

if TYPE_CHECKING:
    from .declarations import StructDecl


def state_of(ctx: Context, node: ast.expr) -> StateDecl | None:
    """The state that an expression is: a parameter, or `k[Part]`."""
    match node:
        case ast.Name(id=name):
            if ctx.function is None or name in ctx.bound or ctx.mode is Mode.CONSTANT:
                return None
            for parameter in ctx.function.parameters:
                if parameter.name == name and isinstance(parameter.sort, StateSort):
                    return _declaration(ctx, parameter.sort.name)
        case ast.Subscript(value=value, slice=ast.Name() as part) if state_of(ctx, value) is not None:
            found = ctx.reader.lookup(ctx.module, part) if part.id in ctx.module.names else None
            if not isinstance(found, StateDecl):
                raise ctx.refusal(Code.NO_FIELD, node, f'"{part.id}" is no State', "k[Part] takes a State class")
            return found
    return None


def _declaration(ctx: Context, name: str) -> StateDecl:
    for entity in ctx.reader.entities.values():
        if isinstance(entity, StateDecl) and entity.name == name:
            return entity
    raise KeyError(name)


def struct_of(ctx: Context, name: str) -> StructDecl:
    """The declaration of a struct."""
    from .declarations import StructDecl

    for entity in ctx.reader.entities.values():
        if isinstance(entity, StructDecl) and entity.sort.name == name:
            return entity
    raise KeyError(name)


def is_place(ctx: Context, node: ast.expr) -> bool:
    """Whether an expression is a state, or leads into one."""
    match node:
        case ast.Name(id="self") if ctx.owner is not None:
            return True
        case ast.Name():
            return state_of(ctx, node) is not None
        case ast.Attribute(value=value) | ast.Subscript(value=value):
            if not is_place(ctx, value):
                return False
            if isinstance(node, ast.Attribute) and node.attr in ("head", "full", "empty"):
                return not isinstance(_sort(ctx, value), QueueSort)
            sort = _sort(ctx, value)
            return sort is None or isinstance(sort, TableSort | StructSort | StateSort)
    return False


def has_members(ctx: Context, node: ast.expr) -> bool:
    """Whether an expression is a state or a place with parts: a table, struct or queue."""
    if not is_place(ctx, node):
        return False
    sort = _sort(ctx, node)
    return sort is None or isinstance(sort, TableSort | StructSort | QueueSort)


def _sort(ctx: Context, node: ast.expr) -> object:
    """The sort of a place, None for a state or the method's struct."""
    if state_of(ctx, node) is not None or (isinstance(node, ast.Name) and node.id == "self"):
        return None
    return place(ctx, node).sort


def place(ctx: Context, node: ast.expr) -> Place:
    """The place that an expression names; raises `Refusal`."""
    where = ctx.module.source.span(node)
    match node:
        case ast.Attribute(value=value, attr=name):
            state = state_of(ctx, value)
            if state is not None:
                field = state.field(name)
                if field is None:
                    names = [item.name for item in state.fields]
                    help = nearest(name, names) or f"fields are {', '.join(names)}"
                    raise ctx.refusal(Code.NO_FIELD, node, f'{state.name} has no field "{name}"', help)
                return Place(state.name, name, (), field.sort, state.ghost, field.given, where)
            if isinstance(value, ast.Name) and value.id == "self" and ctx.owner is not None:
                struct = struct_of(ctx, ctx.owner).sort
                return Place("", name, (), _field(ctx, node, struct, name), False, False, where)
            outer = place(ctx, value)
            if isinstance(outer.sort, StructSort):
                sort = _field(ctx, node, outer.sort, name)
                steps = (*outer.steps, Member(name))
                return Place(outer.state, outer.name, steps, sort, outer.ghost, outer.given, where)
            message = f'{named(outer.sort)} has no field "{name}"'
            raise ctx.refusal(Code.NO_FIELD, node, message, "name an element first: k.table[key]")
        case ast.Subscript(value=value, slice=index):
            outer = place(ctx, value)
            if not isinstance(outer.sort, TableSort):
                message = f"{named(outer.sort)} has no elements"
                raise ctx.refusal(Code.EXPRESSION, node, message, "only tables do")
            steps = (*outer.steps, _index(ctx, node, outer.sort, index))
            return Place(outer.state, outer.name, steps, outer.sort.value, outer.ghost, outer.given, where)
        case _:
            raise ctx.refusal(Code.BOUND_PLACE, node, f'"{ast.unparse(node)}" is no place', "k.field, k.table[key]")


def _field(ctx: Context, node: ast.expr, struct: StructSort, name: str) -> Sort:
    field = struct.field(name)
    if field is None:
        names = [item.name for item in struct.fields]
        help = nearest(name, names) or f"fields are {', '.join(names)}"
        raise ctx.refusal(Code.NO_FIELD, node, f'{struct.name} has no field "{name}"', help)
    return field.sort


def _index(ctx: Context, node: ast.expr, table: TableSort, index: ast.expr) -> Index:
    parts = index.elts if isinstance(index, ast.Tuple) else [index]
    if len(parts) != len(table.keys):
        message = f"{title(table)} takes {len(table.keys)} keys, not {len(parts)}"
        raise ctx.refusal(Code.ARITY, node, message, ", ".join(title(key) for key in table.keys))
    keys = []
    for part, sort in zip(parts, table.keys, strict=True):
        key = expressions.expression(ctx, part)
        if not fits(key.sort, sort):
            raise expressions.mismatch(ctx, part, key.sort, sort, "the key is")
        keys.append(key)
    return Index(tuple(keys))
