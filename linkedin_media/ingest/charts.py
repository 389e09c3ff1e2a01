"""The drawings of a report: SVG for the shapes, which stretch with the page, and HTML for the words, which do not."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Final

from .figures import BINS, PER_DECADE, Axis, Distribution, Figures

_HEIGHT: Final = 100
_SHORT: Final = 600_000
_WIDE: Final = ' class="wide"'
_STEPS_A_BAR: Final = 3
_FEWEST_BARS: Final = 16
_TICKS: Final = (
    (1, "1 ms"),
    (10, "10 ms"),
    (100, "0.1 s"),
    (1e3, "1 s"),
    (1e4, "10 s"),
    (6e4, "1 min"),
    (6e5, "10 min"),
)
_LATE_TICKS: Final = ((3.6e6, "1 h"), (3.6e7, "10 h"), (8.64e7, "1 day"), (8.64e8, "10 days"))
_BANDS: Final = (("ended", "done"), ("begun", "uploading"), ("uploaded", "processing"), ("available", "posting"))


def timeline(figures: Figures) -> Iterator[str]:
    """Yield the jobs over time: how many had ended, and below, how many were at which stage."""
    begun, uploaded, available, ended = figures.lines
    yield '<figure class="timeline">'
    yield from _plot([("ended", ended)], figures.axis, "jobs done", "high")
    stacked = [("begun", begun), ("uploaded", uploaded), ("available", available)]
    under_way = [(name, [top - base for top, base in zip(line, ended, strict=True)]) for name, line in stacked]
    yield from _plot(under_way, figures.axis, "under way", "low")
    yield from _time_labels(figures.axis)
    words = "".join(f'<span><i class="{name}"></i>{stage}</span>' for name, stage in _BANDS)
    yield f'<figcaption class="legend">{words}</figcaption></figure>'


def _plot(areas: Sequence[tuple[str, Sequence[int]]], axis: Axis, what: str, kind: str) -> Iterator[str]:
    top = max(1, *(max(line) for _, line in areas))
    yield f'<div class="plot {kind}"><svg viewBox="0 0 {BINS} {_HEIGHT}" preserveAspectRatio="none" role="img"'
    yield f' aria-label="{what} over time, {top:,} at most">'
    yield "".join(f'<path d="M0 {y}H{BINS}" class="rule"/>' for y in (1, 50, _HEIGHT))
    yield "".join(f'<path d="{_area(line, top)}" class="{name}"/>' for name, line in areas)
    for position in range(1, len(axis.stretches)):
        yield f'<path d="M{axis.share(position) * BINS:.2f} 0V{_HEIGHT}" class="pause"/>'
    yield f'</svg><span class="top">{top:,} {what}</span></div>'


def _area(line: Sequence[int], top: int) -> str:
    """Return a filled step for each column."""
    steps = "".join(f"V{_HEIGHT - count * (_HEIGHT - 1) / top:.1f}H{column}" for column, count in enumerate(line, 1))
    return f"M0 {_HEIGHT}{steps}V{_HEIGHT}Z"


def _time_labels(axis: Axis) -> Iterator[str]:
    """Yield the beginning of each stretch and the end of the last, as far as there is room for words.

    What there is no room for on a narrow screen is marked as `wide`.
    """
    form, narrow = _form(axis)
    yield '<div class="times">'
    free = narrowly_free = -1.0
    for position, (start, _) in enumerate(axis.stretches):
        share = axis.share(position)
        if share < free or share > 0.8:
            continue
        fits = narrowly_free <= share <= 1 - 2.4 * narrow
        yield f'<span style="left:{share:.2%}"{"" if fits or not position else _WIDE}>{_instant(start):{form}}</span>'
        free, narrowly_free = share + 0.22, share + narrow if fits else narrowly_free
    yield f'<span class="end">{_instant(axis.stretches[-1][1]):{form}} UTC</span></div>'


def _form(axis: Axis) -> tuple[str, float]:
    """Return how a moment is written, as exactly as it takes, and its part of the width of a narrow screen."""
    start, end = axis.stretches[0][0], axis.stretches[-1][1]
    if _instant(start).date() != _instant(end).date():
        return "%d %b %H:%M", 0.32
    return ("%H:%M:%S", 0.22) if end - start < _SHORT else ("%H:%M", 0.15)


def _instant(epoch_ms: int) -> datetime:
    return datetime.fromtimestamp(epoch_ms / 1000, UTC)


def distribution(title: str, name: str, values: Distribution) -> Iterator[str]:
    """Yield how long something took: bars on a logarithmic scale, and the numbers that matter."""
    if not values.count:
        return
    first, bars = _bars(values)
    highest = max(bars)
    yield f'<figure class="distribution {name}"><figcaption>{title}</figcaption>'
    yield f'<svg viewBox="0 0 {len(bars)} {_HEIGHT}" preserveAspectRatio="none" role="img" aria-label="{title}">'
    for position, bar in enumerate(bars):
        if bar:
            height = max(bar * _HEIGHT / highest, 2)
            yield f'<rect x="{position + 0.08:.2f}" y="{_HEIGHT - height:.1f}" width="0.84" height="{height:.1f}"/>'
    yield f'</svg><div class="times">{"".join(_ticks(first, len(bars)))}</div><dl>'
    for word, share in (("median", 0.5), ("95 % within", 0.95), ("99 % within", 0.99)):
        yield f"<div><dt>{word}</dt><dd>{span(values.percentile(share))}</dd></div>"
    yield f"<div><dt>longest</dt><dd>{span(values.longest)}</dd></div></dl></figure>"


def _bars(values: Distribution) -> tuple[int, list[int]]:
    """Return the bars that are not empty, and some around them; the first one's number from a millisecond on."""
    whole = [sum(values.steps[at : at + _STEPS_A_BAR]) for at in range(0, len(values.steps), _STEPS_A_BAR)]
    filled = [position for position, bar in enumerate(whole) if bar]
    first, last = max(filled[0] - 1, 0), filled[-1] + 2
    first = max(min(first, (first + last - _FEWEST_BARS) // 2), 0)
    return first, whole[first : max(last, first + _FEWEST_BARS)]


def _ticks(first: int, count: int) -> Iterator[str]:
    a_bar = PER_DECADE / _STEPS_A_BAR
    taken = -1.0
    for milliseconds, words in (*_TICKS, *_LATE_TICKS):
        share = (math.log10(milliseconds) * a_bar - first) / count
        if 0 <= share <= 0.9 and share > taken:
            yield f'<span style="left:{share:.2%}">{words}</span>'
            taken = share + 0.16


def span(milliseconds: float) -> str:
    """Return a time as a report writes it."""
    seconds = milliseconds / 1000
    if seconds < 1:
        return f"{milliseconds:.0f} ms"
    if seconds < 120:
        return f"{seconds:.1f} s" if seconds < 20 else f"{seconds:.0f} s"
    if seconds < 7200:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h" if seconds < 172_800 else f"{seconds / 86_400:.0f} days"
