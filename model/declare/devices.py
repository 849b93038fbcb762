"""Device types and the slots of the ops table that they fill."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

from .design import Mechanism
from .run import current
from .sorts import Device
from .steps import Meaning, Steps, bounded, mark

K = TypeVar("K")
P = ParamSpec("P")
S = TypeVar("S", bound=Callable[..., Any])


@dataclass(frozen=True, eq=False)
class DeviceType:
    """A kind of device: the slots that it fills with functions of its own, the mechanisms that it needs."""

    name: str
    fills: Mapping[Callable[..., Any], Callable[..., Any]] = field(default_factory=dict)
    needs: tuple[Mechanism[Any], ...] = ()


def slot(function: S) -> S:
    """Declare a member of the ops table; the body is what a device does whose type does not fill it."""
    default = bounded(function) if inspect.isgeneratorfunction(function) else function

    @wraps(function)
    def helper(*args: Any, **kwargs: Any) -> Any:
        return _filled(helper, default, args, kwargs)(*args, **kwargs)

    @wraps(function)
    def steps(*args: Any, **kwargs: Any) -> Generator[str, None, Any]:
        result = yield from _filled(steps, default, args, kwargs)(*args, **kwargs)
        return result

    declared = steps if inspect.isgeneratorfunction(function) else helper
    mark(declared, Meaning("slot"))
    return cast(S, declared)


def each_device(slot: Callable[Concatenate[K, Device, P], Steps], k: K, /, *args: P.args, **kwargs: P.kwargs) -> Steps:
    """Call a slot for every device of the world, in registration order."""
    for device in Device:
        yield from slot(k, device, *args, **kwargs)


def _filled(
    slot: Callable[..., Any], default: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> Callable[..., Any]:
    device = inspect.signature(slot).bind(*args, **kwargs).args[1]
    run = current()
    declared = run.device_types[run.devices[device.name]]
    return cast(Callable[..., Any], declared.fills.get(slot, default))
