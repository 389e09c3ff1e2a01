"""What the doctor asks: the API who the member is, and the sign-in what the token is worth."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import attrs

from ..errors import ApiError, InvalidArgument, LinkedInMediaError
from ..model.check import Check, error, warning
from ..model.secret import Secret
from ..model.token import Introspection
from ..options import Timeouts
from ..protocol import diagnosis, oauth, replies
from ..protocol.server_date import ahead_of_server
from ..transport import Transport
from .attempts import without
from .oauth import SignIn, api_origin


@attrs.frozen(kw_only=True)
class Seen:
    """What the API showed of itself, and what it thinks of the token: alive, `refusal`, or None where it did not say."""

    checks: tuple[Check, ...]
    alive: bool | None = None
    refusal: ApiError | None = None


async def ask_api(base_url: str | None, access: Secret | None, timeouts: Timeouts, now: Callable[[], datetime]) -> Seen:
    """Ask who the member is: every token may ask, and the answer tells the server's time."""
    try:
        origin = api_origin(base_url)
    except InvalidArgument as problem:
        return Seen(checks=(error("base-url", problem.message, problem.hint),))
    transport, request, asked_at = Transport(origin, timeouts, 1), oauth.build_userinfo(), now()
    try:
        response = await transport.send(request, access, timeout=timeouts.call)
    except LinkedInMediaError as problem:
        fix = problem.hint or "check the network and LINKEDIN_BASE_URL"
        return Seen(checks=(error("base-url", f"{origin}: {problem.message}", fix),))
    finally:
        await transport.aclose()
    middle = asked_at + (now() - asked_at) / 2
    checks = (
        diagnosis.base_url(origin, response.status),
        diagnosis.clock(ahead_of_server(response.headers.get("Date"), middle)),
    )
    if response.status == 401 and access is not None:
        return Seen(checks=checks, alive=False, refusal=replies.read_error(request, without(response, access), middle))
    # A token without the scope `openid` is refused with a 403, and is alive.
    return Seen(checks=checks, alive=True if response.status in (200, 403) else None)


@attrs.frozen(kw_only=True)
class Worth:
    """What the sign-in says of the token, None where it was not asked or did not answer."""

    checks: tuple[Check, ...] = ()
    introspection: Introspection | None = None


async def ask_sign_in(sign_in: SignIn, access: Secret) -> Worth:
    """Ask what the token is worth."""
    try:
        return Worth(introspection=await sign_in.introspect(access))
    except LinkedInMediaError as problem:
        fix = problem.hint or "try again later; nothing depends on it"
        return Worth(checks=(warning("application", f"the sign-in cannot be asked: {problem.message}", fix),))
