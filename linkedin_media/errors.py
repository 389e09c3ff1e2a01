"""Every exception this package raises.

.. code-block:: text

    LinkedInMediaError
    ├── InvalidArgument             you passed something LinkedIn would refuse
    │   └── RestliSyntaxError       text that is not Rest.li; names the column
    ├── InvalidImage                the file breaks LinkedIn's rules; every violation is listed
    ├── TransportError              the network or the disk, not LinkedIn's answer
    │   ├── ConnectionFailed        nothing was sent
    │   ├── NotSentInTime           held back: its time had passed before it could be sent
    │   ├── ConnectionLost          something may have been sent
    │   │   └── DeadlineExceeded    no answer in time
    │   ├── UploadStalled           the server stopped reading
    │   ├── UploadExpired           the upload URL may no longer be used
    │   ├── UploadIncomplete        an answer came before every byte was sent
    │   ├── UntrustedHost           an address that must not see a token or an image
    │   ├── FileChanged             the file is not the one that was validated
    │   ├── FileUnreadable          the disk refused a read
    │   └── FileUnwritable          the disk refused a write
    ├── ApiError                    LinkedIn answered with an error
    │   ├── BadRequest              400
    │   ├── Unauthorized            401
    │   ├── Forbidden               403
    │   ├── NotFound                404, 410, or code NOT_FOUND
    │   ├── Conflict                409
    │   ├── VersionSunset           426
    │   ├── UnprocessableEntity     422
    │   │   └── DuplicatePost       422 DUPLICATE_POST
    │   ├── RateLimited             429
    │   └── ServerError             5xx
    ├── SignInError                 there is no usable token: sign in, or sign in again
    │   └── TokenRefused            LinkedIn refused the sign-in, the refresh token or the application
    ├── UnexpectedReply             LinkedIn answered, but not what its pages promise
    ├── ProcessingFailed            LinkedIn could not process the image
    ├── NeverUploaded               LinkedIn waits for bytes it had acknowledged
    ├── PollTimeout                 the image was not AVAILABLE in time
    ├── PostOutcomeUnknown          the post may exist: reconcile, never repeat
    ├── Interrupted                 the user stopped before this was done
    ├── InvalidManifest             a manifest has errors; every one of them is listed with its line
    └── LedgerError                 the ledger of an ingest
        ├── LedgerBusy              another process owns it
        ├── LedgerUnusable          corrupt, newer, read-only, none, of another API, or on a network file system
        └── LostLease               another worker has taken the job over

Each error has a machine-readable ``code``, says what to do in ``hint``, and carries the pipeline ``stage`` and the URNs
gained before it happened, so that nothing is lost. All of them pickle. None holds a token or a signed URL.
"""

from __future__ import annotations

import copyreg
from typing import TYPE_CHECKING, Any, ClassVar, Final

import attrs

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime


CHECK_FOLDER: Final = "check its folder, its permissions and the space left"
"""The hint for a file that cannot be written."""


class LinkedInMediaError(Exception):
    """Base of every error of this package."""

    code: ClassVar[str] = "ERROR"

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.stage: str | None = None
        self.file: str | None = None
        self.images: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.message} ({self.hint})" if self.hint else self.message

    def __reduce__(self) -> tuple[Any, ...]:
        return copyreg.__newobj__, (type(self),), self.__getstate__()  # type: ignore[attr-defined]

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "args": self.args}

    def __setstate__(self, state: dict[str, Any] | None) -> None:
        for name, value in (state or {}).items():
            setattr(self, name, value)

    def to_dict(self) -> dict[str, str]:
        """Return ``code``, ``message`` and ``hint``, as ``--json`` prints them."""
        return {"code": self.error_code, "message": self.message, "hint": self.hint}

    @property
    def error_code(self) -> str:
        """What went wrong, for programs: LinkedIn's own code where it sent one, else this package's."""
        return self.code


class InvalidArgument(LinkedInMediaError, ValueError):
    """A value LinkedIn would refuse, found before anything was sent."""

    code = "INVALID_ARGUMENT"

    def __init__(self, message: str, *, argument: str = "", hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.argument = argument


class RestliSyntaxError(InvalidArgument):
    """Text that is not a Rest.li 2.0.0 value; ``column`` counts from 1."""

    code = "RESTLI_SYNTAX"

    def __init__(self, problem: str, *, column: int) -> None:
        super().__init__(f"malformed Rest.li value at column {column}: {problem}")
        self.column = column


@attrs.frozen
class Violation:
    """One rule a file breaks: a stable ``code`` for programs, a ``message`` with numbers and a fix for people."""

    code: str
    message: str


class InvalidImage(LinkedInMediaError):
    """The file breaks LinkedIn's rules for images; ``violations`` lists every one of them."""

    code = "INVALID_IMAGE"

    def __init__(self, path: str, violations: Sequence[Violation]) -> None:
        super().__init__(f"{path}: {'; '.join(violation.message for violation in violations)}")
        self.path = path
        self.file = path
        self.violations = tuple(violations)


class TransportError(LinkedInMediaError):
    """The network or the disk failed; LinkedIn gave no usable answer."""

    code = "TRANSPORT"
    unsent: ClassVar[bool] = False
    """True where not one byte of the request can have reached the server."""


class ConnectionFailed(TransportError):
    """No connection could be made; nothing was sent."""

    code = "CONNECTION_FAILED"
    unsent = True


class NotSentInTime(TransportError):
    """The call was held back: the time in which it was to be sent had passed. Nothing was sent."""

    code = "NOT_SENT_IN_TIME"
    unsent = True


class ConnectionLost(TransportError):
    """The connection broke after the request may have been sent."""

    code = "CONNECTION_LOST"


class DeadlineExceeded(ConnectionLost):
    """No answer came in time."""

    code = "DEADLINE_EXCEEDED"


class UploadStalled(TransportError):
    """The server stopped reading the upload."""

    code = "UPLOAD_STALLED"


class UploadExpired(TransportError):
    """The upload URL has expired; initialize the upload anew (it will be a new image)."""

    code = "UPLOAD_EXPIRED"


class UploadIncomplete(TransportError):
    """The server answered before every byte of the file had been sent."""

    code = "UPLOAD_INCOMPLETE"


class UntrustedHost(TransportError):
    """An address that must see neither the token nor the image; nothing was sent to it."""

    code = "UNTRUSTED_HOST"
    unsent = True


class FileChanged(TransportError):
    """The file is no longer the one that was validated."""

    code = "FILE_CHANGED"


class FileUnreadable(TransportError):
    """The operating system refused to open or read the file."""

    code = "FILE_UNREADABLE"


class FileUnwritable(TransportError):
    """The operating system refused to create or write the file of a download."""

    code = "FILE_UNWRITABLE"


class ApiError(LinkedInMediaError):
    """LinkedIn answered with an error.

    ``status`` is the HTTP status, ``api_code`` LinkedIn's ``code`` (``ACCESS_DENIED``), ``request_id`` what LinkedIn's
    support asks for, ``method`` the Rest.li method and ``resource`` the collection of the call that failed.
    """

    code = "API_ERROR"

    def __init__(
        self,
        message: str,
        *,
        status: int,
        api_code: str | None = None,
        service_error_code: int | None = None,
        request_id: str | None = None,
        method: str = "",
        resource: str = "",
        input_errors: Sequence[InputError] = (),
        hint: str = "",
    ) -> None:
        super().__init__(message, hint=hint)
        self.status = status
        self.api_code = api_code
        self.service_error_code = service_error_code
        self.request_id = request_id
        self.method = method
        self.resource = resource
        self.input_errors = tuple(input_errors)

    @property
    def error_code(self) -> str:
        """LinkedIn's code where it sent one, else this package's."""
        return self.api_code or self.code

    def __str__(self) -> str:
        call = f"{self.method} {self.resource}: " if self.resource else ""
        code = f" {self.api_code}" if self.api_code else ""
        request = f" [request {self.request_id}]" if self.request_id else ""
        return f"{call}{self.status}{code}: {super().__str__()}{request}"


@attrs.frozen
class InputError:
    """One entry of ``errorDetails.inputErrors``: which field LinkedIn refused, and why."""

    code: str
    description: str = ""
    field_path: str = ""


class BadRequest(ApiError):
    """400: LinkedIn could not use the request."""

    code = "BAD_REQUEST"


class Unauthorized(ApiError):
    """401: the token is missing, invalid, expired or revoked."""

    code = "UNAUTHORIZED"


class Forbidden(ApiError):
    """403: the token lacks a scope, the member a role, or the application a product."""

    code = "FORBIDDEN"


class NotFound(ApiError):
    """The entity or the route does not exist."""

    code = "NOT_FOUND"


class Conflict(ApiError):
    """409: another write got in the way."""

    code = "CONFLICT"


class VersionSunset(ApiError):
    """426: LinkedIn no longer (or not yet) serves the requested API version."""

    code = "VERSION_SUNSET"


class UnprocessableEntity(ApiError):
    """422: LinkedIn understood the request and refuses its content."""

    code = "UNPROCESSABLE_ENTITY"


class DuplicatePost(UnprocessableEntity):
    """422 ``DUPLICATE_POST``: LinkedIn holds the same content already, at ``original`` where it says so."""

    code = "DUPLICATE_POST"

    def __init__(self, message: str, *, original: str | None = None, **details: Any) -> None:
        super().__init__(message, **details)
        self.original = original


class RateLimited(ApiError):
    """429: a limit is reached. ``retry_after`` is seconds, ``resets_at`` the end of a daily limit (00:00 UTC)."""

    code = "RATE_LIMITED"

    def __init__(
        self,
        message: str,
        *,
        retry_after: float | None = None,
        resets_at: datetime | None = None,
        **details: Any,
    ) -> None:
        super().__init__(message, **details)
        self.retry_after = retry_after
        self.resets_at = resets_at


class ServerError(ApiError):
    """5xx: LinkedIn failed. ``retry_after`` is seconds, where it says when to come back."""

    code = "SERVER_ERROR"

    def __init__(self, message: str, *, retry_after: float | None = None, **details: Any) -> None:
        super().__init__(message, **details)
        self.retry_after = retry_after


class SignInError(LinkedInMediaError):
    """There is no usable token, and only signing in (again) gives one."""

    code = "SIGN_IN"


class TokenRefused(SignInError):
    """LinkedIn refused to give a token; ``api_code`` is the OAuth error (``invalid_request``), ``status`` its HTTP status.

    Repeating the same request does not help: ``hint`` says what does. ``status`` is None where the refusal came through
    the browser.
    """

    code = "TOKEN_REFUSED"

    def __init__(self, message: str, *, status: int | None = None, api_code: str | None = None, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.status = status
        self.api_code = api_code


class UnexpectedReply(LinkedInMediaError):
    """LinkedIn answered, but not what its pages promise; ``excerpt`` holds at most 512 bytes of it, redacted."""

    code = "UNEXPECTED_REPLY"

    def __init__(
        self, message: str, *, status: int | None = None, excerpt: str = "", request_id: str | None = None
    ) -> None:
        super().__init__(
            message, hint="the API may have changed: check the version, or report this with the request id"
        )
        self.status = status
        self.excerpt = excerpt
        self.request_id = request_id


class ProcessingFailed(LinkedInMediaError):
    """LinkedIn could not process the image (status ``PROCESSING_FAILED``)."""

    code = "PROCESSING_FAILED"

    def __init__(self, image: str) -> None:
        super().__init__(
            f"LinkedIn failed to process {image}",
            hint="open the file in an image editor and save it again, then upload it anew",
        )
        self.image = image
        self.images = (image,)


class NeverUploaded(LinkedInMediaError):
    """LinkedIn acknowledged the bytes of an image and goes on waiting for them (status ``WAITING_UPLOAD``)."""

    code = "NEVER_UPLOADED"

    def __init__(self, image: str) -> None:
        super().__init__(
            f"LinkedIn still waits for the bytes of {image}, which it had acknowledged", hint="upload it anew"
        )
        self.image = image
        self.images = (image,)


class PollTimeout(LinkedInMediaError):
    """The image did not become AVAILABLE in time; it may still, so poll ``image`` again rather than upload anew."""

    code = "POLL_TIMEOUT"

    def __init__(self, image: str, *, last_status: str | None, seconds: float) -> None:
        super().__init__(
            f"{image} was not AVAILABLE after {seconds:g} s (last status: {last_status or 'none seen'})",
            hint="raise PollPolicy(timeout=…), or ask for its status later: the image is uploaded and keeps its URN",
        )
        self.image = image
        self.images = (image,)
        self.last_status = last_status
        self.seconds = seconds


class PostOutcomeUnknown(LinkedInMediaError):
    """The request to create a post was sent and no verdict came back: the post may exist. Never repeat it blindly."""

    code = "POST_OUTCOME_UNKNOWN"

    def __init__(self, author: str, images: Sequence[str] = (), *, reason: str = "") -> None:
        super().__init__(
            f"the post by {author} may or may not exist{': ' + reason if reason else ''}",
            hint="look at the author's newest posts before sending it again",
        )
        self.author = author
        self.images = tuple(images)
        self.reason = reason


class Interrupted(LinkedInMediaError):
    """The user stopped before this was done."""

    code = "INTERRUPTED"


@attrs.frozen
class ManifestProblem:
    """One error of a manifest: the line it is on, from 1, and what to do about it."""

    line: int
    message: str


class InvalidManifest(LinkedInMediaError):
    """A manifest has errors; ``problems`` lists every one of them. Nothing was sent."""

    code = "INVALID_MANIFEST"

    def __init__(self, path: str, problems: Sequence[ManifestProblem], *, more: int = 0) -> None:
        shown = "".join(f"\n  line {problem.line}: {problem.message}" for problem in problems)
        rest = f"\n  and {more:,} more" if more else ""
        super().__init__(f"{path}: {len(problems) + more:,} errors; nothing was sent{shown}{rest}")
        self.path = path
        self.file = path
        self.problems = tuple(problems)
        self.more = more


class LedgerError(LinkedInMediaError):
    """The ledger of an ingest cannot be used, or refused a write; nothing is posted without it."""

    code = "LEDGER_ERROR"


class LedgerBusy(LedgerError):
    """Another process owns the ledger; ``pid`` is its process id, where known."""

    code = "LEDGER_BUSY"

    def __init__(self, path: str, pid: int | None) -> None:
        owner = f"process {pid}" if pid else "another process"
        super().__init__(
            f"{path} is in use by {owner}",
            hint="wait for it, or stop it; `ingest status` works meanwhile; many processes need a PostgreSQL ledger",
        )
        self.pid = pid


class LedgerUnusable(LedgerError):
    """The ledger is corrupt, of a newer release or another API, read-only, none at all, or on a network file system."""

    code = "LEDGER_UNUSABLE"


class LostLease(LedgerError):
    """Another worker has taken the job over; this one must stop touching it."""

    code = "LOST_LEASE"
