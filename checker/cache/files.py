"""The content of files as one hash, and whether they have changed since."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

Mark = tuple[int, int, int, int]
"""What `stat` says that changes when a file is written: inode, size, and times of content and inode."""


@dataclass(frozen=True)
class Hashed:
    """Files by name with the hash of them all, and how each looked just before it was read."""

    digest: str
    marks: tuple[tuple[Path, Mark], ...]

    @property
    def unchanged(self) -> bool:
        """Whether nobody has written any of them since; else what was read from them may be something else."""
        try:
            return all(_mark(path) == mark for path, mark in self.marks)
        except OSError:
            return False


def hash_files(files: Sequence[tuple[str, Path]]) -> Hashed:
    """The hash of named files: names and contents count, in this order. Raises OSError for one that cannot be read."""
    digest = hashlib.sha256()
    marks = []
    for name, path in files:
        marks.append((path, _mark(path)))
        content = path.read_bytes()
        digest.update(f"{name}\0{len(content)}\0".encode(errors="surrogateescape"))
        digest.update(content)
    return Hashed(digest.hexdigest(), tuple(marks))


def _mark(path: Path) -> Mark:
    found = os.stat(path)
    return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
