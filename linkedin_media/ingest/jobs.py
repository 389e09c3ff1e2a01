"""Jobs of an ingest: what the manifest wishes for, and how far each is."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import zip_longest
from operator import attrgetter
from typing import Any, ClassVar, Final

import attrs

from ..errors import InvalidArgument
from ..model.image import MediaLibraryMetadata
from ..model.job import ImageSource, Job
from ..model.urn import Urn
from ..protocol.json_reading import parse_json
from ..protocol.json_writing import write_json
from ..regular_file import LinkFree
from .image_progress import ImageProgress
from .states import AVAILABLE, FAILED, FINAL, FOLLOWERS, NEW, POSTED, State
from .verdicts import describe


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
        wish: dict[str, object] = {"files": self.files, "author": self.author, "owner": self.owner}
        if self.commentary is not None:
            wish["commentary"] = self.commentary
        if self.alt_texts:
            wish["alt_texts"] = self.alt_texts
        wish["visibility"] = self.visibility
        if self.account is not None:
            wish["account"] = self.account
        if self.asset_name is not None:
            wish["asset_name"] = self.asset_name
        if self.link_free:
            wish["link_free"] = True
        return _write(wish)

    @classmethod
    def load(cls, id: str, text: str) -> JobSpec:  # noqa: A002 -- the column's name
        """Return the spec that `dump` wrote."""
        return cls(id=id, **parse_json(text))

    def job(self) -> Job:
        """Return the job for the pipeline.

        Raises:
            InvalidArgument: LinkedIn would refuse it.
        """
        if len(self.alt_texts) > len(self.files):
            told = f"{len(self.alt_texts)} alternate texts for {len(self.files)} files"
            raise InvalidArgument(told, argument="alt_texts")
        sources: Iterable[str | LinkFree] = map(LinkFree, self.files) if self.link_free else self.files
        return Job(
            id=self.id,
            author=self.author,
            owner=self.owner,
            commentary=self.commentary,
            images=[ImageSource(source, alt_text=alt) for source, alt in zip_longest(sources, self.alt_texts)],
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

    def first_intent(self) -> tuple[Any, ...] | None:
        """Return what is to be saved of a post's first intent, where all went well so far: for `statements.FIRST_INTENT`."""
        otherwise = self.sendings - 1 or self.tries or self.orphans or self.error or self.not_before
        if otherwise or self.post or self.ended_at:
            return None
        return self.dump_images(), self.began_at, self.uploaded_at, self.available_at

    def dump_images(self) -> str:
        """Return how far the images are as JSON text."""
        return _write([image.dump() for image in self.images])

    @property
    def done(self) -> bool:
        """True once nothing is left to do: a final state, or AVAILABLE where no post is wished for."""
        return self.state in FINAL or (self.state is AVAILABLE and self.spec.commentary is None)

    @property
    def unsent(self) -> int:
        """How many images have bytes that are still to be sent."""
        number = 0
        for image in self.images:
            number += image.size is None and not image.available
        return number

    @property
    def image_urns(self) -> tuple[Urn, ...]:
        """The URNs of the images that have one."""
        return tuple(map(Urn, filter(None, map(_urn_of, self.images))))

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
        self.enter(AVAILABLE)
        self.sendings = max(0, self.sendings - 1)
        if not self.sendings:
            self.first_intent_at = None

    def posted(self, post: Urn | None, *, at: int) -> None:
        """End with a post, whose URN may be unknown."""
        self.enter(POSTED)
        self.post, self.error, self.ended_at = post, None, at

    def fail(self, error: Exception, *, at: int) -> None:
        """End with an error."""
        self.enter(FAILED)
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
    state: ClassVar[State] = NEW

    def read(self) -> Record:
        """Return the job's record."""
        spec = JobSpec(id=self.key, **self.wish)
        return Record(self.id, spec, NEW, [ImageProgress() for _ in spec.files], [])


def _write(value: Mapping[str, Any] | Sequence[Any]) -> str:
    return write_json(value).decode()


_write_ascii: Final = json.JSONEncoder(separators=(",", ":")).encode  # a file's name may be no Unicode
_urn_of: Final[Callable[[ImageProgress], str | None]] = attrgetter("urn")
_SAVED: Final = ("tries", "sendings", "not_before", "post", "began_at", "uploaded_at", "available_at", "ended_at")
_PLAIN: Final = (*_SAVED, "first_intent_at", "intent_at")


def _read_list(text: str) -> list[Any]:
    return [] if text == "[]" else parse_json(text)  # most are empty
