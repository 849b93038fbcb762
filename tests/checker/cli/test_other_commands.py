"""`show`, `list`, `trace`, `compile`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from commands import COUNTER, MODEL, Shell

from shootdown.checker.cli import output
from shootdown.model.ir.parse import parse_system
from shootdown.model.ir.print import print_system

UNLOCKED = f"{COUNTER}/unlocked"


def test_trace_prints_every_step(shell: Shell) -> None:
    said = shell("trace", UNLOCKED)
    assert said.code == 0
    assert said.out.splitlines()[:9] == [
        "counter/unlocked: two additions to one word",
        "",
        "cpu0     cpu1 (late)",
        "-------  --------------",
        "add x",
        "         add x",
        "           write  x = 1",
        "  write",
        "",
    ]


def test_a_saved_trace_is_executed_again(shell: Shell, tmp_path: Path) -> None:
    saved = tmp_path / "saved.json"
    saved.write_text(shell("trace", UNLOCKED, "--format", "json").out)
    said = shell("trace", saved)
    assert said.code == 0
    assert "counter/unlocked is not at hand" in said.err
    report = tmp_path / "report.json"
    report.write_text(shell("check", COUNTER, "--format", "json").out)
    said = shell("trace", report, "--property", "no_lost_update")
    assert (said.code, said.err) == (0, "")
    assert said.out == shell("trace", UNLOCKED, "--property", "no_lost_update").out


def test_a_saved_trace_of_another_model_is_refused(shell: Shell, tmp_path: Path) -> None:
    report = json.loads(shell("check", COUNTER, "--format", "json").out)
    for result in report["results"]:
        if result["trace"]:
            result["trace"]["digest"] = "0"
    (tmp_path / "report.json").write_text(json.dumps(report))
    said = shell("trace", tmp_path / "report.json")
    assert (said.code, "made from another version" in said.err) == (2, True)


def test_show_starts_with_what_matters_and_ends_with_the_steps(shell: Shell) -> None:
    said = shell("show", UNLOCKED)
    assert said.code == 0
    places = [
        said.out.index(text)
        for text in (
            "two additions to one word",
            "world\n  Cpu: cpu0, cpu1\n",
            "design\n",
            "agents\n  cpu0: add x\n  cpu1 (late): add x\n",
            "expected\n  no_lost_update: violated at step write\n",
            "why\n  Both CPUs",
            "symmetry\n  Cpu: no: ",
            "cpu0, cpu1 run one program",
            "steps of cpu0",
            "  write",
        )
    ]
    assert places == sorted(places)


def test_show_tells_of_a_design_what_the_scenario_names(shell: Shell) -> None:
    locked = f"{COUNTER}/locked"
    assert "add_is_locked: an addition" in shell("show", locked).out
    assert "order = first" not in shell("show", locked).out
    assert "order = first" in shell("show", locked, "--mechanisms").out


def test_list_names_what_a_model_declares(shell: Shell) -> None:
    assert "add {word}" in shell("list", "operations", UNLOCKED).out
    assert "no_lost_update\tat_end\t" in shell("list", "properties", UNLOCKED).out
    assert "first, any" in shell("list", "mechanisms", UNLOCKED).out
    assert "counter/locked" in shell("list", "scenarios", MODEL.parent).out


def test_the_bundled_lists_are_not_empty(shell: Shell) -> None:
    for what in ("scenarios", "operations", "properties", "mechanisms"):
        said = shell("list", what)
        assert said.code == 0
        assert len(said.out.splitlines()) > 5


def test_the_ir_parses_back(shell: Shell) -> None:
    text = shell("compile", UNLOCKED, "--emit", "ir").out
    assert print_system(parse_system(text)).strip() == text.strip()


def test_the_c_has_the_labels_as_comments(shell: Shell) -> None:
    text = shell("compile", UNLOCKED, "--emit", "c").out
    assert "write" in text
    assert "{" in text


def test_help_names_the_exit_codes(shell: Shell) -> None:
    for args in (("--help",), ("check", "--help")):
        said = shell(*args)
        assert said.code == 0
        assert "130 interrupted" in " ".join(said.out.split())


def test_a_list_for_other_programs_has_its_fields_between_tabs(shell: Shell) -> None:
    lines = shell("list", "scenarios", MODEL.parent).out.splitlines()
    assert lines[0].split("\t") == ["scenario", "expects", "source", "title"]
    assert lines[1].split("\t") == [
        "counter/unlocked",
        "no_lost_update: violated, small: holds",
        "test",
        "two additions to one word",
    ]


def test_a_list_on_a_narrow_terminal_is_paragraphs(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(output, "on_terminal", lambda: True)
    monkeypatch.setattr(output, "terminal_width", lambda stream: 60)
    monkeypatch.setenv("NO_COLOR", "1")
    lines = shell("list", "scenarios", MODEL.parent).out.splitlines()
    assert lines[:4] == [
        "counter/unlocked",
        "    expects no_lost_update: violated, small: holds",
        "    source test",
        "    title two additions to one word",
    ]
    assert lines[4] == "counter/locked"
    assert max(map(len, lines)) <= 60
