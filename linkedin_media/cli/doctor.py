"""``linkedin-media doctor``: what keeps you from posting?"""

from __future__ import annotations

import click

from .options import Connection, Output, connection_options, output_options


@click.command()
@connection_options
@output_options
def doctor(connection: Connection, output: Output) -> int:
    """Look at everything a call depends on: each finding is ok, a warning, or an error with its fix.

    Changes nothing. Exits with 1 if there is an error. With LINKEDIN_CLIENT_ID and LINKEDIN_CLIENT_SECRET set, LinkedIn is
    asked what the token is worth.
    """
    from .findings import show_findings
    from .running import run_async

    return run_async(show_findings(connection, output))
