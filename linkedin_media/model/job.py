"""What a user wishes for: files, and the post to make of them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import attrs

from ..errors import InvalidArgument
from .image import MediaLibraryMetadata
from .post import MULTI_IMAGE_RANGE, Commentary, Visibility, visibility_of
from .urn import Urn, owner_urn


@runtime_checkable
class AsyncReadable(Protocol):
    """Anything with ``async def read(n)``, such as an uploaded file of a web framework."""

    async def read(self, n: int = -1, /) -> bytes:
        """Return at most `n` bytes, none at the end."""


Readable = str | os.PathLike[str] | bytes | AsyncReadable


@attrs.frozen
class ImageSource:
    """An image to upload: a path, its bytes, or something to read it from; and its alternate text.

    A readable needs its `size` in bytes. `name` is what errors and reports call it, by default its path.
    """

    source: Readable = attrs.field(
        repr=lambda source: f"{len(source)} bytes" if isinstance(source, bytes) else repr(source)
    )
    alt_text: str | None = attrs.field(default=None, kw_only=True)
    name: str = attrs.field(default="", kw_only=True)
    size: int | None = attrs.field(default=None, kw_only=True)

    def __attrs_post_init__(self) -> None:
        if not isinstance(self.source, str | bytes | os.PathLike):  # asking for a protocol takes long
            _check_readable(self.source, self.size)
        if not self.name:
            object.__setattr__(self, "name", _name(self.source))

    @classmethod
    def of(cls, source: ImageSource | Readable) -> ImageSource:
        """Return `source` itself, or an `ImageSource` of it."""
        return source if isinstance(source, ImageSource) else cls(source)


def _check_readable(source: object, size: int | None) -> None:
    if not isinstance(source, AsyncReadable):
        kind = type(source).__name__
        raise InvalidArgument(
            f"an image source of type {kind}: give a path, bytes, or an async readable", argument="source"
        )
    if size is None:
        raise InvalidArgument("an image source that is read needs its size=", argument="size")


def _name(source: Readable) -> str:
    if type(source) is str and source.isascii():
        return source
    if isinstance(source, str | os.PathLike):
        return os.fsdecode(source).encode("utf-8", "backslashreplace").decode()
    return str(getattr(source, "name", None) or getattr(source, "filename", None) or "image")


def _sources(images: Sequence[ImageSource | Readable]) -> tuple[ImageSource, ...]:
    alone: object = images
    if isinstance(alone, str | bytes | os.PathLike | ImageSource):
        raise InvalidArgument("images is a list: write images=[…], even for one", argument="images")
    return tuple(ImageSource.of(image) for image in images)


@attrs.frozen(kw_only=True)
class Job:
    """One post to publish: who, what to say, and one image or two to twenty of them.

    `owner` owns the images, by default the author. Without a `commentary` (None) the job ends when its images are
    AVAILABLE. `media_library` also registers the images there. `id` is yours, to tell outcomes apart.

    Raises:
        InvalidArgument: No image or more than twenty, or a URN that cannot post or own images.
    """

    author: Urn = attrs.field(converter=owner_urn)
    commentary: str | Commentary | None = None
    images: Sequence[ImageSource] = attrs.field(converter=_sources)
    owner: Urn = attrs.field(default=attrs.Factory(lambda self: self.author, takes_self=True), converter=owner_urn)
    visibility: Visibility | str = attrs.field(default=Visibility.PUBLIC, converter=visibility_of)
    media_library: MediaLibraryMetadata | None = None
    id: str = ""

    def __attrs_post_init__(self) -> None:
        if not 1 <= len(self.images) < MULTI_IMAGE_RANGE.stop:
            raise InvalidArgument(f"{len(self.images)} images: a post takes 1 to 20", argument="images")
