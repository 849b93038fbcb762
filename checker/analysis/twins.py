"""Agents that change places where elements of an index sort are renamed: the CPUs themselves, the units of a device.

Who is whose counterpart is read off processes and parameters; that they do the same is to be proved.
"""

from __future__ import annotations

from collections.abc import Sequence

from shootdown.model.ir.reads import MOST_KNOWN, reads
from shootdown.model.ir.stmt import Block, Note
from shootdown.model.ir.system import Agent, Process, System
from shootdown.model.ir.walk import expressions, statements

from .sorts import Sorts


def works_for(system: System, sorts: Sorts, sort: int, agent: Agent) -> frozenset[int]:
    """The elements of a sort that an agent is, or works for: its parameters name them."""
    held = sorts.params[agent.process]
    used = _used(system.process(agent))
    return frozenset(
        element
        for slot, elements in held.items()
        if elements.sort == sort and slot in used
        for element in elements.kind.elements(agent.args[slot])
    )


def counterparts(system: System, sorts: Sorts, sort: int, renaming: Sequence[int]) -> tuple[tuple[int, ...], str]:
    """The agent whose place each takes where elements of a sort are renamed, itself if it works for none of these.

    It runs the same process with the parameters renamed. Where there is no such agent: nothing, and who has none.
    """
    used = {process.name: _used(process) for process in system.processes}
    alike: dict[tuple[str, tuple[int, ...]], list[int]] = {}
    renamed: dict[tuple[str, tuple[int, ...]], tuple[int, ...]] = {}
    for position, agent in enumerate(system.agents):
        held, args, others = sorts.params[agent.process], [], []
        for slot in used[agent.process]:
            value, elements = agent.args[slot], held.get(slot)
            args.append(value)
            if elements is None or elements.sort != sort:
                others.append(value)
            elif 0 <= value <= elements.kind.most(len(renaming)):
                others.append(elements.kind.renamed(value, renaming))
            else:
                return (), f"{agent.name} is for what is none of its elements"
        alike.setdefault((agent.process, tuple(args)), []).append(position)
        renamed[agent.process, tuple(args)] = tuple(others)
    found = [*range(len(system.agents))]
    for (process, args_), agents in alike.items():
        there = alike.get((process, renamed[process, args_]), [])
        if len(there) != len(agents):
            return (), f"no agent does for another element what {system.agents[agents[0]].name} does for one"
        for agent_, other in zip(agents, there, strict=True):
            found[agent_] = other
    return tuple(found), ""


def told_apart(system: System, sorts: Sorts, against: Sequence[str], orbits: Sequence[int]) -> tuple[str, ...]:
    """Agents of the scenario that run one program and do not change places, and why: in words.

    `against` says of each sort what tells its elements apart, `orbits` of each agent whose places it may take.
    """
    running: dict[str, list[int]] = {}
    for position, agent in enumerate(system.agents):
        if not agent.hardware:
            running.setdefault(agent.process, []).append(position)
    found = []
    for process, agents in running.items():
        if len({orbits[agent] for agent in agents}) > 1:
            args = [system.agents[agent].args for agent in agents]
            used = next(_used(each) for each in system.processes if each.name == process)
            held = [sorts.params[process].get(slot) for slot in used if len({row[slot] for row in args}) > 1]
            reasons = [against[elements.sort] for elements in held if elements is not None and against[elements.sort]]
            why = "they differ in a number" if None in held or not reasons else reasons[0]
            found.append(f"{', '.join(system.agents[agent].name for agent in agents)} are not: {why}")
    return tuple(found)


def _used(process: Process) -> tuple[int, ...]:
    """The parameters that a process reads, but for what it only shows."""
    return tuple(sorted(set().union(*(read_params(step.block) for step in process.steps))))


# The block stands beside the answer: an id is only unique while its object lives.
_known: dict[int, tuple[Block, frozenset[int]]] = {}


def read_params(block: Block) -> frozenset[int]:
    """The parameters that a block reads, but for what it only shows; worked out once for each object."""
    known = _known.get(id(block))
    if known is not None:
        return known[1]
    every = (statement for statement in statements(block) if not isinstance(statement, Note))
    found = frozenset().union(*(reads(expr).params for statement in every for expr in expressions(statement)))
    if len(_known) >= MOST_KNOWN:
        _known.clear()
    _known[id(block)] = block, found
    return found
