"""Traversal and rewriting of expressions and statements.

Expressions may share subexpressions; each shared object is visited and rewritten once. Nothing here recurses on
expressions, so their depth is not limited by the Python stack.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import assert_never

from .expr import Bound, Const, Expr, Fold, Load, Local, Op, Param, Rigid, Temp
from .stmt import Assert, Assign, Block, Cell, Check, Choose, Goto, If, Note, Place, Shown, Stmt, Wait
from .system import System

Rule = Callable[[Expr], Expr]
"""Maps an expression whose children are already rewritten to its replacement."""


def children(expr: Expr) -> tuple[Expr, ...]:
    """The direct subexpressions, in evaluation order."""
    match expr:
        case Const() | Local() | Temp() | Param() | Rigid() | Bound():
            return ()
        case Load(_, indices):
            return indices
        case Op(_, args):
            return args
        case Fold():
            return (expr.body,)
        case _:
            assert_never(expr)


def with_children(expr: Expr, new: tuple[Expr, ...]) -> Expr:
    """The expression with its direct subexpressions replaced; itself if they are the same objects."""
    old = children(expr)
    if len(old) == len(new) and all(a is b for a, b in zip(old, new, strict=True)):
        return expr
    match expr:
        case Load():
            return replace(expr, indices=new)
        case Op():
            return replace(expr, args=new)
        case Fold():
            (body,) = new
            return replace(expr, body=body)
        case Const() | Local() | Temp() | Param() | Rigid() | Bound():
            raise ValueError(f"{expr} has no children")
        case _:
            assert_never(expr)


def subexpressions(*roots: Expr) -> Iterator[Expr]:
    """The expressions and everything under them, parents first; a shared object comes once."""
    seen: set[int] = set()
    pending = list(reversed(roots))
    while pending:
        expr = pending.pop()
        if id(expr) in seen:
            continue
        seen.add(id(expr))
        yield expr
        pending.extend(reversed(children(expr)))


class Rewriter:
    """Rewrites expressions bottom-up by one rule; an object met twice gives the same result object."""

    def __init__(self, rule: Rule) -> None:
        self._rule = rule
        # The expression is stored beside its result: an id is only unique while its object lives.
        self._done: dict[int, tuple[Expr, Expr]] = {}

    def __call__(self, expr: Expr) -> Expr:
        """The rewritten expression; the very object if the rule changes nothing in it."""
        pending = [expr]
        while pending:
            top = pending[-1]
            if id(top) in self._done:
                pending.pop()
                continue
            missing = [child for child in children(top) if id(child) not in self._done]
            if missing:
                pending.extend(reversed(missing))
                continue
            pending.pop()
            new = with_children(top, tuple(self._done[id(child)][1] for child in children(top)))
            self._done[id(top)] = (top, self._rule(new))
        return self._done[id(expr)][1]


def statements(block: Block) -> Iterator[Stmt]:
    """Every statement of a block in program order, an `If` before its branches, `then` before `orelse`."""
    pending = list(reversed(block))
    while pending:
        statement = pending.pop()
        yield statement
        if isinstance(statement, If):
            pending.extend(reversed(statement.orelse))
            pending.extend(reversed(statement.then))


def expressions(statement: Stmt) -> tuple[Expr, ...]:
    """The expressions that a statement evaluates itself, indices of its target included; not those of its branches."""
    match statement:
        case Assign(target, value):
            return (*target_indices(target), value)
        case If(cond) | Wait(cond) | Check(cond) | Assert(cond):
            return (cond,)
        case Choose():
            return (statement.candidate,)
        case Note(parts):
            return tuple(leaf for part in parts if isinstance(part, Shown) for leaf in part.leaves)
        case Goto():
            return ()
        case _:
            assert_never(statement)


def target_indices(target: Place) -> tuple[Expr, ...]:
    """The index expressions of a target."""
    return target.indices if isinstance(target, Cell) else ()


def block_expressions(block: Block) -> Iterator[Expr]:
    """Every expression in a block with its subexpressions."""
    for statement in statements(block):
        yield from subexpressions(*expressions(statement))


def ends(block: Block) -> bool:
    """Whether a `Goto` ends the step on every path through the block."""
    return any(
        isinstance(statement, Goto) or (isinstance(statement, If) and ends(statement.then) and ends(statement.orelse))
        for statement in block
    )


def gotos(block: Block) -> Iterator[Goto]:
    """Every `Goto` of a block."""
    return (statement for statement in statements(block) if isinstance(statement, Goto))


def rewrite_block(block: Block, rule: Rule) -> Block:
    """The block with every expression replaced by the rule's result; `rule` receives whole expressions."""
    return tuple(rewrite_statement(statement, rule) for statement in block)


def rewrite_statement(statement: Stmt, rule: Rule) -> Stmt:
    """The statement with its own expressions and those of its branches replaced."""
    match statement:
        case Assign(target, value):
            return replace(statement, target=_target(target, rule), value=rule(value))
        case If(cond, then, orelse):
            return replace(
                statement, cond=rule(cond), then=rewrite_block(then, rule), orelse=rewrite_block(orelse, rule)
            )
        case Wait(cond) | Check(cond) | Assert(cond):
            return replace(statement, cond=rule(cond))
        case Choose():
            return replace(statement, candidate=rule(statement.candidate))
        case Note(parts):
            return replace(statement, parts=tuple(_part(part, rule) for part in parts))
        case Goto():
            return statement
        case _:
            assert_never(statement)


def _target(target: Place, rule: Rule) -> Place:
    if not isinstance(target, Cell):
        return target
    return replace(target, indices=tuple(rule(index) for index in target.indices))


def _part(part: str | Shown, rule: Rule) -> str | Shown:
    if isinstance(part, str):
        return part
    return replace(part, leaves=tuple(rule(leaf) for leaf in part.leaves))


def rewrite_blocks(system: System, change: Callable[[Block], Block]) -> System:
    """The system with the block of every step replaced."""
    processes = tuple(
        replace(process, steps=tuple(replace(step, block=change(step.block)) for step in process.steps))
        for process in system.processes
    )
    return replace(system, processes=processes)


def rewrite_system(system: System, rule: Rule) -> System:
    """The system with every expression of its steps and properties replaced; `rule` receives whole expressions."""
    changed = rewrite_blocks(system, lambda block: rewrite_block(block, rule))
    properties = tuple(replace(prop, expr=rule(prop.expr)) for prop in system.properties)
    return replace(changed, properties=properties)


def loads(exprs: Iterable[Expr]) -> frozenset[str]:
    """Names of the arrays that the expressions read."""
    return frozenset(expr.array for expr in subexpressions(*exprs) if isinstance(expr, Load))


def local_slots(exprs: Iterable[Expr]) -> frozenset[int]:
    """Slots of the locals that the expressions read."""
    return frozenset(expr.slot for expr in subexpressions(*exprs) if isinstance(expr, Local))
