"""``linkedin-media upload``: files to images that LinkedIn has processed."""

from __future__ import annotations

from collections.abc import Sequence

import click

from .options import FILES, Connection, Output, Pace, UrnType, connection_options, output_options, pace_options


@click.command()
@click.argument("files", **FILES)
@click.option(
    "--owner",
    required=True,
    envvar="LINKEDIN_OWNER",
    show_envvar=True,
    type=UrnType("person", "organization", "sponsoredAccount"),
    help="Who will own the images: a urn:li:person:…, urn:li:organization:… or urn:li:sponsoredAccount:…",
)
@connection_options
@pace_options
@output_options
def upload(files: Sequence[str], owner: str, connection: Connection, pace: Pace, output: Output) -> int:
    """Upload images, and wait until LinkedIn has processed each.

    One file that fails does not stop the others. Results come as the files finish.
    """
    from .running import run_async
    from .uploading import upload_files

    return run_async(upload_files(files, owner, connection, pace, output))
