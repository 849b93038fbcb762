"""Checks the bodies of functions, statement by statement, with what flow tells about the locals."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from . import actions, choices, expressions
from .context import Context, Flow, Mode
from .errors import Code
from .model import CallResult, Function, Role
from .scope import Module
from .sorts import NONE, IntSort, NoneSort, OptionSort, SetSort, StateSort, ValueSort, fits, named, title
from .source import Refusal
from .tree import Body, Break, Continue, Expr, For, If, Literal, SortDomain, Stmt, While

FORBIDDEN = {
    "Try": "an explicit branch",
    "TryStar": "an explicit branch",
    "Raise": "an explicit branch; assert for what must not happen",
    "With": "take and drop the lock with statements",
    "AsyncWith": "take and drop the lock with statements",
    "Global": "keep it in a State",
    "Nonlocal": "keep it in a State",
    "Delete": "assign None",
    "Import": "import names at the top of the file",
    "ImportFrom": "import names at the top of the file",
    "Match": "if and elif",
    "AsyncFor": "for",
    "AsyncFunctionDef": "a helper at module level",
    "FunctionDef": "a helper at module level",
    "ClassDef": "a class at module level",
}


@dataclass
class Loop:
    """What flow leaves and repeats the innermost loop."""

    leaves: list[Flow] = field(default_factory=list)
    repeats: list[Flow] = field(default_factory=list)


@dataclass
class Statements:
    """The state of checking one body; `live` is False behind return, break and continue."""

    ctx: Context
    function: Function
    loops: list[Loop] = field(default_factory=list)
    live: bool = True

    def body(self, nodes: Sequence[ast.stmt]) -> Body:
        """Check statements in order; refused ones are reported and left out."""
        made: list[Stmt] = []
        for node in nodes:
            try:
                made += self.statement(node)
            except Refusal as refusal:
                self.ctx.reader.refuse(refusal)
                self._forget(node)
                self.live = self.live and not isinstance(node, ast.Return)
        return tuple(made)

    def _forget(self, node: ast.stmt) -> None:
        for inner in ast.walk(node):
            if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store) and inner.id not in self.ctx.sorts:
                self.ctx.unknown.add(inner.id)

    def statement(self, node: ast.stmt) -> list[Stmt]:
        """The checked form of a statement."""
        match node:
            case ast.Assign() | ast.AugAssign():
                return actions.assign(self, node)
            case ast.AnnAssign():
                return self._annotated(node)
            case ast.If():
                return [self._if(node)]
            case ast.While():
                return [self._while(node)]
            case ast.For():
                return [self._for(node)]
            case ast.Break() | ast.Continue():
                return [self._jump(node)]
            case ast.Return():
                return actions.returns(self, node)
            case ast.Expr(value=value):
                return actions.standing(self, node, value)
            case ast.Assert():
                return [actions.asserts(self, node)]
            case ast.Pass():
                return []
            case _:
                kind = type(node).__name__
                word = {"FunctionDef": "a nested function", "ClassDef": "a nested class"}.get(kind, f'"{kind.lower()}"')
                message = f"{word} is not in the language"
                raise self.ctx.refusal(Code.CONSTRUCT, node, message, FORBIDDEN.get(kind, "see docs/language.md"))

    def local(self, node: ast.Name, value: Expr | None, sort: ValueSort) -> str:
        """Give a local a value of a sort; declares it if this is its first assignment."""
        ctx, name = self.ctx, node.id
        if any(item.name == name and isinstance(item.sort, StateSort) for item in self.function.parameters):
            raise ctx.refusal(Code.FIXED_NAME, node, f'"{name}" is a state', "assign one of its fields")
        if name in ctx.unknown:
            raise Refusal(None)
        if name in self.function.loops:
            raise ctx.refusal(Code.FIXED_NAME, node, f'"{name}" is a loop variable', "use a local of its own")
        if name not in ctx.sorts:
            self._declare(node, value, sort)
        declared = ctx.sorts[name]
        if not fits(sort, declared):
            raise expressions.mismatch(ctx, node, sort, declared, f'local "{name}" is')
        some = ctx.flow.some - {name}
        if isinstance(declared, OptionSort) and not isinstance(sort, OptionSort | NoneSort):
            some |= {name}
        ctx.flow = Flow(ctx.flow.assigned | {name}, some)
        if any(item.name == name for item in self.function.parameters):
            self.function.assigned |= {name}
        return name

    def _declare(self, node: ast.Name, value: Expr | None, sort: ValueSort) -> None:
        ctx, name = self.ctx, node.id
        again = ctx.locals.get(name, 1) > 1
        bare = isinstance(sort, NoneSort) or (isinstance(sort, SetSort) and sort.element is None)
        if bare or (again and isinstance(sort, IntSort)):
            example = "Annotated[int, Between(lo, hi)]" if isinstance(sort, IntSort) else "Sort | None"
            example = "frozenset[Sort]" if isinstance(sort, SetSort) else example
            what = "is assigned more than once" if isinstance(sort, IntSort) else f"starts as {title(sort)}"
            message = f'integer "{name}" {what}' if isinstance(sort, IntSort) else f'"{name}" {what}'
            ctx.unknown.add(name)
            raise ctx.refusal(Code.UNANNOTATED, node, message, f"annotate it: {name}: {example} = ...")
        ctx.sorts[name] = self.function.locals[name] = sort
        if isinstance(sort, IntSort | OptionSort):
            self.function.definitions[name] = value if value is not None else CallResult(sort)

    def _annotated(self, node: ast.AnnAssign) -> list[Stmt]:
        from . import annotations

        ctx = self.ctx
        if not isinstance(node.target, ast.Name):
            raise ctx.refusal(Code.EXPRESSION, node, "only locals are annotated here", "assign without annotation")
        name = node.target.id
        if name in ctx.sorts:
            raise ctx.refusal(Code.DUPLICATE, node, f'"{name}" is annotated twice', "annotate the first assignment")
        sort = annotations.value_annotation(ctx.reader, ctx.module, node.annotation)
        ctx.sorts[name] = self.function.locals[name] = sort
        if node.value is None:
            return []
        assign = ast.copy_location(ast.Assign(targets=[node.target], value=node.value), node)
        return actions.assign(self, assign)

    def _if(self, node: ast.If) -> Stmt:
        ctx = self.ctx
        test = expressions.truth(ctx, node.test)
        actions.refuse_cells(ctx, node.test, test)
        before = ctx.flow
        ctx.flow = replace(before, some=before.some | expressions.narrowed(test, True))
        then, after_then, live_then = self._branch(node.body)
        ctx.flow = replace(before, some=before.some | expressions.narrowed(test, False))
        other, after_other, live_other = self._branch(node.orelse)
        if live_then and live_other:
            ctx.flow = after_then.join(after_other)
        else:
            ctx.flow = after_then if live_then else after_other
        self.live = live_then or live_other
        return If(ctx.module.source.head(node), test, then, other)

    def _branch(self, nodes: Sequence[ast.stmt]) -> tuple[Body, Flow, bool]:
        self.live = True
        made = self.body(nodes)
        return made, self.ctx.flow, self.live

    def _while(self, node: ast.While) -> Stmt:
        ctx = self.ctx
        if node.orelse:
            raise ctx.refusal(Code.LOOP_ELSE, node.orelse[0], "else on a loop", "set a local before break")
        ctx.flow = self._weakened(node)
        test = expressions.truth(ctx, node.test)
        actions.refuse_cells(ctx, node.test, test)
        endless = isinstance(test, Literal) and test.value == 1
        before = ctx.flow
        ctx.flow = replace(before, some=before.some | expressions.narrowed(test, True))
        self.loops.append(Loop())
        body = self.body(node.body)
        loop = self.loops.pop()
        leaves = list(loop.leaves)
        if not endless:
            leaves.append(replace(before, some=before.some | expressions.narrowed(test, False)))
        self._after(leaves, before)
        return While(ctx.module.source.head(node), test, body)

    def _after(self, leaves: list[Flow], before: Flow) -> None:
        self.live = bool(leaves)
        flow = leaves[0] if leaves else before
        for other in leaves[1:]:
            flow = flow.join(other)
        self.ctx.flow = flow

    def _weakened(self, node: ast.While | ast.For) -> Flow:
        """What is known at every round: not what the body may change."""
        changed = {
            inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store)
        }
        return replace(self.ctx.flow, some=self.ctx.flow.some - changed)

    def _for(self, node: ast.For) -> Stmt:
        ctx = self.ctx
        if node.orelse:
            raise ctx.refusal(Code.LOOP_ELSE, node.orelse[0], "else on a loop", "set a local before break")
        if not isinstance(node.target, ast.Name):
            raise ctx.refusal(Code.DOMAIN, node.target, "a loop binds one name", "for x in Sort")
        found, sort = choices.domain(ctx, node.iter, choice=False)
        name = node.target.id
        if name in ctx.locals or (name in ctx.sorts and name not in self.function.loops):
            message = f'loop variable "{name}" is also a local'
            raise ctx.refusal(Code.FIXED_NAME, node.target, message, "choose another name")
        nested = name in ctx.flow.assigned
        if nested:
            raise ctx.refusal(Code.DUPLICATE, node.target, f'"{name}" is already a name here', "choose another")
        before = self._weakened(node)
        self.function.loops.setdefault(name, []).append(found)
        ctx.sorts[name] = sort
        ctx.flow = replace(before, assigned=before.assigned | {name})
        self.loops.append(Loop())
        self.live = True
        body = self.body(node.body)
        loop = self.loops.pop()
        ends = [*loop.leaves, *loop.repeats, *([ctx.flow] if self.live else [])]
        flow = before
        for end in ends:
            flow = flow.join(end)
        ctx.flow = replace(flow, assigned=flow.assigned - {name})
        self.live = True
        if isinstance(found, SortDomain):
            ctx.reader.walks.append((sort, ctx.module.source.head(node), body))
        return For(ctx.module.source.head(node), name, found, body, sort)

    def _jump(self, node: ast.Break | ast.Continue) -> Stmt:
        where = self.ctx.module.source.span(node)
        if not self.loops:
            word = "break" if isinstance(node, ast.Break) else "continue"
            raise self.ctx.refusal(Code.STRAY_JUMP, node, f"{word} outside a loop", "remove it")
        self.live = False
        if isinstance(node, ast.Break):
            self.loops[-1].leaves.append(self.ctx.flow)
            return Break(where)
        self.loops[-1].repeats.append(self.ctx.flow)
        return Continue(where)


def check(reader: object, module: Module, node: ast.FunctionDef, function: Function) -> None:
    """Check the body of a function and fill it in."""
    from .declarations import Reader

    assert isinstance(reader, Reader)
    mode = Mode.PROPERTY if function.role is Role.PROPERTY else Mode.STATEMENT
    ctx = Context(reader, module, function, mode, owner=function.owner)
    for item in function.values:
        assert not isinstance(item.sort, StateSort)
        ctx.sorts[item.name] = item.sort
    ctx.flow = Flow(frozenset(ctx.sorts))
    loops = {
        inner.target.id for inner in ast.walk(node) if isinstance(inner, ast.For) and isinstance(inner.target, ast.Name)
    }
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store):
            if inner.id not in loops:
                ctx.locals[inner.id] = ctx.locals.get(inner.id, 0) + 1
            ctx.lines.setdefault(inner.id, []).append(inner.lineno)
    for comprehension in ast.walk(node):
        if isinstance(comprehension, ast.comprehension) and isinstance(comprehension.target, ast.Name):
            _uncount(ctx, comprehension.target)
    for bare in ast.walk(node):
        if isinstance(bare, ast.AnnAssign) and bare.value is None and isinstance(bare.target, ast.Name):
            _uncount(ctx, bare.target)
    statements = Statements(ctx, function)
    body = [item for item in node.body if not _is_docstring(item)]
    function.body = statements.body(body)
    if function.steps and not any(isinstance(inner, ast.Yield | ast.YieldFrom) for inner in ast.walk(node)):
        message = f'"{function.name}" gives steps but has no yield, so it is no generator'
        reader.refuse(ctx.refusal(Code.RESULT, node, message, "yield from nothing()"))
    if statements.live and function.result != NONE:
        try:
            message = f'"{function.name}" may end without its result'
            raise ctx.refusal(Code.NO_RETURN, node, message, f"return {named(function.result)} on every path")
        except Refusal as refusal:
            reader.refuse(refusal)


def _uncount(ctx: Context, node: ast.Name) -> None:
    if node.id in ctx.locals:
        ctx.locals[node.id] -= 1
        if not ctx.locals[node.id]:
            del ctx.locals[node.id]
    if node.lineno in ctx.lines.get(node.id, []):
        ctx.lines[node.id].remove(node.lineno)


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
