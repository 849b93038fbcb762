"""Stuck states (rule 4 of docs/search.md)."""

from __future__ import annotations

from shootdown.model.ir.layout import State

from .search import Search


def stuck_states(search: Search) -> set[State]:
    """The stuck states of those that a search has expanded.

    Nobody has a progress step, no spontaneous steps lead to one, and some agent is inside an operation. Of a state that
    was not expanded nobody knows, so it may be one that has a progress step.
    """
    before: dict[State, list[State]] = {}
    live = []
    for state in search.waiting:
        for _, target in search.successors[state]:
            before.setdefault(target, []).append(state)
            if target not in search.waiting:
                live.append(state)
    dead = set(search.waiting)
    while live:
        state = live.pop()
        if state in dead:
            dead.remove(state)
            live += before.get(state, ())
    return {state for state in dead if search.evaluator.inside(state)}
