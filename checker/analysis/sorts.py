"""Which entries of a state hold elements of which index sort, read off how a system's steps use them.

An index of an array is an element; so is what is compared with one, copied from one, chosen for one. Nothing is proved
here: what is said is a proposal of how to rename elements, to be judged by what the steps then do.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from shootdown.model.ir.expr import Bound, Const, Expr, Fold, FoldKind, Load, Local, Op, Operator, Param, Rigid, Temp
from shootdown.model.ir.stmt import Assert, Assign, Block, Cell, Check, Choose, Goto, If, Note, Place, Stmt, Wait
from shootdown.model.ir.system import Process, System

from .dead_locals import live_locals
from .element_types import Kind, Types
from .held import Env, Held, bare, joined, may_be_junk, value_of
from .optional_parts import array_guards, guards_slot, truths_beside


@dataclass(frozen=True, slots=True)
class Elements:
    """What an entry holds. `sort` is a position in `Sorts.sorts`.

    `guard` is an array, or a slot, that is 0 where the entry means nothing; None: it always means something.
    """

    sort: int
    kind: Kind
    guard: str | int | None = None


@dataclass(frozen=True, slots=True)
class Sort:
    """An index sort: its number of elements, and the arrays that it indexes, each with the dimension.

    An array of pairs of elements is there with both its dimensions.
    """

    size: int
    arrays: tuple[tuple[str, int], ...]
    against: str = ""
    """Why it is not symmetric, if that is known."""


@dataclass(frozen=True)
class Sorts:
    """The index sorts of a system with more than one element, and what holds elements of them.

    `locals` has a mapping from slots for each point of each process; `choices` the elements that each step of each
    process chooses, in the order in which it does; `params` a mapping from the parameters of each process.
    """

    sorts: tuple[Sort, ...]
    arrays: Mapping[str, Elements]
    locals: Mapping[str, tuple[Mapping[int, Elements], ...]]
    choices: Mapping[str, tuple[tuple[Elements | None, ...], ...]]
    params: Mapping[str, Mapping[int, Elements]]


def find_sorts(system: System) -> Sorts:
    """The sorts of a system."""
    return _Reader(system).sorts()


class _Reader:
    """Reads the steps until nothing new is learnt."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._types = types = Types()
        self._dims = {array.name: [types.sort() for _ in array.dims] for array in system.arrays}
        self._values = {array.name: types.new() for array in system.arrays}
        self._guards = array_guards(system)
        self._live = {process.name: live_locals(process) for process in system.processes}
        self._points: dict[tuple[str, int, int], int] = {}
        self._junk: set[tuple[str, int, int]] = set()
        self._slot_guards: dict[tuple[str, int, int], frozenset[int]] = {}
        """Slots that may say whether the record is there of which another holds a part, as far as it is read."""
        self._choices: dict[tuple[str, int], list[set[int]]] = {}
        self._sums: dict[int, tuple[int, int, int, str]] = {}
        self._params: dict[tuple[str, int], int] = {}
        self._bound: dict[str, int] = {}
        self._where = ""

    def sorts(self) -> Sorts:
        """What was found."""
        known: object = None
        while known != (known := self._known()):
            self._read()
            self._add_up()
        return self._found()

    def _known(self) -> object:
        """What has been learnt so far; of sorts, which are one: each reading makes new ones that may represent them."""
        types = self._types
        numbers: dict[int, int] = {}

        def number(sort: int) -> int:
            return numbers.setdefault(types.sort_root(sort), len(numbers))

        sorts = [number(sort) for row in self._dims.values() for sort in row]
        named = (*self._values.values(), *self._points.values(), *self._params.values())
        shapes = [types.shape(of) for of in named]
        kinds = [shape and (shape[0], number(shape[1]) if shape[0] else 0) for shape in shapes]
        return kinds, sorts, len(self._junk), sum(map(len, self._slot_guards.values()))

    def _read(self) -> None:
        for process in self._system.processes:
            self._process(process)
        for prop in self._system.properties:
            self._where = prop.name
            self._type(prop.expr, {})

    def _process(self, process: Process) -> None:
        live = self._live[process.name]
        for number, step in enumerate(process.steps):
            env: Env = {
                Local(slot): Held(
                    frozenset({self._at(process.name, step.source, slot)}),
                    (process.name, step.source, slot) in self._junk,
                    Local(slot),
                )
                for slot in range(len(process.locals))
            }
            self._where = f"{step.where}"
            self._step = process.name, number
            self._block(step.block, env, 0, process, live)

    def _at(self, process: str, point: int, slot: int) -> int:
        key = process, point, slot
        if key not in self._points:
            self._points[key] = self._types.new()
        return self._points[key]

    def _block(
        self, block: Block, env: Env, made: int, process: Process, live: tuple[frozenset[int], ...]
    ) -> tuple[Env | None, int]:
        """What is held behind a block, None if it ends the step; and the choices made on the way."""
        for statement in block:
            if isinstance(statement, Goto):
                self._leave(statement.point, env, process, live)
                return None, made
            if isinstance(statement, If):
                self._type(statement.cond, env)
                then, made_then = self._block(statement.then, dict(env), made, process, live)
                orelse, made_else = self._block(statement.orelse, dict(env), made, process, live)
                made = max(made_then, made_else)
                if then is None and orelse is None:
                    return None, made
                env = joined(statement.cond, then, orelse)
            else:
                made = self._statement(statement, env, made)
        return env, made

    def _leave(self, point: int, env: Env, process: Process, live: tuple[frozenset[int], ...]) -> None:
        for slot in live[point]:
            held = env[Local(slot)]
            there = self._at(process.name, point, slot)
            for each in held.types:
                self._types.unify(there, each, self._where)
            if held.junk:
                self._junk.add((process.name, point, slot))
            known = self._types.shape(there)
            if known is not None and known[0] is Kind.INDEX:
                self._find_guards(point, slot, env, process, live[point])

    def _find_guards(self, point: int, slot: int, env: Env, process: Process, live: frozenset[int]) -> None:
        """Of the truths beside a slot keep those that are given along with it as if they said if it means something."""
        name, source, key = process.name, process.steps[self._step[1]].source, (process.name, point, slot)
        known = self._slot_guards.get(key)
        if known is None:
            known = truths_beside(process, slot) & live

        def before(part: int) -> Collection[int]:
            return self._slot_guards.get((name, source, part), range(len(process.locals)))

        value = env[Local(slot)].value
        self._slot_guards[key] = frozenset(
            each for each in known if guards_slot(env[Local(each)].value, value, self._guards, before)
        )

    def _statement(self, statement: Stmt, env: Env, made: int) -> int:
        match statement:
            case Assign(target, value):
                held = Held(
                    frozenset({self._type(value, env)}), may_be_junk(value, env, self._guards), value_of(value, env)
                )
                self._assign(target, held, env)
            case Wait(cond) | Check(cond) | Assert(cond):
                self._type(cond, env)
            case Choose(target, _, _, candidate):
                chosen = self._choice(made)
                env[target] = Held(frozenset({chosen}))
                self._type(candidate, env)
                return made + 1
            case Note() | Goto() | If():
                pass
        return made

    def _choice(self, made: int) -> int:
        known = self._choices.setdefault(self._step, [])
        if made == len(known):
            known.append({self._types.new()})
        return min(known[made])

    def _assign(self, target: Place, held: Held, env: Env) -> None:
        if isinstance(target, Cell):
            self._index(target.array, target.indices, env)
            (value,) = held.types
            self._types.unify(self._values[target.array], value, self._where)
        else:
            env[target] = held

    def _index(self, array: str, indices: tuple[Expr, ...], env: Env) -> None:
        for sort, index in zip(self._dims[array], indices, strict=True):
            if not isinstance(index, Const):
                self._types.unify(self._type(index, env), self._types.is_a(Kind.INDEX, sort), self._where)

    def _type(self, expr: Expr, env: Env) -> int:
        types = self._types
        match expr:
            case Const():
                return types.new()
            case Load(array, indices):
                self._index(array, indices, env)
                return self._values[array]
            case Local() | Temp():
                held = env.get(bare(expr))
                if held is None:
                    return types.new()
                first, *others = sorted(held.types)
                for other in others:
                    types.unify(first, other, self._where)
                return first
            case Param(slot):
                return self._params.setdefault((self._step[0], slot), types.new())
            case Rigid():
                return types.is_a(None)
            case Bound(name):
                return self._bound[name]
            case Fold():
                outer = self._bound.get(expr.name)
                self._bound[expr.name] = types.new()
                body = self._type(expr.body, env)
                if outer is not None:
                    self._bound[expr.name] = outer
                return types.is_a(None) if expr.kind is FoldKind.SUM else body
            case Op(operator, args):
                return self._operation(expr, operator, [self._type(arg, env) for arg in args])

    def _operation(self, expr: Op, operator: Operator, args: list[int]) -> int:
        types = self._types
        match operator, args:
            case ((Operator.EQ | Operator.NE), [a, b]):
                types.unify(a, b, self._where)
                return types.is_a(None)
            case Operator.ITE, [_, a, b]:
                types.unify(a, b, self._where)
                return a
            case ((Operator.ADD | Operator.SUB), [a, b]) if expr.args[1] == Const(1):
                return self._next(a, 1 if operator is Operator.ADD else -1)
            case Operator.ADD, [a, b] if expr.args[0] == Const(1):
                return self._next(b, 1)
            case Operator.BIT, [a, b]:
                self._mask(a, b, expr.args[1])
                return types.is_a(None)
            case Operator.SHIFT, [a]:
                mask = types.new()
                self._mask(mask, a, expr.args[0])
                return mask
            case ((Operator.BITS_OR | Operator.BITS_AND | Operator.BITS_MINUS), [a, b]):
                types.unify(a, b, self._where)
                return a
            case ((Operator.NOT | Operator.AND | Operator.OR | Operator.IMPLIES | Operator.COUNT), _):
                return types.is_a(None)
            case _:
                number = types.is_a(None)
                for arg in args:
                    types.unify(number, arg, self._where)
                return number

    def _mask(self, mask: int, bit: int, written: Expr) -> None:
        sort = self._types.sort()
        self._types.unify(mask, self._types.is_a(Kind.MASK, sort), self._where)
        if not isinstance(written, Const):
            self._types.unify(bit, self._types.is_a(Kind.INDEX, sort), self._where)

    def _next(self, value: int, by: int) -> int:
        """The type of a value and one: of an element as an option, or of an option's element, or a number."""
        result = self._types.new()
        self._sums[result] = value, result, by, self._where
        return result

    def _add_up(self) -> None:
        types = self._types
        for value, result, by, where in self._sums.values():
            low, high = (value, result) if by > 0 else (result, value)
            known, above = types.shape(low), types.shape(high)
            if known is not None and known[0] is Kind.INDEX:
                types.unify(high, types.is_a(Kind.OPTION, known[1]), where)
            elif above is not None and above[0] is Kind.OPTION:
                types.unify(low, types.is_a(Kind.INDEX, above[1]), where)
        self._sums.clear()

    def _found(self) -> Sorts:
        types = self._types
        indexed: dict[int, list[tuple[str, int]]] = {}
        for name, sorts in self._dims.items():
            for dim, sort in enumerate(sorts):
                indexed.setdefault(types.sort_root(sort), []).append((name, dim))
        sizes = {array.name: array.dims for array in self._system.arrays}
        kept: dict[int, Sort] = {}
        for root, arrays in indexed.items():
            several = {sizes[name][dim] for name, dim in arrays}
            if len(several) == 1 and several != {1}:
                (size,) = several
                kept[root] = Sort(size, tuple(arrays), self._against(root, arrays))
        positions = {root: position for position, root in enumerate(kept)}
        return Sorts(
            tuple(kept.values()),
            {
                name: self._guarded(name, elements, positions)
                for name, value in self._values.items()
                if (elements := self._elements(value, positions)) is not None
            },
            {process.name: self._of_points(process, positions) for process in self._system.processes},
            {
                process.name: tuple(
                    tuple(
                        self._elements(min(each), positions) for each in self._choices.get((process.name, number), [])
                    )
                    for number in range(len(process.steps))
                )
                for process in self._system.processes
            },
            {process.name: self._of_params(process, positions) for process in self._system.processes},
        )

    def _against(self, root: int, arrays: list[tuple[str, int]]) -> str:
        names = [name for name, _ in arrays]
        for name in dict.fromkeys(names):
            times, known = names.count(name), self._types.shape(self._values[name])
            held = known is not None and known[0] is not None and self._types.sort_root(known[1]) == root
            if times > 2 or (times > 1 and held):
                what = "indexed by it twice, and holds elements of it" if times == 2 else f"indexed by it {times} times"
                return self._types.against.get(root, f"{name} is {what}")
        return self._types.against.get(root, "")

    def _of_params(self, process: Process, positions: Mapping[int, int]) -> Mapping[int, Elements]:
        found = {
            slot: self._elements(value, positions)
            for (name, slot), value in self._params.items()
            if name == process.name
        }
        return {slot: elements for slot, elements in found.items() if elements is not None}

    def _elements(self, value: int, positions: Mapping[int, int]) -> Elements | None:
        known = self._types.shape(value)
        if known is None or known[0] is None:
            return None
        position = positions.get(self._types.sort_root(known[1]))
        return None if position is None else Elements(position, known[0])

    def _guarded(self, name: str, elements: Elements, positions: Mapping[int, int]) -> Elements:
        guard = self._guards.get(name)
        if guard is None or elements.kind is not Kind.INDEX:
            return elements
        # A guard must look the same whatever elements are called.
        named = self._elements(self._values[guard], positions) is not None
        return elements if named else replace(elements, guard=guard)

    def _of_points(self, process: Process, positions: Mapping[int, int]) -> tuple[Mapping[int, Elements], ...]:
        live = self._live[process.name]
        rows: list[Mapping[int, Elements]] = []
        for point in range(len(process.points)):
            found: dict[int, Elements] = {}
            for slot in sorted(live[point]):
                elements = self._elements(self._at(process.name, point, slot), positions)
                if elements is not None:
                    found[slot] = elements
            for slot, elements in found.items():
                guards = self._slot_guards.get((process.name, point, slot), frozenset())
                if elements.kind is Kind.INDEX and (process.name, point, slot) in self._junk:
                    found[slot] = replace(elements, guard=min(guards - found.keys(), default=None))
            rows.append(found)
        return tuple(rows)
