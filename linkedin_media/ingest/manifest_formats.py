"""The three formats of a manifest, read row by row: CSV, JSON Lines and TOML."""

from __future__ import annotations

import csv
import json
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO, Final, TypeAlias

from .manifest_lines import Problems, lines, shown

COLUMNS: Final = frozenset(
    {"id", "file", "files", "author", "owner", "commentary", "alt_text", "visibility", "account", "asset_name"}
)
LARGEST_TOML: Final = 16 * 1024 * 1024
"""TOML cannot be read line by line: a larger one belongs into CSV or JSON Lines."""

Row: TypeAlias = tuple[int, Mapping[str, Any]]
"""The line a row begins on, and its values by column."""

Reader: TypeAlias = Callable[[BinaryIO, Problems], Iterator[Row]]

_SOMEBODY: Final = "urn:li:person:somebody"
_HEADER: Final = re.compile(rb"^[ \t]*\[\[[ \t]*job[ \t]*\]\]", re.MULTILINE)
_TOML_PLACE: Final = re.compile(r" \(at line (\d+), column \d+\)$")
_CSV_WORDS: Final = (
    ("unexpected end of data", "a quote that opens in this row is never closed"),
    ("field larger than field limit", "a text of more than 131,072 characters: is a quote left open?"),
    ("expected after", "text after a closing quote: write a quote within a quoted text twice"),
    ("new-line character", "a carriage return within a text: quote the text, or end lines with CR LF or LF"),
)


def reader_for(path: Path, first: bytes) -> Reader:
    """Return the reader for a manifest, by the end of its name, else by how it begins."""
    known = _READERS.get(path.suffix.lower())
    if known is not None:
        return known
    begins = first.removeprefix(b"\xef\xbb\xbf").lstrip()
    if begins.startswith(b"{"):
        return json_rows
    return toml_rows if _HEADER.match(begins) else csv_rows


def csv_rows(file: BinaryIO, problems: Problems) -> Iterator[Row]:
    """Read CSV whose first line names the columns; commas, semicolons or tabs are told apart by that line."""
    source = lines(file, problems)
    before = 0
    for first in source:
        if first.strip():
            break
        before += 1
    else:
        return

    reader = csv.reader(chain([first], source), delimiter=_delimiter(first), strict=True, skipinitialspace=True)
    header = _csv_header(next(_cells(reader, before, problems), None), problems)
    if header:
        yield from _csv_body(_cells(reader, before, problems), header, problems)


def _csv_body(rows: Iterator[tuple[int, Sequence[str]]], header: Sequence[str], problems: Problems) -> Iterator[Row]:
    width, foreign = len(header), set(header) - COLUMNS
    missing = {} if "author" in header else {"author": _SOMEBODY}  # said once, not for each row
    for line, cells in rows:
        if len(cells) > width and any(cells[width:]):
            problems.add(line, f"{len(cells)} cells under {width} columns: quote texts that hold a comma")
        elif problems.latest < line and any(cells):
            values = dict(zip(header, cells, strict=False))
            for name in foreign:
                values.pop(name, None)
            yield line, values | missing if missing else values


def _delimiter(first: str) -> str:
    return max(",;\t", key=first.count)


def _cells(reader: Any, before: int, problems: Problems) -> Iterator[tuple[int, Sequence[str]]]:
    """Yield each row with the line it begins on; a malformed one is a problem, and the rows go on."""
    while True:
        line = before + reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            problems.add(line, _in_plain_words(str(error)))
        else:
            yield line, cells


def _in_plain_words(problem: str) -> str:
    return next((words for part, words in _CSV_WORDS if part in problem), problem)


def _csv_header(row: tuple[int, Sequence[str]] | None, problems: Problems) -> Sequence[str]:
    """Return the columns by their names; none where rows could not be understood without them."""
    if row is None:
        return ()
    line, cells = row
    header = [cell.strip().lower().replace(" ", "_").replace("-", "_") for cell in cells]
    for name in sorted(set(header) - COLUMNS - {""}):
        problems.add(line, unknown_column(name))
    for name in sorted({name for name in header if name and header.count(name) > 1}):
        problems.add(line, f"two columns are named {name}")
    if not {"file", "files"} & set(header):
        problems.add(line, "there is no column 'file' (or 'files'): the first line names the columns")
    if "author" not in header:
        problems.add(line, "there is no column 'author'")
    return header if {"file", "files"} & set(header) else ()


def unknown_column(name: str) -> str:
    """Say that there is no such column, and which one may have been meant."""
    close = get_close_matches(name, sorted(COLUMNS), n=1)
    return f"unknown column {shown(name)}" + (f": did you mean {close[0]}?" if close else "")


def json_rows(file: BinaryIO, problems: Problems) -> Iterator[Row]:
    """Read JSON Lines: an object on each line."""
    for number, line in enumerate(lines(file, problems), start=1):
        text = line.strip()
        if not text or problems.latest == number:
            continue
        if number == 1 and text.startswith("["):
            problems.add(1, "a JSON array: write one object on each line, without brackets and commas around them")
            return
        try:
            value = _decode(text)
        except json.JSONDecodeError as error:
            problems.add(number, f"invalid JSON: {error.msg} at column {error.colno}")
        except (RecursionError, ValueError) as error:
            problems.add(number, f"invalid JSON: {error}")
        else:
            if _is_table(value, "JSON object: write {…} on each line", number, problems):
                yield number, value


def _is_table(value: Any, wanted: str, line: int, problems: Problems) -> bool:
    """Tell whether a row may be judged, and take down the columns that are none."""
    if not isinstance(value, dict):
        problems.add(line, f"this is no {wanted}")
        return False
    if not value.keys() <= COLUMNS:
        for name in sorted(value.keys() - COLUMNS):
            problems.add(line, unknown_column(name))
    return True


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        twice = next(name for position, (name, _) in enumerate(pairs) if name in dict(pairs[:position]))
        raise ValueError(f"{shown(twice)} is given twice")
    return found


_decode: Final = json.JSONDecoder(object_pairs_hook=_unique).decode


def toml_rows(file: BinaryIO, problems: Problems) -> Iterator[Row]:
    """Read TOML: a table ``[[job]]`` for each job. It is read whole, so its size is bounded."""
    content = file.read(LARGEST_TOML + 1)
    if len(content) > LARGEST_TOML:
        problems.add(
            1, f"more than {LARGEST_TOML:,} bytes of TOML: write CSV or JSON Lines, which are read line by line"
        )
        return
    jobs = _toml_jobs(content, problems)
    places = [content.count(b"\n", 0, found.start()) + 1 for found in _HEADER.finditer(content)]
    if len(places) != len(jobs):  # a header within a text, or jobs written another way
        places = [1] * len(jobs)
    for line, job in zip(places, jobs, strict=True):
        if _is_table(job, "table: begin each job with [[job]]", line, problems):
            yield line, job


def _toml_jobs(content: bytes, problems: Problems) -> list[Any]:
    try:
        document = tomllib.loads(content.removeprefix(b"\xef\xbb\xbf").decode().replace("\r\n", "\n"))
    except UnicodeDecodeError as error:
        problems.add(content.count(b"\n", 0, error.start) + 1, "this is not UTF-8: save the file as UTF-8")
        return []
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        place = _TOML_PLACE.search(str(error))
        line = int(place[1]) if place else content.count(b"\n") + 1
        problems.add(line, f"invalid TOML: {_TOML_PLACE.sub('', str(error))}")
        return []
    for name in sorted(document.keys() - {"job"}):
        problems.add(1, f"{shown(name)} stands outside of a job: begin each job with [[job]]")
    jobs = document.get("job", [])
    return jobs if isinstance(jobs, list) else [jobs]


_READERS: Final[Mapping[str, Reader]] = {
    ".csv": csv_rows,
    ".tsv": csv_rows,
    ".json": json_rows,
    ".jsonl": json_rows,
    ".ndjson": json_rows,
    ".toml": toml_rows,
}
