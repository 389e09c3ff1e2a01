"""``linkedin-media simulate``: a LinkedIn to test against, until interrupted."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .options import PORT

if TYPE_CHECKING:
    from ..simulator import Simulator


@click.command()
@click.option(
    "--port",
    type=PORT,
    default=8080,
    show_default=True,
    metavar="PORT",
    help="Where to listen on loopback; 0 picks a free port.",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Another address needs --allow-remote.")
@click.option("--allow-remote", is_flag=True, help="Listen beyond loopback. The simulator protects nothing.")
@click.option("--processing", default="0.5", metavar="SECONDS", show_default=True, help="SECONDS, or a range: 0.5-3.")
@click.option(
    "--faults", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="What goes wrong: TOML or JSON."
)
@click.option("--seed", default=0, show_default=True, help="Draws ids and chance; the same seed gives the same run.")
@click.option(
    "--json", "as_json", is_flag=True, help="Print where it is as one JSON object instead of environment lines."
)
@click.option("--quiet", is_flag=True, help="Do not log every request.")
def simulate(
    *,
    port: int,
    host: str,
    allow_remote: bool,
    processing: str,
    faults: Path | None,
    seed: int,
    as_json: bool,
    quiet: bool,
) -> None:
    """Run a LinkedIn simulator on loopback until Ctrl-C.

    It prints the environment that points this tool at it, logs every request with what LinkedIn would have complained
    about, and shows uploads and posts in a browser under /_simulator/.
    """
    from ..errors import InvalidArgument
    from ..simulator import SimulatorConfig, fault_files
    from ..simulator.console import serve

    try:
        config = SimulatorConfig(
            host=host, port=port, allow_remote=allow_remote, seed=seed, processing_seconds=_seconds(processing)
        )
        loaded = fault_files.read_file(faults) if faults else []
    except InvalidArgument as error:
        raise click.UsageError(str(error)) from error
    log = None if quiet else _log
    try:
        asyncio.run(
            serve(config, faults=loaded, started=lambda simulator: _announce(simulator, as_json=as_json), log=log)
        )
    except OSError as error:
        raise click.ClickException(f"cannot listen on {host}:{port}: {error.strerror}; try --port 0") from error


def _announce(simulator: Simulator, *, as_json: bool) -> None:
    from ..simulator.console import environment, information_line

    for line in [information_line(simulator)] if as_json else environment(simulator):
        click.echo(line)
    click.echo(f"Look at {simulator.base_url}/_simulator/ - stop with Ctrl-C.", err=True)


def _log(line: str) -> None:
    click.echo(line, err=True)


def _seconds(text: str) -> Any:
    first, dash, last = text.partition("-")
    try:
        return (float(first), float(last)) if dash else float(first)
    except ValueError:
        raise click.BadParameter(f"{text!r} is neither a number nor a range", param_hint="--processing") from None
