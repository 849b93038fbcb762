"""Guards stand at the head of a step: nothing before them, in that step, picks or changes anything."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from . import tree, walk
from .errors import Code
from .model import Function
from .tree import Body

if TYPE_CHECKING:
    from .rules import Rules

HELP = 'yield "label" before it'


@dataclass(eq=False)
class Heads:
    """Follows the ways through a function; `None` is a way that has ended, True one that is still at a head."""

    rules: Rules
    rounds: list[set[bool]] = field(default_factory=list)
    leaves: list[set[bool]] = field(default_factory=list)

    def body(self, body: Body, heads: set[bool]) -> set[bool]:
        """The ways at the end of a block, of those at its start."""
        for statement in body:
            if not heads:
                return set()
            heads = self.statement(statement, heads)
        return heads

    def statement(self, node: tree.Stmt, heads: set[bool]) -> set[bool]:
        """The ways behind a statement."""
        if not isinstance(node, tree.Note):
            for expr in walk.own(node):
                heads = self.expression(expr, heads)
        match node:
            case tree.Label() | tree.CallSteps() | tree.EachDevice():
                return {True}
            case tree.Wait():
                self.guard(node, "wait", heads)
                return heads
            case tree.Atomic():
                if False in heads:
                    message = "atomic is not at the head of its step"
                    self.rules.refuse(Code.LATE_ATOMIC, node.where, message, "move it to the start of the step")
                return heads
            case tree.AssignPlace() | tree.Push() | tree.Check():
                return {False}
            case tree.If(then=then, other=other):
                return self.body(then, set(heads)) | self.body(other, set(heads))
            case tree.While() | tree.For():
                return self.loop(node, heads)
            case tree.Break():
                self.leaves[-1].update(heads)
                return set()
            case tree.Continue():
                self.rounds[-1].update(heads)
                return set()
            case tree.Return():
                return set()
            case _:
                return heads

    def loop(self, node: tree.While | tree.For, heads: set[bool]) -> set[bool]:
        """The ways behind a loop."""
        before: set[bool] = set()
        start = set(heads)
        leaves: set[bool] = set()
        while start != before:
            before = set(start)
            self.rounds.append(set())
            self.leaves.append(set())
            start |= self.body(node.body, set(start)) | self.rounds.pop()
            leaves |= self.leaves.pop()
        endless = isinstance(node, tree.While) and isinstance(node.test, tree.Literal) and node.test.value == 1
        return leaves if endless else start | leaves

    def expression(self, expr: tree.Expr, heads: set[bool]) -> set[bool]:
        """The ways behind an expression."""
        for part in walk.parts(expr):
            heads = self.expression(part, heads)
        match expr:
            case tree.Pick(blocking=True):
                self.guard(expr, "choose", heads)
            case tree.Pick() | tree.Pop():
                return {False}
            case tree.Call(function=function):
                doing = self.rules.purity.function(function)
                if doing.guards:
                    self.guard(expr, f'"{function.name}" waits and', heads)
                if doing.acts:
                    return {False}
            case _:
                pass
        return heads

    def guard(self, node: tree.Expr | tree.Stmt, what: str, heads: set[bool]) -> None:
        """Refuse a guard behind something that acts."""
        if False in heads:
            message = f"{what} is not at the head of its step: something before it picks, checks or writes"
            self.rules.refuse(Code.LATE_GUARD, node.where, message, HELP)


def check(rules: Rules, function: Function) -> None:
    """Check the guards of a function."""
    Heads(rules).body(function.body, {True})
