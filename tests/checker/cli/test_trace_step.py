"""`trace --step`, driven by lines of commands, and `trace --explain`."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from commands import ROOT, Said, Shell

Step = Callable[..., Said]

PLAIN = f"{ROOT}/tests/cases/account/account.toml/plain"


@pytest.fixture
def step(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> Step:
    def stepped(*commands: str, of: str = PLAIN) -> Said:
        monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{command}\n" for command in commands)))
        return shell("trace", of, "--step")

    return stepped


def after(said: Said, prompt: str) -> list[str]:
    """What was answered to the command behind a prompt."""
    lines = said.out.splitlines()
    first = lines.index(prompt) + 1
    end = next((number for number in range(first, len(lines)) if lines[number].startswith("[")), len(lines))
    return lines[first:end]


def test_an_empty_line_is_the_next_step_with_what_it_changed_and_the_state(step: Step) -> None:
    said = step("n 2", "")
    assert (said.code, said.err) == (0, "")
    assert after(said, "[2/4]") == [
        "step 3 of 4  cpu1 add > write",
        "    word = 1, was 0",
        "    tests/cases/account/account.py:73:9",
        "  word                     *1",
        "1 way on (w)",
    ]


def test_the_end_says_what_is_violated(step: Step) -> None:
    said = step("e", "")
    assert "    violates adds_up: Every CPU's addition counts, and nothing else does" in after(said, "[0/4] e")
    assert after(said, "[4/4]") == ["this is the end of the trace; a number of the list (w) goes on"]


def test_one_leaves_the_trace_and_returns(step: Step) -> None:
    said = step("g 1", "w", "1", "n 9", "l", "", "r", "u", "u")
    assert after(said, "[1/4] w") == ["     1  cpu0 add > write", ">    2  cpu1 add          may happen"]
    assert after(said, "[1/4] 1")[0] == "step 2, off the trace since step 1  cpu0 add > write"
    assert after(said, "[4 off] l") == [
        "   1  cpu0 add",
        "   2* cpu0 add > write",
        "   3* cpu1 add",
        "   4* cpu1 add > write",
    ]
    assert after(said, "[4 off]")[0] == "off the trace: choose a number, or return with r"
    assert after(said, "[4 off] r")[0] == "step 1 of 4  cpu0 add"
    assert after(said, "[0/4] u") == ["this is the start"]


def test_state_agents_and_property_are_shown_on_demand(step: Step) -> None:
    said = step("t", "n 2", "s", "S lock", "s lock", "s nothing", "a", "p", "v", "q", "n")
    assert after(said, "[0/4] n 2") == [
        "step 2 of 4  cpu1 add",
        "    tests/cases/account/account.py:58:1",
        "2 ways on (w)",
    ]
    assert after(said, "[2/4] S lock") == ["  lock                     False"]
    assert after(said, "[2/4] s lock") == ["  nothing"]
    assert after(said, "[2/4] s nothing") == ["  nothing of that name"]
    assert after(said, "[2/4] a") == [
        "  cpu0  in front of write; seen = 0",
        "  cpu1  in front of write; seen = 0",
    ]
    assert after(said, "[2/4] p")[-1] == "  false here"
    assert after(said, "[2/4] v")[0] == "start, step 0 of 4"
    assert said.out.splitlines()[-1] == "[0/4] q"


def test_mistakes_are_told_and_change_nothing(step: Step) -> None:
    said = step("x", "g 9", "7", "u x", "n x", "?")
    assert after(said, "[0/4] x") == ["no command 'x'; ? lists them"]
    assert after(said, "[0/4] g 9") == ["g takes the number of a step of the trace, 0 to 4"]
    assert after(said, "[0/4] 7")[0] == "no way 7: there are 2"
    assert after(said, "[0/4] u x") == ["u takes a number of steps"]
    assert after(said, "[0/4] n x") == ["n takes a number of steps"]
    assert any(line.startswith("g N ") for line in after(said, "[0/4] ?"))
    assert all(len(line) <= 100 and line == line.rstrip() for line in said.out.splitlines())


def test_what_cannot_be_stepped_through_is_refused(shell: Shell) -> None:
    assert shell("trace", PLAIN, "--step", "--format", "json").code == 2
    said = shell("trace", f"{ROOT}/tests/cases/account/account.toml/locked", "--step")
    assert (said.code, said.out.startswith("no trace")) == (0, True)


def test_explain_says_what_would_have_stopped_it_and_where(shell: Shell) -> None:
    said = shell("trace", PLAIN, "--explain")
    assert (said.code, said.err) == (0, "")
    lines = said.out.splitlines()
    assert lines[:8] == [
        "account/plain: adds_up is violated in 4 steps",
        "",
        "would have stopped it",
        "  add_way = locked",
        "    step 1, add of cpu0: goes on with read, not with write",
        "    the design is safe: no other run goes wrong either",
        "  add_way = atomic",
        "    step 1, add of cpu0: goes on with nothing more, not with write",
    ]
    # Without the reset the word starts at one, and the same schedule then makes it two.
    assert "  without reset_clears" in lines
    assert "    only this run is stopped: adds_up violated (4)" in lines
    assert "no difference:  early_unlock" not in lines
    assert "not read by it:  early_unlock" in lines


def test_explain_as_json_has_every_alternative(shell: Shell) -> None:
    said = shell("trace", PLAIN, "--explain", "--format", "json")
    data = json.loads(said.out)
    (trace,) = data["traces"]
    assert (data["format"], trace["property"], trace["depth"]) == ("shootdown-explain", "adds_up", 4)
    told = {(each["mechanism"], each["alternatives"][0]): each for each in trace["mechanisms"]}
    assert told.keys() == {
        ("add_way", "LOCKED"),
        ("add_way", "ATOMIC"),
        ("early_unlock", "True"),
        ("reset_clears", "False"),
        ("traced", "True"),
    }
    assert (told["add_way", "LOCKED"]["stopped"], told["add_way", "LOCKED"]["step"]) == (True, 1)
    assert told["early_unlock", "True"]["fate"] == "unread"
    assert (told["reset_clears", "False"]["fate"], told["reset_clears", "False"]["step"]) == ("spared", 0)
    assert told["reset_clears", "False"]["verdicts"][0]["verdict"] == "violated"


def test_a_saved_trace_can_be_explained_where_its_scenario_is_at_hand(shell: Shell, tmp_path: Path) -> None:
    saved = tmp_path / "saved.json"
    saved.write_text(shell("trace", PLAIN, "--format", "json").out)
    said = shell("trace", saved, "--explain")
    assert said.code == 2
    assert "account/plain is not at hand: only its saved trace can be shown" in said.err
    report = tmp_path / "report.json"
    report.write_text(shell("check", PLAIN, "--format", "json").out)
    assert shell("trace", report, "--explain", "--property", "adds_up").out == shell("trace", PLAIN, "--explain").out
