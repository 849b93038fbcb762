"""Two-phase commit: a transaction manager and resource managers agree to commit or to abort.

After Gray and Lamport, "Consensus on Transaction Commit" (2006). Messages stay in the network for ever, so they are
flags, and the last two rules may fire again and again.
"""

from __future__ import annotations

from shootdown.model import (
    Enum,
    Index,
    State,
    Steps,
    Table,
    always,
    auto,
    nothing,
    operation,
    size,
    sometimes,
    table,
    wait,
)


class Rm(Index):
    """A resource manager."""


class RmState(Enum):
    """How far a resource manager is."""

    WORKING = auto()
    PREPARED = auto()
    COMMITTED = auto()
    ABORTED = auto()


class TmState(Enum):
    """What the transaction manager has decided."""

    INIT = auto()
    COMMITTED = auto()
    ABORTED = auto()


class Transaction(State):
    """The managers and the network."""

    rm: Table[Rm, RmState] = table(RmState.WORKING, show="{0}: {value}")
    tm: TmState = TmState.INIT
    heard: frozenset[Rm] = frozenset()
    prepared: frozenset[Rm] = frozenset()
    commit: bool = False
    abort: bool = False


@operation(atomic="a Murphi rule", litmus="commit")
def tm_commit(k: Transaction) -> Steps:
    """Decide to commit: everybody is prepared."""
    wait(k.tm == TmState.INIT and len(k.heard) == size(Rm))
    k.tm = TmState.COMMITTED
    k.commit = True
    yield from nothing()


@operation(atomic="a Murphi rule", litmus="abort")
def tm_abort(k: Transaction) -> Steps:
    """Decide to abort."""
    wait(k.tm == TmState.INIT)
    k.tm = TmState.ABORTED
    k.abort = True
    yield from nothing()


@operation(atomic="a Murphi rule", litmus="hear {rm}")
def tm_receive(k: Transaction, rm: Rm) -> Steps:
    """Hear that a resource manager is prepared."""
    wait(k.tm == TmState.INIT and rm in k.prepared)
    k.heard = k.heard | {rm}
    yield from nothing()


@operation(atomic="a Murphi rule", litmus="{rm} prepares")
def rm_prepare(k: Transaction, rm: Rm) -> Steps:
    """Prepare, and say so."""
    wait(k.rm[rm] == RmState.WORKING)
    k.rm[rm] = RmState.PREPARED
    k.prepared = k.prepared | {rm}
    yield from nothing()


@operation(atomic="a Murphi rule", litmus="{rm} gives up")
def rm_abort(k: Transaction, rm: Rm) -> Steps:
    """Abort without being told."""
    wait(k.rm[rm] == RmState.WORKING)
    k.rm[rm] = RmState.ABORTED
    yield from nothing()


@operation(atomic="a Murphi rule", litmus="{rm} commits")
def rm_receive_commit(k: Transaction, rm: Rm) -> Steps:
    """Hear that the transaction is committed."""
    wait(k.commit)
    k.rm[rm] = RmState.COMMITTED
    yield from nothing()


@operation(atomic="a Murphi rule", litmus="{rm} aborts")
def rm_receive_abort(k: Transaction, rm: Rm) -> Steps:
    """Hear that the transaction is aborted."""
    wait(k.abort)
    k.rm[rm] = RmState.ABORTED
    yield from nothing()


@always
def consistent(k: Transaction) -> bool:
    """No resource manager commits while another aborts."""
    return not any(k.rm[a] == RmState.COMMITTED and k.rm[b] == RmState.ABORTED for a in Rm for b in Rm)


@sometimes
def all_commit(k: Transaction) -> bool:
    """The transaction can succeed."""
    return all(k.rm[rm] == RmState.COMMITTED for rm in Rm)
