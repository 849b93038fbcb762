"""Which index sorts are symmetric, and which lines say that others are not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import tree, walk
from .model import Model, SortDecl
from .sorts import IndexSort
from .tree import Body, Operation

if TYPE_CHECKING:
    from .rules import Rules

COMMUTES = {Operation.ADD, Operation.UNION, Operation.MEET, Operation.MINUS, Operation.SUB}


def check(rules: Rules, model: Model) -> None:
    """Record every reason against symmetry with its sort."""
    found = rules.reader.asymmetries
    for sort, where, body in rules.reader.walks:
        why = _why(body)
        if why and isinstance(sort, IndexSort):
            found.setdefault(sort.name, []).append((where, why))
    for name, decl in model.sorts.items():
        reasons = list(found.get(name, ()))
        if isinstance(decl.sort, IndexSort) and decl.sort.ordered:
            reasons.insert(0, (decl.where, "it is declared ordered"))
        object.__setattr__(decl, "asymmetry", tuple(reasons))


def symmetric(decl: SortDecl) -> bool:
    """Whether the values of a sort are interchangeable as far as the model says; a scenario may name one."""
    return isinstance(decl.sort, IndexSort) and not decl.asymmetry


def _why(body: Body) -> str:
    """Why the order of the rounds of a loop matters; nothing if it does not."""
    for statement in walk.statements(body):
        match statement:
            case tree.Label() | tree.CallSteps() | tree.EachDevice():
                return "a loop over it has boundaries inside"
            case tree.Break() | tree.Return():
                return "a loop over it is left early"
            case tree.AssignLocal(name=name, value=value):
                if not _accumulates(name, value):
                    return "a loop over it assigns a local"
            case tree.AssignPlace(operation=operation, value=value):
                if operation not in COMMUTES and not isinstance(value, tree.Literal):
                    return "a loop over it assigns state"
            case tree.Push() | tree.Do() | tree.Wait():
                return "a loop over it acts in order"
            case _:
                pass
    return ""


def _accumulates(name: str, value: tree.Expr) -> bool:
    match value:
        case tree.Literal():
            return True
        case tree.Binary(operation=operation, left=tree.Var(name=same)):
            return same == name and operation in COMMUTES
        case _:
            return False
