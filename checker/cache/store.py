"""Checks kept on disk, an entry a file. Whatever is wrong with the disk costs time, never a verdict."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import os
import pickle
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any

from ..record import Checked
from .folder import verdict_folder

MAGIC = b"shootdown verdict\n"
DAY = 24 * 60 * 60
KEPT = 30 * DAY
"""Seconds that an entry stays after its last use."""

_STAMP = "pruned"


class _Writer(pickle.Pickler):
    """Writes records as calls of their classes, which takes half as long to read as their states."""

    def reducer_override(self, obj: object) -> Any:
        if dataclasses.is_dataclass(obj) and not isinstance(obj, type):
            return type(obj), tuple(getattr(obj, each.name) for each in dataclasses.fields(obj))
        return NotImplemented


class _Reader(pickle.Unpickler):
    """Makes records and nothing else: a cache may have been handed around, as CI systems do."""

    def find_class(self, module_name: str, global_name: str) -> object:
        if module_name.startswith("shootdown."):
            found = super().find_class(module_name, global_name)
            if isinstance(found, type) and (dataclasses.is_dataclass(found) or issubclass(found, Enum)):
                return found
        raise pickle.UnpicklingError(f"{module_name}.{global_name} is no part of a record")


@dataclass
class Store:
    """A folder of checks by key. Processes may share it: an entry appears whole or not at all."""

    folder: Path = field(default_factory=verdict_folder)
    _refused: bool = field(default=False, init=False)

    def get(self, key: str) -> Checked | None:
        """What is kept under a key; None if there is nothing, or nothing whole."""
        path = self._path(key)
        try:
            content = path.read_bytes()
        except OSError:
            return None
        checked = _decoded(content)
        if checked is not None:
            self._used(path)
        return checked

    def put(self, key: str, checked: Checked) -> None:
        """Keep a check, if the folder can be written."""
        if self._refused:
            return
        path = self._path(key)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            _replace(path, _encoded(checked))
            self._prune()
        except OSError:
            self._refused = True

    def entries(self) -> Iterator[Path]:
        """The files of all entries."""
        yield from self.folder.glob("??/*.verdict")

    def clear(self) -> int:
        """Remove every entry; how many there were. Raises OSError for one that cannot be removed."""
        removed = 0
        for path in self.entries():
            path.unlink(missing_ok=True)
            removed += 1
        return removed

    def _path(self, key: str) -> Path:
        return self.folder / key[:2] / f"{key}.verdict"

    def _used(self, path: Path) -> None:
        """Note that an entry is in use; once a day is enough."""
        with suppress(OSError):
            if time.time() - path.stat().st_mtime > DAY:
                os.utime(path)

    def _prune(self) -> None:
        """Once a day, remove what nobody has used for long."""
        stamp, now = self.folder / _STAMP, time.time()
        if stamp.exists() and now - stamp.stat().st_mtime < DAY:
            return
        stamp.touch()
        for path in self.entries():
            with suppress(OSError):
                if now - path.stat().st_mtime > KEPT:
                    path.unlink()


def _encoded(checked: Checked) -> bytes:
    buffer = io.BytesIO()
    _Writer(buffer, protocol=5).dump(checked)
    content = buffer.getvalue()
    return MAGIC + hashlib.sha256(content).digest() + content


def _decoded(entry: bytes) -> Checked | None:
    start = len(MAGIC) + hashlib.sha256().digest_size
    digest, content = entry[len(MAGIC) : start], entry[start:]
    if not entry.startswith(MAGIC) or hashlib.sha256(content).digest() != digest:
        return None
    try:
        found = _Reader(io.BytesIO(content)).load()
    except Exception:  # a pickle that was made elsewhere may fail in any way
        return None
    return found if isinstance(found, Checked) else None


def _replace(path: Path, content: bytes) -> None:
    """Write a file in one step, as others see it."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.replace(name, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(name)
        raise
