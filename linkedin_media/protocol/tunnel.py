"""Query tunnelling: a query too long for a URL travels in the body of a POST.

LinkedIn answers 414 to a query beyond 4 KB. The same call as a POST names its real verb in ``X-HTTP-Method-Override``
and its real Rest.li method, unchanged, in ``X-RestLi-Method``. Whether it may be repeated stays what it was: a
tunnelled read is still a read.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Final

import attrs

from ..errors import InvalidArgument
from .wire import Request

THRESHOLD: Final = 4000
"""LinkedIn's official clients tunnel a query of more characters than this."""

OVERRIDE: Final = "X-HTTP-Method-Override"
_FORM: Final = "application/x-www-form-urlencoded"
_JSON: Final = "application/json"
_BOUNDARY: Final = re.compile(r"""boundary=(?:"([^"]+)"|([^\s;"]+))""", re.IGNORECASE)
_OF_THE_BODY: Final = frozenset({"content-type", "content-length"})


def tunnel(request: Request, *, threshold: int = THRESHOLD) -> Request:
    """Return the request as it should travel: itself, or as a POST where its query is longer than `threshold`."""
    if len(request.query) <= threshold:
        return request
    query = request.query.encode()
    content_type, body = _enclosed(query, request) if request.body else (_FORM, query)
    return attrs.evolve(
        request,
        http_method="POST",
        query="",
        body=body,
        headers=_without_body(request.headers) | {OVERRIDE: request.http_method, "Content-Type": content_type},
    )


def untunnel(
    method: str, target: str, headers: Mapping[str, str], body: bytes
) -> tuple[str, str, dict[str, str], bytes]:
    """Return method, target, headers and body of the call as it was before `tunnel`; anything else as it came.

    A query that something on the way has appended to the target comes first.

    Raises:
        InvalidArgument: The call says that it is tunnelled and its body is not; a server answers 400.
    """
    override = _header(headers, OVERRIDE)
    if override is None or method != "POST":
        return method, target, dict(headers), body
    kept = {name: value for name, value in _without_body(headers).items() if name.lower() != OVERRIDE.lower()}
    query, content_type, inner = _opened(_header(headers, "Content-Type") or "", body)
    if content_type:
        kept["Content-Type"] = content_type
    return override.upper(), _joined(target, query), kept, inner


def _enclosed(query: bytes, request: Request) -> tuple[str, bytes]:
    """Return a multipart body of the query and the request's own body, and its content type."""
    body = request.body or b""
    boundary = _boundary(query + b"\0" + body)
    fence = f"--{boundary}".encode()
    inner = _header(request.headers, "Content-Type") or _JSON  # what Rest.li assumes where nothing is said
    parts = (_part(_FORM, query), _part(inner, body))
    return f"multipart/mixed; boundary={boundary}", fence + fence.join(parts) + fence + b"--"


def _part(content_type: str, content: bytes) -> bytes:
    return b"\r\nContent-Type: " + content_type.encode() + b"\r\n\r\n" + content + b"\r\n"


def _boundary(content: bytes) -> str:
    """Return a boundary that `content` does not hold: the same content always gets the same one."""
    attempt = 0
    while (boundary := _candidate(content, attempt)).encode() in content:
        attempt += 1
    return boundary


def _candidate(content: bytes, attempt: int) -> str:
    return hashlib.sha256(b"%d\0" % attempt + content).hexdigest()[:32]


def _opened(content_type: str, body: bytes) -> tuple[str, str, bytes]:
    """Return the query, the content type of the inner body (empty: there is none), and the inner body."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind == _FORM:
        return _query(body), "", b""
    boundary = _BOUNDARY.search(content_type)
    if kind != "multipart/mixed" or boundary is None:
        raise _malformed(f"content type {content_type!a} carries no query")
    return _split(boundary[1] or boundary[2], body)


def _split(boundary: str, body: bytes) -> tuple[str, str, bytes]:
    pieces = (b"\r\n" + body).split(b"\r\n--" + boundary.encode())
    if len(pieces) != len(("preamble", "query", "body", "end")) or not pieces[-1].startswith(b"--"):
        raise _malformed("the multipart body does not consist of a query and a body")
    (query_type, query), (content_type, inner) = (_content(piece) for piece in pieces[1:3])
    if query_type.lower() != _FORM:
        raise _malformed(f"the first part is {query_type!a}, not the query")
    return _query(query), content_type or _JSON, inner


def _content(part: bytes) -> tuple[str, bytes]:
    """Return a part's content type (empty: unsaid) and its content."""
    head, blank, content = part.partition(b"\r\n\r\n")
    if not blank:
        raise _malformed("a part has no blank line between its headers and its content")
    lines = (line.partition(":") for line in head.decode("latin-1").split("\r\n"))
    types = [value.strip() for name, _, value in lines if name.strip().lower() == "content-type"]
    return "".join(types[:1]), content


def _query(content: bytes) -> str:
    try:
        return content.decode("ascii")
    except UnicodeDecodeError:
        raise _malformed("the query is not ASCII") from None


def _joined(target: str, query: str) -> str:
    path, _, existing = target.partition("?")
    joined = "&".join(part for part in (existing, query) if part)
    return f"{path}?{joined}" if joined else path


def _without_body(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name.lower() not in _OF_THE_BODY}


def _header(headers: Mapping[str, str], name: str) -> str | None:
    return next((value for key, value in headers.items() if key.lower() == name.lower()), None)


def _malformed(problem: str) -> InvalidArgument:
    return InvalidArgument(f"malformed tunnelled query: {problem}", argument="body")
