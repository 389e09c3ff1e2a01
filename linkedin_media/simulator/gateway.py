"""What LinkedIn's gateway checks before a resource sees the call, in its order."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from multidict import CIMultiDict

from ..errors import LinkedInMediaError, RestliSyntaxError
from ..protocol import restli, tunnel
from . import routing
from .incoming import Body, Incoming
from .replies import gateway, invalid_param, refuse

if TYPE_CHECKING:
    from .world import World

MAX_URL: Final = 8192
MAX_QUERY: Final = 4096
PROTOCOL: Final = "2.0.0"
_VERSION: Final = re.compile(r"\d{6}(\.\d{2})?", re.ASCII)
_NOT_RESTLI: Final = frozenset({"fields", "projection"})


def check_head(call: Incoming) -> None:
    """Refuse what the front servers refuse by its head alone.

    Raises:
        Refused: 414 for a URL or query that is too long (facts §1.6), 411 for a body of unknown length.
    """
    if len(call.raw_path) > MAX_URL or len(call.raw_path.partition("?")[2]) > MAX_QUERY:
        raise refuse(414, {"status": 414, "message": f"URI Too Long: tunnel queries of more than {MAX_QUERY} bytes"})
    if call.method in ("POST", "PUT") and "Content-Length" not in call.headers:
        raise refuse(411, {"status": 411, "message": "Length Required: send Content-Length"})


def untunnel(call: Incoming) -> None:
    """Turn a tunnelled call into the call it stands for.

    Raises:
        Refused: 400 if the tunnel is malformed.
    """
    if "X-HTTP-Method-Override" not in call.headers:
        return
    try:
        inner = tunnel.untunnel(call.method, call.raw_path, call.headers, call.body.content)
    except LinkedInMediaError as error:
        raise gateway(400, "ILLEGAL_ARGUMENT", str(error)) from error
    call.method, call.target = inner[0], inner[1]
    call.headers, call.body = CIMultiDict(inner[2]), Body.of(inner[3])
    call.understand()


def admit(world: World, call: Incoming) -> None:
    """Check a call of the API and fill in what the resources need.

    Raises:
        Refused: In LinkedIn's order: token, version, route, protocol, path key, query, method.
    """
    path, _, query = call.target.partition("?")
    call.token = world.tokens.check(call.headers.get("Authorization"), world.clock.now())
    if path.startswith("/rest/"):
        call.version = _active_version(world, call.headers.get("LinkedIn-Version"))
    routing.check_route(path)
    if call.meaning.resource != "userinfo":
        _check_protocol(call.headers)
    if call.meaning.raw_key is not None:
        call.key = routing.read_key(call.meaning.raw_key)
    call.params = read_params(query)
    routing.check_method(call.method, call.meaning.restli_method, call.headers.get("X-RestLi-Method"))


def read_params(query: str) -> dict[str, Any]:
    """Decode a query, strictly; ``fields`` and ``projection`` stay text.

    Raises:
        Refused: 400 ``PARAM_INVALID`` naming the parameter.
    """
    params: dict[str, Any] = {}
    for pair in query.split("&") if query else ():
        name, _, value = pair.partition("=")
        if not name or name in params:
            raise invalid_param(name)
        params[name] = value if name in _NOT_RESTLI else _decoded(name, value)
    return params


def _decoded(name: str, value: str) -> Any:
    try:
        return restli.decode(value)
    except RestliSyntaxError as error:
        raise invalid_param(name) from error


def _active_version(world: World, given: str | None) -> str:
    """Return the version with its day, as LinkedIn's messages name it (``20260901``)."""
    if not given:
        message = "A version must be present. Please specify a version by adding the LinkedIn-Version header."
        raise gateway(400, "VERSION_MISSING", message)
    month, _, revision = given.partition(".")
    version = month + (revision or "01")
    if not _VERSION.fullmatch(given) or month not in world.config.versions:
        raise gateway(426, "NONEXISTENT_VERSION", f"Requested version {version} is not active")
    return version


def _check_protocol(headers: Mapping[str, str]) -> None:
    given = headers.get("X-Restli-Protocol-Version")
    if given != PROTOCOL:
        raise gateway(
            400,
            "ILLEGAL_ARGUMENT",
            f"Rest.li protocol {given or '1.0.0 (assumed)'} is not understood: send X-Restli-Protocol-Version: {PROTOCOL}",
        )
