"""``linkedin-media ingest``: a manifest to posts, each once, resumable; and its subcommands."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import click

from .ingest_status import reconcile, report, resolve, same_api_option, status
from .options import Connection, Output, Pace, connection_options, output_options, pace_options

_PER: Final = {"s": 1.0, "min": 60.0, "h": 3600.0}
_LOOPBACK: Final = "127.0.0.1"


class Rate(click.ParamType):  # type: ignore[type-arg]  # generic since click 8.5 only
    """Calls a second, written ``5``, ``5/s``, ``300/min`` or ``10000/h``."""

    name = "rate"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return calls a second, or refuse the usage."""
        number, _, unit = str(value).partition("/")
        try:
            rate = float(number) / _PER[unit.strip() or "s"]
        except (KeyError, ValueError):
            self.fail(f"{value!r} is no rate: write 5/s, 300/min or 10000/h", param, ctx)
        if not 0 < rate < float("inf"):
            self.fail(f"{value!r}: it must be more than 0", param, ctx)
        return rate


class Address(click.ParamType):  # type: ignore[type-arg]  # as above
    """Where to listen, written ``9100`` or ``0.0.0.0:9100``."""

    name = "address"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return host and port, or refuse the usage."""
        host, _, port = str(value).rpartition(":")
        if not port.isascii() or not port.isdigit() or int(port) > 65535:
            self.fail(f"{value!r} is no port", param, ctx)
        return (host.strip("[]") or _LOOPBACK, int(port))


class Ingest(click.Command):
    """A command whose first word may name a subcommand instead of a manifest; a manifest called so is ``./status``."""

    subcommands = click.Group("ingest", commands=[status, reconcile, resolve, report], help="Look at a ledger.")

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """Let the first word decide."""
        if args and args[0] in self.subcommands.commands:
            return self.subcommands.make_context(info_name, args, parent, **extra)
        return super().make_context(info_name, args, parent, **extra)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 -- click's signature
        """Show the subcommands."""
        rows = [(name, command.get_short_help_str(90)) for name, command in self.subcommands.commands.items()]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


@click.command(cls=Ingest)
@click.argument("manifest", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--ledger",
    envvar="LINKEDIN_LEDGER",
    show_envvar=True,
    metavar="FILE|URL",
    help="Where to write down how far each job is: a file, made if need be, or postgresql://…, which many processes "
    "may share.",
)
@click.option("--dry-run", is_flag=True, help="Check everything and show what would be sent; no network, no ledger.")
@click.option(
    "--root",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIR",
    help="The folder that no file may lie outside of.  [default: the manifest's]",
)
@click.option("--retry-failed", is_flag=True, help="Try the jobs again that failed in earlier runs.")
@click.option("--reuse-images", is_flag=True, help="Upload files with the same content once per owner.")
@click.option(
    "--max-calls-per-day",
    type=click.IntRange(min=1),
    metavar="N",
    help="Stop for today (UTC) after N calls of LinkedIn's API, those of earlier runs counted.",
)
@click.option("--rate", type=Rate(), metavar="N/s", help="Calls of LinkedIn's API a second, at most; also N/min, N/h.")
@click.option(
    "--reconcile-after",
    type=click.FloatRange(min=0),
    default=60.0,
    show_default=True,
    metavar="SECONDS",
    help="How long after sending a post of unknown outcome to look for it among the author's posts.",
)
@click.option("--no-wait", is_flag=True, help="Do not look for posts of unknown outcome; leave them to `reconcile`.")
@click.option(
    "--prometheus-port",
    "prometheus",
    type=Address(),
    metavar="[HOST:]PORT",
    help="Serve metrics for Prometheus.  [default host: 127.0.0.1]",
)
@same_api_option
@connection_options
@pace_options
@output_options
def ingest(
    manifest: Path,
    ledger: str | None,
    root: Path | None,
    connection: Connection,
    pace: Pace,
    output: Output,
    *,
    dry_run: bool,
    no_wait: bool,
    **choices: Any,
) -> int:
    """Publish what a manifest lists, each post once. Stop it at any moment and run it again: it resumes.

    MANIFEST is CSV, JSON Lines or TOML with the columns file (or files), author, and as you like id, owner, commentary,
    alt_text, visibility, account, asset_name. All of it is checked before anything is sent.
    """
    if dry_run:
        from .ingest_preview import preview

        return preview(manifest, root, output)
    if not ledger:
        raise click.UsageError("Missing option '--ledger'.")

    from .ingesting import Plan, ingest_manifest

    plan = Plan(manifest=manifest, root=root, ledger=ledger, wait=not no_wait, **choices)
    return ingest_manifest(plan, connection, pace, output)
