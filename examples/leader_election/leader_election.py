"""Leader election in a ring: candidates send their numbers round, and the least of these comes home.

After E. Chang and R. Roberts (1979), with messages of a link in any order. Node i has the number i * K mod N. A node
that hears of a candidate before it has started stands no more.
"""

from __future__ import annotations

from shootdown.model import (
    Annotated,
    Between,
    Enum,
    Index,
    State,
    Steps,
    Table,
    always,
    auto,
    choose,
    given,
    nothing,
    nth,
    operation,
    ordinal,
    size,
    sometimes,
    table,
    wait,
)


class Node(Index):
    """A node of the ring."""


class Role(Enum):
    """What a node thinks of itself."""

    INITIAL = auto()
    CANDIDATE = auto()
    LOST = auto()
    WON = auto()


Number = Annotated[int, Between(0, size(Node) - 1)]


class Ring(State):
    """The nodes, and the numbers on their way to each."""

    K: Annotated[int, Between(1, 9)] = given()
    role: Table[Node, Role] = table(Role.INITIAL, show="{0}: {value}")
    inbox: Table[Node, frozenset[Number]] = table(frozenset(), show="to {0}: {value}")


def number(k: Ring, node: Node) -> Number:
    """The number of a node."""
    return ordinal(node) * k.K % size(Node)


def after(node: Node) -> Node:
    """The next node of the ring."""
    return nth(Node, (ordinal(node) + 1) % size(Node))


@operation(atomic="a Murphi rule", source="Chang and Roberts 1979", litmus="start {node}")
def start(k: Ring, node: Node) -> Steps:
    """Stand as a candidate."""
    wait(k.role[node] == Role.INITIAL)
    k.role[node] = Role.CANDIDATE
    k.inbox[after(node)] = k.inbox[after(node)] | {number(k, node)}
    yield from nothing()


@operation(atomic="a Murphi rule", source="Chang and Roberts 1979", litmus="receive {node}")
def receive(k: Ring, node: Node) -> Steps:
    """Take a number: pass on a lesser one, swallow a greater one, win on one's own."""
    got = choose(k.inbox[node])
    mine = number(k, node)
    passive = k.role[node] == Role.INITIAL or k.role[node] == Role.LOST
    k.inbox[node] = k.inbox[node] - {got}
    if passive or got < mine:
        k.role[node] = Role.LOST
        k.inbox[after(node)] = k.inbox[after(node)] | {got}
    elif got == mine:
        k.role[node] = Role.WON
    yield from nothing()


@always
def one_winner(k: Ring) -> bool:
    """At most one node wins."""
    return sum(1 for node in Node if k.role[node] == Role.WON) <= 1


@sometimes
def somebody_wins(k: Ring) -> bool:
    """The election can come to an end."""
    return any(k.role[node] == Role.WON for node in Node)
