"""The lists in pyproject.toml name every package and every data file: what they leave out is missing from the wheel."""

from __future__ import annotations

import tomllib
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
IGNORED = {"__pycache__"}
DOCUMENTS = {".md"}


def settings() -> dict[str, Any]:
    found: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    return found


def package_folders() -> dict[str, Path]:
    """Every folder with Python files, by the name of its package."""
    found = {"shootdown": ROOT / "src" / "shootdown"}
    for layer in ("model", "properties", "checker"):
        for file in (ROOT / layer).rglob("*.py"):
            folder = file.parent
            found["shootdown." + ".".join(folder.relative_to(ROOT).parts)] = folder
    return found


def test_every_package_is_listed() -> None:
    assert sorted(settings()["packages"]) == sorted(package_folders())


def test_every_package_has_an_init_file() -> None:
    assert [name for name, folder in package_folders().items() if not (folder / "__init__.py").exists()] == []


def test_every_data_file_is_listed() -> None:
    data: dict[str, list[str]] = settings()["package-data"]
    shipped: set[Path] = set()
    for package, patterns in data.items():
        folder = package_folders()[package]
        shipped |= {path for pattern in patterns for path in folder.glob(pattern)}
    wanted = {
        path
        for layer in ("model", "properties", "checker")
        for path in (ROOT / layer).rglob("*")
        if path.is_file() and path.suffix not in {".py", *DOCUMENTS} and not IGNORED & set(path.parts)
    }
    assert sorted(str(path.relative_to(ROOT)) for path in wanted - shipped) == []


def test_no_pattern_of_the_data_files_is_idle() -> None:
    data: dict[str, list[str]] = settings()["package-data"]
    idle = [
        (package, pattern)
        for package, patterns in data.items()
        for pattern in patterns
        if not any(True for _ in package_folders()[package].glob(pattern)) and not fnmatch(pattern, "*/*/*")
    ]
    assert idle == []


def test_the_links_lead_to_the_three_folders() -> None:
    for layer in ("model", "properties", "checker"):
        assert (ROOT / "src" / "shootdown" / layer).resolve() == ROOT / layer
