"""Pages of the documentation whose fenced blocks run, in order, in a folder of their own.

`python FILE`, `toml FILE` and the like write a file, `diff` changes one, `console` has commands behind `$ ` and what
they print; a line `...` there stands for any lines, and times are not compared.
"""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from commands import Said

SECONDS = re.compile(r"\b\d+\.\d+( s\b|(?=  ))")
"""Times: followed by their unit, or in a column of a table."""
FILES = ("python", "toml", "yaml", "ini", "groovy")
FENCE = re.compile(r"^```(?P<kind>\w+)(?: (?P<file>\S+))?\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Page:
    """A page, the folder in which its blocks run, and how commands run there."""

    path: Path
    folder: Path
    run: Callable[[list[str]], Said]

    def blocks(self) -> list[tuple[str, str | None, str]]:
        """Kind, file and text of the fenced blocks, in order."""
        found = FENCE.finditer(self.path.read_text(encoding="utf-8"))
        return [(match["kind"], match["file"], match["text"]) for match in found]

    def printed(self) -> list[tuple[str, str]]:
        """Run all blocks; what each console block shows, and what it should show."""
        shown: list[tuple[str, str]] = []
        for kind, file, text in self.blocks():
            if kind == "console":
                shown.append((text, self._console(text)))
            elif kind == "diff":
                subprocess.run(["git", "apply", "-"], input=text, text=True, cwd=self.folder, check=True)
            else:
                assert kind in FILES, f"what is a {kind} block?"
                assert file is not None, f"a {kind} block without a file name"
                (self.folder / file).parent.mkdir(parents=True, exist_ok=True)
                (self.folder / file).write_text(text, encoding="utf-8")
        return shown

    def update(self) -> None:
        """Write what commands print into the page; blocks with elisions that still fit stay."""
        page = self.path.read_text(encoding="utf-8")
        for before, after in self.printed():
            if not fits(before, after):
                page = page.replace(f"```console\n{before}```", f"```console\n{after}```", 1)
        self.path.write_text(page, encoding="utf-8")

    def _console(self, text: str) -> str:
        out = ""
        for line in text.splitlines():
            if line.startswith("$ "):
                program, *args = shlex.split(line[2:])
                assert program == "shootdown"
                said = self.run(args)
                out += f"{line}\n{said.out}{said.err}"
        return out


def fits(shown: str, printed: str) -> bool:
    """Whether a console block shows what was printed."""
    lines = SECONDS.sub("TIME", shown).splitlines()
    pattern = "".join("(?:.*\n)*?" if line == "..." else f"{re.escape(line)}\n" for line in lines)
    return re.fullmatch(pattern, SECONDS.sub("TIME", printed)) is not None
