"""One call as the simulator understood it, and what its handling found out."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import attrs

from .replies import gateway, refuse
from .routing import Meaning, meaning_of
from .tokens import Token


@attrs.define(kw_only=True)
class Body:
    """What came behind the head: its bytes, their digest, and how many there were."""

    content: bytes = attrs.field(default=b"", repr=False)
    size: int = 0
    sha256: str | None = None

    @classmethod
    def of(cls, content: bytes) -> Body:
        """Return the body that consists of `content`."""
        return cls(content=content, size=len(content), sha256=hashlib.sha256(content).hexdigest() if content else None)


@attrs.define(kw_only=True)
class Incoming:
    """A call on its way through gateway and resource; the later fields are filled in as they are found out.

    `raw_path` is the target as it came over the wire; `method`, `target`, `headers` and `body` are those of the call that
    is meant, which differs where a query was tunnelled.
    """

    method: str
    raw_path: str
    headers: Mapping[str, str] = attrs.field(repr=False)
    target: str = attrs.field()
    body: Body = attrs.field(factory=Body, repr=False)
    meaning: Meaning = attrs.field(factory=Meaning)

    key: str | None = None
    params: dict[str, Any] = attrs.field(factory=dict)
    version: str = ""
    token: Token | None = attrs.field(default=None, repr=False)

    image: str | None = None
    post: str | None = None
    fault: str | None = None
    verdicts: list[str] = attrs.field(factory=list)

    @target.default
    def _as_received(self) -> str:
        return self.raw_path

    def understand(self) -> None:
        """Find out what the call means."""
        self.meaning = meaning_of(self.method, self.target, self.headers)

    @property
    def caller(self) -> Token:
        """The token the gateway accepted."""
        assert self.token is not None, self.target  # noqa: S101 -- the gateway sets it for every API call  # nosec B101
        return self.token

    def complain(self, verdict: str) -> None:
        """Note something LinkedIn would have taken silently and wrongly."""
        self.verdicts.append(verdict)

    def json_object(self) -> dict[str, Any]:
        """Return the body as a JSON object.

        Raises:
            Refused: 400 as measured for malformed JSON; 415 for another content type.
        """
        kind = self.headers.get("Content-Type", "application/json").partition(";")[0].strip().lower()
        if kind != "application/json":
            raise refuse(
                415, {"status": 415, "message": f"Content-Type {kind} is not supported: send application/json"}
            )
        try:
            value = json.loads(self.body.content)
        except (ValueError, RecursionError):
            value = None
        if not isinstance(value, dict):
            raise gateway(400, "ILLEGAL_ARGUMENT", "Request body could not be converted to data map")
        return value
