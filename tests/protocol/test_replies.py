"""Every shape of error LinkedIn sends becomes a typed one, and no reply makes reading fail otherwise."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any, Final

import pytest
from hypothesis import given, strategies as st

from linkedin_media import errors
from linkedin_media.errors import ApiError, InputError, UnexpectedReply
from linkedin_media.protocol import images, posts, replies
from linkedin_media.protocol.wire import Headers, Request, Response, RestliMethod
from tests.protocol.answers import answer, sample

NOW: Final = datetime(2026, 9, 1, 12, tzinfo=UTC)
GET: Final = images.build_get("urn:li:image:a")
CREATE: Final = Request(
    restli_method=RestliMethod.CREATE, resource="posts", path="/rest/posts", headers={"LinkedIn-Version": "202508"}
)


def read(status: int, body: Any, request: Request = GET, **headers: str) -> ApiError:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = Headers({name.replace("_", "-"): value for name, value in headers.items()})
    return replies.read_error(request, Response(status=status, headers=named, body=content), NOW)


BAD_INPUT: Final = {
    "errorDetailType": "com.linkedin.common.error.BadRequest",
    "message": "Invalid param. Please see errorDetails for more information.",
    "errorDetails": {
        "inputErrors": [
            {
                "description": "Invalid value for param; wrong type or other syntax error",
                "input": {"inputPath": {"fieldPath": "search"}},
                "code": "PARAM_INVALID",
            }
        ]
    },
    "status": 400,
}
DUPLICATE: Final = {
    "errorDetailType": "com.linkedin.common.error.BadRequest",
    "message": "com.linkedin.content.common.exception.BadRequestResponseException: Content is a duplicate of "
    "urn:li:share:7295588489876647936",
    "errorDetails": {
        "inputErrors": [{"description": "Duplicate post is detected", "input": {}, "code": "DUPLICATE_POST"}]
    },
    "status": 422,
}


@pytest.mark.parametrize(
    ("status", "body", "expected", "code", "message"),
    [
        (403, sample("forbidden"), errors.Forbidden, "FORBIDDEN", "Accessing this image resource is forbidden"),
        (
            401,
            {"message": "Empty oauth2_access_token", "serviceErrorCode": 401, "status": 401},
            errors.Unauthorized,
            "UNAUTHORIZED",
            "Empty oauth2_access_token",
        ),
        (
            401,
            {"status": 401, "serviceErrorCode": 65602, "code": "EXPIRED_ACCESS_TOKEN", "message": "has expired"},
            errors.Unauthorized,
            "EXPIRED_ACCESS_TOKEN",
            "has expired",
        ),
        (
            400,
            {"status": 400, "code": "VERSION_MISSING", "message": "A version must be present."},
            errors.BadRequest,
            "VERSION_MISSING",
            "A version must be present.",
        ),
        (400, BAD_INPUT, errors.BadRequest, "PARAM_INVALID", "Invalid param."),
        (
            400,
            {"error": "invalid_request", "error_description": "The grant is expired"},
            errors.BadRequest,
            "invalid_request",
            "The grant is expired",
        ),
        (502, b"<html>Bad Gateway</html>", errors.ServerError, "SERVER_ERROR", "<html>Bad Gateway</html>"),
        (500, b"", errors.ServerError, "SERVER_ERROR", "HTTP 500 without a message"),
        (403, {"message": "", "status": 403}, errors.Forbidden, "FORBIDDEN", "HTTP 403 without a message"),
        (403, {"message": None, "status": 403}, errors.Forbidden, "FORBIDDEN", "HTTP 403 without a message"),
        (418, {"reason": "teapot"}, ApiError, "API_ERROR", '{"reason": "teapot"}'),
        (400, [1, 2], errors.BadRequest, "BAD_REQUEST", "[1, 2]"),
        (302, b"", ApiError, "API_ERROR", "HTTP 302 without a message"),
        (
            400,
            {
                "exceptionClass": "com.linkedin.restli.server.RestLiServiceException",
                "stackTrace": "at x.y",
                "message": "bad",
            },
            errors.BadRequest,
            "BAD_REQUEST",
            "bad",
        ),
        (
            404,
            {"status": 404, "code": "RESOURCE_NOT_FOUND", "message": "none"},
            errors.NotFound,
            "RESOURCE_NOT_FOUND",
            "none",
        ),
        (400, {"status": 400, "code": "NOT_FOUND", "message": "none"}, errors.NotFound, "NOT_FOUND", "none"),
        (410, b"", errors.NotFound, "NOT_FOUND", "HTTP 410"),
        (409, {"code": "CONFLICT", "message": "Retry the request."}, errors.Conflict, "CONFLICT", "Retry the request."),
        (
            426,
            {"status": 426, "code": "NONEXISTENT_VERSION", "message": "20250801 is not active"},
            errors.VersionSunset,
            "NONEXISTENT_VERSION",
            "20250801 is not active",
        ),
        (
            422,
            {"message": "ERROR :: /author :: required\nERROR :: /x :: not allowed\n"},
            errors.UnprocessableEntity,
            "UNPROCESSABLE_ENTITY",
            "not allowed",
        ),
        (422, DUPLICATE, errors.DuplicatePost, "DUPLICATE_POST", "Content is a duplicate"),
        (429, {"message": "throttle limit", "status": 429}, errors.RateLimited, "RATE_LIMITED", "throttle limit"),
        (503, {"code": "NOT_FOUND"}, errors.ServerError, "NOT_FOUND", "NOT_FOUND"),
    ],
)
def test_every_shape_of_error_becomes_a_typed_one(
    status: int, body: Any, expected: type[ApiError], code: str, message: str
) -> None:
    error = read(status, body, x_li_uuid="uuid-1")

    assert type(error) is expected
    assert (error.status, error.error_code, error.request_id) == (status, code, "uuid-1")
    assert message in error.message
    assert (error.method, error.resource) == ("GET", "images")
    assert "at x.y" not in str(error)


def test_the_numbers_and_fields_of_an_error_are_kept() -> None:
    assert read(401, {"serviceErrorCode": 65602}).service_error_code == 65602
    assert read(401, {"serviceErrorCode": "65602"}).service_error_code is None
    assert read(400, BAD_INPUT).input_errors == (
        InputError("PARAM_INVALID", "Invalid value for param; wrong type or other syntax error", "search"),
    )


@pytest.mark.parametrize(
    "details",
    [
        None,
        [],
        "x",
        {"inputErrors": None},
        {"inputErrors": [None, 5, {"code": 7, "input": []}, {"input": {"inputPath": 1}}]},
    ],
)
def test_details_of_any_shape_are_read_as_far_as_they_make_sense(details: Any) -> None:
    error = read(400, {"message": "m", "errorDetails": details})

    assert all(entry == InputError("") for entry in error.input_errors)


def test_a_flood_of_input_errors_is_cut() -> None:
    assert len(read(400, {"errorDetails": {"inputErrors": [{"code": "X"}] * 1000}}).input_errors) == 20


@pytest.mark.parametrize(
    ("message", "original"),
    [
        ("Content is a duplicate of urn:li:share:7295588489876647936", "urn:li:share:7295588489876647936"),
        ("Content is a duplicate of urn:li:ugcPost:12", "urn:li:ugcPost:12"),
        ("Duplicate", None),
    ],
)
def test_a_duplicate_names_the_original_where_linkedin_does(message: str, original: str | None) -> None:
    coded = {"message": message, "errorDetails": {"inputErrors": [{"code": "DUPLICATE_POST"}]}}

    error = read(422, coded)

    assert isinstance(error, errors.DuplicatePost)
    assert error.original == original


@pytest.mark.parametrize("status", [409, 422])
def test_a_duplicate_is_told_by_its_message_alone_too(status: int) -> None:
    error = read(status, {"message": "Content is a duplicate of urn:li:share:1", "status": status})

    assert type(error) is errors.DuplicatePost
    assert error.hint


def limited(message: str, **headers: str) -> errors.RateLimited:
    error = read(429, {"message": message, "status": 429}, **headers)
    assert isinstance(error, errors.RateLimited)
    return error


def test_a_daily_limit_ends_at_midnight_utc() -> None:
    error = limited("Resource level throttle APPLICATION DAY limit for calls to this resource is reached.")

    assert error.resets_at == datetime(2026, 9, 2, tzinfo=UTC)
    assert "00:00 UTC" in error.hint


def test_another_limit_ends_when_it_says() -> None:
    error = limited("Resource level throttle limit for calls to this resource is reached.", retry_after="7")

    assert (error.resets_at, error.retry_after) == (None, 7.0)


def test_a_server_error_may_say_when_to_come_back() -> None:
    error = read(503, b"", retry_after="7")

    assert isinstance(error, errors.ServerError)
    assert error.retry_after == 7.0


@pytest.mark.parametrize(
    ("status", "body", "request_", "hint"),
    [
        (401, {"serviceErrorCode": 65602, "message": "m"}, GET, "expired"),
        (403, sample("forbidden"), GET, "w_member_social alone may only write"),
        (403, {"message": "", "status": 403}, images.build_initialize_upload("urn:li:person:a"), "token's own member"),
        (403, {"message": "no"}, CREATE, "w_organization_social"),
        (426, {"message": "no"}, CREATE, "version 202508 is not active"),
        (400, {"message": "no", "code": "VERSION_MISSING"}, GET, "LINKEDIN_VERSION"),
        (400, {"message": "no", "code": "UPDATING_ASSET_FAILED"}, CREATE, "AVAILABLE"),
    ],
)
def test_an_error_says_what_to_do(status: int, body: Any, request_: Request, hint: str) -> None:
    assert hint in read(status, body, request_).hint


def test_an_empty_message_of_a_403_is_told_from_a_message() -> None:
    request = images.build_initialize_upload("urn:li:person:a")

    assert read(403, {"message": ""}, request).hint != read(403, {"message": "Not yours"}, request).hint


def test_secrets_and_control_characters_in_a_message_are_not_shown() -> None:
    error = read(400, {"message": "Bearer SECRET\x1b[31m https://www.linkedin.com/x?ut=SECRET", "code": "X\x07"})

    assert "SECRET" not in str(error)
    assert "\x1b" not in str(error)
    assert error.error_code == "X "


DEEP: Final = b'{"a":' * 200_000 + b"1" + b"}" * 200_000


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b'"text"',
        b"{",
        b'{"a":NaN}',
        b'{"a":Infinity}',
        b'{"a":' + b"9" * 5000 + b"}",
        b'{"a":"\\ud800"}',
        b'{"\\udfff":1}',
        b'{"a":"\xff\xfe"}',
        DEEP,
        b"<html></html>",
    ],
    ids=lambda body: repr(body[:20]),
)
def test_what_is_no_json_object_is_told_as_such(body: bytes) -> None:
    response = Response(status=200, headers=Headers({"x-li-uuid": "uuid-1"}), body=body)

    with pytest.raises(UnexpectedReply, match="without a JSON object") as caught:
        replies.read_object(response)

    assert (caught.value.status, caught.value.request_id) == (200, "uuid-1")
    assert len(caught.value.excerpt.encode()) <= 512
    assert isinstance(replies.read_error(GET, with_status(response, 400), NOW), errors.BadRequest)


def with_status(response: Response, status: int) -> Response:
    return Response(status=status, headers=response.headers, body=response.body)


@pytest.mark.parametrize("body", [b'\xef\xbb\xbf{"a":1}', b'{"a":1}\n', '{"a":1}'.encode("utf-16"), b'{"a":0,"a":1}'])
def test_json_is_read_however_it_is_written(body: bytes) -> None:
    assert replies.read_object(Response(status=200, body=body)) == {"a": 1}


@given(st.binary(max_size=300), st.integers(300, 599))
def test_any_reply_becomes_an_error_that_can_be_printed(body: bytes, status: int) -> None:
    error = read(status, body)

    assert error.status == status
    str(error).encode("utf-8")


ONE, TWO = "urn:li:share:1", "urn:li:ugcPost:2"


@pytest.mark.parametrize(
    ("headers", "created"),
    [
        ({"x-restli-id": ONE}, ONE),
        ({"x-linkedin-id": ONE}, ONE),
        ({"x-restli-id": ONE, "x-linkedin-id": ONE}, ONE),
        ({"x-restli-id": "urn%3Ali%3Ashare%3A1"}, ONE),
        ({"x-restli-id": "urn%3Ali%3Ashare%3A1", "x-linkedin-id": ONE}, ONE),
        ({"location": "https://api.linkedin.com/rest/posts/urn%3Ali%3Ashare%3A1"}, ONE),
        ({"location": "/posts/urn%3Ali%3AugcPost%3A2/"}, TWO),
        ({"x-restli-id": "nonsense", "x-linkedin-id": ONE}, ONE),
        ({"x-restli-id": "urn:li:activity:7"}, "urn:li:activity:7"),
        ({}, None),
        ({"x-restli-id": ""}, None),
        ({"x-restli-id": ONE, "x-linkedin-id": TWO}, None),
        ({"x-restli-id": f"{ONE}, {TWO}"}, None),
        ({"x-restli-id": "urn:li:image:a"}, None),
        ({"x-restli-id": "urn:li:share:"}, None),
        ({"x-restli-id": "\udcff\udcfe"}, None),
        ({"x-restli-id": "%ZZ"}, None),
        ({"x-restli-id": "(a:1,b:2)"}, None),
        ({"x-restli-id": "x" * 8000}, None),
        ({"location": "https://api.linkedin.com/"}, None),
    ],
)
def test_the_id_of_a_post_is_read_from_where_it_is_or_not_at_all(headers: dict[str, str], created: str | None) -> None:
    assert replies.read_created_id(Response(status=201, headers=Headers(headers))) == created


@given(st.dictionaries(st.sampled_from(["x-restli-id", "x-linkedin-id", "location"]), st.text(max_size=60)))
def test_no_header_makes_a_created_post_look_like_a_failure(headers: dict[str, str]) -> None:
    created = replies.read_created_id(Response(status=201, headers=Headers(headers)))

    assert created is None or created.entity_type in ("share", "ugcPost", "activity")


def batch(body: Any, *keys: str) -> Any:
    return replies.read_batch(GET, answer(body), keys, lambda value: {"read": value["id"]}, NOW)


def test_keys_of_a_batch_may_come_raw_or_encoded() -> None:
    for key in (ONE, "urn%3Ali%3Ashare%3A1", "urn%3ali%3ashare%3a1"):
        assert batch({"results": {key: {"id": 1}}}, ONE).results == {ONE: {"read": 1}}


@pytest.mark.parametrize(
    ("body", "expected", "status"),
    [
        ({}, errors.NotFound, 404),
        ({"results": None, "errors": None, "statuses": None}, errors.NotFound, 404),
        ({"results": [], "errors": [], "statuses": 5}, errors.NotFound, 404),
        ({"results": {}, "statuses": {ONE: 403}}, errors.Forbidden, 403),
        ({"results": {ONE: {"id": 1}}, "statuses": {ONE: 500}}, errors.ServerError, 500),
        ({"results": {ONE: {"id": 1}}, "errors": {ONE: {"status": 403, "message": "no"}}}, errors.Forbidden, 403),
        ({"results": {}, "errors": {ONE: {"message": "no"}}, "statuses": {ONE: 429}}, errors.RateLimited, 429),
        ({"results": {}, "errors": {ONE: "broken"}, "statuses": {ONE: 500}}, errors.ServerError, 500),
    ],
)
def test_a_key_without_an_entity_has_an_error(body: Any, expected: type[ApiError], status: int) -> None:
    result = batch(body, ONE)

    assert result.results == {}
    assert type(result.errors[ONE]) is expected
    assert (result.errors[ONE].status, result.errors[ONE].request_id) == (status, "request-1")


def test_an_entity_that_cannot_be_read_is_the_error_of_its_key_alone() -> None:
    def load(value: Any) -> Any:
        if value == "bad":
            raise UnexpectedReply("not as documented")
        return value

    result = replies.read_batch(GET, answer({"results": {ONE: "bad", TWO: "good"}}), [ONE, TWO], load, NOW)

    assert result.results == {TWO: "good"}
    assert "not as documented" in result.errors[ONE].message


def test_what_was_not_asked_for_is_left_out_of_a_batch() -> None:
    assert set(batch({"results": {ONE: {"id": 1}, TWO: {"id": 2}}}, ONE).results) == {ONE}


def page(body: Any) -> Any:
    return replies.read_page(answer(body), lambda value: value)


@pytest.mark.parametrize(
    ("links", "next_start"),
    [
        ([{"rel": "next", "href": "/rest/images?q=x&start=10&count=10"}], 10),
        ([{"rel": "next", "href": "https://api.linkedin.com/rest/images?start=20&q=x"}], 20),
        ([{"rel": "prev", "href": "/x?start=0"}, {"rel": "next", "href": "/x?start=30"}], 30),
        ([{"rel": "next", "href": "https://evil.example/?start=40"}], 40),
        ([{"rel": "next", "href": "/x"}], None),
        ([{"rel": "next", "href": "/x?start=-1"}], None),
        ([{"rel": "next", "href": "/x?start=%EF%BC%91"}], None),
        ([{"rel": "next", "href": "/x?start=99999999999999"}], None),
        ([{"rel": "next", "href": 5}, {"rel": "next"}, "x", None], None),
        ([{"rel": "prev", "href": "/x?start=0"}], None),
        ([], None),
        (None, None),
        ("x", None),
    ],
)
def test_only_the_number_of_the_next_page_is_taken_from_its_link(links: Any, next_start: int | None) -> None:
    assert page({"elements": [], "paging": {"start": 0, "count": 10, "links": links}}).next_start == next_start


def test_a_page_may_come_without_paging() -> None:
    assert page({"elements": [1]}).next_start is None
    assert page({"elements": [1], "paging": None}).elements == (1,)


@pytest.mark.parametrize("body", [{}, {"elements": None}, {"elements": {}}])
def test_a_page_without_elements_is_told(body: Any) -> None:
    with pytest.raises(UnexpectedReply, match="no elements") as caught:
        page(body)

    assert caught.value.request_id == "request-1"


def test_a_page_with_an_element_that_cannot_be_read_names_the_request() -> None:
    with pytest.raises(UnexpectedReply) as caught:
        posts.parse_page(answer({"elements": [{"commentary": "no id"}]}))

    assert caught.value.request_id == "request-1"
