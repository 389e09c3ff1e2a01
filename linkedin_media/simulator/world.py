"""Everything one simulator holds: its clock, its tokens, images and posts, and its journal."""

from __future__ import annotations

import hmac
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from typing import Any, Final, Literal

import attrs

from . import uploads
from .articles import Articles
from .clock import Clock
from .config import SimulatorConfig
from .faults import FaultBook
from .ids import Ids
from .image_store import Images, ImageStore
from .journal import Journal
from .oauth import Grants
from .post_store import Posts, PostStore
from .social import SocialActions
from .tokens import ALL_SCOPES, Token, TokenBook

_REMEMBERED_VERDICTS: Final = 1024


class World:
    """The state behind the server; everything in it is deterministic, given the calls and the clock."""

    def __init__(self, config: SimulatorConfig) -> None:
        self.clock = Clock(config.clock)
        self.journal = Journal()
        self.base_url = ""
        self.reset(config)

    def reset(self, config: SimulatorConfig) -> None:
        """Start anew, with the same address, clock and observers of the journal."""
        self.config = config
        self.ids = Ids(config.seed)
        self.tokens = TokenBook()
        self.images = ImageStore(config.keep_bytes)
        self.posts = PostStore()
        self.articles = Articles(config.person)
        self.social = SocialActions(self.clock.now_ms())
        self.grants = Grants()
        self.faults = FaultBook()
        self.journal.clear()
        self.images_view = Images(self.images, self.clock)
        self.posts_view = Posts(self.posts)
        self._secret = f"upload signatures {config.seed}".encode()
        self._verdicts: OrderedDict[str, uploads.Verdict] = OrderedDict()
        self.token = self.issue_token(value=config.token)

    def configure(self, **changes: Any) -> None:
        """Change what the simulator does from here on; see `SimulatorConfig` for the names."""
        self.config = attrs.evolve(self.config, **changes)

    def issue_token(
        self,
        scopes: Iterable[str] = ALL_SCOPES,
        *,
        member: str | None = None,
        organizations: Iterable[str] | None = None,
        accounts: Iterable[str] | None = None,
        tier: Literal["standard", "development"] = "standard",
        expires_in: float | None = None,
        value: str | None = None,
        client_id: str | None = None,
    ) -> str:
        """Issue an access token and return it. Only the configured person administers the organization by default."""
        config, now = self.config, self.clock.now()
        is_admin = member in (None, config.person)
        token = Token(
            value=value or f"AQX{self.ids.text(48)}",
            member=member or config.person,
            scopes=frozenset(scopes),
            organizations=frozenset(
                ({config.organization} if is_admin else ()) if organizations is None else organizations
            ),
            accounts=frozenset(({config.account} if is_admin else ()) if accounts is None else accounts),
            created_at=now,
            expires_at=now + (config.token_seconds if expires_in is None else expires_in),
            tier=tier,
            client_id=client_id or config.client_id,
        )
        self.tokens.add(token)
        return token.value

    def sign(self, text: str) -> str:
        """Return a signature for an address."""
        return hmac.digest(self._secret, text.encode(), "sha256").hex()[:32]

    def processing_seconds(self, image: str, size: int) -> float:
        """Return how long this image will be PROCESSING."""
        seconds = self.config.processing_seconds
        if isinstance(seconds, tuple):
            return self.ids.between(*seconds)
        return seconds(image, size) if callable(seconds) else seconds

    def verdict_on(self, content: bytes, sha256: str, headers: Mapping[str, str]) -> uploads.Verdict:
        """Return what processing makes of an upload; the same bytes are looked at once."""
        key = f"{sha256} {headers.get('Content-Type')}"
        verdict = self._verdicts.get(key)
        if verdict is None:
            verdict = self._verdicts[key] = uploads.examine(self, content, headers)
            if len(self._verdicts) > _REMEMBERED_VERDICTS:
                self._verdicts.popitem(last=False)
        return verdict

    def expire_uploads(self) -> None:
        """Let every upload address given out so far expire now."""
        now = self.clock.now()
        for image in self.images:
            image.upload_expires_at = min(image.upload_expires_at, now)
