"""The head of a request, byte by byte."""

from __future__ import annotations

import pytest

from linkedin_media.errors import InvalidArgument
from linkedin_media.model.secret import Secret
from linkedin_media.protocol.head import HeaderFields, request_head
from linkedin_media.protocol.hosts import split


def test_a_head_goes_out_line_by_line_and_ends_with_an_empty_one() -> None:
    head = request_head(
        "POST",
        "localhost:1",
        "/rest/posts?a=b%2Cc",
        HeaderFields({"Accept": "a/b", "X-N": "1"}),
        token=Secret("t"),
        length=7,
    )

    assert head == (
        b"POST /rest/posts?a=b%2Cc HTTP/1.1\r\nHost: localhost:1\r\nAccept: a/b\r\nX-N: 1\r\n"
        b"Authorization: Bearer t\r\nContent-Length: 7\r\n\r\n"
    )


def test_what_a_request_does_not_have_is_left_out() -> None:
    assert request_head("GET", "h", "/", HeaderFields({})) == b"GET / HTTP/1.1\r\nHost: h\r\n\r\n"


def test_the_length_of_nothing_is_told() -> None:
    assert b"\r\nContent-Length: 0\r\n" in request_head("DELETE", "h", "/", HeaderFields({}), length=0)


@pytest.mark.parametrize("target", ["", "x", "/a b", "/a\r\nX: y", "/é", "/\x7f", "http://other/"])
def test_a_target_that_is_no_encoded_path_is_refused_and_not_shown(target: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        request_head("GET", "h", target, HeaderFields({}))

    assert "percent-encoded" in str(caught.value)
    assert not target or "a b" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("A", ""),
        ("A", "b\r\nC: d"),
        ("A", "b\n"),
        ("A", " b"),
        ("A", "é"),
        ("A", "\x00"),
        ("A:", "b"),
        ("", "b"),
        ("A b", "c"),
    ],
)
def test_a_header_that_would_end_its_line_is_refused(name: str, value: str) -> None:
    with pytest.raises(InvalidArgument, match="cannot be sent"):
        request_head("GET", "h", "/", HeaderFields({name: value}))


def test_a_token_that_would_end_its_line_is_refused_and_not_shown() -> None:
    with pytest.raises(InvalidArgument) as caught:
        request_head("GET", "h", "/", HeaderFields({}), token=Secret("CANARY\r\nX: y"))

    assert "CANARY" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "parts"),
    [
        ("https://www.linkedin.com/dms/x?ut=a/b", ("https://www.linkedin.com", "/dms/x?ut=a/b")),
        ("https://www.linkedin.com?ut=a/b", ("https://www.linkedin.com", "/?ut=a/b")),
        ("https://www.linkedin.com", ("https://www.linkedin.com", "/")),
        ("http://[::1]:8080/", ("http://[::1]:8080", "/")),
        ("https://www.linkedin.com:443/x", ("https://www.linkedin.com", "/x")),
        ("http://localhost:80?x", ("http://localhost", "/?x")),
        ("http://localhost:443/x", ("http://localhost:443", "/x")),
    ],
)
def test_a_url_is_split_into_where_a_request_goes_and_what_it_names(url: str, parts: tuple[str, str]) -> None:
    assert split(url) == parts
