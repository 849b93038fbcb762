"""`shootdown resume`."""

from __future__ import annotations

from pathlib import Path

import click

from ..explicit.checkpoint import CheckpointError, read_header
from ..options import Checkpoint, Limits, Native
from ..parallel import check_all
from ..scenario import find_one
from ..verdict import BAD_INPUT
from . import INTERRUPTED
from .asked import options_of
from .complaints import complain
from .outputs import NAMES, Shown, opened, targets
from .parameters import PAUSE, SECONDS, SIZE
from .progress import Progress


@click.command(name="resume", short_help="Go on with a search that a file keeps.")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--max-states", type=click.IntRange(min=1), help="Instead of the limit that the search had; likewise:")
@click.option("--max-depth", type=click.IntRange(min=0), help="Search to this depth only.")
@click.option("--max-seconds", type=SECONDS, help="Stop after this long, from now.")
@click.option("--max-memory", type=SIZE, metavar="SIZE", help="Stop the search at this much memory (2G, 512M).")
@click.option("--threads", type=click.IntRange(1, 256), help="Default: the number of cores.")
@click.option("--checkpoint-every", metavar="SECONDS", type=PAUSE, default=60.0, show_default=True)
@click.option("--format", "format_", type=click.Choice(NAMES), default="text", show_default=True)
@click.option("--output", "outputs", multiple=True, metavar="[FORMAT:]FILE", help="As that of `check`.")
@click.option("-v", "--verbose", is_flag=True, help="A line for each verdict, also where all is as expected.")
@click.option("--traces/--no-traces", default=None, help="Default: show them.")
def command(
    file: Path,
    max_states: int | None,
    max_depth: int | None,
    max_seconds: float | None,
    max_memory: int | None,
    threads: int | None,
    checkpoint_every: float,
    format_: str,
    outputs: tuple[str, ...],
    verbose: bool,
    traces: bool | None,
) -> int:
    """Go on with the search that `check --checkpoint FILE` began, and keep it in the same file.

    Verdicts, counts and traces are those of a search that nothing has stopped.

    Exit codes: 0 as expected, 1 not as expected, 2 bad input or model error, 3 undecided (a limit), 130 interrupted.
    """
    try:
        request = read_header(file).request
        if "scenario" not in request:  # of a search that no command has begun
            raise CheckpointError(f"{file}: does not say of which scenario it is")
    except CheckpointError as error:
        click.echo(f"error: {error}", err=True)
        return BAD_INPUT
    scenario = find_one(str(request["scenario"]))
    progress = Progress([scenario])
    native = Native(threads, Checkpoint(file, request, checkpoint_every, resume=True))
    limits = Limits(max_states, max_depth, max_seconds, max_memory, progress.searching, native=native)
    with opened(targets(format_, outputs)) as files:
        with progress:
            run = check_all([scenario], options_of(request, limits), None, progress.done)
        code = INTERRUPTED if run.interrupted else run.exit_code
        files.write(run, code, Shown(traces, verbose))
    complain(run)
    return code
