"""Images per second and processor time per image, beside every alternative (processing takes no time)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

from .arena import samples
from .arena.figures import Goal, Run, Runs, Table, middle, ratio
from .arena.processes import (
    CURL,
    EVERYBODY,
    HTTPX,
    INGEST,
    NAIVE,
    OURS,
    OURS_UVLOOP,
    PLAIN,
    REQUESTS,
    Contender,
    Settings,
    interleaved,
    race,
    server,
    taking_part,
)

COLUMNS = (
    *("contender", "images/s", "CPU ms/image", "images/s ÷ plain", "CPU ÷ plain", "CPU s/GB"),
    *("connections/image", "peak MB over start", "server busy"),
)
_Results = Mapping[Contender, Runs]


def answer(settings: Settings) -> Iterator[Table]:
    """Race everybody over each scheme, with small files and with large ones."""
    for size, number, unit in ((200 * samples.KB, 2000, "200 KB"), (5 * samples.MB, 200, "5 MB")):
        files = samples.jpegs(settings.folder, size, distinct=32 if size < samples.MB else 8)
        for scheme in settings.schemes:
            images = settings.images(number)
            title = f"{images:,} images of {unit} over {scheme}"
            with server(scheme) as at:
                run = partial(race, at=at, files=files, images=images)
                results = interleaved(taking_part(EVERYBODY, settings), settings.rounds, run, title)
            goals = _goals(results) if size < samples.MB else _transfer_goals(results)
            yield Table(title=title, columns=COLUMNS, rows=[_row(one, results) for one in results], goals=goals)


def _row(contender: Contender, results: _Results):
    runs, plain = results[contender], results.get(PLAIN)
    return (
        contender.name,
        middle(runs, _rate),
        middle(runs, _cpu),
        ratio(runs, plain, _rate) if plain else None,
        ratio(runs, plain, _cpu) if plain else None,
        middle(runs, lambda run: run.cpu_per_gb),
        middle(runs, lambda run: run.connections / run.images),
        middle(runs, lambda run: run.over_start),
        f"{middle(runs, lambda run: run.busy):.0%}",
    )


def _rate(run: Run) -> float:
    return run.per_second


def _cpu(run: Run) -> float:
    return run.cpu_ms


def _goals(results: _Results) -> list[Goal]:
    wanted = (
        ("CPU per image, ours ÷ plain", OURS, PLAIN, _cpu, 1.0, False),
        ("images/s, ours ÷ plain", OURS, PLAIN, _rate, 1.0, True),
        ("images/s, ours with uvloop ÷ plain (stretch)", OURS_UVLOOP, PLAIN, _rate, 1.3, True),
        ("images/s, ours ÷ pycurl multi", OURS, CURL, _rate, 0.4, True),
        ("CPU per image, ours ÷ the recipe", OURS, NAIVE, _cpu, 0.35, False),
        ("images/s, ours ÷ requests in threads", OURS, REQUESTS, _rate, 3, True),
        ("images/s, ours ÷ httpx", OURS, HTTPX, _rate, 8, True),
        ("images/s, ingest ÷ ours", INGEST, OURS, _rate, 0.85, True),
    )
    return [
        Goal(name, ratio(results[one], results[base], figure), limit, least=least)
        for name, one, base, figure, limit, least in wanted
        if one in results and base in results
    ]


def _transfer_goals(results: _Results) -> list[Goal]:
    if OURS not in results or CURL not in results:
        return []
    per_gb = ratio(results[OURS], results[CURL], lambda run: run.cpu_per_gb)
    return [Goal("CPU per GB, ours ÷ pycurl multi", per_gb, 1.5)]
