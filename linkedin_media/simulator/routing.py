"""Which call a verb, a raw path and its Rest.li method mean."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import unquote

import attrs

from .replies import gateway, no_resource

_BARE_PERCENT: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")
_RAW_STRUCTURE: Final = re.compile(r"[:(),']")
_ON_ENTITIES: Final = {"GET": "GET", "POST": "PARTIAL_UPDATE", "PUT": "UPDATE", "DELETE": "DELETE"}
_ON_COLLECTIONS: Final = {"GET": "GET_ALL", "POST": "CREATE", "PUT": "BATCH_UPDATE", "DELETE": "BATCH_DELETE"}
_READS_BY_PARAMETER: Final = (("ids", "BATCH_GET"), ("q", "FINDER"), ("bq", "BATCH_FINDER"))
_TOLD_BY_HEADER: Final = frozenset({"BATCH_CREATE", "BATCH_PARTIAL_UPDATE"})
_DEPTHS: Final = {
    ("rest", "images"): 3,
    ("rest", "posts"): 3,
    ("v2", "originalArticles"): 3,
    ("v2", "socialActions"): 4,
    ("v2", "userinfo"): 2,
}
_ROOTS: Final = frozenset({"rest", "v2"})
_SUBRESOURCES: Final = frozenset({"comments", "likes"})


@attrs.frozen
class Meaning:
    """What a call says it is: resource, raw key, sub-resource, and Rest.li method as its form implies."""

    resource: str = ""
    raw_key: str | None = None
    sub: str | None = None
    restli_method: str = ""
    operation: str = ""


_NOT_RESTLI: Final = {
    "dms-uploads": Meaning("uploads", restli_method="UPLOAD", operation="uploads.put"),
    "dms": Meaning("downloads", restli_method="DOWNLOAD", operation="downloads.get"),
}


def meaning_of(method: str, target: str, headers: Mapping[str, str]) -> Meaning:
    """Read a call leniently, before any check: journal and faults must be able to name what will be refused, too."""
    path, _, query = target.partition("?")
    segments = path.split("/")[1:]
    if not segments or segments[0] not in _ROOTS:
        return _outside(segments)
    resource, raw_key, sub = (*segments[1:4], *(None,) * 3)[:3]
    parameters = dict(pair.partition("=")[::2] for pair in query.split("&")) if query else {}
    override = headers.get("X-HTTP-Method-Override")
    if override and method == "POST":
        restli_method = headers.get("X-RestLi-Method", override).upper()
    else:
        restli_method = _implied(method, raw_key, sub, parameters)
    name = parameters.get("action", "") if restli_method == "ACTION" else sub or restli_method.lower()
    return Meaning(resource or "", raw_key, sub, restli_method, f"{resource}.{name}")


def _outside(segments: list[str]) -> Meaning:
    root = segments[0] if segments else ""
    if root == "oauth":
        return Meaning("oauth", restli_method="OAUTH", operation=f"oauth.{segments[-1]}")
    return _NOT_RESTLI.get(root, Meaning(root))


def _implied(method: str, raw_key: str | None, sub: str | None, parameters: Mapping[str, str]) -> str:
    if method == "GET" and sub:
        return "GET_ALL"
    if method == "GET" and raw_key is None:
        return next((meaning for name, meaning in _READS_BY_PARAMETER if name in parameters), "GET_ALL")
    if method == "POST" and "action" in parameters:
        return "ACTION"
    return (_ON_COLLECTIONS if raw_key is None else _ON_ENTITIES).get(method, method)


def check_route(path: str) -> None:
    """Refuse a path under ``/rest`` or ``/v2`` that leads nowhere.

    Raises:
        Refused: 404 ``RESOURCE_NOT_FOUND``.
    """
    segments = path.split("/")[1:]
    depth = _DEPTHS.get((segments[0], segments[1])) if len(segments) > 1 else None
    if depth is None or len(segments) > depth:
        raise no_resource()
    if len(segments) == 4 and segments[3] not in _SUBRESOURCES:
        raise no_resource()


def read_key(segment: str) -> str:
    """Decode a resource key, which must be percent-encoded as a whole.

    Raises:
        Refused: 400, as measured for raw colons in a path.
    """
    try:
        if segment and not _RAW_STRUCTURE.search(segment) and not _BARE_PERCENT.search(segment):
            return unquote(segment, errors="strict")
    except UnicodeDecodeError:
        pass
    raise gateway(400, "ILLEGAL_ARGUMENT", "Syntax exception in path variables")


def check_method(method: str, implied: str, header: str | None) -> str:
    """Return the Rest.li method of a call whose form implies one and whose ``X-RestLi-Method`` may name one.

    Raises:
        Refused: 400 where the header contradicts the form, or is missing on a PARTIAL_UPDATE.
    """
    given = (header or "").upper()
    if given in _TOLD_BY_HEADER and method == "POST":
        return given
    if given and given != implied:
        raise gateway(
            400, "ILLEGAL_ARGUMENT", f"X-RestLi-Method {given} contradicts this {method}, which means {implied}"
        )
    if not given and implied == "PARTIAL_UPDATE":
        raise gateway(400, "ILLEGAL_ARGUMENT", "X-RestLi-Method: PARTIAL_UPDATE is required to update an entity")
    return implied
