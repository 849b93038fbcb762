"""No block of the documentation is only prose: commands exist and take their options, files parse, Python is Python.

Pages whose blocks are fenced run as a whole (`pages.Page`); the blocks of the others are told apart by how they begin.
"""

from __future__ import annotations

import ast
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import pytest
from commands import ROOT
from markdown_it import MarkdownIt

from shootdown.checker.cli.commands import cli
from shootdown.model.language import read_model

PAGES = [ROOT / "README.md", ROOT / "ARCHITECTURE.md", ROOT / "CONTRIBUTING.md", ROOT / "examples" / "README.md"]
PAGES += sorted((ROOT / "docs").glob("*.md"))
FENCED = ("console", "diff", "python", "toml")


@dataclass(frozen=True)
class Block:
    """An indented block of a page."""

    page: Path
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.page.name}:{self.line}"


def blocks() -> list[Block]:
    """The indented blocks of all pages."""
    return [
        Block(page, token.map[0] + 1, token.content)
        for page in PAGES
        for token in MarkdownIt().parse(page.read_text(encoding="utf-8"))
        if token.type == "code_block" and token.map is not None
    ]


def check(text: str) -> str | None:
    """What is wrong with the block; None: nothing."""
    first = text.splitlines()[0]
    if re.match(r"(\$ )?(shootdown|make|git|pip|pytest|python) ", first):
        return _commands(text)
    if first.startswith("{"):
        return None if "}" in text else "JSON that does not end"
    if re.match(r"[\w/]+/ ", first):
        missing = [name for name in re.findall(r"^([\w/]+)/ ", text, re.MULTILINE) if not (ROOT / name).is_dir()]
        return f"no such folders: {missing}" if missing else None
    if re.match(r'[\w.]+ = |\[+["\w]', first) and "Mechanism(" not in first:
        tomllib.loads(text)
        return None
    return _python(text)


def _python(text: str) -> str | None:
    """Tests run, models are read; what is a part of something larger only parses."""
    tree = ast.parse(text)
    modules = {node.module for node in tree.body if isinstance(node, ast.ImportFrom)}
    if "shootdown.model" in modules:
        with TemporaryDirectory() as folder:
            file = Path(folder, "block.py")
            file.write_text(text, encoding="utf-8")
            read_model([file])
    elif any(isinstance(node, ast.Import) for node in tree.body) or "shootdown" in modules:
        names: dict[str, object] = {}
        exec(compile(tree, "block", "exec"), names)
        tests = [value for name, value in names.items() if name.startswith("test_") and callable(value)]
        for test in tests:
            test()
        return None if tests else "Python that tests nothing"
    return None


def _commands(text: str) -> str | None:
    for line in text.splitlines():
        words = re.split(r"  +|#", line.removeprefix("$ "))[0].split()
        if words[:1] == ["shootdown"]:
            wrong = _command(words[1:])
            if wrong is not None:
                return f"{wrong}: {line}"
        elif words[:1] == ["python"]:
            wrong = _script(words[1:])
            if wrong is not None:
                return f"{wrong}: {line}"
        elif words[:1] == ["make"] and f"\n{words[1]}:" not in (ROOT / "Makefile").read_text():
            return f"no target of the Makefile: {line}"
        if line.startswith("$ "):
            # What follows is what the command prints: the test of its page compares that.
            break
    return None


def _script(words: list[str]) -> str | None:
    script = ROOT / words[0]
    if not script.is_file():
        return f"no script {words[0]}"
    missing = [word for word in words if word.startswith("--") and f'"{word}"' not in script.read_text("utf-8")]
    return f"no option {', '.join(missing)}" if missing else None


def _command(words: list[str]) -> str | None:
    context = click.Context(cli)
    for name in words[0].split("|"):
        command = cli.get_command(context, name)
        if command is None:
            return f"no command '{name}'"
        known = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
        for word in words[1:]:
            option = re.match(r"\[?(--[\w-]+)", word)
            if option and option[1] not in known:
                return f"no option {option[1]}"
    return None


@pytest.mark.parametrize("block", blocks(), ids=str)
def test_the_block_is_what_it_looks_like(block: Block) -> None:
    assert check(block.text) is None


def test_fenced_blocks_say_what_they_are() -> None:
    fences = [
        (page.name, token.info.split()[:1])
        for page in PAGES
        for token in MarkdownIt().parse(page.read_text(encoding="utf-8"))
        if token.type == "fence"
    ]
    assert [
        found for found in fences if found[1] not in [[kind] for kind in (*FENCED, "yaml", "json", "ini", "groovy")]
    ] == []


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("shootdown chek x\n", "no command 'chek': shootdown chek x"),
        ("shootdown check x --fast\n", "no option --fast: shootdown check x --fast"),
        ("make nothing\n", "no target of the Makefile: make nothing"),
        ("nothing/   not here\n", "no such folders: ['nothing']"),
    ],
)
def test_what_is_wrong_is_found(text: str, wrong: str) -> None:
    assert check(text) == wrong


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    assert [target for target in targets if "://" not in target and not (page.parent / target).exists()] == []
