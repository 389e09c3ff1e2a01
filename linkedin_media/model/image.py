"""Images and their steps from registered to available (Images API)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

import attrs

from .openness import known, unknown_fields
from .urn import Urn, optional_urn

MAX_ALT_TEXT = 4086
"""Characters LinkedIn takes as alternate text (images-api.txt, ``altText``)."""


class MediaStatus(StrEnum):
    """How far LinkedIn is with an image (images-api.txt, ``status``)."""

    WAITING_UPLOAD = "WAITING_UPLOAD"
    PROCESSING = "PROCESSING"
    AVAILABLE = "AVAILABLE"
    PROCESSING_FAILED = "PROCESSING_FAILED"


class MediaLibraryStatus(StrEnum):
    """Whether the owner of a media library considers an asset usable."""

    ACTIVE = "ACTIVE"
    ARCHIVED = "ARCHIVED"


def _status(value: str | None) -> MediaStatus | str | None:
    return None if value is None else known(MediaStatus, value)


def _library_status(value: str | None) -> MediaLibraryStatus | str | None:
    return None if value is None else known(MediaLibraryStatus, value)


@attrs.frozen
class MediaLibraryMetadata:
    """An image's entry in the media library of an ad account: ``MediaLibraryMetadata(account, "Spring hero")``."""

    associated_account: Urn = attrs.field(converter=Urn)
    asset_name: str
    media_library_status: MediaLibraryStatus | str | None = attrs.field(default=None, converter=_library_status)
    unknown_fields: Mapping[str, Any] = unknown_fields()


@attrs.frozen(kw_only=True)
class Image:
    """An image as LinkedIn answers for it (images-api.txt, "Schema"); only `id` is always there.

    `download_url` is signed, expires at `download_url_expires_at`, and is left out of the repr. Statuses that are not
    known yet stay plain text; keys that are not known yet stay in `unknown_fields`.
    """

    id: Urn = attrs.field(converter=Urn)
    owner: Urn | None = attrs.field(default=None, converter=optional_urn)
    status: MediaStatus | str | None = attrs.field(default=None, converter=_status)
    download_url: str | None = attrs.field(default=None, repr=False)
    download_url_expires_at: datetime | None = None
    aspect_ratio_width: float | None = None
    aspect_ratio_height: float | None = None
    alt_text: str | None = None
    media_library_metadata: MediaLibraryMetadata | None = None
    unknown_fields: Mapping[str, Any] = unknown_fields()

    @property
    def available(self) -> bool:
        """True once the image can be served and posted."""
        return self.status == MediaStatus.AVAILABLE


@attrs.frozen(kw_only=True)
class ValidatedImage:
    """A file that may be sent: its format and size in pixels, as read from its own header.

    `name` is what errors and reports call it, `size` counts bytes.
    """

    name: str
    size: int
    format: str
    width: int
    height: int
    frames: int

    @property
    def content_type(self) -> str:
        """The media type of the upload."""
        return f"image/{self.format.lower()}"


@attrs.frozen(kw_only=True)
class InitializedUpload:
    """A registered upload: the `image` it will become, and where to send the bytes until when.

    `upload_url` is a credential: whoever has it may upload. It is left out of the repr.
    """

    image: Urn = attrs.field(converter=Urn)
    upload_url: str = attrs.field(repr=False)
    upload_url_expires_at: datetime | None = None

    def expired(self, now: datetime, *, margin: float = 0.0) -> bool:
        """Tell whether the URL is no longer usable `margin` seconds from `now`."""
        expires = self.upload_url_expires_at
        return expires is not None and (expires - now).total_seconds() <= margin


@attrs.frozen(kw_only=True)
class DownloadedImage:
    """An image that was downloaded: `size` bytes, of the media type (``image/jpeg``) its server named."""

    image: Urn
    size: int
    content_type: str


@attrs.frozen(kw_only=True)
class UploadedImage:
    """An image whose every byte LinkedIn has taken: `size` bytes with this `sha256` (hexadecimal)."""

    image: Urn
    size: int
    sha256: str
