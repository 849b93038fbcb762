"""Building C: which compiler, what is cached, what happens when something is broken."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
import time
from pathlib import Path
from threading import Thread

import pytest

from shootdown.checker.explicit.build import BuildCancelled, Builder, Compiler, NoCompiler, find_compiler

SOURCE = "#include <stdint.h>\nuint64_t answer = 42;\n"
COMPILER = find_compiler()


def _answer(library: ctypes.CDLL) -> int:
    return ctypes.c_uint64.in_dll(library, "answer").value


def _fake_compiler(folder: Path, log: Path) -> Path:
    """A compiler that notes each build and passes it on."""
    script = folder / "cc"
    script.write_text(f'#!/bin/sh\necho "$@" >> {log}\nexec {COMPILER.command[0]} "$@"\n')
    script.chmod(0o755)
    return script


def _libraries(folder: Path) -> list[Path]:
    return sorted(folder.glob("*/*.so"))


def test_a_second_load_builds_nothing(tmp_path: Path) -> None:
    log = tmp_path / "log"
    script = _fake_compiler(tmp_path, log)
    compiler = find_compiler({"CC": str(script), "PATH": os.environ["PATH"]})
    for _ in range(2):
        assert _answer(Builder(compiler, tmp_path / "cache").load(SOURCE, "answer")) == 42
    builds = [line for line in log.read_text().splitlines() if "-shared" in line]
    assert len(builds) == 1


def test_other_source_other_flags_other_compiler_are_other_libraries(tmp_path: Path) -> None:
    usual = Builder(COMPILER, tmp_path)
    keys = {
        usual.key(SOURCE),
        usual.key(SOURCE + " "),
        Builder(COMPILER, tmp_path, ("-O0",)).key(SOURCE),
        Builder(Compiler(COMPILER.command, "another version"), tmp_path).key(SOURCE),
    }
    assert len(keys) == 4


@pytest.mark.parametrize("damage", ["truncate", "flip", "empty"])
def test_a_damaged_library_is_built_again(tmp_path: Path, damage: str) -> None:
    builder = Builder(COMPILER, tmp_path)
    folder = tmp_path / builder.key(SOURCE)
    builder.load(SOURCE, "answer")
    (library,) = _libraries(tmp_path)
    good = library.read_bytes()
    library.unlink()
    bad = {"truncate": good[:1000], "flip": good[:64] + b"\xff" * 64 + good[128:], "empty": b""}[damage]
    (folder / library.name).write_bytes(bad)
    assert _answer(Builder(COMPILER, tmp_path).load(SOURCE, "answer")) == 42
    assert good in [path.read_bytes() for path in _libraries(tmp_path)]


def test_a_folder_that_cannot_be_written_is_replaced_by_a_private_one(tmp_path: Path) -> None:
    occupied = tmp_path / "file"
    occupied.write_text("not a folder")
    assert _answer(Builder(COMPILER, occupied / "cache").load(SOURCE, "answer")) == 42
    assert occupied.read_text() == "not a folder"


def test_processes_that_build_the_same_at_once_all_get_it(tmp_path: Path) -> None:
    script = (
        "import ctypes, pathlib, sys\n"
        "from shootdown.checker.explicit.build import Builder\n"
        "library = Builder(folder=pathlib.Path(sys.argv[1])).load(sys.argv[2], 'answer')\n"
        "print(ctypes.c_uint64.in_dll(library, 'answer').value)\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path), SOURCE]
    children = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    assert [child.communicate(timeout=60)[0].strip() for child in children] == ["42"] * 3
    assert not list(tmp_path.glob("build-*"))


def test_without_a_compiler_the_message_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(NoCompiler, match=r"install gcc or clang, or `pip install shootdown\[cc\]`"):
        find_compiler({"PATH": str(tmp_path)})


def test_a_compiler_that_fails_is_reported_with_its_words(tmp_path: Path) -> None:
    with pytest.raises(NoCompiler, match="unknown type name"):
        Builder(COMPILER, tmp_path).load("nonsense x;", "x")
    assert not _libraries(tmp_path)
    assert not list(tmp_path.glob("build-*"))


def test_a_cancelled_build_ends_at_once_with_all_its_children(tmp_path: Path) -> None:
    script = tmp_path / "cc"
    script.write_text(f"#!/bin/sh\ntouch {tmp_path}/started\nsleep 60\n")
    script.chmod(0o755)
    builder = Builder(Compiler((str(script),), "slow"), tmp_path / "cache")
    outcomes: list[type[BaseException]] = []

    def build() -> None:
        try:
            builder.load(SOURCE, "answer")
        except (BuildCancelled, NoCompiler) as error:
            outcomes.append(type(error))

    thread = Thread(target=build)
    thread.start()
    while not (tmp_path / "started").exists():
        time.sleep(0.01)
    builder.cancel()
    thread.join(timeout=10)
    assert outcomes == [BuildCancelled]
    with pytest.raises(BuildCancelled):
        builder.load(SOURCE, "answer")


def test_cc_of_the_environment_comes_first(tmp_path: Path) -> None:
    script = _fake_compiler(tmp_path, tmp_path / "log")
    assert find_compiler({"CC": f"{script} -g", "PATH": os.environ["PATH"]}).command == (str(script), "-g")


def test_the_ziglang_wheel_is_the_last_resort(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    package = tmp_path / "ziglang"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "__main__.py").write_text("print('clang version 0 (zig)')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.syspath_prepend(str(tmp_path))
    assert find_compiler({"PATH": ""}).command == (sys.executable, "-m", "ziglang", "cc")
