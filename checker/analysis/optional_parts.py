"""Parts of optional records: which variable or slot says whether the record is there of which another holds a part."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from shootdown.model.ir.expr import Const, Expr, Load, Local, Op, Operator
from shootdown.model.ir.system import Process, System


def array_guards(system: System) -> dict[str, str]:
    """Arrays that hold parts of optional records, and those that say whether the record is there."""
    dims = {array.name: array.dims for array in system.arrays}
    found = {}
    for name in dims:
        parts = name.split(".")
        for count in range(len(parts) - 1, 0, -1):
            present = ".".join([*parts[:count], "present"])
            if present in dims and present != name and dims[present] == dims[name]:
                found[name] = present
                break
    return found


def truths_beside(process: Process, slot: int) -> frozenset[int]:
    """The slots that are truths and hold parts of a variable of which a slot holds a part, too."""
    parts = {*process.locals[slot].name.split("|")}
    return frozenset(
        other
        for other, local in enumerate(process.locals)
        if other != slot and (local.lo, local.hi) == (0, 1) and not parts.isdisjoint(local.name.split("|"))
    )


def guards_slot(
    truth: Expr | None, part: Expr | None, arrays: Mapping[str, str], slots: Callable[[int], Collection[int]]
) -> bool:
    """Whether a truth that a slot gets seems to say if the record is there of which another slot gets a part.

    `arrays` are the guards of arrays, `slots` the slots that may be those of a slot at the beginning of the step.
    """
    match truth, part:
        case Const(1), _:
            return part != Const(0)
        case Const(0), _:
            return part == Const(0)
        case Op(Operator.ITE, (cond, *truths)), Op(Operator.ITE, (other, *parts)) if cond == other:
            pairs = zip(truths, parts, strict=True)
            return all(guards_slot(one, each, arrays, slots) for one, each in pairs)
        case Op(Operator.ITE, (_, *truths)), _:
            return all(guards_slot(each, part, arrays, slots) for each in truths)
        case _, Op(Operator.ITE, (_, *parts)):
            return all(guards_slot(truth, each, arrays, slots) for each in parts)
        case Load(present, at), Load(array, indices):
            return arrays.get(array) == present and at == indices
        case Local(one), Local(slot):
            return one in slots(slot)
        case _:
            return False
