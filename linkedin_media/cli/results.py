"""What uploading and publishing came to: one row of JSON, or a few lines for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import attrs
import click

from ..errors import Interrupted, InvalidImage, LinkedInMediaError, PollTimeout, PostOutcomeUnknown, ProcessingFailed
from ..model.image import Image, MediaStatus
from ..model.post import CreatedPost
from .failures import hint_of, message_of, to_dict, to_lines
from .printable import printable


@attrs.frozen
class UploadResult:
    """One file: the image it became, or what kept it from that."""

    file: str
    image: Image | None = None
    error: LinkedInMediaError | None = None

    @classmethod
    def interrupted(cls, file: str, image: str | None) -> UploadResult:
        """Return the result of a file that a signal has overtaken."""
        error = Interrupted("interrupted", hint="" if image else "run it again for this file")
        error.images = (image,) if image else ()
        return cls(file, error=error)

    @property
    def ok(self) -> bool:
        """Whether it is uploaded, and AVAILABLE where that was waited for."""
        return self.error is None

    @property
    def urn(self) -> str | None:
        """The image, as far as it got."""
        if self.image is not None:
            return self.image.id
        return str(self.error.images[-1]) if self.error is not None and self.error.images else None

    @property
    def status(self) -> str | None:
        """LinkedIn's last word on it."""
        match self.error:
            case None:
                status = self.image.status if self.image else None
            case ProcessingFailed():
                status = MediaStatus.PROCESSING_FAILED
            case PollTimeout(last_status=status):
                pass
            case _:
                status = None
        return None if status is None else str(status)

    def to_row(self) -> dict[str, Any]:
        row = {"file": self.file, "ok": self.ok, "image": self.urn, "status": self.status}
        return row | ({} if self.error is None else {"error": to_dict(self.error)})

    def to_lines(self) -> Iterator[str]:
        if self.error is None:
            yield f"{good('ok ')}  {printable(self.file)}  {self.urn}  {self.status or 'uploaded'}"
        else:
            yield from bad_lines(self.file, self.error)
            if self.urn:
                yield f"     got as far as {self.urn}"


@attrs.frozen
class PublishResult:
    """A post, or what kept it from being made; `images` can be used either way."""

    post: CreatedPost | None = None
    images: Sequence[str] = ()
    error: LinkedInMediaError | None = None

    @classmethod
    def failed(cls, error: LinkedInMediaError) -> PublishResult:
        """Return the result of a post that is not there, or of which nobody knows."""
        return cls(images=[str(image) for image in error.images], error=error)

    @classmethod
    def interrupted(cls, author: str, images: Sequence[str], *, posting: bool) -> PublishResult:
        """Return the result of a post that a signal has overtaken."""
        if posting:
            return cls.failed(PostOutcomeUnknown(author, images, reason="interrupted before LinkedIn answered"))
        error = Interrupted("interrupted before the post was created", hint="nothing was posted: run it again")
        error.images = tuple(images)
        return cls.failed(error)

    def to_row(self) -> dict[str, Any]:
        post, url = (self.post.id, self.post.url) if self.post else (None, None)
        row = {"ok": self.error is None, "post": post, "url": url, "images": [str(image) for image in self.images]}
        return row | ({} if self.error is None else {"error": to_dict(self.error)})

    def to_lines(self) -> Iterator[str]:
        if self.post is not None:
            yield f"{good('posted')} {self.post.id or '(LinkedIn did not tell its id)'}  {self.post.url or ''}".rstrip()

    def to_notes(self) -> Iterator[str]:
        """Yield what went wrong, for stderr."""
        if self.error is None:
            return
        if isinstance(self.error, InvalidImage):
            yield from bad_lines(self.error.path, self.error)
        else:
            yield from to_lines(self.error)
        for image in self.images:
            yield f"     got as far as {image}"


def bad_lines(file: str, error: LinkedInMediaError) -> Iterator[str]:
    """Yield why a file was refused or failed, and what to do."""
    problems = [violation.message for violation in error.violations] if isinstance(error, InvalidImage) else []
    problems = problems or [message_of(error).removeprefix(f"{file}: ")]
    yield f"{bad('BAD')}  {printable(file)}"
    for problem in (*problems, *filter(None, [hint_of(error)])):
        yield f"     {printable(problem)}"


def good(word: str) -> str:
    """Return a word of success, in its colour."""
    return click.style(word, fg="green", bold=True)


def bad(word: str) -> str:
    """Return a word of failure, in its colour."""
    return click.style(word, fg="red", bold=True)
