"""One world: sizes and labels of sorts, device types, given values."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ...ir.source import Span
from .. import sorts, tree
from ..errors import Code, Diagnostic, ModelErrors, RequestError, nearest
from ..model import DeviceTypeDecl, Model
from ..world import Value, World
from .shapes import NIL, TRUTH, Mask, Option, Rec, Scalar, Shape

if TYPE_CHECKING:
    from .scope import Kind

MASK_BITS = 30
"""Elements that a set may have."""


@dataclass(eq=False)
class Setting:
    """A model in a world."""

    model: Model
    world: World
    text: str = field(init=False)
    """The world, for comparison."""
    shapes_of_locals: dict[object, Shape] = field(default_factory=dict)
    """What `Frames.shape` has found out, by all that it depends on."""
    key_shapes: dict[tuple[str, ...], tuple[Scalar, ...]] = field(default_factory=dict)
    """What `places.key_shapes` has found out, by path."""
    slots_needed: dict[tuple[int, bool], Counter[Kind]] = field(default_factory=dict)
    """What `slots.slots_needed` has found out, by operation."""
    _shapes: dict[int, tuple[sorts.ValueSort, Shape]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.text = repr(self.world)

    def elements(self, sort: str) -> tuple[str, ...]:
        """The elements of an index sort; raises `RequestError` if the world does not list them."""
        if sort not in self.world.elements:
            if sort == "Device":
                return ()
            message = f'the world does not say which elements "{sort}" has'
            raise RequestError(f"world.{sort}", message, f'{sort} = ["a", "b"]')
        return self.world.elements[sort]

    def shape(self, sort: sorts.ValueSort) -> Shape:
        """The shape of a sort."""
        known = self._shapes.get(id(sort))
        if known is None:
            known = self._shapes[id(sort)] = (sort, self._shape(sort))
        return known[1]

    def _shape(self, sort: sorts.ValueSort) -> Shape:
        match sort:
            case sorts.OptionSort(inner):
                return Option(self.shape(inner))
            case sorts.RecordSort(name, fields, show):
                return Rec(name, tuple((item.name, self.shape(item.sort)) for item in fields), show)  # type: ignore[arg-type]
            case sorts.SetSort(element):
                return Mask(self._element(element) if element is not None else None)
            case sorts.RangeSort(index):
                labels = self.elements(index.name)
                count = len(labels)
                first = Scalar(index.name, 0, max(0, count - 1), labels)
                stop = Scalar(index.name, 0, count, (*labels, "end"))
                return Rec("Range", (("first", first), ("stop", stop)), "[{first}, {stop})")
            case sorts.NoneSort():
                return NIL
            case _:
                return self.scalar(sort)

    def scalar(self, sort: sorts.ValueSort) -> Scalar:
        """The shape of a sort that is one integer."""
        match sort:
            case sorts.BoolSort():
                return TRUTH
            case sorts.EnumSort(name, members):
                return Scalar(name, 0, len(members) - 1, members)
            case sorts.IndexSort(name):
                labels = self.elements(name)
                return Scalar(name, 0, len(labels) - 1, labels)
            case sorts.IntSort(tree.Literal() | tree.Size() | tree.Binary() as lo, hi) if hi is not None:
                bounds = self.constant(lo), self.constant(hi)
                if bounds[0] > bounds[1]:
                    raise self.refusal(lo.where, f"no integer is between {bounds[0]} and {bounds[1]} in this world")
                return Scalar("int", *bounds)
            case _:
                raise TypeError(f"{sort} is no scalar")

    def _element(self, sort: sorts.ValueSort) -> Scalar:
        found = self.scalar(sort) if not isinstance(sort, sorts.IntSort) or sort.lo is not None else None
        if found is None:
            return Scalar("int", 0, 0)
        if found.hi - found.lo + 1 > MASK_BITS:
            count = found.hi - found.lo + 1
            path = f"world.{found.sort}" if found.sort != "int" else "model"
            raise RequestError(path, f"a set over {found.sort} has {count} possible elements, {MASK_BITS} at most")
        return found

    def refusal(self, where: Span, message: str, help: str = "", code: Code = Code.SIZE) -> ModelErrors:
        """The refusal of a place of the model in this world."""
        lines = self.model.files.get(where.path, ())
        line = lines[where.line - 1] if 0 < where.line <= len(lines) else ""
        return ModelErrors([Diagnostic(code, where, message, help, (), line)])

    def constant(self, expr: tree.Expr) -> int:
        """The value of a constant integer expression."""
        match expr:
            case tree.Literal(value=int(value)):
                return value
            case tree.Size(of=sort):
                found = self.scalar(sort)
                return found.hi - found.lo + 1
            case tree.Abs(operand=operand):
                return abs(self.constant(operand))
            case tree.Binary(operation=operation, left=left, right=right):
                return self._binary(expr, operation, self.constant(left), self.constant(right))
            case _:
                raise self.refusal(
                    expr.where, "this is no constant integer", "a literal, module constant or size(Sort)"
                )

    def _binary(self, expr: tree.Expr, operation: tree.Operation, a: int, b: int) -> int:
        match operation:
            case tree.Operation.ADD:
                return a + b
            case tree.Operation.SUB:
                return a - b
            case tree.Operation.MUL:
                return a * b
            case tree.Operation.MIN:
                return min(a, b)
            case tree.Operation.MAX:
                return max(a, b)
            case tree.Operation.DIV | tree.Operation.MOD if b:
                return a // b if operation is tree.Operation.DIV else a % b
            case _:
                raise self.refusal(expr.where, "this is no constant integer", "+ - * // % min max")

    def domain(self, domain: tree.Domain) -> tuple[Scalar, int, int]:
        """Shape, least and greatest value of a domain with constant bounds."""
        match domain:
            case tree.SortDomain(sort):
                shape = self.scalar(sort)
                return shape, shape.lo, shape.hi
            case tree.Interval(lo, hi):
                low, high = self.constant(lo), self.constant(hi) - 1
                return Scalar("int", low, max(low, high)), low, high
            case tree.SetDomain(_, sorts.SetSort(element)):
                assert element is not None
                shape = self.scalar(element)
                return shape, shape.lo, shape.hi

    def device_type(self, device: str) -> DeviceTypeDecl:
        """The type of a device; raises `RequestError` for unknown ones."""
        name = self.world.devices.get(device)
        path = f"world.Device.{device}.type"
        if name is None:
            raise RequestError(path, f'device "{device}" has no type', "type = ...")
        if name not in self.model.device_types:
            raise RequestError(path, f'no device type "{name}"', nearest(name, self.model.device_types))
        return self.model.device_types[name]

    def label(self, path: str, shape: Scalar, value: Value) -> int:
        """The integer of a value that a scenario names; raises `RequestError`."""
        if shape.labels and shape.sort != "bool":
            if value in shape.labels:
                return shape.lo + shape.labels.index(str(value))
            help = nearest(str(value), shape.labels) or f"{shape.sort} has {', '.join(shape.labels) or 'no elements'}"
            raise RequestError(path, f'"{value}" is no {shape.sort}', help)
        if shape.sort == "bool":
            if value in (True, False) or value in ("True", "False", "true", "false"):
                return int(str(value).lower() == "true")
            raise RequestError(path, f'"{value}" is no truth', "true or false")
        try:
            number = int(str(value))
        except ValueError:
            raise RequestError(path, f'"{value}" is no integer', f"{shape.lo} to {shape.hi}") from None
        if not shape.lo <= number <= shape.hi or isinstance(value, bool):
            raise RequestError(path, f"{value} is out of bounds", f"{shape.lo} to {shape.hi}")
        return number


_recent: deque[Setting] = deque(maxlen=8)


def setting_of(model: Model, world: World) -> Setting:
    """A model in a world; the same object for worlds that were asked for lately, as what it finds out costs time."""
    text = repr(world)
    for known in tuple(_recent):
        if known.model is model and known.text == text:
            return known
    _recent.append(Setting(model, world))
    return _recent[-1]


def labels(sort: sorts.ValueSort, setting: Setting) -> tuple[str, ...]:
    """The texts of the values of a parameter's sort in a world, in order; empty for records, sets and ranges."""
    shape = setting.shape(sort)
    match shape:
        case Scalar():
            return shape.labels or tuple(str(value) for value in range(shape.lo, shape.hi + 1))
        case Option(Scalar() as inner):
            return ("none", *(inner.labels or tuple(str(value) for value in range(inner.lo, inner.hi + 1))))
        case _:
            return ()
