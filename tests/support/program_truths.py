"""Random truths, as text."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from program_scope import Unavailable, Variable
from program_sorts import TRUTH, Listed, Maybe, Number, Some, Sort, Stretch

if TYPE_CHECKING:
    from program_expressions import Expressions


def truth(draw: Expressions, depth: int) -> str:
    """A truth over what is in scope."""
    ways = [lambda: _source(draw, depth), lambda: _source(draw, min(depth, 0)), lambda: _is_none(draw, depth)]
    ways += [lambda: _compared(draw, depth)] * (depth >= 0)
    if depth > 0:
        ways += [lambda: f"not {truth(draw, depth - 1)}", lambda: _logic(draw, depth), lambda: _logic(draw, depth)]
        ways += [lambda: _narrowing(draw, depth), lambda: _equal(draw, depth), lambda: _equal(draw, depth)]
        ways += [lambda: _quantified(draw, depth), lambda: _quantified(draw, depth), lambda: _within(draw, depth)]
        ways += [lambda: _queue(draw, depth), lambda: _ordered(draw, depth), lambda: _among(draw, depth)]
        ways += [lambda: _design(draw), lambda: _chained(draw, depth), lambda: _method(draw)]
    try:
        made = draw.first(ways)
    except Unavailable:
        return draw.random.choice(("True", "False"))
    return f"({made})"


def _source(draw: Expressions, depth: int) -> str:
    return draw.source(TRUTH, depth)


def _compared(draw: Expressions, depth: int) -> str:
    left, right = _numbers(draw, depth)
    return f"{left} {draw.random.choice(('==', '!=', '<', '<=', '>', '>='))} {right}"


def _numbers(draw: Expressions, depth: int) -> tuple[str, str]:
    left, right = draw.number(depth - 1)[0], draw.number(min(depth, 0))[0]
    if left.lstrip("-").isdigit() and right.lstrip("-").isdigit():
        raise Unavailable
    return left, right


def _chained(draw: Expressions, depth: int) -> str:
    left, middle = _numbers(draw, depth)
    return (
        f"{left} {draw.random.choice(('<', '<=', '>'))} {middle} {draw.random.choice(('<', '>='))} {draw.number(0)[0]}"
    )


def _logic(draw: Expressions, depth: int) -> str:
    word = draw.random.choice((" and ", " or "))
    return word.join(truth(draw, depth - 1) for _ in range(draw.random.choice((2, 2, 3))))


def _optional(sort: Sort, solid: bool) -> bool:
    return isinstance(sort, Maybe) and not solid


def _narrowing(draw: Expressions, depth: int) -> str:
    """A test of a local with what it makes known."""
    name, item = draw.variable(_optional)
    inner = draw.using(draw.mode, **{name: replace(item, solid=True)})
    positive = draw.chance(50)
    rest = truth(inner, depth - 1)
    return f"{name} is not None and {rest}" if positive else f"{name} is None or {rest}"


def _is_none(draw: Expressions, depth: int) -> str:
    word = draw.random.choice(("is", "is not"))
    ways = [lambda: draw.variable(_optional)[0]]
    if not draw.mode.condition:
        ways += [lambda: draw.place(lambda item: isinstance(item.value, Maybe) and item.capacity is None, depth)[0]]
    return f"{draw.first(ways)} {word} None"


def _equal(draw: Expressions, depth: int) -> str:
    word = draw.random.choice(("==", "!="))
    sorts: list[Sort] = [*draw.schema.listed, *draw.schema.listed, *draw.schema.records, TRUTH]
    sorts += [item.value for item in draw.schema.places if isinstance(item.value, Maybe | Some | Stretch)]
    sort = draw.one(sorts)
    left = draw.source(sort, 0)
    if not (isinstance(sort, Listed) and not sort.index):
        right = draw.source(sort, depth - 1) if isinstance(sort, Maybe | Some) else draw.of(sort, depth - 1)
        return f"{left} {word} {right}"
    right = draw.of(sort, 0)
    known = draw.names.compared
    if left in known or right in known or (right.startswith(f"{sort.name}.") and _is_cell(draw, left)):
        raise Unavailable
    if right.startswith(f"{sort.name}."):
        known.add(left)
    return f"{left} {word} {right}"


def _is_cell(draw: Expressions, text: str) -> bool:
    """Whether a condition may not compare this text with a member."""
    return draw.mode.condition and ("k." in text or "k[" in text or "self." in text)


def _among(draw: Expressions, depth: int) -> str:
    sort = draw.one(draw.schema.listed)
    left = draw.source(sort, 0)
    if left in draw.names.compared:
        raise Unavailable
    draw.names.compared.add(left)
    options = ", ".join(draw.of(sort, 0) for _ in range(draw.random.randint(2, 3)))
    return f"{left} {draw.random.choice(('in', 'not in'))} ({options})"


def _within(draw: Expressions, depth: int) -> str:
    word = draw.random.choice(("in", "not in"))

    def of_set() -> str:
        sort = draw.one(draw.set_sorts())
        if draw.chance(30):
            return f"{draw.of(sort, 0)} <= {draw.of(sort, 0)}"
        return f"{draw.of(sort.element, depth - 1)} {word} {draw.of(sort, depth - 1)}"

    def of_range() -> str:
        index = draw.one([item for item in draw.schema.listed if item.ordered])
        sort = Stretch(index)
        if draw.chance(30):
            return f"{draw.of(sort, depth - 1)}.empty"
        return f"{draw.of(index, depth - 1)} {word} {draw.of(sort, depth - 1)}"

    return draw.first([of_set, of_range])


def _queue(draw: Expressions, depth: int) -> str:
    text, _ = draw.place(lambda item: item.capacity is not None, depth - 1)
    return f"{text}.{draw.random.choice(('empty', 'full'))}"


def _ordered(draw: Expressions, depth: int) -> str:
    sort = draw.one([item for item in draw.schema.listed if item.ordered])
    return f"{draw.of(sort, 0)} {draw.random.choice(('<', '<=', '>', '>='))} {draw.of(sort, depth - 1)}"


def _design(draw: Expressions) -> str:
    if draw.scope.state == "":
        raise Unavailable
    name, sort = draw.one(draw.schema.mechanisms)
    if sort is None:
        return f"has(k, {name})"
    return f"way(k, {name}) == {sort.name}.{draw.random.choice(sort.values)}"


def _method(draw: Expressions) -> str:
    stands = draw.one(draw.schema.struct_places)
    if draw.scope.state == "" or not draw.mode.reads:
        raise Unavailable
    return f"{draw.path(stands.owner, stands.path, stands.keys, 0)}.free()"


def _quantified(draw: Expressions, depth: int) -> str:
    inner = draw.using(replace(draw.mode, condition=False))
    parts = []
    for _ in range(draw.random.choice((1, 1, 2))):
        sort: Sort = draw.one(draw.schema.listed) if draw.chance(85) else Number(0, draw.random.randint(0, 2))
        name = draw.names.fresh("e")
        inner = inner.using(inner.mode, **{name: Variable(sort)})
        parts.append(f"for {name} in {draw.domain(sort)}")
        if draw.chance(30):
            parts[-1] += f" if {truth(inner, depth - 1)}"
    return f"{draw.random.choice(('all', 'any'))}({truth(inner, depth - 1)} {' '.join(parts)})"
