"""A schedule that plain Python follows: the generators of its agents run on, and nothing is replayed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from plain_run import BLOCKED, Moment, PlainRun, Shared, Standing, Taken, Turn, Walk

from shootdown.model.declare.cells import Address, Cells
from shootdown.model.declare.shown import text


class Astray(Exception):
    """Plain Python does not have the operation, arguments or choice that it was to take."""


class Written(dict[Address, object]):
    """Values of cells that remember what stood where something was stored."""

    def __init__(self, values: Shared) -> None:
        super().__init__(values)
        self.old: dict[Address, object] = {}

    def __setitem__(self, address: Address, value: object) -> None:
        self.old.setdefault(address, self.get(address))
        super().__setitem__(address, value)

    def changed(self) -> dict[Address, object]:
        """What differs from when this was last asked."""
        changed = {address: self[address] for address, old in self.old.items() if self[address] != old}
        self.old.clear()
        return changed


class Guide:
    """Resolves choices by the texts of what was chosen."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.texts = texts
        self.positions: list[int] = []

    def __call__(self, candidates: Sequence[object]) -> object:
        """Choose, as `Chooser` says; Astray if nothing has the text."""
        turn = len(self.positions)
        for position, candidate in enumerate(candidates):
            if turn < len(self.texts) and text(candidate) == self.texts[turn]:
                self.positions.append(position)
                return candidate
        raise Astray

    @property
    def taken(self) -> tuple[str, ...]:
        """The texts that were asked for."""
        return tuple(self.texts[: len(self.positions)])


class Live:
    """A run under way; to be used while its `Run` is active."""

    def __init__(self, plain: PlainRun) -> None:
        initial = plain.initial
        self.plain = plain
        self.values = Written(initial.shared)
        self.cells = Cells(self.values)
        self.shared = initial.shared
        self.standing = list(initial.standing)
        self.ended = list(initial.standing)
        self.walks: list[Walk | None] = [None] * len(plain.agents)

    @property
    def moment(self) -> Moment:
        """The state that the run is in."""
        return Moment(self.shared, tuple(self.standing))

    @property
    def finished(self) -> bool:
        """Whether some agents have an end, and all of them have come to it."""
        ends = [
            standing.activity is None and (standing.budget == 0 if agent.any else standing.done == len(agent.lines))
            for agent, standing in zip(self.plain.agents, self.standing, strict=True)
            if not agent.any or agent.budget is not None
        ]
        return bool(ends) and all(ends)

    def take(self, agent: int, operation: str, choices: Sequence[str]) -> tuple[Taken, dict[Address, object]]:
        """Step an agent, into an operation if it is in none, with these choices; and what the step changed.

        Unless the step succeeds the run must not be used any more. Astray if the agent has no such operation or choice.
        """
        arguments = self._start(agent, operation, choices) if self.walks[agent] is None else ()
        walk, activity = self.walks[agent], self.standing[agent].activity
        assert walk is not None
        assert activity is not None
        guide = Guide(choices[len(arguments) :])
        run = self.plain.run
        run.chooser = guide
        run.failed.clear()
        before, problem = self.shared, walk.outcome()
        if problem == BLOCKED:
            raise Astray
        changed = self.values.changed()
        if changed:
            self.shared = dict(self.values)
        if walk.over:
            self.walks[agent], self.standing[agent] = None, self.ended[agent]
        else:
            turns = (*activity.turns, Turn(before, tuple(guide.positions)))
            self.standing[agent] = replace(self.ended[agent], activity=replace(activity, turns=turns))
        target = None if problem else self.moment
        return Taken(agent, walk.taken, (*arguments, *guide.taken), target, problem, tuple(run.failed)), changed

    def _start(self, agent: int, operation: str, choices: Sequence[str]) -> tuple[str, ...]:
        """Enter an operation; the texts of the arguments chosen."""
        for ended, activity, texts in self.plain.starts(self.standing[agent], agent):
            if activity.operation.name == operation and tuple(choices[: len(texts)]) == texts:
                steps = activity.operation.call(self.cells, activity.arguments)
                self.walks[agent] = Walk(steps, self.plain.agents[agent].steps)
                self.ended[agent], self.standing[agent] = ended, Standing(activity=activity)
                return texts
        raise Astray
