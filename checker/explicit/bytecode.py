"""The program of the register machine (`machine.c`): all steps of all agents, and the properties."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import assert_never

from shootdown.model.ir.expr import Bound, Const, Expr, Fold, FoldKind, Load, Local, Op, Operator, Param, Rigid, Temp
from shootdown.model.ir.stmt import Assert, Assign, Block, Cell, Check, Choose, Goto, If, Note, Place, Stmt, Wait
from shootdown.model.ir.system import PropertyKind, StepClass
from shootdown.model.ir.walk import subexpressions

from .fold import negation
from .layout import Packing
from .specialise import AgentCode, AgentStep, Judged, Specialised, note_text

Code = IntEnum(
    "Code",
    "MOVE NOT EQ NE LT LE ADD SUB MUL DIV MOD MIN MAX BIT BITS_OR BITS_AND BITS_MINUS SHIFT COUNT "
    "PLACE LOAD JUMP IF_ZERO IF_NOT WRITE WRITE_AT PICK TRY WAIT CHECK ASSERT SEEN NOTED GOTO END",
    start=0,
)
"""Operation codes; the order is that of `enum operation` in machine.c."""

_STRICT = {
    operator: Code[operator.name]
    for operator in Operator
    if operator not in (Operator.AND, Operator.OR, Operator.IMPLIES, Operator.ITE)
}


@dataclass
class Program:
    """What the machine is given; the fields are those of `struct machine`, as flat arrays.

    `points` has (first entry, final, inside) for each point of each agent, and one more row an agent.
    """

    code: array[int] = field(default_factory=lambda: array("i"))
    constants: list[int] = field(default_factory=list)
    entries: array[int] = field(default_factory=lambda: array("Q"))
    points: array[int] = field(default_factory=lambda: array("Q"))
    agent_points: array[int] = field(default_factory=lambda: array("Q"))
    registers: int = 0
    check_state: int = 0
    check_end: int = 0
    most_choices: int = 0
    most_writes: int = 0
    most_notes: int = 0
    seen: set[int] = field(default_factory=set)
    """Cells that properties and conditions read."""
    conditions: list[int] = field(default_factory=list)
    """Where the code starts that evaluates each group of conditions."""


def compile_program(
    specialised: Specialised, packing: Packing, conditions: Sequence[Sequence[tuple[int, Expr]]] = ()
) -> Program:
    """Compile a system for the machine.

    `conditions` are expressions as agents, by position, see them, in groups of at most 64 that are evaluated together.
    """
    writer = _Writer(specialised, packing)
    program = writer.program
    for code in specialised.agents:
        _agent(writer, code)
    program.check_state = _judge(writer, (PropertyKind.ALWAYS, PropertyKind.SOMETIMES))
    program.check_end = _judge(writer, (PropertyKind.AT_END,))
    for group in conditions:
        program.conditions.append(_ask(writer, group))
    writer.finish()
    return program


def read_by(
    specialised: Specialised, packing: Packing, conditions: Iterable[tuple[int, Expr]]
) -> Iterator[tuple[int, set[int]]]:
    """Of each condition its agent, and the entries of the state that its code may read."""
    writer = _Writer(specialised, packing)
    for agent, expr in conditions:
        yield agent, _value(writer, agent, expr)[1]


def _agent(writer: _Writer, code: AgentCode) -> None:
    program = writer.program
    program.agent_points.append(len(program.points) // 3)
    by_point: dict[int, list[AgentStep]] = {}
    for step in code.steps:
        by_point.setdefault(step.step.source, []).append(step)
    first_fired = writer.specialised.fired[code.process.name]
    for number, point in enumerate(code.process.points):
        program.points.extend((len(program.entries) // 3, point.final, point.inside))
        for step in by_point.get(number, ()):
            start = _Compiler(writer, code.position).step(step.block)
            progress = step.step.kind is StepClass.PROGRESS
            program.entries.extend((start, first_fired + step.index, progress))
    program.points.extend((len(program.entries) // 3, 0, 0))


def _judge(writer: _Writer, kinds: tuple[PropertyKind, ...]) -> int:
    start = writer.here
    for item in writer.specialised.judged:
        if item.prop.kind in kinds:
            compiler = _Compiler(writer, None)
            register = compiler.value(decided(item))
            writer.emit(Code.SEEN, register, item.bit)
            writer.program.seen |= compiler.read
    writer.emit(Code.END)
    return start


def _ask(writer: _Writer, conditions: Sequence[tuple[int, Expr]]) -> int:
    start = writer.here
    for bit, (agent, expr) in enumerate(conditions):
        register, read = _value(writer, agent, expr)
        writer.emit(Code.SEEN, register, bit)
        writer.program.seen |= read
    writer.emit(Code.END)
    return start


def _value(writer: _Writer, agent: int, expr: Expr) -> tuple[int, set[int]]:
    """The register with the value of an expression as an agent sees it, and the entries of the state that it reads."""
    compiler = _Compiler(writer, agent)
    register = compiler.value(expr)
    first = writer.packing.layout.points[agent] + 1
    return register, compiler.read | {first + part.slot for part in subexpressions(expr) if isinstance(part, Local)}


def decided(item: Judged) -> Expr:
    """What is true in a state that decides a state property."""
    return item.expr if item.prop.kind is PropertyKind.SOMETIMES else negation(item.expr)


class _Writer:
    """Instructions, constants and registers.

    Registers of constants are not known before all code is: they stand as negative numbers until `finish`. Registers
    behind the cells are given out from 0 for each step.
    """

    def __init__(self, specialised: Specialised, packing: Packing) -> None:
        self.program = Program()
        self.cells = len(packing.slots)
        self.specialised = specialised
        self.packing = packing
        self.dims = {item.name: item.dims for item in specialised.system.arrays}
        self.sizes = {item.name: item.size for item in specialised.system.arrays}
        self.bits = {item.prop.name: item.bit for item in specialised.judged}
        self.first_note = specialised.step_count
        self._constants: dict[int, int] = {}

    @property
    def here(self) -> int:
        return len(self.program.code) // 4

    def emit(self, code: Code, a: int = 0, b: int = 0, c: int = 0) -> int:
        self.program.code.extend((code, a, b, c))
        return self.here - 1

    def patch(self, *jumps: int) -> None:
        """Let the jumps lead here."""
        for jump in jumps:
            self.program.code[4 * jump + 1] = self.here

    def constant(self, value: int) -> int:
        if value not in self._constants:
            self._constants[value] = len(self._constants)
        return -1 - self._constants[value]

    def finish(self) -> None:
        program = self.program
        program.constants = list(self._constants)
        first = self.cells + program.registers
        raw = program.code
        for position in range(0, len(raw), 4):
            for operand in _REGISTERS[raw[position]]:
                if raw[position + operand] < 0:
                    raw[position + operand] = first - 1 - raw[position + operand]


_TWO, _ALL = (2,), (2, 3)
_REGISTERS: dict[int, tuple[int, ...]] = {
    **dict.fromkeys(_STRICT.values(), _ALL),
    Code.MOVE: _TWO,
    Code.NOT: _TWO,
    Code.SHIFT: _TWO,
    Code.COUNT: _TWO,
    Code.PLACE: _TWO,
    Code.LOAD: (3,),
    Code.JUMP: (),
    Code.IF_ZERO: _TWO,
    Code.IF_NOT: _TWO,
    Code.WRITE: _TWO,
    Code.WRITE_AT: _ALL,
    Code.PICK: _ALL,
    Code.TRY: (1,),
    Code.WAIT: (1,),
    Code.CHECK: (1,),
    Code.ASSERT: (1,),
    Code.SEEN: (1,),
    Code.NOTED: (),
    Code.GOTO: (),
    Code.END: (),
}
"""Which operands (1 to 3) are registers that may hold a constant."""


class _Compiler:
    """Compiles one step, or one property."""

    def __init__(self, writer: _Writer, agent: int | None) -> None:
        self._writer = writer
        self._emit = writer.emit
        self._arrays = writer.packing.layout.arrays
        self._dims = writer.dims
        self._point = writer.packing.layout.points[agent] if agent is not None else 0
        self._temps: dict[int, int] = {}
        self._bound: dict[str, int] = {}
        self._used = 0
        self._choices = 0
        self._writes = 1
        self._notes = 0
        self.read: set[int] = set()
        """Shared cells that the code may read."""

    def step(self, block: Block) -> int:
        """Where the step's code starts."""
        start = self._writer.here
        self._block(block)
        program = self._writer.program
        program.most_choices = max(program.most_choices, self._choices)
        program.most_writes = max(program.most_writes, self._writes)
        program.most_notes = max(program.most_notes, self._notes)
        return start

    def _fresh(self) -> int:
        self._used += 1
        program = self._writer.program
        program.registers = max(program.registers, self._used)
        return self._writer.cells + self._used - 1

    def _temp(self, slot: int) -> int:
        if slot not in self._temps:
            self._temps[slot] = self._fresh()
        return self._temps[slot]

    def _block(self, block: Block) -> None:
        for statement in block:
            self._statement(statement)

    def _statement(self, statement: Stmt) -> None:
        if isinstance(statement, Assign):
            self._assign(statement.target, statement.value)
        elif isinstance(statement, If):
            self._if(statement.cond, statement.then, statement.orelse)
        elif isinstance(statement, Goto):
            self._emit(Code.GOTO, self._point, statement.point)
        elif isinstance(statement, Wait):
            self._emit(Code.WAIT, self.value(statement.cond))
        elif isinstance(statement, Check):
            self._emit(Code.CHECK, self.value(statement.cond))
        elif isinstance(statement, Assert):
            self._emit(Code.ASSERT, self.value(statement.cond), self._writer.bits[statement.name])
        elif isinstance(statement, Choose):
            self._choose(statement)
        else:
            _: Note = statement
            self._notes += 1
            note = self._writer.specialised.notes[note_text(statement)]
            self._emit(Code.NOTED, self._writer.first_note + note)

    def _if(self, cond: Expr, then: Block, orelse: Block) -> None:
        skip = self._emit(Code.IF_ZERO, 0, self.value(cond))
        self._block(then)
        if orelse:
            done = self._emit(Code.JUMP)
            self._writer.patch(skip)
            self._block(orelse)
            self._writer.patch(done)
        else:
            self._writer.patch(skip)

    def _assign(self, target: Place, value: Expr) -> None:
        if isinstance(target, Cell):
            name, indices = target.array, target.indices
            source = self.value(value)
            constant = self._constant_cell(name, indices)
            self._writes += 1
            if constant is not None:
                self._emit(Code.WRITE, constant, source)
            else:
                self._emit(Code.WRITE_AT, self._arrays[name], self._place(name, indices), source)
        elif isinstance(target, Local):
            self._writes += 1
            self._emit(Code.WRITE, self._point + 1 + target.slot, self.value(value))
        else:
            self.value(value, self._temp(target.slot))

    def _choose(self, choose: Choose) -> None:
        if choose.lo > choose.hi:
            self._emit(Code.WAIT if choose.blocking else Code.CHECK, self._writer.constant(0))
            return
        self._choices += 1
        match choose.target:
            case Local(slot):
                self._writes += 1
                target = self._point + 1 + slot
            case Temp(slot):
                target = self._temp(slot)
            case _:
                assert_never(choose.target)
        constant = self._writer.constant
        pick = self._emit(Code.PICK, target, constant(choose.lo), constant(choose.hi))
        self._emit(Code.TRY, self.value(choose.candidate), pick, int(choose.blocking))

    def value(self, expr: Expr, into: int | None = None) -> int:
        """The register that holds the value; `into` if that is given."""
        # Plain tests, the frequent kinds first: matching class patterns takes three times as long.
        if isinstance(expr, Const):
            return self._moved(self._writer.constant(expr.value), into)
        if isinstance(expr, Load):
            return self._load(expr.array, expr.indices, into)
        if isinstance(expr, Op):
            return self._operation(expr.operator, expr.args, into)
        if isinstance(expr, Local):
            return self._moved(self._point + 1 + expr.slot, into)
        if isinstance(expr, Temp):
            return self._moved(self._temp(expr.slot), into)
        if isinstance(expr, Fold):
            return self._fold(expr, into)
        if isinstance(expr, Bound):
            return self._moved(self._bound[expr.name], into)
        _: Param | Rigid = expr
        raise AssertionError("parameters and mechanisms are filled in before")

    def _moved(self, source: int, into: int | None) -> int:
        if into is None or into == source:
            return source
        self._emit(Code.MOVE, into, source)
        return into

    def _constant_cell(self, name: str, indices: tuple[Expr, ...]) -> int | None:
        position = 0
        for size, index in zip(self._dims[name], indices, strict=True):
            if not isinstance(index, Const) or not 0 <= index.value < size:
                return None
            position = position * size + index.value
        return self._arrays[name] + position

    def _place(self, name: str, indices: tuple[Expr, ...]) -> int:
        """A register with the position of a cell in its array."""
        values = [self.value(index) for index in indices]
        place = self._fresh()
        self._emit(Code.MOVE, place, self._writer.constant(0))
        for size, value in zip(self._dims[name], values, strict=True):
            self._emit(Code.PLACE, place, value, size)
        return place

    def _load(self, name: str, indices: tuple[Expr, ...], into: int | None) -> int:
        constant = self._constant_cell(name, indices)
        if constant is not None:
            self.read.add(constant)
            return self._moved(constant, into)
        self.read.update(range(self._arrays[name], self._arrays[name] + self._writer.sizes[name]))
        place = self._place(name, indices)
        target = self._fresh() if into is None else into
        self._emit(Code.LOAD, target, self._arrays[name], place)
        return target

    def _operation(self, operator: Operator, args: tuple[Expr, ...], into: int | None) -> int:
        if operator is Operator.AND or operator is Operator.OR:
            return self._junction(operator, args, into)
        if operator is Operator.IMPLIES:
            return self._junction(Operator.OR, (negation(args[0]), args[1]), into)
        if operator is Operator.ITE:
            return self._either(args, into)
        values = [self.value(arg) for arg in args]
        target = self._fresh() if into is None else into
        self._emit(_STRICT[operator], target, *values)
        return target

    def _junction(self, operator: Operator, args: tuple[Expr, ...], into: int | None) -> int:
        """The parts are evaluated into a register of their own: `into` may be read by a later part."""
        target = self._fresh()
        leave = Code.IF_ZERO if operator is Operator.AND else Code.IF_NOT
        self._emit(Code.MOVE, target, self._writer.constant(int(operator is Operator.AND)))
        jumps = []
        for position, arg in enumerate(args):
            self.value(arg, target)
            if position + 1 < len(args):
                jumps.append(self._emit(leave, 0, target))
        self._writer.patch(*jumps)
        return self._moved(target, into)

    def _either(self, args: tuple[Expr, ...], into: int | None) -> int:
        target = self._fresh()
        skip = self._emit(Code.IF_ZERO, 0, self.value(args[0]))
        self.value(args[1], target)
        done = self._emit(Code.JUMP)
        self._writer.patch(skip)
        self.value(args[2], target)
        self._writer.patch(done)
        return self._moved(target, into)

    def _fold(self, fold: Fold, into: int | None) -> int:
        constant = self._writer.constant
        total, counter, test = self._fresh(), self._fresh(), self._fresh()
        self._bound[fold.name] = counter
        self._emit(Code.MOVE, total, constant(int(fold.kind is FoldKind.ALL)))
        self._emit(Code.MOVE, counter, constant(fold.lo))
        loop = self._writer.here
        self._emit(Code.LE, test, counter, constant(fold.hi))
        leave = [self._emit(Code.IF_ZERO, 0, test)]
        if fold.kind is FoldKind.SUM:
            self._emit(Code.ADD, total, total, self.value(fold.body))
        else:
            self.value(fold.body, total)
            leave.append(self._emit(Code.IF_ZERO if fold.kind is FoldKind.ALL else Code.IF_NOT, 0, total))
        self._emit(Code.ADD, counter, counter, constant(1))
        self._emit(Code.JUMP, loop)
        self._writer.patch(*leave)
        return self._moved(total, into)
