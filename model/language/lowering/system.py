"""Lowers a request to a system."""

from __future__ import annotations

from ...ir.expr import TRUE
from ...ir.system import Mechanism, Property, PropertyKind, System
from ..errors import Code, RequestError, nearest
from ..model import Function, Model
from ..purity import purity_of
from ..world import Request
from . import calls
from .agents import Agents, lower_agents
from .emit import Emit
from .memory import Memory
from .recent import judgement
from .unfolding import Unfolding
from .world import setting_of


def lower(model: Model, request: Request) -> System:
    """The system of a request; raises `RequestError` if it does not fit the model, `ModelErrors` if the model does not
    fit the world."""
    return unfold(model, request).whole()


def unfold(model: Model, request: Request) -> Unfolding:
    """The system of a request, to be lowered as far as somebody asks for it; raises as `lower`, also later."""
    _check_world(model, request)
    mechanisms = _mechanisms(model, request)
    setting = setting_of(model, request.world)
    emit = Emit(setting, Memory(setting), split=request.split)
    agents = Agents(setting, emit, purity_of(model))
    lower_agents(request, agents)
    properties = tuple(_property(model, emit, name) for name in request.properties)
    return Unfolding(request, emit, agents.processes, tuple(agents.agents), mechanisms, properties)


def _check_world(model: Model, request: Request) -> None:
    known = [*model.sorts, "Device"]
    for sort in request.world.elements:
        if sort not in known:
            raise RequestError(f"world.{sort}", f'the model has no sort "{sort}"', nearest(sort, known))
    setting = setting_of(model, request.world)
    for device in setting.elements("Device"):
        kind = setting.device_type(device)
        for needed in kind.needs:
            mechanism = model.mechanisms[needed]
            if str(request.design.get(needed, "")).lower() in ("", mechanism.labels[0].lower()):
                message = f'device "{device}" is a {kind.name}, which needs "{needed}"; the design lacks it'
                raise RequestError(f"world.Device.{device}", message, f'with = ["{needed}"]')
    fields = {f"{state.name}.{item.name}" for state in model.states.values() for item in state.fields if item.given}
    for name in request.world.given:
        if name not in fields:
            raise RequestError(f"world.given.{name}", f'the model has no given place "{name}"', nearest(name, fields))
        # Refuses keys and values that the world lacks, also in places that nothing reads.
        Memory(setting).find(tuple(name.split(".")))


def _mechanisms(model: Model, request: Request) -> tuple[Mechanism, ...]:
    for name in request.design:
        if name not in model.mechanisms:
            raise RequestError(f"design.{name}", f'no mechanism "{name}"', nearest(name, model.mechanisms))
    found = []
    for name, decl in model.mechanisms.items():
        value = request.design.get(name)
        if value is None:
            raise RequestError(f"design.{name}", f'the design does not say "{name}"', ", ".join(decl.labels))
        labels = [label.lower() for label in decl.labels]
        if str(value).lower() not in labels:
            help = nearest(str(value), decl.labels) or ", ".join(decl.labels)
            raise RequestError(f"design.{name}", f'"{value}" is no alternative of "{name}"', help)
        found.append(Mechanism(name, decl.labels, labels.index(str(value).lower())))
    return tuple(found)


def _property(model: Model, emit: Emit, name: str) -> Property:
    if name == "no_deadlock" and name not in model.properties:
        return Property(name, PropertyKind.NO_DEADLOCK, TRUE, "some progress step can always be reached")
    if name not in model.properties:
        raise RequestError(f"properties.{name}", f'no property "{name}"', nearest(name, model.properties))
    function = model.properties[name]
    kind = function.kind
    assert kind is not None
    if kind is PropertyKind.ASSERTION:
        return Property(name, kind, TRUE, sentence(function), function.where)
    found = judgement(emit, name, lambda own: _judgement(own, function, kind))
    emit.memory.used |= found.used
    emit.views |= found.views
    return found.prop


def _judgement(emit: Emit, function: Function, kind: PropertyKind) -> Property:
    with emit.collecting() as demands:
        value = calls.body(emit, function)
    if demands:
        message = f"property {function.name} might go wrong in this world: {demands[0].message}"
        raise emit.setting.refusal(demands[0].where, message, "bound what it computes", Code.PARTIAL)
    return Property(function.name, kind, value.leaf, sentence(function), function.where)


def sentence(function: Function) -> str:
    """The first sentence of a docstring, on one line, without its full stop."""
    text = " ".join(function.docstring.split())
    first, dot, _ = text.partition(". ")
    return (first if dot else text).rstrip(".")
