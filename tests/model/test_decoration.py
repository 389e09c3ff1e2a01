"""The renditions of a picture, and which of them to take."""

from __future__ import annotations

import pytest

from linkedin_media.model.decoration import (
    Decoration,
    PlayableStream,
    StillImage,
    StorageSize,
    StreamData,
    StreamIdentifier,
)


def rendition(width: float | None, height: float | None = 10) -> PlayableStream:
    size = StorageSize(width=width, height=height)
    return PlayableStream(data=StreamData(still_image=StillImage(storage_size=size)))


def widths(*given: float) -> Decoration:
    return Decoration(fields={}, streams=tuple(map(rendition, given)))


@pytest.mark.parametrize(("wanted", "got"), [(100, 180), (180, 180), (181, 720), (5000, 1280)])
def test_the_narrowest_picture_that_is_wide_enough_is_taken_else_the_widest(wanted: int, got: int) -> None:
    stream = widths(1280, 180, 720).stream(wanted)

    assert stream is not None
    assert stream.size == (got, 10)


def test_pictures_of_equal_width_are_no_trouble() -> None:
    assert widths(100, 100).stream(100) == rendition(100)


@pytest.mark.parametrize(
    "streams",
    [(), (PlayableStream(),), (PlayableStream(data=StreamData()),), (rendition(None),), (rendition(1, None),)],
    ids=["none", "no data", "a video", "no width", "no height"],
)
def test_what_has_no_size_is_no_picture(streams: tuple[PlayableStream, ...]) -> None:
    assert Decoration(fields={}, streams=streams).stream(1) is None


def test_the_address_is_the_first_there_is() -> None:
    some = (StreamIdentifier(), StreamIdentifier(identifier="https://media.licdn.com/a"), StreamIdentifier())

    assert PlayableStream(identifiers=some).url == "https://media.licdn.com/a"
    assert PlayableStream(identifiers=()).url is None
    assert PlayableStream().url is None
