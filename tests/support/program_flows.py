"""Random bodies of operations: steps, guards at their heads, calls, and control flow with boundaries inside."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from program_bodies import Acts, replace_mode
from program_expressions import Expressions
from program_scope import Unavailable, Variable
from program_sorts import TRUTH, Listed, Maybe, Number, Place, Signature, Some, annotation

LABELS = ("pte_lock", "set_pte_at", "flush", "copy", "ack", "unlock", "retry")


@dataclass
class Flow(Acts):
    """Writes bodies of operations. `fine`: no step may make two accesses unless it says `atomic`."""

    fine: bool = False

    def body(self, items: int) -> None:
        """A whole body."""
        self.step(first=True)
        if self.live and self.draw.schema.loud:
            self.check()
        self.flow(items, 2)
        if self.live and self.result is not None:
            if self.draw.chance(40) and self.returning():
                return
            if self.fine:
                self.label()
                self.out('atomic("the result is one")')
            self.give()

    def flow(self, items: int, nested: int) -> None:
        """Some items of control flow."""
        for _ in range(items):
            if not self.live:
                return
            ways: list[Callable[[], None]] = [self.step] * 5 + [self.called, self.called, self.devices]
            if nested:
                ways += [lambda: self.branching(nested), lambda: self.walking(nested), lambda: self.looping_on(nested)]
            self.attempt(*ways)

    def label(self) -> None:
        """A boundary."""
        self.out(f'yield "{self.draw.names.fresh(self.draw.random.choice(LABELS))}"')

    def step(self, *, first: bool = False) -> None:
        """A step, with its label unless it is the first."""
        if not first:
            self.label()
        if self.fine and not self.draw.chance(25):
            self.fine_step()
            return
        if self.fine:
            self.out('atomic("one lock covers all of this")')
        self.head()
        self.acts(self.draw.random.choice((1, 1, 2, 3)))

    def head(self) -> None:
        """Guards."""
        for _ in range(self.draw.random.choice((0, 0, 0, 1, 1, 2))):
            self.attempt(self.local, self.wait, self.wait, self.choose, self.choose, self.waits_if)
        if self.draw.chance(15):
            self.attempt(lambda: self.method(guards=True))

    def wait(self) -> None:
        """A guard."""
        self.out(f"wait({self.draw.truth(2)})")

    def waits_if(self) -> None:
        """A guard that holds only on one way."""
        self.out(f"if {self.condition(1)}:")
        self.out(f"    wait({self.draw.truth(1)})")

    def choose(self) -> None:
        """A choice that is a guard."""
        domain, sort, _ = self.candidates()
        name, variable = self.draw.names.fresh("v"), self.draw.names.fresh("e")
        mode = replace(self.draw.mode, fixed=True)
        test = self.draw.using(mode, **{variable: Variable(sort)}).truth(2)
        where = f", where=lambda {variable}: {test}" if self.draw.chance(65) else ""
        self.out(f"{name} = choose({domain}{where})")
        self.draw.scope.variables[name] = Variable(sort)

    def silent(self) -> Expressions:
        """Expressions that may stand between steps: without state, in fine operations."""
        return replace_mode(self.draw, reads=False) if self.fine else self.draw

    def question(self) -> str:
        """A condition between steps."""
        return replace_mode(self.silent(), condition=True).truth(2)

    def called(self) -> None:
        """A call of an operation, or of a slot for one device."""
        if self.depth > 1 and self.draw.chance(20) and self.returning():
            return
        item = self.once([*self.draw.schema.operations, *self.draw.schema.slots])
        text = f"yield from {replace_mode(self.silent(), exact=True).called(item, 1)}"
        if item.result is None or self.draw.chance(25):
            self.out(text)
            return
        name = self.draw.names.fresh("v")
        plain = not isinstance(item.result, Number) and self.draw.chance(70)
        written = "" if plain else f": {annotation(item.result)}"
        self.out(f"{name}{written} = {text}")
        self.draw.scope.variables[name] = Variable(item.result)

    def once(self, items: Sequence[Signature]) -> Signature:
        """An operation that this one does not call yet."""
        item = self.draw.one([item for item in items if item.name not in self.draw.names.called])
        self.draw.names.called.add(item.name)
        return item

    def returning(self) -> bool:
        """`return (yield from f(...))`, if some operation has the same result."""
        found = [item for item in self.draw.schema.operations if item.result is not None and item.result == self.result]
        if self.result is None or {item.name for item in found} <= self.draw.names.called:
            return False
        self.out(f"return (yield from {replace_mode(self.silent(), exact=True).called(self.once(found), 1)})")
        self.live = False
        return True

    def devices(self) -> None:
        """A call of a slot for every device."""
        slot = self.once(self.draw.schema.slots)
        value = replace_mode(self.silent(), exact=True)
        args = [slot.name, self.draw.base(slot.state), *(value.of(sort, 1) for _, sort in slot.parameters[1:])]
        self.out(f"yield from each_device({', '.join(args)})")
        self.step()

    def branching(self, nested: int) -> None:
        """`if` with steps inside."""
        self.out(f"if {self.question()}:")
        with self.block():
            self.step()
            self.flow(self.draw.random.randint(0, 1), nested - 1)
            if self.live and not self.fine:
                self.leave()
        if self.draw.chance(35):
            self.out("else:")
            with self.block():
                self.flow(1, nested - 1)

    def walking(self, nested: int) -> None:
        """A loop over a sort with steps inside, the same in every round: what ends a round is always a step."""
        sort = self.draw.one([item for item in self.draw.schema.listed if len(item.values) < 3])
        name = self.draw.names.fresh("i")
        self.out(f"for {name} in {sort.name}:")
        with self.block({name: Variable(sort)}, loop=True):
            if self.draw.chance(30):
                self.out(f"if {self.question()}:")
                self.out(f"    {self.draw.random.choice(('break', 'continue'))}")
            self.step()
            self.flow(self.draw.random.choice((0, 0, 1)), nested - 1)
            if self.live:
                self.check()

    def looping_on(self, nested: int) -> None:
        """A `while`, with or without a counter."""
        if self.draw.chance(30):
            self.out("while True:")
            with self.block(loop=True):
                self.step()
                self.out(f"if {self.question() if self.live else 'True'}:")
                self.out("    break")
            return
        if not self.fine and self.draw.chance(30):
            self.out(f"while {self.question()}:")
            with self.block(loop=True):
                self.step()
            return
        name = self.draw.names.fresh("n")
        sort = Number(0, self.draw.random.randint(1, 2))
        self.out(f"{name}: {annotation(sort)} = 0")
        self.draw.scope.variables[name] = Variable(sort, changes=True)
        test = f" and {self.question()}" if self.draw.chance(30) else ""
        self.out(f"while {name} < {sort.hi}{test}:")
        with self.block(loop=True):
            self.label()
            self.out(f"{name} += 1")
            if self.fine:
                self.fine_step()
            else:
                self.acts(self.draw.random.randint(1, 2))
            if self.live and self.draw.chance(30):
                self.flow(1, nested - 1)

    def fine_step(self) -> None:
        """A step with one access, written in the ways that the language says are one."""
        kept = self.draw
        self.draw = replace_mode(kept, reads=False)
        self.draw.scope = kept.scope
        ways: list[Callable[[], None]] = [self.reads_one, self.writes_one, self.writes_one, self.tests_and_sets]
        ways += [self.tests_and_sets, self.claims, self.moves_queue, self.moves_queue, self.method_step]
        self.attempt(*ways)
        if self.draw.chance(20):
            self.attempt(self.ghost, self.check, self.note)
        self.draw = kept

    def reads_one(self) -> None:
        """Copies a cell to a local."""
        place = self.target(lambda item: item.capacity is None)
        text, name = self.plainly(place), self.draw.names.fresh("v")
        written = f": {annotation(place.value)}" if isinstance(place.value, Maybe | Some) else ""
        self.out(f"{name}{written} = {text}")
        self.draw.scope.variables[name] = Variable(place.value)
        if self.draw.chance(40):
            self.attempt(self.local, self.change)

    def plainly(self, place: Place) -> str:
        """The text of a place with keys that name the same element whenever they are written again."""
        keys = []
        for key in place.keys:
            match key:
                case Listed(index=True):
                    keys.append(self.draw.named(key))
                case Listed(name, values):
                    keys.append(f"{name}.{self.draw.random.choice(values)}")
                case Number(lo, hi):
                    keys.append(str(self.draw.random.randint(lo, hi)))
                case _:
                    keys.append(self.draw.random.choice(("True", "False")))
        written = f"[{', '.join(keys)}]"
        return f"{self.draw.base(place.owner)}.{place.path.replace('[]', written)}"

    def writes_one(self) -> None:
        """Assigns a cell, perhaps on one way only."""
        place = self.target(lambda item: item.capacity is None)
        text = f"{self.plainly(place)} = {self.draw.of(place.value)}"
        if self.draw.chance(25):
            self.out(f"if {self.question()}:")
            text = f"    {text}"
        self.out(text)

    def tests_and_sets(self) -> None:
        """Reads a cell, then writes it."""
        place = self.target(lambda item: item.capacity is None)
        text, sort = self.plainly(place), place.value
        value = self.draw.of(sort, 1)
        if sort == TRUTH:
            self.out(f"wait({self.draw.random.choice(('', 'not '))}{text})")
        elif isinstance(sort, Number):
            self.out(f"wait({text} < {sort.hi})")
            value = f"{text} + 1"
        elif isinstance(sort, Maybe):
            name = self.draw.names.fresh("v")
            self.out(f"{name} = {text}")
            self.out(f"if {name} is {self.draw.random.choice(('', 'not '))}None:")
            self.out(f"    {text} = {value}")
            self.draw.scope.variables[name] = Variable(sort)
            return
        elif isinstance(sort, Some):
            self.out(f"{text} |= {{{self.draw.of(sort.element, 0)}}}")
            return
        else:
            self.out(f"wait({text} == {value})")
        self.out(f"{text} = {value}")

    def claims(self) -> None:
        """Chooses an element by its cell, then writes that cell."""
        place = self.target(
            lambda item: (
                item.capacity is None
                and len(item.keys) == 1
                and isinstance(item.keys[0], Listed)
                and item.keys[0].index
            )
        )
        key = place.keys[0]
        assert isinstance(key, Listed)
        if isinstance(place.value, Maybe):
            test = " is None"
        elif place.value == TRUTH:
            test = ""
        elif isinstance(place.value, Number):
            test = f" < {place.value.hi}"
        else:
            raise Unavailable
        name, word = self.draw.names.fresh("v"), "choose"
        variable = self.draw.names.fresh("e")
        base = f"{self.draw.base(place.owner)}.{place.path}"
        self.out(f"{name} = {word}({key.name}, where=lambda {variable}: {base.replace('[]', f'[{variable}]')}{test})")
        self.draw.scope.variables[name] = Variable(key)
        self.out(f"{base.replace('[]', f'[{name}]')} = {self.draw.of(place.value, 1)}")

    def moves_queue(self) -> None:
        """Pushes or pops where the queue allows it."""
        place = self.target(lambda item: item.capacity is not None)
        text = self.plainly(place)
        if self.draw.chance(50):
            value = self.draw.of(place.value, 1)
            self.out(f"{self.draw.random.choice(('wait', 'if '))}(not {text}.full)")
            guarded = self.lines[-1].endswith(")") and "if (" in self.lines[-1]
            self.lines[-1] += ":" if guarded else ""
            self.out(f"{'    ' if guarded else ''}{text}.push({value})")
            return
        self.out(f"wait(not {text}.empty)")
        name = self.draw.names.fresh("v")
        self.out(f"{name} = {text}.pop()")
        self.draw.scope.variables[name] = Variable(place.value)

    def method_step(self) -> None:
        """A method that is one access: taking or dropping a lock."""
        rows = [
            (stands, method)
            for stands in self.draw.schema.struct_places
            for method in self.draw.schema.methods[stands.struct.name]
            if method.name in ("take", "drop")
        ]
        stands, method = self.draw.one(rows)
        if any(isinstance(key, Listed) and not key.index for key in stands.keys):
            raise Unavailable
        keys = [self.draw.named(key) for key in stands.keys]
        written = f"[{', '.join(keys)}]"
        self.out(f"{self.draw.base(stands.owner)}.{stands.path.replace('[]', written)}.{method.name}()")
