"""What functions do: which are expression helpers, which act on state, which guard."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from ..ir.immutable import immutable
from . import tree, walk
from .model import Function, Model, Role
from .tree import Body, Expr


@immutable
class Doing:
    """What a piece of code does, calls included."""

    acts: bool = False
    """It writes state, picks, pops, checks or asserts."""
    guards: bool = False
    reads: bool = False
    """It reads state, ghost state included."""
    writes_ordinary: bool = False
    """It writes state that is no ghost."""
    reads_ghost: bool = False

    def __or__(self, other: Doing) -> Doing:
        return Doing(
            self.acts or other.acts,
            self.guards or other.guards,
            self.reads or other.reads,
            self.writes_ordinary or other.writes_ordinary,
            self.reads_ghost or other.reads_ghost,
        )


@dataclass(eq=False)
class Purity:
    """What the functions of a model do. Recursion must have been refused."""

    model: Model
    functions: dict[Function, Doing] = field(default_factory=dict)
    expressions: dict[int, tuple[Expr, Doing]] = field(default_factory=dict)

    def variants(self, function: Function) -> list[Function]:
        """The functions that a call of a slot may run."""
        if function.role is not Role.SLOT:
            return [function]
        types = self.model.device_types.values()
        return [function, *(kind.fills[function.name] for kind in types if function.name in kind.fills)]

    def function(self, function: Function) -> Doing:
        """What a call of a function does, operations that it calls included."""
        if function not in self.functions:
            self.functions[function] = Doing()
            made = Doing()
            for variant in self.variants(function):
                made |= self.body(variant.body)
            self.functions[function] = made
        return self.functions[function]

    def body(self, body: Body) -> Doing:
        """What a block does."""
        made = Doing()
        for statement in walk.statements(body):
            made |= self.statement(statement)
        return made

    def statement(self, statement: tree.Stmt) -> Doing:
        """What a statement itself does, not the blocks inside."""
        made = Doing()
        for expr in walk.own(statement):
            made |= self.expression(expr)
        match statement:
            case tree.AssignPlace(place=place, operation=operation):
                ordinary = not place.ghost
                made |= Doing(acts=True, reads=operation is not None, writes_ordinary=ordinary)
            case tree.Push(place=place):
                made |= Doing(acts=True, writes_ordinary=not place.ghost)
            case tree.Wait():
                made |= Doing(guards=True)
            case tree.Check() | tree.Assert() | tree.Note() | tree.Atomic():
                made |= Doing(acts=isinstance(statement, tree.Check))
            case tree.CallSteps(function=function) | tree.EachDevice(slot=function):
                made |= self.function(function)
            case _:
                pass
        return made

    def expression(self, expr: Expr) -> Doing:
        """What evaluating an expression does."""
        known = self.expressions.get(id(expr))
        if known is None:
            known = self.expressions[id(expr)] = (expr, self._expression(expr))
        return known[1]

    def _expression(self, expr: Expr) -> Doing:
        made = Doing()
        for part in walk.parts(expr):
            made |= self.expression(part)
        match expr:
            case tree.Read(place=place) | tree.QueueRead(place=place):
                made |= Doing(reads=not place.given, reads_ghost=place.ghost)
            case tree.Pop(place=place):
                made |= Doing(acts=True, reads=True, writes_ordinary=not place.ghost, reads_ghost=place.ghost)
            case tree.Pick(blocking=blocking):
                made |= Doing(acts=not blocking, guards=blocking)
            case tree.Call(function=function):
                made |= self.function(function)
            case _:
                pass
        return made

    def pure(self, function: Function) -> bool:
        """Whether a function is an expression helper."""
        return all(not item.steps and self._pure(item.body) for item in self.variants(function))

    def _pure(self, body: Body) -> bool:
        assigned: set[str] = set()
        for statement in walk.statements(body):
            if isinstance(statement, tree.AssignLocal):
                if statement.name in assigned:
                    return False
                assigned.add(statement.name)
            elif not isinstance(statement, tree.If | tree.Return):
                return False
            doing = self.statement(statement)
            if doing.acts or doing.guards:
                return False
        return ends(body)


_recent: deque[Purity] = deque(maxlen=4)


def purity_of(model: Model) -> Purity:
    """What the functions of a model do; the same object for models that were asked about lately."""
    for known in tuple(_recent):
        if known.model is model:
            return known
    _recent.append(Purity(model))
    return _recent[-1]


def ends(body: Body) -> bool:
    """Whether every branch of a block ends in `return`, and every `if` on the way in one."""
    if not body:
        return False
    for statement in body[:-1]:
        if isinstance(statement, tree.Return) or (isinstance(statement, tree.If) and not _leaves(statement)):
            return False
    last = body[-1]
    if isinstance(last, tree.If):
        return ends(last.then) and ends(last.other)
    return isinstance(last, tree.Return)


def _leaves(statement: tree.If) -> bool:
    then, other = statement.then, statement.other
    return ends(then) and (not other or _passes(other))


def _passes(body: Body) -> bool:
    """An `elif` chain of which every branch returns, without an else."""
    return ends(body) or (len(body) == 1 and isinstance(body[0], tree.If) and _leaves(body[0]))
