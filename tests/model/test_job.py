"""Jobs and image sources: what a user wishes for, refused early where it cannot be."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest

from linkedin_media.errors import InvalidArgument
from linkedin_media.model.job import ImageSource, Job
from linkedin_media.model.post import Visibility


class Stream:
    """What a web framework hands over."""

    filename = "received.png"

    async def read(self, n: int = -1) -> bytes:
        return b""


class Nameless:
    async def read(self, n: int = -1) -> bytes:
        return b""


@pytest.mark.parametrize(
    ("source", "name"),
    [
        (ImageSource("photos/office.png"), "photos/office.png"),
        (ImageSource(Path("photos/office.png")), "photos/office.png"),
        (ImageSource("a.png", name="Office"), "Office"),
        (ImageSource(b"\x89PNG"), "image"),
        (ImageSource(Stream(), size=1), "received.png"),
        (ImageSource(Nameless(), size=1), "image"),
        (ImageSource("caf\udce9.png"), "caf\\udce9.png"),
    ],
)
def test_a_source_has_a_name_for_people(source: ImageSource, name: str) -> None:
    assert source.name == name
    assert source.name.encode()


def test_a_source_of_bytes_shows_their_number_only() -> None:
    assert "5 bytes" in repr(ImageSource(b"12345"))
    assert "12345" not in repr(ImageSource(b"12345"))


def test_a_stream_needs_its_size() -> None:
    with pytest.raises(InvalidArgument) as caught:
        ImageSource(Stream())

    assert caught.value.argument == "size"


@pytest.mark.parametrize("value", [None, 5, bytearray(b"x"), ["a.png"], object()])
def test_what_cannot_be_read_is_no_source(value: Any) -> None:
    with pytest.raises(InvalidArgument, match=type(value).__name__):
        ImageSource(value)


def test_a_source_of_a_source_is_itself() -> None:
    source = ImageSource("a.png", alt_text="A")

    assert ImageSource.of(source) is source
    assert ImageSource.of("a.png") == ImageSource("a.png")


def test_images_may_be_given_as_paths_bytes_and_sources() -> None:
    job = Job(author="urn:li:person:a", images=["a.png", Path("b.png"), ImageSource("c.png", alt_text="C")])

    assert [image.name for image in job.images] == ["a.png", "b.png", "c.png"]


@pytest.mark.parametrize("images", ["a.png", b"\x89PNG", Path("a.png"), ImageSource("a.png")])
def test_a_single_image_outside_a_list_is_refused_rather_than_taken_apart(images: Any) -> None:
    with pytest.raises(InvalidArgument, match=r"images=\[…\]"):
        Job(author="urn:li:person:a", images=images)


@pytest.mark.parametrize("number", [0, 21])
def test_a_post_takes_one_to_twenty_images(number: int) -> None:
    with pytest.raises(InvalidArgument, match=f"{number} images: a post takes 1 to 20"):
        Job(author="urn:li:person:a", images=["a.png"] * number)


def test_twenty_images_are_taken() -> None:
    assert len(Job(author="urn:li:person:a", images=["a.png"] * 20).images) == 20


def test_the_author_owns_the_images_unless_somebody_else_does() -> None:
    assert Job(author="urn:li:person:a", images=["a.png"]).owner == "urn:li:person:a"
    assert Job(author="urn:li:person:a", images=["a.png"], owner="urn:li:organization:1").owner == (
        "urn:li:organization:1"
    )


@pytest.mark.parametrize("field", ["author", "owner"])
def test_nobody_posts_as_an_image(field: str) -> None:
    wishes: dict[str, Any] = {"author": "urn:li:person:a", "images": ["a.png"]} | {field: "urn:li:image:a"}

    with pytest.raises(InvalidArgument, match="urn:li:person"):
        Job(**wishes)


def test_visibility_is_taken_as_text() -> None:
    job = Job(author="urn:li:person:a", images=["a.png"], visibility="CONNECTIONS")

    assert job.visibility is Visibility.CONNECTIONS


def test_an_open_file_is_read_like_a_stream_and_needs_its_size() -> None:
    with pytest.raises(InvalidArgument, match="size="):
        ImageSource(io.BytesIO(b"x"))
