"""``linkedin-media publish``: files to one post."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import IO

import click

from .options import FILES, Connection, Output, Pace, UrnType, connection_options, output_options, pace_options


@click.command()
@click.argument("files", **FILES)
@click.option(
    "--author",
    required=True,
    envvar="LINKEDIN_OWNER",
    show_envvar=True,
    type=UrnType("person", "organization"),
    help="Who posts: a urn:li:person:… or urn:li:organization:…",
)
@click.option("--commentary", metavar="TEXT", help="What the post says; - reads it from stdin.")
@click.option("--commentary-file", type=click.File("rb"), metavar="FILE", help="What the post says, from a file.")
@click.option(
    "--alt-text",
    "alt_texts",
    multiple=True,
    metavar="TEXT",
    help="What an image shows, for those who cannot see it; once for each file, in their order.",
)
@click.option(
    "--visibility",
    type=click.Choice(["PUBLIC", "CONNECTIONS", "LOGGED_IN"], case_sensitive=False),
    default="PUBLIC",
    show_default=True,
    help="Who may see it.",
)
@click.option("--hashtags", "markup", flag_value="hashtags", help="Make links of the #words in the text.")
@click.option(
    "--little-text",
    "markup",
    flag_value="little-text",
    help="The text is LinkedIn's little text: @[Name](urn:li:person:…) mentions, {hashtag|\\#|word} links.",
)
@connection_options
@pace_options
@output_options
def publish(
    files: Sequence[str],
    author: str,
    commentary: str | None,
    commentary_file: IO[bytes] | None,
    alt_texts: Sequence[str],
    visibility: str,
    markup: str | None,
    connection: Connection,
    pace: Pace,
    output: Output,
) -> int:
    """Upload images and post them: one image, or two to twenty in one post.

    Every file is checked before the first is sent. The text is plain text: what LinkedIn would read as markup is escaped.
    """
    text = _text(commentary, commentary_file)
    if len(alt_texts) > len(files):
        raise click.UsageError(f"{len(alt_texts)} --alt-text for {len(files)} file{'s' * (len(files) != 1)}")

    from .publishing import job_of, publish_job
    from .running import run_async

    job = job_of(files, alt_texts, author=author, text=text, markup=markup, visibility=visibility)
    return run_async(publish_job(job, connection, pace, output))


def _text(commentary: str | None, commentary_file: IO[bytes] | None) -> str:
    if (commentary is None) == (commentary_file is None):
        raise click.UsageError("Give one of --commentary TEXT (- for stdin) and --commentary-file FILE.")
    try:
        if commentary_file is not None:
            return _read(commentary_file)
        return _read(sys.stdin.buffer) if commentary == "-" else commentary or ""
    except UnicodeDecodeError:
        raise click.UsageError("The commentary is not UTF-8 text.") from None


def _read(file: IO[bytes]) -> str:
    return file.read().decode("utf-8-sig").replace("\r\n", "\n").removesuffix("\n")
