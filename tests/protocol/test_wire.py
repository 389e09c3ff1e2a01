"""Requests and responses as values."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, strategies as st
from multidict import CIMultiDict

from linkedin_media.errors import InvalidArgument
from linkedin_media.protocol.wire import (
    Headers,
    Repeat,
    Request,
    Response,
    RestliMethod,
    check_path,
    check_version,
    collection,
    entity,
    headers_of,
    json_body,
)


@pytest.mark.parametrize(
    ("method", "verb"),
    [
        (RestliMethod.GET, "GET"),
        (RestliMethod.GET_ALL, "GET"),
        (RestliMethod.BATCH_GET, "GET"),
        (RestliMethod.FINDER, "GET"),
        (RestliMethod.CREATE, "POST"),
        (RestliMethod.PARTIAL_UPDATE, "POST"),
        (RestliMethod.ACTION, "POST"),
        (RestliMethod.DELETE, "DELETE"),
    ],
)
def test_the_meaning_of_a_call_chooses_its_verb_and_names_itself_in_upper_case(method: RestliMethod, verb: str) -> None:
    request = Request(restli_method=method, resource="x", path="/rest/x")

    assert request.http_method == verb
    assert headers_of(request, "202609")["X-RestLi-Method"] == method.value.upper()


def test_a_verb_of_ones_own_stays() -> None:
    assert Request(restli_method=RestliMethod.ACTION, resource="x", path="", http_method="PUT").http_method == "PUT"


def test_a_versioned_call_says_which_version_and_protocol() -> None:
    request = Request(restli_method=RestliMethod.GET, resource="x", path="/rest/x")

    assert headers_of(request, "202609") == {
        "Accept": "application/json",
        "X-Restli-Protocol-Version": "2.0.0",
        "X-RestLi-Method": "GET",
        "LinkedIn-Version": "202609",
    }


def test_an_unversioned_call_names_no_version_but_the_protocol() -> None:
    headers = headers_of(Request(restli_method=RestliMethod.GET, resource="x", path="/v2/x", versioned=False), "202609")

    assert "LinkedIn-Version" not in headers
    assert headers["X-Restli-Protocol-Version"] == "2.0.0"


def test_a_body_is_json_unless_the_request_says_otherwise() -> None:
    plain = Request(restli_method=RestliMethod.CREATE, resource="x", path="/rest/x", body=b"{}")
    special = Request(
        restli_method=RestliMethod.CREATE,
        resource="x",
        path="/rest/x",
        body=b"x",
        headers={"Content-Type": "text/plain"},
    )

    assert headers_of(plain, "202609")["Content-Type"] == "application/json"
    assert headers_of(special, "202609")["Content-Type"] == "text/plain"


def test_a_request_may_be_repeated_unless_it_says_never() -> None:
    assert Request(restli_method=RestliMethod.GET, resource="x", path="/rest/x").repeat is Repeat.HARMLESS


def test_a_request_shows_no_body_and_cannot_be_changed() -> None:
    headers = {"X-One": "1"}
    request = Request(restli_method=RestliMethod.CREATE, resource="x", path="/x", body=b"PRIVATE", headers=headers)
    headers["X-One"] = "2"

    assert "PRIVATE" not in repr(request)
    assert request.headers["X-One"] == "1"
    with pytest.raises(TypeError):
        request.headers["X-One"] = "3"  # type: ignore[index]


def test_a_target_is_path_and_query() -> None:
    assert Request(restli_method=RestliMethod.GET, resource="x", path="/rest/x").target == "/rest/x"
    assert Request(restli_method=RestliMethod.GET, resource="x", path="/rest/x", query="q=a").target == "/rest/x?q=a"


def test_a_key_is_percent_encoded_whole() -> None:
    assert collection("images") == "/rest/images"
    assert collection("originalArticles", versioned=False) == "/v2/originalArticles"
    assert entity("images", "urn:li:image:C4E10AQFn10iWtKexVA") == "/rest/images/urn%3Ali%3Aimage%3AC4E10AQFn10iWtKexVA"
    assert (
        entity("x", "urn:li:comment:(urn:li:article:1,2)")
        == "/rest/x/urn%3Ali%3Acomment%3A%28urn%3Ali%3Aarticle%3A1%2C2%29"
    )


def test_headers_are_found_whatever_their_case() -> None:
    headers = Headers({"X-RestLi-Id": "1"})

    assert (headers["x-restli-id"], headers["X-RESTLI-ID"], headers.get("absent")) == ("1", "1", None)
    assert (list(headers), len(headers)) == (["x-restli-id"], 1)


def test_a_header_that_came_twice_hides_neither_value() -> None:
    twice = CIMultiDict([("X-RestLi-Id", "urn:li:share:1"), ("x-restli-id", "urn:li:share:2")])

    assert Headers(twice)["x-restli-id"] == "urn:li:share:1, urn:li:share:2"


@pytest.mark.parametrize(
    ("headers", "request_id"),
    [
        ({}, None),
        ({"x-li-uuid": "AAY"}, "AAY"),
        ({"x-li-request-id": "B"}, "B"),
        ({"x-li-uuid": "AAY", "x-li-request-id": "B"}, "AAY"),
        ({"x-li-uuid": "a\x1b[31m\udcff"}, "a [31m?"),
        ({"x-li-uuid": "x" * 5000}, "x" * 128),
    ],
)
def test_the_id_for_support_can_be_printed_anywhere(headers: dict[str, str], request_id: str | None) -> None:
    assert Response(status=200, headers=Headers(headers)).request_id == request_id


@pytest.mark.parametrize(("status", "ok"), [(199, False), (200, True), (204, True), (299, True), (300, False)])
def test_a_2xx_is_ok(status: int, *, ok: bool) -> None:
    assert Response(status=status).ok == ok


def test_a_response_shows_neither_body_nor_headers() -> None:
    assert "PRIVATE" not in repr(Response(status=200, body=b"PRIVATE", headers=Headers({"X": "PRIVATE"})))


def test_a_body_is_compact_utf_8() -> None:
    assert json_body({"commentary": "Grüße 🎉", "a": [1]}) == '{"commentary":"Grüße 🎉","a":[1]}'.encode()


@pytest.mark.parametrize("value", ["\ud800", object(), float("nan"), float("inf"), b"bytes"])
def test_what_is_no_json_is_refused_by_us(value: object) -> None:
    with pytest.raises(InvalidArgument, match="cannot be written as JSON"):
        json_body({"altText": value})


@given(st.dictionaries(st.text(), st.text() | st.integers() | st.booleans() | st.none()))
def test_a_body_is_read_back_as_it_was_or_refused(value: dict[str, object]) -> None:
    try:
        body = json_body(value)
    except InvalidArgument:
        return
    assert json.loads(body) == value


@pytest.mark.parametrize("version", ["202609", "202601", "202512.01", "202609.1"])
def test_a_version_is_a_month(version: str) -> None:
    assert check_version(version) == version


@pytest.mark.parametrize(
    "version",
    [
        "",
        "2026-09",
        "202613",
        "202600",
        "20269",
        "202609\r\nX: y",
        "202609\n",
        "\uff12\uff10\uff12\uff16\uff10\uff19",
        202609,
        None,
    ],
)
def test_what_is_no_version_never_becomes_a_header(version: object) -> None:
    with pytest.raises(InvalidArgument, match="YYYYMM") as caught:
        check_version(version)

    assert caught.value.argument == "version"
    assert "\n" not in caught.value.message


def test_a_path_of_a_collection_is_plain() -> None:
    assert check_path("/v2/originalArticles") == "/v2/originalArticles"
    for path in ("", "v2/x", "/v2/x?y", "/v2/x y", "https://evil.example/x"):
        with pytest.raises(InvalidArgument):
            check_path(path)
