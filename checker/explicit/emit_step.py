"""One step of one agent as a C function that pushes the step's successors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import assert_never

from shootdown.model.ir.expr import Const, Expr, Local, Temp
from shootdown.model.ir.interval import Interval
from shootdown.model.ir.stmt import Assert, Assign, Block, Cell, Check, Choose, Goto, If, Note, Place, Stmt, Wait
from shootdown.model.ir.system import StepClass
from shootdown.model.ir.walk import statements

from .emit_expression import Names, literal
from .layout import Slot
from .specialise import AgentStep, Unsupported, ends

_MOST_STATEMENTS = 5_000
"""What follows a branch with a choice is written once for each way; beyond this a step is not emitted."""

_ZERO = Interval(0, 0)
"""What a variable holds before a branch sets it for the first time; nothing reads it."""


@dataclass(frozen=True)
class Where:
    """What the code at one place may use.

    `owned`: the words under construction are this path's own. `failed` is the name of the failed assertions so far.
    `leave` ends the transition. `shared` are the variables that an enclosing branch declared and sets.
    """

    names: Names
    owned: bool = False
    failed: str | None = None
    leave: str = "return out;"
    shared: Mapping[int, str] | None = None


class StepWriter:
    """Writes the body of one step's function."""

    def __init__(self, names: Names, step: AgentStep, fired: int, assertions: Mapping[str, int]) -> None:
        self._names = names
        self._step = step
        self._fired = fired
        self._assertions = assertions
        self._lines: list[str] = []
        self._indent = 1
        self._fresh = 0
        self._written = 0

    def body(self) -> list[str]:
        """The lines; raises `Unsupported` for a step that would become too long."""
        self._block(self._step.block, Where(self._names))
        return self._lines

    def _line(self, text: str) -> None:
        self._lines.append("\t" * self._indent + text)

    def _open(self, text: str) -> None:
        self._line(text)
        self._indent += 1

    def _close(self, text: str = "}") -> None:
        self._indent -= 1
        self._line(text)

    def _name(self, prefix: str) -> str:
        self._fresh += 1
        return f"{prefix}{self._fresh}"

    def _block(self, block: Block, where: Where) -> Where:
        """Write statements to the end of the transition, or of the block; returns what holds behind it."""
        for position, statement in enumerate(block):
            self._written += 1
            if self._written > _MOST_STATEMENTS:
                raise Unsupported(f"step {self._step.step.label} is too long to emit")
            rest = block[position + 1 :]
            if isinstance(statement, Choose):
                self._choose(statement, () if ends(statement) else rest, where)
                return where
            if isinstance(statement, If):
                if _has_choice(statement):
                    self._split(statement, rest, where)
                    return where
                where = self._if(statement, where)
            else:
                where = self._simple(statement, where)
        return where

    def _simple(self, statement: Stmt, where: Where) -> Where:
        match statement:
            case Assign(target, value):
                return self._assign(target, value, where)
            case Wait(cond):
                self._line(f"if (!{where.names.value(cond)})")
                self._line(f"\t{where.leave}")
            case Check(cond):
                self._open(f"if (!{where.names.value(cond)}) {{")
                self._problem(where)
                self._close()
            case Assert(cond, name):
                return self._assert(cond, self._assertions[name], where)
            case Goto(point):
                self._goto(point, where)
            case Note():
                pass
            case If() | Choose():
                raise AssertionError("branches and choices are written apart")
            case _:
                assert_never(statement)
        return where

    def _goto(self, point: int, where: Where) -> None:
        slot = self._names.packing.slots[self._names.point]
        if point != self._step.step.source and slot.bits:
            where = self._own(where)
            self._line(_put(where, slot, literal(point)))
        self._fire(where)
        if where.leave == "return out;":
            self._line(f"return push(x, {where.names.state}, out);")
        else:
            self._line(f"out = push(x, {where.names.state}, out);")
            self._line(where.leave)

    def _problem(self, where: Where) -> None:
        self._fire(where)
        self._line("x->problems++;")
        self._line(where.leave)

    def _fire(self, where: Where) -> None:
        self._line(f"x->fired[{self._fired}] = 1;")
        if self._step.step.kind is StepClass.PROGRESS:
            self._line("x->progress = 1;")
        if where.failed is not None:
            self._line(f"x->violated |= {where.failed};")

    def _own(self, where: Where) -> Where:
        """Make sure that the words may be written."""
        if where.owned:
            return where
        fresh = self._name("t")
        self._line(f"uint64_t {fresh}[WORDS];")
        self._line("")
        self._line(f"copy(x, {fresh}, {where.names.state});")
        return replace(where, names=replace(where.names, state=fresh), owned=True)

    def _assign(self, target: Place, value: Expr, where: Where) -> Where:
        match target:
            case Temp(slot):
                return self._assign_temp(slot, value, where)
            case Local(slot):
                cell = self._names.packing.slots[self._names.point + 1 + slot]
                return self._store(cell, value, where)
            case Cell(array, indices):
                constant = where.names.constant_cell(array, indices)
                if constant is not None:
                    return self._store(constant, value, where)
                return self._store_computed(array, indices, value, where)
            case _:
                assert_never(target)

    def _assign_temp(self, slot: int, value: Expr, where: Where) -> Where:
        text, interval = where.names.value(value), where.names.interval(value)
        if where.shared is not None and slot in where.shared:
            self._line(f"{where.shared[slot]} = {text};")
            return replace(where, names=where.names.temp(slot, where.shared[slot], interval))
        name = self._name("v")
        self._line(f"const int64_t {name} = {text};")
        return replace(where, names=where.names.temp(slot, name, interval))

    def _store(self, slot: Slot, value: Expr, where: Where) -> Where:
        text = _fitting(where, value, Interval(slot.lo, slot.hi))
        if not slot.bits:
            if not isinstance(value, Const) or value.value != slot.lo:
                self._line(f"(void){text};")
            return where
        where = self._own(where)
        self._line(_put(where, slot, text))
        return where

    def _store_computed(self, array: str, indices: tuple[Expr, ...], value: Expr, where: Where) -> Where:
        bounds = where.names.ranges.arrays[array]
        text, place = _fitting(where, value, bounds), where.names.place(array, indices)
        regular = where.names.packing.regular.get(array)
        if regular is None:
            self._line(f"(void){place};")
            self._line(f"(void){text};")
            return where
        where = self._own(where)
        function, step = ("put_in", regular.shift) if regular.fold is None else ("put_over", regular.fold)
        words = f"{where.names.state}, {regular.word}, {step}, {regular.bits}"
        self._line(f"{function}({words}, {place}, {_lowered(text, bounds.lo)});")
        return where

    def _assert(self, cond: Expr, bit: int, where: Where) -> Where:
        failed = f"(uint64_t)!{where.names.value(cond)} << {bit}"
        if where.shared is not None and where.failed is not None:
            self._line(f"{where.failed} |= {failed};")
            return where
        name = self._name("failed")
        before = f"{where.failed} | " if where.failed is not None else ""
        self._line(f"const uint64_t {name} = {before}{failed};")
        return replace(where, failed=name)

    def _if(self, statement: If, where: Where) -> Where:
        """A branch without choices: what it sets is declared before it."""
        before = self._join(statement, where)
        self._open(f"if ({before.names.value(statement.cond)}) {{")
        then = self._block(statement.then, before)
        if statement.orelse:
            self._close("} else {")
            self._indent += 1
            orelse = self._block(statement.orelse, before)
        else:
            orelse = before
        self._close()
        known, other = then.names.ranges.temps, orelse.names.ranges.temps
        after = before
        for slot, name in (before.shared or {}).items():
            after = replace(after, names=after.names.temp(slot, name, known[slot] | other[slot]))
        return replace(after, shared=where.shared)

    def _join(self, statement: If, where: Where) -> Where:
        inside = list(statements((statement,)))
        if any(isinstance(inner, Assign) and not isinstance(inner.target, Temp) for inner in inside):
            where = self._own(where)
        shared = dict(where.shared or {})
        for inner in inside:
            if isinstance(inner, Assign) and isinstance(inner.target, Temp) and inner.target.slot not in shared:
                slot = inner.target.slot
                shared[slot] = self._name("v")
                self._line(f"int64_t {shared[slot]} = {where.names.temps.get(slot, '0')};")
                known = where.names.ranges.temps.get(slot, _ZERO)
                where = replace(where, names=where.names.temp(slot, shared[slot], known))
        if where.shared is None and any(isinstance(inner, Assert) for inner in inside):
            name = self._name("failed")
            self._line(f"uint64_t {name} = {where.failed or 0};")
            where = replace(where, failed=name)
        return replace(where, shared=shared)

    def _split(self, statement: If, rest: Block, where: Where) -> None:
        """A branch with choices: each way is written to its end."""
        where = replace(where, shared=None)
        self._open(f"if ({where.names.value(statement.cond)}) {{")
        self._block(_followed(statement.then, rest), where)
        self._close()
        self._block(_followed(statement.orelse, rest), where)

    def _choose(self, choose: Choose, rest: Block, where: Where) -> None:
        where = replace(where, shared=None)
        sure = isinstance(choose.candidate, Const) and choose.candidate.value and choose.lo <= choose.hi
        value, some = self._name("v"), self._name("some")
        if not choose.blocking and not sure:
            self._line(f"int {some} = 0;")
        loop = f"for (int64_t {value} = {literal(choose.lo)}; {value} <= {literal(choose.hi)}; {value}++) {{"
        self._open(loop)
        inner = self._chosen(choose, value, replace(where, owned=False, leave="continue;"))
        if not sure:
            self._line(f"if (!{inner.names.value(choose.candidate)})")
            self._line("\tcontinue;")
            if not choose.blocking:
                self._line(f"{some} = 1;")
        self._block(rest, inner)
        self._close()
        if not choose.blocking and not sure:
            self._open(f"if (!{some}) {{")
            self._problem(where)
            self._close()
        self._line(where.leave)

    def _chosen(self, choose: Choose, value: str, where: Where) -> Where:
        match choose.target:
            case Temp(slot):
                return replace(
                    where, names=where.names.temp(slot, value, Interval(choose.lo, max(choose.lo, choose.hi)))
                )
            case Local(slot):
                cell = self._names.packing.slots[self._names.point + 1 + slot]
                if not cell.bits:
                    return where
                where = self._own(where)
                inside = cell.lo <= choose.lo and choose.hi <= cell.hi
                text = value if inside else f"WITHIN({value}, {literal(cell.lo)}, {literal(cell.hi)})"
                self._line(_put(where, cell, text))
                return where
            case _:
                assert_never(choose.target)


def _put(where: Where, slot: Slot, text: str) -> str:
    return f"put({where.names.state}, {slot.word}, {slot.shift}, {slot.bits}, {_lowered(text, slot.lo)});"


def _lowered(text: str, lo: int) -> str:
    return text if lo == 0 else f"{text} - {literal(lo)}"


def _fitting(where: Where, value: Expr, bounds: Interval) -> str:
    text = where.names.value(value)
    if where.names.interval(value).within(bounds):
        return text
    return f"WITHIN({text}, {literal(bounds.lo)}, {literal(bounds.hi)})"


def _followed(block: Block, rest: Block) -> Block:
    """A branch and what runs behind it: nothing, where the branch ends the step."""
    return block if block and ends(block[-1]) else (*block, *rest)


def _has_choice(statement: If) -> bool:
    return any(isinstance(inner, Choose) for inner in statements((statement,)))
