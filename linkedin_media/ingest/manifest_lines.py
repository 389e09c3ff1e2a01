"""A manifest's lines, decoded one by one, and what is wrong with them, collected."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import BinaryIO, Final

from ..errors import ManifestProblem

MOST_SHOWN: Final = 100
"""Problems that are kept in full; further ones are counted."""

LONGEST_LINE: Final = 1024 * 1024
_LONGEST_SHOWN: Final = 120
_UTF_16: Final = (b"\xff\xfe", b"\xfe\xff")


class Problems:
    """Collects what is wrong, line by line; a manifest that is wrong everywhere costs no more than `MOST_SHOWN`."""

    def __init__(self) -> None:
        self.count = 0
        self.latest = 0
        """The line of the problem that was added last."""
        self._kept: list[ManifestProblem] = []

    def add(self, line: int, message: str) -> None:
        """Take down what is wrong with a line."""
        self.count += 1
        self.latest = line
        if len(self._kept) < MOST_SHOWN:
            self._kept.append(ManifestProblem(line, message))

    @property
    def shown(self) -> list[ManifestProblem]:
        """Those that are kept, in the order of their lines."""
        return sorted(self._kept, key=lambda problem: problem.line)

    @property
    def more(self) -> int:
        """How many others there are."""
        return self.count - len(self._kept)


def lines(file: BinaryIO, problems: Problems) -> Iterator[str]:
    """Yield each line with its end, without a byte order mark. What is no UTF-8 is a problem, and the lines go on."""
    for number, raw in enumerate(iter(partial(file.readline, LONGEST_LINE), b""), start=1):
        if number == 1:
            if raw.startswith(_UTF_16):
                problems.add(1, "the file is UTF-16: save it as UTF-8")
                return
            raw = raw.removeprefix(b"\xef\xbb\xbf")  # noqa: PLW2901 -- the same line, without its mark
        if len(raw) >= LONGEST_LINE:
            problems.add(number, f"a line of more than {LONGEST_LINE:,} bytes; the rest was not read")
            return
        try:
            yield raw.decode()
        except UnicodeDecodeError as error:
            at = f"byte 0x{raw[error.start]:02X} at position {error.start + 1}"
            problems.add(
                number, f"this is not UTF-8 ({at}): save the file as UTF-8, and rename files whose names are not"
            )
            yield raw.decode("utf-8", "replace")


def shown(text: str) -> str:
    """Return text of a manifest as messages quote it: nothing in it can steer a terminal."""
    short = text if len(text) <= _LONGEST_SHOWN else f"{text[: _LONGEST_SHOWN - 1]}…"
    if short.isprintable():
        return f"'{short}'"
    return "'" + "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in short) + "'"


def is_unicode(text: str) -> bool:
    """Tell whether text can be written down: no half of a character, no byte that stands for itself."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
