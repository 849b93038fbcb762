"""The cache of verdicts: what is the same is not searched again, what has changed is, and nothing breaks it."""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from commands import COUNTER, MODEL, Shell
from reports import checked as toy_checked
from toy_systems import TOYS

from shootdown.checker import check as checking
from shootdown.checker.cache import key, store
from shootdown.checker.cache.folder import cache_folder, verdict_folder
from shootdown.checker.cache.memory import NO_CACHE, Memory
from shootdown.checker.check import check_scenario
from shootdown.checker.options import Limits, Options
from shootdown.checker.record import Checked
from shootdown.checker.scenario import find_one
from shootdown.checker.scenario.models import _library
from shootdown.checker.verdict import Verdict

INTERPRETER = Options("interpreter")


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of this test alone, switched on; files are hashed anew, as in a new process."""
    monkeypatch.delenv(NO_CACHE)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    forget()
    return tmp_path / "cache" / "shootdown" / "verdicts"


def forget() -> None:
    """As a new process: no model is read yet."""
    _library.cache_clear()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A scenario with a model file of its own, which imports another one."""
    folder = tmp_path / "project"
    folder.mkdir()
    text = MODEL.read_text()
    (folder / "counter.py").write_text(text)
    (folder / "counter.toml").write_text(COUNTER.read_text())
    return folder / "counter.toml"


class Searches:
    """Counts the checks that were made, not recalled."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.names: list[str] = []
        made = checking._made

        def counted(scenario: Any, options: Options) -> Checked:
            self.names.append(scenario.name)
            return made(scenario, options)

        monkeypatch.setattr(checking, "_made", counted)


@pytest.fixture
def searches(monkeypatch: pytest.MonkeyPatch) -> Searches:
    return Searches(monkeypatch)


def checked(path: Path, variant: str = "unlocked", options: Options = INTERPRETER) -> Checked:
    """A check as a new process makes it."""
    forget()
    return check_scenario(find_one(f"{path}/{variant}"), options, Memory())


def test_a_second_check_is_not_searched_and_is_the_same_record(searches: Searches, project: Path) -> None:
    first, second = checked(project), checked(project)
    assert searches.names == ["counter/unlocked"]
    assert not first.cached
    assert second == replace(first, cached=True)
    assert second.rows[0].trace is not None


@pytest.mark.parametrize("format_", ["text", "json", "junit"])
def test_every_report_of_a_cached_run_is_the_one_of_the_run_that_searched(shell: Shell, format_: str) -> None:
    args = ("check", COUNTER, "--engine", "interpreter", "--traces", "--jobs", 1, "--format", format_)
    first, second = shell(*args), shell(*args)
    assert first.code == second.code == 0
    assert steady(second.out) == steady(first.out)
    assert "unlocked" in first.out


def steady(text: str) -> list[str]:
    """A report without the seconds of the run itself, and without what says that it was cached."""
    kept = []
    for line in text.replace(", all cached", "").replace(", cached", "").splitlines():
        words = line.replace('"cached": true', '"cached": false').split()
        dated = ("seconds", 'time="', "memory is")
        kept.append(" ".join(word for word in words if not any(part in line for part in dated)))
    return kept


def test_a_cached_verdict_says_so(shell: Shell) -> None:
    args = ("check", COUNTER, "--engine", "interpreter", "--jobs", 1)
    assert "cached" not in shell(*args, "--verbose").out
    assert "all cached" in shell(*args).out
    assert shell(*args, "--verbose").out.count(" s, cached\n") == 2
    assert {each["cached"] for each in json.loads(shell(*args, "--format", "json").out)["results"]} == {True}
    assert "cached" not in shell(*args, "--no-cache").out


def test_an_environment_variable_switches_it_off(shell: Shell, monkeypatch: pytest.MonkeyPatch, cache: Path) -> None:
    monkeypatch.setenv(NO_CACHE, "1")
    for _ in range(2):
        assert "cached" not in shell("check", COUNTER, "--engine", "interpreter").out
    assert not cache.exists()


def append(path: Path, text: str) -> None:
    path.write_text((path.read_text() if path.exists() else "") + text)


PRESET = '[plain]\nadd_is_locked = false\norder = "any"\n'
CHANGES: dict[str, tuple[str, str]] = {
    "scenario": ("counter.toml", "# a remark\n"),
    "model": ("counter.py", "# a remark\n"),
    "presets": ("designs.toml", PRESET),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_has_changed_is_searched_again(searches: Searches, project: Path, change: str) -> None:
    checked(project)
    name, text = CHANGES[change]
    append(project.parent / name, text)
    assert not checked(project).cached
    assert checked(project).cached
    assert len(searches.names) == 2


def test_a_file_that_the_model_imports_counts(searches: Searches, project: Path) -> None:
    other = project.parent / "sorts" / "words.py"
    other.parent.mkdir()
    other.write_text('"""Sorts."""\n\nfrom shootdown.model import Index\n\n\nclass Extra(Index):\n    """A sort."""\n')
    model = project.with_suffix(".py")
    head = "from shootdown.model import"
    model.write_text(model.read_text().replace(head, f"from .sorts.words import Extra\n{head}", 1))
    assert checked(project).rows
    append(other, "# a remark\n")
    assert not checked(project).cached


def test_a_changed_copy_of_the_kernel_counts_and_a_folder_called_kernel_does_not(tmp_path: Path) -> None:
    copy = tmp_path / "copy" / "mm"
    copy.mkdir(parents=True)
    (copy / "state.py").write_text("x = 1\n")
    other = tmp_path / "kernel" / "sched.py"
    other.parent.mkdir()
    other.write_text("x = 1\n")
    text = '[world]\nCpu = 1\n[expect]\nno_lost_write = "holds"\n'
    (tmp_path / "bundled.toml").write_text(text)
    (tmp_path / "copied.toml").write_text(f'kernel = "copy"\n{text}')

    def keys() -> list[str]:
        forget()
        found = [
            key.Keys().key_of(find_one(str(tmp_path / name)), INTERPRETER) for name in ("bundled.toml", "copied.toml")
        ]
        return [each.text for each in found if each]

    before = keys()
    append(other, "x = 2\n")
    assert keys() == before
    append(copy / "state.py", "x = 2\n")
    bundled, copied = keys()
    assert bundled == before[0]
    assert copied != before[1]


@pytest.mark.parametrize(
    "options",
    [
        Options(),
        replace(INTERPRETER, limits=Limits(max_depth=9)),
        replace(INTERPRETER, properties=("small",)),
        replace(INTERPRETER, split=True),
        replace(INTERPRETER, without=frozenset({"slice"})),
    ],
)
def test_what_was_asked_counts(project: Path, options: Options) -> None:
    checked(project)
    scenario = find_one(f"{project}/unlocked")
    assert Memory().recall(scenario, INTERPRETER) is not None
    assert Memory().recall(scenario, options) is None


def test_the_checker_itself_counts(project: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    checked(project)
    layers = {layer: tmp_path / "package" / layer for layer in key.LAYERS}
    for layer, folder in layers.items():
        folder.mkdir(parents=True)
        (folder / "part.py").write_text(layer)
    monkeypatch.setattr(key, "_folder", layers.__getitem__)
    forget()
    scenario = find_one(f"{project}/unlocked")
    before = key.Keys().key_of(scenario, INTERPRETER)
    forget()
    (layers["checker"] / "part.py").write_text("another")
    after = key.Keys().key_of(scenario, INTERPRETER)
    assert before is not None
    assert after is not None
    assert before.text != after.text
    assert not before.current


def test_what_a_limit_stopped_is_searched_again_but_a_depth_is_a_depth(project: Path) -> None:
    for limits in (Limits(max_states=3), Limits(max_seconds=1e-9)):
        options = replace(INTERPRETER, limits=limits)
        assert checked(project, options=options).stopped
        assert not checked(project, options=options).cached
    options = replace(INTERPRETER, limits=Limits(max_depth=2))
    assert [checked(project, options=options).cached for _ in range(2)] == [False, True]


def test_a_time_limit_that_was_not_reached_does_not_count(project: Path) -> None:
    checked(project)
    assert checked(project, options=replace(INTERPRETER, limits=Limits(max_seconds=3600))).cached


def test_a_mistake_is_told_every_time(project: Path) -> None:
    append(project.with_suffix(".py"), "import os\n")
    for _ in range(2):
        found = checked(project)
        assert (found.exit_code, found.cached) == (2, False)


@pytest.mark.parametrize("changed", ["counter.toml", "counter.py"])
def test_a_file_that_changes_during_the_search_leaves_nothing(
    project: Path, monkeypatch: pytest.MonkeyPatch, cache: Path, changed: str
) -> None:
    made = checking._made

    def slow(scenario: Any, options: Options) -> Checked:
        found = made(scenario, options)
        append(project.parent / changed, "# edited meanwhile\n")
        return found

    monkeypatch.setattr(checking, "_made", slow)
    checked(project)
    assert list(store.Store().entries()) == []


def entry(project: Path) -> Path:
    """The one entry of the cache after one check."""
    checked(project)
    (found,) = store.Store().entries()
    return found


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda content: b"",
    "cut": lambda content: content[: len(content) // 2],
    "a bit": lambda content: content[:-20] + bytes([content[-20] ^ 1]) + content[-19:],
    "other": lambda content: b"something else",
    "magic": lambda content: content[: len(store.MAGIC)],
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_entry_is_made_again(project: Path, damage: str) -> None:
    path = entry(project)
    whole = path.read_bytes()
    path.write_bytes(DAMAGE[damage](whole))
    again = checked(project)
    assert not again.cached
    assert store._decoded(path.read_bytes()) == again
    assert checked(project) == replace(again, cached=True)


class Trap:
    """An object that would run a command when it is read."""

    def __reduce__(self) -> tuple[object, ...]:
        return os.system, ("exit 7",)


@pytest.mark.parametrize("content", [Trap(), [1], "text", Options()])
def test_an_entry_that_is_no_record_is_refused_and_runs_nothing(project: Path, content: object) -> None:
    path = entry(project)
    whole = pickle.dumps(content)
    path.write_bytes(store.MAGIC + hashlib.sha256(whole).digest() + whole)
    assert store._decoded(path.read_bytes()) is None
    assert not checked(project).cached


def test_a_folder_that_cannot_be_made_costs_nothing(project: Path, cache: Path, shell: Shell) -> None:
    cache.parent.parent.write_text("a file where the folder should be")
    for _ in range(2):
        said = shell("check", project, "--engine", "interpreter")
        assert (said.code, said.err) == (0, "")
        assert "cached" not in said.out


def test_a_full_disk_costs_nothing(project: Path, monkeypatch: pytest.MonkeyPatch, cache: Path) -> None:
    def full(path: Path, content: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store, "_replace", full)
    assert checked(project).rows
    assert not checked(project).cached


def test_a_write_that_fails_leaves_no_file_behind(project: Path, monkeypatch: pytest.MonkeyPatch, cache: Path) -> None:
    def refuse(*args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", refuse)
    checked(project)
    assert [path for path in cache.rglob("*") if path.is_file()] == []


def test_entries_are_of_this_user_alone(project: Path) -> None:
    assert stat.S_IMODE(entry(project).stat().st_mode) == 0o600


def test_processes_may_share_it(project: Path) -> None:
    """Writers and readers of one entry at a time: a reader finds it whole or not at all."""
    path = entry(project)
    whole, text = store._decoded(path.read_bytes()), path.stem
    assert whole is not None
    end = time.monotonic() + 0.5
    seen: set[bool] = set()

    def write() -> None:
        while time.monotonic() < end:
            store.Store().put(text, whole)

    writers = [threading.Thread(target=write) for _ in range(2)]
    for writer in writers:
        writer.start()
    while time.monotonic() < end:
        seen.add(store.Store().get(text) == whole)
    for writer in writers:
        writer.join()
    assert seen == {True}


def test_two_commands_at_once_agree(project: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "shootdown", "check", str(project), "--engine", "interpreter", "--no-traces"]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    said = [process.communicate(timeout=120) for process in running]
    assert [process.returncode for process in running] == [0, 0]
    assert [err for _, err in said] == ["", ""]
    assert checked(project).cached


def test_what_nobody_uses_for_a_month_is_removed(project: Path, cache: Path) -> None:
    old = entry(project)
    used = time.time() - store.KEPT - 10
    os.utime(old, (used, used))
    checked(project, "locked")
    assert old.exists()
    os.utime(cache / store._STAMP, (used, used))
    append(project, "# another\n")
    checked(project, "locked")
    assert not old.exists()
    assert len(list(store.Store().entries())) == 2


def test_use_keeps_an_entry_young(project: Path) -> None:
    path = entry(project)
    used = time.time() - store.DAY - 10
    os.utime(path, (used, used))
    assert checked(project).cached
    assert path.stat().st_mtime > used + 1


def test_from_python_the_cache_serves_too(project: Path, searches: Searches) -> None:
    import shootdown

    for cached in (False, True):
        forget()
        assert shootdown.check(f"{project}/locked", engine="interpreter").cached is cached
    assert searches.names == ["counter/locked"]


def test_a_process_that_lives_on_sees_what_was_edited(project: Path, searches: Searches) -> None:
    import shootdown

    name, model = f"{project}/locked", project.with_suffix(".py")
    assert shootdown.check(name, engine="interpreter").rows[0].verdict is Verdict.HOLDS
    model.write_text(model.read_text().replace("        k.lock = True\n    yield", "        k.lock = False\n    yield"))
    again = shootdown.check(name, engine="interpreter")
    assert (again.cached, again.rows[0].verdict) == (False, Verdict.VIOLATED)
    assert shootdown.check(name, engine="interpreter").cached
    assert len(searches.names) == 2


def test_the_folder_follows_the_environment() -> None:
    assert cache_folder({"XDG_CACHE_HOME": "/x", "HOME": "/h"}) == Path("/x/shootdown")
    assert cache_folder({"HOME": "/h"}) == Path("/h/.cache/shootdown")
    assert verdict_folder({"HOME": "/h"}) == Path("/h/.cache/shootdown/verdicts")


def test_a_run_that_knows_everything_reads_no_model_and_starts_no_engine(project: Path) -> None:
    checked(project, "locked")
    code = (
        "import sys; from shootdown.checker.cli import run; "
        f"code = run(['check', '{project}/locked', '--engine', 'interpreter']); "
        "heavy = ('z3', 'networkx', 'shootdown.model.language.reader', 'shootdown.checker.searching'); "
        "print(code, *(name for name in heavy if name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "all cached" in done.stdout
    assert done.stdout.splitlines()[-1] == "0"


def test_the_command_tells_where_it_is_and_clears_it(shell: Shell, project: Path, cache: Path) -> None:
    assert shell("cache").out == f"{cache}: 0 kept, 0.0 MiB\n"
    entry(project)
    assert shell("cache", "path").out == f"{cache}\n"
    assert shell("cache", "info").out.startswith(f"{cache}: 1 kept, ")
    assert shell("cache", "clear").out == "1 removed\n"
    assert not checked(project).cached


@pytest.mark.parametrize("toy", TOYS)
def test_every_sort_of_record_comes_back_whole(toy: str) -> None:
    made = toy_checked(toy)
    assert store._decoded(store._encoded(made)) == made
