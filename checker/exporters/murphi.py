"""Murphi, for rumur and CMurphi: a rule for each step of each agent, a ruleset for its choices.

Not expressed: `no_deadlock` (stuckness is not a property of single states) and numbers beyond the 32 bits of its
`integer`. A `sometimes` becomes rumur's `cover`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from shootdown.model.ir.expr import Expr, Fold, FoldKind, Op, Operator
from shootdown.model.ir.stmt import Assert, Assign, Block, Cell, Check, Choose, Goto, If, Note, Place, Stmt, Wait
from shootdown.model.ir.system import Array, Property, PropertyKind, StepClass, System

from .expressions import Expressions
from .names import Names, comment, words
from .refuse import large_numbers, no_deadlock, refuse
from .rules import Rule, fixed, prepared, temporaries
from .said import WHOLE, Part, arrays_said, declared, head, local_said

WORDS = words(
    """
    alias array assert assume begin boolean by case clear const cover do else elsif end endalias endexists endfor
    endforall endfunction endif endprocedure endrecord endrule endruleset endstartstate endswitch endwhile enum error
    exists false for forall function if in integer interleaved invariant ismember isundefined liveness log multiset
    multisetadd multisetremove of procedure process program put real record return rule ruleset scalarset startstate
    switch then to traceuntil true type undefine union var while
    """
)
LACKS = (no_deadlock, large_numbers)

MOST_BITS = 31
POWERS = "\n".join(f"    case {bit}: return {2**bit};" for bit in range(MOST_BITS))


def _bitwise(name: str, condition: str) -> str:
    return f"""function {name}(a: integer; b: integer): integer;
var result: integer; place: integer; x: integer; y: integer;
begin
  result := 0;
  place := 1;
  x := a;
  y := b;
  while x > 0 | y > 0 do
    if {condition} then result := result + place; endif;
    x := x / 2;
    y := y / 2;
    if x > 0 | y > 0 then place := place * 2; endif;
  endwhile;
  return result;
end;"""


HELPERS = {
    "power": f"""function power(n: integer): integer;
begin
  switch n
{POWERS}
    else return 1;
  endswitch;
end;""",
    "bit": """function bit(mask: integer; n: integer): integer;
begin
  return (mask / power(n)) % 2;
end;""",
    "bit_mask": """function bit_mask(n: integer): integer;
begin
  return power(n);
end;""",
    "with_bit": """function with_bit(mask: integer; n: integer): integer;
begin
  return (bit(mask, n) = 1 ? mask : mask + power(n));
end;""",
    "without_bit": """function without_bit(mask: integer; n: integer): integer;
begin
  return (bit(mask, n) = 1 ? mask - power(n) : mask);
end;""",
    "bit_count": """function bit_count(mask: integer): integer;
var result: integer; x: integer;
begin
  result := 0;
  x := mask;
  while x > 0 do result := result + x % 2; x := x / 2; endwhile;
  return result;
end;""",
    "bits_or": _bitwise("bits_or", "x % 2 = 1 | y % 2 = 1"),
    "bits_and": _bitwise("bits_and", "x % 2 = 1 & y % 2 = 1"),
    "bits_minus": _bitwise("bits_minus", "x % 2 = 1 & y % 2 = 0"),
    "floor_mod": """function floor_mod(a: integer; b: integer): integer;
begin
  if b = 0 then return 0; endif;
  return ((a % b) + b) % b;
end;""",
    "floor_div": """function floor_div(a: integer; b: integer): integer;
begin
  if b = 0 then return 0; endif;
  return (a - floor_mod(a, b)) / b;
end;""",
}
"""Functions in the order in which they may call each other."""
NEEDS = {
    "bit": ("power",),
    "bit_mask": ("power",),
    "with_bit": ("power", "bit"),
    "without_bit": ("power", "bit"),
    "floor_div": ("floor_mod",),
}


def export(system: System, part: Part = WHOLE) -> str:
    """The system in Murphi; its rules fire as often as the system has transitions.

    Raises Inexpressible for what is in LACKS.
    """
    system = prepared(system)
    refuse(system, "Murphi", LACKS)
    return _Murphi(system, part).text()


class _Murphi(Expressions):
    def __init__(self, system: System, part: Part) -> None:
        super().__init__(system, Names(WORDS | HELPERS.keys()), part)

    def text(self) -> str:
        """The whole model."""
        body = ["", *self._start(), *(line for rule in self.rules for line in self._rule(rule))]
        body += [line for prop in self.system.properties for line in self._property(prop)]
        needed = self.used | {other for name in self.used for other in NEEDS.get(name, ())}
        helpers = [f"\n{text}" for name, text in HELPERS.items() if name in needed]
        return "\n".join([*self._head(), *self._variables(), *helpers, *body]) + "\n"

    def _head(self) -> Iterator[str]:
        yield from head(self.system, self.part, "A rule is a step of an agent.", "-- ")
        yield from ("", "type", "  integer : -2147483648 .. 2147483647;", "")

    def _variables(self) -> Iterator[str]:
        yield "var"
        said = arrays_said(self.system)
        for array in self.arrays.values():
            dims = "".join(f"array [0 .. {size - 1}] of " for size in array.dims)
            line = f"  {self.names(array.name)} : {dims}{array.lo} .. {array.hi};"
            yield from declared(line, said[array.name], "-- ")
        for number, agent in enumerate(self.system.agents):
            process = self.system.process(agent)
            yield f"  {self._point(number)} : enum {{ -- where {comment(agent.name)} stands"
            yield ",\n".join(f"    {self._stand(number, point)}" for point in range(len(process.points)))
            yield "  };"
            for slot in self.slots[number]:
                local, name = process.locals[slot], self._local(number, slot)
                told = f"{agent.name}: {local_said(self.system, process, slot)}"
                yield from declared(f"  {name} : {local.lo} .. {local.hi};", told, "-- ")

    def _start(self) -> Iterator[str]:
        yield from ("startstate begin",)
        for array in self.arrays.values():
            for position, value in enumerate(array.init):
                yield f"  {self.names(array.name)}{_cell(array, position)} := {value};"
        for number, agent in enumerate(self.system.agents):
            process = self.system.process(agent)
            yield f"  {self._point(number)} := {self._stand(number, process.entry)};"
            for slot in self.slots[number]:
                yield f"  {self._local(number, slot)} := {process.locals[slot].init};"
        yield "endstartstate;"

    def _rule(self, rule: Rule) -> Iterator[str]:
        self.agent = rule.agent
        agent = self.system.agents[rule.agent]
        heads = [f"{self.bound(name.name)} : {made.lo} .. {made.hi}" for name, made in rule.parameters]
        calls = " > ".join(call.operation for call in rule.step.calls)
        yield from ("", f"-- {comment(calls)}" if calls else "--")
        if heads:
            yield f"ruleset {'; '.join(heads)} do"
        yield f'rule "{comment(f"{agent.name}: {rule.step.label}")}"'
        yield f"  {self._enabled(rule)}"
        yield "==>"
        temps = sorted(temporaries(rule.block))
        if temps:
            yield f"var {', '.join(map(self._temporary, temps))} : integer;"
        yield "begin"
        choices = iter(rule.parameters)
        yield from self._block(rule.block, choices, 1)
        yield "endrule;"
        if heads:
            yield "endruleset;"

    def _enabled(self, rule: Rule) -> str:
        here = f"{self._point(rule.agent)} = {self._stand(rule.agent, rule.step.source)}"
        guard = self.truth(rule.guard)
        return here if guard == self.true else f"{here} & {guard}"

    def _block(self, block: Block, choices: Iterator[tuple[Expr, Choose]], depth: int) -> Iterator[str]:
        for statement in block:
            yield from (("  " * depth) + line for line in self._statement(statement, choices))

    def _statement(self, statement: Stmt, choices: Iterator[tuple[Expr, Choose]]) -> Iterator[str]:
        match statement:
            case Assign(target, value):
                yield from self._assign(target, self.number(value))
            case If(cond, then, orelse):
                yield f"if {self.truth(cond)} then"
                yield from self._block(then, choices, 1)
                if orelse:
                    yield "else"
                    yield from self._block(orelse, choices, 1)
                yield "endif;"
            case Choose(target, candidate=candidate):
                parameter, _ = next(choices)
                if not statement.blocking:
                    yield from self._assign(target, str(statement.lo))
                    yield from self._some_candidate(statement, candidate)
                yield from self._assign(target, self.number(parameter))
            case Check(cond, _, message):
                yield f'if !{self.truth(cond)} then error "{comment(message)}"; endif;'
            case Assert(cond, name):
                yield f'assert {self.truth(cond)} "{comment(name)}";'
            case Goto(point):
                yield f"{self._point(self.agent)} := {self._stand(self.agent, point)}; return;"
            case Wait() | Note():
                pass

    def _some_candidate(self, choose: Choose, candidate: Expr) -> Iterator[str]:
        """A choice without a candidate ends the transition."""
        found = [self.truth(fixed(candidate, choose.target, value)) for value in range(choose.lo, choose.hi + 1)]
        if self.true not in found:
            exists = f" {self.one} ".join(found) if found else self.false
            yield f'if !({exists}) then error "no {comment(choose.what)} left to pick"; endif;'

    def _assign(self, target: Place, value: str) -> Iterator[str]:
        if isinstance(target, Cell):
            if target.array in self.arrays:
                yield f"{self.load(target.array, [self.number(index) for index in target.indices])} := {value};"
        else:
            yield f"{self.slot(target)} := {value};"

    def _property(self, prop: Property) -> Iterator[str]:
        said = f'"{comment(prop.name)}"'
        match prop.kind:
            case PropertyKind.ALWAYS:
                yield from ("", f"invariant {said} {self.truth(prop.expr)};")
            case PropertyKind.SOMETIMES:
                yield from ("", f"cover {said} {self.truth(prop.expr)};")
            case PropertyKind.AT_END:
                yield from (
                    "",
                    f"invariant {said}",
                    f"  !({self._at_end()}) {self.one} {self.truth(prop.expr)};",
                )
            case _:
                pass

    def _at_end(self) -> str:
        """No progress step is enabled and every program has finished."""
        parts = []
        for number, agent in enumerate(self.system.agents):
            finals = [point for point, at in enumerate(self.system.process(agent).points) if at.final]
            stands = [f"{self._point(number)} = {self._stand(number, point)}" for point in finals]
            parts.append(f"({' | '.join(stands) or self.false})")
        for rule in self.rules:
            if rule.step.kind is StepClass.PROGRESS:
                self.agent = rule.agent
                enabled = self._enabled(rule)
                for name, made in reversed(rule.parameters):
                    enabled = f"(exists {self.bound(name.name)} : {made.lo} .. {made.hi} do {enabled} endexists)"
                parts.append(f"!({enabled})")
        return "\n    & ".join(parts)

    def load(self, array: str, indices: Sequence[str]) -> str:
        if array not in self.arrays:
            return "0"
        return self.names(array) + "".join(f"[{index}]" for index in indices)

    def bound(self, name: str) -> str:
        return self.names("bound", name)

    def number(self, expr: Expr) -> str:
        match expr:
            # Most sets gain and lose one element at a time, for which there is no need to go through their bits.
            case Op(Operator.BITS_OR, (mask, Op(Operator.SHIFT, (place,)))):
                return self.helper("with_bit", self.number(mask), self.number(place))
            case Op(Operator.BITS_MINUS, (mask, Op(Operator.SHIFT, (place,)))):
                return self.helper("without_bit", self.number(mask), self.number(place))
            case _:
                return super().number(expr)

    def conditional(self, cond: str, then: str, orelse: str) -> str:
        return f"({cond} ? {then} : {orelse})"

    def quantified(self, fold: Fold) -> str:
        word = "forall" if fold.kind is FoldKind.ALL else "exists"
        return f"({word} {self.bound(fold.name)} : {fold.lo} .. {fold.hi} do {self.truth(fold.body)} end{word})"


def _cell(array: Array, position: int) -> str:
    indices = []
    for size in reversed(array.dims):
        indices.append(position % size)
        position //= size
    return "".join(f"[{index}]" for index in reversed(indices))
