"""How a simulator behaves: one frozen value, every field with a default that works."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Final, Literal

import attrs

from ..errors import InvalidArgument
from ..options import ImageRules

ACTIVE_VERSIONS: Final = frozenset(
    {
        *("202510", "202511"),
        *("202601", "202602", "202603", "202604", "202605", "202606", "202607", "202608", "202609"),
    }
)
"""The ``LinkedIn-Version`` values served by default: those active when 202609 appeared (there never was a 202512)."""

_LAST_PORT: Final = 65_535
LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})

Processing = float | tuple[float, float] | Callable[[str, int], float]
"""Seconds an image is PROCESSING: a number, a range to draw from, or a function of image URN and byte count."""


def _names(names: Iterable[str]) -> frozenset[str]:
    return frozenset(names)


@attrs.frozen(kw_only=True)
class SimulatorConfig:
    """Everything that can be chosen about a simulator.

    Where it listens: `host` and `port` (0 picks a free one). Anything but loopback needs `allow_remote`. `receive_buffer`
    sets ``SO_RCVBUF``, so that a server that stops reading is felt after that many bytes.

    Who uses it: the first token belongs to `person`, who administers `organization` and `account`.

    What LinkedIn leaves open is a choice here, each with the documented or measured behaviour as its default.
    """

    host: str = "127.0.0.1"
    port: int = 0
    allow_remote: bool = False
    receive_buffer: int | None = None
    seed: int = 0
    clock: Callable[[], float] = attrs.field(default=time.time, repr=False)

    person: str = "urn:li:person:Ylpq-RobP9"
    organization: str = "urn:li:organization:5583111"
    account: str = "urn:li:sponsoredAccount:123456789"
    token: str | None = attrs.field(default=None, repr=False)
    client_id: str = "simulator-client"
    client_secret: str = attrs.field(default="simulator-secret", repr=False)
    token_seconds: float = 5_184_000.0
    oauth_decision: Literal["allow", "deny"] = "allow"
    refresh_tokens: bool = True
    rotate_refresh_tokens: bool = False

    versions: frozenset[str] = attrs.field(default=ACTIVE_VERSIONS, converter=_names)
    batch_max: int = 100
    read_refusal: Literal["live", "documented"] = "live"
    not_found_status: int = 404
    paging_links: Literal["absolute", "relative"] = "absolute"

    upload_url_seconds: float = 3600.0
    upload_expired_status: int = 400
    upload_requires_token: bool = False
    max_upload_bytes: int = 128 * 1024 * 1024
    keep_bytes: int = 64 * 1024 * 1024
    processing_seconds: Processing = 0.2
    rules: ImageRules = ImageRules()
    fail_truncated: bool = True
    download_url_seconds: float = 86_400.0

    post_requires_available: bool = True
    post_id_headers: Literal["both", "restli", "linkedin", "none"] = "both"
    duplicate_seconds: float = 600.0
    finder_lag_seconds: float = 0.0
    posts_page_limit: int | None = None

    def __attrs_post_init__(self) -> None:
        if self.host not in LOOPBACK and not self.allow_remote:
            raise InvalidArgument(
                f"the simulator listens on loopback only, not on {self.host}",
                argument="host",
                hint="it has no secrets and no protection; pass allow_remote=True if you mean it",
            )
        if not 0 <= self.port <= _LAST_PORT:
            raise InvalidArgument(
                f"{self.port} is no port: 0 to {_LAST_PORT}", argument="port", hint="0 picks a free one"
            )
