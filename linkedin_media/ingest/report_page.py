"""A report as one page of HTML that needs nothing but itself. It is written piece by piece, however many jobs failed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from html import escape
from typing import Final

import attrs

from ..model.post import CreatedPost
from ..model.urn import Urn
from ..protocol.redact import redact
from .advice import fix_for
from .charts import distribution, span, timeline
from .figures import Figures
from .jobs import Record
from .page_style import STYLE
from .pictures import Picture
from .states import State

OPEN_UP_TO: Final = 6
"""Longer lists are folded until somebody opens them."""

_HEAD: Final = (
    '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">\n'
    '<meta name="viewport" content="width=device-width,initial-scale=1">\n'
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none';img-src data:;style-src 'unsafe-inline'\">\n"
    '<meta name="referrer" content="no-referrer">\n'
)
_QUOTED: Final = re.compile(r"`([^`]*)`")
_TITLES: Final = {
    State.UNKNOWN: "Outcome unknown",
    State.FAILED: "Failed",
    State.PARKED: "Parked",
}
_EXPLAINED: Final = {
    State.UNKNOWN: "The post may exist, and nobody could tell. It is not sent again before somebody decides.",
    State.FAILED: "Nothing was posted for these.",
    State.PARKED: "They go on by themselves with a later run.",
}


@attrs.frozen(kw_only=True)
class Report:
    """What a page shows. `listed` gives the jobs in a state whose error has a code, read when they are written."""

    name: str
    made: datetime
    figures: Figures
    pictures: Iterable[Picture]
    listed: Callable[[State, str], Iterable[Record]]


def page(report: Report) -> Iterator[str]:
    """Yield the page."""
    figures = report.figures
    yield f"{_HEAD}<title>Ingest {words(report.name)}</title>\n<style>{STYLE}</style></head>\n<body><main>\n"
    yield from _top(report)
    for state in (State.UNKNOWN, State.FAILED, State.PARKED):
        yield from _listed(report, state)
    if figures.axis.stretches:
        yield "<h2>Over time</h2>\n"
        yield from _framed(timeline(figures))
        yield "<h2>How long it took</h2>\n"
        yield from _distributions(figures)
    yield from _pictures(report.pictures)
    yield f"\n<footer>{_made(report)}</footer>\n</main></body></html>\n"


def words(text: str) -> str:
    """Return text for HTML: nothing in it is markup, and nothing in it hides or turns what follows."""
    shown = "".join(letter if letter.isprintable() or letter == "\n" else ascii(letter)[1:-1] for letter in text)
    return escape(shown)


def _top(report: Report) -> Iterator[str]:
    figures = report.figures
    yield f"<h1>{words(report.name)}</h1>\n<p class=soft>{_when(figures)}</p>\n"
    totals = list(_totals(figures))
    bars = "".join(f'<i class="{kind}" style="flex:{count}"></i>' for kind, _, count in totals if count)
    yield f'<div class="whole" aria-hidden="true">{bars}</div>\n<dl class="totals">'
    yield f'<div class="card"><dt>jobs</dt><dd>{figures.jobs:,}</dd></div>'
    for kind, word, count in totals:
        dot = f'<i class="dot {kind}"></i>'
        yield f'<div class="card"><dt>{dot}{word}</dt><dd>{count:,}</dd></div>'
    yield "</dl>\n"


def _totals(figures: Figures) -> Iterator[tuple[str, str, int]]:
    """Yield how each part of the jobs is drawn, what it is called, and how many they are; empty ones only if they matter."""
    states = figures.states
    ended = (
        ("posted", "posted", states[State.POSTED]),
        ("available-end", "available", figures.available_at_last),
        ("unknown", "unknown", states[State.UNKNOWN]),
        ("failed", "failed", states[State.FAILED]),
        ("parked", "parked", states[State.PARKED]),
    )
    for kind, word, count in ended:
        if count or kind in ("posted", "failed", "unknown"):
            yield kind, word, count
    left = figures.jobs - sum(count for _, _, count in ended)
    if left:
        yield "left", "under way" if figures.axis.stretches else "waiting", left


def _when(figures: Figures) -> str:
    stretches = figures.axis.stretches
    if not stretches:
        return "nothing of it has begun"
    began, ended = (datetime.fromtimestamp(moment / 1000, UTC) for moment in (stretches[0][0], stretches[-1][1]))
    first, last = f"{began:%d %B %Y, %H:%M}", f"{ended:%d %B %Y, %H:%M}"
    until = "" if first == last else f" to {ended:%H:%M}" if began.date() == ended.date() else f" to {last}"
    well = figures.states[State.POSTED] + figures.available_at_last
    rate = f", {well / figures.seconds:,.1f} jobs a second" if well and figures.seconds else ""
    pauses = f" in {len(stretches)} runs" if len(stretches) > 1 else ""
    return f"{first}{until} UTC · {span(figures.seconds * 1000)}{pauses}{rate}"


def _made(report: Report) -> str:
    orphans = report.figures.orphans
    unused = f" {orphans:,} images were uploaded and then not used; LinkedIn keeps them." if orphans else ""
    return f"Written {report.made:%d %B %Y, %H:%M} UTC by linkedin-media.{unused}"


def _listed(report: Report, state: State) -> Iterator[str]:
    codes = report.figures.codes.get(state)
    if not codes:
        return
    yield f"<h2>{_TITLES[state]} <small>{_EXPLAINED[state]}</small></h2>\n"
    for code, count in codes.most_common():
        opened = " open" if count <= OPEN_UP_TO else ""
        yield f'<details class="card {state}"{opened}>'
        yield f'<summary><span class="count">{count:,}</span>{_title(code)}</summary>\n<ul>'
        for record in report.listed(state, code):
            yield _entry(record)
        yield "</ul></details>\n"


def _title(code: str) -> str:
    return words(code.replace("_", " ").capitalize()) if code else "Other"


def _entry(record: Record) -> str:
    error = record.error or {}
    files = "<br>".join(words(file) for file in record.spec.files)
    images = " ".join(record.image_urns)
    gained = f'<p class="gained">got as far as <code>{words(images)}</code></p>' if images else ""
    message = words(redact(error.get("message", "")))
    fix = _QUOTED.sub(r"<code>\1</code>", words(redact(fix_for(record))))
    return (
        f'<li><p class="id">{words(record.spec.id)}</p><p>{message}</p>'
        f'<p class="where">{files}</p><div class="fix">{fix}</div>{gained}</li>\n'
    )


def _distributions(figures: Figures) -> Iterator[str]:
    yield '<div class="distributions">'
    for title, name in (
        ("Uploading", "uploading"),
        ("Processing at LinkedIn", "processing"),
        ("Posting", "posting"),
        ("A whole job", "whole"),
    ):
        yield from _framed(distribution(title, f"d-{name}", getattr(figures, name)))
    yield "</div>\n"


def _framed(drawing: Iterator[str]) -> Iterator[str]:
    drawn = "".join(drawing)
    if drawn:
        yield f'<div class="card">{drawn}</div>\n'


def _pictures(pictures: Iterable[Picture]) -> Iterator[str]:
    shown = 0
    for picture in pictures:
        if not shown:
            yield '<h2>Some of the images</h2>\n<ul class="pictures">'
        shown += 1
        yield _picture(picture)
    if shown:
        yield "</ul>\n"


def _picture(picture: Picture) -> str:
    record = picture.record
    alt = next(iter(record.spec.alt_texts), None) or ""
    image = f'<img src="{picture.data}" alt="{words(alt)}" loading="lazy" decoding="async">'
    name = f'<span class="id">{words(record.spec.id)}</span>'
    url = CreatedPost(Urn(record.post)).url if record.post else None
    if url is None:
        return f"<li><span>{image}{name}</span></li>\n"
    return f'<li><a href="{words(url)}" rel="noreferrer">{image}{name}</a></li>\n'
