"""The rules that need whole functions: recursion, loops, expression helpers, and the order in which the others run."""

from __future__ import annotations

from dataclasses import dataclass

from ..ir.source import Span
from . import accesses, ghosts, heads, symmetry, tree, walk
from .context import Mode
from .declarations import Reader
from .errors import Code
from .model import Function, Model, Role
from .purity import Purity
from .source import Source
from .tree import Body


@dataclass(eq=False)
class Rules:
    """What the rules share."""

    reader: Reader
    purity: Purity
    sources: dict[str, Source]

    def refuse(self, code: Code, where: Span, message: str, help: str, *notes: str) -> None:
        """Report a refusal."""
        self.reader.refuse(self.sources[where.path].refusal(code, where, message, help, *notes))

    def functions(self) -> list[Function]:
        """All functions of the model."""
        found: list[Function] = []
        for entity in self.reader.entities.values():
            if isinstance(entity, Function):
                found.append(entity)
            found += getattr(entity, "methods", {}).values()
        return found


def check(reader: Reader, model: Model) -> None:
    """Check all of them."""
    sources = {module.source.title: module.source for module, _ in reader.sources.values()}
    rules = Rules(reader, Purity(model), sources)
    if _recursion(rules):
        return
    for function in rules.functions():
        function.pure = rules.purity.pure(function)
    _pure_calls(rules)
    for function in rules.functions():
        _endless(rules, function.body)
        heads.check(rules, function)
        ghosts.check(rules, function)
        accesses.check(rules, function)
    symmetry.check(rules, model)


def _called(function: Function, purity: Purity) -> list[tuple[Function, Span]]:
    found: list[tuple[Function, Span]] = []
    for statement in walk.statements(function.body):
        match statement:
            case tree.CallSteps(function=called) | tree.EachDevice(slot=called):
                found.append((called, statement.where))
        for root in walk.own(statement):
            for part in walk.expressions(root):
                if isinstance(part, tree.Call):
                    found.append((part.function, part.where))
    return [(variant, where) for called, where in found for variant in purity.variants(called)]


def _recursion(rules: Rules) -> bool:
    done: set[Function] = set()
    found = False

    def visit(function: Function, way: list[Function]) -> None:
        nonlocal found
        for called, where in _called(function, rules.purity):
            if called in way:
                found = True
                names = [item.name for item in way[way.index(called) :]] + [called.name]
                message = f"recursion: {' -> '.join(names)}"
                rules.refuse(Code.RECURSION, where, message, "write a while with a local")
            elif called not in done:
                visit(called, [*way, called])
        done.add(function)

    for function in rules.functions():
        if function not in done:
            visit(function, [function])
    return found


def _pure_calls(rules: Rules) -> None:
    for module, node, mode, call in rules.reader.calls:
        if mode is Mode.STATEMENT:
            continue
        if not call.function.pure:
            message = f'"{call.function.name}" is no expression helper, and only an expression may stand here'
            help = "locals assigned once, ifs that end in return, and return; no effects"
            rules.reader.refuse(module.source.refusal(Code.NOT_PURE, node, message, help))
        elif mode is Mode.PROPERTY:
            partial = _partial(call.function, rules.purity)
            if partial is not None:
                message = f'"{call.function.name}" might go wrong, and a property must not'
                note = f"see {partial}"
                help = "test before, or write a helper that cannot go wrong"
                rules.reader.refuse(module.source.refusal(Code.PARTIAL, node, message, help, note))
    for function in rules.functions():
        if function.role is Role.PROPERTY and function.parameters and not function.pure:
            message = f'property "{function.name}" is no expression'
            help = "locals assigned once, ifs that end in return, and return"
            rules.refuse(Code.NOT_PURE, function.where, message, help)


def _partial(function: Function, purity: Purity) -> Span | None:
    for variant in purity.variants(function):
        for statement in walk.statements(variant.body):
            for root in walk.own(statement):
                for part in walk.expressions(root):
                    found = _goes_wrong(part, purity)
                    if found is not None:
                        return found
    return None


def _goes_wrong(part: tree.Expr, purity: Purity) -> Span | None:
    match part:
        case tree.Some() | tree.Nth() | tree.MakeRange(inclusive=True):
            return part.where
        case tree.QueueRead(question=tree.QueueQuestion.HEAD):
            return part.where
        case tree.Binary(operation=tree.Operation.DIV | tree.Operation.MOD, right=right):
            return None if isinstance(right, tree.Literal) and right.value else part.where
        case tree.Call(function=function):
            return _partial(function, purity)
        case _:
            return None


def _endless(rules: Rules, body: Body) -> None:
    for statement in walk.statements(body):
        if isinstance(statement, tree.While) and _silent_round(statement.body):
            message = "this loop has a way round without a boundary"
            rules.refuse(
                Code.ENDLESS_STEP, statement.where, message, 'for over a sort or constant range, or a yield "label"'
            )


def _silent_round(body: Body) -> bool:
    """Whether some way from the start of a loop's body to its next round meets no boundary."""
    ends, rounds = _silent(body)
    return ends or rounds


def _silent(body: Body) -> tuple[bool, bool]:
    """Whether a silent way leads to the end of a block, and whether one leads to `continue`."""
    rounds = False
    for statement in body:
        match statement:
            case tree.Label() | tree.CallSteps():
                return False, rounds
            case tree.Break() | tree.Return():
                return False, rounds
            case tree.Continue():
                return False, True
            case tree.If(then=then, other=other):
                (a, b), (c, d) = _silent(then), _silent(other)
                rounds = rounds or b or d
                if not (a or c):
                    return False, rounds
            case tree.While(test=tree.Literal(value=1)):
                if not _breaks_silently(statement.body):
                    return False, rounds
            case _:
                pass
    return True, rounds


def _breaks_silently(body: Body) -> bool:
    for statement in body:
        match statement:
            case tree.Label() | tree.CallSteps() | tree.Return() | tree.Continue():
                return False
            case tree.Break():
                return True
            case tree.If(then=then, other=other):
                if _breaks_silently(then) or _breaks_silently(other):
                    return True
            case _:
                pass
    return False
