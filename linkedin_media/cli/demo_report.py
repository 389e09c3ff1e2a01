"""What the demo says: how the pipeline works, what came of the images, and how to do the same on LinkedIn."""

from __future__ import annotations

import shutil
import textwrap
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import attrs
import click

from ..errors import InvalidImage, LinkedInMediaError
from ..model.post import Post
from ..pipeline.outcomes import Outcome, Published
from ..protocol.text import LittleText
from .demo_images import IMAGES
from .failures import message_of
from .results import PublishResult, bad, good

_STAGES: Final = (
    ("validate", "read the file's header here, and apply LinkedIn's rules to it"),
    ("initialize", "register the image: LinkedIn gives it a URN and an upload address"),
    ("upload", "stream the file to that address, from disk"),
    ("poll", "ask until LinkedIn has processed it, many images in one call"),
    ("post", "create the post that shows it: once, never twice"),
)
_CALLS: Final = {
    "images.initializeUpload": "initialize",
    "uploads.put": "upload",
    "images.get": "poll",
    "images.batch_get": "poll",
    "posts.create": "post",
}


@attrs.frozen
class Finished:
    """A job that has come to its end, and its post as LinkedIn tells it, where there is one."""

    outcome: Outcome
    post: Post | None = None

    @property
    def files(self) -> list[str]:
        return [image.name for image in self.outcome.job.images]

    @property
    def error(self) -> Exception | None:
        """Why there is no post."""
        return getattr(self.outcome, "error", None)

    @property
    def refused(self) -> bool:
        """Whether the image broke a rule, as some are meant to."""
        return isinstance(self.error, InvalidImage)

    def to_row(self) -> dict[str, Any]:
        if isinstance(self.outcome, Published):
            return {"files": self.files, **PublishResult(self.outcome.post, self.outcome.post.images).to_row()}
        error = self.error if isinstance(self.error, LinkedInMediaError) else LinkedInMediaError(str(self.error))
        return {"files": self.files, **PublishResult.failed(error).to_row()}


@attrs.frozen
class Report:
    """What the demo has done; `calls` counts them by operation."""

    finished: Sequence[Finished]
    calls: Mapping[str, int]
    seconds: float

    @property
    def refused(self) -> list[Finished]:
        return [one for one in self.finished if one.refused]

    @property
    def failures(self) -> list[Finished]:
        """What went wrong and was not meant to."""
        return [one for one in self.finished if one.error and not one.refused]

    def to_row(self) -> dict[str, Any]:
        posts = len(self.finished) - len(self.refused) - len(self.failures)
        counts = {"images": len(IMAGES), "posts": posts, "refused": len(self.refused)}
        return {"summary": {**counts, "calls": sum(self.calls.values()), "seconds": round(self.seconds, 1)}}


def opening(base_url: str, jobs: int, kept: Path | None) -> Iterator[str]:
    """Yield what is about to happen."""
    where = f"They are kept in {kept}." if kept else "They are drawn for you and thrown away again."
    yield from _paragraph(
        f"{len(IMAGES)} images for {jobs} posts, through the real pipeline, to a LinkedIn stand-in at {base_url}. "
        f"Nothing leaves this machine. {where}"
    )
    yield ""
    for name, meaning in _STAGES:
        yield f"  {_strong(f'{name:10}')}  {meaning}"
    yield ""


def closing(report: Report, *, told: bool) -> Iterator[str]:
    """Yield what came of it and, unless only results are wanted, what it took and what to do next."""
    yield from _posts(report)
    yield from _refusals(report)
    if told:
        yield from _costs(report)
        yield from _next_steps()


def _posts(report: Report) -> Iterator[str]:
    yield ""
    yield f"{_strong('Posts')}, made up by the stand-in: the addresses lead nowhere"
    for one in report.finished:
        if one.post is None or not isinstance(one.outcome, Published):
            continue
        text = LittleText.from_wire(one.post.commentary or "")
        yield ""
        yield f"  {good(text.plain)}"
        yield f"  {one.post.id}"
        yield f"  {_dim(one.outcome.post.url or '')}"
        yield f"  text as sent: {text.wire}"
        for source, image in zip(one.outcome.job.images, one.outcome.post.images, strict=True):
            yield f"  {source.name:12}  {image}"
            yield f"  {'':12}  {_dim(f'alt text: {source.alt_text}')}"
    yield ""
    yield from _paragraph(
        "Text is plain text. What LinkedIn would read as markup is escaped; sent bare, it would cut the text there."
    )


def _refusals(report: Report) -> Iterator[str]:
    yield ""
    yield f"{_strong('Refused')}, before a byte was sent, each with what to do"
    yield ""
    for one in (*report.refused, *report.failures):
        problem = message_of(one.error) if isinstance(one.error, LinkedInMediaError) else repr(one.error)
        first, *rest = textwrap.wrap(problem, _width() - 20) or [""]
        yield f"  {bad('BAD')}  {one.files[0]:12} {first}"
        yield from (f"{'':20}{line}" for line in rest)


def _costs(report: Report) -> Iterator[str]:
    by_stage = Counter[str]()
    for operation, count in report.calls.items():
        by_stage[_CALLS.get(operation, operation)] += count
    told = ", ".join(f"{stage} {count}" for stage, count in by_stage.items())
    yield ""
    yield f"{_strong('Cost')}: {sum(report.calls.values())} calls in {report.seconds:.1f} s ({told})"


def _next_steps() -> Iterator[str]:
    yield ""
    yield f"{_strong('The same on LinkedIn')}, with a token of yours and who you post as"
    yield ""
    yield f"  {_dim('# a token: https://www.linkedin.com/developers/tools/oauth')}"
    yield "  export LINKEDIN_ACCESS_TOKEN=…"
    yield f"  {_dim('# the author: your page, by the number in the address of its admin view')}"
    yield "  linkedin-media publish photo.jpg --author urn:li:organization:… \\"
    yield '      --commentary "Our new office" --alt-text "Two desks and a plant"'


def _paragraph(text: str) -> list[str]:
    return textwrap.wrap(text, _width())


def _width() -> int:
    return min(shutil.get_terminal_size().columns, 100)


def _strong(text: str) -> str:
    return click.style(text, bold=True)


def _dim(text: str) -> str:
    return click.style(text, dim=True)
