"""Folding of what has the same value whenever it is read, though somebody writes it.

What hangs on a flag that no operation of this world ever sets folds away, and so does what no run comes to.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from functools import partial

from shootdown.model.ir.expr import FALSE, Const, Expr, Load, Local, Rigid, Temp
from shootdown.model.ir.reads import reads
from shootdown.model.ir.simplify import simplify
from shootdown.model.ir.stmt import Block, Choose, If, Stmt, Wait
from shootdown.model.ir.system import Process, Property, Step, System
from shootdown.model.ir.walk import Rewriter, ends, if_or_same, rewrite_statement, same_or

from .fold import needed, with_blocks
from .following import Env, Facts, follow_system, joined, passes

_NEVER: Block = (Wait(FALSE),)

MOST_KNOWN = 100_000
"""Expressions of which the result is kept: variants of a scenario have most of theirs in common."""

# The expression stands beside the result: an id is only unique while its object lives.
_known: dict[object, tuple[Expr, Expr]] = {}
_contents: dict[object, object] = {}
"""What was ever known of an array, each by itself."""


def fold_unchanging(system: System, varying: Collection[str] = (), facts: Facts | None = None) -> System:
    """The system with such cells and locals replaced by their values, and what that excludes left out.

    Steps remember their original position. `varying` names arrays whose initial values a search may replace. `facts`
    are those of the system, if they are known.
    """
    known = follow_system(system, varying) if facts is None else facts
    folding = _Folding(known)
    processes = tuple(with_blocks(process, folding.of(process)) for process in system.processes)
    return replace(system, processes=processes, properties=folded_properties(system.properties, known))


def folded_properties(properties: Iterable[Property], facts: Facts) -> tuple[Property, ...]:
    """Properties of a system with what is known of it replaced and computed."""
    folding = _Folding(facts)
    return tuple(replace(prop, expr=folding.rewritten(prop.expr, Env({}))) for prop in properties)


class _Folding:
    """Replaces what is known."""

    def __init__(self, facts: Facts) -> None:
        if len(_known) > MOST_KNOWN:
            _known.clear()
            _contents.clear()
        self._knowledge = facts.knowledge
        self._at = facts.at
        dims = facts.knowledge.dims
        self._content = {name: _one((dims[name], *cells)) for name, cells in facts.knowledge.cells.items()}

    def of(self, process: Process) -> Callable[[Step], Block]:
        """What is left of the steps of a process."""

        def folded(step: Step) -> Block:
            known = self._at.get((process.name, step.source))
            return _NEVER if known is None else self._rewritten(step.block, Env(dict(known)))[0]

        return folded

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

        key = (
            id(expr),
            tuple([(slot, env.locals[slot]) for slot in parts.locals if slot in env.locals]),
            tuple([(slot, env.temps[slot]) for slot in parts.temps if slot in env.temps]),
            tuple([knowledge.mechanisms[name] for name in parts.mechanisms]),
            tuple([id(self._content.get(name)) for name in parts.arrays]),
        )
        if key not in _known:
            _known[key] = expr, self._computed(expr, env)
        return _known[key][1]

    def _computed(self, expr: Expr, env: Env) -> Expr:
        def rule(part: Expr) -> Expr:
            if isinstance(part, Local | Temp | Load | Rigid):
                value = self._knowledge.value(part, env.locals, env.temps)
                return part if value is None else Const(value, part.where)
            return simplify(part)

        return Rewriter(rule)(expr)

    def _rewritten(self, block: Block, env: Env) -> tuple[Block, Env | None]:
        """What is left of a block, and what is known behind it; None if no path leads there."""
        done: list[Stmt] = []
        after: Env | None = env
        for statement in block:
            here = Env({}) if after is None else after
            part, behind = self._branches(statement, here) if isinstance(statement, If) else self._one(statement, here)
            done += part
            if behind is None and ends(part):
                return same_or(block, tuple(done)), None
            after = None if after is None else behind
        return same_or(block, tuple(done)), after

    def _one(self, statement: Stmt, env: Env) -> tuple[Block, Env | None]:
        if isinstance(statement, Choose):
            env.set(statement.target, None)  # its candidates are asked with the value already there
        new = rewrite_statement(statement, partial(self.rewritten, env=env))
        return needed(new), env if passes(self._knowledge, new, env) else None

    def _branches(self, branch: If, env: Env) -> tuple[Block, Env | None]:
        cond = self.rewritten(branch.cond, env)
        if isinstance(cond, Const):
            return self._rewritten(branch.then if cond.value else branch.orelse, env)
        then, after_then = self._rewritten(branch.then, env.copy())
        orelse, after_orelse = self._rewritten(branch.orelse, env)
        left = (if_or_same(branch, cond, then, orelse),) if then or orelse else ()
        return left, joined(after_then, after_orelse)


def _one(content: tuple[object, ...]) -> object:
    """The one object that stands for what is known of an array."""
    return _contents.setdefault(content, content)
