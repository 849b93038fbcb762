"""A search in a file: what a later process needs to go on with it.

The file is a line that says what it is, a line of JSON behind its CRC-32, the quiet bits, the states in the order in
which they were found, and the CRC-32 of all that. How states are kept in memory is not in it.
"""

from __future__ import annotations

import ctypes
import hashlib
import json
import os
import zlib
from array import array
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISREG
from typing import BinaryIO

import shootdown
from shootdown.model.ir.print import print_system

from ..options import Checkpoint
from .layout import Packing
from .native import NEVER, ON_DISK, Outcome, Search
from .specialise import Specialised

MAGIC = b"shootdown checkpoint\n"
FORMAT = 2
"""Counts up when the file or the order of the search changes."""

_BEFORE_JSON = 9
"""Bytes of its check sum."""

_OF_TABLE = 16
"""Bytes of memory that a state takes besides what is stored of it, at most."""
_SMALL = 1 << 21
"""Bytes by which a store may be larger than it must."""

_ANEW = "begin anew with `check --checkpoint`"

_AT_ONCE = 1 << 16
_COUNTERS = ["transitions", "problems", "depth", "suspects", "found", "problem_depth", "cursor", "violated", "fresh"]

LoadStates = Callable[[int, int, int], object]
"""Writes the words of the states from one number up to another to an address."""
AddWords = Callable[["array[int]"], Outcome]


class CheckpointError(Exception):
    """A file that no search can be resumed from; the message says why."""


@dataclass(frozen=True)
class Header:
    """The JSON of a file. `request` is as `Checkpoint` was given it."""

    version: str
    format: int
    system: str
    words: int
    count: int
    counters: Mapping[str, int]
    found_depth: list[int]
    levels: list[int]
    fired: str
    request: Mapping[str, object]


def system_digest(specialised: Specialised, packing: Packing, *, fingerprint: bool) -> str:
    """What a stored state means, and how it was told from others, as a digest."""
    text = print_system(specialised.system) + repr((packing.words, packing.slots, fingerprint))
    return hashlib.sha256(text.encode()).hexdigest()


def read_header(path: Path) -> Header:
    """What a file says of itself; raises `CheckpointError`."""
    if path.exists() and not path.is_file():  # to open it might take for ever
        raise CheckpointError(f"{path}: not a regular file")
    try:
        with path.open("rb") as file:
            return _header(path, file)
    except OSError as error:
        raise CheckpointError(f"{path}: {error.strerror}") from None


def _header(path: Path, file: BinaryIO) -> Header:
    if file.readline(len(MAGIC)) != MAGIC:
        raise CheckpointError(f"{path}: not a checkpoint of shootdown")
    line = file.readline()
    text = line[_BEFORE_JSON:-1]
    if line != _with_check_sum(text):  # before anything of it is used
        raise CheckpointError(f"{path}: damaged, or of another version of shootdown; {_ANEW}")
    try:
        header = Header(**json.loads(text))
    except (ValueError, TypeError):
        raise CheckpointError(f"{path}: not a checkpoint of this version of shootdown") from None
    if (header.version, header.format) != (shootdown.__version__, FORMAT):
        wrote = f"shootdown {header.version} (format {header.format})"
        raise CheckpointError(f"{path}: written by {wrote}, and this is {shootdown.__version__} (format {FORMAT})")
    return header


def _refuse_others(path: Path, *, begun: bool = False) -> None:
    """Raise `CheckpointError` if what is there is not a checkpoint, or one just begun, so that nothing else is lost."""
    try:
        regular = S_ISREG(path.stat().st_mode)
    except FileNotFoundError:
        return
    if not regular:
        raise CheckpointError(f"{path}: not a regular file, and no checkpoint is written there; name another file")
    with path.open("rb") as file:
        head = file.read(len(MAGIC))
    if head != MAGIC and (head or not begun):
        raise CheckpointError(f"{path}: exists and is not a checkpoint; name another file, or remove this one")


def _scratch(target: Path) -> Path:
    """Where a file is written that is to replace another."""
    return target.with_name(f"{target.name}.new")


@contextmanager
def _not_left(path: Path) -> Iterator[None]:
    """Remove a file in the end, however that comes, if it is still there."""
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def _flush(folder: Path) -> None:
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _with_check_sum(text: bytes) -> bytes:
    return b"%08x %s\n" % (zlib.crc32(text), text)


@dataclass
class Keeper:
    """Writes a running search into its file, and fills a new one from it."""

    checkpoint: Checkpoint
    digest: str
    native: Search
    fired: array[int]
    words: int

    def __post_init__(self) -> None:
        file = self.checkpoint.file
        if not self.checkpoint.resume:
            _refuse_others(file)
        _refuse_others(_scratch(file), begun=True)

    def write(self, load: LoadStates) -> None:
        """Replace the file at once: whatever happens meanwhile, it is a whole one, the old or the new.

        An OSError names the file that was asked for, and leaves nothing beside it.
        """
        target = self.checkpoint.file
        scratch = _scratch(target)
        try:
            with scratch.open("wb") as file, _not_left(scratch):
                self._write(file, load)
                os.replace(scratch, target)
            _flush(target.parent)
        except OSError as error:
            raise OSError(error.errno, error.strerror, str(target)) from None

    def _write(self, file: BinaryIO, load: LoadStates) -> None:
        digest = 0
        for piece in self._pieces(load):
            digest = zlib.crc32(piece, digest)
            file.write(piece)
        file.write(digest.to_bytes(4, "little"))
        file.flush()
        os.fsync(file.fileno())

    def _pieces(self, load: LoadStates) -> Iterator[bytes | memoryview]:
        x = self.native
        header = Header(
            version=shootdown.__version__,
            format=FORMAT,
            system=self.digest,
            words=self.words,
            count=int(x.count),
            counters={name: int(getattr(x, name)) for name in _COUNTERS},
            found_depth=list(x.found_depth),
            levels=[int(x.levels[depth]) for depth in range(int(x.depth) + 2)],
            fired=bytes(map(bool, self.fired)).hex(),
            request=self.checkpoint.request,
        )
        yield MAGIC
        yield _with_check_sum(json.dumps(vars(header)).encode())
        yield ctypes.string_at(x.quiet, _quiet_bytes(header.count))
        buffer = array("Q", bytes(8 * self.words * min(_AT_ONCE, header.count)))
        for first in range(0, header.count, _AT_ONCE):
            last = min(first + _AT_ONCE, header.count)
            load(first, last, buffer.buffer_info()[0])
            yield memoryview(buffer).cast("B")[: 8 * self.words * (last - first)]

    def read(self, add: AddWords, set_levels: AddWords) -> None:
        """Fill a search that has just been opened; raises `CheckpointError`."""
        path = self.checkpoint.file
        try:
            _scratch(path).unlink(missing_ok=True)  # of a process that was killed while it wrote
            with path.open("rb") as file:
                header = _header(path, file)
                try:
                    self._read(path, _Checked(path, file), header, add, set_levels)
                except MemoryError:
                    raise CheckpointError(f"{path}: {self._no_room(header.count)}") from None
        except OSError as error:
            raise CheckpointError(f"{path}: {error.strerror}") from None

    def _read(self, path: Path, file: _Checked, header: Header, add: AddWords, set_levels: AddWords) -> None:
        x, first = self.native, ctypes.string_at(self.native.initial, 8 * self.words)
        if header.system != self.digest or header.words != self.words:
            raise CheckpointError(f"{path}: of another scenario, model or set of options than this one")
        file.skip_header(_quiet_bytes(header.count) + 8 * self.words * header.count)
        quiet = file.take(_quiet_bytes(header.count))
        for begin in range(0, header.count, _AT_ONCE):
            states = file.take(8 * self.words * min(_AT_ONCE, header.count - begin))
            if begin == 0 and states[: len(first)] != first:
                raise CheckpointError(f"{path}: begins in another state")
            rest = states if begin else states[len(first) :]
            self._give(add, array("Q", rest))
        self._give(set_levels, array("Q", header.levels))
        file.end()
        if x.count != header.count:
            raise CheckpointError(f"{path}: damaged; {_ANEW}")
        ctypes.memmove(x.quiet, quiet, len(quiet))
        for name, value in header.counters.items():
            setattr(x, name, value)
        x.found_depth[:] = header.found_depth
        for position, fired in enumerate(bytes.fromhex(header.fired)):
            self.fired[position] = fired

    @staticmethod
    def _give(function: AddWords, values: array[int]) -> None:
        if function(values) is Outcome.FULL_MEMORY:
            raise MemoryError

    def _no_room(self, count: int) -> str:
        x = self.native
        if x.out_of_memory == ON_DISK:
            return f"no room for its {count:,} states on the disk of {os.fsdecode(x.folder)}"
        if x.max_bytes == NEVER:
            return f"no memory left for its {count:,} states"
        kept = 8 if x.prints else 0 if x.folder else int(x.stride)
        need = _SMALL + count * (kept + kept // 16 + _OF_TABLE)
        given = f"its {count:,} states do not fit into {x.max_bytes:,} bytes"
        return f"{given}; go on with --max-memory {-(-need // 2**20)}M or more"


@dataclass
class _Checked:
    """A file that is read from its first byte to its last, which must be the CRC-32 of the others."""

    path: Path
    file: BinaryIO
    digest: int = 0

    def skip_header(self, follow: int) -> None:
        """Begin behind the header; so many bytes must follow it, and the check sum."""
        size = self.file.tell()
        if os.fstat(self.file.fileno()).st_size != size + follow + 4:
            raise CheckpointError(f"{self.path}: damaged: it has not the length that it should; {_ANEW}")
        self.file.seek(0)
        self.digest = zlib.crc32(self.file.read(size))

    def take(self, size: int) -> bytes:
        data = self.file.read(size)
        self.digest = zlib.crc32(data, self.digest)
        return data

    def end(self) -> None:
        if self.file.read() != self.digest.to_bytes(4, "little"):
            raise CheckpointError(f"{self.path}: damaged: its check sum is another one; {_ANEW}")


def _quiet_bytes(count: int) -> int:
    return count // 64 * 8 + 8 if count % 64 else count // 8
