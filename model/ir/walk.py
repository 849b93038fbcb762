"""Traversal and rewriting of expressions and statements.

Expressions may share subexpressions; each shared object is visited and rewritten once. Nothing here recurses on
expressions, so their depth is not limited by the Python stack.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from operator import is_
from typing import TypeVar, assert_never

from .expr import Bound, Const, Expr, Fold, Load, Local, Op, Param, Rigid, Temp
from .stmt import Assert, Assign, Block, Cell, Check, Choose, Goto, If, Note, Place, Shown, Stmt, Wait
from .system import Process, Step, System

Leaf = Const | Local | Temp | Param | Rigid | Bound
"""Expressions without subexpressions."""

Rule = Callable[[Expr], Expr]
"""Maps an expression whose children are already rewritten to its replacement."""


def children(expr: Expr) -> tuple[Expr, ...]:
    """The direct subexpressions, in evaluation order."""
    # Plain tests, the frequent kinds first: matching class patterns takes three times as long, and passes live here.
    if isinstance(expr, Op):
        return expr.args
    if isinstance(expr, Load):
        return expr.indices
    if isinstance(expr, Fold):
        return (expr.body,)
    _: Leaf = expr
    return ()


def with_children(expr: Expr, new: tuple[Expr, ...]) -> Expr:
    """The expression with its direct subexpressions replaced; itself if they are the same objects."""
    old = children(expr)
    if len(old) == len(new) and all(a is b for a, b in zip(old, new, strict=True)):
        return expr
    match expr:
        case Op(operator):
            return Op(operator, new, expr.where)
        case Load(array):
            return Load(array, new, expr.where)
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
        done = self._done
        pending = [expr]
        while pending:
            top = pending[-1]
            if id(top) in done:
                pending.pop()
                continue
            below = children(top)
            missing = [child for child in below if id(child) not in done]
            if missing:
                pending.extend(reversed(missing))
                continue
            pending.pop()
            new = with_children(top, tuple([done[id(child)][1] for child in below])) if below else top
            done[id(top)] = (top, self._rule(new))
        return done[id(expr)][1]


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
    if isinstance(statement, Assign):
        target = statement.target
        return (*target.indices, statement.value) if isinstance(target, Cell) else (statement.value,)
    if isinstance(statement, Goto):
        return ()
    if isinstance(statement, If | Wait | Check | Assert):
        return (statement.cond,)
    if isinstance(statement, Choose):
        return (statement.candidate,)
    _: Note = statement
    return tuple([leaf for part in statement.parts if isinstance(part, Shown) for leaf in part.leaves])


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


def steps_by_point(process: Process) -> dict[int, list[int]]:
    """The numbers of the steps that start at each point, in order; points without steps are left out."""
    starting: dict[int, list[int]] = {}
    for number, step in enumerate(process.steps):
        starting.setdefault(step.source, []).append(number)
    return starting


def renumbered(block: Block, moved: Mapping[int, int]) -> Block:
    """The block with its gotos leading to the points' new numbers."""
    return same_or(block, tuple([_moved(statement, moved) for statement in block]))


def _moved(statement: Stmt, moved: Mapping[int, int]) -> Stmt:
    if isinstance(statement, Goto):
        point = moved[statement.point]
        return statement if point == statement.point else Goto(point)
    if isinstance(statement, If):
        then, orelse = renumbered(statement.then, moved), renumbered(statement.orelse, moved)
        return if_or_same(statement, statement.cond, then, orelse)
    return statement


def rewrite_block(block: Block, rule: Rule) -> Block:
    """The block with every expression replaced by the rule's result; `rule` receives whole expressions.

    A block or statement in which nothing changes is returned itself.
    """
    return same_or(block, tuple([rewrite_statement(statement, rule) for statement in block]))


T = TypeVar("T")


def same_or(old: tuple[T, ...], new: tuple[T, ...]) -> tuple[T, ...]:
    """`old` if the other holds the same objects, else `new`."""
    return old if len(old) == len(new) and all(map(is_, old, new)) else new


def rewrite_statement(statement: Stmt, rule: Rule) -> Stmt:
    """The statement with its own expressions and those of its branches replaced."""
    if isinstance(statement, Assign):
        place, value = _target(statement.target, rule), rule(statement.value)
        same = place is statement.target and value is statement.value
        return statement if same else Assign(place, value, statement.where)
    if isinstance(statement, Goto):
        return statement
    if isinstance(statement, If):
        cond = rule(statement.cond)
        return if_or_same(statement, cond, rewrite_block(statement.then, rule), rewrite_block(statement.orelse, rule))
    if isinstance(statement, Wait | Check | Assert):
        cond = rule(statement.cond)
        return statement if cond is statement.cond else replace(statement, cond=cond)
    if isinstance(statement, Choose):
        candidate = rule(statement.candidate)
        return statement if candidate is statement.candidate else replace(statement, candidate=candidate)
    _: Note = statement
    shown = same_or(statement.parts, tuple([_part(part, rule) for part in statement.parts]))
    return statement if shown is statement.parts else replace(statement, parts=shown)


def if_or_same(statement: If, cond: Expr, then: Block, orelse: Block) -> If:
    """The branch with these parts: itself if they are its own."""
    if cond is statement.cond and then is statement.then and orelse is statement.orelse:
        return statement
    return If(cond, then, orelse, statement.where)


def _target(target: Place, rule: Rule) -> Place:
    if not isinstance(target, Cell) or not target.indices:
        return target
    indices = same_or(target.indices, tuple([rule(index) for index in target.indices]))
    return target if indices is target.indices else Cell(target.array, indices)


def _part(part: str | Shown, rule: Rule) -> str | Shown:
    if isinstance(part, str):
        return part
    leaves = same_or(part.leaves, tuple([rule(leaf) for leaf in part.leaves]))
    return part if leaves is part.leaves else replace(part, leaves=leaves)


def rewrite_blocks(system: System, change: Callable[[Block], Block]) -> System:
    """The system with the block of every step replaced."""
    return replace(system, processes=tuple(rewrite_steps(process, change) for process in system.processes))


def rewrite_steps(process: Process, change: Callable[[Block], Block]) -> Process:
    """The process with the block of every step replaced; itself if no block changes."""
    steps = same_or(process.steps, tuple([with_block(step, change(step.block)) for step in process.steps]))
    return process if steps is process.steps else replace(process, steps=steps)


def with_block(step: Step, block: Block) -> Step:
    """The step with this block."""
    return step if block is step.block else replace(step, block=block)


def loads(exprs: Iterable[Expr]) -> frozenset[str]:
    """Names of the arrays that the expressions read."""
    return frozenset(expr.array for expr in subexpressions(*exprs) if isinstance(expr, Load))
