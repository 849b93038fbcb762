"""Makes processes and agents of programs, `any` sets and hardware units."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from ...ir.expr import FALSE, TRUE, Const, Expr, Local, Operator, Param
from ...ir.stmt import Assign, Choose, Wait
from ...ir.system import Agent, StepClass
from ..errors import RequestError, nearest
from ..model import Function, Model, Role
from ..purity import Purity
from ..sorts import IndexSort, StateSort
from ..world import ANY, AgentSpec, Line, Request
from .emit import Emit
from .memory import labels
from .process import Builder, Start
from .recent import process
from .scope import Frame
from .shapes import Option, Scalar, Shape, Val, bounds
from .terms import add, conj, disj, op
from .world import Setting


@dataclass(frozen=True)
class Argument:
    """An argument of a line: its shape, and its leaf (None: any). `types`: device types that it may have."""

    name: str
    shape: Shape
    leaf: int | None
    types: frozenset[str] | None


@dataclass(eq=False)
class Agents:
    """Processes made so far, by what makes them alike."""

    setting: Setting
    emit: Emit
    purity: Purity
    processes: dict[str, Builder] = field(default_factory=dict)
    alike: dict[object, str] = field(default_factory=dict)
    agents: list[Agent] = field(default_factory=list)

    @property
    def model(self) -> Model:
        """The model."""
        return self.setting.model

    def operation(self, path: str, name: str) -> Function:
        """An operation by name; raises `RequestError`."""
        if name not in self.model.operations:
            raise RequestError(path, f'no operation "{name}"', nearest(name, self.model.operations))
        return self.model.operations[name]

    def arguments(self, path: str, function: Function, line: Line) -> tuple[Argument, ...]:
        """The arguments of a line; raises `RequestError`."""
        names = [item.name for item in function.values]
        for name in line.args:
            if name not in names:
                raise RequestError(path, f'"{function.name}" has no parameter "{name}"', nearest(name, names))
        found = []
        for item in function.values:
            assert not isinstance(item.sort, StateSort)
            if item.name not in line.args:
                raise RequestError(path, f'"{function.name}" lacks "{item.name}"', f'bind = {{ {item.name} = "..." }}')
            shape, value = self.setting.shape(item.sort), line.args[item.name]
            types = frozenset({function.options.device}) if self._is_device(function, item.sort) else None
            if value is ANY and len(bounds(shape)) != 1:
                raise RequestError(path, f'"{item.name}" of "{function.name}" cannot be chosen', "give its value")
            leaf = None if value is ANY else leaf_of(self.setting, f"{path}: {item.name}", shape, value)
            if leaf is not None and isinstance(item.sort, IndexSort) and item.sort.name == "Device":
                types = self._typed(path, function, leaf, types)
            found.append(Argument(item.name, shape, leaf, types))  # type: ignore[arg-type]
        return tuple(found)

    def _is_device(self, function: Function, sort: object) -> bool:
        return function.options.device is not None and sort == IndexSort("Device")

    def _typed(self, path: str, function: Function, leaf: int, wanted: object) -> frozenset[str]:
        device = self.setting.elements("Device")[leaf]
        kind = self.setting.device_type(device).name
        if wanted is not None and kind not in wanted:  # type: ignore[operator]
            raise RequestError(path, f'"{function.name}" is for {function.options.device}, {device} is a {kind}')
        return frozenset({kind})

    def program(self, spec: AgentSpec) -> None:
        """An agent that runs its lines in order."""
        lines = []
        for number, line in enumerate(spec.lines):
            path = f"agents.{spec.name}.program[{number}]"
            function = self.operation(path, line.operation)
            arguments = self.arguments(path, function, line)
            if any(item.leaf is None for item in arguments):
                raise RequestError(path, "* stands only in lines of any", "name a value")
            lines.append((function, arguments))
        alike = ("program", tuple((f.name, tuple(a.types for a in args)) for f, args in lines))
        params = [item.leaf for _, args in lines for item in args if item.leaf is not None]
        if alike not in self.alike:
            self._add(
                alike, f"program {len(self.processes)}", len(params), lambda builder: self._program(builder, lines)
            )
        self.agents.append(Agent(spec.name, self.alike[alike], tuple(params), False, spec.title))

    def _add(
        self, alike: object, name: str, params: int, build: Callable[[Builder], None], budget: int | None = None
    ) -> None:
        def make(emit: Emit) -> Builder:
            builder = Builder(emit, self.purity, params, budget)
            build(builder)
            return builder

        self.processes[name] = process(self.emit, alike, make)
        self.alike[alike] = name

    def _program(self, builder: Builder, lines: Sequence[tuple[Function, tuple[Argument, ...]]]) -> None:
        for function, _ in lines:
            builder.idle(f"before {function.name}", final=False)
        builder.idle("end", final=True)
        param = 0
        for number, (function, arguments) in enumerate(lines):
            args = {}
            for item in arguments:
                args[item.name] = Val(item.shape, (Param(param),), item.types)
                param += 1
            kind = _kind(function)
            builder.start(Start(number, function, args, number + 1, kind, _store(args, builder), _title(function)))

    def any_of(self, spec: AgentSpec) -> None:
        """An agent that takes any of its lines, as often as its budget allows."""
        grouped: dict[str, list[tuple[Argument, ...]]] = {}
        for number, line in enumerate(spec.lines):
            path = f"agents.{spec.name}.any[{number}]"
            function = self.operation(path, line.operation)
            rows = grouped.setdefault(function.name, [])
            row = self.arguments(path, function, line)
            if row not in rows:
                rows.append(row)
        groups = [(self.model.operations[name], rows) for name, rows in grouped.items()]
        fixed = [item.leaf for _, rows in groups for item in rows[0] if len(rows) == 1 and item.leaf is not None]
        shape = tuple((f.name, tuple(_alike(rows))) for f, rows in groups)
        self._idler(("any", spec.budget, shape), spec.name, tuple(fixed), groups, spec.budget, spec.title, False)

    def _idler(
        self,
        alike: object,
        name: str,
        params: tuple[int, ...],
        groups: Sequence[tuple[Function, list[tuple[Argument, ...]]]],
        budget: int | None,
        title: str,
        hardware: bool,
        kind: str = "any",
    ) -> None:
        def build(builder: Builder) -> None:
            builder.idle("idle", final=True)
            param = 0
            for function, rows in groups:
                param = self._starts(builder, function, rows, param, budget is not None)

        if alike not in self.alike:
            name_of = f"{kind} {len(self.processes)}" if kind == "any" else kind
            self._add(alike, name_of, len(params), build, budget)
        self.agents.append(Agent(name, self.alike[alike], params, hardware, title))

    def _starts(
        self, builder: Builder, function: Function, rows: list[tuple[Argument, ...]], param: int, budgeted: bool
    ) -> int:
        args: dict[str, Val] = {}
        chosen: list[int] = []
        for position, item in enumerate(rows[0]):
            if len(rows) == 1 and item.leaf is not None:
                args[item.name] = Val(item.shape, (Param(param),), item.types)
                param += 1
            else:
                chosen.append(position)

        def prelude(emit: Emit, frame: Frame) -> None:
            if budgeted:
                emit.out.append(Wait(op(Operator.LT, Const(0), Local(0)), function.where))
            _choose(self.setting, emit, frame, builder, rows, chosen)
            if budgeted:
                emit.out.append(Assign(Local(0), add(Local(0), -1), function.where))
            _store(args, builder)(emit, frame)

        builder.start(Start(0, function, args, 0, _kind(function), prelude, _title(function)))
        return param

    def hardware(self, unit: str, names: Sequence[str]) -> None:
        """The agents of a hardware unit."""
        path = f"hardware.{unit}"
        functions = [self.operation(path, name) for name in names]
        for function in functions:
            if function.role is not Role.HARDWARE or function.options.unit != unit:
                raise RequestError(path, f'"{function.name}" is no operation of unit "{unit}"')
        if not functions:
            return
        first = functions[0].options
        sort = first.per.name if first.per is not None else ("Device" if first.device is not None else None)
        if sort is None:
            self._unit(unit, unit, functions, None, None)
            return
        for element, name in enumerate(self.setting.elements(sort)):
            if first.device is not None and self.setting.device_type(name).name != first.device:
                continue
            self._unit(unit, f"{unit}.{name}", functions, sort, element)

    def _unit(self, unit: str, name: str, functions: Sequence[Function], sort: str | None, element: int | None) -> None:
        groups: list[tuple[Function, list[tuple[Argument, ...]]]] = []
        params: list[int] = []
        for function in functions:
            bound = False
            row = []
            for item in function.values:
                assert not isinstance(item.sort, StateSort)
                shape = self.setting.shape(item.sort)
                mine = not bound and sort is not None and item.sort == IndexSort(sort)
                bound = bound or mine
                types = frozenset({function.options.device}) if self._is_device(function, item.sort) else None
                if mine and sort == "Device" and element is not None:
                    types = self._typed(name, function, element, types)
                row.append(Argument(item.name, shape, element if mine else None, types))  # type: ignore[arg-type]
                params += [element] if mine and element is not None else []
            groups.append((function, [tuple(row)]))
        alike = ("unit", unit, tuple((f.name, tuple(a.types for a in rows[0])) for f, rows in groups))
        taken = unit in self.processes and alike not in self.alike
        title = name if taken else unit
        self._idler(alike, name, tuple(params), groups, None, "", True, title)


def lower_agents(request: Request, agents: Agents) -> None:
    """All agents of a request: those of the scenario, then hardware."""
    for spec in request.agents:
        if spec.any:
            agents.any_of(spec)
        else:
            agents.program(spec)
    for unit, names in request.hardware.items():
        agents.hardware(unit, names)


def leaf_of(setting: Setting, path: str, shape: Shape, value: object) -> int:
    """The leaf of a value that a scenario names; raises `RequestError`."""
    match shape:
        case Scalar():
            return setting.label(path, shape, value)  # type: ignore[arg-type]
        case Option(Scalar() as inner):
            if value is None or value in ("none", "None"):
                return 0
            return setting.label(path, inner, value) - inner.lo + 1  # type: ignore[arg-type]
        case _:
            raise RequestError(path, "a value of this sort cannot be written in a line", "give it inside an operation")


def _kind(function: Function) -> StepClass:
    owed = function.options.owed and not function.options.spontaneous
    return StepClass.PROGRESS if owed else StepClass.SPONTANEOUS


def _alike(rows: list[tuple[Argument, ...]]) -> list[object]:
    if len(rows) == 1:
        return [(item.leaf is None, item.types) for item in rows[0]]
    return [tuple((item.leaf, item.types) for item in row) for row in rows]


def _title(function: Function) -> tuple[object, ...]:
    form = function.litmus
    if form is None:
        form = " ".join([function.name, *(f"{{{item.name}}}" for item in function.values)])
    parts: list[object] = []
    literal, *pieces = form.split("{")
    parts.append(literal)
    for piece in pieces:
        name, _, rest = piece.partition("}")
        parts += [(name,), rest]
    return tuple(part for part in parts if part != "")


def _store(args: Mapping[str, Val], builder: Builder) -> Callable[[Emit, Frame], None]:
    def store(emit: Emit, frame: Frame) -> None:
        for name, value in args.items():
            if name in frame.slots:
                for place, leaf, (lo, hi) in zip(frame.places(name), value.leaves, bounds(value.shape), strict=True):
                    assert isinstance(place, Local)
                    builder.slots.claim(place.slot, frame.title(name), lo, hi)
                    emit.assign(place, leaf, frame.function.where)

    return store


def _choose(
    setting: Setting,
    emit: Emit,
    frame: Frame,
    builder: Builder,
    rows: list[tuple[Argument, ...]],
    chosen: Sequence[int],
) -> None:
    """Choose the arguments that are open; each must agree with some line as far as it is chosen."""
    places: dict[int, Local] = {}
    for position in chosen:
        item = rows[0][position]
        ((lo, hi),) = bounds(item.shape) if len(bounds(item.shape)) == 1 else ((0, -1),)
        (place,) = frame.places(item.name)
        assert isinstance(place, Local)
        places[position] = place
        builder.slots.claim(place.slot, frame.title(item.name), lo, hi)
        one = len(rows) == 1
        fits = _of_type(setting, item, place) if one else disj(*(_agrees(setting, row, places) for row in rows))
        if isinstance(item.shape, Scalar) and item.shape.hi < item.shape.lo:
            fits = FALSE  # a sort without elements, whose bounds are those of a place
        shown = _labels(item.shape)
        emit.out.append(Choose(place, lo, hi, fits, True, item.name, "", shown, frame.function.where))


def _agrees(setting: Setting, row: tuple[Argument, ...], places: Mapping[int, Local]) -> Expr:
    tests = []
    for position, place in places.items():
        item = row[position]
        fixed = item.leaf is not None
        tests.append(op(Operator.EQ, place, Const(item.leaf or 0)) if fixed else _of_type(setting, item, place))
    return conj(*tests)


def _of_type(setting: Setting, item: Argument, place: Local) -> Expr:
    if item.types is None or item.leaf is not None:
        return TRUE
    devices = setting.elements("Device")
    good = [at for at, name in enumerate(devices) if setting.device_type(name).name in item.types]
    if len(good) == len(devices):
        return TRUE
    return disj(*(op(Operator.EQ, place, Const(at)) for at in good))


def _labels(shape: Shape) -> tuple[str, ...]:
    match shape:
        case Scalar():
            return labels(shape) if shape.labels else ()
        case Option(Scalar() as inner):
            return ("none", *labels(inner))
        case _:
            return ()
