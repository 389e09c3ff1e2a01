"""How far one image of a job is, as the ledger keeps it."""

from __future__ import annotations

from datetime import UTC, datetime

import attrs

from ..model.image import InitializedUpload, UploadedImage
from ..model.urn import Urn


@attrs.define
class ImageProgress:
    """How far one image of a job is. The upload URL is a credential: it is forgotten once used."""

    urn: str | None = None
    url: str | None = attrs.field(default=None, repr=False)
    expires: int | None = None
    size: int | None = None
    sha256: str | None = None
    available: bool = False

    def begin(self, started: InitializedUpload) -> None:
        """Take down a registered upload."""
        expires = started.upload_url_expires_at
        self.urn, self.url = started.image, started.upload_url
        self.expires = None if expires is None else int(expires.timestamp() * 1000)
        self.size, self.sha256, self.available = None, None, False

    def sent(self, uploaded: UploadedImage) -> None:
        """Take down that every byte is sent."""
        self.urn, self.size, self.sha256 = uploaded.image, uploaded.size, uploaded.sha256 or None
        self.url, self.expires = None, None

    def dump(self) -> dict[str, object]:
        """Return what there is to tell, by the fields' names."""
        told: dict[str, object] = {} if self.urn is None else {"urn": self.urn}
        if self.url is not None:
            told["url"] = self.url
        if self.expires is not None:
            told["expires"] = self.expires
        if self.size is not None:
            told["size"] = self.size
        if self.sha256 is not None:
            told["sha256"] = self.sha256
        if self.available:
            told["available"] = True
        return told

    @property
    def is_sent(self) -> bool:
        """True once every byte is sent: only then is their number written down."""
        return self.size is not None

    def resume(self) -> InitializedUpload | UploadedImage | None:
        """Return what the pipeline may go on from."""
        if self.urn is None:
            return None
        if self.is_sent:
            return UploadedImage(image=Urn(self.urn), size=self.size or 0, sha256=self.sha256 or "")
        if self.url is None:
            return None
        expires = None if self.expires is None else datetime.fromtimestamp(self.expires / 1000, UTC)
        return InitializedUpload(image=self.urn, upload_url=self.url, upload_url_expires_at=expires)
