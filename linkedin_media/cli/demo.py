"""``linkedin-media demo``: everything, without an account."""

from __future__ import annotations

from pathlib import Path

import click

from .options import Output, output_options


@click.command()
@click.option(
    "--keep",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Draw the images into DIR and keep them.",
)
@output_options
def demo(keep: Path | None, output: Output) -> int:
    """Run the whole pipeline on real images, against a LinkedIn stand-in on this machine.

    Needs no account, and sends nothing anywhere. Some of the images are made to be refused.
    """
    from .demo_images import IMAGES
    from .demo_run import run_demo
    from .running import run_async

    there = [name for name in IMAGES if keep and (keep / name).exists()]
    if there:
        raise click.BadParameter(f"{there[0]} is there already; name an empty folder", param_hint="'--keep'")
    return run_async(run_demo(keep, output))
