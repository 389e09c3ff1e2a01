"""``python -m benchmarks [QUESTION...]``: ask all questions, or some, and print the answers as tables.

Results go to the standard output as Markdown, progress to the standard error. Every contender runs in a process of its
own, on one core; the server runs on another. Rounds are interleaved; figures are medians, ratios are medians of the
ratios within each round.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import platform
import tempfile
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

from .arena import certificate, readme
from .arena.figures import Table
from .arena.processes import Settings, say

QUESTIONS: Final = {
    "capacity": "what the server can bear",
    "throughput": "images per second and CPU per image, beside every alternative",
    "calls": "API calls per image",
    "memory": "peak memory by number of jobs and by file size",
    "inspection": "looking at files, beside Pillow",
    "lag": "how late the event loop is while files are validated during uploads",
    "growth": "cost per job from 500 to 100,000 jobs",
    "latency": "from AVAILABLE to the post",
    "distance": "images per second where each call takes its time",
    "startup": "start-up of library and command line",
}
_PACKAGES: Final = ("aiohttp", "uvloop", "httpx", "requests", "linkedin-api-client", "pycurl", "Pillow")


def main(arguments: Sequence[str] | None = None) -> None:
    """Ask, and print the answers."""
    options = _parser().parse_args(arguments)
    unknown = sorted({*options.questions} - {*QUESTIONS})
    if unknown:
        _parser().error(f"no such question: {', '.join(unknown)}; there are {', '.join(QUESTIONS)}")
    schemes = [options.scheme] if options.scheme else ["http", "https"]
    if "https" in schemes and not certificate.available():
        say("openssl is missing: https is left out")
        schemes.remove("https")
    answers = []
    print(f"{_machine()}\n")
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(
            rounds=options.rounds or (2 if options.quick else 5),
            scale=options.scale or (0.1 if options.quick else 1.0),
            haste=options.haste,
            schemes=schemes,
            only=options.only,
            folder=options.samples or Path(folder),
        )
        for question in options.questions or QUESTIONS:
            tables = _answered(question, settings)
            answers += [{"question": question, **table.to_dict()} for table in tables]
            if options.readme:
                readme.keep(question, _circumstances(settings), tables)
    _sum_up(answers)
    if options.json:
        options.json.write_text(json.dumps({"machine": _machine(), "answers": answers}, indent=1), encoding="utf-8")


def _answered(question: str, settings: Settings) -> list[Table]:
    tables, begun = [], time.monotonic()
    for table in importlib.import_module(f"{__package__}.{question}").answer(settings):
        print(table, flush=True)
        tables.append(table)
    say(f"{question}: answered in {time.monotonic() - begun:.0f} s")
    return tables


def _sum_up(answers: Sequence[Mapping[str, Any]]) -> None:
    goals = [goal for answer in answers for goal in answer["goals"]]
    if goals:
        print(f"{sum(goal['met'] for goal in goals)} of {len(goals)} goals met")


def _parser() -> argparse.ArgumentParser:
    listed = "\n".join(f"  {name:<12}{what}" for name, what in QUESTIONS.items())
    parser = argparse.ArgumentParser(
        "python -m benchmarks",
        description=f"questions:\n{listed}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("questions", nargs="*", metavar="QUESTION", help="all of them by default")
    parser.add_argument("--quick", action="store_true", help="a tenth of the images, 2 rounds")
    parser.add_argument("--rounds", type=int, metavar="N", help="rounds of each comparison (5)")
    parser.add_argument("--scale", type=float, metavar="FACTOR", help="multiply the numbers of images")
    parser.add_argument("--haste", type=float, default=1.0, metavar="FACTOR", help="multiply the time of processing")
    parser.add_argument("--scheme", choices=["http", "https"], help="one of the two (both)")
    parser.add_argument("--only", action="append", default=[], metavar="CONTENDER", help="these contenders (all)")
    parser.add_argument("--samples", type=Path, metavar="FOLDER", help="make the images there, and keep them")
    parser.add_argument("--readme", action="store_true", help="keep the answers in benchmarks/README.md")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the answers there, too")
    return parser


def _circumstances(settings: Settings) -> str:
    rounds = f"{settings.rounds} rounds" if settings.rounds != 1 else "1 round"
    whole = "" if settings.scale == settings.haste == 1 else ", hastened: these figures do not count"
    return f"{_machine()}; {rounds}{whole}."


def _machine() -> str:
    cpu = next(
        (line.split(":")[1].strip() for line in _cpu_lines() if line.startswith("model name")), platform.machine()
    )
    packages = ", ".join(f"{name} {_version(name)}" for name in _PACKAGES)
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    return f"{now}; {os.cpu_count()} cores, {cpu}; Python {platform.python_version()}; {packages}"


def _cpu_lines() -> list[str]:
    path = Path("/proc/cpuinfo")
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "missing"


if __name__ == "__main__":
    main()
