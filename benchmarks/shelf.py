"""Programs that compilers made of a model, kept so that the next run need not wait for them again."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Shelf:
    """A folder with a folder for each program, named for what it is made of."""

    folder: Path

    def build(self, parts: tuple[str, ...], make: Callable[[Path], float]) -> tuple[Path, float]:
        """The folder of what is made of such parts, and the processor seconds that making it took.

        `make` writes into the folder that it is given, and says the seconds.
        """
        place = self.folder / hashlib.sha256("\0".join(parts).encode()).hexdigest()[:24]
        told = place / "seconds"
        if not told.exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            scratch = Path(tempfile.mkdtemp(dir=self.folder, prefix="building-"))
            try:
                seconds = make(scratch)
                (scratch / "seconds").write_text(f"{seconds}\n")
                os.replace(scratch, place)
            except BaseException:
                shutil.rmtree(scratch, ignore_errors=True)
                raise
        return place, float(told.read_text())
