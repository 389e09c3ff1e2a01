"""One row of a manifest: everything that is wrong with it, or the job it wishes for.

Rows come by the hundred thousand, so what repeats (URNs, folders) is judged once and remembered.
"""

from __future__ import annotations

import hashlib
import json
import os.path
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any, Final, NamedTuple

from ..errors import InvalidArgument
from ..model.image import MAX_ALT_TEXT
from ..model.post import MULTI_IMAGE_RANGE
from ..model.urn import expect
from ..protocol.text import MAX_COMMENTARY
from .jobs import JobSpec
from .manifest_lines import Problems, is_unicode, shown
from .manifest_paths import OutOfReach, Root

SEPARATOR: Final = "|"
"""Between the files, and between the alternate texts, of a job with several files in one CSV cell."""

VISIBILITIES: Final = ("PUBLIC", "CONNECTIONS", "LOGGED_IN")
_LONGEST_ID: Final = 200
_MOST_REMEMBERED: Final = 4096
_POSTERS: Final = ("person", "organization")
_OWNERS: Final = (*_POSTERS, "sponsoredAccount")
_ACCOUNTS: Final = ("sponsoredAccount",)
_encode: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class Wish(NamedTuple):
    """What a row wishes for. Without a name of its own, its job is called by a digest of these."""

    id: str | None
    files: tuple[str, ...]
    author: str
    owner: str
    commentary: str | None
    alt_texts: tuple[str | None, ...]
    visibility: str
    account: str | None
    asset_name: str | None

    def digest(self, folder: str) -> str:
        """Return the same for the same wish: wherever its row moves, and wherever manifest and files move together."""
        inside = folder.rstrip("/") + "/"
        files = [
            file.removeprefix(inside) if file.startswith(inside) else os.path.relpath(file, folder)
            for file in self.files
        ]
        text = _encode([files, *self[2:]])
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]

    def spec(self, name: str) -> JobSpec:
        """Return the job, under its id or else `name`."""
        _, files, author, owner, commentary, alt_texts, visibility, account, asset_name = self
        return JobSpec(
            id=self.id or name,
            files=files,
            author=author,
            owner=owner,
            commentary=commentary,
            alt_texts=alt_texts,
            visibility=visibility,
            account=account,
            asset_name=asset_name,
            link_free=True,
        )


class Rows:
    """Reads rows as wishes."""

    def __init__(self, root: Root, problems: Problems) -> None:
        self._root = root
        self._problems = problems
        self._line = 0
        self._urns: dict[tuple[int, str], str] = {}  # by how many types are allowed, which tells them apart

    def wish(self, line: int, values: Mapping[str, Any]) -> Wish | None:
        """Return what a row wishes for, or None after taking down everything that is wrong with it."""
        before, self._line, get = self._problems.count, line, values.get
        names, several = self._names(get("file"), get("files"))
        author = self._urn("author", get("author"), _POSTERS if get("commentary") else _OWNERS)
        wish = Wish(
            self._id(get("id")),
            self._files(names),
            author or "",
            self._urn("owner", get("owner"), _OWNERS) or author or "",
            self._text("commentary", get("commentary"), MAX_COMMENTARY),
            self._alt_texts(get("alt_text"), len(names), several=several),
            self._visibility(get("visibility")),
            self._urn("account", get("account"), _ACCOUNTS),
            self._text("asset_name", get("asset_name"), MAX_COMMENTARY),
        )
        if not get("author"):
            self._say("there is no author")
        if wish.asset_name and not wish.account:
            self._say("asset_name needs an account, in whose media library it is the name")
        return wish if self._problems.count == before else None

    def _say(self, message: str) -> None:
        self._problems.add(self._line, message)

    def _names(self, one: Any, several: Any) -> tuple[Sequence[str], bool]:
        """Return the names of the files, and whether they were given as `several`."""
        if several:
            if one:
                self._say("file and files are both given: give one of them")
            names = [name.strip() for name in several.split(SEPARATOR)] if isinstance(several, str) else several
            return self._list("files", names), True
        if not one:
            self._say("there is no file")
            return (), False
        if not isinstance(one, str):
            self._say(f"file is {_kind(one)}: give one name as text, or several as files")
            return (), False
        return (one,), False

    def _list(self, column: str, values: Any) -> Sequence[str]:
        if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
            self._say(f"{column} is a list of texts, not {_kind(values)}")
            return ()
        if not all(values):
            self._say(f"{column} has an empty place")
            return ()
        if len(values) >= MULTI_IMAGE_RANGE.stop:
            self._say(f"{len(values)} files: a post takes 1 to {MULTI_IMAGE_RANGE.stop - 1}")
        return values

    def _files(self, names: Sequence[str]) -> tuple[str, ...]:
        files = []
        for name in names:
            try:
                files.append(self._root.locate(name))
            except OutOfReach as problem:
                self._say(f"{shown(name)}: {problem}")
        return tuple(files)

    def _urn(self, column: str, value: Any, types: tuple[str, ...]) -> str | None:
        if not value:
            return None
        if not isinstance(value, str):
            self._say(f"{column} is text, not {_kind(value)}")
            return None
        known = self._urns.get((len(types), value))
        return known or self._new_urn(column, value, types)

    def _new_urn(self, column: str, value: str, types: tuple[str, ...]) -> str | None:
        try:
            urn = str(expect(value.strip(), column, types))
        except InvalidArgument as error:
            message = error.message if error.message.startswith(column) else f"{column}: {error.message}"
            self._say(f"{message} ({error.hint})" if error.hint else message)
            return None
        if len(self._urns) >= _MOST_REMEMBERED:
            self._urns.clear()
        self._urns[len(types), value] = urn
        return urn

    def _id(self, value: Any) -> str | None:
        if value is None or value == "":
            return None
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if not isinstance(value, str):
            self._say(f"id is text, not {_kind(value)}")
            return None
        name = value.strip()
        if not name or not name.isprintable() or len(name) > _LONGEST_ID:
            self._say(f"id {shown(value)}: 1 to {_LONGEST_ID} printable characters")
            return None
        return name

    def _text(self, column: str, value: Any, limit: int) -> str | None:
        if value is None or value == "":
            return None
        if not isinstance(value, str):
            self._say(f"{column} is text, not {_kind(value)}")
            return None
        self._check_text(column, value, limit)
        return value

    def _check_text(self, column: str, text: str, limit: int) -> None:
        if len(text) > limit:
            self._say(
                f"{column} has {len(text):,} characters, of at most {limit:,}: shorten it by {len(text) - limit:,}"
            )
        if not text.isascii() and not is_unicode(text):
            self._say(f"{column} holds half of a character (a lone surrogate): decode the text properly")

    def _alt_texts(self, value: Any, files: int, *, several: bool) -> tuple[str | None, ...]:
        if value is None or value == "":
            return ()
        if not isinstance(value, str):
            texts = value
        elif several:
            texts = value.split(SEPARATOR)
        else:
            self._check_text("alt_text", value, MAX_ALT_TEXT)
            return (value,)
        return self._list_of_alt_texts(texts, files)

    def _list_of_alt_texts(self, texts: Any, files: int) -> tuple[str | None, ...]:
        if not isinstance(texts, list) or not all(text is None or isinstance(text, str) for text in texts):
            self._say(f"alt_text is text, or a list of texts, not {_kind(texts)}")
            return ()
        if files and len(texts) != files:
            self._say(f"{len(texts)} alternate texts for {files} files: leave a place empty where there is none")
        for text in texts:
            self._check_text("alt_text", text or "", MAX_ALT_TEXT)
        return tuple(text or None for text in texts)

    def _visibility(self, value: Any) -> str:
        if not value:
            return VISIBILITIES[0]
        if value in VISIBILITIES:
            return str(value)
        name = str(value).strip().upper()
        if name in VISIBILITIES:
            return name
        close = get_close_matches(name, VISIBILITIES, n=1)
        self._say(f"visibility {shown(str(value))}: " + (f"did you mean {close[0]}?" if close else _ONE_OF_THESE))
        return VISIBILITIES[0]


_ONE_OF_THESE: Final = f"write {', '.join(VISIBILITIES[:-1])} or {VISIBILITIES[-1]}"
_KINDS: Final[Sequence[tuple[type | tuple[type, ...], str]]] = (
    (bool, "true or false"),
    ((int, float), "a number"),
    (str, "text"),
    (list, "a list with something else in it"),
    (dict, "an object"),
)


def _kind(value: object) -> str:
    return next((words for kind, words in _KINDS if isinstance(value, kind)), type(value).__name__)
