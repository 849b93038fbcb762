"""TLA+, for TLC: an action for each step of each agent, its effect in terms of the state before it.

A step assertion is an `Assert` of the module TLC in the action. Save the text as MODULE.tla beside the configuration
that stands at its end, and run TLC with `-deadlock`. Not expressed: `no_deadlock`, and numbers beyond TLC's 32 bits.
A `sometimes` says that it never holds: a violation is a witness.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from shootdown.model.ir.expr import FALSE, TRUE, Expr, Fold, FoldKind, Local, Temp
from shootdown.model.ir.system import Property, PropertyKind, StepClass, System

from .expressions import Expressions
from .names import Names, comment, words
from .refuse import large_numbers, no_deadlock, refuse
from .rules import Exit, Rule, either, prepared
from .said import WHOLE, Part, arrays_said, declared, head, local_said

WORDS = words(
    """
    action any assert assume assumption axiom boolean by case choose constant constants corollary def define defs
    domain else enabled except extends false have hide if in init instance int javatime lambda lemma let local module
    nat new next obvious omitted only other permutations pick print printt proof proposition prove qed randomelement
    recursive sortseq state step string subset suffices take temporal then theorem tlceval tlcget tlcset tostring true
    unchanged union use variable variables vars with witness
    """
)
HELPERS = r"""
bit(mask_, n_) == (mask_ \div (2 ^ n_)) % 2
bit_mask(n_) == 2 ^ n_
RECURSIVE bits_from(_, _, _, _)
bits_from(Op_(_, _), a_, b_, n_) ==
  IF n_ > 30 THEN 0 ELSE 2 ^ n_ * Op_(bit(a_, n_), bit(b_, n_)) + bits_from(Op_, a_, b_, n_ + 1)
or_of(x_, y_) == IF x_ + y_ > 0 THEN 1 ELSE 0
and_of(x_, y_) == x_ * y_
minus_of(x_, y_) == x_ * (1 - y_)
bits_or(a_, b_) == bits_from(or_of, a_, b_, 0)
bits_and(a_, b_) == bits_from(and_of, a_, b_, 0)
bits_minus(a_, b_) == bits_from(minus_of, a_, b_, 0)
RECURSIVE count_from(_, _)
count_from(mask_, n_) == IF n_ > 30 THEN 0 ELSE bit(mask_, n_) + count_from(mask_, n_ + 1)
bit_count(mask_) == count_from(mask_, 0)
floor_mod(a_, b_) == IF b_ = 0 THEN 0 ELSE IF b_ > 0 THEN a_ % b_ ELSE -((-a_) % (-b_))
floor_div(a_, b_) == IF b_ = 0 THEN 0 ELSE IF b_ > 0 THEN a_ \div b_ ELSE (-a_) \div (-b_)
"""
"""Their parameters end with _, as no name does: SANY refuses a parameter that is called as something else is."""
LACKS = (no_deadlock, large_numbers)


def export(system: System, part: Part = WHOLE) -> str:
    """The system in TLA+. Raises Inexpressible for what is in LACKS."""
    system = prepared(system)
    refuse(system, "TLA+", LACKS)
    return _Tla(system, part).text()


class _Tla(Expressions):
    equals, both, one = "=", "/\\", "\\/"
    true, false = "TRUE", "FALSE"
    negation, differs = "~", "#"

    def __init__(self, system: System, part: Part) -> None:
        super().__init__(system, Names(WORDS | words(HELPERS), never=("WF_", "SF_")), part)

    def text(self) -> str:
        """The whole module."""
        module = self.names("module", self.system.name)
        note = "An action is a step of an agent. Tables are row by row."
        lines = [f"---- MODULE {module} ----", *head(self.system, self.part, note, "\\* ")]
        lines += ["EXTENDS Integers, TLC", ""]
        lines += ["VARIABLES", *self._declared(), ""]
        lines += [f"{self._all_of(number)} == {_tuple(self._own(number))}" for number in range(len(self.system.agents))]
        lines += [f"vars == {_tuple(self._variables())}", HELPERS]
        lines += self._init()
        actions = []
        for number, rule in enumerate(self.rules):
            agent = self.system.agents[rule.agent]
            name = self.names("action", agent.name, rule.step.label, str(number))
            lines += self._action(name, rule)
            actions.append(name)
        lines += ["", "Next ==", *(f"  \\/ {name}" for name in actions or [self.false])]
        lines += [line for prop in self.system.properties for line in self._property(prop)]
        return "\n".join([*lines, "====", *self._configuration()]) + "\n"

    def _configuration(self) -> Iterator[str]:
        yield from ("", "The configuration:", "INIT Init", "NEXT Next")
        for prop in self.system.properties:
            if prop.kind is not PropertyKind.ASSERTION:
                yield f"INVARIANT {self.names('property', prop.name)}"

    def _own(self, agent: int) -> list[str]:
        """The variables of an agent."""
        return [self._point(agent), *(self._local(agent, slot) for slot in self.slots[agent])]

    def _all_of(self, agent: int) -> str:
        return self.names("all of", self.system.agents[agent].name)

    def _variables(self) -> list[str]:
        owned = [name for number in range(len(self.system.agents)) for name in self._own(number)]
        return [*map(self.names, self.arrays), *owned]

    def _declared(self) -> Iterator[str]:
        last = self._variables()[-1]
        said = arrays_said(self.system)
        told = [(self.names(name), said[name]) for name in self.arrays]
        for number, agent in enumerate(self.system.agents):
            process = self.system.process(agent)
            told.append((self._point(number), f"where {agent.name} stands"))
            locals = [(slot, local_said(self.system, process, slot)) for slot in self.slots[number]]
            told += [(self._local(number, slot), f"{agent.name}: {text}") for slot, text in locals]
        for name, text in told:
            yield from declared(f"  {name}{',' if name != last else ''}", text, "\\* ")

    def _init(self) -> Iterator[str]:
        yield "Init =="
        for array in self.arrays.values():
            cells = " @@ ".join(f"{position} :> {value}" for position, value in enumerate(array.init))
            yield f"  /\\ {self.names(array.name)} = ({cells})"
        for number, agent in enumerate(self.system.agents):
            process = self.system.process(agent)
            yield f"  /\\ {self._point(number)} = {self._stand(number, process.entry)}"
            for slot in self.slots[number]:
                yield f"  /\\ {self._local(number, slot)} = {process.locals[slot].init}"

    def _action(self, name: str, rule: Rule) -> Iterator[str]:
        self.agent = rule.agent
        calls = " > ".join(call.operation for call in rule.step.calls)
        yield from ("", f"\\* {comment(calls)}: {comment(rule.step.label)}", f"{name} ==")
        for parameter, made in rule.parameters:
            yield f"  \\E {self.bound(parameter.name)} \\in {made.lo} .. {made.hi} :"
        yield f"  /\\ {self._point(rule.agent)} = {self._stand(rule.agent, rule.step.source)}"
        if rule.guard != TRUE:
            # As a value: TLC would make a transition of each part of a disjunction.
            yield f"  /\\ ({self.truth(rule.guard)}) = TRUE"
        for demand in rule.demands:
            told = f"({self.truth(demand.cond)} => {self.truth(demand.truth)})"
            yield f'  /\\ Assert({told}, "{comment(demand.message)}")'
        changed = {self._point(rule.agent)}
        yield f"  /\\ {self._point(rule.agent)}' = {self._arrival(rule.exits, self._point(rule.agent))}"
        for slot in sorted({slot.slot for end in rule.exits for slot in end.slots if isinstance(slot, Local)}):
            here = self._local(rule.agent, slot)
            changed.add(here)
            yield f"  /\\ {here}' = {self._held(rule.exits, slot)}"
        for array in dict.fromkeys(store.cell.array for store in rule.stores if store.cell.array in self.arrays):
            changed.add(self.names(array))
            yield f"  /\\ {self.names(array)}' = {self._stored(array, rule)}"
        same = [each for each in (*map(self.names, self.arrays), *self._own(rule.agent)) if each not in changed]
        same += [self._all_of(other) for other in range(len(self.system.agents)) if other != rule.agent]
        yield f"  /\\ UNCHANGED {_tuple(same)}"

    def _arrival(self, exits: Sequence[Exit], otherwise: str) -> str:
        for end in reversed(exits):
            point = self._stand(self.agent, end.point)
            otherwise = point if end.cond == TRUE else self.conditional(self.truth(end.cond), point, otherwise)
        return otherwise

    def _held(self, exits: Sequence[Exit], slot: int) -> str:
        held: Expr = Local(slot)
        for end in reversed(exits):
            held = either(end.cond, end.slots.get(Local(slot), Local(slot)), held)
        return self.number(held)

    def _stored(self, array: str, rule: Rule) -> str:
        name = self.names(array)
        if all(store.cond == FALSE for store in rule.stores):
            return name
        text, before, number = "LET ", name, 0
        for store in rule.stores:
            if store.cell.array == array:
                number += 1
                after = self.names("after", str(number))
                place = self._place(array, [self.number(index) for index in store.cell.indices])
                new = f"[{before} EXCEPT ![{place}] = {self.number(store.value)}]"
                new = new if store.cond == TRUE else self.conditional(self.truth(store.cond), new, before)
                text += f"{after} == {new} "
                before = after
        return f"{text}IN {before}"

    def _property(self, prop: Property) -> Iterator[str]:
        name = self.names("property", prop.name)
        match prop.kind:
            case PropertyKind.ALWAYS:
                yield from ("", f"{name} == {self.truth(prop.expr)}")
            case PropertyKind.SOMETIMES:
                yield from ("", f"{name} == ~{self.truth(prop.expr)}")
            case PropertyKind.AT_END:
                yield from ("", f"{name} ==", f"  ~({self._at_end()}) \\/ {self.truth(prop.expr)}")
            case _:
                pass

    def _at_end(self) -> str:
        """No progress step is enabled and every program has finished."""
        parts = []
        for number, agent in enumerate(self.system.agents):
            finals = [point for point, here in enumerate(self.system.process(agent).points) if here.final]
            stands = ", ".join(self._stand(number, point) for point in finals)
            parts.append(f"({self._point(number)} \\in {{{stands}}})")
        for rule in self.rules:
            if rule.step.kind is StepClass.PROGRESS:
                self.agent = rule.agent
                here = f"{self._point(rule.agent)} = {self._stand(rule.agent, rule.step.source)}"
                enabled = f"({here} /\\ {self.truth(rule.guard)})"
                for parameter, made in reversed(rule.parameters):
                    enabled = f"(\\E {self.bound(parameter.name)} \\in {made.lo} .. {made.hi} : {enabled})"
                parts.append(f"~{enabled}")
        return " /\\ ".join(parts)

    def load(self, array: str, indices: Sequence[str]) -> str:
        return f"{self.names(array)}[{self._place(array, indices)}]" if array in self.arrays else "0"

    def _place(self, array: str, indices: Sequence[str]) -> str:
        place = "0"
        for size, index in zip(self.arrays[array].dims, indices, strict=True):
            place = index if place == "0" else f"({place} * {size} + {index})"
        return place

    def slot(self, slot: Local | Temp) -> str:
        assert isinstance(slot, Local), "temporaries are substituted"
        return self._local(self.agent, slot.slot)

    def bound(self, name: str) -> str:
        return self.names("bound", name)

    def conditional(self, cond: str, then: str, orelse: str) -> str:
        return f"(IF {cond} THEN {then} ELSE {orelse})"

    def quantified(self, fold: Fold) -> str:
        word = "\\A" if fold.kind is FoldKind.ALL else "\\E"
        return f"({word} {self.bound(fold.name)} \\in {fold.lo} .. {fold.hi} : {self.truth(fold.body)})"

    def _stand(self, agent: int, point: int) -> str:
        """As a string: TLC compares those as fast as numbers."""
        return f'"{point} {comment(self.system.process(self.system.agents[agent]).points[point].name)}"'


def _tuple(parts: Sequence[str]) -> str:
    return f"<<{', '.join(parts)}>>"
