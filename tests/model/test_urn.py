"""A URN is checked when it is made, and is text from then on."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, strategies as st

from linkedin_media.errors import InvalidArgument
from linkedin_media.model.urn import Urn, author_urn, expect, image_urn, optional_urn, owner_urn

IMAGE = "urn:li:image:C4E10AQFoyyAjHPMQuQ"


def test_a_urn_is_the_text_it_was_made_of() -> None:
    urn = Urn(IMAGE)

    assert urn == IMAGE
    assert {urn: 1}[IMAGE] == 1
    assert f"{urn}" == str(urn) == IMAGE
    assert json.dumps({"id": urn}) == json.dumps({"id": IMAGE})


def test_a_urn_names_its_type_and_its_id() -> None:
    urn = Urn("urn:li:comment:(urn:li:article:1,2)")

    assert (urn.entity_type, urn.id) == ("comment", "(urn:li:article:1,2)")


def test_a_urn_is_built_from_its_type_and_a_number() -> None:
    assert Urn.of("organization", 5583111) == "urn:li:organization:5583111"


def test_a_urn_of_a_urn_is_the_same_object() -> None:
    urn = Urn(IMAGE)

    assert Urn(urn) is urn


def test_a_urn_shows_what_it_is() -> None:
    assert repr(Urn(IMAGE)) == f"Urn('{IMAGE}')"


def test_a_urn_survives_pickling_as_a_urn() -> None:
    copy = pickle.loads(pickle.dumps(Urn(IMAGE)))

    assert (type(copy), copy) == (Urn, IMAGE)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("urn:li:person:", "its id is empty"),
        ("urn:li:image:a b", "does not read urn:li:TYPE:ID"),
        ("urn:li:image:a\n", "does not read urn:li:TYPE:ID"),
        ("urn:li:image:\x00", "does not read urn:li:TYPE:ID"),
        ("urn:li:image:é", "does not read urn:li:TYPE:ID"),
        ("URN:LI:image:a", "does not read urn:li:TYPE:ID"),
        ("urn:li:im-age:a", "does not read urn:li:TYPE:ID"),
        ("5583111", "does not read urn:li:TYPE:ID"),
        ("", "does not read urn:li:TYPE:ID"),
        ("urn:li:comment:(a", "parentheses do not balance"),
        ("urn:li:comment:)a(", "parentheses do not balance"),
        ("urn:li:image:" + "x" * 1024, "1037 characters"),
    ],
)
def test_text_that_is_no_urn_is_refused_with_the_reason_and_an_example(text: str, problem: str) -> None:
    with pytest.raises(InvalidArgument, match=problem) as caught:
        Urn(text)

    assert caught.value.argument == "urn"
    assert "urn:li:organization:5583111" in caught.value.hint


@pytest.mark.parametrize("value", [5583111, None, b"urn:li:image:a", ["urn:li:image:a"]])
def test_what_is_no_text_is_refused_by_its_type(value: object) -> None:
    with pytest.raises(InvalidArgument, match=f"a {type(value).__name__}, not text"):
        Urn(value)


def test_a_refusal_quotes_little_of_a_long_text() -> None:
    with pytest.raises(InvalidArgument) as caught:
        Urn("x" * 5000)

    assert len(caught.value.message) < 200


@given(st.text())
def test_any_text_becomes_a_urn_or_is_refused(text: str) -> None:
    try:
        urn = Urn(text)
    except InvalidArgument:
        return
    assert f"urn:li:{urn.entity_type}:{urn.id}" == text


def test_none_stays_none_where_a_urn_is_optional() -> None:
    assert optional_urn(None) is None
    assert optional_urn(IMAGE) == Urn(IMAGE)


def test_an_image_urn_is_taken_and_any_other_refused() -> None:
    assert image_urn(IMAGE) == IMAGE
    with pytest.raises(InvalidArgument, match="must be urn:li:image:…"):
        image_urn("urn:li:video:1")


@pytest.mark.parametrize("owner", ["urn:li:person:a", "urn:li:organization:1", "urn:li:sponsoredAccount:1"])
def test_those_who_can_own_an_image_are_taken(owner: str) -> None:
    assert owner_urn(owner) == owner


def test_the_retired_name_of_an_organization_is_refused_with_its_new_name() -> None:
    with pytest.raises(InvalidArgument) as caught:
        owner_urn("urn:li:company:1")

    assert caught.value.argument == "owner"
    assert "urn:li:organization" in caught.value.hint


def test_a_refused_type_says_which_ones_are_taken() -> None:
    with pytest.raises(
        InvalidArgument, match="author 'urn:li:image:1' must be urn:li:person:… or urn:li:organization:…"
    ):
        expect("urn:li:image:1", "author", ("person", "organization"))


@pytest.mark.parametrize("check", [owner_urn, author_urn])
@pytest.mark.parametrize("value", [5583111, None, ["urn:li:person:A"], b"urn:li:person:A"])
def test_what_is_no_text_is_refused_like_any_other(check: Callable[[Any], Urn], value: object) -> None:
    for _ in range(2):
        with pytest.raises(InvalidArgument, match="not text"):
            check(value)


def test_who_may_post_is_told_from_who_may_own_images() -> None:
    assert owner_urn("urn:li:sponsoredAccount:1") == "urn:li:sponsoredAccount:1"
    with pytest.raises(InvalidArgument, match="author"):
        author_urn("urn:li:sponsoredAccount:1")
