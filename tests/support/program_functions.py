"""Random functions of a program: helpers, operations, slots with what fills them, hardware, properties."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from random import Random

from program_bodies import Acts
from program_declarations import Declarations
from program_expressions import Expressions
from program_flows import Flow
from program_scope import Mode, Names, Scope, Unavailable, Variable
from program_sorts import TRUTH, Listed, Maybe, Number, Signature, Sort, annotation

Parameters = tuple[tuple[str, Sort], ...]
REASON = "one lock covers the whole operation"


@dataclass
class Functions:
    """Writes the functions of a program into `lines`."""

    random: Random
    declared: Declarations
    lines: list[str] = field(default_factory=list)
    runnable: list[tuple[Signature, str | None]] = field(default_factory=list)
    """Operations that agents may run, each with the device type that it is for."""
    units: dict[str, list[str]] = field(default_factory=dict)
    properties: list[tuple[str, ...]] = field(default_factory=list)
    """Names of properties; of each row one is to be checked."""

    def __post_init__(self) -> None:
        self.schema = self.declared.schema

    def chance(self, percent: int) -> bool:
        """True in so many of a hundred cases."""
        return self.random.randrange(100) < percent

    def draw(self) -> None:
        """Write them all."""
        for number in range(self.random.randint(1, 3)):
            self.expression_helper(f"h{number}")
        for number in range(self.random.randint(0, 2)):
            self.acting_helper(f"a{number}")
        if self.chance(50):
            self.operation("inner", inner=True)
        if self.declared.kinds:
            self.slots()
        for number in range(self.random.randint(1, 3)):
            self.operation(f"op{number}", inner=False)
        for number in range(self.random.choice((0, 0, 1, 1, 2))):
            self.unit(f"u{number}")
        for name in self.schema.assertions:
            self.write("@step_assertion", f"def {name}() -> None:", "A claim.", [])
        for number, kind in enumerate(self.random.sample(("always", "always", "sometimes", "at_end"), 3)):
            self.property(f"p{number}", kind)

    def write(self, decorator: str, head: str, doc: str, rows: list[str]) -> None:
        """A function."""
        self.lines += ["", ""]
        if decorator:
            self.lines.append(decorator)
        self.lines += [head, f'    """{doc}"""', *rows]

    def head(self, item: Signature, result: str) -> str:
        """The first line of a function."""
        parts = [f"k: {item.state}", *(f"{name}: {annotation(sort)}" for name, sort in item.parameters)]
        return f"def {item.name}({', '.join(parts)}) -> {result}:"

    def expressions(self, item: Signature, mode: Mode) -> Expressions:
        """What draws the expressions of a function."""
        scope = Scope(item.state, {name: Variable(sort) for name, sort in item.parameters})
        return Expressions(self.random, self.schema, scope, Names(), mode)

    def state(self) -> str:
        """The class of `k`."""
        return self.random.choice(self.schema.states)

    def parameters(self, most: int, *, scalar: bool) -> Parameters:
        """Some parameters; `scalar`: a scenario can write their values."""
        found: list[tuple[str, Sort]] = []
        for name in ("a", "b", "c")[: self.random.randint(0, most)]:
            sort = self.declared.scalar() if scalar or self.chance(50) else self.declared.value()
            if isinstance(sort, Listed) and sort.name == "Device":
                sort = TRUTH
            if scalar and self.chance(15):
                sort = Maybe(sort)
            found.append((name, sort))
        return tuple(found)

    def result(self) -> Sort:
        """The sort of a result, often that of an operation, to which it may be passed on."""
        known = [item.result for item in self.schema.operations if item.result is not None]
        if known and self.chance(50):
            return self.random.choice(known)
        return self.random.choice((TRUTH, Number(0, 2), self.declared.scalar(), self.declared.value()))

    def expression_helper(self, name: str) -> None:
        """An expression helper."""
        item = Signature(name, self.state(), self.parameters(2, scalar=False), self.result(), pure=True)
        mode = Mode(total=self.chance(50), ghost=self.chance(20), reads=self.chance(75), exact=True)
        item = replace(item, total=mode.total or not self.schema.risky, ghost=mode.ghost, reads=mode.reads)
        item = replace(item, total=mode.total)
        draw = self.expressions(item, mode)
        assert item.result is not None
        try:
            rows = self.expression_body(draw, item.result, branches=not mode.ghost)
        except Unavailable:
            return
        self.write("", self.head(item, annotation(item.result)), "A helper.", rows)
        self.schema.helpers.append(item)

    def expression_body(self, draw: Expressions, result: Sort, *, branches: bool = True) -> list[str]:
        """Locals assigned once, ifs that return, and a return."""
        acts = Acts(draw, result, steps=False)
        if self.chance(40):
            acts.attempt(acts.local)
        if branches and self.chance(40):
            test = replace_condition(draw)
            rows = [f"    if {test}:", f"        return {draw.of(result)}"]
            if self.chance(30):
                rows += [f"    elif {replace_condition(draw)}:", f"        return {draw.of(result)}"]
            acts.lines += rows
        return [*acts.lines, f"    return {draw.of(result)}"]

    def acting_helper(self, name: str) -> None:
        """A helper that acts."""
        result = self.result() if self.chance(40) else None
        item = Signature(name, self.state(), self.parameters(2, scalar=False), result)
        acts = Acts(self.expressions(item, Mode()), result, steps=False)
        acts.acts(self.random.randint(1, 2))
        if acts.live and result is not None:
            acts.give()
        if not acts.lines:
            return
        self.write("", self.head(item, "None" if result is None else annotation(result)), "It acts.", acts.lines)
        self.schema.helpers.append(item)

    def steps_of(self, item: Signature, items: int, *, fine: bool) -> list[str]:
        """The body of an operation."""
        flow = Flow(self.expressions(item, Mode()), item.result, steps=True, fine=fine)
        flow.body(items)
        if not any("yield" in row for row in flow.lines):
            flow.lines.insert(0, "    yield from nothing()")
        return flow.lines

    def operation(self, name: str, *, inner: bool) -> None:
        """An operation; an inner one is only called."""
        parameters = self.parameters(2, scalar=not inner)
        device = (
            self.random.choice(self.declared.kinds) if self.declared.kinds and not inner and self.chance(25) else None
        )
        if device is not None:
            parameters = (("dev", Listed("Device", self.declared.elements["Device"], True)), *parameters)
        result = self.result() if self.chance(70 if inner else 25) else None
        item = Signature(name, self.state(), parameters, result, steps=True)
        fine = self.chance(35)
        rows = self.steps_of(item, self.random.randint(0, 2), fine=fine)
        options = [] if fine else [f'atomic="{REASON}"']
        options += ["spontaneous=True"] if self.chance(15) else []
        options += [f"device={device.upper()}"] if device is not None else []
        if self.chance(30):
            options.append(f'litmus="{" ".join([name, *(f"{{{each}}}" for each, _ in parameters)])}"')
        decorator = f"@operation({', '.join(options)})" if options else "@operation"
        returned = "Steps" if result is None else f"Result[{annotation(result)}]"
        self.write(decorator, self.head(item, returned), "An operation.", rows)
        self.schema.operations.append(item)
        if not inner:
            self.runnable.append((item, device))

    def slots(self) -> None:
        """Slots, functions that fill them, and device types."""
        device = Listed("Device", self.declared.elements["Device"], True)
        more = self.parameters(1, scalar=False)
        notify = Signature("notify", self.state(), (("dev", device), *more), None, steps=True, device=True)
        ready = Signature("ready", self.state(), (("dev", device),), TRUTH, pure=True, total=True, device=True)
        self.write("@slot", self.head(notify, "Steps"), "The device is told.", ["    yield from nothing()"])
        self.write("@slot", self.head(ready, "bool"), "Whether it is.", [f"    return {self.chance(50)}"])
        rows = []
        for kind in self.declared.kinds:
            fills = []
            if self.chance(70):
                fills.append(f"notify: {kind}_notify")
                self.filled(replace(notify, name=f"{kind}_notify"))
            if self.chance(70):
                fills.append(f"ready: {kind}_ready")
                item = replace(ready, name=f"{kind}_ready")
                draw = self.expressions(item, Mode(total=True, exact=True))
                self.write("", self.head(item, "bool"), "Whether it is.", self.expression_body(draw, TRUTH))
            needs = ", needs=(notifies,)" if self.declared.design.get("notifies") == "True" and self.chance(30) else ""
            rows += ["", "", f'{kind.upper()} = DeviceType("{kind}", fills={{{", ".join(fills)}}}{needs})']
        self.lines += rows
        self.schema.slots.append(notify)
        self.schema.helpers.append(ready)

    def filled(self, item: Signature) -> None:
        """A function that fills a slot with steps."""
        rows = self.steps_of(item, self.random.randint(0, 1), fine=False)
        self.write(f'@operation(atomic="{REASON}")', self.head(item, "Steps"), "Its device is told.", rows)

    def unit(self, unit: str) -> None:
        """A hardware unit with one or two operations."""
        index = [item for item in self.schema.listed if item.index and item.name != "Device"]
        options = [f'unit="{unit}"']
        first: Parameters = ()
        match self.random.randrange(4):
            case 0:
                pass
            case 1 if self.declared.kinds:
                options.append(f"device={self.random.choice(self.declared.kinds).upper()}")
                first = (("dev", Listed("Device", self.declared.elements["Device"], True)),)
            case _:
                per = self.random.choice(index)
                options.append(f"per={per.name}")
                first = (("me", per),)
        options += ["owed=True"] if self.chance(50) else []
        for number in range(self.random.choice((1, 1, 2))):
            fine = self.chance(30)
            item = Signature(f"{unit}_{number}", self.state(), (*first, *self.parameters(1, scalar=True)), None, True)
            rows = self.steps_of(item, self.random.choice((0, 0, 1)), fine=fine)
            said = [
                *options,
                *([] if fine else [f'atomic="{REASON}"']),
                *(["spontaneous=True"] if self.chance(15) else []),
            ]
            self.write(f"@hardware({', '.join(said)})", self.head(item, "Steps"), "Hardware.", rows)
            self.units.setdefault(unit, []).append(item.name)

    def property(self, name: str, kind: str) -> None:
        """A property and its contrary; `at_end` alone."""
        item = Signature(name, self.state(), (), TRUTH, pure=True)
        draw = self.expressions(item, Mode(total=True, ghost=True, exact=True))
        rows = self.expression_body(draw, TRUTH)
        self.write(f"@{kind}", self.head(item, "bool"), "It is so.", rows)
        if kind == "at_end":
            self.properties.append((name,))
            return
        contrary = [
            row.replace("return ", "return not ", 1) if row.strip().startswith("return") else row for row in rows
        ]
        other = replace(item, name=f"{name}_not")
        self.write(f"@{kind}", self.head(other, "bool"), "It is not so.", contrary)
        self.properties.append((name, f"{name}_not"))


def replace_condition(draw: Expressions) -> str:
    """The condition of an `if`."""
    return draw.using(replace(draw.mode, condition=True)).truth(2)
