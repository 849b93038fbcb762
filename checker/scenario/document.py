"""A scenario file: TOML text to validated tables, one set for each variant."""

from __future__ import annotations

import hashlib
import re
import tomllib
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from .problem import Problem, ScenarioError, did_you_mean, key_path
from .schema import AgentTable, DesignTable, DeviceTable, ExpectTable, Tables, WorldTable

Raw = dict[str, Any]


@dataclass(frozen=True)
class Scenario:
    """One thing to check: a file, or one variant of it.

    `name` is what commands and reports call it. `digest` is that of the whole file's text: what a report says of a
    variant may be about its twins.
    """

    name: str
    path: Path
    variant: str
    tables: Tables
    raw_variant: Raw
    position: int
    digest: str = ""

    @property
    def file_name(self) -> str:
        """The name without the variant."""
        return self.name.removesuffix(f"/{self.variant}") if self.variant else self.name

    @property
    def shown_path(self) -> str:
        """The path as a user may find it."""
        return shown(self.path)

    @property
    def story(self) -> str:
        """Everything but the design and what is expected of it: equal for twins."""
        tables = self.tables
        return repr(
            (tables.model, tables.kernel, tables.properties, tables.world, tables.setup, tables.hardware, tables.agents)
        )

    def error(self, key: str, text: str) -> ScenarioError:
        """A mistake under a key of the merged tables, told at the place in the file that says it."""
        return ScenarioError(self.path, Problem(_placed(key, self.raw_variant, self.variant), text))


def shown(path: Path) -> str:
    """A path as a user may find it: from the current folder; for a bundled file that was installed, the same wherever
    that is."""
    path, package = path.resolve(), Path(str(files("shootdown.model"))).resolve()
    if path.is_relative_to(package) and "site-packages" in package.parts:
        return f"shootdown/model/{path.relative_to(package)}"
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def read_file(path: Path, name: str | None = None) -> tuple[Scenario, ...]:
    """The scenarios of a file, in its order; `name` replaces the file's own. Raises ScenarioError."""
    return read_text(_text(path), path, name or path.stem)


def read_text(text: str, path: Path, name: str) -> tuple[Scenario, ...]:
    """As `read_file`, from the text of a file that stands at `path`."""
    raw, digest = _parse(text, path), digest_of(text)
    variants = _variants(raw, path)
    base = {key: value for key, value in raw.items() if key != "variant"}
    if not variants:
        return (replace(_scenario(name, path, base, {}, None, 0), digest=digest),)
    found: list[Scenario] = []
    problems: dict[Problem, None] = {}
    for position, variant in enumerate(variants):
        changes = {key: value for key, value in variant.items() if key != "name"}
        try:
            found.append(replace(_scenario(name, path, base, changes, variant["name"], position), digest=digest))
        except ScenarioError as error:
            problems.update(dict.fromkeys(error.problems))
    if problems:
        raise ScenarioError(path, *problems)
    return tuple(found)


def digest_of(text: str) -> str:
    """What tells the text of a file from another."""
    return hashlib.sha256(text.encode()).hexdigest()


def merge(base: Raw, changes: Raw) -> Raw:
    """A variant's tables over the file's: tables merge key by key, all else replaces; `expect` replaces as a whole."""
    merged = _merged(base, changes)
    if "expect" in changes:
        merged["expect"] = changes["expect"]
    return merged


def _merged(base: Raw, changes: Raw) -> Raw:
    result = dict(base)
    for key, value in changes.items():
        before = result.get(key)
        result[key] = _merged(before, value) if isinstance(before, dict) and isinstance(value, dict) else value
    return result


def _scenario(name: str, path: Path, base: Raw, changes: Raw, variant: str | None, position: int) -> Scenario:
    merged = merge(base, changes)
    try:
        tables = Tables.model_validate(merged)
    except ValidationError as error:
        problems = [_problem(details, changes, variant or "") for details in error.errors(include_url=False)]
        raise ScenarioError(path, *problems) from None
    if not tables.expect:
        where = f"variant '{variant}'" if variant else ""
        raise ScenarioError(path, Problem(where, "nothing is expected: add [expect] with a verdict for a property"))
    full = f"{name}/{variant}" if variant else name
    return Scenario(full, path, variant or "", tables, changes, position)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ScenarioError(path, Problem("", f"not UTF-8 text: byte {error.start}")) from None
    except OSError as error:
        raise ScenarioError(path, Problem("", f"cannot be read: {error.strerror}")) from None


def _parse(text: str, path: Path) -> Raw:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        said = str(error)
        place = re.search(r" \(at line (\d+), column (\d+)\)$", said)
        if place is None:
            return _refuse(f"{path}", said.removesuffix(" (at end of document)") + ", at the end of the file")
        return _refuse(f"{path}:{place[1]}:{place[2]}", said[: place.start()])


def _refuse(where: str, text: str) -> Raw:
    raise ScenarioError(where, Problem("", f"not TOML: {text[:1].lower()}{text[1:]}"))


def _variants(raw: Raw, path: Path) -> list[Raw]:
    variants = raw.get("variant", [])
    if not isinstance(variants, list) or not all(isinstance(variant, dict) for variant in variants):
        raise ScenarioError(path, Problem("variant", "expected tables: write [[variant]]"))
    names: set[str] = set()
    for position, variant in enumerate(variants):
        name = variant.get("name")
        if not isinstance(name, str) or not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.+-]*", name):
            text = "expected a name of letters, digits and any of _ . + -"
            raise ScenarioError(path, Problem(f"variant[{position}].name", text))
        if name in names:
            raise ScenarioError(path, Problem(f"variant[{position}].name", f"a second variant called '{name}'"))
        names.add(name)
    return variants


def _problem(details: ErrorDetails, changes: Raw, variant: str) -> Problem:
    location = _location(details["loc"])
    text = _said(details, location)
    return Problem(_placed(key_path(location), changes, variant), text)


def _location(loc: tuple[str | int, ...]) -> tuple[str | int, ...]:
    """The place as the file writes it: the schema keeps elements and devices of the world apart."""
    if loc[:2] == ("world", "elements"):
        return ("world", *loc[2:])
    return ("world", "Device", *loc[2:]) if loc[:2] == ("world", "devices") else loc


def _said(details: ErrorDetails, location: tuple[str | int, ...]) -> str:
    kind = details["type"]
    if kind == "extra_forbidden":
        return f"unknown key{did_you_mean(str(location[-1]), _known(location[:-1]))}"
    if kind == "missing":
        return "is missing"
    expected = {
        "string_type": "a string",
        "list_type": "a list",
        "dict_type": "a table",
        "model_type": "a table",
        "model_attributes_type": "a table",
        "int_type": "a number",
    }.get(kind)
    expected = _either(location) or expected if expected in ("a table", "a list") else expected
    found = f"{details['input']!r:.40}" if not isinstance(details["input"], dict | list) else "something else"
    if expected:
        return f"expected {expected}, found {found}"
    if kind == "literal_error":
        words = details.get("ctx", {}).get("expected", "")
        return f"expected {words}, found {found}"
    return details["msg"]


def _either(location: tuple[str | int, ...]) -> str:
    """What may stand where a value has a short form too."""
    if len(location) == 1:
        return "a text or a list of texts" if location[0] in ("model", "properties", "source") else ""
    known = {
        "agents": "a list of lines or a table",
        "hardware": "a list of operations or 'off'",
        "expect": "a verdict or a table",
    }
    return known.get(str(location[0]), "") if len(location) == 2 else ""


def _known(location: tuple[str | int, ...]) -> list[str]:
    tables: dict[str, type[BaseModel]] = {"design": DesignTable, "agents": AgentTable, "expect": ExpectTable}
    table: type[BaseModel] = Tables
    if location:
        table = DeviceTable if location[:2] == ("world", "Device") else tables.get(str(location[0]), WorldTable)
    return [field.alias or name for name, field in table.model_fields.items()] + ([] if location else ["variant"])


def _placed(key: str, changes: Raw, variant: str) -> str:
    """The key with the variant in front if that variant says what stands there; no key stays none."""
    if not key:
        return key
    at: Any = changes
    for part in re.findall(r"[^.\[\]]+", key):
        if not isinstance(at, dict):
            break
        if part not in at:
            return key
        at = at[part]
    return f"variant '{variant}': {key}" if changes else key
