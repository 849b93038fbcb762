"""`shootdown cache`."""

from __future__ import annotations

import click

from ..cache.folder import verdict_folder
from ..cache.store import Store


@click.command(name="cache", short_help="Show where verdicts are kept, and how many; remove them.")
@click.argument("what", type=click.Choice(["info", "path", "clear"]), default="info")
def command(what: str) -> None:
    """Verdicts of earlier runs: `info` (the default) says where they are and how much they take, `path` only where,
    for CI systems that keep folders; `clear` removes them.
    """
    store = Store()
    if what == "path":
        click.echo(verdict_folder())
    elif what == "clear":
        click.echo(f"{store.clear()} removed")
    else:
        sizes = [path.stat().st_size for path in store.entries()]
        click.echo(f"{verdict_folder()}: {len(sizes)} kept, {sum(sizes) / 1024**2:.1f} MiB")
