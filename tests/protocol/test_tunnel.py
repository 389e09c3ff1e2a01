"""A long query travels in a POST, and a server gets back the call that was meant."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import attrs
import pytest
from hypothesis import given, strategies as st

from linkedin_media.errors import InvalidArgument
from linkedin_media.protocol import tunnel as tunnelling
from linkedin_media.protocol.tunnel import THRESHOLD, tunnel, untunnel
from linkedin_media.protocol.wire import Repeat, Request, RestliMethod, headers_of

VECTORS: Final = Path(__file__).resolve().parents[1] / "vectors" / "restli.json"
FORM: Final = "application/x-www-form-urlencoded"
CASES: Final[list[dict[str, Any]]] = next(
    group["cases"]
    for group in json.loads(VECTORS.read_text(encoding="utf-8"))["groups"]
    if group["group"] == "java.query_tunnel"
)
FORWARD: Final = [case for case in CASES if "decode" not in case["input"]]
BACKWARD: Final = [case for case in CASES if "decode" in case["input"]]


def _request(query: str = "q=x", body: bytes | None = None, **more: Any) -> Request:
    method = RestliMethod.FINDER if body is None else RestliMethod.PARTIAL_UPDATE
    return Request(
        **{"restli_method": method, "resource": "images", "path": "/rest/images", "query": query, "body": body, **more}
    )


def _returned(sent: Request) -> tuple[str, str, dict[str, str], bytes]:
    return untunnel(sent.http_method, sent.target, sent.headers, sent.body or b"")


# --- the vectors of LinkedIn's framework ----------------------------------------------------------------------------


@pytest.mark.parametrize("case", FORWARD, ids=range(len(FORWARD)))
def test_a_request_travels_as_the_framework_sends_it(case: dict[str, Any]) -> None:
    given, expected = case["input"], case["expected"]
    path, _, query = given["url"].partition("?")
    body_type = given.get("body_content_type")
    with_body = "body_content_type" in given
    request = _request(
        query,
        b'{"a":1}' if with_body else None,
        path=path,
        http_method=given["method"],
        headers={"Content-Type": body_type} if body_type else {},
    )
    if isinstance(expected, str):
        # The framework refuses a body of unknown type. Rest.li assumes JSON for one, and the house sends nothing else.
        expected = {"method": "POST", "content_type_prefix": "multipart/mixed; boundary="}

    sent = tunnel(request, threshold=given["threshold"])

    assert sent.http_method == expected["method"]
    assert (sent is not request) is expected.get("tunnelled", True)
    if sent is request:
        assert sent.target == expected["url"].removesuffix("?")  # an empty query has no question mark here
        return
    assert sent.target == expected.get("url", path)
    assert sent.headers["X-HTTP-Method-Override"] == expected.get("method_override", given["method"])
    assert sent.headers["Content-Type"] == expected.get("content_type", sent.headers["Content-Type"])
    assert sent.headers["Content-Type"].startswith(expected.get("content_type_prefix", ""))
    assert sent.body == expected.get("body", "").encode() or with_body
    assert _returned(sent)[:2] == (given["method"], given["url"])


@pytest.mark.parametrize("case", BACKWARD, ids=range(len(BACKWARD)))
def test_a_server_understands_what_the_framework_sends(case: dict[str, Any]) -> None:
    given, expected = case["input"], case["expected"]
    headers = {"X-HTTP-Method-Override": given["method_override"], "Content-Type": given["content_type"]}

    method, target, kept, body = untunnel(given["method"], given["url"], headers, given["body"].encode())

    assert (method, target, kept, body) == (expected["method"], expected["url"], {}, b"")


# --- when, and what stays -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("length", "tunnelled"), [(THRESHOLD - 1, False), (THRESHOLD, False), (THRESHOLD + 1, True)])
def test_only_a_query_beyond_the_limit_is_tunnelled(length: int, tunnelled: bool) -> None:
    # The official clients compare with >; the framework with >=. At the limit itself both forms are understood.
    request = _request("x" * length)

    assert (tunnel(request) is not request) is tunnelled


def test_without_a_body_the_query_is_the_form() -> None:
    sent = tunnel(_request("ids=List(urn%3Ali%3Aimage%3AA)"), threshold=5)

    assert sent.http_method == "POST"
    assert sent.target == "/rest/images"
    assert sent.body == b"ids=List(urn%3Ali%3Aimage%3AA)"
    assert sent.headers == {"X-HTTP-Method-Override": "GET", "Content-Type": FORM}


@pytest.mark.parametrize("repeat", Repeat)
@pytest.mark.parametrize("method", RestliMethod)
def test_what_the_call_means_stays(method: RestliMethod, repeat: Repeat) -> None:
    request = _request(restli_method=method, repeat=repeat, versioned=False)

    sent = tunnel(request, threshold=0)

    assert (sent.restli_method, sent.repeat, sent.versioned, sent.resource) == (method, repeat, False, "images")
    assert sent.headers["X-HTTP-Method-Override"] == request.http_method


def test_a_body_travels_behind_the_query() -> None:
    sent = tunnel(_request("q=x", b'{"a":1}', headers={"X-Trace": "7"}), threshold=0)

    boundary = sent.headers["Content-Type"].removeprefix("multipart/mixed; boundary=")
    assert sent.headers["X-Trace"] == "7"
    assert (
        sent.body
        == (
            f"--{boundary}\r\nContent-Type: {FORM}\r\n\r\nq=x\r\n"
            f'--{boundary}\r\nContent-Type: application/json\r\n\r\n{{"a":1}}\r\n--{boundary}--'
        ).encode()
    )


def test_the_headers_of_the_old_body_do_not_describe_the_new_one() -> None:
    request = _request("q=x", b"{}", headers={"content-type": "application/x+json", "content-length": "2"})

    sent = tunnel(request, threshold=0)

    assert sorted(sent.headers) == ["Content-Type", "X-HTTP-Method-Override"]
    assert _returned(sent) == ("POST", "/rest/images?q=x", {"Content-Type": "application/x+json"}, b"{}")


def test_the_headers_every_call_carries_may_be_added_before_or_after() -> None:
    request = _request("q=x", b"{}")

    before = tunnel(attrs.evolve(request, headers=headers_of(request, "202609")), threshold=0).headers
    after = headers_of(tunnel(request, threshold=0), "202609")

    assert before == after
    assert before["X-RestLi-Method"] == "PARTIAL_UPDATE"


# --- the boundary ---------------------------------------------------------------------------------------------------


def test_the_same_content_gets_the_same_boundary_and_another_content_another() -> None:
    first, again, other = (tunnel(_request("q=x", body), threshold=0) for body in (b"a", b"a", b"b"))

    assert first == again
    assert first.headers["Content-Type"] != other.headers["Content-Type"]


@pytest.mark.parametrize(("query", "body"), [("q=taken", b"{}"), ("q=x", b"taken"), ("q=taken", b"taken-1")])
def test_a_boundary_that_the_content_holds_is_drawn_again(
    monkeypatch: pytest.MonkeyPatch, query: str, body: bytes
) -> None:
    drawn = ["taken", "taken-1", "free"]
    monkeypatch.setattr(tunnelling, "_candidate", lambda content, attempt: drawn[attempt])

    sent = tunnel(_request(query, body), threshold=0)

    boundary = sent.headers["Content-Type"].partition("boundary=")[2]
    assert boundary.encode() not in body
    assert boundary not in query
    assert _returned(sent)[1:] == (f"/rest/images?{query}", {"Content-Type": "application/json"}, body)


# --- the server -----------------------------------------------------------------------------------------------------


@given(st.text(st.characters(codec="ascii", exclude_characters="?#"), min_size=1), st.binary(min_size=1))
def test_any_call_arrives_as_it_was(query: str, body: bytes) -> None:
    for request in (_request(query), _request(query, body)):
        method, target, headers, arrived = _returned(tunnel(request, threshold=0))

        assert (method, target) == (request.http_method, request.target)
        assert headers == ({"Content-Type": "application/json"} if request.body else {})
        assert arrived == (request.body or b"")


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_call_that_is_not_tunnelled_stays_as_it_is(method: str) -> None:
    headers = {"Content-Type": FORM}

    assert untunnel(method, "/a?b=c", headers, b"d=e") == (method, "/a?b=c", headers, b"d=e")


def test_only_a_post_can_be_something_else() -> None:
    headers = {"X-HTTP-Method-Override": "DELETE", "Content-Type": FORM}

    assert untunnel("GET", "/a", headers, b"") == ("GET", "/a", headers, b"")


def test_header_names_are_read_in_any_case_and_the_others_stay() -> None:
    headers = {
        "x-http-method-override": "get",
        "content-type": f"{FORM}; charset=utf-8",
        "Host": "h",
        "Content-Length": "3",
    }

    assert untunnel("POST", "/a", headers, b"b=c") == ("GET", "/a?b=c", {"Host": "h"}, b"")


def test_a_quoted_boundary_a_preamble_and_an_epilogue_are_understood() -> None:
    body = f"before\r\n--a b\r\nContent-Type:{FORM}\r\n\r\nq=x\r\n--a b\r\n\r\n{{}}\r\n--a b--\r\nafter".encode()
    headers = {"X-HTTP-Method-Override": "PUT", "Content-Type": 'Multipart/Mixed; boundary="a b"'}

    arrived = untunnel("POST", "/a", headers, body)

    assert arrived == ("PUT", "/a?q=x", {"Content-Type": "application/json"}, b"{}")


PART: Final = f"--B\r\nContent-Type: {FORM}\r\n\r\nq=x\r\n".encode()


@pytest.mark.parametrize(
    ("content_type", "body", "problem"),
    [
        (None, b"q=x", "carries no query"),
        ("application/json", b"{}", "carries no query"),
        ("multipart/mixed", PART, "carries no query"),
        (FORM, "q=é".encode(), "not ASCII"),
        ("multipart/mixed; boundary=B", b"", "a query and a body"),
        ("multipart/mixed; boundary=B", PART + b"--B--", "a query and a body"),
        ("multipart/mixed; boundary=B", PART * 3 + b"--B--", "a query and a body"),
        ("multipart/mixed; boundary=B", PART * 2, "a query and a body"),
        ("multipart/mixed; boundary=B", PART + b"--B\r\nno blank line\r\n--B--", "no blank line"),
        (
            "multipart/mixed; boundary=B",
            b"--B\r\nContent-Type: text/plain\r\n\r\nq=x\r\n" + PART + b"--B--",
            "'text/plain'",
        ),
    ],
    ids=range(10),
)
def test_a_tunnel_that_leads_nowhere_is_refused(content_type: str | None, body: bytes, problem: str) -> None:
    headers = {"X-HTTP-Method-Override": "GET"} | ({"Content-Type": content_type} if content_type else {})

    with pytest.raises(InvalidArgument, match=problem):
        untunnel("POST", "/a", headers, body)


@given(st.binary(), st.sampled_from([FORM, "multipart/mixed; boundary=B", "multipart/mixed; boundary=", ""]))
def test_garbage_is_understood_or_refused(body: bytes, content_type: str) -> None:
    headers = {"X-HTTP-Method-Override": "GET", "Content-Type": content_type}
    try:
        untunnel("POST", "/a", headers, body)
    except InvalidArgument as error:
        assert error.message.startswith("malformed tunnelled query")
