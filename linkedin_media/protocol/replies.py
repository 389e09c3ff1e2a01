"""Read replies: errors of every shape LinkedIn sends, created ids, batches and pages."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Final, TypeVar
from urllib.parse import parse_qs, urlsplit

from .. import errors
from ..errors import ApiError, InvalidArgument, UnexpectedReply
from ..model.collection import BatchResult, Page
from ..model.urn import Urn
from . import hints, restli
from .json_reading import read_json
from .redact import excerpt, printable
from .retry_after import next_utc_midnight, parse_retry_after
from .wire import Request, Response

K = TypeVar("K")
T = TypeVar("T")

_BY_STATUS: Final[Mapping[int, type[ApiError]]] = {
    400: errors.BadRequest,
    401: errors.Unauthorized,
    403: errors.Forbidden,
    404: errors.NotFound,
    409: errors.Conflict,
    410: errors.NotFound,
    422: errors.UnprocessableEntity,
    426: errors.VersionSunset,
    429: errors.RateLimited,
}
_ORIGINAL: Final = re.compile(r"urn:li:(?:share|ugcPost|activity):\d+")
_POST_TYPES: Final = ("share", "ugcPost", "activity")
_MISSING: Final = "LinkedIn's answer does not mention it"


def read_object(response: Response) -> dict[str, Any]:
    """Parse the JSON object of a 2xx.

    Raises:
        UnexpectedReply: Not JSON, not an object, too deep, or text that is not Unicode.
    """
    value = read_json(response.body)
    if isinstance(value, dict):
        return value
    raise UnexpectedReply(
        f"LinkedIn answered {response.status} without a JSON object",
        status=response.status,
        excerpt=excerpt(response.body),
        request_id=response.request_id,
    )


def read_entity(response: Response, load: Callable[[Any], T]) -> T:
    """Read the one entity of a 2xx.

    Raises:
        UnexpectedReply: It is not as documented.
    """
    value = read_object(response)
    try:
        return load(value)
    except UnexpectedReply as error:
        raise identified(error, response) from None


def identified(error: UnexpectedReply, response: Response) -> UnexpectedReply:
    """Return an error of reading with what LinkedIn's support asks for."""
    error.status, error.request_id, error.excerpt = response.status, response.request_id, excerpt(response.body)
    return error


def read_error(request: Request, response: Response, now: datetime) -> ApiError:
    """Make the typed error of a reply that is not a 2xx, whatever its body looks like."""
    body = read_json(response.body)
    fields = body if isinstance(body, dict) else {}
    message = _text(fields, "message") or _text(fields, "error_description")
    if not message and "message" not in fields:
        message = excerpt(response.body)
    return make_error(request, response, fields, message, now)


def make_error(
    request: Request, response: Response, fields: Mapping[str, Any], message: str, now: datetime
) -> ApiError:
    """Make the typed error of an ErrorResponse; `fields` may be empty."""
    input_errors = _input_errors(fields)
    code = _text(fields, "code") or _text(fields, "error") or next((item.code for item in input_errors), None)
    details = {
        "status": response.status,
        "api_code": code or None,
        "service_error_code": _number(fields.get("serviceErrorCode")),
        "request_id": response.request_id,
        "method": request.restli_method.value,
        "resource": request.resource,
        "input_errors": input_errors,
    }
    return _typed(request, response, message, details, now)


def _typed(request: Request, response: Response, said: str, details: dict[str, Any], now: datetime) -> ApiError:
    status, code = response.status, details["api_code"]
    message = said or f"HTTP {status} without a message"
    if status == 429:
        return _rate_limited(response, message, details, now)
    if status >= 500:
        return errors.ServerError(message, retry_after=_retry_after(response, now), **details)
    if _is_duplicate(status, message, details):
        original = _ORIGINAL.search(message)
        hint = "LinkedIn refuses the same content within about ten minutes: change the text, or use the original"
        return errors.DuplicatePost(message, original=original and original[0], hint=hint, **details)
    if code in ("NOT_FOUND", "RESOURCE_NOT_FOUND") and 400 <= status < 500:
        return errors.NotFound(message, **details)
    return _BY_STATUS.get(status, ApiError)(message, hint=_hint(request, status, said, details), **details)


def _is_duplicate(status: int, message: str, details: Mapping[str, Any]) -> bool:
    coded = any(item.code == "DUPLICATE_POST" for item in details["input_errors"])
    return status in (409, 422) and (coded or "duplicate of urn:li:" in message)


def _rate_limited(response: Response, message: str, details: dict[str, Any], now: datetime) -> ApiError:
    daily = "DAY limit" in message
    hint = (
        "a daily limit is used up; LinkedIn counts anew at 00:00 UTC"
        if daily
        else "slow down, or wait: LinkedIn's limits are per day and per endpoint"
    )
    return errors.RateLimited(
        message,
        retry_after=_retry_after(response, now),
        resets_at=next_utc_midnight(now) if daily else None,
        hint=hint,
        **details,
    )


def _retry_after(response: Response, now: datetime) -> float | None:
    return parse_retry_after(response.headers.get("retry-after"), now)


def _hint(request: Request, status: int, message: str, details: Mapping[str, Any]) -> str:
    if status == 401:
        return hints.unauthorized(details["service_error_code"])
    if status == 403:
        return hints.forbidden(message, resource=request.resource, method=request.restli_method.value)
    if status == 426:
        return hints.version_sunset(request.headers.get("LinkedIn-Version"))
    return hints.input_hint(details["api_code"], message)


def _input_errors(fields: Mapping[str, Any]) -> tuple[errors.InputError, ...]:
    details = fields.get("errorDetails")
    listed = details.get("inputErrors") if isinstance(details, dict) else None
    entries = [entry for entry in listed if isinstance(entry, dict)] if isinstance(listed, list) else []
    return tuple(
        errors.InputError(code=_text(entry, "code"), description=_text(entry, "description"), field_path=_path(entry))
        for entry in entries[:20]
    )


def _path(entry: Mapping[str, Any]) -> str:
    outer = entry.get("input")
    inner = outer.get("inputPath") if isinstance(outer, dict) else None
    return _text(inner, "fieldPath") if isinstance(inner, dict) else ""


def _text(fields: Mapping[str, Any], key: str) -> str:
    value = fields.get(key)
    return printable(value[:4000]) if isinstance(value, str) else ""


def _number(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def read_created_id(response: Response) -> Urn | None:
    """Return the URN of a created post from either id header or ``Location``, or None where there is no one readable id.

    Two ids that differ are as good as none: neither can be trusted.
    """
    headers = response.headers
    named = headers.get("x-restli-id") or headers.get("location", "").rstrip("/").rpartition("/")[2]
    candidates = {named, headers.get("x-linkedin-id")}
    ids = {urn for candidate in candidates if candidate and (urn := _post_urn(candidate))}
    return ids.pop() if len(ids) == 1 else None


def _post_urn(value: str) -> Urn | None:
    try:
        urn = Urn(restli.decode_created_id(value))
    except InvalidArgument:
        return None
    return urn if urn.entity_type in _POST_TYPES else None


def read_batch(
    request: Request,
    response: Response,
    keys: Iterable[K],
    load: Callable[[Any], T],
    now: datetime,
) -> BatchResult[K, T]:
    """Read a batch get; every key asked for is in ``results`` or ``errors``. Keys may come raw or percent-encoded."""
    body = read_object(response)
    results, refused = _by_key(body.get("results")), _by_key(body.get("errors"))
    statuses = _by_key(body.get("statuses"))
    found: dict[K, T] = {}
    failed: dict[K, ApiError] = {}
    for key in keys:
        name = str(key)
        status = _number(statuses.get(name)) or 200
        if name in refused or status >= 400 or name not in results:
            failed[key] = inner_error(request, response, refused.get(name), now, status=status)
            continue

        try:
            found[key] = load(results[name])
        except UnexpectedReply as error:
            failed[key] = make_error(request, response, {}, error.message, now)

    return BatchResult(results=found, errors=failed)


def _by_key(value: object) -> dict[str, Any]:
    items = value.items() if isinstance(value, dict) else ()
    return {restli.decode_created_id(key) if "%3A" in key.upper() else key: item for key, item in items}


def inner_error(request: Request, response: Response, error: object, now: datetime, *, status: int = 200) -> ApiError:
    """Make the typed error of one part of an answer that is a 200; `status` is what the answer gives for that part."""
    fields = error if isinstance(error, dict) else {}
    inner = _number(fields.get("status")) or (status if status >= 400 else 404)
    message = _text(fields, "message") or (_MISSING if not fields and status < 400 else "")
    return make_error(request, Response(status=inner, headers=response.headers), fields, message, now)


def read_page(response: Response, load: Callable[[Any], T]) -> Page[T]:
    """Read a page of a finder."""
    body = read_object(response)
    elements, paging = body.get("elements"), body.get("paging")
    if not isinstance(elements, list):
        raise identified(UnexpectedReply("LinkedIn's page has no elements"), response)
    paging = paging if isinstance(paging, dict) else {}
    try:
        loaded = tuple(load(element) for element in elements)
    except UnexpectedReply as error:
        raise identified(error, response) from None
    return Page(
        elements=loaded,
        start=_number(paging.get("start")) or 0,
        count=_number(paging.get("count")) or 0,
        total=_number(paging.get("total")),
        next_start=_next_start(paging.get("links")),
    )


def _next_start(links: object) -> int | None:
    """Read only the number from the link: following an address a server names would send the token there."""
    for link in links if isinstance(links, list) else ():
        if isinstance(link, dict) and link.get("rel") == "next" and isinstance(link.get("href"), str):
            start = parse_qs(urlsplit(link["href"]).query).get("start", [""])[0]
            return int(start) if start.isascii() and start.isdigit() and len(start) < 10 else None

    return None
