"""What expressions and statements read, worked out once for each object.

Passes and engines ask for it again and again, and systems that come from the same code share most of their expressions.
"""

from __future__ import annotations

from collections.abc import Iterable

from .expr import Expr, Fold, Load, Local, Op, Param, Rigid, Temp
from .immutable import immutable
from .simplify import simplify
from .stmt import Block, Stmt
from .walk import expressions, statements, subexpressions

MOST_KNOWN = 200_000
"""Expressions of which the answer is kept."""


@immutable
class Reads:
    """What is read: arrays and mechanisms by name, locals, temporaries and parameters by slot.

    `simple`: no part has a simpler form.
    """

    arrays: frozenset[str] = frozenset()
    locals: frozenset[int] = frozenset()
    temps: frozenset[int] = frozenset()
    mechanisms: frozenset[str] = frozenset()
    params: frozenset[int] = frozenset()
    simple: bool = True

    def any_of(self, targets: Iterable[Local | Temp]) -> bool:
        """Whether one of these is read."""
        return any(target.slot in (self.locals if isinstance(target, Local) else self.temps) for target in targets)

    def __or__(self, other: Reads) -> Reads:
        """What either reads."""
        if self is NOTHING or self is other:
            return other
        if other is NOTHING:
            return self
        return Reads(
            self.arrays | other.arrays,
            self.locals | other.locals,
            self.temps | other.temps,
            self.mechanisms | other.mechanisms,
            self.params | other.params,
            self.simple and other.simple,
        )


NOTHING = Reads()

# The expression stands beside the answer: an id is only unique while its object lives.
_known: dict[int, tuple[Expr, Reads]] = {}


def reads(expr: Expr) -> Reads:
    """What an expression reads."""
    known = _known.get(id(expr))
    if known is not None:
        return known[1]
    found = _reads(expr)
    if len(_known) >= MOST_KNOWN:
        _known.clear()
    _known[id(expr)] = expr, found
    return found


def _reads(expr: Expr) -> Reads:
    arrays: set[str] = set()
    locals_: set[int] = set()
    temps: set[int] = set()
    mechanisms: set[str] = set()
    params: set[int] = set()
    simple = True
    for part in subexpressions(expr):
        match part:
            case Op() | Fold():
                simple = simple and simplify(part) is part
            case Load(array):
                arrays.add(array)
            case Local(slot):
                locals_.add(slot)
            case Temp(slot):
                temps.add(slot)
            case Rigid(mechanism):
                mechanisms.add(mechanism)
            case Param(slot):
                params.add(slot)
            case _:
                pass
    if simple and not (arrays or locals_ or temps or mechanisms or params):
        return NOTHING
    return Reads(
        frozenset(arrays), frozenset(locals_), frozenset(temps), frozenset(mechanisms), frozenset(params), simple
    )


def statement_reads(statement: Stmt) -> Reads:
    """What a statement reads itself, indices of its target included; not what its branches read."""
    found = NOTHING
    for expr in expressions(statement):
        found |= reads(expr)
    return found


def block_reads(block: Block) -> Reads:
    """What the statements of a block read, those of branches included."""
    found = {id(known): known for statement in statements(block) for known in map(reads, expressions(statement))}
    found.pop(id(NOTHING), None)
    if len(found) < 2:
        return next(iter(found.values()), NOTHING)
    every = found.values()
    return Reads(
        frozenset().union(*(known.arrays for known in every)),
        frozenset().union(*(known.locals for known in every)),
        frozenset().union(*(known.temps for known in every)),
        frozenset().union(*(known.mechanisms for known in every)),
        frozenset().union(*(known.params for known in every)),
        all(known.simple for known in every),
    )
