"""``linkedin-media ingest status|reconcile|resolve|report``: look at a ledger, and settle what it is in doubt about."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from .options import Connection, Output, UrnType, connection_options, output_options

ledger_option = click.option(
    "--ledger",
    required=True,
    envvar="LINKEDIN_LEDGER",
    show_envvar=True,
    metavar="FILE|URL",
    help="The ledger of the ingest.",
)
same_api_option = click.option(
    "--same-api", is_flag=True, help="The ledger was used with another base URL, which leads to the same API."
)


@click.command()
@ledger_option
@output_options
def status(ledger: str, output: Output) -> int:
    """Say how an ingest stands: at any time, from another terminal too."""
    from .ingest_looking import show_status

    return show_status(ledger, output)


@click.command()
@ledger_option
@click.option(
    "--reconcile-after",
    type=click.FloatRange(min=0),
    default=60.0,
    show_default=True,
    metavar="SECONDS",
    help="How long a post of unknown outcome must have been sent to be looked for.",
)
@click.option("--reuse-images", is_flag=True, help="The ingest shares images: compare texts, too.")
@same_api_option
@connection_options
@output_options
def reconcile(ledger: str, connection: Connection, output: Output, **choices: Any) -> int:
    """Look again for every post whose outcome is unknown.

    What is found is posted. What is proved absent is sent once more. The rest stays unknown, with the reason.
    """
    from ..ingest.options import IngestOptions
    from .ingesting import reconcile_ledger

    return reconcile_ledger(ledger, IngestOptions(**choices), connection, output)


@click.command()
@click.argument("job", metavar="ID")
@click.option("--posted", type=UrnType("share", "ugcPost"), metavar="URN", help="It exists: this post.")
@click.option("--resend", is_flag=True, help="It does not exist: the next run sends it again.")
@ledger_option
@output_options
def resolve(job: str, posted: str | None, ledger: str, output: Output, *, resend: bool) -> int:
    """Decide about a job whose outcome is unknown, after having looked at the author's posts yourself."""
    if (posted is not None) == resend:
        raise click.UsageError("Give one of --posted URN and --resend.")

    from .ingest_looking import resolve_job

    return resolve_job(job, posted, ledger, output)


@click.command()
@ledger_option
@click.option("--html", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Write a page.")
@click.option("--csv", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Write a table.")
@click.option("--no-thumbnails", is_flag=True, help="Put no pictures on the page.")
@output_options
def report(output: Output, **choices: Any) -> int:
    """Tell of every job of a ledger: on stdout, as a page for people, or as a table.

    The page needs nothing but itself: it can be mailed, and opened anywhere.
    """
    from .ingest_looking import write_report

    return write_report(output=output, **choices)
