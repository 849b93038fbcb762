"""Folding of what has the same value whenever it is read, though somebody writes it.

What hangs on a flag that no operation of this world ever sets folds away, and so does what no run comes to.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from functools import partial

from shootdown.model.ir.expr import Const, Expr, Load, Local, Rigid, Temp
from shootdown.model.ir.reads import reads
from shootdown.model.ir.simplify import simplify
from shootdown.model.ir.stmt import Block, Choose, If, Stmt
from shootdown.model.ir.system import Process, Step, System
from shootdown.model.ir.walk import Rewriter, if_or_same, rewrite_statement, same_or

from .fold import fold_constants
from .following import Env, Facts, follow_system, joined, passes


def fold_unchanging(system: System, varying: Collection[str] = (), facts: Facts | None = None) -> System:
    """The system with such cells and locals replaced by their values, and what that excludes left out.

    Steps remember their original position. `varying` names arrays whose initial values a search may replace. `facts`
    are those of the system, if they are known.
    """
    folding = _Folding(follow_system(system, varying) if facts is None else facts)
    processes = tuple(replace(process, steps=tuple(folding.reached(process))) for process in system.processes)
    properties = tuple(replace(prop, expr=folding.rewritten(prop.expr, Env({}))) for prop in system.properties)
    return fold_constants(replace(system, processes=processes, properties=properties), varying)


class _Folding:
    """Replaces what is known."""

    def __init__(self, facts: Facts) -> None:
        self._knowledge = facts.knowledge
        self._at = facts.at

    def reached(self, process: Process) -> list[Step]:
        """The steps at points that are reached, with what is known there replaced."""
        found: list[Step] = []
        for number, step in enumerate(process.steps):
            known = self._at.get((process.name, step.source))
            if known is not None:
                origin = number if step.origin is None else step.origin
                found.append(replace(step, block=self._rewritten(step.block, Env(dict(known)))[0], origin=origin))
        return found

    def rewritten(self, expr: Expr, env: Env) -> Expr:
        """The expression with what is known replaced and computed."""
        knowledge, parts = self._knowledge, reads(expr)
        if (
            parts.simple
            and not parts.mechanisms
            and knowledge.cells.keys().isdisjoint(parts.arrays)
            and env.knows_none(parts.locals, parts.temps)
        ):
            return expr

        def rule(part: Expr) -> Expr:
            if isinstance(part, Local | Temp | Load | Rigid):
                value = knowledge.value(part, env.locals, env.temps)
                return part if value is None else Const(value, part.where)
            return simplify(part)

        return Rewriter(rule)(expr)

    def _rewritten(self, block: Block, env: Env) -> tuple[Block, Env | None]:
        """The block with what is known replaced, and what is known behind it; None if no path leads there."""
        done: list[Stmt] = []
        after: Env | None = env
        for statement in block:
            if after is None:
                done.append(statement)
            elif isinstance(statement, If):
                part, after = self._branches(statement, after)
                done += part
            else:
                env = after
                if isinstance(statement, Choose):
                    env.set(statement.target, None)  # its candidates are asked with the value already there
                done.append(rewrite_statement(statement, partial(self.rewritten, env=env)))
                after = env if passes(self._knowledge, statement, env) else None
        return same_or(block, tuple(done)), after

    def _branches(self, branch: If, env: Env) -> tuple[Block, Env | None]:
        value = self._knowledge.value(branch.cond, env.locals, env.temps)
        if value is not None:
            return self._rewritten(branch.then if value else branch.orelse, env)
        cond = self.rewritten(branch.cond, env)
        then, after_then = self._rewritten(branch.then, env.copy())
        orelse, after_orelse = self._rewritten(branch.orelse, env)
        return (if_or_same(branch, cond, then, orelse),), joined(after_then, after_orelse)
