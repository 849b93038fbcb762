"""Checks what runs over the values of a domain: pick, choose, quantifiers, and the domains themselves."""

from __future__ import annotations

import ast

from . import expressions
from .builtins import sort_of
from .context import Context, Mode
from .errors import Code
from .sorts import BOOL, INT, OptionSort, SetSort, ValueSort, is_scalar, title
from .tree import (
    Binary,
    Binder,
    Domain,
    Expr,
    Interval,
    Literal,
    Pick,
    Quantified,
    Quantifier,
    SetDomain,
    SetOf,
    Size,
    SortDomain,
)


def domain(ctx: Context, node: ast.expr, *, choice: bool) -> tuple[Domain, ValueSort]:
    """A domain and the sort of its values; `choice`: of pick or choose, which also take truths and sets."""
    sort = sort_of(ctx, node)
    if sort is not None and (choice or sort != BOOL):
        return SortDomain(sort), sort
    if isinstance(node, ast.Call) and ctx.reader.builtin(ctx.module, node.func, "range"):
        if node.keywords or not 1 <= len(node.args) <= 2:
            raise ctx.refusal(Code.DOMAIN, node, "range takes one or two bounds", "range(a, b)")
        bounds = [expressions.integer(ctx, arg) for arg in node.args]
        lo = bounds[0] if len(bounds) == 2 else Literal(INT, bounds[0].where, 0)
        if not (choice or (is_constant(lo) and is_constant(bounds[-1]))):
            help = "bounds are literals, module constants and size(Sort)"
            raise ctx.refusal(Code.DOMAIN, node, "this range has no constant bounds", help)
        return Interval(lo, bounds[-1]), INT
    if choice and not isinstance(node, ast.Constant):
        found = expressions.expression(ctx, node)
        if isinstance(found.sort, SetSort) and found.sort.element is not None:
            return SetDomain(found, found.sort), found.sort.element
    help = "pick and choose take a sort, range(a, b) or a set" if choice else "loops run over sorts and range(a, b)"
    raise ctx.refusal(Code.DOMAIN, node, f'"{ast.unparse(node)}" is no domain', help)


def is_constant(expr: Expr) -> bool:
    """Whether an expression is known from the world alone."""
    match expr:
        case Literal() | Size():
            return True
        case Binary(left=left, right=right):
            return is_constant(left) and is_constant(right)
        case _:
            return False


def pick(ctx: Context, node: ast.Call, *, blocking: bool) -> Expr:
    """`pick(domain, where=lambda x: ...)` or `choose(...)`."""
    name = "choose" if blocking else "pick"
    if ctx.mode is not Mode.STATEMENT:
        message = f"{name} where only an expression may stand"
        raise ctx.refusal(Code.NOT_PURE, node, message, f"{name} into a local first")
    wrong = [keyword for keyword in node.keywords if keyword.arg != "where"]
    if len(node.args) != 1 or wrong or len(node.keywords) > 1:
        raise ctx.refusal(Code.ARITY, node, f"{name} takes a domain and where=", f"{name}(Sort, where=lambda x: ...)")
    found, sort = domain(ctx, node.args[0], choice=True)
    where = ctx.module.source.span(node)
    if not node.keywords:
        return Pick(sort, where, found, "", None, blocking)
    condition = node.keywords[0].value
    if not isinstance(condition, ast.Lambda) or len(condition.args.args) != 1 or condition.args.defaults:
        raise ctx.refusal(Code.LAMBDA, condition, "where= is a lambda of one variable", "where=lambda x: ...")
    variable = condition.args.args[0].arg
    before = ctx.where
    ctx.where = True
    try:
        with ctx.within(Mode.PURE, **{variable: sort}):
            test = expressions.truth(ctx, condition.body)
    finally:
        ctx.where = before
    return Pick(sort, where, found, variable, test, blocking)


def fold(ctx: Context, node: ast.Call, name: str) -> Expr:
    """`all`, `any`, `sum` and `frozenset`, of a generator expression or (frozenset) of a set display."""
    where = ctx.module.source.span(node)
    match node:
        case ast.Call(args=[ast.GeneratorExp() as generator], keywords=[]):
            return _quantified(ctx, node, Quantifier(name), generator)
        case ast.Call(args=[], keywords=[]) if name == "frozenset":
            return SetOf(SetSort(None), where, ())
        case ast.Call(args=[ast.Set(elts=elements)], keywords=[]) if name == "frozenset":
            return display(ctx, node, elements)
        case _:
            help = "frozenset({a, b}), frozenset(x for x in S if ...)"
            shown = help if name == "frozenset" else f"{name}(... for x in Sort)"
            raise ctx.refusal(Code.EXPRESSION, node, f"{name} takes a generator expression", shown)


def display(ctx: Context, node: ast.expr, elements: list[ast.expr]) -> Expr:
    """The set of these values."""
    found = [expressions.expression(ctx, element) for element in elements]
    sort = found[0].sort
    for item, part in zip(found, elements, strict=True):
        if isinstance(item.sort, OptionSort):
            raise ctx.refusal(Code.OPTIONAL, part, "a set holds values, and this may be None", expressions.NARROW)
        if not is_scalar(item.sort) or item.sort != sort:
            message = f"a set cannot hold {title(sort)} and {title(item.sort)}"
            raise ctx.refusal(Code.SET_ELEMENT, part, message, "values of one scalar sort")
    return SetOf(SetSort(sort), ctx.module.source.span(node), tuple(found))


def _quantified(ctx: Context, node: ast.Call, quantifier: Quantifier, generator: ast.GeneratorExp) -> Expr:
    binders: list[Binder] = []
    body = _generators(ctx, quantifier, generator, 0, binders)
    where = ctx.module.source.span(node)
    if quantifier is Quantifier.SET:
        if len(binders) != 1 or not isinstance(generator.elt, ast.Name) or generator.elt.id != binders[0].name:
            message = "a set is built of the values of one domain"
            raise ctx.refusal(Code.EXPRESSION, node, message, "frozenset(x for x in Sort if ...)")
        return Quantified(SetSort(binders[0].sort), where, quantifier, tuple(binders), body)
    sort = INT if quantifier is Quantifier.SUM else BOOL
    return Quantified(sort, where, quantifier, tuple(binders), body)


def _generators(
    ctx: Context, quantifier: Quantifier, node: ast.GeneratorExp, position: int, binders: list[Binder]
) -> Expr:
    if position == len(node.generators):
        if quantifier is Quantifier.SET:
            return expressions.expression(ctx, node.elt)
        return expressions.integer(ctx, node.elt) if quantifier is Quantifier.SUM else expressions.truth(ctx, node.elt)
    part = node.generators[position]
    if part.is_async or not isinstance(part.target, ast.Name):
        raise ctx.refusal(Code.EXPRESSION, node, "a generator binds one name", "for x in Sort")
    name = part.target.id
    if name in ctx.sorts or name in ctx.bound:
        message = f'"{name}" is already a name here'
        raise ctx.refusal(Code.DUPLICATE, part.target, message, "choose another")
    if name == "_":
        name = f"_{position}"
    found, sort = domain(ctx, part.iter, choice=False)
    known: frozenset[str] = frozenset()
    conditions: list[Expr] = []
    with ctx.within(Mode.PURE, **{name: sort}):
        for test in part.ifs:
            with ctx.knowing(known):
                conditions.append(expressions.truth(ctx, test))
            known |= expressions.narrowed(conditions[-1], True)
        binders.append(Binder(name, sort, found, tuple(conditions)))
        with ctx.knowing(known):
            return _generators(ctx, quantifier, node, position + 1, binders)
