"""Locks of the kernel: what a holder excludes. Fairness is not modelled; owners are not recorded."""

from __future__ import annotations

from shootdown.model import Annotated, Between, Struct, wait


class SpinLock(Struct):
    """A spinlock. `lock` stands at the head of a step."""

    held: bool = False

    def lock(self) -> None:
        """Wait until it is free, then hold it."""
        wait(not self.held)
        self.held = True

    def unlock(self) -> None:
        """Let it go."""
        self.held = False


class Mutex(Struct):
    """A sleeping lock with one holder. `lock` stands at the head of a step."""

    held: bool = False

    def lock(self) -> None:
        """Wait until it is free, then hold it."""
        wait(not self.held)
        self.held = True

    def unlock(self) -> None:
        """Let it go."""
        self.held = False


class RwSem(Struct):
    """A reader-writer semaphore: `holders` is -1 with a writer, else the number of readers."""

    holders: Annotated[int, Between(-1, 4)] = 0

    def read_lock(self) -> None:
        """Wait until no writer holds it, then read."""
        wait(self.holders >= 0)
        self.holders += 1

    def read_unlock(self) -> None:
        """One reader fewer."""
        self.holders -= 1

    def write_lock(self) -> None:
        """Wait until nobody holds it, then write."""
        wait(self.holders == 0)
        self.holders = -1

    def write_unlock(self) -> None:
        """The writer lets it go."""
        self.holders = 0

    def downgrade(self) -> None:
        """The writer becomes a reader."""
        self.holders = 1
