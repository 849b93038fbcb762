"""C sources to loaded libraries: finds a compiler, builds, and keeps what was built in the user's cache folder."""

from __future__ import annotations

import atexit
import ctypes
import hashlib
import importlib.util
import os
import platform
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from threading import Lock

from ..cache.folder import cache_folder

SOURCES = Path(__file__).resolve().parent
HEADERS = (
    "search.h",
    "explore.h",
    "memory.h",
    "pack.h",
    "recent.h",
    "table.h",
    "storage.h",
    "crew.h",
    "growth.h",
    "parallel.h",
    "paths.h",
    "stuck.h",
)
FAST = ("-O2", "-march=native")
"""Flags of optimised code."""

_INSTALL = "install gcc or clang, or `pip install shootdown[cc]`"


class NoCompiler(Exception):
    """There is no usable C compiler; the message says what to install."""


class BuildCancelled(Exception):
    """A build was cancelled while it ran."""


@dataclass(frozen=True)
class Compiler:
    """A C compiler: the words that start its command line, and a text that changes when it changes."""

    command: tuple[str, ...]
    version: str


def find_compiler(environment: Mapping[str, str] = os.environ) -> Compiler:
    """`$CC`, else `cc` from the path, else the ziglang wheel; raises `NoCompiler`."""
    path = environment.get("PATH")
    for command in _candidates(environment, path):
        version = _version(command)
        if version is not None:
            return Compiler(command, version)
    raise NoCompiler(f"no C compiler found: {_INSTALL}")


def _candidates(environment: Mapping[str, str], path: str | None) -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = []
    words = shlex.split(environment.get("CC", ""))
    for command in ([words] if words else []) + [["cc"], ["gcc"], ["clang"]]:
        program = shutil.which(command[0], path=path)
        if program is not None:
            found.append((program, *command[1:]))
    if importlib.util.find_spec("ziglang") is not None:
        found.append((sys.executable, "-m", "ziglang", "cc"))
    return found


def _version(command: tuple[str, ...]) -> str | None:
    try:
        done = subprocess.run([*command, "--version"], capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


@cache
def default_builder() -> Builder:
    """The builder of this process; raises `NoCompiler`."""
    return Builder()


@dataclass
class Builder:
    """Builds and loads libraries. `folder` holds what was built; where it cannot be written, a temporary one does."""

    compiler: Compiler = field(default_factory=find_compiler)
    folder: Path = field(default_factory=cache_folder)
    flags: tuple[str, ...] = FAST
    _running: subprocess.Popen[bytes] | None = field(default=None, init=False, repr=False)
    _cancelled: bool = field(default=False, init=False, repr=False)
    _lock: Lock = field(default_factory=Lock, init=False, repr=False)

    def load(self, source: str, symbol: str) -> ctypes.CDLL:
        """The library of a source text, built if it is not at hand; it must define `symbol`.

        Raises `NoCompiler` if the compiler does not work and `BuildCancelled` after `cancel`.
        """
        folder = self._folder() / self.key(source)
        library = _stored(folder, symbol)
        if library is None:
            try:
                self._build(source, folder)
            except OSError as error:
                raise NoCompiler(f"{self.folder}: cannot build there: {error.strerror}; free some room") from error
            library = _stored(folder, symbol)
        if library is None:
            raise NoCompiler(f"{' '.join(self.compiler.command)} built a library that does not load: {_INSTALL}")
        return library

    def key(self, source: str) -> str:
        """What a library depends on, as a file name."""
        digest = hashlib.sha256()
        parts = (source, *self._headers.values(), *self.flags, *self.compiler.command, self.compiler.version)
        for part in (*parts, _machine()):
            digest.update(part.encode() + b"\0")
        return digest.hexdigest()[:40]

    def cancel(self) -> None:
        """End a build that runs in another thread; it raises `BuildCancelled` there."""
        with self._lock:
            self._cancelled = True
            if self._running is not None and self._running.poll() is None:
                os.killpg(self._running.pid, signal.SIGKILL)

    @cached_property
    def _headers(self) -> Mapping[str, str]:
        return {name: (SOURCES / name).read_text() for name in HEADERS}

    def _folder(self) -> Path:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self.folder):
                return self.folder
        except OSError:
            return _private_folder()

    def _build(self, source: str, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix="build-") as scratch:
            text, library = Path(scratch, "steps.c"), Path(scratch, "steps.so")
            text.write_text(source)
            # The headers that the key names, whatever became of the files since they were read.
            for name, header in self._headers.items():
                Path(scratch, name).write_text(header)
            self._compile(
                [*self.flags, "-std=gnu11", "-w", "-shared", "-fPIC", "-pthread", f"-I{scratch}"], text, library
            )
            os.replace(library, folder / f"{_digest(library)}.so")

    def _compile(self, flags: list[str], source: Path, library: Path) -> None:
        command = [*self.compiler.command, *flags, str(source), "-o", str(library)]
        with self._lock:
            if self._cancelled:
                raise BuildCancelled
            # A session of its own: what the compiler starts must end with it, or its output stays open.
            process = subprocess.Popen(
                command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True
            )
            self._running = process
        _, errors = process.communicate()
        if self._cancelled:
            raise BuildCancelled
        if process.returncode:
            message = errors.decode(errors="replace").strip()[-2000:]
            raise NoCompiler(f"{' '.join(self.compiler.command)} failed: {_INSTALL}\n{message}")


@cache
def _private_folder() -> Path:
    """A folder of this process alone, removed when it exits."""
    folder = tempfile.mkdtemp(prefix="shootdown-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


def _digest(library: Path) -> str:
    return hashlib.sha256(library.read_bytes()).hexdigest()[:40]


def _stored(folder: Path, symbol: str) -> ctypes.CDLL | None:
    """The library in a folder, or None; a file whose content does not match its name is never loaded."""
    try:
        found = sorted(folder.glob("*.so"))
        for path in found:
            if _digest(path) == path.stem:
                library = ctypes.CDLL(str(path))
                ctypes.c_uint64.in_dll(library, symbol)
                return library
    except (OSError, ValueError):
        return None
    return None


def _machine() -> str:
    """What `-march=native` may depend on."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return f"{platform.machine()} {platform.processor()} {platform.node()}"
    described = [line for line in lines if line.startswith(("model name", "flags", "Features", "CPU part"))]
    return "\n".join((platform.machine(), *sorted(set(described))))
