"""Reads model files and lowers them to the IR.

    model = read_model(files)          # parses, resolves and checks declarations and every operation; raises
    ModelErrors
    system = lower(model, request)     # specialises to a world, a design and agents
    system = unfold(model, request)    # the same, step by step as far as somebody asks for it

`Model` lists what was declared: `sorts`, `states`, `operations` (with parameters, litmus form, unit), `mechanisms`,
`device_types`,
`properties`, each with its docstring and span.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .errors import Code, Diagnostic, ModelErrors, RequestError
    from .litmus import labels, parse_value
    from .lowering.system import lower, unfold
    from .model import Function, Model, Parameter, Role
    from .reader import read_model
    from .world import ANY, AgentSpec, Line, Request, World

_HOMES = {
    "errors": ("Code", "Diagnostic", "ModelErrors", "RequestError"),
    "litmus": ("labels", "parse_value"),
    "lowering.system": ("lower", "unfold"),
    "model": ("Function", "Model", "Parameter", "Role"),
    "reader": ("read_model",),
    "world": ("ANY", "AgentSpec", "Line", "Request", "World"),
}
"""Modules and what they bring; each is imported when it is asked for: a run whose verdicts are known reads no model."""

__all__ = [
    "ANY",
    "AgentSpec",
    "Code",
    "Diagnostic",
    "Function",
    "Line",
    "Model",
    "ModelErrors",
    "Parameter",
    "Request",
    "RequestError",
    "Role",
    "World",
    "labels",
    "lower",
    "parse_value",
    "read_model",
    "unfold",
]


def __getattr__(name: str) -> object:
    for module, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f".{module}", __name__), name)
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
