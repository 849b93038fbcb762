"""Random typed expressions, as text, over what a program declares and the locals in scope."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from program_scope import Draw, Unavailable, Variable
from program_sorts import Listed, Maybe, Number, Place, Signature, Some, Sort, Stretch, Truth, Tuple
from program_truths import truth


class Expressions(Draw):
    """Draws expressions."""

    def place(self, wanted: Callable[[Place], bool], depth: int) -> tuple[str, Place]:
        """A place that may be read here, as text."""
        places = [item for item in self.schema.places if wanted(item) and self.readable(item)]
        places = [item for item in places if depth >= 0 or not item.keys]
        item = self.one(places)
        return self.at(item, depth), item

    def cell(self, sort: Sort, depth: int) -> str:
        """A cell of a sort."""
        return self.place(lambda item: item.value == sort and item.capacity is None, depth)[0]

    def at(self, place: Place, depth: int) -> str:
        """The text of a place, with keys."""
        return self.path(place.owner, place.path, place.keys, depth)

    def path(self, owner: str, path: str, keys: Sequence[Sort], depth: int) -> str:
        """The text of a path, with keys."""
        written = ", ".join(self.of(key, min(depth, 1) - 1) for key in keys)
        return f"{self.base(owner)}.{path.replace('[]', f'[{written}]')}"

    def of(self, sort: Sort, depth: int = 2) -> str:
        """An expression of a sort; integers within its bounds, unless things may go wrong."""
        match sort:
            case Truth():
                return self.truth(depth)
            case Number():
                return self.bounded(sort, depth)
            case Listed():
                return self.first([lambda: self.listed(sort, depth), lambda: self.source(sort, depth)])
            case Maybe(inner):
                return self.maybe(sort, inner, depth)
            case Tuple():
                return self.first([lambda: self.source(sort, depth), lambda: self.record(sort, depth)])
            case Some():
                return self.first([lambda: self.source(sort, depth), lambda: self.some(sort, depth)])
            case Stretch():
                return self.first([lambda: self.source(sort, depth), lambda: self.stretch(sort, depth)])

    def bounded(self, sort: Number, depth: int) -> str:
        """An integer within bounds."""
        text, lo, hi = self.number(depth)
        if (sort.lo <= lo and hi <= sort.hi) and not self.mode.total:
            return text
        if not self.mode.exact and self.risks(15):
            return text
        if sort.lo == sort.hi:
            return str(sort.lo)
        if self.chance(50) or self.mode.total:
            return f"max({sort.lo}, min({sort.hi}, {text}))"
        return f"({text}) % {sort.hi - sort.lo + 1} + {sort.lo}"

    def risks(self, percent: int) -> bool:
        """Whether to let something go wrong here."""
        return self.schema.risky and not self.mode.total and self.chance(percent)

    def source(self, sort: Sort, depth: int) -> str:
        """A variable, place, field, call or conditional of just this sort."""
        ways = [lambda: self.variable_of(sort)] * 3
        ways += [lambda: self.cell(sort, depth)] * 2
        ways += [lambda: self.field(sort, depth)]
        if depth > 0:
            ways += [lambda: self.call(sort, depth), lambda: self.conditional(sort, depth)]
            ways += [lambda: self.unwrapped(sort, depth)]
        return self.first(ways)

    def named(self, sort: Sort) -> str:
        """A variable of just this sort."""
        return self.variable(lambda found, _: found == sort)[0]

    def variable_of(self, sort: Sort) -> str:
        """A variable of a sort, or an optional one that is narrowed."""
        return self.variable(lambda found, solid: found == sort or (solid and found == Maybe(sort)))[0]

    def field(self, sort: Sort, depth: int) -> str:
        """A field of a record."""
        rows = [(record, name) for record in self.schema.records for name, held in record.fields if held == sort]
        record, name = self.one(rows)
        ways = [lambda: self.variable_of(record)]
        ways += [lambda: self.cell(record, depth)]
        return f"{self.first(ways)}.{name}"

    def unwrapped(self, sort: Sort, depth: int) -> str:
        """`some(...)`, or the head of a queue."""
        if not self.risks(40):
            raise Unavailable
        if self.chance(30):
            return f"{self.place(lambda item: item.value == sort and item.capacity is not None, depth)[0]}.head"
        return f"some({self.cell(Maybe(sort), depth)})"

    def call(self, sort: Sort, depth: int) -> str:
        """A call of an expression helper or of a slot that is one."""
        if depth <= 0:
            raise Unavailable
        found = [
            item
            for item in self.schema.helpers
            if item.result == sort
            and item.pure
            and (item.total or not self.mode.total)
            and (self.mode.ghost or not item.ghost)
            and (self.mode.reads or not item.reads)
        ]
        return self.called(self.one(found), depth - 1)

    def called(self, item: Signature, depth: int) -> str:
        """The call of a function."""
        if self.scope.state == "":
            raise Unavailable
        inner = self.using(replace(self.mode, exact=True))
        args = [self.base(item.state), *(inner.of(sort, min(depth, 1)) for _, sort in item.parameters)]
        return f"{item.name}({', '.join(args)})"

    def conditional(self, sort: Sort, depth: int) -> str:
        """A conditional expression."""
        then, other = self.of(sort, depth - 1), self.of(sort, depth - 1)
        if then == other:
            raise Unavailable
        return f"({then} if {self.truth(depth - 1)} else {other})"

    def listed(self, sort: Listed, depth: int) -> str:
        """A member of an enumeration, or an element by its position."""
        if not sort.index:
            return f"{sort.name}.{self.random.choice(sort.values)}"
        if self.mode.total:
            raise Unavailable
        known = [item for item in self.scope.variables.values() if not (item.changes or item.tainted)]
        if any(item.sort == sort for item in known) and self.chance(80):
            raise Unavailable
        if self.risks(10) and depth > 0:
            return f"nth({sort.name}, {self.number(depth - 1)[0]})"
        return f"nth({sort.name}, {self.random.randrange(len(sort.values))})"

    def maybe(self, sort: Maybe, inner: Sort, depth: int) -> str:
        """An optional value."""
        ways = [lambda: self.source(sort, depth), lambda: self.of(inner, depth), lambda: "None"]
        if depth > 0:
            ways += [lambda: f"({self.of(inner, depth - 1)} if {self.truth(depth - 1)} else None)"]
        return self.first(ways)

    def record(self, sort: Tuple, depth: int) -> str:
        """A new record, or one with a field replaced."""

        def replaced() -> str:
            name, held = self.random.choice(sort.fields)
            return f"replace({self.source(sort, depth - 1)}, {name}={self.of(held, depth - 1)})"

        def made() -> str:
            defaults = {name for name, _ in sort.defaults}
            fields = [(name, held) for name, held in sort.fields if not (name in defaults and self.chance(40))]
            return f"{sort.name}({', '.join(f'{name}={self.of(held, depth - 1)}' for name, held in fields)})"

        return self.first([made, replaced] if depth > 0 else [made])

    def some(self, sort: Some, depth: int) -> str:
        """A set."""
        element = sort.element
        shallow = max(0, depth - 1)

        def shown() -> str:
            values = ", ".join(self.of(element, shallow) for _ in range(self.random.randint(1, 2)))
            return f"frozenset({{{values}}})"

        def built() -> str:
            name = self.names.fresh("e")
            test = self.using(self.mode, **{name: Variable(element)}).truth(shallow)
            return f"frozenset({name} for {name} in {self.domain(element)} if {test})"

        def joined() -> str:
            left = self.of(sort, shallow)
            right = f"{{{self.of(element, shallow)}}}" if self.chance(60) else self.of(sort, shallow)
            return f"({left} {self.random.choice('|-&')} {right})"

        return self.first([shown, built] + [joined] * (depth > 0))

    def domain(self, sort: Sort) -> str:
        """What a loop over a sort runs over."""
        match sort:
            case Listed(name):
                return name
            case Number(lo, hi):
                return f"range({lo}, {hi + 1})"
            case _:
                raise Unavailable

    def stretch(self, sort: Stretch, depth: int) -> str:
        """A range."""
        ends = f"({self.of(sort.index, depth - 1)}, {self.of(sort.index, depth - 1)})"
        return f"inclusive{ends}" if self.risks(30) else f"exclusive{ends}"

    def number(self, depth: int) -> tuple[str, int, int]:
        """An integer with an interval that it lies in."""
        ways: list[Callable[[], tuple[str, int, int]]] = [self.literal, *[lambda: self.number_source(depth)] * 2]
        if depth > 0:
            ways += [lambda: self.arithmetic(depth), lambda: self.arithmetic(depth), lambda: self.counted(depth)]
            ways += [lambda: self.total_of(depth), lambda: self.number_choice(depth)]
        return self.first(ways)

    def literal(self) -> tuple[str, int, int]:
        """A literal."""
        value = self.random.choice((-1, 0, 1, 1, 2, 3))
        return str(value), value, value

    def number_source(self, depth: int) -> tuple[str, int, int]:
        """A variable, place or call."""
        sorts = {item.sort for item in self.scope.variables.values()} | {item.value for item in self.schema.places}
        sorts |= {item.result for item in self.schema.helpers if item.result is not None}
        sort = self.one(
            sorted((item for item in sorts if isinstance(item, Number)), key=lambda item: (item.lo, item.hi))
        )
        shallow = min(depth, 0)
        ways = [lambda: self.variable_of(sort), lambda: self.cell(sort, shallow)]
        ways += [lambda: self.call(sort, depth), lambda: self.field(sort, shallow)]
        return self.first(ways), sort.lo, sort.hi

    def arithmetic(self, depth: int) -> tuple[str, int, int]:
        """Two integers combined."""
        (left, a, b), (right, c, d) = self.number(depth - 1), self.number(depth - 1)
        match self.random.choice("+-*/%<>|"):
            case "+":
                return f"({left} + {right})", a + c, b + d
            case "-":
                return f"({left} - {right})", a - d, b - c
            case "*" if max(abs(a), abs(b)) * max(abs(c), abs(d)) <= 40:
                ends = (a * c, a * d, b * c, b * d)
                return f"({left} * {right})", min(ends), max(ends)
            case "/":
                by = self.random.choice((2, 3, -2))
                return f"({left} // {by})", min(a // by, b // by), max(a // by, b // by)
            case "%" if self.risks(30):
                return f"({left} % {right})", -40, 40
            case "%":
                by = self.random.choice((2, 3, -2))
                return f"({left} % {by})", min(0, by + 1), max(0, by - 1)
            case "<":
                return f"min({left}, {right})", min(a, c), min(b, d)
            case ">":
                return f"max({left}, {right})", max(a, c), max(b, d)
            case _:
                return f"abs({left})", 0, max(abs(a), abs(b))

    def counted(self, depth: int) -> tuple[str, int, int]:
        """A length, position or size."""

        def length() -> tuple[str, int, int]:
            text, item = self.place(lambda found: found.capacity is not None, depth - 1)
            return f"len({text})", 0, item.capacity or 0

        def sized() -> tuple[str, int, int]:
            sort = self.one(self.schema.listed)
            return f"size({sort.name})", len(sort.values), len(sort.values)

        def position() -> tuple[str, int, int]:
            sort = self.one(self.schema.listed)
            return f"ordinal({self.source(sort, depth - 1)})", 0, len(sort.values) - 1

        def cardinality() -> tuple[str, int, int]:
            sort = self.one(self.set_sorts())
            return f"len({self.of(sort, depth - 1)})", 0, _count(sort.element)

        return self.first([length, sized, position, cardinality])

    def set_sorts(self) -> list[Some]:
        """The sorts of sets that the program declares."""
        found = {item.value for item in self.schema.places} | {item.sort for item in self.scope.variables.values()}
        return sorted((item for item in found if isinstance(item, Some)), key=str)

    def total_of(self, depth: int) -> tuple[str, int, int]:
        """A sum over a sort."""
        sort = self.one(self.schema.listed)
        name = self.names.fresh("e")
        inner = self.using(replace(self.mode, condition=False), **{name: Variable(sort)})
        test = f" if {inner.truth(depth - 1)}" if self.chance(60) else ""
        text, lo, hi = ("1", 1, 1) if self.chance(50) else inner.number(depth - 1)
        count = len(sort.values)
        return f"sum({text} for {name} in {sort.name}{test})", min(0, count * lo), max(0, count * hi)

    def number_choice(self, depth: int) -> tuple[str, int, int]:
        """A conditional integer."""
        (left, a, b), (right, c, d) = self.number(depth - 1), self.number(depth - 1)
        if left.lstrip("-").isdigit() and right.lstrip("-").isdigit():
            raise Unavailable
        return f"({left} if {self.truth(depth - 1)} else {right})", min(a, c), max(b, d)

    def truth(self, depth: int) -> str:
        """A truth."""
        return truth(self, depth)


def _count(sort: Sort) -> int:
    match sort:
        case Number(lo, hi):
            return hi - lo + 1
        case Listed(values=values):
            return len(values)
        case _:
            return 2
