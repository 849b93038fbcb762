"""Scenario files: what is accepted, how variants merge, and what each mistake is told as."""

from __future__ import annotations

from pathlib import Path

import pytest

from shootdown.checker.scenario import ScenarioError
from shootdown.checker.scenario.document import Scenario, read_file, read_text

HOLDS = 'expect.p = "holds"\n'


def read(text: str) -> tuple[Scenario, ...]:
    return read_text(text, Path("race.toml"), "race")


def complaint(text: str) -> str:
    with pytest.raises(ScenarioError) as caught:
        read(text)
    return str(caught.value)


def test_a_file_without_variants_is_one_scenario_of_its_name() -> None:
    (scenario,) = read(HOLDS + 'title = "t"\nsource = "C14"\n')
    assert (scenario.name, scenario.variant) == ("race", "")
    assert scenario.tables.source == ["C14"]
    assert scenario.tables.model == ["kernel"]


def test_a_list_is_a_program_and_a_verdict_is_an_expectation() -> None:
    (scenario,) = read(HOLDS + 'agents.cpu0 = ["store A buf"]\n')
    assert scenario.tables.agents["cpu0"].program == ["store A buf"]
    assert scenario.tables.expect["p"].verdict == "holds"


def test_devices_keep_their_order_and_their_given_values() -> None:
    (scenario,) = read(HOLDS + '[world.Device.b]\ntype = "x"\nmm = "A"\n[world.Device.a]\ntype = "y"\n')
    assert list(scenario.tables.world.devices) == ["b", "a"]
    assert scenario.tables.world.devices["b"].__pydantic_extra__ == {"mm": "A"}


def test_variants_merge_tables_by_key_and_replace_all_else() -> None:
    text = """
    title = "base"
    setup = ["a: x"]
    [world]
    Cpu = 2
    Mm = ["A"]
    [design]
    preset = "p"
    with = ["m"]
    [agents]
    cpu0 = ["x"]
    cpu1 = ["y"]
    [expect]
    p = "violated"
    q = "holds"
    [[variant]]
    name = "safe"
    setup = []
    world.Mm = ["A", "B"]
    design.with = ["m", "n"]
    agents.cpu1 = { any = ["*"], budget = 2 }
    expect = { p = "holds" }
    [[variant]]
    name = "bug"
    """
    safe, bug = read("\n".join(line.strip() for line in text.splitlines()))
    assert [safe.name, bug.name] == ["race/safe", "race/bug"]
    assert safe.tables.world.elements == {"Cpu": 2, "Mm": ("A", "B")}
    assert (safe.tables.design.preset, safe.tables.design.with_) == ("p", ["m", "n"])
    assert safe.tables.setup == []
    assert safe.tables.agents["cpu0"].program == ["x"]
    assert safe.tables.agents["cpu1"].any_ == ["*"]
    assert list(safe.tables.expect) == ["p"]
    assert list(bug.tables.expect) == ["p", "q"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("titel = 'x'\n", "race.toml: titel: unknown key; did you mean 'title'?"),
        ("title = 3\n", "race.toml: title: expected a string, found 3"),
        (
            "[agents]\ncpu0 = ['a', 3]\n",
            "race.toml: agents.cpu0.program[1]: expected a string, found 3",
        ),
        ("agents.cpu0 = 3\n", "race.toml: agents.cpu0: expected a list of lines or a table, found 3"),
        ("agents.cpu0 = {progam = []}\n", "race.toml: agents.cpu0.progam: unknown key; did you mean 'program'?"),
        (
            "agents.nic = {any = ['x']}\n",
            "race.toml: agents.nic: 'any' needs a 'budget': a number of operations, or 'forever'",
        ),
        (
            "agents.nic = {any = ['x'], budget = -1}\n",
            "race.toml: agents.nic.budget: expected a number of operations, up to 10000, or 'forever'",
        ),
        (
            "agents.nic = {any = ['x'], budget = 10001}\n",
            "race.toml: agents.nic.budget: expected a number of operations, up to 10000, or 'forever'",
        ),
        ("agents.nic = {title = 'x'}\n", "race.toml: agents.nic: expected either 'program' or 'any'"),
        ("world.Cpu = -1\n", "race.toml: world.Cpu: -1 elements: from 0 to 64"),
        ("world.Cpu = ['a', 'a']\n", "race.toml: world.Cpu: 'a' is listed twice"),
        ("world.Cpu = ['a b']\n", "race.toml: world.Cpu: 'a b' is not a name: no spaces, none of : * { }"),
        ("world.Device.nic = {}\n", "race.toml: world.Device.nic.type: is missing"),
        (
            "[world.Device.'n c']\ntype = 'x'\n",
            "race.toml: world.Device: 'n c' is not a name: no spaces, none of : * { }",
        ),
        ("model = 3\n", "race.toml: model: expected a text or a list of texts, found 3"),
        ("world.given.K = [1]\n", "race.toml: world.given.K: expected a name, a number or a truth"),
        ("hardware.tlb = 'on'\n", "race.toml: hardware.tlb: expected a list of operations or 'off', found 'on'"),
        ("design = [1]\n", "race.toml: design: expected a table, found something else"),
        (
            "expect.q = 'violate'\n",
            "race.toml: expect.q.verdict: expected 'violated', 'holds' or 'vacuous', found 'violate'",
        ),
        (
            "expect.q = {verdict = 'holds', step = 'x'}\n",
            "race.toml: expect.q: 'agent', 'step' and 'depth' go with the verdict 'violated'",
        ),
        ("expect.q = 3\n", "race.toml: expect.q: expected a verdict or a table, found 3"),
        ("variant = 3\n", "race.toml: variant: expected tables: write [[variant]]"),
        ("[[variant]]\n", "race.toml: variant[0].name: expected a name of letters, digits and any of _ . + -"),
        (
            "[[variant]]\nname = 'a'\n[[variant]]\nname = 'a'\n",
            "race.toml: variant[1].name: a second variant called 'a'",
        ),
        (
            "[[variant]]\nname = 'a'\ndesign.wiht = []\n",
            "race.toml: variant 'a': design.wiht: unknown key; did you mean 'with'?",
        ),
    ],
)
def test_a_mistake_is_told_with_the_path_of_its_key(text: str, message: str) -> None:
    assert complaint(HOLDS + text) == message


def test_a_mistake_of_the_file_is_not_told_once_for_each_variant() -> None:
    text = HOLDS + "design.wiht = []\n[[variant]]\nname = 'a'\ntitle = 'x'\n[[variant]]\nname = 'b'\ntitle = 'y'\n"
    assert complaint(text) == "race.toml: design.wiht: unknown key; did you mean 'with'?"


def test_every_mistake_of_a_file_is_told() -> None:
    assert len(complaint(HOLDS + "title = 3\nmodel = 4\n").splitlines()) == 2


def test_a_syntax_error_has_line_and_column() -> None:
    assert complaint("title = 'x'\nworld = = 3\n") == "race.toml:2:9: not TOML: invalid value"


def test_a_scenario_that_expects_nothing_is_refused() -> None:
    assert "nothing is expected" in complaint("title = 'x'\n")
    assert complaint(HOLDS + "[[variant]]\nname = 'a'\nexpect = {}\n").startswith("race.toml: variant 'a': nothing is")


def test_files_that_cannot_be_read_are_told_with_the_reason(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="cannot be read: No such file"):
        read_file(tmp_path / "none.toml")
    (tmp_path / "bytes.toml").write_bytes(b"title = '\xff'")
    with pytest.raises(ScenarioError, match="not UTF-8 text: byte 9"):
        read_file(tmp_path / "bytes.toml")


def test_a_byte_order_mark_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "marked.toml").write_text("\ufeff" + HOLDS, encoding="utf-8")
    (scenario,) = read_file(tmp_path / "marked.toml")
    assert list(scenario.tables.expect) == ["p"]
