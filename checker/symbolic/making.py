"""Z3 terms made of parts whose sorts fit.

z3py's own functions look for a context, coerce and compare sorts first, which takes ten times as long as the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import z3
from z3 import z3core

Ref = TypeVar("Ref", z3.BoolRef, z3.BitVecRef)

_CONTEXT = z3.main_ctx()
_C = _CONTEXT.ref()


def same(a: z3.ExprRef, b: z3.ExprRef) -> bool:
    """Whether both are one term; Z3 has each term once."""
    return bool(a.ast.value == b.ast.value)


def equality(a: Ref, b: Ref) -> z3.BoolRef:
    """`a == b`."""
    return z3.BoolRef(z3core.Z3_mk_eq(_C, a.ast, b.ast), _CONTEXT)


def if_else(cond: z3.BoolRef, then: Ref, orelse: Ref) -> Ref:
    """`If(cond, then, orelse)`."""
    kind = z3.BoolRef if isinstance(then, z3.BoolRef) else z3.BitVecRef
    return kind(z3core.Z3_mk_ite(_C, cond.ast, then.ast, orelse.ast), _CONTEXT)


def inverse(truth: z3.BoolRef) -> z3.BoolRef:
    """`Not(truth)`, without a second `Not`."""
    if z3core.Z3_get_decl_kind(_C, z3core.Z3_get_app_decl(_C, truth.ast)) == z3.Z3_OP_NOT:
        return z3.BoolRef(z3core.Z3_get_app_arg(_C, truth.ast, 0), _CONTEXT)
    return z3.BoolRef(z3core.Z3_mk_not(_C, truth.ast), _CONTEXT)


def all_of(truths: Sequence[z3.BoolRef]) -> z3.BoolRef:
    """`And(truths)`."""
    return _joined(z3core.Z3_mk_and, truths)


def any_of(truths: Sequence[z3.BoolRef]) -> z3.BoolRef:
    """`Or(truths)`."""
    return _joined(z3core.Z3_mk_or, truths)


def _joined(make: Callable[..., object], truths: Sequence[z3.BoolRef]) -> z3.BoolRef:
    parts = (z3.Ast * len(truths))(*[truth.ast for truth in truths])
    return z3.BoolRef(make(_C, len(truths), parts), _CONTEXT)
