"""Whether a function of a device type fits the slot that it fills."""

from __future__ import annotations

import ast

from .errors import Code
from .model import Function
from .scope import Module
from .sorts import title


def check(module: Module, node: ast.expr, slot: Function, function: Function) -> None:
    """Raise `Refusal` unless the function can be called wherever the slot is."""
    wanted = ", ".join(title(item.sort) for item in slot.parameters)
    given = ", ".join(title(item.sort) for item in function.parameters)
    help = f"the slot takes ({wanted}) and gives {_result(slot)}"
    if wanted != given:
        message = f'"{function.name}" takes ({given}) and does not fit slot "{slot.name}"'
        raise module.source.refusal(Code.DEVICE_TYPE, node, message, help)
    if slot.steps != function.steps or slot.result != function.result:
        message = f'"{function.name}" gives {_result(function)} and does not fit slot "{slot.name}"'
        raise module.source.refusal(Code.DEVICE_TYPE, node, message, help)


def _result(function: Function) -> str:
    if not function.steps:
        return title(function.result)
    return "Steps" if title(function.result) == "None" else f"Result[{title(function.result)}]"
