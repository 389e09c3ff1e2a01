"""Jobs of an ingest: what the manifest wishes for, and how far each is."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any, ClassVar, Final

import attrs

from ..errors import LinkedInMediaError
from ..model.image import InitializedUpload, MediaLibraryMetadata, UploadedImage
from ..model.job import ImageSource, Job
from ..model.urn import Urn
from ..protocol.json_reading import parse_json
from ..protocol.json_writing import write_json
from ..regular_file import LinkFree
from .states import FINAL, FOLLOWERS, State


def _files(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(names)


def _alt_texts(texts: Iterable[str | None]) -> tuple[str | None, ...]:
    return tuple(texts)


@attrs.frozen(kw_only=True)
class JobSpec:
    """One line of a manifest. `files` are absolute paths; without a `commentary` the job ends when they are AVAILABLE.

    With `link_free`, no link is followed in the folders of `files` or in place of them: a path that was checked leads to
    no other place when it is opened.
    """

    id: str
    files: tuple[str, ...] = attrs.field(converter=_files)
    author: str
    owner: str
    commentary: str | None = None
    alt_texts: tuple[str | None, ...] = attrs.field(default=(), converter=_alt_texts)
    visibility: str = "PUBLIC"
    account: str | None = None
    asset_name: str | None = None
    link_free: bool = False

    def dump(self) -> str:
        """Return the spec as JSON text, the same for the same wish."""
        return _write({name: value for name in _SPEC if (value := getattr(self, name)) not in (None, (), False)})

    @classmethod
    def load(cls, id: str, text: str) -> JobSpec:  # noqa: A002 -- the column's name
        """Return the spec that `dump` wrote."""
        return cls(id=id, **parse_json(text))

    def job(self) -> Job:
        """Return the job for the pipeline.

        Raises:
            InvalidArgument: LinkedIn would refuse it.
        """
        sources: Iterable[str | LinkFree] = map(LinkFree, self.files) if self.link_free else self.files
        alt_texts = (*self.alt_texts, *(None,) * (len(self.files) - len(self.alt_texts)))
        return Job(
            id=self.id,
            author=self.author,
            owner=self.owner,
            commentary=self.commentary,
            images=[ImageSource(source, alt_text=alt) for source, alt in zip(sources, alt_texts, strict=True)],
            visibility=self.visibility,
            media_library=self.media_library,
        )

    @property
    def media_library(self) -> MediaLibraryMetadata | None:
        """The entry in the account's media library, where the manifest names an account."""
        if self.account is None:
            return None
        return MediaLibraryMetadata(self.account, self.asset_name or self.id)


@attrs.frozen
class Added:
    """What adding a manifest's jobs did."""

    new: int
    known: int


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


@attrs.define(eq=False)
class Record:
    """A job as the ledger has it. Change it through its methods, then save it."""

    id: int
    spec: JobSpec
    state: State
    images: list[ImageProgress]
    orphans: list[str]
    tries: int = 0
    sendings: int = 0
    not_before: int | None = None
    first_intent_at: int | None = None
    intent_at: int | None = None
    post: str | None = None
    error: dict[str, str] | None = None
    began_at: int | None = None
    uploaded_at: int | None = None
    available_at: int | None = None
    ended_at: int | None = None

    @classmethod
    def of_row(cls, row: Mapping[str, Any]) -> Record:
        """Read a row of the ledger."""
        spec = JobSpec.load(row["key"], row["spec"])
        progress = [ImageProgress(**item) for item in _read_list(row["images"])]
        progress += [ImageProgress() for _ in range(len(spec.files) - len(progress))]
        return cls(
            id=row["id"],
            spec=spec,
            state=State(row["state"]),
            images=progress,
            orphans=_read_list(row["orphans"]),
            error=json.loads(row["error"]) if row["error"] else None,
            **{name: row[name] for name in _PLAIN},
        )

    def read(self) -> Record:
        """Return the record itself; see `Unread`."""
        return self

    def cells(self) -> tuple[Any, ...]:
        """Return what is to be saved, in the order of `statements.WRITTEN` after the owner."""
        return (
            self.state.value,
            int(self.done),
            self.dump_images(),
            _write(self.orphans) if self.orphans else "[]",
            _write_ascii(self.error) if self.error else None,
            *(self.tries, self.sendings, self.not_before, self.post),
            *(self.began_at, self.uploaded_at, self.available_at, self.ended_at),
        )

    def dump_images(self) -> str:
        """Return how far the images are as JSON text."""
        images = map(_image_cells, self.images)
        return _write([{name: value for name, value in zip(_IMAGE, image, strict=True) if value} for image in images])

    @property
    def done(self) -> bool:
        """True once nothing is left to do: a final state, or AVAILABLE where no post is wished for."""
        return self.state in FINAL or (self.state is State.AVAILABLE and self.spec.commentary is None)

    @property
    def image_urns(self) -> tuple[Urn, ...]:
        """The URNs of the images that have one."""
        return tuple(Urn(image.urn) for image in self.images if image.urn)

    def enter(self, state: State) -> None:
        """Go on to a state.

        Raises:
            ValueError: It may not follow; a mistake in this package, not a matter of the job.
        """
        if state not in FOLLOWERS[self.state]:
            raise ValueError(f"job {self.spec.id}: {state} may not follow {self.state}")
        self.state = state

    def refused(self) -> None:
        """Take back the last intent: LinkedIn said for certain that there is no such post, or it never left."""
        self.enter(State.AVAILABLE)
        self.sendings = max(0, self.sendings - 1)
        if not self.sendings:
            self.first_intent_at = None

    def posted(self, post: Urn | None, *, at: int) -> None:
        """End with a post, whose URN may be unknown."""
        self.enter(State.POSTED)
        self.post, self.error, self.ended_at = post, None, at

    def fail(self, error: Exception, *, at: int) -> None:
        """End with an error."""
        self.enter(State.FAILED)
        self.error, self.ended_at = describe(error), at

    def forget_images(self, broken: Sequence[str]) -> None:
        """Begin anew with images that cannot be used."""
        for position, image in enumerate(self.images):
            if image.urn in broken:
                self.orphans.append(str(image.urn))
                self.images[position] = ImageProgress()


@attrs.define(eq=False)
class Unread:
    """A job that was claimed and that nothing was done about yet. It takes less to keep until its turn than a `Record`."""

    id: int
    key: str
    wish: Mapping[str, Any]
    state: ClassVar[State] = State.NEW

    def read(self) -> Record:
        """Return the job's record."""
        spec = JobSpec(id=self.key, **self.wish)
        return Record(self.id, spec, State.NEW, [ImageProgress() for _ in spec.files], [])


def _write(value: Mapping[str, Any] | Sequence[Any]) -> str:
    return write_json(value).decode()


_write_ascii: Final = json.JSONEncoder(separators=(",", ":")).encode  # a file's name may be no Unicode
_SPEC: Final = tuple(field.name for field in attrs.fields(JobSpec) if field.name != "id")
_IMAGE: Final = tuple(field.name for field in attrs.fields(ImageProgress))
_image_cells: Final[Callable[[ImageProgress], tuple[object, ...]]] = attrgetter(*_IMAGE)
_SAVED: Final = ("tries", "sendings", "not_before", "post", "began_at", "uploaded_at", "available_at", "ended_at")
_PLAIN: Final = (*_SAVED, "first_intent_at", "intent_at")


def _read_list(text: str) -> list[Any]:
    return [] if text == "[]" else parse_json(text)  # most are empty


def describe(error: Exception) -> dict[str, str]:
    """Return an error as the ledger and the reports keep it."""
    if isinstance(error, LinkedInMediaError):
        return {**error.to_dict(), "stage": error.stage or "", "file": error.file or ""}
    return {"code": "ERROR", "message": f"{type(error).__name__}: {error}"[:500], "hint": ""}


def default_id(spec_text: str, occurrence: int) -> str:
    """Return the id of a job whose line names none: the same for the same wish, wherever its line moves."""
    digest = hashlib.sha256(spec_text.encode("utf-8", "surrogateescape")).hexdigest()[:16]
    return digest if occurrence == 0 else f"{digest}-{occurrence + 1}"
