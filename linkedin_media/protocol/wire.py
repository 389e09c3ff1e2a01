"""Requests and responses as values: what goes over the wire, without the wire."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from types import MappingProxyType
from typing import Any, Final

import attrs

from ..errors import InvalidArgument
from . import restli
from .head import HeaderFields
from .json_writing import write_json
from .plain_answer import headers_in, indexed
from .redact import printable

PROTOCOL_VERSION: Final = "2.0.0"
MAX_REPLY: Final = 1 << 20
"""Bytes of a reply read, after decompression, unless the request expects more."""

MAX_PAGE: Final = 16 << 20
"""Bytes of a page or a batch: a thousand images with their alternate texts, a hundred posts of 3,000 characters."""

_VERSION: Final = re.compile(r"20[0-9]{2}(0[1-9]|1[0-2])(\.[0-9]{1,2})?", re.ASCII)
_PATH: Final = re.compile(r"(/[A-Za-z0-9._-]+)+", re.ASCII)
_NOTHING: Final[Mapping[str, str]] = MappingProxyType({})


def _frozen(headers: Mapping[str, str]) -> Mapping[str, str]:
    return headers if isinstance(headers, MappingProxyType) else MappingProxyType(dict(headers))


class RestliMethod(StrEnum):
    """What a call means, whatever HTTP verb carries it; the value of ``X-RestLi-Method``."""

    GET = "GET"
    GET_ALL = "GET_ALL"
    BATCH_GET = "BATCH_GET"
    FINDER = "FINDER"
    CREATE = "CREATE"
    PARTIAL_UPDATE = "PARTIAL_UPDATE"
    DELETE = "DELETE"
    ACTION = "ACTION"


_VERBS: Final = {
    RestliMethod.GET: "GET",
    RestliMethod.GET_ALL: "GET",
    RestliMethod.BATCH_GET: "GET",
    RestliMethod.FINDER: "GET",
    RestliMethod.CREATE: "POST",
    RestliMethod.PARTIAL_UPDATE: "POST",
    RestliMethod.DELETE: "DELETE",
    RestliMethod.ACTION: "POST",
}


class Repeat(StrEnum):
    """What a second sending of the same request could do."""

    HARMLESS = "harmless"
    """Reads, idempotent writes, and actions whose leftovers nobody sees."""
    NEVER = "never"
    """A second sending could do the deed twice: only repeat what provably never left or was definitely refused."""


@attrs.frozen(kw_only=True)
class Request:
    """One call of LinkedIn's API.

    `path` and `query` are percent-encoded as they go over the wire; `resource` names the collection in errors and logs.
    `max_reply` bounds the bytes of the answer.
    """

    restli_method: RestliMethod
    resource: str
    path: str
    query: str = ""
    body: bytes | None = attrs.field(default=None, repr=False)
    headers: Mapping[str, str] = attrs.field(default=_NOTHING, converter=_frozen)
    http_method: str = ""
    versioned: bool = True
    repeat: Repeat = Repeat.HARMLESS
    max_reply: int = MAX_REPLY

    def __attrs_post_init__(self) -> None:
        if not self.http_method:
            object.__setattr__(self, "http_method", _VERBS[self.restli_method])

    @property
    def target(self) -> str:
        """Path and query as they follow the host."""
        return f"{self.path}?{self.query}" if self.query else self.path


class Headers(Mapping[str, str]):
    """Response headers, looked up without regard to case; a name that came twice has both its values, by a comma.

    They are given as a mapping, or as the lines of a plain answer's head.
    """

    def __init__(self, items: Mapping[str, str] | bytes | None = None) -> None:
        self._given = items or {}
        self._found: Any = getattr(items, "getall", None)  # a multidict needs no other index
        self._index: dict[str, str] | None = None

    @property
    def _items(self) -> dict[str, str]:
        """The headers as they are looked up; of most replies nobody looks at any."""
        if self._index is None:
            self._index = headers_in(self._given) if isinstance(self._given, bytes) else indexed(self._given.items())
        return self._index

    def get(self, name: str, default: Any = None) -> Any:
        """Return the value of a header, or `default`."""
        if self._found is None:
            return self._items.get(name.lower(), default)
        values = self._found(name, None)
        return ", ".join(values) if values else default

    def __getitem__(self, name: str) -> str:
        return self._items[name.lower()]

    def __iter__(self) -> Any:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)


@attrs.frozen(kw_only=True)
class Response:
    """One answer, its body read whole within the transport's bound."""

    status: int
    headers: Headers = attrs.field(factory=Headers, repr=False)
    body: bytes = attrs.field(default=b"", repr=False)

    @property
    def ok(self) -> bool:
        """True for a 2xx."""
        return 200 <= self.status < 300

    @property
    def request_id(self) -> str | None:
        """What LinkedIn's support asks for: ``x-li-uuid``, or ``x-li-request-id``; at most 128 printable characters."""
        named = self.headers.get("x-li-uuid") or self.headers.get("x-li-request-id")
        return None if named is None else printable(named)[:128]


def collection(name: str, *, versioned: bool = True) -> str:
    """Return the path of a resource collection: ``/rest/images``, ``/v2/originalArticles``."""
    return f"/{'rest' if versioned else 'v2'}/{name}"


def entity(name: str, key: object, *, versioned: bool = True) -> str:
    """Return the path of one entity, its key percent-encoded whole (Rest.li 2.0.0: no raw colons)."""
    return f"{collection(name, versioned=versioned)}/{restli.encode(key)}"


def json_body(value: Mapping[str, Any]) -> bytes:
    """Serialize a request body.

    Raises:
        InvalidArgument: Something in it is no JSON, or text that is no Unicode (a lone surrogate).
    """
    try:
        return write_json(value)
    except (TypeError, ValueError, RecursionError) as error:
        problem = "it holds a lone surrogate" if isinstance(error, UnicodeEncodeError) else str(error)
    raise InvalidArgument(f"the request cannot be written as JSON: {problem}")


def check_version(version: object) -> str:
    """Return a ``LinkedIn-Version``, or refuse what is none.

    Raises:
        InvalidArgument: Not ``YYYYMM`` or ``YYYYMM.RR``.
    """
    if isinstance(version, str) and _VERSION.fullmatch(version):
        return version
    raise InvalidArgument(
        f"version {ascii(version)[:40]}: LinkedIn's versions read YYYYMM, such as 202609", argument="version"
    )


def check_path(path: str) -> str:
    """Return the path of a collection, or refuse what is none.

    Raises:
        InvalidArgument: Not of the form ``/v2/originalArticles``.
    """
    if _PATH.fullmatch(path):
        return path
    raise InvalidArgument(
        f"{ascii(path)[:80]} is no path of a collection", argument="path", hint="for example /v2/originalArticles"
    )


def headers_of(request: Request, version: str) -> HeaderFields:
    """Return a call's own headers with those every call carries; ``/v2`` calls carry no version."""
    common = _common_headers(request.restli_method, version if request.versioned else None, request.body is None)
    return HeaderFields({**common, **request.headers}) if request.headers else common


@cache
def _common_headers(method: RestliMethod, version: str | None, empty: bool) -> HeaderFields:  # noqa: FBT001 -- a cache's key
    headers = {
        "Accept": "application/json",
        "X-Restli-Protocol-Version": PROTOCOL_VERSION,
        "X-RestLi-Method": method.value,
        "LinkedIn-Version": version,
        "Content-Type": None if empty else "application/json",
    }
    return HeaderFields({name: value for name, value in headers.items() if value is not None})
