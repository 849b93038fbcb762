"""Scenario files as tests of pytest: collected when that was asked for, failing with the diagram."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from commands import ADDERS, BASE, COUNTER, MODEL, ROOT


class Project:
    """A project with a test of its own, a TOML file that is no scenario, and scenarios in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "test_own.py").write_text("def test_own():\n    pass\n")
        (folder / "settings.toml").write_text('[tool]\nexpected = "nothing"\n')
        (folder / "scenarios").mkdir()
        self.write("counter", COUNTER.read_text().replace('"counter.py"', f'"{MODEL}"'))

    def write(self, name: str, text: str) -> None:
        (self.folder / "scenarios" / f"{name}.toml").write_text(text)

    def pytest(self, *args: str, cache: Path | None = None) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "SHOOTDOWN_NO_CACHE": "1", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
        if cache:
            environment |= {"SHOOTDOWN_NO_CACHE": "", "XDG_CACHE_HOME": str(cache), "CC": "no-compiler"}
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-p",
            "shootdown.checker.pytest_plugin",
            "-p",
            "no:cacheprovider",
            *args,
        ]
        return subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, text=True)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    return Project(tmp_path)


def test_unasked_it_collects_nothing_and_imports_nothing(project: Project) -> None:
    (project.folder / "conftest.py").write_text(
        "import sys\n\ndef pytest_sessionfinish():\n"
        "    print([name for name in sys.modules if name.startswith('shootdown.') and 'plugin' not in name])\n"
    )
    done = project.pytest()
    assert done.returncode == 0
    assert "1 passed" in done.stdout
    assert "['shootdown.checker']" in done.stdout


def test_asked_it_has_a_test_for_each_variant_and_property(project: Project) -> None:
    done = project.pytest("--shootdown", "-v")
    passed = [line.split()[0] for line in done.stdout.splitlines() if " PASSED " in line]
    assert sorted(passed) == [
        "scenarios/counter.toml::locked[no_lost_update]",
        "scenarios/counter.toml::locked[small]",
        "scenarios/counter.toml::locked[two_is_seen]",
        "scenarios/counter.toml::unlocked[no_lost_update]",
        "scenarios/counter.toml::unlocked[small]",
        "test_own.py::test_own",
    ]
    assert "6 passed" in done.stdout
    assert done.returncode == 0


def test_patterns_in_the_settings_ask_too(project: Project) -> None:
    (project.folder / "pytest.ini").write_text("[pytest]\nshootdown_scenarios =\n    scenarios/*.toml\n")
    done = project.pytest("--collect-only")
    assert "6 tests collected" in done.stdout
    assert "settings.toml" not in done.stdout


def test_a_failure_is_the_diagram_at_the_line_that_expects(project: Project) -> None:
    project.write("lost", BASE + ADDERS + '[expect]\nsmall = "holds"\nno_lost_update = "holds"\n')
    done = project.pytest("--shootdown", "scenarios/lost.toml")
    assert done.returncode == 1
    assert "1 failed, 1 passed" in done.stdout
    assert "lost: no_lost_update: expected holds, found violated" in done.stdout
    assert "no_lost_update is violated: Every CPU's addition counts" in done.stdout
    assert "cpu0     cpu1" in done.stdout
    assert "Traceback" not in done.stdout
    assert "pytest_plugin.py" not in done.stdout
    assert "lost.toml::no_lost_update" in done.stdout


def test_what_nobody_expected_anything_of_fails_too(project: Project) -> None:
    project.write("stuck", BASE + '[agents]\ncpu0 = ["take"]\ncpu1 = ["take"]\n[expect]\nsmall = "holds"\n')
    done = project.pytest("--shootdown", "scenarios/stuck.toml")
    assert done.returncode == 1
    assert "stuck: no_deadlock: expected holds, found violated" in done.stdout


def test_a_twin_that_says_nothing_is_vacuous_as_in_a_check(project: Project) -> None:
    text = BASE + (
        '[[variant]]\nname = "bad"\n[variant.agents]\ncpu0 = ["add x"]\ncpu1 = ["add x"]\n'
        '[variant.expect]\nno_lost_update = "violated"\n'
        '[[variant]]\nname = "good"\ndesign.with = ["add_is_locked"]\n[variant.agents]\ncpu0 = ["take", "add x"]\n'
        'cpu1 = ["add x"]\n[variant.expect]\nno_lost_update = "holds"\n'
    )
    project.write("vacuous", text)
    done = project.pytest("--shootdown", "scenarios/vacuous.toml")
    assert "good: no_lost_update: expected holds, found vacuous" in done.stdout


MISTAKES = {
    "unknown": (BASE + ADDERS + '[expect]\nsmal = "holds"\n', "unknown property 'smal'; did you mean 'small'?"),
    "verdict": (BASE + ADDERS + '[expect]\nsmall = "hold"\n', "expect.small"),
    "syntax": ("[expect\n", "not TOML"),
}


def test_a_mistake_is_told_where_it_is(project: Project) -> None:
    for name, (text, _) in MISTAKES.items():
        project.write(name, text)
    done = project.pytest("--shootdown", "--continue-on-collection-errors", "scenarios")
    assert done.returncode == 1
    assert "5 passed" in done.stdout
    for name, (_, message) in MISTAKES.items():
        assert any(name in line and message in line for line in done.stdout.splitlines())
    assert "Traceback" not in done.stdout


def test_a_file_named_on_the_command_line_is_a_scenario(project: Project) -> None:
    done = project.pytest("--shootdown", "settings.toml")
    assert done.returncode == 2
    assert "settings.toml: tool: unknown key" in done.stdout


def test_processes_of_xdist_agree_and_use_the_cache(project: Project, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    for processes in (["-p", "xdist", "-n", "2"], []):
        done = project.pytest("--shootdown", *processes, cache=cache)
        assert "6 passed" in done.stdout
    entries = list((cache / "shootdown" / "verdicts").glob("*/*.verdict"))
    assert len(entries) == 2


def test_the_package_brings_the_plugin() -> None:
    project: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    (module,) = project["entry-points"]["pytest11"].values()
    assert hasattr(import_module(module), "pytest_collect_file")
