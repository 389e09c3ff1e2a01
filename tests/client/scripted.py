"""A client without a network: it notes what it is asked to send, and answers from a script."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

import attrs

from linkedin_media.errors import Forbidden, LinkedInMediaError
from linkedin_media.options import Concurrency
from linkedin_media.protocol.wire import Request, Response

NOW: Final = datetime(2026, 9, 1, tzinfo=UTC)


def ok(body: Any) -> Response:
    """A 200 with this JSON."""
    return Response(status=200, body=json.dumps(body).encode())


def forbidden(message: str) -> Forbidden:
    return Forbidden(message, status=403, api_code="ACCESS_DENIED")


@attrs.define
class ScriptedClient:
    """What `client.send` is to the resources. `answer` returns an answer to each request, or an error to raise."""

    answer: Callable[[Request], Response | LinkedInMediaError]
    concurrency: Concurrency = Concurrency()
    sent: list[Request] = attrs.field(factory=list)

    @property
    def clock(self) -> ScriptedClient:
        return self

    def now(self) -> datetime:
        return NOW

    async def send(self, request: Request) -> Response:
        self.sent.append(request)
        answer = self.answer(request)
        if isinstance(answer, Response):
            return answer
        raise answer
