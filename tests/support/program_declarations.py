"""Random declarations: sorts, records, structs, states, mechanisms, and the world that they get."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random

from program_sorts import (
    TRUTH,
    Listed,
    Maybe,
    Number,
    Place,
    Schema,
    Signature,
    Some,
    Sort,
    Stretch,
    Struct,
    StructPlace,
    Tuple,
    annotation,
)

from shootdown.model.language.world import Value

INDICES = (("Cpu", "cpu"), ("Mm", "mm"), ("Va", "va"))
NUMBERS = (Number(0, 1), Number(0, 2), Number(-1, 1), Number(0, 3), Number(2, 3))


class Declarations:
    """Draws a schema, and the text that declares it."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.lines: list[str] = []
        self.schema = Schema(
            risky=random.random() < 0.25, assertions=("claim", "other_claim"), loud=random.random() < 0.7
        )
        self.given: dict[str, Value | Mapping[str, Value]] = {}
        self.design: dict[str, str] = {}
        self.elements: dict[str, tuple[str, ...]] = {}
        self.kinds: tuple[str, ...] = ()
        """Device types."""

    def chance(self, percent: int) -> bool:
        """True in so many of a hundred cases."""
        return self.random.randrange(100) < percent

    def draw(self) -> None:
        """Declare everything but functions."""
        self.sorts()
        self.records()
        self.structs()
        self.states()
        self.mechanisms()

    def block(self, head: str, doc: str, rows: list[str]) -> None:
        """A class."""
        self.lines += ["", "", head, f'    """{doc}"""', *([""] if rows else []), *(f"    {row}" for row in rows)]

    def sorts(self) -> None:
        """Index sorts and enumerations."""
        listed = []
        for name, prefix in INDICES[: self.random.choice((1, 2, 2, 3))]:
            values = tuple(f"{prefix}{number}" for number in range(self.random.choice((1, 2, 2, 2, 3))))
            ordered = name == "Va" or self.chance(25)
            listed.append(Listed(name, values, True, ordered))
            self.elements[name] = values
            self.block(f"class {name}(Index{', ordered=True' if ordered else ''}):", "An index.", [])
        for name, values in (("Event", ("CLEAR", "PROTECT", "MIGRATE")), ("Phase", ("OPEN", "SHUT")))[
            : self.random.choice((1, 1, 2))
        ]:
            listed.append(Listed(name, values, False))
            self.block(f"class {name}(Enum):", "An enumeration.", [f"{value} = auto()" for value in values])
        if self.chance(35):
            self.devices(listed)
        self.schema.listed = tuple(listed)

    def devices(self, listed: list[Listed]) -> None:
        """Devices of one or two types."""
        self.kinds = ("nic", "disk")[: self.random.randint(1, 2)]
        values = tuple(f"dev{number}" for number in range(self.random.choice((1, 2, 2))))
        self.schema.devices = tuple((value, self.random.choice(self.kinds)) for value in values)
        self.elements["Device"] = values
        listed.append(Listed("Device", values, True))

    def any_of(self, *sorts: Sort) -> Sort:
        """Any of some sorts."""
        return self.random.choice(sorts)

    def scalar(self) -> Sort:
        """A sort of one integer."""
        return self.any_of(TRUTH, TRUTH, self.random.choice(NUMBERS), *self.schema.listed)

    def value(self) -> Sort:
        """Any sort of values."""
        ordered = [item for item in self.schema.listed if item.ordered]
        roll = self.random.randrange(100)
        if roll < 45:
            return self.scalar()
        if roll < 65:
            return Maybe(self.any_of(*self.schema.listed, *self.schema.records, Number(0, 2), TRUTH))
        if roll < 80 and self.schema.records:
            return self.random.choice(self.schema.records)
        if roll < 92:
            return Some(self.any_of(*self.schema.listed, Number(0, 2), TRUTH))
        return Stretch(self.random.choice(ordered)) if ordered else self.scalar()

    def constant(self, sort: Sort) -> str | None:
        """The text of a constant of a sort, if it has one."""
        match sort:
            case Number(lo, hi):
                return str(self.random.randint(lo, hi))
            case Listed(name, values, False):
                return f"{name}.{self.random.choice(values)}"
            case Maybe():
                return "None"
            case Some():
                return "frozenset()"
            case Tuple(name, fields):
                parts = [(field, self.constant(held)) for field, held in fields]
                if any(text is None for _, text in parts):
                    return None
                return f"{name}({', '.join(f'{field}={text}' for field, text in parts)})"
            case Listed() | Stretch():
                return None
            case _:
                return self.random.choice(("True", "False"))

    def records(self) -> None:
        """Records, the second perhaps with the first inside."""
        made: list[Tuple] = []
        for name in ("Pte", "Entry")[: self.random.choice((0, 1, 1, 2))]:
            fields: list[tuple[str, Sort]] = []
            for field in ("at", "left", "more")[: self.random.randint(1, 2 + (not made))]:
                sort = self.scalar() if self.chance(60) else self.value()
                fields.append((field, sort))
            defaults: list[tuple[str, str]] = []
            for field, sort in reversed(fields):
                text = self.constant(sort)
                if text is None or self.chance(50):
                    break
                defaults.insert(0, (field, text))
            known = dict(defaults)
            rows = [
                f"{field}: {annotation(sort)}" + (f" = {known[field]}" if field in known else "")
                for field, sort in fields
            ]
            show = ', show="{at}"' if self.chance(30) else ""
            self.block(f"class {name}(Record{show}):", "A record.", rows)
            made.append(Tuple(name, tuple(fields), tuple(defaults)))
            self.schema.records = tuple(made)

    def structs(self) -> None:
        """A lock, with methods."""
        if self.chance(50):
            return
        owner = self.random.choice([item for item in self.schema.listed if item.index])
        fields: list[tuple[str, Sort]] = [("held", TRUTH), ("owner", Maybe(owner))]
        queue = (self.random.choice((TRUTH, owner)), 2) if self.chance(40) else None
        rows = ["held: bool = False", f"owner: {owner.name} | None = None"]
        rows += [f"waiters: Queue[{annotation(queue[0])}] = queue({queue[1]})"] if queue else []
        rows += ["", "def free(self) -> bool:", '    """Whether nobody holds it."""', "    return not self.held"]
        rows += ["", "def take(self) -> None:", '    """Wait, then hold it."""', "    wait(not self.held)"]
        rows += ["    self.held = True", "", "def drop(self) -> None:", '    """Release it."""']
        rows += ["    self.held = False", "", f"def give(self, owner: {owner.name}) -> None:"]
        rows += ['    """Change the owner."""', "    was = self.owner", "    if was is None or self.held:"]
        rows += ["        self.owner = owner"]
        if queue:
            given = "self.held" if queue[0] == TRUTH else "owner"
            rows += ["    if not self.waiters.full:", f"        self.waiters.push({given})"]
        self.block("class Mutex(Struct):", "A lock.", rows)
        self.schema.structs = (Struct("Mutex", tuple(fields), queue),)
        self.schema.methods["Mutex"] = [
            Signature("free", "", (), TRUTH, pure=True, total=True),
            Signature("take", "", (), None, guards=True),
            Signature("drop", "", (), None),
            Signature("give", "", (("owner", owner),), None),
        ]

    def states(self) -> None:
        """State classes, a ghost one among them."""
        ordinary = ("Kernel", "Driver")[: self.random.choice((1, 1, 2))]
        self.schema.states = ordinary
        places: list[Place] = []
        for state in ordinary:
            rows: list[str] = []
            for number in range(self.random.randint(2, 4) if state == "Kernel" else self.random.randint(1, 2)):
                self.member(state, f"c{number}", rows, places)
            if self.schema.structs and state == ordinary[-1]:
                self.struct_member(state, rows, places)
            if self.chance(40):
                self.constant_member(state, rows, places)
            self.block(f"class {state}(State):", "A part of the state.", rows)
        rows = []
        for number in range(self.random.randint(1, 2)):
            self.member("Promise", f"g{number}", rows, places, ghost=True)
        self.block("class Promise(State, ghost=True):", "What was promised.", rows)
        self.schema.places = tuple(places)

    def keys(self) -> tuple[Sort, ...]:
        """The key sorts of a table; none for a cell."""
        count = self.random.choice((0, 0, 1, 1, 1, 2))
        found: list[Sort] = []
        for _ in range(count):
            key = self.any_of(*self.schema.listed, *self.schema.listed, TRUTH, Number(0, 1))
            found.append(key)
        return tuple(found)

    def member(self, state: str, name: str, rows: list[str], places: list[Place], *, ghost: bool = False) -> None:
        """A cell, queue, or table of them."""
        keys = self.keys()
        if self.chance(20) and not ghost:
            sort, capacity = (self.scalar() if self.chance(70) else self.value()), self.random.randint(1, 2)
            held = f"Queue[{annotation(sort)}]"
            initial = f"queue({capacity})"
            places.append(Place(state, name + "[]" * bool(keys), keys, sort, capacity))
        else:
            sort = self.value()
            made = self.constant(sort)
            if made is None:
                sort, made = Maybe(sort), "None"
            held, initial = annotation(sort), made
            places.append(Place(state, name + "[]" * bool(keys), keys, sort, ghost=ghost))
        if keys:
            rows.append(f"{name}: Table[{self.key_text(keys)}, {held}] = table({initial})")
        else:
            rows.append(f"{name}: {held} = {initial}")

    def key_text(self, keys: tuple[Sort, ...]) -> str:
        """The key sorts of a table as text."""
        parts = ", ".join(annotation(key) for key in keys)
        return parts if len(keys) == 1 else f"tuple[{parts}]"

    def struct_member(self, state: str, rows: list[str], places: list[Place]) -> None:
        """A lock, or a table of locks."""
        struct = self.schema.structs[0]
        index = [item for item in self.schema.listed if item.index]
        keys: tuple[Sort, ...] = (self.random.choice(index),) if self.chance(50) else ()
        path = "lock[]" if keys else "lock"
        rows.append(
            f"lock: Table[{self.key_text(keys)}, Mutex] = table(Mutex)" if keys else "lock: Mutex = place(Mutex)"
        )
        self.schema.struct_places = (StructPlace(state, path, keys, struct),)
        places += [Place(state, f"{path}.{name}", keys, sort) for name, sort in struct.fields]
        if struct.queue is not None:
            places.append(Place(state, f"{path}.waiters", keys, struct.queue[0], struct.queue[1]))

    def constant_member(self, state: str, rows: list[str], places: list[Place]) -> None:
        """A given place."""
        sort = self.any_of(Number(0, 2), *self.schema.listed)
        index = [item for item in self.schema.listed if item.index]
        if self.chance(60):
            key = self.random.choice(index)
            rows.append(f"home: Table[{key.name}, {annotation(sort)}] = given()")
            self.given[f"{state}.home"] = {element: self.written(sort) for element in key.values}
            places.append(Place(state, "home[]", (key,), sort, given=True))
        else:
            rows.append(f"limit: {annotation(sort)} = given()")
            self.given[f"{state}.limit"] = self.written(sort)
            places.append(Place(state, "limit", (), sort, given=True))

    def written(self, sort: Sort) -> Value:
        """A value as a scenario writes it."""
        match sort:
            case Number(lo, hi):
                return self.random.randint(lo, hi)
            case Listed(values=values):
                return self.random.choice(values)
            case Maybe(inner):
                return None if self.chance(40) else self.written(inner)
            case _:
                return self.chance(50)

    def mechanisms(self) -> None:
        """Mechanisms, one a truth, one an enumeration."""
        found: list[tuple[str, Listed | None]] = []
        if self.chance(50):
            found.append(("notifies", None))
            self.design["notifies"] = self.random.choice(("True", "False"))
            self.lines += ["", "", 'notifies = Mechanism(bool, meaning="someone is told", evidence="read")']
        if self.chance(40):
            sort = self.random.choice([item for item in self.schema.listed if not item.index])
            found.append(("reuse", sort))
            self.design["reuse"] = self.random.choice(sort.values)
            self.lines += ["", f'reuse = Mechanism({sort.name}, meaning="how it is reused")']
        self.schema.mechanisms = tuple(found)
