"""Heads of functions: decorator, parameters, result."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from ..ir.system import PropertyKind
from .annotations import annotation, value_annotation
from .constants import literal
from .errors import Code, nearest
from .model import DeviceTypeDecl, Function, Options, Parameter, Role, SortDecl
from .scope import Module
from .sorts import BOOL, NONE, IndexSort, StateSort, ValueSort, is_value, named

if TYPE_CHECKING:
    from .declarations import Reader

KINDS = {
    "always": PropertyKind.ALWAYS,
    "at_end": PropertyKind.AT_END,
    "sometimes": PropertyKind.SOMETIMES,
    "step_assertion": PropertyKind.ASSERTION,
}
SAID = ("source", "seen", "litmus", "atomic", "device", "spontaneous")
UNIT = ("unit", "per", "owed", *SAID)


def declare(reader: Reader, module: Module, node: ast.FunctionDef) -> Function:
    """The head of a module-level function."""
    decorator, call = _decorator(reader, module, node)
    if decorator in KINDS:
        return _property(reader, module, node, KINDS[decorator])
    function = _function(reader, module, node)
    yields = function.steps
    if decorator in ("operation", "hardware"):
        if not yields:
            help = "-> Steps, or -> Result[T]"
            raise module.source.refusal(Code.RESULT, node, f'operation "{node.name}" gives no steps', help)
        function.role = Role.OPERATION if decorator == "operation" else Role.HARDWARE
        function.options = _options(reader, module, node, call, function)
        _state_first(module, node, function)
    elif decorator == "slot":
        function.role = Role.SLOT
        _slot(module, node, function)
    elif yields:
        message = f'"{node.name}" gives steps but is no operation'
        raise module.source.refusal(Code.DECORATOR, node, message, "declare it with @operation or @slot")
    return function


def method(reader: Reader, module: Module, node: ast.FunctionDef, owner: str) -> Function:
    """The head of a struct's method."""
    if node.decorator_list:
        raise module.source.refusal(Code.DECORATOR, node.decorator_list[0], "a method has no decorators", "remove it")
    if not node.args.args or node.args.args[0].arg != "self":
        raise module.source.refusal(Code.PARAMETER, node, "the first parameter of a method is self", "def m(self)")
    function = _function(reader, module, node, skip=1)
    if function.steps:
        message = f'method "{node.name}" gives steps'
        raise module.source.refusal(Code.YIELD_IN_HELPER, node, message, "an operation at module level")
    function.role, function.owner = Role.METHOD, owner
    return function


def _decorator(reader: Reader, module: Module, node: ast.FunctionDef) -> tuple[str, ast.Call | None]:
    if not node.decorator_list:
        return "", None
    known = ("operation", "hardware", "slot", *KINDS)
    first = node.decorator_list[0]
    call = first if isinstance(first, ast.Call) else None
    name = reader.builtin(module, call.func if call else first, *known)
    if name is None or len(node.decorator_list) > 1 or (call is None and name == "hardware"):
        shown = ast.unparse(call.func if call else first)
        help = (
            nearest(shown, known) or "one of @operation(...), @hardware(unit=...), @slot, @always, @at_end, @sometimes"
        )
        raise module.source.refusal(Code.DECORATOR, first, f'"@{shown}" does not belong here', help)
    if call is not None and name not in ("operation", "hardware"):
        raise module.source.refusal(Code.DECORATOR, first, f"@{name} takes no arguments", f"@{name}")
    return name, call


def _function(reader: Reader, module: Module, node: ast.FunctionDef, skip: int = 0) -> Function:
    refusal, args = module.source.refusal, node.args
    if args.vararg or args.kwarg or args.kwonlyargs or args.posonlyargs or args.defaults:
        help = "plain parameters with annotations"
        raise refusal(Code.PARAMETER, node, f'"{node.name}" has parameters that the language lacks', help)
    parameters: list[Parameter] = []
    for arg in args.args[skip:]:
        if any(arg.arg == item.name for item in parameters):
            raise refusal(Code.PARAMETER, arg, f'two parameters are named "{arg.arg}"', "rename one")
        if arg.annotation is None:
            raise refusal(Code.PARAMETER, arg, f'parameter "{arg.arg}" has no annotation', f"{arg.arg}: Sort")
        sort = annotation(reader, module, arg.annotation)
        if not is_value(sort) and not isinstance(sort, StateSort):
            message = f'parameter "{arg.arg}" is {named(sort)}, and places are not passed'
            raise refusal(Code.BOUND_PLACE, arg, message, "pass the key, or make it a method")
        parameters.append(Parameter(arg.arg, sort))  # type: ignore[arg-type]
    steps, result = _result(reader, module, node)
    docstring = ast.get_docstring(node) or ""
    function = Function(node.name, Role.HELPER, module.source.head(node), docstring, tuple(parameters), result, steps)
    reader.sources[id(function)] = (module, node)
    return function


def _result(reader: Reader, module: Module, node: ast.FunctionDef) -> tuple[bool, ValueSort]:
    match node.returns:
        case None:
            help = "-> None, -> Sort, -> Steps or -> Result[Sort]"
            raise module.source.refusal(Code.RESULT, node, f'"{node.name}" has no result annotation', help)
        case ast.Constant(value=None):
            return False, NONE
        case ast.Name() as name if reader.builtin(module, name, "Steps"):
            return True, NONE
        case ast.Subscript(value=value, slice=inner) if reader.builtin(module, value, "Result"):
            return True, value_annotation(reader, module, inner)
        case other:
            return False, value_annotation(reader, module, other)


def _state_first(module: Module, node: ast.FunctionDef, function: Function) -> None:
    first = function.parameters[0].sort if function.parameters else None
    if not isinstance(first, StateSort):
        message = f'the first parameter of "{node.name}" is no State'
        raise module.source.refusal(Code.PARAMETER, node, message, "def f(k: Kernel, ...)")


def _slot(module: Module, node: ast.FunctionDef, function: Function) -> None:
    _state_first(module, node, function)
    if len(function.parameters) < 2 or function.parameters[1].sort != IndexSort("Device"):
        message = f'the second parameter of slot "{node.name}" is no Device'
        raise module.source.refusal(Code.PARAMETER, node, message, "def s(k: Kernel, dev: Device, ...)")


def _property(reader: Reader, module: Module, node: ast.FunctionDef, kind: PropertyKind) -> Function:
    function = _function(reader, module, node)
    function.role, function.kind = Role.PROPERTY, kind
    refusal = module.source.refusal
    if not function.docstring:
        message = f'property "{node.name}" has no docstring'
        raise refusal(Code.DOCSTRING, node, message, "its first sentence is what reports print")
    if kind is PropertyKind.ASSERTION:
        if function.parameters or function.result != NONE or function.steps:
            message = f'step assertion "{node.name}" takes and gives nothing'
            raise refusal(Code.PARAMETER, node, message, f"def {node.name}() -> None:")
    else:
        if len(function.parameters) != 1:
            raise refusal(Code.PARAMETER, node, f'property "{node.name}" takes one State', "def p(k: Kernel) -> bool:")
        _state_first(module, node, function)
        if function.result != BOOL or function.steps:
            raise refusal(Code.RESULT, node, f'property "{node.name}" gives no truth', "def p(k: Kernel) -> bool:")
    return function


def _options(
    reader: Reader, module: Module, node: ast.FunctionDef, call: ast.Call | None, function: Function
) -> Options:
    options = Options()
    known = UNIT if function.role is Role.HARDWARE else SAID
    for keyword in call.keywords if call else ():
        name = keyword.arg or "**"
        if name not in known:
            help = nearest(name, known) or f"options are {', '.join(known)}"
            raise module.source.refusal(Code.OPTION, keyword, f'"{name}" is no option here', help)
        options = _option(reader, module, options, name, keyword.value)
    if call and call.args:
        raise module.source.refusal(Code.OPTION, call, "options have names", "source=..., seen=...")
    if function.role is Role.HARDWARE and not options.unit:
        raise module.source.refusal(Code.OPTION, node, "a hardware operation without a unit", '@hardware(unit="tlb")')
    bound = options.per or (IndexSort("Device") if options.device else None)
    if bound is not None and all(item.sort != bound for item in function.parameters):
        message = f'"{node.name}" has no parameter of sort {bound.name} to bind'
        raise module.source.refusal(Code.OPTION, node, message, f"add a parameter of sort {bound.name}")
    _check_litmus(module, node, function, options.litmus)
    return options


def _option(reader: Reader, module: Module, options: Options, name: str, value: ast.expr) -> Options:
    refusal = module.source.refusal
    match name:
        case "spontaneous" | "owed":
            if not isinstance(value, ast.Constant) or not isinstance(value.value, bool):
                raise refusal(Code.OPTION, value, f"{name} is True or False", f"{name}=True")
            flag = value.value
            return replace(options, spontaneous=flag) if name == "spontaneous" else replace(options, owed=flag)
        case "per":
            if reader.builtin(module, value, "Device"):
                return replace(options, per=IndexSort("Device"))
            found = reader.lookup(module, value) if isinstance(value, ast.Name) else None
            if not isinstance(found, SortDecl) or not isinstance(found.sort, IndexSort):
                raise refusal(Code.OPTION, value, "per is an index sort", "per=Cpu")
            return replace(options, per=found.sort)
        case "device":
            found = reader.lookup(module, value) if isinstance(value, ast.Name) else None
            if not isinstance(found, DeviceTypeDecl) or not isinstance(value, ast.Name):
                raise refusal(Code.OPTION, value, "device is a device type", "device=MIRROR")
            return replace(options, device=found.name)
        case _:
            return _texts(options, name, literal(module, value, name))


def _texts(options: Options, name: str, text: str) -> Options:
    match name:
        case "source":
            return replace(options, source=text)
        case "seen":
            return replace(options, seen=text)
        case "litmus":
            return replace(options, litmus=text)
        case "atomic":
            return replace(options, atomic=text)
        case _:
            return replace(options, unit=text)


def _check_litmus(module: Module, node: ast.FunctionDef, function: Function, form: str | None) -> None:
    names = [item.name for item in function.values]
    used: list[str] = []
    for piece in (form or "").split("{")[1:]:
        name = piece.partition("}")[0]
        if "}" not in piece or name not in names or name in used:
            help = nearest(name, names) or f"parameters are {', '.join(names) or 'none'}"
            message = f'the litmus form names "{name}", which is no parameter or named twice'
            raise module.source.refusal(Code.LITMUS, node.decorator_list[0], message, help)
        used.append(name)
