"""Imports point one way: model <- properties <- checker; engines and reports do not know each other."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LAYERS = ("model", "properties", "checker")
ENGINES = ("interpreter", "explicit")
MODEL_FILES = (ROOT / "model" / "kernel", ROOT / "properties")
"""Files that the checker reads and never imports; what they may import is the language's affair."""


def sources(folder: str) -> Iterator[Path]:
    for path in sorted((ROOT / folder).rglob("*.py")):
        if not any(path.is_relative_to(each) for each in MODEL_FILES):
            yield path


def imports(path: Path) -> Iterator[str]:
    """The full names of the modules that a file of the package imports."""
    package = ("shootdown", *path.relative_to(ROOT).parent.parts)
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join([*base, *([node.module] if node.module else [])])
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("layer", LAYERS)
def test_a_layer_imports_only_what_is_below_it(layer: str) -> None:
    above = LAYERS[LAYERS.index(layer) + 1 :]
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in sources(layer)
        for name in imports(path)
        if name.startswith(tuple(f"shootdown.{each}" for each in above))
    ]
    assert not wrong


def test_the_model_imports_the_standard_library_and_itself() -> None:
    foreign = {
        name.partition(".")[0]
        for path in sources("model")
        for name in imports(path)
        if name.partition(".")[0] not in {*sys.stdlib_module_names, "shootdown"}
    }
    assert not foreign


@pytest.mark.parametrize("engine", ENGINES)
def test_an_engine_does_not_import_another(engine: str) -> None:
    others = tuple(f"shootdown.checker.{each}" for each in ENGINES if each != engine)
    wrong = [
        f"{path}: {name}" for path in sources(f"checker/{engine}") for name in imports(path) if name.startswith(others)
    ]
    assert not wrong


def test_reports_know_traces_and_verdicts_and_no_engine() -> None:
    engines = tuple(f"shootdown.checker.{each}" for each in (*ENGINES, "registry", "searching"))
    wrong = [
        f"{path}: {name}" for path in sources("checker/report") for name in imports(path) if name.startswith(engines)
    ]
    assert not wrong


def test_across_layers_imports_are_absolute_and_inside_they_are_relative() -> None:
    wrong = []
    for layer in LAYERS:
        for path in sources(layer):
            for node in ast.walk(ast.parse(path.read_text())):
                if not isinstance(node, ast.ImportFrom):
                    continue
                climbs = node.level > len(path.relative_to(ROOT).parent.parts)
                if climbs or (node.level == 0 and (node.module or "").startswith(f"shootdown.{layer}.")):
                    wrong.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert not wrong


def test_the_command_line_starts_without_the_heavy_libraries() -> None:
    code = (
        "import sys; import shootdown.checker.cli.check, shootdown.checker.cli.complaints; "
        "print(*sorted({'z3', 'networkx', 'rich', 'junitparser', 'model', 'checker', 'properties'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
