"""The ways through a step: its block cut at what the state decides, each way with what must hold where the step starts.

For read and write sets only: of all ways together at least one is what the step does, with the same accesses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from shootdown.model.ir.expr import FALSE, Const, Expr, Local, Op, Operator, Temp
from shootdown.model.ir.reads import reads
from shootdown.model.ir.simplify import operation, simplify
from shootdown.model.ir.stmt import Assign, Block, Cell, Choose, Goto, If, Place, Stmt, Wait
from shootdown.model.ir.walk import Rewriter, ends, rewrite_statement, statements, subexpressions

MOST_BRANCHES = 3
"""Branches that one way is cut at."""
MOST_PARTS = 20
"""Parts of an expression that is remembered."""
MOST_VALUES = 8
"""Values of a choice that get ways of their own."""

Name = str | int
"""An array, or a slot of the agent's locals."""
Literal = tuple[Expr, bool]
"""A condition and the value that it must have."""


@dataclass(frozen=True, slots=True)
class Way:
    """Statements without the branches that were decided; `literals` hold before the first of them.

    `known` says of locals and temporaries what they were set to, over what the step began with.
    """

    literals: tuple[Literal, ...] = ()
    block: Block = ()
    written: frozenset[Name] = frozenset()
    branches: int = 0
    known: Mapping[Local | Temp, Expr] = field(default_factory=dict)

    def then(self, statement: Stmt) -> Way:
        """The way with one more statement."""
        targets = _targets(statement)
        known = {target: value for target, value in self.known.items() if target not in targets}
        if isinstance(statement, Assign) and isinstance(statement.target, Local | Temp):
            value = self.at_start(statement.value)
            if not self.rewrites(value) and sum(1 for _ in subexpressions(value)) <= MOST_PARTS:
                known[statement.target] = value
        block = (*self.block, statement)
        return replace(self, block=block, written=self.written | _written(statement), known=known)

    def at_start(self, expr: Expr) -> Expr:
        """The expression over what the step began with, as far as that is known."""
        read = reads(expr)
        if read.simple and not read.any_of(self.known):
            return expr
        return Rewriter(lambda part: simplify(self.known.get(part, part) if isinstance(part, Local | Temp) else part))(
            expr
        )

    def knowing(self, cond: Expr, wanted: bool, askable: Callable[[Expr], bool]) -> Way:
        """The way with what a condition says of the state where the step starts."""
        asked = self.at_start(cond)
        parts = _conjuncts(asked) if wanted else (asked,)
        known = tuple((part, wanted) for part in parts if askable(part) and not self.rewrites(part))
        return replace(self, literals=(*self.literals, *known))

    def rewrites(self, expr: Expr) -> bool:
        """Whether the expression, over what the step began with, may have another value by now."""
        read = reads(expr)
        return not (self.written.isdisjoint(read.arrays) and self.written.isdisjoint(read.locals))


def ways(block: Block, askable: Callable[[Expr], bool]) -> tuple[Way, ...]:
    """The ways through a block; `askable`: whether an expression has a value in every state of the agent."""
    return tuple(_follow(block, Way(), askable))


def _follow(block: Block, way: Way, askable: Callable[[Expr], bool]) -> Iterator[Way]:
    for position, statement in enumerate(block):
        rest = block[position + 1 :]
        match statement:
            case Wait(cond):
                if cond == FALSE:
                    return
                way = way.knowing(cond, True, askable)
            case If(cond, then, orelse):
                asked = way.at_start(cond)
                if way.branches < MOST_BRANCHES and askable(asked) and not way.rewrites(asked):
                    cut = replace(way, branches=way.branches + 1)
                    for wanted, branch in ((True, then), (False, orelse)):
                        test = cond if wanted else operation(Operator.NOT, (cond,))
                        known = cut.knowing(cond, wanted, askable).then(Wait(test))
                        yield from _follow(branch if ends(branch) else (*branch, *rest), known, askable)
                    return
            case Choose() if statement.blocking and statement.hi - statement.lo < MOST_VALUES:
                for value in range(statement.lo, statement.hi + 1):
                    yield from _follow(_chosen(statement, value, rest), way, askable)
                return
            case _:
                pass
        way = way.then(statement)
        if isinstance(statement, Goto):
            break
    yield way


def _chosen(choose: Choose, value: int, rest: Block) -> Block:
    """What a choice and the statements behind it do when this value is chosen."""
    fill = Rewriter(lambda expr: Const(value) if expr == choose.target else expr)
    chosen = Wait(fill(choose.candidate)), Assign(choose.target, Const(value))
    return (*chosen, *_filled(rest, choose.target, fill)[0])


def _filled(block: Block, target: Local | Temp, fill: Rewriter) -> tuple[Block, bool]:
    """The block with the value filled in up to where the target may change, and whether it never does."""
    done: list[Stmt] = []
    for position, statement in enumerate(block):
        if isinstance(statement, If):
            then, kept_then = _filled(statement.then, target, fill)
            orelse, kept_orelse = _filled(statement.orelse, target, fill)
            done.append(replace(statement, cond=fill(statement.cond), then=then, orelse=orelse))
            kept = kept_then and kept_orelse
        else:
            done.append(rewrite_statement(statement, fill))
            kept = not (isinstance(statement, Assign | Choose) and statement.target == target)
        if not kept:
            return (*done, *block[position + 1 :]), False
    return tuple(done), True


def _conjuncts(cond: Expr) -> tuple[Expr, ...]:
    if isinstance(cond, Op) and cond.operator is Operator.AND:
        return tuple(part for arg in cond.args for part in _conjuncts(arg))
    return (cond,)


def _targets(statement: Stmt) -> set[Place]:
    return {part.target for part in statements((statement,)) if isinstance(part, Assign | Choose)}


def _written(statement: Stmt) -> frozenset[Name]:
    found: set[Name] = set()
    for part in statements((statement,)):
        if isinstance(part, Assign | Choose):
            if isinstance(part.target, Cell):
                found.add(part.target.array)
            elif isinstance(part.target, Local):
                found.add(part.target.slot)
    return frozenset(found)
