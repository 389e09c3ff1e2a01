"""What every way of running a simulator has in common: its names for tests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .articles import Articles
from .clock import Clock
from .config import SimulatorConfig
from .faults import FaultBook
from .image_store import Images
from .journal import Call, Journal
from .post_store import Posts
from .social import SocialActions
from .world import World


class SimulatorFacade:
    """The simulated LinkedIn as tests see it.

    Point a client at `base_url` with `token`. `person`, `organization` and `account` are what this token may act for.
    `journal` holds every call, `images` and `posts` what came of them; `faults` and `clock` change what happens next.
    """

    def __init__(self, config: SimulatorConfig | None = None) -> None:
        self.world = World(config or SimulatorConfig())

    @property
    def base_url(self) -> str:
        """Where it listens, ``http://127.0.0.1:PORT``; empty until it is started."""
        return self.world.base_url

    @property
    def config(self) -> SimulatorConfig:
        """How it behaves at the moment."""
        return self.world.config

    @property
    def token(self) -> str:
        """An access token with every scope, of `person`."""
        return self.world.token

    @property
    def person(self) -> str:
        """The member behind `token`."""
        return self.world.config.person

    @property
    def organization(self) -> str:
        """An organization `person` administers."""
        return self.world.config.organization

    @property
    def account(self) -> str:
        """An ad account `person` has access to."""
        return self.world.config.account

    @property
    def journal(self) -> Journal:
        """Every call received."""
        return self.world.journal

    @property
    def images(self) -> Images:
        """Every image, by URN."""
        return self.world.images_view

    @property
    def posts(self) -> Posts:
        """Every post, by URN."""
        return self.world.posts_view

    @property
    def articles(self) -> Articles:
        """The articles, by id; the samples of the Articles page to begin with."""
        return self.world.articles

    @property
    def social(self) -> SocialActions:
        """Comments and likes."""
        return self.world.social

    @property
    def clock(self) -> Clock:
        """The simulated time; ``clock.advance(3600)``."""
        return self.world.clock

    @property
    def faults(self) -> FaultBook:
        """What goes wrong; ``faults.add(Fault(...))``."""
        return self.world.faults

    def configure(self, **changes: Any) -> None:
        """Change the behaviour from here on: ``configure(processing_seconds=3)``."""
        self.world.configure(**changes)

    def issue_token(self, *scopes: str, **options: Any) -> str:
        """Issue another token: ``issue_token("w_member_social", tier="development")``; see `World.issue_token`."""
        return self.world.issue_token(scopes, **options) if scopes else self.world.issue_token(**options)

    def revoke_token(self, token: str) -> None:
        """Make calls with `token` answer 401, 65601."""
        self.world.tokens.revoke(token)

    def expire_token(self, token: str) -> None:
        """Make calls with `token` answer 401, 65602."""
        self.world.tokens.expire(token, self.clock.now())

    def revoke_refresh_tokens(self) -> None:
        """Make every refresh token given out invalid."""
        self.world.grants.revoke()

    def expire_uploads(self) -> None:
        """Let every upload address given out so far expire now."""
        self.world.expire_uploads()

    def on_call(self, callback: Callable[[Call], None]) -> None:
        """Call `callback` with every call from now on, in the simulator's thread."""
        self.journal.observe(callback)

    def reset(self, config: SimulatorConfig | None = None) -> None:
        """Forget images, posts, tokens, faults and journal; the address stays, the clock keeps its time."""
        self.world.reset(config or self.world.config)
