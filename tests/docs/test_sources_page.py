"""Every short name that a scenario cites is explained."""

from __future__ import annotations

import re
import tomllib

from commands import ROOT

from shootdown.checker.scenario import bundled_files

SHORT = re.compile(r"[BCLM]\d+|negative control \d")


def cited() -> set[str]:
    """The short names in the `source` of bundled scenarios."""
    names: set[str] = set()
    for path in bundled_files().values():
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
        for table in (tables, *tables.get("variant", ())):
            names |= {name for name in table.get("source", ()) if SHORT.fullmatch(name)}
    return names


def test_every_short_name_is_explained() -> None:
    page = (ROOT / "docs" / "sources.md").read_text(encoding="utf-8")
    wanted = {name.replace("negative control ", "") + ":" if " " in name else name for name in cited()}

    assert len(wanted) > 20
    assert sorted(name for name in wanted if not re.search(rf"\b{re.escape(name)}", page)) == []
