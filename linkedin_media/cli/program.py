"""The program: which commands there are, and what becomes of what they raise.

A command is a module of this folder and a line of `COMMANDS`. It returns its exit status, or None for 0, and lets errors
out: `Program` reports them. Where the module is not there, neither is the command.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import IO, Any, Final, NamedTuple, NoReturn

import click

from .status import INTERRUPTED, SOME_FAILED, Interrupted

NAME: Final = "linkedin-media"


class Entry(NamedTuple):
    """Where a command is defined, ``module:attribute`` in this folder, and its line of help."""

    target: str
    help: str

    @property
    def module(self) -> str:
        return f"{__package__}.{self.target.partition(':')[0]}"

    def load(self) -> click.Command:
        command: click.Command = getattr(import_module(self.module), self.target.partition(":")[2])
        return command


COMMANDS: Final[Mapping[str, Entry]] = {
    "demo": Entry("demo:demo", "Run the whole pipeline on real images; needs no account."),
    "check": Entry("check:check", "Say whether LinkedIn takes these files, without asking it."),
    "fit": Entry("fit:fit", "Write copies of files that LinkedIn takes."),
    "upload": Entry("upload:upload", "Upload images and wait until LinkedIn has processed them."),
    "publish": Entry("publish:publish", "Upload images and post them, all in one post."),
    "ingest": Entry("ingest:ingest", "Publish what a manifest lists, each post once, resumable."),
    "images": Entry("images:images", "Look at images and their media library."),
    "posts": Entry("posts:posts", "Look at posts, delete them."),
    "articles": Entry("articles:articles", "Look at articles, their comments and likes."),
    "auth": Entry("auth:auth", "Sign in to LinkedIn and out again."),
    "doctor": Entry("doctor:doctor", "Find out what keeps you from posting."),
    "simulate": Entry("simulate:simulate", "Run a LinkedIn stand-in on this machine."),
}

ENVIRONMENT: Final = (
    ("LINKEDIN_ACCESS_TOKEN", "Who you are to LinkedIn; never an argument."),
    ("LINKEDIN_OWNER", "The default of --owner and --author."),
    ("LINKEDIN_VERSION", "The version of LinkedIn's API, YYYYMM."),
    ("LINKEDIN_BASE_URL", "Another server than LinkedIn."),
)
EXIT_STATUS: Final = (
    ("0", "All good."),
    ("1", "Some failed."),
    ("2", "Wrong usage; nothing was done."),
    ("3", "Some outcome is unknown: look before you repeat."),
    ("130, 143", "Interrupted."),
)


class Program(click.Group):
    """The group of all commands; its help is read from the table alone."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 -- click's signature
        return [name for name, entry in COMMANDS.items() if find_spec(entry.module)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 -- as above
        entry = COMMANDS.get(cmd_name)
        return entry.load() if entry and find_spec(entry.module) else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name].help) for name in self.list_commands(ctx)])

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 -- as above
        for title, entries in (("Environment", ENVIRONMENT), ("Exit status", EXIT_STATUS)):
            with formatter.section(title):
                formatter.write_dl(entries)

    def invoke(self, ctx: click.Context) -> NoReturn:
        """Run a command; what it returns or raises becomes the exit status."""
        try:
            status = super().invoke(ctx)
        except (BrokenPipeError, click.Abort, click.ClickException, click.exceptions.Exit):
            raise
        except Exception as error:  # noqa: BLE001 -- `report` raises again what is none of ours
            from .failures import report

            status = report(error, as_json=bool(ctx.meta.get("as_json")))
            _let_go_of_a_full_output()
        ctx.exit(status or 0)


def _version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:  # noqa: FBT001 -- click's signature
    if wanted and not ctx.resilient_parsing:
        import linkedin_media

        click.echo(f"{NAME} {linkedin_media.__version__}")
        ctx.exit()


@click.group(cls=Program, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--version", is_flag=True, expose_value=False, is_eager=True, callback=_version, help="Show the version.")
def program() -> None:
    """Post images to LinkedIn: validated, streamed, polled, and posted once.

    Try it without an account: linkedin-media demo
    """


def main() -> NoReturn:
    """Run the program and leave the process."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run the program and return its exit status."""
    for stream in (sys.stdout, sys.stderr):
        _never_fail_on_a_character(stream)
    try:
        status: int = program.main(arguments, NAME, standalone_mode=False)
        click.echo(nl=False)  # flushes
    except click.Abort:
        return INTERRUPTED
    except Interrupted as interruption:
        click.echo("interrupted", err=True)
        return interruption.status
    except click.ClickException as refusal:
        refusal.show()
        return refusal.exit_code
    except BrokenPipeError:
        _stop_writing()
        return SOME_FAILED
    except OSError as error:  # what `Program.invoke` reports, of the help itself
        from .failures import report

        _stop_writing()
        return report(error, as_json=False)

    return status


def _never_fail_on_a_character(stream: IO[Any]) -> None:
    """Write what the terminal's encoding lacks as escapes."""
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="backslashreplace")


def _let_go_of_a_full_output() -> None:
    """Where the output is what failed, and was told of, do not let its last flush tell of it again."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError:
        _stop_writing()


def _stop_writing() -> None:
    """Nobody reads our output, or it has no room: let the interpreter's last flush go nowhere."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
