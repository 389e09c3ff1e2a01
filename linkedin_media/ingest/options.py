"""Options of an ingest."""

from __future__ import annotations

import attrs

from ..options import at_least


@attrs.frozen(kw_only=True)
class IngestOptions:
    """How an ingest behaves. Durations are seconds.

    A post in doubt is looked for `reconcile_after` seconds after its intent: by then nobody can still be sending it and
    LinkedIn's finder shows it. With `wait` false such posts are left ``unknown`` instead. `max_sendings` bounds how often
    one post is sent, each time only after a look that proved it absent. `send_within` bounds the time between an intent and
    its request: a later one is written anew. `clock_skew` is how far a clock may be off without
    LinkedIn's answers telling.

    A job that fails for a passing reason is tried again `tries` times. `max_calls_per_day` is a budget of API calls per
    UTC day, kept in the ledger. `reuse_images` uploads the same content once per owner. `grace` is how long a post under
    way may take once the run is told to stop. A ledger is refused whose jobs went to another base URL, unless that is
    the `same_api` by another way.
    """

    reconcile_after: float = attrs.field(default=60.0, validator=at_least(0))
    wait: bool = True
    max_sendings: int = attrs.field(default=5, validator=at_least(1))
    send_within: float = attrs.field(default=10.0, validator=at_least(0.001))
    clock_skew: float = attrs.field(default=120.0, validator=at_least(0))
    tries: int = attrs.field(default=5, validator=at_least(1))
    retry_delay: float = attrs.field(default=5.0, validator=at_least(0))
    max_calls_per_day: int | None = attrs.field(default=None, validator=attrs.validators.optional(at_least(1)))
    reuse_images: bool = False
    same_api: bool = False
    grace: float = attrs.field(default=45.0, validator=at_least(0))
    heartbeat: float = attrs.field(default=5.0, validator=at_least(0.01))
