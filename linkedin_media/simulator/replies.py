"""What the simulator answers: replies as values, and LinkedIn's error bodies in the shapes they come in."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

import attrs

_NO_HEADERS: Final[Mapping[str, str]] = MappingProxyType({})
_JSON: Final = "application/json"
_BAD_REQUEST: Final = "com.linkedin.common.error.BadRequest"
FORBIDDEN_IMAGE: Final = "Accessing this image resource is forbidden. Please check your permissions for this resource"


@attrs.frozen
class Reply:
    """One answer before it goes over the wire."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = _NO_HEADERS
    content_type: str = _JSON


class Refused(Exception):
    """Ends the handling of a call with an error reply."""

    def __init__(self, reply: Reply, verdict: str) -> None:
        super().__init__(verdict)
        self.reply = reply
        self.verdict = verdict

    @property
    def body(self) -> Any:
        """The error as it stands in the ``errors`` of a batch."""
        return json.loads(self.reply.body)


def json_reply(value: Any, *, status: int = 200, headers: Mapping[str, str] = _NO_HEADERS) -> Reply:
    """Return `value` as a JSON reply."""
    body = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
    return Reply(status, body, headers)


def refuse(
    status: int, body: Mapping[str, Any], *, verdict: str = "", headers: Mapping[str, str] = _NO_HEADERS
) -> Refused:
    """Return the refusal that carries `body`, marked as LinkedIn marks its errors."""
    marks = {"X-RestLi-Error-Response": "true", **headers}
    return Refused(json_reply(body, status=status, headers=marks), verdict or str(body.get("message", "")))


def gateway(status: int, code: str, message: str) -> Refused:
    """Return an error of LinkedIn's gateway, which answers before any resource sees the call."""
    body = {"status": status, "code": code, "message": message}
    return refuse(status, body, headers={"X-Restli-Gateway-Error": "true"})


def unauthorized(service_code: int, code: str, message: str) -> Refused:
    """Return a 401 in the shape of live answers (facts §5.2)."""
    body = {"status": 401, "serviceErrorCode": service_code, "code": code, "message": message}
    return refuse(401, body)


def access_denied(what: str) -> Refused:
    """Return the 403 of a missing scope, role or product: ``Not enough permissions to access: …``."""
    return denied(f"Not enough permissions to access: {what}")


def denied(message: str) -> Refused:
    """Return a 403 ``ACCESS_DENIED`` with `message`."""
    return refuse(403, {"status": 403, "serviceErrorCode": 100, "code": "ACCESS_DENIED", "message": message})


def forbidden_image() -> Refused:
    """Return the 403 of the Images page."""
    return refuse(403, {"message": FORBIDDEN_IMAGE, "status": 403})


def bad_input(
    code: str, description: str, field: str = "", *, status: int = 400, value: object = None, message: str = ""
) -> Refused:
    """Return an error in the shape with ``errorDetails.inputErrors``, as the codes of the pages' tables come."""
    given: dict[str, Any] = {"inputPath": {"fieldPath": field}} if field else {}
    if value is not None:
        given["value"] = value
    body = {
        "errorDetailType": _BAD_REQUEST,
        "message": message or description,
        "errorDetails": {"inputErrors": [{"description": description, "input": given, "code": code}]},
        "status": status,
        "code": code,
    }
    return refuse(status, body, verdict=f"{code} {field}: {message or description}".strip())


def invalid_param(field: str) -> Refused:
    """Return the 400 measured for a query parameter whose structure is percent-encoded or malformed."""
    description = "Invalid value for param; wrong type or other syntax error"
    body = {
        "errorDetailType": _BAD_REQUEST,
        "message": "Invalid param. Please see errorDetails for more information.",
        "errorDetails": {
            "inputErrors": [
                {"description": description, "input": {"inputPath": {"fieldPath": field}}, "code": "PARAM_INVALID"}
            ]
        },
        "status": 400,
    }
    return refuse(400, body, verdict=f"PARAM_INVALID {field}: {description}")


def schema_violation(lines: Sequence[str]) -> Refused:
    """Return the 422 that lists every violation of the schema, one a line."""
    return refuse(422, {"message": "".join(f"{line}\n" for line in lines), "status": 422}, verdict="; ".join(lines))


def not_found(status: int, message: str = "Could not find entity") -> Refused:
    """Return the NOT_FOUND of the pages' tables (images-api.txt says 400, the Posts page 404)."""
    return refuse(status, {"status": status, "code": "NOT_FOUND", "message": message})


def no_resource() -> Refused:
    """Return the 404 of a route that does not exist in the requested version."""
    return gateway(404, "RESOURCE_NOT_FOUND", "No virtual resource found")
