"""Options: small frozen values, keyword-only, checked when made. Durations are seconds, sizes bytes."""

from __future__ import annotations

from typing import Any, Final, Literal

import attrs

from .errors import InvalidArgument

DEFAULT_VERSION: Final = "202609"
"""The ``LinkedIn-Version`` sent unless you choose one; LinkedIn sunsets each version after about a year."""


def at_least(lowest: float) -> Any:
    """Return a validator that refuses what is no number, and numbers below `lowest`."""

    def check(instance: object, attribute: attrs.Attribute[Any], value: object) -> None:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise _refused(instance, attribute, value, "must be a number")
        if not value >= lowest:
            raise _refused(instance, attribute, value, f"must be at least {lowest:g}")

    return check


def whole(lowest: int) -> Any:
    """Return a validator that refuses what is no whole number, and numbers below `lowest`."""

    def check(instance: object, attribute: attrs.Attribute[Any], value: object) -> None:
        if isinstance(value, bool) or not isinstance(value, int):
            raise _refused(instance, attribute, value, "must be a whole number")
        if value < lowest:
            raise _refused(instance, attribute, value, f"must be at least {lowest}")

    return check


def _one_of(*choices: str) -> Any:
    def check(instance: object, attribute: attrs.Attribute[Any], value: object) -> None:
        if value not in choices:
            raise _refused(instance, attribute, value, f"must be one of {', '.join(choices)}")

    return check


def _refused(instance: object, attribute: attrs.Attribute[Any], value: object, why: str) -> InvalidArgument:
    return InvalidArgument(f"{type(instance).__name__}({attribute.name}={value!r}): {why}", argument=attribute.name)


def _optional(check: Any) -> Any:
    return attrs.validators.optional(check)


@attrs.frozen(kw_only=True)
class ImageRules:
    """What an image must be before it is sent.

    The defaults are LinkedIn's (Images API, "Schema"): fewer than 36,152,320 pixels, at most 250 GIF frames. LinkedIn
    documents no limit in bytes; `max_bytes` lets you set one. `max_steps` bounds the work spent on a crafted file, counted
    in markers, chunks or blocks walked.
    """

    pixels_below: int = attrs.field(default=36_152_320, validator=whole(1))
    max_gif_frames: int = attrs.field(default=250, validator=whole(1))
    max_bytes: int | None = attrs.field(default=None, validator=_optional(whole(1)))
    max_steps: int = attrs.field(default=50_000, validator=whole(1))


@attrs.frozen(kw_only=True)
class RetryPolicy:
    """When and how long to wait before a call that may be repeated is repeated.

    Waits are drawn evenly from ``[0, min(max_delay, initial_delay * 2**n)]`` (full jitter). A ``Retry-After`` up to
    `retry_after_cap` is honoured; a longer one fails the call with `RateLimited`. `quota` bounds the retries of all calls
    of a client together, so that an outage cannot multiply the load: each retry takes one from it, each success gives
    a tenth back. `deadline` bounds one call with all its repeats and waits, but for those of `max_calls_per_second`.
    """

    max_attempts: int = attrs.field(default=4, validator=whole(1))
    initial_delay: float = attrs.field(default=0.5, validator=at_least(0))
    max_delay: float = attrs.field(default=20.0, validator=at_least(0))
    retry_after_cap: float = attrs.field(default=60.0, validator=at_least(0))
    quota: int = attrs.field(default=100, validator=whole(0))
    deadline: float = attrs.field(default=120.0, validator=at_least(0.001))


@attrs.frozen(kw_only=True)
class PollPolicy:
    """How to wait for an uploaded image to become AVAILABLE.

    The first look comes `first_after` seconds after the upload, until it is learned when one is worth it; later ones come
    at `interval`, growing by `growth` with the age of the image up to `max_interval`. `batch_size` images share one call.
    `wait` is ``"auto"`` (poll, and where the token may not read images wait `grace` seconds once instead), ``"poll"`` (a 403
    is an error), ``"grace"`` (never poll) or ``"none"`` (do not wait at all). An image that LinkedIn does not find is
    tolerated for `not_found_grace` seconds.
    """

    timeout: float = attrs.field(default=300.0, validator=at_least(0))
    first_after: float = attrs.field(default=0.5, validator=at_least(0))
    interval: float = attrs.field(default=0.5, validator=at_least(0.001))
    growth: float = attrs.field(default=1.3, validator=at_least(1))
    max_interval: float = attrs.field(default=15.0, validator=at_least(0.001))
    tick: float = attrs.field(default=0.25, validator=at_least(0))
    batch_size: int = attrs.field(default=50, validator=whole(1))
    wait: Literal["auto", "poll", "grace", "none"] = attrs.field(
        default="auto", validator=_one_of("auto", "poll", "grace", "none")
    )
    grace: float = attrs.field(default=5.0, validator=at_least(0))
    not_found_grace: float = attrs.field(default=10.0, validator=at_least(0))


@attrs.frozen(kw_only=True)
class Concurrency:
    """How much of each scarce thing a pipeline uses at once.

    `inspect` threads open and walk files, `initialize` and `upload` calls and `post` calls are under way, `poll` batches
    are asked for, and `jobs` jobs are in flight, most of them waiting for LinkedIn. Memory in flight is at most about
    ``(inspect + upload) * 512 KiB + jobs * 8 KiB``. The connection pool holds ``initialize + upload + poll + post``.
    """

    inspect: int = attrs.field(default=4, validator=whole(1))
    initialize: int = attrs.field(default=16, validator=whole(1))
    upload: int = attrs.field(default=16, validator=whole(1))
    poll: int = attrs.field(default=2, validator=whole(1))
    post: int = attrs.field(default=8, validator=whole(1))
    jobs: int = attrs.field(default=512, validator=whole(1))

    @property
    def connections(self) -> int:
        """The size of the connection pool."""
        return self.initialize + self.upload + self.poll + self.post


@attrs.frozen(kw_only=True)
class Timeouts:
    """How long each step may take, in seconds.

    `connect` bounds one connection attempt, `call` one API call from first byte to last, `stall` an upload that makes no
    progress, `answer` the wait for the reply once an upload is sent. `upload` bounds a whole upload; None means no bound
    but `stall`.
    """

    connect: float = attrs.field(default=10.0, validator=at_least(0.001))
    call: float = attrs.field(default=30.0, validator=at_least(0.001))
    stall: float = attrs.field(default=30.0, validator=at_least(0.001))
    answer: float = attrs.field(default=60.0, validator=at_least(0.001))
    upload: float | None = attrs.field(default=None, validator=_optional(at_least(0.001)))
