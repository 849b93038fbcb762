"""Reads model files and lowers them to the IR.

    model = read_model(files)          # parses, resolves and checks declarations and every operation; raises
    ModelErrors
    system = lower(model, request)     # specialises to a world, a design and agents

`Model` lists what was declared: `sorts`, `states`, `operations` (with parameters, litmus form, unit), `mechanisms`,
`device_types`,
`properties`, each with its docstring and span.
"""

from .errors import Code, Diagnostic, ModelErrors, RequestError
from .litmus import labels, parse_value
from .lowering.system import lower
from .model import Function, Model, Parameter, Role
from .reader import read_model
from .world import ANY, AgentSpec, Line, Request, World

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
]
