"""Checks expressions: names, sorts, and what may stand where."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from . import calls, choices, comparisons, places
from .context import Context, Mode
from .errors import Code, nearest
from .model import SortDecl
from .scope import to_declare
from .sorts import (
    BOOL,
    INT,
    NONE,
    EnumSort,
    IndexSort,
    IntSort,
    OptionSort,
    RangeSort,
    RecordSort,
    SetSort,
    Sort,
    ValueSort,
    fits,
    is_value,
    join,
    named,
    title,
)
from .tree import (
    Binary,
    Conditional,
    Expr,
    FieldOf,
    IsNone,
    Literal,
    Logic,
    Not,
    Operation,
    RangeEmpty,
    Read,
    Var,
)

ARITHMETIC = {
    ast.Add: Operation.ADD,
    ast.Sub: Operation.SUB,
    ast.Mult: Operation.MUL,
    ast.FloorDiv: Operation.DIV,
    ast.Mod: Operation.MOD,
}
SETS = {ast.BitOr: Operation.UNION, ast.Sub: Operation.MINUS, ast.BitAnd: Operation.MEET}
NARROW = "copy it to a local and test the local: if x is not None; or some(x)"


def expression(ctx: Context, node: ast.expr, expected: Sort | None = None) -> Expr:
    """The checked form of an expression; `expected` is the sort that its place wants, for help only."""
    where = ctx.module.source.span(node)
    match node:
        case ast.Constant(value=value):
            return _literal(ctx, node, value)
        case ast.Name():
            return _name(ctx, node)
        case ast.Attribute():
            return _attribute(ctx, node)
        case ast.Subscript():
            return _read(ctx, node)
        case ast.BoolOp(op=op, values=values):
            return _logic(ctx, node, isinstance(op, ast.And), values)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return Not(BOOL, where, truth(ctx, operand))
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int(value))) if not isinstance(value, bool):
            return Literal(INT, where, -value)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return Binary(INT, where, Operation.SUB, Literal(INT, where, 0), integer(ctx, operand))
        case ast.BinOp():
            return _binary(ctx, node)
        case ast.Compare():
            return comparisons.compare(ctx, node)
        case ast.IfExp(test=test, body=then, orelse=other):
            return _conditional(ctx, node, test, then, other)
        case ast.Call():
            return calls.call(ctx, node)
        case ast.Lambda():
            raise ctx.refusal(Code.LAMBDA, node, "a lambda outside where=", "write a helper at module level")
        case ast.List() | ast.Dict() | ast.ListComp() | ast.DictComp() | ast.JoinedStr():
            help = "frozenset, Table, Enum, or bounded integers"
            raise ctx.refusal(Code.VALUE_KIND, node, "lists, dicts and strings are no values", help)
        case ast.Set() | ast.SetComp():
            raise ctx.refusal(Code.VALUE_KIND, node, "a mutable set", "write frozenset({...})")
        case ast.Yield() | ast.YieldFrom():
            help = "a statement, the right side of an assignment to a local, or return (yield from f(...))"
            raise ctx.refusal(Code.YIELD_FROM, node, "yield stands where no boundary can be", help)
        case ast.GeneratorExp():
            raise ctx.refusal(Code.EXPRESSION, node, "a generator stands alone", "all(...), any(...), sum(...)")
        case _:
            message = f'"{ast.unparse(node)}" is no expression of the language'
            raise ctx.refusal(Code.EXPRESSION, node, message, "see the list of expressions in docs/language.md")


def operand(ctx: Context, node: ast.expr) -> Expr:
    """An operand of `|`, `-`, `&`, which may be the display of a set."""
    if isinstance(node, ast.Set):
        from .choices import display

        return display(ctx, node, node.elts)
    return expression(ctx, node)


def truth(ctx: Context, node: ast.expr) -> Expr:
    """An expression that is a truth."""
    found = expression(ctx, node)
    if found.sort != BOOL:
        help = "compare it: x is not None, n != 0, len(s) > 0"
        raise ctx.refusal(Code.TRUTH, node, f"{named(found.sort)} is no truth", help)
    return found


def integer(ctx: Context, node: ast.expr) -> Expr:
    """An expression that is an integer."""
    found = expression(ctx, node)
    if not isinstance(found.sort, IntSort):
        raise mismatch(ctx, node, found.sort, INT, "an integer is needed here")
    return found


def coerced(ctx: Context, node: ast.expr, target: Sort, what: str, *, augmented: bool = False) -> Expr:
    """An expression that may be stored where `target` is declared."""
    found = operand(ctx, node) if isinstance(target, SetSort) and augmented else expression(ctx, node, target)
    if not fits(found.sort, target):
        raise mismatch(ctx, node, found.sort, target, what)
    return found


def mismatch(ctx: Context, node: ast.expr, found: Sort, wanted: Sort, what: str) -> Exception:
    """The refusal of a value of the wrong sort."""
    if isinstance(found, OptionSort) and found.inner == wanted:
        message = f"{what}: {title(wanted)}, and this may be None"
        return ctx.refusal(Code.OPTIONAL, node, message, NARROW)
    help = f"give {named(wanted)}"
    return ctx.refusal(Code.WRONG_SORT, node, f"{what}: {title(wanted)}, not {title(found)}", help)


def _literal(ctx: Context, node: ast.Constant, value: object) -> Expr:
    where = ctx.module.source.span(node)
    match value:
        case bool():
            return Literal(BOOL, where, int(value))
        case int():
            return Literal(INT, where, value)
        case None:
            return Literal(NONE, where, None)
        case _:
            help = "an Enum has named values; numbers are integers"
            raise ctx.refusal(Code.VALUE_KIND, node, f"{node.value!r} is no value of the language", help)


def variable(ctx: Context, node: ast.Name) -> Expr | None:
    """A local, parameter or bound variable; None if the name is none of these."""
    name, where = node.id, ctx.module.source.span(node)
    if name in ctx.bound:
        return Var(ctx.bound[name], where, name)
    if name in ctx.unknown:
        from .source import Refusal

        raise Refusal(None)
    if name not in ctx.sorts:
        if name in ctx.locals:
            message = f'"{name}" has no value here'
            raise ctx.refusal(Code.UNASSIGNED, node, message, "assign it on every path before")
        return None
    if name not in ctx.flow.assigned:
        message = f'"{name}" has no value on some path to here'
        raise ctx.refusal(Code.UNASSIGNED, node, message, "assign it on every path before")
    if ctx.where:
        _not_later(ctx, node)
    sort = ctx.sorts[name]
    if isinstance(sort, OptionSort) and name in ctx.flow.some:
        return Var(sort.inner, where, name, True)
    return Var(sort, where, name)


def _not_later(ctx: Context, node: ast.Name) -> None:
    later = [line for line in ctx.lines.get(node.id, ()) if line > node.lineno]
    if later:
        help = "copy it to a local of its own first"
        message = f'a where= uses "{node.id}", which is assigned again at line {later[0]}'
        raise ctx.refusal(Code.LATER_ASSIGNED, node, message, help)


def _name(ctx: Context, node: ast.Name) -> Expr:
    from .declarations import Constant

    found = variable(ctx, node)
    if found is not None:
        return found
    if places.state_of(ctx, node) is not None:
        raise ctx.refusal(Code.BOUND_PLACE, node, f'"{node.id}" is a state, not a value', "read one of its fields")
    known = [*ctx.sorts, *ctx.bound, *ctx.module.names]
    if node.id not in ctx.module.names and node.id not in known:
        help = to_declare(node.id, known)
        raise ctx.refusal(Code.UNKNOWN_NAME, node, f'"{node.id}" is not declared', help)
    target = ctx.reader.lookup(ctx.module, node)
    if isinstance(target, Constant):
        return target.value
    raise ctx.refusal(Code.EXPRESSION, node, f'"{node.id}" is no value', "call it, or name one of its values")


def _attribute(ctx: Context, node: ast.Attribute) -> Expr:
    where = ctx.module.source.span(node)
    if isinstance(node.value, ast.Name) and node.value.id not in ctx.bound and node.value.id not in ctx.sorts:
        sort = enumeration(ctx, node.value)
        if sort is not None:
            if node.attr not in sort.members:
                help = nearest(node.attr, sort.members) or f"members are {', '.join(sort.members)}"
                raise ctx.refusal(Code.NO_FIELD, node, f'{sort.name} has no member "{node.attr}"', help)
            return Literal(sort, where, sort.members.index(node.attr))
    if places.has_members(ctx, node.value):
        return _read(ctx, node)
    base = expression(ctx, node.value)
    match base.sort:
        case RecordSort() as record:
            field = record.field(node.attr)
            if field is None:
                names = [item.name for item in record.fields]
                help = nearest(node.attr, names) or f"fields are {', '.join(names)}"
                raise ctx.refusal(Code.NO_FIELD, node, f'{record.name} has no field "{node.attr}"', help)
            return FieldOf(field.sort, where, base, node.attr)  # type: ignore[arg-type]
        case RangeSort() if node.attr == "empty":
            return RangeEmpty(BOOL, where, base)
        case OptionSort(inner):
            message = f'"{ast.unparse(node.value)}" may be None: {title(inner)} | None has no field "{node.attr}"'
            raise ctx.refusal(Code.OPTIONAL, node, message, NARROW)
        case other:
            message = f'{title(other)} has no field "{node.attr}"'
            raise ctx.refusal(Code.NO_FIELD, node, message, "only records have fields")


def enumeration(ctx: Context, node: ast.Name) -> EnumSort | None:
    """The enumeration that a name is."""
    from .declarations import Alias

    if node.id not in ctx.module.names:
        return None
    found = ctx.reader.lookup(ctx.module, node)
    sort = found.sort if isinstance(found, SortDecl | Alias) else None
    return sort if isinstance(sort, EnumSort) else None


def _read(ctx: Context, node: ast.Attribute | ast.Subscript) -> Expr:
    """The value of a place."""
    if isinstance(node, ast.Subscript) and not places.has_members(ctx, node.value):
        base = expression(ctx, node.value)
        raise ctx.refusal(Code.EXPRESSION, node, f"{named(base.sort)} has no elements", "only tables do")
    asked = calls.queue_question(ctx, node)
    if asked is not None:
        return asked
    place = places.place(ctx, node)
    if not is_value(place.sort):
        what = {"TableSort": "the table", "QueueSort": "the queue", "StructSort": "the struct"}
        kind = what.get(type(place.sort).__name__, "the state")
        message = f"{kind} {ast.unparse(node)} is a place, not a value"
        help = "read a field: c = k.frame[x].content" if "struct" in kind else "read an element"
        raise ctx.refusal(Code.BOUND_PLACE, node, message, help)
    return Read(place.sort, place.where, place)  # type: ignore[arg-type]


def _logic(ctx: Context, node: ast.expr, conjunction: bool, values: Sequence[ast.expr]) -> Expr:
    operands = [truth(ctx, values[0])]
    for value in values[1:]:
        known = narrowed(operands[-1], conjunction)
        with ctx.within(Mode.PURE), ctx.knowing(known | _earlier(operands[:-1], conjunction)):
            operands.append(truth(ctx, value))
    return Logic(BOOL, ctx.module.source.span(node), conjunction, tuple(operands))


def _earlier(operands: Sequence[Expr], outcome: bool) -> frozenset[str]:
    return frozenset().union(*(narrowed(operand, outcome) for operand in operands))


def narrowed(test: Expr, outcome: bool) -> frozenset[str]:
    """The locals that are not None when a test comes out so."""
    match test:
        case IsNone(operand=Var(name=name)) if not outcome:
            return frozenset({name})
        case Not(operand=operand):
            return narrowed(operand, not outcome)
        case Logic(conjunction=conjunction, operands=operands) if conjunction == outcome:
            return _earlier(operands, outcome)
        case Logic(operands=operands):
            ways = [narrowed(operand, outcome) for operand in operands]
            return frozenset.intersection(*ways)
        case Binary(operation=Operation.EQ, left=Var(name=name), right=right) if outcome and _solid(right):
            return frozenset({name})
        case _:
            return frozenset()


def _solid(expr: Expr) -> bool:
    return not isinstance(expr.sort, OptionSort) and expr.sort != NONE


def _conditional(ctx: Context, node: ast.IfExp, test: ast.expr, then: ast.expr, other: ast.expr) -> Expr:
    condition = truth(ctx, test)
    with ctx.within(Mode.PURE):
        with ctx.knowing(narrowed(condition, True)):
            first = expression(ctx, then)
        with ctx.knowing(narrowed(condition, False)):
            second = expression(ctx, other)
    sort = join(first.sort, second.sort)
    if sort is None:
        message = f"the two values are {title(first.sort)} and {title(second.sort)}"
        raise ctx.refusal(Code.WRONG_SORT, node, message, "give both the same sort")
    return Conditional(sort, ctx.module.source.span(node), condition, first, second)


def _binary(ctx: Context, node: ast.BinOp) -> Expr:
    where = ctx.module.source.span(node)
    left, right = _operand(ctx, node, node.left), _operand(ctx, node, node.right)
    if isinstance(left.sort, SetSort) and isinstance(right.sort, SetSort) and type(node.op) in SETS:
        sort = same_sets(ctx, node, left.sort, right.sort)
        return Binary(sort, where, SETS[type(node.op)], left, right)
    if type(node.op) in ARITHMETIC:
        for operand, part in ((left, node.left), (right, node.right)):
            if not isinstance(operand.sort, IntSort):
                raise mismatch(ctx, part, operand.sort, INT, "an integer is needed here")
        operation = ARITHMETIC[type(node.op)]
        divides = operation in (Operation.DIV, Operation.MOD)
        if ctx.mode is Mode.PROPERTY and divides and not (isinstance(right, Literal) and right.value):
            message = "a property divides by what might be zero"
            raise ctx.refusal(Code.PARTIAL, node, message, "divide by a literal, or test it first in a helper")
        return Binary(INT, where, operation, left, right)
    message = f'"{ast.unparse(node)}": no such operator for {title(left.sort)} and {title(right.sort)}'
    help = "+ - * // % work on integers; | - & on sets"
    raise ctx.refusal(Code.WRONG_SORT, node, message, help)


def _operand(ctx: Context, node: ast.BinOp, operand: ast.expr) -> Expr:
    """An operand; beside a set `{x}` is one too: joined with a frozenset it makes a frozenset."""
    if isinstance(operand, ast.Set) and type(node.op) in SETS:
        return choices.display(ctx, operand, operand.elts)
    return expression(ctx, operand)


def same_sets(ctx: Context, node: ast.expr, left: SetSort, right: SetSort) -> ValueSort:
    """The sort of two sets of the same elements."""
    sort = join(left, right)
    if sort is None:
        message = f"the sets are {title(left)} and {title(right)}"
        raise ctx.refusal(Code.WRONG_SORT, node, message, "sets of the same elements")
    return sort


def asymmetric(ctx: Context, sort: ValueSort, node: ast.AST, why: str) -> None:
    """Record why the values of an index sort are not interchangeable."""
    if isinstance(sort, IndexSort):
        ctx.reader.asymmetries.setdefault(sort.name, []).append((ctx.module.source.span(node), why))
