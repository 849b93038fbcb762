"""Cuts steps that are declared atomic, before every statement that makes a further access to shared state."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...ir.expr import Local
from ...ir.stmt import Assign
from .. import tree, walk
from . import calls, expressions, simple
from .continuation import Continuation, Leave, Seq, leave
from .emit import Access, Emit
from .frames import lasting
from .scope import Scope, Target
from .shapes import Val
from .terms import mentions

if TYPE_CHECKING:
    from .control import Control

LOST: tuple[str, tuple[()]] = ("", ())
"""A place that is no longer known to be the one accessed first: its index was assigned."""


def is_simple(node: tree.Stmt) -> bool:
    """Whether running a statement on trial has no consequence but its output."""
    return not isinstance(
        node, tree.If | tree.While | tree.For | tree.CallSteps | tree.EachDevice | tree.Label | tree.Return
    )


def probe(trial: Emit, here: Seq) -> None:
    """Find out what a statement with control flow itself accesses."""
    node = here.body[here.index]
    if isinstance(node, tree.While):
        return
    for expr in walk.own(node):
        expressions.evaluate(trial, here.scope, expr)


def belongs_to_next(access: Access, trial: Emit, node: tree.Stmt) -> bool:
    """Whether a statement accesses something that is not part of the access made so far."""
    found = trial.reads | trial.writes
    if not found or not access.places or isinstance(node, tree.Wait) or _chooses(node):
        return False
    return access.wrote or not found <= access.places


def _chooses(node: tree.Stmt) -> bool:
    return any(
        isinstance(part, tree.Pick) and part.blocking for expr in walk.own(node) for part in walk.expressions(expr)
    )


def note(emit: Emit, trial: Emit) -> None:
    """Remember what a statement accessed, and forget places whose index it assigned."""
    access = emit.access
    assigned = [item.target for item in trial.out if isinstance(item, Assign) and isinstance(item.target, Local)]
    places = access.places | trial.reads | trial.writes
    kept = {LOST if any(mentions(index, assigned) for index in place[1]) else place for place in places}
    emit.access = Access(frozenset(kept), access.wrote or bool(trial.writes))
    emit.coarse, emit.pending = trial.coarse, trial.pending


def entered(control: Control, here: Seq, emit: Emit) -> Continuation | None:
    """Run a helper that acts statement by statement, so that the step can be cut inside; None: not such a call."""
    node, scope = here.body[here.index], here.scope
    rest = control.seq(here.body, here.index + 1, scope, here.next)
    match node:
        case tree.Do(call=tree.Call() as call):
            target, after = None, rest
        case tree.AssignLocal(name=name, value=tree.Call() as call):
            assert scope.frame is not None
            target, after = Target(scope.frame, name), rest
        case tree.Return(value=tree.Call() as call):
            assert scope.frame is not None
            target, after = scope.frame.target, leave(here)
        case _:
            return None
    if call.function.pure or call.function.role.value == "slot":
        return None
    return _enter(control, here, emit, call, target, after)


def _enter(
    control: Control, here: Seq, emit: Emit, call: tree.Call, target: Target | None, after: Continuation
) -> Continuation | None:
    function, scope, parent = call.function, here.scope, here.scope.frame
    assert parent is not None
    trial = emit.trial()
    owner = calls.owner(trial, scope, call)
    args = calls.arguments(trial, scope, call.args, function.parameters, function.name, call.where)
    plain = owner is None or lasting(Val(emit.setting.shape(function.result), owner.indices))
    if trial.out or trial.reads or not plain:
        return None

    def make() -> Continuation:
        frame = control.frames.make(function, args, parent, parent.calls, target)
        frame.owner = owner
        back = control.interned.get(Leave, frame, after)
        return control.seq(function.body, 0, Scope({}, frame, owner), back)

    cont = control.interned.once((here, "helper"), make)
    back = leave(cont)
    simple.pass_arguments(emit, back.frame, args, call.where, control.frames.slots)
    return cont
