"""The group of commands; a command's file is imported when it runs."""

from __future__ import annotations

from importlib import import_module

import click

import shootdown

COMMANDS = {
    "cache": "Show where verdicts are kept, and how many; remove them.",
    "check": "Check scenarios against what they expect.",
    "compile": "Print a scenario's system as IR, as C or as SMT-LIB.",
    "export": "Write a scenario's system for another model checker.",
    "induction": "Check whether a property is inductive.",
    "list": "List scenarios, operations, properties or mechanisms.",
    "profile": "Say what makes a scenario large.",
    "resume": "Go on with a search that a file keeps.",
    "review": "Say which designs of a scenario are safe, and why.",
    "show": "Show what a scenario is made of: design, agents, steps.",
    "simulate": "Take random runs of a scenario.",
    "trace": "Show the whole trace of a scenario or of a saved one.",
}


class _Lazy(click.Group):
    """A group that knows its commands' names and one-line helps without importing them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command = import_module(f".{cmd_name}", __package__).command
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS:
            from ..scenario.problem import did_you_mean

            raise click.UsageError(f"no command '{args[0]}'{did_you_mean(args[0], COMMANDS)}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(sorted(COMMANDS.items()))


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(shootdown.__version__, prog_name="shootdown")
def cli() -> None:
    """Check memory-mapping invariants of Linux kernel designs: every interleaving of a small world.

    Exit codes: 0 as expected, 1 not as expected, 2 bad input or model error, 3 undecided (a limit), 130 interrupted.
    """
