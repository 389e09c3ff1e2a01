"""Addresses of articles and their pictures (articles-api.txt; Media Migration Guide)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, strategies as st

from linkedin_media.errors import InvalidArgument
from linkedin_media.model.article_urls import media_url, permlink_of, pulse_url

PAGE = "urn:li:media:/p/1/000/0a1/99/123456.jpg"
SAMPLE = "urn:li:media:/AAEAAQAAAAAAAAALAAAAJDU4ZTQ0YWY1LWEzNDktNDQ4YS1hOGVhLTE5NGQxZWY2ZTNjMg.png"
SINCE_2018 = "/gcrc/dms/image/C4D03AQGsitRwG8U8ZQ/profile-displayphoto-shrink_800_800/0?e=1525021200&v=alpha&t=QU3N"
STOCK = "images/apps/profile/topcard_backgrounds/texture_bokeh_1400x425.jpg"


@pytest.mark.parametrize(
    ("urn", "url"),
    [
        (PAGE, "https://media.licdn.com/mpr/mpr/p/1/000/0a1/99/123456.jpg"),
        (SAMPLE, f"https://media.licdn.com/mpr/mpr{SAMPLE.removeprefix('urn:li:media:')}"),
        (f"urn:li:media:{SINCE_2018}", f"https://media.licdn.com/mpr/mpr{SINCE_2018}"),
        (f"urn:li:scds:{STOCK}", f"https://static.licdn.com/scds/common/u/{STOCK}"),
        ("urn:li:media:p/1.jpg", "https://media.licdn.com/mpr/mpr/p/1.jpg"),
        ("urn:li:media://example.com/1.jpg", "https://media.licdn.com/mpr/mpr/example.com/1.jpg"),
    ],
    ids=["the page's", "a sample's", "since 2018", "stock", "without its slash", "with too many"],
)
def test_a_media_urn_has_an_address(urn: str, url: str) -> None:
    assert media_url(urn) == url


@pytest.mark.parametrize(
    ("size", "words"),
    [
        ({"width": 100, "height": 100}, "shrink_100_100"),
        ({"width": 200, "height": 100}, "shrink_200_100"),
        ({"width": 80}, "shrink_80_80"),
        ({"height": 90}, "shrink_90_90"),
    ],
    ids=["the page's", "both", "a width", "a height"],
)
def test_a_size_goes_before_the_path(size: dict[str, int], words: str) -> None:
    assert media_url(PAGE, **size) == f"https://media.licdn.com/mpr/mpr/{words}/p/1/000/0a1/99/123456.jpg"


@pytest.mark.parametrize("path", [SINCE_2018, SINCE_2018.removeprefix("/gcrc"), f"/{STOCK}"])
def test_a_picture_of_one_size_is_not_resized(path: str) -> None:
    urn = f"urn:li:scds:{STOCK}" if STOCK in path else f"urn:li:media:{path}"

    assert media_url(urn, 100, 100) == media_url(urn)


@pytest.mark.parametrize(
    ("urn", "hint"),
    [
        ("urn:li:digitalmediaAsset:C5400AQENYhjODZ9eRw", "decorate"),
        ("urn:li:image:C4E10AQFoyyAjHPMQuQ", "download_url"),
        ("urn:li:person:a", ""),
    ],
)
def test_a_urn_without_an_address_says_what_to_do_instead(urn: str, hint: str) -> None:
    with pytest.raises(InvalidArgument, match="no address of its own") as caught:
        media_url(urn, 100)

    assert hint in caught.value.hint


@pytest.mark.parametrize("size", [{"width": 0}, {"height": -5}, {"width": 10, "height": 0}])
def test_a_size_is_at_least_one(size: dict[str, int]) -> None:
    with pytest.raises(InvalidArgument, match="must be at least 1"):
        media_url(PAGE, **size)


@pytest.mark.parametrize(
    ("permlink", "url"),
    [
        ("awesome-publishing-article", "https://www.linkedin.com/pulse/awesome-publishing-article"),
        ("über-uns", "https://www.linkedin.com/pulse/%C3%BCber-uns"),
        ("a/b?c#d", "https://www.linkedin.com/pulse/a%2Fb%3Fc%23d"),
        ("100%", "https://www.linkedin.com/pulse/100%25"),
    ],
)
def test_a_permlink_becomes_an_address_and_comes_back(permlink: str, url: str) -> None:
    assert pulse_url(permlink) == url
    assert permlink_of(url) == permlink


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_any_permlink_comes_back(permlink: str) -> None:
    assert permlink_of(pulse_url(permlink)) == permlink


@pytest.mark.parametrize(
    "url",
    [
        "https://www.linkedin.com/pulse/a-b/",
        "http://linkedin.com/pulse/a-b",
        "https://de.linkedin.com/pulse/a-b?trk=x#y",
    ],
)
def test_a_permlink_is_the_last_part_of_any_such_address(url: str) -> None:
    assert permlink_of(url) == "a-b"


@pytest.mark.parametrize(
    "url",
    [
        *("", "a-b", "/pulse/a-b", "https://www.linkedin.com/pulse/", "https://www.linkedin.com/in/a-b"),
        *("https://www.linkedin.com/pulse/a/b", "https://example.com/pulse/a-b", "https://xlinkedin.com/pulse/a-b"),
        *("https://www.linkedin.com/pulse/%FF", "https://[bad/pulse/a-b"),
    ],
)
def test_another_address_has_no_permlink(url: Any) -> None:
    with pytest.raises(InvalidArgument):
        permlink_of(url)


def test_there_is_no_empty_permlink() -> None:
    with pytest.raises(InvalidArgument, match="empty"):
        pulse_url("")
