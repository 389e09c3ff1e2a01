"""Every error says what happened and what to do, and can be sent to another process."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

import pytest

from linkedin_media import errors
from linkedin_media.errors import ApiError, InputError, LinkedInMediaError, ManifestProblem, Violation

API: Final[dict[str, Any]] = {
    "api_code": "SOME_CODE",
    "service_error_code": 65602,
    "request_id": "uuid-1",
    "method": "CREATE",
    "resource": "posts",
    "input_errors": [InputError("MISSING_FIELD", "is missing", "/author")],
    "hint": "do this",
}
SIMPLE: Final = (
    *(errors.TransportError, errors.ConnectionFailed, errors.NotSentInTime, errors.ConnectionLost),
    *(errors.DeadlineExceeded, errors.UploadStalled, errors.UploadExpired, errors.UploadIncomplete),
    *(errors.UntrustedHost, errors.FileChanged, errors.FileUnreadable, errors.FileUnwritable),
    *(errors.LinkedInMediaError, errors.SignInError, errors.LedgerError, errors.LedgerUnusable, errors.LostLease),
    errors.Interrupted,
)
OF_API: Final = (
    *(errors.ApiError, errors.BadRequest, errors.Unauthorized, errors.Forbidden, errors.NotFound, errors.Conflict),
    *(errors.VersionSunset, errors.UnprocessableEntity),
)
MIDNIGHT: Final = datetime(2026, 9, 2, tzinfo=UTC)
EXAMPLES: Final[list[LinkedInMediaError]] = [
    *(cls("it broke", hint="mend it") for cls in SIMPLE),
    *(cls("it broke", status=400, **API) for cls in OF_API),
    errors.InvalidArgument("no", argument="owner", hint="choose another"),
    errors.RestliSyntaxError("a comma", column=7),
    errors.InvalidImage("a.png", [Violation("TOO_MANY_PIXELS", "too large"), Violation("TOO_MANY_FRAMES", "too long")]),
    errors.DuplicatePost("again", original="urn:li:share:1", status=422, **API),
    errors.RateLimited("slowly", retry_after=2.0, resets_at=MIDNIGHT, status=429, **API),
    errors.ServerError("sorry", retry_after=3.0, status=503, **API),
    errors.TokenRefused("no", status=400, api_code="invalid_request", hint="sign in"),
    errors.UnexpectedReply("what?", status=200, excerpt="<html>", request_id="uuid-2"),
    errors.ProcessingFailed("urn:li:image:a"),
    errors.NeverUploaded("urn:li:image:a"),
    errors.PollTimeout("urn:li:image:a", last_status="PROCESSING", seconds=300),
    errors.PostOutcomeUnknown("urn:li:person:a", ["urn:li:image:a"], reason="no answer"),
    errors.InvalidManifest("jobs.csv", [ManifestProblem(2, "no file")], more=3),
    errors.LedgerBusy("ledger.db", 4711),
]
each_error = pytest.mark.parametrize("error", EXAMPLES, ids=lambda error: type(error).__name__)


def _classes(cls: type[LinkedInMediaError] = LinkedInMediaError) -> Iterator[type[LinkedInMediaError]]:
    yield cls
    for child in cls.__subclasses__():
        yield from _classes(child)


def test_every_class_of_error_is_tried_here() -> None:
    ours = {cls for cls in _classes() if cls.__module__ == errors.__name__}

    assert ours - {type(error) for error in EXAMPLES} == set()


def test_the_tree_in_the_docstring_names_every_class() -> None:
    drawn = errors.__doc__ or ""

    assert [cls.__name__ for cls in _classes() if f" {cls.__name__} " not in f"{drawn} ".replace("\n", " \n")] == []


@each_error
def test_an_error_survives_pickling_with_all_it_holds(error: LinkedInMediaError) -> None:
    error = copy.copy(error)
    error.stage, error.file, error.images = "upload", "office.png", ("urn:li:image:gained",)
    error.add_note("seen on the way")

    revived = pickle.loads(pickle.dumps(error))

    assert type(revived) is type(error)
    assert vars(revived) == vars(error)
    assert (revived.args, str(revived), revived.to_dict()) == (error.args, str(error), error.to_dict())


@each_error
def test_a_copy_can_be_changed_on_its_own(error: LinkedInMediaError) -> None:
    double = copy.copy(error)
    double.images = ("urn:li:image:other",)
    double.stage = "poll"

    assert type(double) is type(error)
    assert (error.stage, "urn:li:image:other" in error.images) == (None, False)


@each_error
def test_an_error_has_a_code_a_message_and_a_hint_for_programs(error: LinkedInMediaError) -> None:
    told = error.to_dict()

    assert told == {"code": error.error_code, "message": error.message, "hint": error.hint}
    assert told["code"].isupper() or told["code"] == "invalid_request"
    assert error.message in str(error)
    assert error.hint in str(error)


def test_every_class_has_a_code_of_its_own() -> None:
    codes = [cls.code for cls in _classes() if cls.__module__ == errors.__name__]

    assert sorted(codes) == sorted(set(codes))


def test_linkedins_own_code_goes_before_ours() -> None:
    assert errors.BadRequest("no", status=400, api_code="INVALID_URN_ID").error_code == "INVALID_URN_ID"
    assert errors.BadRequest("no", status=400).error_code == "BAD_REQUEST"


def test_an_api_error_reads_as_one_line_with_what_support_asks_for() -> None:
    error = ApiError("Not enough permissions", status=403, **{**API, "api_code": "ACCESS_DENIED"})

    assert str(error) == ("CREATE posts: 403 ACCESS_DENIED: Not enough permissions (do this) [request uuid-1]")
    assert str(ApiError("no", status=418)) == "418: no"


def test_an_error_without_a_hint_is_its_message() -> None:
    assert str(errors.ConnectionFailed("no route")) == "no route"


def test_the_images_concerned_are_on_the_error_from_the_start() -> None:
    assert errors.ProcessingFailed("urn:li:image:a").images == ("urn:li:image:a",)
    assert errors.PollTimeout("urn:li:image:a", last_status=None, seconds=1).images == ("urn:li:image:a",)
    assert errors.PostOutcomeUnknown("urn:li:person:a", ["urn:li:image:a"]).images == ("urn:li:image:a",)


def test_a_poll_that_saw_nothing_says_so() -> None:
    assert "last status: none seen" in str(errors.PollTimeout("urn:li:image:a", last_status=None, seconds=1))


def test_every_violation_of_an_image_is_in_its_message() -> None:
    error = errors.InvalidImage("a.png", [Violation("A", "too large"), Violation("B", "too long")])

    assert str(error) == "a.png: too large; too long"
    assert error.file == "a.png"


def test_a_wrong_argument_is_a_value_error_too() -> None:
    assert issubclass(errors.InvalidArgument, ValueError)


@pytest.mark.parametrize(
    ("cls", "unsent"),
    [
        (errors.ConnectionFailed, True),
        (errors.NotSentInTime, True),
        (errors.UntrustedHost, True),
        (errors.ConnectionLost, False),
        (errors.DeadlineExceeded, False),
        (errors.UploadStalled, False),
        (errors.UploadIncomplete, False),
        (errors.FileUnreadable, False),
    ],
)
def test_only_what_provably_never_left_is_called_unsent(cls: type[errors.TransportError], *, unsent: bool) -> None:
    assert cls("x").unsent == unsent
