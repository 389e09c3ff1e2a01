"""A secret is printed nowhere."""

from __future__ import annotations

import json
import pickle

import pytest
from hypothesis import given, strategies as st

from linkedin_media.errors import InvalidArgument
from linkedin_media.model.secret import Secret


def test_a_secret_is_revealed_on_request_only() -> None:
    secret = Secret("CANARY")

    assert secret.reveal() == "CANARY"
    assert [
        text for text in (str(secret), repr(secret), f"{secret}", f"{secret!r}", f"{[secret]}") if "CANARY" in text
    ] == []


def test_a_secret_is_not_pickled_and_not_written_as_json() -> None:
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(Secret("CANARY"))
    with pytest.raises(TypeError):
        json.dumps({"token": Secret("CANARY")})


def test_equal_secrets_are_equal() -> None:
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert len({Secret("a"), Secret("a"), Secret("b")}) == 2


def test_an_empty_secret_says_where_to_set_it() -> None:
    with pytest.raises(InvalidArgument) as caught:
        Secret("")

    assert "LINKEDIN_ACCESS_TOKEN" in caught.value.hint


@given(st.text(min_size=1))
def test_what_no_header_can_carry_is_refused_without_being_shown(value: str) -> None:
    sendable = all("!" <= character <= "~" for character in value)

    if sendable:
        assert Secret(value).reveal() == value
    else:
        with pytest.raises(InvalidArgument) as caught:
            Secret(value)
        assert value not in caught.value.message or len(value) < 3
