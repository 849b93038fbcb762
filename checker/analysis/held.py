"""What locals and temporaries hold on the way through a step, as far as the reader of sorts asks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from shootdown.model.ir.expr import Const, Expr, Load, Local, Op, Operator, Temp


@dataclass(frozen=True, slots=True)
class Held:
    """The types of what is held, whether it may be the zero of a record that is not there, and its value, if known.

    In a value locals stand for what they were at the beginning of the step.
    """

    types: frozenset[int]
    junk: bool = False
    value: Expr | None = None


Env = dict[Local | Temp, Held]


def bare(expr: Local | Temp) -> Local | Temp:
    """The local or temporary, wherever it is read."""
    return Local(expr.slot) if isinstance(expr, Local) else Temp(expr.slot)


def joined(cond: Expr, then: Env | None, orelse: Env | None) -> Env:
    """What is held behind a branch; None: that way ends the step."""
    if then is None or orelse is None:
        found = orelse if then is None else then
        assert found is not None
        return found
    both = then | orelse
    for key in then.keys() & orelse.keys():
        one, other = then[key], orelse[key]
        if one != other:
            value = _either(cond, one.value, other.value)
            both[key] = Held(one.types | other.types, one.junk or other.junk, value)
    return both


def value_of(expr: Expr, env: Env) -> Expr | None:
    """What an expression is, in terms of the beginning of the step; None: nothing that is asked for."""
    match expr:
        case Local() | Temp():
            held = env.get(bare(expr))
            return None if held is None else held.value
        case Op(Operator.ITE, (cond, then, orelse)):
            return _either(cond, value_of(then, env), value_of(orelse, env))
        case Const() | Load():
            return expr
        case _:
            return None


def _either(cond: Expr, then: Expr | None, orelse: Expr | None) -> Expr | None:
    if then == orelse:
        return then
    return None if then is None or orelse is None else Op(Operator.ITE, (cond, then, orelse))


def may_be_junk(expr: Expr, env: Env, guards: Mapping[str, str]) -> bool:
    """Whether an expression may be the zero of a record that is not there."""
    match expr:
        case Const(0):
            return True
        case Load(array):
            return array in guards
        case Local() | Temp():
            held = env.get(bare(expr))
            return held is not None and held.junk
        case Op(Operator.ITE, (_, a, b)):
            return may_be_junk(a, env, guards) or may_be_junk(b, env, guards)
        case _:
            return False
