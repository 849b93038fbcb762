"""The register machine is built beside something else."""

from __future__ import annotations

from pathlib import Path

import pytest

from shootdown.checker.explicit import beforehand
from shootdown.checker.explicit.beforehand import machine_built
from shootdown.checker.explicit.build import Builder, NoCompiler, default_builder


@pytest.fixture
def builder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Builder:
    try:
        own = Builder(compiler=default_builder().compiler, folder=tmp_path / "built")
    except NoCompiler as reason:
        pytest.skip(str(reason))
    monkeypatch.setattr(beforehand, "default_builder", lambda: own)
    return own


def libraries(builder: Builder) -> list[Path]:
    return list(builder.folder.rglob("*.so"))


def test_it_is_there_behind_the_block(builder: Builder) -> None:
    with machine_built():
        pass
    assert len(libraries(builder)) == 1


def test_a_block_that_fails_ends_the_build(builder: Builder) -> None:
    with pytest.raises(KeyboardInterrupt), machine_built():
        raise KeyboardInterrupt
    assert libraries(builder) == []
    builder.load("unsigned long alone;", "alone")


def test_without_a_compiler_the_block_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> Builder:
        raise NoCompiler("no C compiler found")

    monkeypatch.setattr(beforehand, "default_builder", none)
    with machine_built():
        ran = True
    assert ran
