"""The command as a process: pipes that close, disks that are full, interrupts, terminals."""

from __future__ import annotations

import json
import os
import pty
import select
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
from commands import ADDERS, BASE, COUNTER, MODEL

COMMAND = [sys.executable, "-m", "shootdown"]


def test_a_reader_that_stops_reading_gets_no_traceback() -> None:
    command = " ".join([*COMMAND, "check", str(COUNTER), "--format", "json"])
    done = subprocess.run(["bash", "-c", f"{command} | true; exit ${{PIPESTATUS[0]}}"], capture_output=True, text=True)
    assert done.stderr == ""
    assert done.returncode in (0, 141)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk_is_one_message() -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run([*COMMAND, "check", str(COUNTER)], stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 2
    assert done.stderr == "error: standard output: No space left on device\n"
    done = subprocess.run([*COMMAND, "check", str(COUNTER), "--output", "/dev/full"], capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr == "error: /dev/full: No space left on device\n"


def worked(session: int) -> float:
    """Seconds that the processors have worked for a session of processes."""
    ticks = 0
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = path.read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12]) if int(fields[3]) == session else 0
    return ticks / os.sysconf("SC_CLK_TCK")


def interrupt(
    args: list[str], after: float, how: signal.Signals = signal.SIGINT, *, group: bool = True
) -> subprocess.CompletedProcess[str]:
    """A command that gets a signal after so many seconds of work, however busy the machine is."""
    process = subprocess.Popen(
        [*COMMAND, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    end = time.monotonic() + 60
    while worked(process.pid) < after and time.monotonic() < end:
        time.sleep(0.05)
    (os.killpg if group else os.kill)(process.pid, how)
    out, err = process.communicate(timeout=60)
    return subprocess.CompletedProcess(args, process.returncode, out, err)


@pytest.fixture
def endless(tmp_path: Path) -> Path:
    """A search that takes the interpreter minutes: six CPUs that shuffle six words for ever."""
    agents = "\n".join(f'cpu{number} = {{ any = ["shuffle *"], budget = "forever" }}' for number in range(6))
    world = 'world.Cpu = 6\nworld.Word = ["u", "v", "w", "x", "y", "z"]\n'
    path = tmp_path / "endless.toml"
    path.write_text(f'model = "{MODEL}"\n{world}[agents]\n{agents}\n[expect]\nno_deadlock = "holds"\n')
    return path


def test_an_interrupt_reports_what_was_covered(endless: Path) -> None:
    done = interrupt(["check", str(endless), "--engine", "interpreter", "--unreduced"], 2.0)
    assert (done.returncode, done.stderr) == (130, "")
    assert "stopped: interrupted after" in done.stdout


def test_an_interrupt_of_random_runs_reports_those_that_were_taken(endless: Path) -> None:
    done = interrupt(["simulate", str(endless), "--runs", "1000000"], 2.0)
    assert (done.returncode, done.stderr) == (130, "")
    assert " of at most 1000000 runs of at most 200 steps" in done.stdout
    assert "stopped: interrupted" in done.stdout
    done = interrupt(["simulate", str(endless), "--runs", "1000000", "--format", "json"], 2.0)
    report = json.loads(done.stdout)
    assert (done.returncode, report["exit_code"], report["stopped"]) == (130, 130, "interrupted")


def test_an_interrupt_of_a_profile_reports_the_states_until_then(tmp_path: Path) -> None:
    vast = tmp_path / "vast.toml"
    world = f"world.Cpu = 1\nworld.Word = {[*'abcdefghijklmnopqr']}\n"
    agents = '[agents]\ncpu0 = { any = ["shuffle *"], budget = "forever" }\n'
    vast.write_text(f'model = "{MODEL}"\n{world}{agents}[expect]\nno_deadlock = "holds"\n')
    done = interrupt(["profile", str(vast), "--unreduced", "--max-states", "1000000000"], 4.0)
    assert (done.returncode, done.stderr) == (130, "")
    assert done.stdout.startswith("before the search: about ")
    assert "stopped: interrupted; what follows is of the states until then" in done.stdout
    assert "what multiplies states (of the first 200,000 states):" in done.stdout


def test_an_interrupt_of_several_processes_reports_the_finished_ones(endless: Path, tmp_path: Path) -> None:
    quick = tmp_path / "a_quick.toml"
    quick.write_text(f'{BASE}{ADDERS}[expect]\nno_lost_update = "violated"\n')
    args = ["check", str(tmp_path), "--engine", "interpreter", "--unreduced", "--jobs", "2", "--format", "json"]
    done = interrupt(args, 2.5)
    assert (done.returncode, done.stderr) == (130, "")
    report = json.loads(done.stdout)
    assert report["interrupted"]
    assert {each["scenario"] for each in report["results"]} >= {"a_quick"}


@pytest.mark.parametrize("group", [True, False])
def test_a_job_that_is_cancelled_reports_as_one_that_is_interrupted(endless: Path, tmp_path: Path, group: bool) -> None:
    shutil.copy(endless, tmp_path / "another.toml")
    args = ["check", str(tmp_path), "--engine", "interpreter", "--unreduced", "--jobs", "2", "--format", "json"]
    done = interrupt(args, 2.5, signal.SIGTERM, group=group)
    assert (done.returncode, done.stderr) == (130, "")
    report = json.loads(done.stdout)
    assert report["interrupted"]
    assert report["errors"] == []


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_streams_that_are_closed_lead_nowhere(closed: str, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    command = " ".join([*COMMAND, "check", str(COUNTER), "--engine", "interpreter", "--output", f"json:{report}"])
    done = subprocess.run(["bash", "-c", f"{command} {closed}"], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert ("all as expected" in done.stdout) == (">&-" not in closed.replace("2>&-", ""))
    assert json.loads(report.read_text())["exit_code"] == 0


def test_a_terminal_gets_colour_its_width_and_a_progress_line(endless: Path) -> None:
    leader, follower = pty.openpty()
    command = [*COMMAND, "check", str(endless), "--engine", "interpreter", "--unreduced", "--max-seconds", "3"]
    environment = {key: value for key, value in os.environ.items() if key != "NO_COLOR"} | {"TERM": "xterm-256color"}
    process = subprocess.Popen(command, stdout=follower, stderr=follower, env=environment)
    os.close(follower)
    text = b""
    while process.poll() is None or select.select([leader], [], [], 0.2)[0]:
        if select.select([leader], [], [], 0.2)[0]:
            try:
                text += os.read(leader, 65536)
            except OSError:
                break
    os.close(leader)
    assert process.wait() == 3
    assert b"states, depth" in text
    told = [line for line in text.split(b"\r\x1b[K") if b"states, depth" in line and b"\n" not in line]
    assert max(map(len, told)) < 40
    assert b"\x1b[1m" in text


def test_python_dash_m_and_the_lazy_package() -> None:
    code = "import shootdown, sys; assert 'shootdown.checker' not in sys.modules; print(shootdown.check.__name__)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "check\n"
    done = subprocess.run([*COMMAND, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("shootdown, version")


@pytest.fixture
def no_compiler(tmp_path: Path) -> dict[str, str]:
    """An environment in which no C compiler is found."""
    (tmp_path / "bin").mkdir()
    return {"PATH": str(tmp_path / "bin"), "HOME": str(tmp_path)}


def test_without_a_compiler_the_interpreter_runs_and_says_so(no_compiler: dict[str, str]) -> None:
    done = subprocess.run([*COMMAND, "check", str(COUNTER)], capture_output=True, text=True, env=no_compiler)
    if "no C compiler found" not in done.stdout:
        pytest.skip("a compiler is installed as a Python package")
    assert done.returncode == 0
    assert done.stdout.count("no C compiler found") == 1
    assert done.stderr.startswith("note: no C compiler found: install gcc or clang")
    assert done.stderr.endswith("and leaves out scenarios of more than 5,000 states\n")
    limited = [*COMMAND, "check", str(COUNTER), "--max-states", "20000"]
    done = subprocess.run(limited, capture_output=True, text=True, env=no_compiler)
    assert done.stderr.endswith("it is much slower\n")
    asked = [*COMMAND, "check", str(COUNTER), "--engine", "explicit"]
    done = subprocess.run(asked, capture_output=True, text=True, env=no_compiler)
    assert done.returncode == 2
    assert "the explicit engine cannot run here: no C compiler found" in done.stderr
