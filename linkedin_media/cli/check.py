"""``linkedin-media check``: may LinkedIn have these files?"""

from __future__ import annotations

from collections.abc import Sequence

import click

from .options import FILES, Output, output_options


@click.command()
@click.argument("files", **FILES)
@click.option("--strict", is_flag=True, help="Decode every pixel, too: finds damage that headers do not show.")
@output_options
def check(files: Sequence[str], output: Output, *, strict: bool) -> int:
    """Say whether LinkedIn takes these files, and if not, why not and what to do. Nothing is sent anywhere.

    With --strict, results come as the files finish.
    """
    from .checking import check_files
    from .running import run_async

    return run_async(check_files(files, output, strict=strict), network=False)
