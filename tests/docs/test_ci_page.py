"""What docs/ci.md says to write into the files of CI systems runs, and leaves the reports that it promises."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from commands import ROOT, Said, Shell
from pages import Page, fits

from shootdown.checker.cache.folder import cache_folder
from shootdown.checker.cache.memory import NO_CACHE

CONFIGURATIONS = (".github/workflows/shootdown.yml", ".gitlab-ci.yml", "Jenkinsfile")
COMMAND = re.compile(r"(?:run: |- |sh ')(shootdown [^'\n]*)")


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache without verdicts; native code that the user has already is used."""
    folder = tmp_path / "cache" / "shootdown"
    folder.mkdir(parents=True)
    if cache_folder().is_dir():
        for path in cache_folder().iterdir():
            if path.name != "verdicts":
                (folder / path.name).symlink_to(path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder.parent))
    monkeypatch.delenv(NO_CACHE)


@pytest.mark.usefixtures("cache")
def test_the_page_runs(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    request: pytest.FixtureRequest,
) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    shell = Shell(folder, capsys)

    def run(args: list[str]) -> Said:
        return shell(*args)

    page = Page(ROOT / "docs" / "ci.md", folder, run)
    if request.config.getoption("--update-golden"):
        page.update()

    shown = page.printed()

    assert len(shown) == 4
    assert [printed for block, printed in shown if not fits(block, printed)] == []


def commands(page: Path) -> list[str]:
    """What the configurations of the page run, of ours."""
    text = page.read_text(encoding="utf-8")
    found: list[str] = []
    for name in CONFIGURATIONS:
        block = text.partition(f" {name}\n")[2].partition("```")[0]
        found += COMMAND.findall(block)
    return found


@pytest.mark.usefixtures("cache")
def test_what_the_configurations_run_works_and_leaves_its_reports(tmp_path: Path) -> None:
    page = ROOT / "docs" / "ci.md"
    (tmp_path / "scenarios").mkdir()
    scenario = page.read_text().partition("```toml scenarios/zap.toml\n")[2].partition("```")[0]
    (tmp_path / "scenarios" / "zap.toml").write_text(scenario)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    summary = tmp_path / "summary.md"
    environment = {**os.environ, "PATH": path, "GITHUB_STEP_SUMMARY": str(summary)}
    found = commands(page)
    assert len(found) == len(CONFIGURATIONS)
    for command in found:
        done = subprocess.run(["bash", "-c", command], cwd=tmp_path, env=environment, capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, "")
        assert "all as expected" in done.stdout
    assert json.loads((tmp_path / "shootdown.sarif").read_text())["version"] == "2.1.0"
    assert ElementTree.parse(tmp_path / "shootdown.xml").getroot().get("tests") == "3"
    assert summary.read_text().startswith("## shootdown: 3 verdicts")


def test_every_option_that_the_page_names_exists(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    shell = Shell(tmp_path, capsys)
    known = shell("check", "--help").out + "--shootdown"
    text = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
    assert [option for option in set(re.findall(r"--[a-z]+(?:-[a-z]+)*", text)) if option not in known] == []
