"""``linkedin-media fit``: copies that LinkedIn takes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from .options import FILES, Output, output_options


@click.command()
@click.argument("files", **FILES)
@click.option(
    "--output",
    "folder",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Where to write the copies; nothing there is overwritten.",
)
@click.option(
    "--strip-metadata", is_flag=True, help="Leave out place, camera and comments; keep orientation and colours."
)
@output_options
def fit(files: Sequence[str], folder: Path, output: Output, *, strip_metadata: bool) -> int:
    """Write copies of images that LinkedIn takes: scaled down, converted, or with frames left out.

    Files that LinkedIn takes as they are are copied as they are.
    """
    from .fitted import fit_files

    return fit_files(files, folder, output, strip_metadata=strip_metadata)
