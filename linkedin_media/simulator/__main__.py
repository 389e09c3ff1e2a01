"""``python -m linkedin_media.simulator``: a simulator from the shell, without the rest of the command line."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from pathlib import Path

from . import fault_files, settings
from .config import SimulatorConfig
from .console import environment, information_line, serve
from .simulator import Simulator


def main(arguments: list[str] | None = None) -> None:
    """Serve until interrupted; the address is the first thing on standard output."""
    options = _parser().parse_args(arguments)
    changes = settings.changes_of(json.loads(options.settings))
    if options.port is not None:
        changes["port"] = options.port

    def started(simulator: Simulator) -> None:
        lines = [information_line(simulator)] if options.child else environment(simulator)
        sys.stdout.write("".join(f"{line}\n" for line in lines))
        sys.stdout.flush()

    def log(line: str) -> None:
        sys.stderr.write(f"{line}\n")

    asyncio.run(
        serve(
            SimulatorConfig(**changes),
            faults=fault_files.read_file(options.faults) if options.faults else (),
            started=started,
            log=None if options.child else log,
            until_stdin_closes=options.child,
        )
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m linkedin_media.simulator", description=__doc__)
    parser.add_argument("--port", type=int, help="where to listen on 127.0.0.1; 0, the default, picks a free port")
    parser.add_argument("--faults", type=Path, metavar="FILE", help="what goes wrong, as TOML or JSON")
    parser.add_argument("--settings", default="{}", metavar="JSON", help="fields of SimulatorConfig")
    parser.add_argument(
        "--child", action="store_true", help="print one line of JSON, log nothing, and stop when standard input ends"
    )
    return parser


if __name__ == "__main__":
    main()
