"""German's cache-coherence protocol, control part: a home node hands out shared and exclusive copies of one line.

Steven German's challenge problem (2000) as Murphi models state it: a channel for requests, one for what the home
node says, one for acknowledgements, each of one message a node.
"""

from __future__ import annotations

from shootdown.model import Enum, Index, State, Steps, Table, always, auto, nothing, operation, sometimes, table, wait


class Node(Index):
    """A caching node."""


class Cache(Enum):
    """What a node may do with the line."""

    INVALID = auto()
    SHARED = auto()
    EXCLUSIVE = auto()


class Request(Enum):
    """What a node asks for."""

    SHARED = auto()
    EXCLUSIVE = auto()


class Reply(Enum):
    """What the home node says."""

    INVALIDATE = auto()
    GRANT_SHARED = auto()
    GRANT_EXCLUSIVE = auto()


class Line(State):
    """The caches, the channels, and the directory of the home node."""

    cache: Table[Node, Cache] = table(Cache.INVALID, show="{0}: {value}")
    request: Table[Node, Request | None] = table(None)
    reply: Table[Node, Reply | None] = table(None)
    acknowledged: Table[Node, bool] = table(False)
    to_invalidate: frozenset[Node] = frozenset()
    sharers: frozenset[Node] = frozenset()
    exclusive: bool = False
    current: Request | None = None
    client: Node | None = None


@operation(atomic="a Murphi rule", litmus="{node} asks to share")
def ask_shared(k: Line, node: Node) -> Steps:
    """Ask for a shared copy."""
    wait(k.request[node] is None and k.cache[node] == Cache.INVALID)
    k.request[node] = Request.SHARED
    yield from nothing()


@operation(atomic="a Murphi rule", litmus="{node} asks to own")
def ask_exclusive(k: Line, node: Node) -> Steps:
    """Ask for the exclusive copy."""
    wait(k.request[node] is None and k.cache[node] != Cache.EXCLUSIVE)
    k.request[node] = Request.EXCLUSIVE
    yield from nothing()


@operation(atomic="a Murphi rule", litmus="take request of {node}")
def receive_request(k: Line, node: Node) -> Steps:
    """Start to serve a request."""
    wait(k.current is None and k.request[node] is not None)
    k.current = k.request[node]
    k.client = node
    k.request[node] = None
    k.to_invalidate = k.sharers
    yield from nothing()


@operation(atomic="a Murphi rule", litmus="invalidate {node}")
def send_invalidate(k: Line, node: Node) -> Steps:
    """Ask a sharer to drop its copy."""
    wait(k.reply[node] is None and node in k.to_invalidate)
    wait(k.current == Request.EXCLUSIVE or (k.current == Request.SHARED and k.exclusive))
    k.reply[node] = Reply.INVALIDATE
    k.to_invalidate = k.to_invalidate - {node}
    yield from nothing()


@operation(atomic="a Murphi rule", litmus="{node} acknowledges")
def acknowledge(k: Line, node: Node) -> Steps:
    """Drop the copy and say so."""
    wait(k.reply[node] == Reply.INVALIDATE and not k.acknowledged[node])
    k.reply[node] = None
    k.acknowledged[node] = True
    k.cache[node] = Cache.INVALID
    yield from nothing()


@operation(atomic="a Murphi rule", litmus="hear {node}")
def receive_acknowledgement(k: Line, node: Node) -> Steps:
    """Hear that a sharer dropped its copy."""
    wait(k.acknowledged[node] and k.current is not None)
    k.acknowledged[node] = False
    k.sharers = k.sharers - {node}
    k.exclusive = False
    yield from nothing()


@operation(atomic="a Murphi rule", litmus="share with {node}")
def grant_shared(k: Line, node: Node) -> Steps:
    """Grant a shared copy: nobody has the exclusive one."""
    wait(k.current == Request.SHARED and k.client == node and k.reply[node] is None and not k.exclusive)
    k.reply[node] = Reply.GRANT_SHARED
    k.sharers = k.sharers | {node}
    k.current = None
    k.client = None
    yield from nothing()


@operation(atomic="a Murphi rule", litmus="give to {node}")
def grant_exclusive(k: Line, node: Node) -> Steps:
    """Grant the exclusive copy: nobody has any."""
    wait(k.current == Request.EXCLUSIVE and k.client == node and k.reply[node] is None)
    wait(not k.exclusive and k.sharers == frozenset())
    k.reply[node] = Reply.GRANT_EXCLUSIVE
    k.sharers = k.sharers | {node}
    k.exclusive = True
    k.current = None
    k.client = None
    yield from nothing()


@operation(atomic="a Murphi rule", litmus="{node} shares")
def receive_shared(k: Line, node: Node) -> Steps:
    """Take the shared copy."""
    wait(k.reply[node] == Reply.GRANT_SHARED)
    k.cache[node] = Cache.SHARED
    k.reply[node] = None
    yield from nothing()


@operation(atomic="a Murphi rule", litmus="{node} owns")
def receive_exclusive(k: Line, node: Node) -> Steps:
    """Take the exclusive copy."""
    wait(k.reply[node] == Reply.GRANT_EXCLUSIVE)
    k.cache[node] = Cache.EXCLUSIVE
    k.reply[node] = None
    yield from nothing()


@always
def coherent(k: Line) -> bool:
    """While one node has the exclusive copy, no other has any."""
    return all(a == b or k.cache[a] != Cache.EXCLUSIVE or k.cache[b] == Cache.INVALID for a in Node for b in Node)


@sometimes
def somebody_owns(k: Line) -> bool:
    """The exclusive copy can be had."""
    return any(k.cache[node] == Cache.EXCLUSIVE for node in Node)
