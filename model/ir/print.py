"""The canonical text of the IR, as s-expressions; `parse` reads it back.

Locals print as `$slot`, temporaries as `%slot`, parameters as `@slot`, bound variables as `?name`, mechanisms as
`(way name)`. What is for display only is printed too, places in source files are not.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from .expr import Bound, Const, Expr, Fold, Load, Local, Op, Param, Rigid, Temp
from .sexpr import NAME, Form, Symbol, name, write
from .stmt import Assert, Assign, Block, Cell, Check, Choose, Goto, If, Note, Place, Shown, Stmt, Wait
from .system import Agent, Array, Call, LocalVariable, Mechanism, Point, Process, Property, Step, System
from .views import OptionView, QueueView, RecordView, ScalarView, SetView, Variable, View

BROKEN = frozenset({"system", "process", "step", "do"})
Names = Sequence[LocalVariable]


def print_system(system: System) -> str:
    """The text of a whole system, with a newline at its end."""
    items: list[Form] = [Symbol("system"), name(system.name)]
    items += [_mechanism(mechanism) for mechanism in system.mechanisms]
    items += [_array(array) for array in system.arrays]
    items += [(Symbol("view"), name(key), _view(view)) for key, view in system.views]
    items += [_variable(variable) for variable in system.variables]
    items += [_process(process) for process in system.processes]
    items += [_agent(agent) for agent in system.agents]
    items += [_property(prop) for prop in system.properties]
    return write(tuple(items), broken=BROKEN) + "\n"


def print_expr(expr: Expr, names: Names = ()) -> str:
    """The text of an expression; `names` are the locals of its process."""
    return write(_expr(expr, names))


def print_statement(statement: Stmt, names: Names = ()) -> str:
    """The text of a statement; `names` are the locals of its process."""
    return write(_statement(statement, names))


def _expr(expr: Expr, names: Names) -> Form:
    match expr:
        case Const(value):
            return value
        case Load(array, indices):
            return (Symbol("load"), name(array), *(_expr(index, names) for index in indices))
        case Local(slot):
            return Symbol(f"${slot}{_suffix(slot, names)}")
        case Temp(slot):
            return Symbol(f"%{slot}")
        case Param(slot):
            return Symbol(f"@{slot}")
        case Rigid(mechanism):
            return (Symbol("way"), name(mechanism))
        case Bound(variable):
            return Symbol(f"?{variable}") if NAME.fullmatch(variable) else (Symbol("bound"), variable)
        case Op(operator, args):
            return (Symbol(operator.value), *(_expr(arg, names) for arg in args))
        case Fold(kind, variable, lo, hi, body):
            return (Symbol(kind.value), (name(variable), lo, hi, *expr.labels), _expr(body, names))
        case _:
            assert_never(expr)


def _suffix(slot: int, names: Names) -> str:
    if slot >= len(names) or not NAME.fullmatch(names[slot].name):
        return ""
    return f":{names[slot].name}"


def _block(head: str, block: Block, names: Names) -> Form:
    return (Symbol(head), *(_statement(statement, names) for statement in block))


def _statement(statement: Stmt, names: Names) -> Form:
    match statement:
        case Assign(target, value):
            return (Symbol("set"), _target(target, names), _expr(value, names))
        case If(cond, then, orelse):
            other = (_block("else", orelse, names),) if orelse else ()
            return (Symbol("if"), _expr(cond, names), _block("then", then, names), *other)
        case Wait(cond):
            return (Symbol("wait"), _expr(cond, names))
        case Choose():
            return _choose(statement, names)
        case Check(cond, failure, message):
            return (Symbol("check"), _expr(cond, names), Symbol(failure.name.lower()), message)
        case Assert(cond, prop):
            return (Symbol("assert"), name(prop), _expr(cond, names))
        case Note(parts, line):
            return (Symbol("line" if line else "note"), *(_part(part, names) for part in parts))
        case Goto(point):
            return (Symbol("goto"), point)
        case _:
            assert_never(statement)


def _target(target: Place, names: Names) -> Form:
    if isinstance(target, Cell):
        return (Symbol("cell"), name(target.array), *(_expr(index, names) for index in target.indices))
    return _expr(target, names)


def _choose(choose: Choose, names: Names) -> Form:
    return (
        Symbol("choose" if choose.blocking else "pick"),
        _target(choose.target, names),
        choose.lo,
        choose.hi,
        _expr(choose.candidate, names),
        *_option(":name", choose.name),
        *_option(":what", choose.what),
        *((Symbol(":labels"), choose.labels) if choose.labels else ()),
    )


def _part(part: str | Shown, names: Names) -> Form:
    if isinstance(part, str):
        return part
    return (Symbol("shown"), name(part.view), *(_expr(leaf, names) for leaf in part.leaves))


def _option(keyword: str, value: str | None) -> tuple[Form, ...]:
    return (Symbol(keyword), name(value)) if value else ()


def _flag(keyword: str, value: bool) -> tuple[Form, ...]:
    return (Symbol(keyword),) if value else ()


def _mechanism(mechanism: Mechanism) -> Form:
    return (Symbol("mechanism"), name(mechanism.name), mechanism.value, *mechanism.labels)


def _array(array: Array) -> Form:
    ghost = _flag(":ghost", array.ghost)
    return (Symbol("array"), name(array.name), array.dims, array.lo, array.hi, array.init, *ghost)


def _view(view: View) -> Form:
    match view:
        case ScalarView(lo, labels):
            return (Symbol("scalar"), lo, *labels)
        case OptionView(inner):
            return (Symbol("option"), _view(inner))
        case RecordView(record, fields, show):
            shown = () if show is None else (Symbol(":show"), show)
            return (Symbol("record"), name(record), *((name(field), _view(inner)) for field, inner in fields), *shown)
        case SetView(element):
            return (Symbol("set"), _view(element))
        case QueueView(element, capacity):
            return (Symbol("queue"), capacity, _view(element))
        case _:
            assert_never(view)


def _variable(variable: Variable) -> Form:
    return (
        Symbol("variable"),
        name(variable.name),
        name(variable.owner),
        variable.keys,
        _view(variable.view),
        tuple(name(leaf) for leaf in variable.leaves),
        *(() if variable.show is None else (Symbol(":show"), variable.show)),
        *_flag(":ghost", variable.ghost),
    )


def _process(process: Process) -> Form:
    locals_ = [(Symbol("local"), name(local.name), local.lo, local.hi, local.init) for local in process.locals]
    return (
        Symbol("process"),
        name(process.name),
        (Symbol("params"), process.params),
        (Symbol("temps"), process.temps),
        (Symbol("entry"), process.entry),
        *locals_,
        *(_point(number, point) for number, point in enumerate(process.points)),
        *(_step(step, process.locals) for step in process.steps),
    )


def _point(number: int, point: Point) -> Form:
    """A point's number is for the reader; the parser counts for itself."""
    return (
        Symbol("point"),
        number,
        name(point.name),
        *_flag(":inside", point.inside),
        *_flag(":final", point.final),
        *((Symbol("live"), slots, name(variable), name(view)) for slots, variable, view in point.live),
    )


def _step(step: Step, names: Names) -> Form:
    return (
        Symbol("step"),
        step.source,
        name(step.label),
        Symbol(step.kind.value),
        *((Symbol(":calls"), tuple(_call(call) for call in step.calls)) if step.calls else ()),
        *(() if step.starts is None else (Symbol(":starts"), name(step.starts))),
        *(() if step.atomic is None else (Symbol(":atomic"), step.atomic)),
        *(() if step.origin is None else (Symbol(":origin"), step.origin)),
        _block("do", step.block, names),
    )


def _call(call: Call) -> Form:
    return (name(call.operation), call.instance) if call.instance else name(call.operation)


def _agent(agent: Agent) -> Form:
    hardware = _flag(":hardware", agent.hardware)
    title = _option(":title", agent.title)
    return (Symbol("agent"), name(agent.name), name(agent.process), agent.args, *hardware, *title)


def _property(prop: Property) -> Form:
    meaning: tuple[Form, ...] = (Symbol(":meaning"), prop.meaning) if prop.meaning else ()
    return (Symbol("property"), name(prop.name), Symbol(prop.kind.value), _expr(prop.expr, ()), *meaning)
