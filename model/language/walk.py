"""Walks over checked code."""

from __future__ import annotations

from collections.abc import Iterator

from . import tree
from .tree import Body, Expr, Place, Stmt


def keys(place: Place) -> Iterator[Expr]:
    """The key expressions of a place."""
    for step in place.steps:
        if isinstance(step, tree.Index):
            yield from step.keys


def domain(found: tree.Domain) -> Iterator[Expr]:
    """The expressions of a domain."""
    match found:
        case tree.Interval(lo, hi):
            yield lo
            yield hi
        case tree.SetDomain(expr):
            yield expr
        case tree.SortDomain():
            pass


def parts(node: Expr) -> Iterator[Expr]:
    """The direct parts of an expression, in the order of evaluation."""
    match node:
        case tree.Read(place=place) | tree.QueueRead(place=place) | tree.Pop(place=place):
            yield from keys(place)
        case tree.FieldOf(record=inner):
            yield inner
        case tree.Construct(args=args):
            yield from args
        case tree.Replace(record=inner, changes=changes):
            yield inner
            yield from (value for _, value in changes)
        case tree.Binary(left=left, right=right):
            yield left
            yield right
        case tree.Logic(operands=operands):
            yield from operands
        case tree.Conditional(test=test, then=then, other=other):
            yield from (test, then, other)
        case tree.Within(item=item, container=container):
            yield from (item, container)
        case tree.Among(item=item, options=options):
            yield item
            yield from options
        case tree.SetOf(elements=elements):
            yield from elements
        case tree.Quantified(binders=binders, body=body):
            for binder in binders:
                yield from domain(binder.domain)
                yield from binder.conditions
            yield body
        case tree.Nth(position=position):
            yield position
        case tree.MakeRange(first=first, last=last):
            yield from (first, last)
        case tree.Call(args=args, owner=owner):
            yield from (arg for arg in args if not isinstance(arg, tree.StateArg))
            yield from keys(owner) if owner is not None else ()
        case tree.Pick(domain=found, condition=condition):
            yield from domain(found)
            yield from [condition] if condition is not None else []
        case tree.Literal() | tree.Var() | tree.Size() | tree.Way():
            pass
        case _:
            yield node.operand


def expressions(node: Expr) -> Iterator[Expr]:
    """An expression and all its parts."""
    yield node
    for part in parts(node):
        yield from expressions(part)


def places(node: Expr) -> Iterator[Place]:
    """The places that an expression itself reads, not its parts."""
    if isinstance(node, tree.Read | tree.QueueRead | tree.Pop):
        yield node.place


def own(statement: Stmt) -> Iterator[Expr]:
    """The expressions of a statement itself, not those of the statements inside."""
    match statement:
        case tree.AssignLocal(value=value):
            yield value
        case tree.AssignPlace(place=place, value=value):
            yield value
            yield from keys(place)
        case tree.Push(place=place, value=value):
            yield value
            yield from keys(place)
        case tree.Do(call=value):
            yield value
        case tree.If(test=test) | tree.While(test=test):
            yield test
        case tree.For(domain=found):
            yield from domain(found)
        case tree.Return(value=value):
            yield from [value] if value is not None else []
        case tree.CallSteps(args=args) | tree.EachDevice(args=args):
            yield from (arg for arg in args if not isinstance(arg, tree.StateArg))
        case tree.Wait(condition=condition) | tree.Check(condition=condition) | tree.Assert(condition=condition):
            yield condition
        case tree.Note(parts=pieces):
            yield from (piece for piece in pieces if not isinstance(piece, str))
        case tree.Break() | tree.Continue() | tree.Label() | tree.Atomic():
            pass


def bodies(statement: Stmt) -> Iterator[Body]:
    """The blocks inside a statement."""
    match statement:
        case tree.If(then=then, other=other):
            yield then
            yield other
        case tree.While(body=body) | tree.For(body=body):
            yield body
        case _:
            pass


def statements(body: Body) -> Iterator[Stmt]:
    """All statements of a block, inner ones too."""
    for statement in body:
        yield statement
        for inner in bodies(statement):
            yield from statements(inner)
