"""What LinkedIn resolves URNs into when a projection asks for it (Media Migration Guide, "playable streams")."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from .openness import unknown_fields


@attrs.frozen(kw_only=True)
class StorageSize:
    """A picture's size in pixels."""

    width: float | None = None
    height: float | None = None
    unknown_fields: Mapping[str, Any] = unknown_fields()


@attrs.frozen(kw_only=True)
class StillImage:
    """What one rendition of a picture is."""

    storage_size: StorageSize | None = None
    media_type: str | None = None
    unknown_fields: Mapping[str, Any] = unknown_fields()


@attrs.frozen(kw_only=True)
class StreamData:
    """The kind of a rendition: `still_image` for pictures, anything else as LinkedIn sends it."""

    still_image: StillImage | None = None
    unknown_fields: Mapping[str, Any] = unknown_fields()


@attrs.frozen(kw_only=True)
class StreamIdentifier:
    """One address of a rendition. `identifier` is signed and expires, so it is left out of the repr."""

    identifier: str | None = attrs.field(default=None, repr=False)
    media_type: str | None = None
    identifier_expires_in_seconds: int | None = None
    unknown_fields: Mapping[str, Any] = unknown_fields()


@attrs.frozen(kw_only=True)
class PlayableStream:
    """One rendition of an asset: its size, its addresses, and who may use them."""

    artifact: str | None = None
    authorization_method: str | None = None
    data: StreamData | None = None
    identifiers: tuple[StreamIdentifier, ...] | None = None
    unknown_fields: Mapping[str, Any] = unknown_fields()

    @property
    def size(self) -> tuple[float, float] | None:
        """Width and height in pixels, where LinkedIn tells both."""
        still = self.data.still_image if self.data else None
        size = still.storage_size if still else None
        return None if size is None or size.width is None or size.height is None else (size.width, size.height)

    @property
    def url(self) -> str | None:
        """The first of its addresses; a credential for as long as it lives."""
        return next((found.identifier for found in self.identifiers or () if found.identifier), None)


@attrs.frozen(kw_only=True)
class Decoration:
    """What a decorated field resolved to: `fields` as LinkedIn sends them, `streams` where it is a picture or a video."""

    fields: Mapping[str, Any] = attrs.field(repr=False, hash=False)
    streams: tuple[PlayableStream, ...] = ()

    def stream(self, width: float) -> PlayableStream | None:
        """Return the narrowest picture at least `width` pixels wide, else the widest; None where there is none."""
        sized = sorted((found.size[0], place) for place, found in enumerate(self.streams) if found.size)
        fitting = [place for wide, place in sized if wide >= width] or [place for _, place in sized[-1:]]
        return self.streams[fitting[0]] if fitting else None
