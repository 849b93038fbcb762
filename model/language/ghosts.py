"""Ghost state never influences ordinary state: what is computed from it goes only to checks, notes and ghost state."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..ir.source import Span
from . import tree, walk
from .errors import Code
from .model import Function, Role
from .tree import Body, Expr

if TYPE_CHECKING:
    from .rules import Rules

HELP = "move the fact into ordinary state"


@dataclass(eq=False)
class Ghosts:
    """The locals of a function that are computed from ghost state."""

    rules: Rules
    function: Function
    tainted: set[str] = field(default_factory=set)
    silent: bool = True
    """Still finding out which locals are."""

    def reads(self, expr: Expr) -> bool:
        """Whether an expression depends on ghost state."""
        for part in walk.expressions(expr):
            match part:
                case tree.Read(place=place) | tree.QueueRead(place=place) | tree.Pop(place=place) if place.ghost:
                    return True
                case tree.Var(name=name) if name in self.tainted:
                    return True
                case tree.Call(function=function) if function.pure:
                    if self.rules.purity.function(function).reads_ghost:
                        return True
                case _:
                    pass
        return False

    def body(self, body: Body, inside: bool) -> None:
        """Follow a block; `inside`: it runs depending on ghost state."""
        for statement in body:
            self.statement(statement, inside)

    def statement(self, node: tree.Stmt, inside: bool) -> None:
        """Check one statement."""
        depends = inside or any(self.reads(expr) for expr in walk.own(node))
        match node:
            case tree.AssignLocal(name=name):
                if depends:
                    self.tainted.add(name)
                for expr in walk.own(node):
                    self.acts(expr, depends, inside)
            case tree.Check() | tree.Note():
                pass
            case tree.AssignPlace(place=place) | tree.Push(place=place):
                if depends and not place.ghost:
                    self.refuse(node.where, f'"{place.name}" is ordinary state')
            case tree.If(then=then, other=other):
                self.body(then, depends)
                self.body(other, depends)
            case tree.For(body=inner):
                self.body(inner, inside)
            case tree.While(body=inner):
                if depends:
                    self.refuse(node.where, "a loop depends on it")
                self.body(inner, inside)
            case tree.Do(call=call):
                self.acts(call, depends, inside)
            case tree.Return():
                if inside or (depends and self.function.steps):
                    self.refuse(node.where, "the way through the operation depends on it")
                elif depends and not self.function.pure:
                    self.refuse(node.where, "the result of a helper that acts depends on it")
            case _:
                if depends:
                    self.refuse(node.where, "the way through the operation depends on it")

    def acts(self, expr: Expr, depends: bool, inside: bool) -> None:
        """Refuse a choice or an effect on ordinary state that depends on ghost state."""
        for part in walk.expressions(expr):
            match part:
                case tree.Pick():
                    inner = [item for item in (part.condition, *walk.domain(part.domain)) if item is not None]
                    if inside or any(self.reads(item) for item in inner):
                        self.refuse(part.where, "a choice depends on it")
                case tree.Pop(place=place) if depends and not place.ghost:
                    self.refuse(part.where, f'"{place.name}" is ordinary state')
                case tree.Call(function=function) if depends:
                    doing = self.rules.purity.function(function)
                    passed = any(self.reads(arg) for arg in part.args if not isinstance(arg, tree.StateArg))
                    if (doing.writes_ordinary or doing.guards) and (passed or inside):
                        self.refuse(part.where, f'"{function.name}" changes ordinary state')
                case _:
                    pass

    def refuse(self, where: Span, why: str) -> None:
        """Report ghost state where it matters."""
        if not self.silent:
            message = f"ghost state influences ordinary state: {why}"
            self.rules.refuse(Code.GHOST, where, message, HELP)


def check(rules: Rules, function: Function) -> None:
    """Check what a function does with ghost state."""
    if function.role is Role.PROPERTY:
        return
    ghosts = Ghosts(rules, function)
    count = -1
    while count != len(ghosts.tainted):
        count = len(ghosts.tainted)
        ghosts.body(function.body, False)
    ghosts.silent = False
    ghosts.body(function.body, False)
