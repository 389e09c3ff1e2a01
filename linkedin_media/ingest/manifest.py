"""Read a manifest: once to find everything that is wrong with it, then, if nothing is, job by job.

It is never held whole: a check keeps eight bytes a row, to find ids that come twice.
"""

from __future__ import annotations

import hashlib
import os
import stat
from array import array
from collections import Counter
from collections.abc import Iterator, Set as AbstractSet
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

from ..errors import FileUnreadable, InvalidManifest, ManifestProblem
from .jobs import JobSpec
from .manifest_formats import Row, reader_for
from .manifest_lines import Problems, shown
from .manifest_paths import Root
from .manifest_rows import Rows, Wish

_EDITION: Final = b"1"  # of the rules; another one reads a known manifest anew
_BUCKETS: Final = 256
_CHUNK: Final = 1024 * 1024


def read_manifest(path: str | os.PathLike[str], root: str | os.PathLike[str] | None = None) -> Iterator[JobSpec]:
    """Check a manifest, and return its jobs, which are read as you go.

    Args:
        path: A CSV, JSON Lines or TOML file.
        root: The folder that no file may lie outside of; by default the manifest's.

    Raises:
        InvalidManifest: It has errors; every one of them is listed.
        FileUnreadable: It is not there, or cannot be read.
    """
    manifest = Manifest(path, root)
    manifest.check()
    return manifest.jobs()


class Manifest:
    """A manifest on the disk."""

    def __init__(self, path: str | os.PathLike[str], root: str | os.PathLike[str] | None = None) -> None:
        self.path: Final = Path(path)
        self._root: Final = Root(self.path.parent, root)
        self._repeated: AbstractSet[str] = frozenset()
        self._print: tuple[int, ...] | None = None
        self._count: int | None = None

    def fingerprint(self) -> str:
        """Return a digest of what it says and of where its files are: the same only where its jobs are."""
        with self._opened() as file:
            digest = hashlib.sha256(_EDITION)
            for text in (self._root.folder, self._root.path, self.path.suffix.lower()):
                digest.update(b"\0" + os.fsencode(text))
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
        return digest.hexdigest()

    def check(self) -> int:
        """Look for everything that is wrong with it, once, and return how many jobs it holds.

        Raises:
            InvalidManifest: It has errors; nothing was sent.
            FileUnreadable: It cannot be read.
        """
        if self._count is not None:
            return self._count
        problems, numbers = Problems(), _Numbers()
        rows = Rows(self._root, problems)
        for line, values in self._rows(problems):
            wish = rows.wish(line, values)
            if wish is not None:
                numbers.add(_number(wish))
        twice = numbers.twice()
        if twice:
            self._tell_twice(twice, problems)
        if not problems.count and not numbers.count:
            problems.add(1, "there are no jobs in it")
        self._refuse(problems)
        self._count = numbers.count
        return self._count

    def jobs(self) -> Iterator[JobSpec]:
        """Yield its jobs; check it first.

        Raises:
            InvalidManifest: It is no longer what it was.
        """
        problems, seen = Problems(), Counter[str]()
        rows = Rows(self._root, problems)
        for line, values in self._rows(problems):
            wish = rows.wish(line, values)
            if wish is None:
                break
            yield wish.spec("" if wish.id else self._name(wish, seen))
        self._refuse(problems)

    def _name(self, wish: Wish, seen: Counter[str]) -> str:
        """Return the id of a job whose row names none; the same wish again is another job."""
        digest = wish.digest(self._root.folder)
        if digest not in self._repeated:
            return digest
        seen[digest] += 1
        return digest if seen[digest] == 1 else f"{digest}-{seen[digest]}"

    def _tell_twice(self, hashes: AbstractSet[int], problems: Problems) -> None:
        """Read once more for the lines: an id that comes twice is wrong, a wish that does is wished for twice."""
        first: dict[str, int] = {}
        repeated: set[str] = set()
        quiet = Problems()
        rows = Rows(self._root, quiet)
        for line, values in self._rows(quiet):
            wish = rows.wish(line, values)
            if wish is None or _number(wish) not in hashes:
                continue
            name = wish.id or wish.digest(self._root.folder)
            if name not in first:
                first[name] = line
            elif wish.id:
                problems.add(line, f"id {shown(name)} is that of line {first[name]}: give each job its own")
            else:
                repeated.add(name)
        self._repeated = repeated

    def _rows(self, problems: Problems) -> Iterator[Row]:
        with self._opened() as file:
            first = file.read(4096)
            file.seek(0)
            yield from reader_for(self.path, first)(file, problems)

    @contextmanager
    def _opened(self) -> Iterator[BinaryIO]:
        try:
            fd = os.open(self.path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            file = os.fdopen(fd, "rb")
        except (OSError, ValueError) as error:
            problem = getattr(error, "strerror", None) or str(error)
            raise FileUnreadable(f"{self.path}: {problem}", hint="name a manifest: CSV, JSON Lines or TOML") from None
        with file:
            self._recognize(os.fstat(fd))
            yield file

    def _recognize(self, facts: os.stat_result) -> None:
        """Make sure that every pass reads the same file."""
        if not stat.S_ISREG(facts.st_mode):
            raise FileUnreadable(f"{self.path}: this is not a regular file", hint="it is read twice")
        now = (facts.st_dev, facts.st_ino, facts.st_size, facts.st_mtime_ns)
        if self._print not in (None, now):
            raise InvalidManifest(str(self.path), [ManifestProblem(1, "it changed while it was read: run it again")])
        self._print = now

    def _refuse(self, problems: Problems) -> None:
        if problems.count:
            raise InvalidManifest(str(self.path), problems.shown, more=problems.more)


def _number(wish: Wish) -> int:
    """Return a number that is the same for the same id, and without one for the same wish."""
    return hash(wish.id or wish)


class _Numbers:
    """Which numbers come twice, at eight bytes a number."""

    def __init__(self) -> None:
        self.count = 0
        self._buckets = [array("q") for _ in range(_BUCKETS)]

    def add(self, number: int) -> None:
        """Take one more."""
        self._buckets[number % _BUCKETS].append(number)
        self.count += 1

    def twice(self) -> AbstractSet[int]:
        """Return those that came twice."""
        found: set[int] = set()
        for bucket in self._buckets:
            if len(set(bucket)) != len(bucket):
                found.update(number for number, times in Counter(bucket).items() if times > 1)
        return found
