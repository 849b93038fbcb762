"""The atomicity rule: a step makes at most one access that others can observe or disturb."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ..ir.source import Span
from . import tree, walk
from .errors import Code
from .model import Function, Role
from .tree import Body, Expr

if TYPE_CHECKING:
    from .rules import Rules

HELP = 'yield "label" between them, or atomic("reason")'
Key = str


@dataclass(frozen=True)
class Way:
    """What one way through a step has accessed: a place, whether it was written, and where."""

    key: Key | None = None
    wrote: bool = False
    where: Span | None = None
    what: str = ""
    excused: bool = False
    """The step is declared atomic."""


@dataclass
class Names:
    """What the names of a function stand for, in terms that are the same wherever the value is the same."""

    known: dict[str, Key] = field(default_factory=dict)
    owner: str = ""


@dataclass(eq=False)
class Accesses:
    """Follows the ways through the steps of one function. A second access is reported once a statement."""

    rules: Rules
    excused: bool
    rounds: list[set[Way]] = field(default_factory=list)
    leaves: list[set[Way]] = field(default_factory=list)
    results: list[set[Way]] = field(default_factory=list)
    versions: int = 0
    reported: set[Span] = field(default_factory=set)
    here: Span | None = None
    """The statement of the function itself that is being followed."""

    def start(self) -> Way:
        """A way at a boundary."""
        return Way(excused=self.excused)

    def body(self, body: Body, ways: set[Way], names: Names, depth: int) -> set[Way]:
        """The ways behind a block."""
        for statement in body:
            if not ways:
                return ways
            if depth == 0:
                self.here = statement.where
            ways = self.statement(statement, ways, names, depth)
        return ways

    def statement(self, node: tree.Stmt, ways: set[Way], names: Names, depth: int) -> set[Way]:
        """The ways behind a statement."""
        match node:
            case tree.Label():
                return {self.start()}
            case tree.CallSteps() | tree.EachDevice():
                for expr in walk.own(node):
                    ways = self.expression(expr, ways, names, depth)
                if isinstance(node, tree.CallSteps) and node.target is not None:
                    self.forget(node.target, ways, names)
                return set() if isinstance(node, tree.CallSteps) and node.returns else {self.start()}
            case tree.Atomic():
                return {replace(way, excused=True) for way in ways}
            case tree.Check() | tree.Note():
                return ways
            case tree.AssignLocal(name=name, value=value):
                return self.local(name, value, ways, names, depth)
            case tree.AssignPlace(place=place, operation=operation):
                for expr in walk.own(node):
                    ways = self.expression(expr, ways, names, depth)
                if operation is not None:
                    ways = self.access(place, ways, names, write=False)
                return self.access(place, ways, names, write=True)
            case tree.Push(place=place):
                for expr in walk.own(node):
                    ways = self.expression(expr, ways, names, depth)
                return self.access(place, ways, names, write=True)
            case _:
                for expr in walk.own(node):
                    ways = self.expression(expr, ways, names, depth)
                return self.flow(node, ways, names, depth)

    def flow(self, node: tree.Stmt, ways: set[Way], names: Names, depth: int) -> set[Way]:
        """The ways behind a statement with control flow."""
        match node:
            case tree.If(then=then, other=other):
                return self.body(then, ways, names, depth) | self.body(other, ways, names, depth)
            case tree.While() | tree.For():
                return self.loop(node, ways, names, depth)
            case tree.Break():
                self.leaves[-1] |= ways
                return set()
            case tree.Continue():
                self.rounds[-1] |= ways
                return set()
            case tree.Return():
                self.results[-1] |= ways
                return set()
            case _:
                return ways

    def loop(self, node: tree.While | tree.For, ways: set[Way], names: Names, depth: int) -> set[Way]:
        """The ways behind a loop: two rounds show what repeats."""
        start, leaves = set(ways), set[Way]()
        for _ in range(2):
            if isinstance(node, tree.For):
                self.forget(node.name, start, names)
            self.rounds.append(set())
            self.leaves.append(set())
            start = start | self.body(node.body, set(start), names, depth) | self.rounds.pop()
            leaves |= self.leaves.pop()
        endless = isinstance(node, tree.While) and isinstance(node.test, tree.Literal) and node.test.value == 1
        return leaves if endless else start | leaves

    def local(self, name: str, value: Expr, ways: set[Way], names: Names, depth: int) -> set[Way]:
        """The ways behind an assignment to a local."""
        if isinstance(value, tree.Pick) and value.condition is not None:
            for expr in walk.domain(value.domain):
                ways = self.expression(expr, ways, names, depth)
            one = self.single(value, names)
            if one is not None:
                self.forget(name, ways, names)
                inner = Names({**names.known, value.name: names.known[name]}, names.owner)
                return self.expression(value.condition, ways, inner, depth)
        ways = self.expression(value, ways, names, depth)
        self.forget(name, ways, names)
        return ways

    def single(self, pick: tree.Pick, names: Names) -> Key | None:
        """The key of the one place that a `where=` reads, if it reads only that."""
        assert pick.condition is not None
        found: set[Key] = set()
        probe = Accesses(self.rules, True)
        inner = Names({**names.known, pick.name: "candidate"}, names.owner)
        probe.collect = found
        probe.expression(pick.condition, {Way(excused=True)}, inner, 1)
        return next(iter(found)) if len(found) == 1 else None

    collect: set[Key] | None = None

    def forget(self, name: str, ways: set[Way], names: Names) -> None:
        """A name that is assigned stands for something new."""
        self.versions += 1
        names.known[name] = f"{name}'{self.versions}"

    def expression(self, expr: Expr, ways: set[Way], names: Names, depth: int) -> set[Way]:
        """The ways behind an expression."""
        match expr:
            case tree.Conditional(test=test, then=then, other=other):
                ways = self.expression(test, ways, names, depth)
                return self.expression(then, ways, names, depth) | self.expression(other, ways, names, depth)
            case tree.Logic(operands=operands):
                ends = set(ways)
                for position, operand in enumerate(operands):
                    ways = self.expression(operand, ways, names, depth)
                    ends = ways if position == 0 else ends | ways
                return ends
            case tree.Quantified():
                return self.quantified(expr, ways, names, depth)
            case tree.Pick(condition=condition) if condition is not None:
                inner = Names({**names.known, expr.name: self.many(expr.name)}, names.owner)
                for part in walk.domain(expr.domain):
                    ways = self.expression(part, ways, names, depth)
                return self.repeated(condition, ways, inner, depth, expr.name)
            case tree.Call():
                return self.call(expr, ways, names, depth)
            case _:
                pass
        for part in walk.parts(expr):
            ways = self.expression(part, ways, names, depth)
        for place in walk.places(expr):
            ways = self.access(place, ways, names, write=False)
            if isinstance(expr, tree.Pop):
                ways = self.access(place, ways, names, write=True)
        return ways

    def many(self, name: str) -> Key:
        """What a name stands for that takes several values."""
        self.versions += 1
        return f"{name}*{self.versions}"

    def quantified(self, expr: tree.Quantified, ways: set[Way], names: Names, depth: int) -> set[Way]:
        """The ways behind a fold: a place that depends on its variables is several places."""
        inner = Names(dict(names.known), names.owner)
        for binder in expr.binders:
            inner.known[binder.name] = self.many(binder.name)
        for binder in expr.binders:
            for part in (*walk.domain(binder.domain), *binder.conditions):
                ways = self.repeated(part, ways, inner, depth, binder.name)
        return self.repeated(expr.body, ways, inner, depth, expr.binders[-1].name)

    def repeated(self, expr: Expr, ways: set[Way], names: Names, depth: int, name: str) -> set[Way]:
        """The ways behind an expression that is evaluated for several values of its variables."""
        ways = self.expression(expr, ways, names, depth)
        fresh = {bound: self.many(bound) if "*" in key else key for bound, key in names.known.items()}
        return self.expression(expr, ways, Names(fresh, names.owner), depth)

    def call(self, expr: tree.Call, ways: set[Way], names: Names, depth: int) -> set[Way]:
        """The ways behind a plain call, those of the functions that it may run."""
        for part in walk.parts(expr):
            ways = self.expression(part, ways, names, depth)
        ends: set[Way] = set()
        for function in self.rules.purity.variants(expr.function):
            inner = Names()
            for item, arg in zip(function.parameters, expr.args, strict=True):
                if not isinstance(arg, tree.StateArg):
                    inner.known[item.name] = self.key(arg, names)
            if expr.owner is not None:
                inner.owner = self.place(expr.owner, names)
            self.results.append(set())
            after = self.body(function.body, set(ways), inner, depth + 1)
            ends |= after | self.results.pop()
        return ends

    def key(self, expr: Expr, names: Names) -> Key:
        """What an expression stands for; two that stand for the same have the same value."""
        match expr:
            case tree.Var(name=name):
                return names.known.get(name, name)
            case tree.Literal(value=value):
                return f"{expr.sort}:{value}"
            case tree.FieldOf(record=record, name=name):
                return f"{self.key(record, names)}.{name}"
            case tree.Some(operand=operand):
                return self.key(operand, names)
            case tree.Binary(operation=operation, left=left, right=right):
                return f"({self.key(left, names)} {operation.value} {self.key(right, names)})"
            case tree.Read(place=place) if place.given:
                return self.place(place, names)
            case tree.Size() | tree.Way():
                return f"{type(expr).__name__}:{expr.sort}:{expr.where}"
            case _:
                self.versions += 1
                return f"?{self.versions}"

    def place(self, place: tree.Place, names: Names) -> Key:
        """What a place stands for."""
        made = f"{place.state}.{place.name}" if place.state else f"{names.owner}.{place.name}"
        for step in place.steps:
            if isinstance(step, tree.Member):
                made += f".{step.name}"
            else:
                made += "[" + ", ".join(self.key(part, names) for part in step.keys) + "]"
        return made

    def access(self, place: tree.Place, ways: set[Way], names: Names, *, write: bool) -> set[Way]:
        """The ways behind an access."""
        if place.ghost or place.given or names.owner.startswith("ghost"):
            return ways
        key = self.place(place, names)
        if self.collect is not None:
            self.collect.add(key)
            return ways
        made: set[Way] = set()
        for way in ways:
            if way.excused or way.key is None or (way.key == key and not way.wrote):
                first = way.where if way.key is not None else self.here
                what = way.what if way.key is not None else _shown(place)
                made.add(replace(way, key=key, wrote=write, where=first, what=what))
            else:
                self.report(place, way)
                made.add(replace(way, key=key, wrote=write, excused=True))
        return made

    def report(self, place: tree.Place, way: Way) -> None:
        """Refuse a second access."""
        here = self.here or place.where
        if here in self.reported:
            return
        self.reported.add(here)
        again = "again" if way.what == _shown(place) else ""
        message = f"a second access to shared state in one step: {_shown(place)} {again}".rstrip()
        notes = [f"the first is {way.what} at line {way.where.line}"] if way.where is not None else []
        self.rules.refuse(Code.SECOND_ACCESS, here, message, HELP, *notes)


def _shown(place: tree.Place) -> str:
    made = f"{place.state}.{place.name}" if place.state else f"self.{place.name}"
    for step in place.steps:
        made += f".{step.name}" if isinstance(step, tree.Member) else "[...]"
    return made


def check(rules: Rules, function: Function) -> None:
    """Check the steps of an operation; helpers are checked where operations call them."""
    if not function.steps or function.role is Role.PROPERTY:
        return
    found = Accesses(rules, function.options.atomic is not None)
    found.results.append(set())
    found.body(function.body, {found.start()}, Names(), 0)
