"""Random statements within one step, as lines of text."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from program_expressions import Expressions
from program_scope import Mode, Scope, Unavailable, Variable
from program_sorts import TRUTH, Listed, Maybe, Number, Place, Some, Sort, Stretch, annotation

SETTABLE = "m"
"""Names of locals that any statement may assign start so; a loop's counter is assigned by its loop only."""


@dataclass
class Acts:
    """Writes statements into `lines`; `draw` says what is in scope here."""

    draw: Expressions
    result: Sort | None
    steps: bool
    lines: list[str] = field(default_factory=list)
    depth: int = 1
    looping: bool = False
    live: bool = True

    def out(self, text: str) -> None:
        """Write a line."""
        self.lines.append("    " * self.depth + text)

    @contextmanager
    def block(self, more: Mapping[str, Variable] | None = None, *, loop: bool = False) -> Iterator[None]:
        """A block inside, with more variables; at least `pass` stands in it."""
        draw, looping, start = self.draw, self.looping, len(self.lines)
        scope = draw.scope.copy()
        if loop:
            _forget(scope)
        scope.variables |= more or {}
        self.draw = Expressions(draw.random, draw.schema, scope, draw.names, draw.mode)
        self.depth, self.looping, self.live = self.depth + 1, looping or loop, True
        yield
        if len(self.lines) == start:
            self.out("pass")
        self.draw, self.depth, self.looping, self.live = draw, self.depth - 1, looping, True
        _forget(draw.scope)

    def within(self, **changes: bool) -> Expressions:
        """Expressions in a changed mode, over the same scope."""
        draw = self.draw
        return Expressions(draw.random, draw.schema, draw.scope, draw.names, replace(draw.mode, **changes))

    def condition(self, depth: int = 2) -> str:
        """The condition of an `if`, `while` or `assert`."""
        return self.within(condition=True).truth(depth)

    def attempt(self, *ways: Callable[[], None]) -> None:
        """One of some statements in random order that can stand here."""
        for way in self.draw.random.sample(ways, len(ways)):
            before = len(self.lines), dict(self.draw.scope.variables)
            try:
                way()
                return
            except Unavailable:
                del self.lines[before[0] :]
                self.draw.scope.variables = before[1]

    def acts(self, count: int, nested: int = 1) -> None:
        """Statements of a step that may do anything."""
        for _ in range(count):
            if not self.live:
                return
            ways = [self.assign] * 5 + [self.augment, self.local, self.local, self.changing, self.changing, self.change]
            ways += [self.push, self.push, self.pop, self.pop, self.pick, self.pick, self.check, self.note, self.ghost]
            ways += [self.ghost, self.call, self.method, self.either, self.asserts]
            if nested:
                branch: list[Callable[[], None]] = [lambda: self.branch(nested), lambda: self.narrowed(nested)]
                ways += [*branch, *branch, lambda: self.loop(nested)]
            self.attempt(*ways)

    def sort(self) -> Sort:
        """A sort that a local may have."""
        schema = self.draw.schema
        sorts: list[Sort] = [TRUTH, Number(0, 2), *schema.listed, *schema.records]
        sorts += [item.value for item in schema.places if isinstance(item.value, Maybe | Some | Stretch | Number)]
        return self.draw.one(sorts)

    def local(self) -> None:
        """A local that is assigned once."""
        sort = self.sort()
        name = self.draw.names.fresh("v")
        text = self.within(exact=True).of(sort)
        written = f": {annotation(sort)}" if isinstance(sort, Maybe | Some) else ""
        self.out(f"{name}{written} = {text}")
        self.draw.scope.variables[name] = Variable(sort)

    def changing(self) -> None:
        """A local that may be assigned again."""
        sort = self.sort()
        name = self.draw.names.fresh(SETTABLE)
        self.out(f"{name}: {annotation(sort)} = {self.within(exact=True).of(sort)}")
        self.draw.scope.variables[name] = Variable(sort, changes=True)

    def change(self) -> None:
        """Another value for such a local."""
        variables = self.draw.scope.variables
        name = self.draw.one([name for name, item in variables.items() if item.changes and name[0] == SETTABLE])
        sort = variables[name].sort
        if isinstance(sort, Number) and self.draw.chance(40):
            self.out(f"if {name} < {sort.hi}:")
            self.out(f"    {name} += 1")
            return
        if isinstance(sort, Some) and self.draw.chance(40):
            self.out(f"{name} {self.draw.random.choice('|-&')}= {{{self.draw.of(sort.element, 1)}}}")
            return
        self.out(f"{name} = {self.within(exact=True).of(sort)}")
        variables[name] = replace(variables[name], solid=False)

    def either(self) -> None:
        """A local that gets its value in both branches."""
        sort, name = self.sort(), self.draw.names.fresh(SETTABLE)
        value = self.within(exact=True)
        rows = [f"{name}: {annotation(sort)}", f"if {self.condition(1)}:", f"    {name} = {value.of(sort)}"]
        for row in [*rows, "else:", f"    {name} = {value.of(sort)}"]:
            self.out(row)
        self.draw.scope.variables[name] = Variable(sort, changes=True)

    def target(self, wanted: Callable[[Place], bool]) -> Place:
        """A place that may be written here, ghost state only where it may be read."""
        draw = self.draw
        found = [item for item in draw.schema.places if wanted(item) and not item.given and not item.ghost]
        return draw.one([item for item in found if (item.owner == "self") == (draw.scope.state == "")])

    def assign(self) -> None:
        """An assignment to a cell; sometimes its index is picked, which Python does last."""
        place = self.target(lambda item: item.capacity is None)
        value = self.draw.of(place.value)
        if len(place.keys) == 1 and isinstance(place.keys[0], Listed) and self.draw.chance(10):
            self.out(
                f"{self.draw.base(place.owner)}.{place.path.replace('[]', f'[pick({place.keys[0].name})]')} = {value}"
            )
            return
        self.out(f"{self.draw.at(place, 1)} = {value}")

    def augment(self) -> None:
        """`+=` and friends on a cell."""
        place = self.target(lambda item: item.capacity is None and isinstance(item.value, Number | Some))
        text = self.draw.at(place, 0)
        if isinstance(place.value, Some):
            self.out(f"{text} {self.draw.random.choice('|-&')}= {{{self.draw.of(place.value.element, 1)}}}")
            return
        assert isinstance(place.value, Number)
        if self.draw.risks(50):
            self.out(f"{text} {self.draw.random.choice('+-*')}= {self.draw.number(1)[0]}")
            return
        self.out(f"if {text} < {place.value.hi}:")
        self.out(f"    {text} += 1")

    def push(self) -> None:
        """Push, mostly where there is room."""
        place = self.target(lambda item: item.capacity is not None)
        text = self.draw.at(place, 0)
        value = self.draw.of(place.value, 1)
        if self.draw.risks(30):
            self.out(f"{text}.push({value})")
            return
        self.out(f"if not {text}.full:")
        self.out(f"    {text}.push({value})")

    def pop(self) -> None:
        """Pop, mostly where there is something, into a local or a cell."""
        place = self.target(lambda item: item.capacity is not None)
        text = self.draw.at(place, 0)
        if self.draw.risks(30):
            name = self.draw.names.fresh("v")
            self.out(f"{name} = {text}.pop()")
            self.draw.scope.variables[name] = Variable(place.value)
            return
        self.out(f"if not {text}.empty:")
        with self.block():
            name = self.draw.names.fresh("v")
            self.out(f"{name} = {text}.pop()")
            self.draw.scope.variables[name] = Variable(place.value)
            if self.draw.chance(70):
                self.acts(1, 0)

    def candidates(self) -> tuple[str, Sort, str]:
        """A domain of choice, the sort of its values, and a truth that says whether it has some ("": it has)."""
        draw = self.draw

        def of_sort() -> tuple[str, Sort, str]:
            sort = draw.one(draw.schema.listed)
            return sort.name, sort, ""

        def of_range() -> tuple[str, Sort, str]:
            if draw.chance(40):
                bound = draw.bounded(Number(0, 2), 1)
                return f"range({bound})", Number(0, 1), f"{bound} > 0"
            return "range(0, 2)", Number(0, 1), ""

        def of_set() -> tuple[str, Sort, str]:
            sort = draw.one(draw.set_sorts())
            text = draw.source(sort, 1)
            return text, sort.element, f"len({text}) > 0"

        ways: list[Callable[[], tuple[str, Sort, str]]] = [of_sort, of_sort, of_sort, of_range, of_set]
        return draw.first([*ways, lambda: ("bool", TRUTH, "")])

    def pick(self) -> None:
        """A choice that must exist, mostly where it does."""
        domain, sort, some = self.candidates()
        name = self.draw.names.fresh("v")
        where, variable = "", self.draw.names.fresh("e")
        if (domain[0].isupper() or domain == "bool") and self.draw.chance(60):
            mode = replace(self.draw.mode, fixed=True, condition=False)
            test = self.draw.using(mode, **{variable: Variable(sort)}).truth(2)
            where = f", where=lambda {variable}: {test}"
            if isinstance(sort, Listed):
                some = f"any({test} for {variable} in {domain})"
            elif not self.draw.schema.risky:
                where = ""
        if not some or self.draw.risks(50):
            self.out(f"{name} = pick({domain}{where})")
            self.draw.scope.variables[name] = Variable(sort)
            return
        self.out(f"if {some}:")
        with self.block():
            self.out(f"{name} = pick({domain}{where})")
            self.draw.scope.variables[name] = Variable(sort)
            self.acts(1, 0)

    def check(self) -> None:
        """A step assertion, over ghost state too."""
        name = self.draw.one(self.draw.schema.assertions)
        self.out(f'check({self.within(ghost=True).truth(2)}, "{name}")')

    def note(self) -> None:
        """A note."""
        sort = self.sort()
        self.out(f'note(f"-> {{{self.within(ghost=True).source(sort, 0)}}}")')

    def asserts(self) -> None:
        """An assertion, where things may go wrong."""
        if not self.draw.risks(60):
            raise Unavailable
        self.out(f"assert {self.condition()}")

    def ghost(self) -> None:
        """Ghost state written, perhaps after a test or through a local of it."""
        draw = self.within(ghost=True)
        if draw.scope.state == "":
            raise Unavailable
        if draw.chance(20):
            sort, name = self.sort(), draw.names.fresh("g")
            self.out(f"{name}: {annotation(sort)} = {replace_mode(draw, exact=True).of(sort)}")
            self.draw.scope.variables[name] = Variable(sort, tainted=True)
            return
        place = draw.one([item for item in draw.schema.places if item.ghost and item.capacity is None])
        indent = ""
        if draw.chance(30):
            self.out(f"if {replace_mode(draw, condition=True).truth(2)}:")
            indent = "    "
        self.out(f"{indent}{self.draw.at(place, 1)} = {draw.of(place.value)}")

    def call(self) -> None:
        """A call of a helper that acts."""
        if self.draw.scope.state == "" or not self.steps:
            raise Unavailable
        found = [item for item in self.draw.schema.helpers if not item.pure and not item.guards]
        item = self.draw.one(found)
        text = self.within().called(item, 1)
        if item.result is None:
            self.out(text)
            return
        name = self.draw.names.fresh("v")
        written = f": {annotation(item.result)}" if isinstance(item.result, Maybe | Some) else ""
        self.out(f"{name}{written} = {text}")
        self.draw.scope.variables[name] = Variable(item.result)

    def method(self, *, guards: bool = False) -> None:
        """A call of a method that acts; at the head of a step one that waits."""
        draw = self.draw
        if draw.scope.state == "":
            raise Unavailable
        rows = [
            (stands, method)
            for stands in draw.schema.struct_places
            for method in draw.schema.methods[stands.struct.name]
            if not method.pure and method.guards == guards
        ]
        stands, method = draw.one(rows)
        owner = draw.path(stands.owner, stands.path, stands.keys, 0)
        args = ", ".join(self.within(exact=True).of(sort, 1) for _, sort in method.parameters)
        self.out(f"{owner}.{method.name}({args})")

    def branch(self, nested: int) -> None:
        """`if`, `elif`, `else`."""
        self.out(f"if {self.condition()}:")
        with self.block():
            self.acts(self.draw.random.randint(1, 2), nested - 1)
            self.leave()
        if self.draw.chance(25):
            self.out(f"elif {self.condition(1)}:")
            with self.block():
                self.acts(1, nested - 1)
        if self.draw.chance(40):
            self.out("else:")
            with self.block():
                self.acts(1, nested - 1)

    def narrowed(self, nested: int) -> None:
        """A test of an optional local; the cell that it comes from was copied."""
        optional = [
            name
            for name, item in self.draw.scope.variables.items()
            if isinstance(item.sort, Maybe) and not item.solid and not item.tainted
        ]
        if not optional:
            cells = [item.value for item in self.draw.schema.places if isinstance(item.value, Maybe)]
            sort = self.draw.one(cells)
            text, name = self.draw.cell(sort, 1), self.draw.names.fresh("v")
            self.out(f"{name} = {text}")
            self.draw.scope.variables[name] = Variable(sort)
            optional = [name]
        name = self.draw.one(optional)
        item = self.draw.scope.variables[name]
        extra = f" and {self.condition(1)}" if self.draw.chance(30) else ""
        self.out(f"if {name} is not None{extra}:")
        with self.block({name: replace(item, solid=True)}):
            self.acts(self.draw.random.randint(1, 2), nested - 1)
            self.leave()

    def loop(self, nested: int) -> None:
        """A loop within a step."""
        sort: Sort = self.draw.one(self.draw.schema.listed) if self.draw.chance(75) else Number(0, 1)
        name = self.draw.names.fresh("i")
        self.out(f"for {name} in {self.draw.domain(sort)}:")
        with self.block({name: Variable(sort)}, loop=True):
            if self.draw.chance(40):
                self.out(f"if {self.condition(1)}:")
                self.out(f"    {self.draw.random.choice(('break', 'continue'))}")
            self.acts(self.draw.random.randint(1, 2), nested - 1)

    def leave(self) -> None:
        """Sometimes a jump or an early return; nothing may follow it in its block."""
        if self.draw.chance(80):
            return
        self.live = False
        if self.looping and self.draw.chance(60):
            self.out(self.draw.random.choice(("break", "continue")))
            return
        self.give()

    def give(self) -> None:
        """A return with the result."""
        if self.result is None:
            self.out("return")
        else:
            self.out(f"return {self.within(exact=True).of(self.result)}")


def replace_mode(draw: Expressions, **changes: bool) -> Expressions:
    """The same expressions in a changed mode."""
    return draw.using(replace(draw.mode, **changes))


def _forget(scope: Scope) -> None:
    """Forget what narrowing told about locals that change."""
    for name, item in scope.variables.items():
        if item.changes and item.solid:
            scope.variables[name] = replace(item, solid=False)


__all__ = ["Acts", "Mode", "replace_mode"]
