"""Promela, for SPIN: a process for each agent, a label for each control point, an atomic sequence for each step.

Step assertions are `assert`s where they stand. A state property is a process that waits for its violation, that of a
`sometimes` for its witness; it has no state until then. Not expressed: `no_deadlock`, whose meaning differs from SPIN's
invalid end states (run `pan -E`), and numbers beyond the 32 bits of an `int`. `spin -o1 -o2 -a` keeps SPIN from
resetting variables that are not read again; two states more are counted, those before the processes run.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from shootdown.model.ir.expr import FALSE, TRUE, Bound, Const, Fold, FoldKind
from shootdown.model.ir.stmt import Assert, Assign, Block, Cell, Check, Choose, Goto, If, Note, Place, Stmt, Wait
from shootdown.model.ir.system import Array, Property, PropertyKind, StepClass, System

from .expressions import Expressions, at
from .names import Names, comment, words
from .refuse import large_numbers, no_deadlock, refuse
from .rules import Rule, fixed, instances, prepared, temporaries, with_values
from .said import WHOLE, Part, arrays_said, declared, head, local_said

WORDS = words(
    """
    active assert atomic bit bool break byte c_code c_decl c_expr c_state c_track chan d_proctype d_step do else empty
    enabled eval false fi for full get_priority goto hidden if in init inline int len local ltl mtype nempty never
    nfull nothing notrace np od of pc_value pid print printf printm priority proctype provided return run select
    set_priority short show skip timeout trace true typedef unless unsigned void xr xs

    alignas alignof asm auto case char const constexpr continue default double enum extern float inline long nullptr
    register restrict signed sizeof static static_assert struct switch thread_local typeof typeof_unqual union volatile
    while

    errno g_int g_long ifnotblocked l_ctermid l_tmpnam linux p_tmpdir pansource ptr rand spinversion stacksize uchar
    uint ulong unblock unix ushort wasnew
    """
)
"""Promela's, those of C, and macros of C compilers, headers and SPIN's verifier: names of variables are names there."""
MACROS = ("Air", "maxseq", "minseq", "sa_", "si_", "sigev_", "st_")
"""How others begin that headers and the verifier define."""
HELPERS = {
    "bit": "#define bit(mask, n) (((mask) >> (n)) & 1)",
    "bit_mask": "#define bit_mask(n) (1 << (n))",
    "bits_or": "#define bits_or(a, b) ((a) | (b))",
    "bits_and": "#define bits_and(a, b) ((a) & (b))",
    "bits_minus": "#define bits_minus(a, b) ((a) & ~(b))",
    "bit_count": f"#define bit_count(mask) ({' + '.join(f'(((mask) >> {place}) & 1)' for place in range(31))})",
    "floor_mod": "#define floor_mod(a, b) (((b) == 0) -> 0 : ((((a) % (b)) + (b)) % (b)))",
    "floor_div": "#define floor_div(a, b) (((b) == 0) -> 0 : (((a) - ((((a) % (b)) + (b)) % (b))) / (b)))",
}
"""Macros. The preprocessor writes arguments out as often as they stand in one."""
STATED = (PropertyKind.ALWAYS, PropertyKind.SOMETIMES, PropertyKind.AT_END)
"""Kinds of properties that a process waits for."""
LACKS = (no_deadlock, large_numbers)
Values = Mapping[Bound, Const]


def export(system: System, part: Part = WHOLE) -> str:
    """The system in Promela. Raises Inexpressible for what is in LACKS."""
    system = prepared(system)
    refuse(system, "Promela", LACKS)
    return _Promela(system, part).text()


class _Names(Names):
    """Of capitals only are hundreds of macros in C's headers."""

    def plain(self, text: str) -> str:
        name = super().plain(text)
        return name if re.search("[a-z]", name) else name.lower()


class _Promela(Expressions):
    equals, both, one = "==", "&&", "||"

    def __init__(self, system: System, part: Part) -> None:
        names = _Names(WORDS | HELPERS.keys(), MACROS)
        processes = [(each.name, "") for each in system.agents] + [
            ("property", each.name) for each in system.properties
        ]
        for process in processes:
            # SPIN has a macro for each.
            names.reserve(f"P{names(*process)}")
        super().__init__(system, names, part)
        self.values: Values = {}

    def text(self) -> str:
        """The whole model."""
        lines = list(self._variables())
        for number in range(len(self.system.agents)):
            lines += self._process(number, [rule for rule in self.rules if rule.agent == number])
        for prop in self.system.properties:
            lines += self._property(prop)
        macros = [text for name, text in HELPERS.items() if name in self.used]
        return "\n".join([*self._head(), *macros, *lines]) + "\n"

    def _head(self) -> Iterator[str]:
        yield "/*"
        note = "A label is a control point, atomic a step. Tables are row by row."
        yield from head(self.system, self.part, note, " * ")
        yield from (" */", "")

    def _variables(self) -> Iterator[str]:
        said = arrays_said(self.system)
        for array in self.arrays.values():
            line = f"{_type(array.lo, array.hi)} {self.names(array.name)}[{array.size}];"
            yield from declared(line, said[array.name], "/* ", " */")
        for number, agent in enumerate(self.system.agents):
            process = self.system.process(agent)
            for slot in self.slots[number]:
                local = process.locals[slot]
                start = f" = {local.init}" if local.init else ""
                told = f"{agent.name}: {local_said(self.system, process, slot)}"
                line = f"{_type(local.lo, local.hi)} {self._local(number, slot)}{start};"
                yield from declared(line, told, "/* ", " */")
        for slot in sorted({slot for rule in self.rules for slot in temporaries(rule.block)}):
            yield f"int {self._temporary(slot)}; /* 0 between steps */"
        yield from ("hidden byte nothing;", "", "init {", "  d_step {")
        for array in self.arrays.values():
            for position, value in enumerate(array.init):
                if value:
                    yield f"    {self.names(array.name)}[{position}] = {value};"
        yield "    skip"
        yield "  };"
        # Properties are run, too: an active process would look at variables before they have their initial values.
        watched = [self._watcher(prop) for prop in self.system.properties if prop.kind in STATED]
        runs = [f"run {name}()" for name in (*(self._who(agent.name) for agent in self.system.agents), *watched)]
        yield f"  atomic {{ {'; '.join(runs)} }}"
        yield "}"

    def _process(self, number: int, own: Sequence[Rule]) -> Iterator[str]:
        self.agent = number
        agent = self.system.agents[number]
        process = self.system.process(agent)
        yield from ("", f"proctype {self._who(agent.name)}()", "{")
        yield f"  goto {self._stand(number, process.entry)};"
        for point in range(len(process.points)):
            yield f"{self._stand(number, point)}:"
            options = [line for rule in own if rule.step.source == point for line in self._options(rule)]
            yield from (("  if", *options, "  fi;") if options else ("  false;",))
        yield "}"

    def _options(self, rule: Rule) -> Iterator[str]:
        calls = " > ".join(call.operation for call in rule.step.calls)
        for values in instances(rule):
            guard = with_values(rule.guard, values)
            if guard == FALSE:
                continue
            self.values = values
            # Of `true` and a way back SPIN believes that it does nothing.
            enabled = "nothing == 0" if guard == TRUE else self.truth(guard)
            yield f"  :: atomic {{ {enabled} -> /* {comment(calls)}: {comment(rule.step.label)} */"
            yield from self._block(rule.block, iter(rule.parameters), tuple(sorted(temporaries(rule.block))), 3)
            yield "    }"

    def _block(
        self, block: Block, choices: Iterator[tuple[Bound, Choose]], temps: tuple[int, ...], depth: int
    ) -> Iterator[str]:
        lines = [line for statement in block for line in self._statement(statement, choices, temps)]
        # SPIN refuses a step that does nothing.
        lines = ["nothing = 0;", *lines] if not lines or lines[0].startswith("goto") else lines
        yield from ("  " * depth + line for line in lines)

    def _statement(
        self, statement: Stmt, choices: Iterator[tuple[Bound, Choose]], temps: tuple[int, ...]
    ) -> Iterator[str]:
        match statement:
            case Assign(target, value):
                yield from self._assign(target, self.number(value))
            case If(cond, then, orelse):
                yield "if"
                yield f":: {self.truth(cond)} ->"
                yield from self._block(then, choices, temps, 1)
                yield ":: else ->"
                yield from self._block(orelse, choices, temps, 1)
                yield "fi;"
            case Choose():
                parameter, _ = next(choices)
                yield from self._choose(statement, str(self.values[parameter].value))
            case Check(cond, _, message):
                yield f"assert({self.truth(cond)}); /* {comment(message)} */"
            case Assert(cond, name):
                yield f"assert({self.truth(cond)}); /* {comment(name)} */"
            case Goto(point):
                yield from (f"{self._temporary(slot)} = 0;" for slot in temps)
                yield f"goto {self._stand(self.agent, point)};"
            case Wait() | Note():
                pass

    def _choose(self, choose: Choose, value: str) -> Iterator[str]:
        if not choose.blocking:
            found = [
                self.truth(fixed(choose.candidate, choose.target, each)) for each in range(choose.lo, choose.hi + 1)
            ]
            if self.true not in found:
                yield f"assert({' || '.join(found) or self.false}); /* no {comment(choose.what)} left to pick */"
        yield from self._assign(choose.target, value)

    def _assign(self, target: Place, value: str) -> Iterator[str]:
        if isinstance(target, Cell):
            array = self.arrays.get(target.array)
            if array is None:
                return
            name, place = self.names(array.name), self._place(array, [self.number(index) for index in target.indices])
            if self._indexes_itself(name, place):
                yield "if"
                yield from (f":: (({place}) == {cell}) -> {name}[{cell}] = {value};" for cell in range(array.size))
                yield "fi;"
            else:
                yield f"{name}[{place}] = {value};"
        else:
            yield f"{self.slot(target)} = {value};"

    def _property(self, prop: Property) -> Iterator[str]:
        match prop.kind:
            case PropertyKind.ALWAYS:
                broken = f"!{self.truth(prop.expr)}"
            case PropertyKind.SOMETIMES:
                broken = self.truth(prop.expr)
            case PropertyKind.AT_END:
                broken = f"{self._at_end()} && !{self.truth(prop.expr)}"
            case _:
                return
        yield from ("", f"proctype {self._watcher(prop)}()", "{")
        yield f"  atomic {{ {broken} -> assert(false) }} /* {comment(prop.kind.value)} {comment(prop.name)} */"
        yield "}"

    def _at_end(self) -> str:
        """No progress step is enabled and every program has finished."""
        parts = []
        for number, agent in enumerate(self.system.agents):
            finals = [point for point, here in enumerate(self.system.process(agent).points) if here.final]
            parts.append(f"({' || '.join(self._stands(number, point) for point in finals) or self.false})")
        for rule in self.rules:
            if rule.step.kind is StepClass.PROGRESS:
                self.agent = rule.agent
                for values in instances(rule):
                    guard = with_values(rule.guard, values)
                    if guard != FALSE:
                        parts.append(f"!({self._stands(rule.agent, rule.step.source)} && {self.truth(guard)})")
        return " && ".join(parts)

    def load(self, array: str, indices: Sequence[str]) -> str:
        shape = self.arrays.get(array)
        if shape is None:
            return "0"
        name, place = self.names(array), self._place(shape, indices)
        if not self._indexes_itself(name, place):
            return f"{name}[{place}]"
        text = f"{name}[0]"
        for cell in range(1, shape.size):
            text = self.conditional(f"(({place}) == {cell})", f"{name}[{cell}]", text)
        return text

    def _place(self, array: Array, indices: Sequence[str]) -> str:
        place = "0"
        for size, index in zip(array.dims, indices, strict=True):
            place = index if place == "0" else f"({place} * {size} + {index})"
        return place

    def _indexes_itself(self, name: str, place: str) -> bool:
        """SPIN refuses an array as its own index."""
        return re.search(rf"\b{name}\[", place) is not None

    def bound(self, name: str) -> str:
        return str(self.values[Bound(name)].value)

    def conditional(self, cond: str, then: str, orelse: str) -> str:
        return f"({cond} -> {then} : {orelse})"

    def quantified(self, fold: Fold) -> str:
        sign = self.both if fold.kind is FoldKind.ALL else self.one
        bodies = (self.truth(at(fold.body, fold.name, value)) for value in range(fold.lo, fold.hi + 1))
        return f"({f' {sign} '.join(bodies)})"

    def _watcher(self, prop: Property) -> str:
        return self.names("property", prop.name)

    def _stands(self, agent: int, point: int) -> str:
        return f"{self._who(self.system.agents[agent].name)}@{self._stand(agent, point)}"

    def _who(self, name: str) -> str:
        return self.names(name, "")


def _type(lo: int, hi: int) -> str:
    """The smallest type of Promela that holds these values."""
    for name, least, most in (("bit", 0, 1), ("byte", 0, 255), ("short", -(2**15), 2**15 - 1)):
        if least <= lo and hi <= most:
            return name
    return "int"
