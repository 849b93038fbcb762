"""The command line: one file a command. Here errors become one message each, and an exit code."""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Sequence
from types import FrameType

from ..interrupts import plain_interrupts
from ..verdict import BAD_INPUT

INTERRUPTED = 130
BROKEN_PIPE = 141
DEFECT = 70


def main() -> None:
    """Run the command of `sys.argv` and exit."""
    # Systems are many objects and no cycles: looking for cycles as often as is usual takes a seventh of the time.
    gc.set_threshold(500_000, 20, 20)
    _open_streams()
    signal.signal(signal.SIGTERM, _terminated)
    try:
        code = run(sys.argv[1:])
    except KeyboardInterrupt:  # before the command had begun, or while it was being told of
        code = INTERRUPTED
    sys.exit(code)


def run(args: Sequence[str]) -> int:
    """Run a command; the exit code. Whatever goes wrong is one message on standard error."""
    import click

    from .commands import cli

    try:
        with plain_interrupts(), cli.make_context("shootdown", [*args]) as context:
            code = cli.invoke(context)
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except click.exceptions.Exit as done:
        return done.exit_code
    except click.ClickException as error:
        if isinstance(error, getattr(click.exceptions, "NoArgsIsHelpError", ())):  # since click 8.2
            error.show()
            return BAD_INPUT
        if isinstance(error, click.UsageError) and error.ctx is not None:
            print(f"{error.ctx.get_usage()}\nTry '{error.ctx.command_path} --help' for help.\n", file=sys.stderr)
        said = error.format_message()
        _say(f"error: {said[:1].lower()}{said[1:]}")
        return BAD_INPUT
    except (click.Abort, KeyboardInterrupt):
        _say("interrupted")
        return INTERRUPTED
    except BrokenPipeError:
        _forget_output()
        return BROKEN_PIPE
    except Exception as error:
        return _failed(error)


def _open_streams() -> None:
    """Let standard streams that the caller has closed lead nowhere, before a report is opened in their place."""
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    sys.stdout = sys.stdout or os.fdopen(1, "w", encoding="utf-8", closefd=False)
    sys.stderr = sys.stderr or os.fdopen(2, "w", encoding="utf-8", closefd=False)


def _terminated(signal_number: int, frame: FrameType | None) -> None:
    """End as at an interrupt: CI systems cancel a job so, and its reports should hold what was decided until then."""
    processes = sys.modules.get("multiprocessing")
    for child in processes.active_children() if processes else ():
        os.kill(child.pid, signal.SIGINT)
    raise KeyboardInterrupt


def _failed(error: Exception) -> int:
    from .complaints import complaint

    said = complaint(error)
    if said is not None:
        _forget_output_if_full(error)
        _say(said)
        return BAD_INPUT
    import traceback

    traceback.print_exception(error)
    _say("this is a defect of shootdown: please report it with the text above and the scenario")
    return DEFECT


def _say(text: str) -> None:
    print(text if text.startswith("error") else f"shootdown: {text}", file=sys.stderr)


def _forget_output_if_full(error: Exception) -> None:
    """After a failed write, keep the interpreter's own flush at exit from failing again."""
    if isinstance(error, OSError) and error.filename is None:
        _forget_output()


def _forget_output() -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
