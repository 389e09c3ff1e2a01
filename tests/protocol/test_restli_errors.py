"""Every refusal names its place: the column of what was read, the reason for what was to be written."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from linkedin_media.errors import InvalidArgument, RestliSyntaxError
from linkedin_media.protocol import restli

# --- reading: the column counts from 1 ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "column", "problem"),
    [
        ("(a::b)", 4, "expected a value, found ':'"),
        ("List(a,b,)", 10, "expected a value, found '\\)'"),
        ("List(,a)", 6, "expected a value, found ','"),
        ("List(a,,b)", 8, "expected a value, found ','"),
        ("(a,b)", 3, "expected ':', found ','"),
        ("(a)", 3, "expected ':', found '\\)'"),
        ("(a:)", 4, "expected a value, found '\\)'"),
        ("(:b)", 2, "expected a name, found ':'"),
        ("(a:b,)", 6, "expected a name, found '\\)'"),
        ("((a:b):c)", 2, "expected a name, found '\\('"),
        ("(a:1,a:2)", 6, "'a' is given twice"),
        ("List(a", 7, "expected '\\)', found the end"),
        ("List(", 6, "expected a value, found the end"),
        ("(", 2, "expected a name, found the end"),
        ("(a", 3, "expected ':', found the end"),
        ("(a:", 4, "expected a value, found the end"),
        (")", 1, "expected a value, found '\\)'"),
        ("a)", 2, "unexpected '\\)' after the value"),
        ("a,b", 2, "unexpected ',' after the value"),
        ("urn:li:image:1", 4, "unexpected ':' after the value"),
        ("List(a)b", 8, "unexpected 'b' after the value"),
        ("Map(a)", 4, "unexpected '\\(' after the value"),
        ("''x", 3, "unexpected 'x' after the value"),
        ("'", 1, 'expected a value, found "\'"'),
        ("'a'", 1, 'expected a value, found "\'"'),
        ("a'", 2, 'unexpected "\'" after the value'),
        ("List(a,%)", 8, "two hexadecimal digits"),
        ("(a:b%2)", 5, "two hexadecimal digits"),
        ("%zz", 1, "two hexadecimal digits"),
        ("%41%4", 4, "two hexadecimal digits"),
        ("ab%ff", 3, "not UTF-8"),
        ("ab%41%C3%A9%C3", 12, "not UTF-8"),
        ("%C3x%A9", 1, "not UTF-8"),
        ("%ED%A0%80", 1, "not UTF-8"),
        ("ab\ud800", 3, "lone surrogate"),
    ],
)
def test_a_malformed_value_is_refused_at_its_column(text: str, column: int, problem: str) -> None:
    with pytest.raises(RestliSyntaxError, match=f"at column {column}: .*{problem}") as caught:
        restli.decode(text)

    assert caught.value.column == column


@pytest.mark.parametrize(("text", "column"), [("List(a,b,)", 10), ("(a,b)", 3), ("a:b", 2), ("(a:b\udfff)", 5)])
def test_the_reduced_form_is_as_strict(text: str, column: int) -> None:
    with pytest.raises(RestliSyntaxError) as caught:
        restli.reduced_decode(text)

    assert caught.value.column == column


@pytest.mark.parametrize(
    ("query", "column", "problem"),
    [
        ("foo", 4, "expected '='"),
        ("a=1&foo&b=2", 8, "expected '='"),
        ("a=1&", 5, "expected '='"),
        ("&a=1", 1, "expected '='"),
        ("a=1&b=List(1,)", 14, "expected a value"),
        ("a=1&b=%zz", 7, "hexadecimal"),
        ("a=1&%zz=2", 5, "hexadecimal"),
        ("a=1&b(=2", 6, "unexpected '\\('"),
        ("=(", 3, "expected a name"),
        ("a=1&b=2&a=3", 9, "'a' is given twice"),
        ("fields=a&fields=b", 10, "'fields' is given twice"),
        ("x=1&fields=a%", 13, "hexadecimal"),
    ],
)
def test_a_malformed_query_is_refused_at_its_column(query: str, column: int, problem: str) -> None:
    with pytest.raises(RestliSyntaxError, match=problem) as caught:
        restli.decode_params(query)

    assert caught.value.column == column


@pytest.mark.parametrize(
    ("mask", "column", "problem"),
    [
        ("a,", 3, "expected a field name, found none"),
        (",a", 1, "expected a field name, found none"),
        ("a:(b,)", 6, "expected a field name, found none"),
        ("a b", 3, "expected ',' token"),
        ("a)", 2, "expected ',' token"),
        ("a(b)", 2, "expected ',' token"),
        ("a:(b", 5, "expected '\\)' token"),
        ("a:(b(", 5, "expected '\\)' token"),
        ("a:", 3, "expected '\\(' token"),
        ("a: 5", 4, "expected '\\(' token"),
        ("a,b&c", 3, "expected a field name, found 'b&c'"),
        ("a,--b", 3, "expected a field name"),
        ("-", 1, "expected a field name"),
        ("é", 1, "expected a field name"),
        ("-a:(b)", 1, "cannot be unwanted"),
        ("a:(-$start)", 4, "cannot be unwanted"),
        ("$start", 7, "unexpected range value"),
        ("$start:", 8, "unexpected range value"),
        ("$count:1234567890123456789", 8, "unexpected range value"),
        ("a,b,a", 5, "a is named twice"),
        ("a,-a", 3, "a is named twice"),
    ],
)
def test_a_malformed_mask_is_refused_at_its_column(mask: str, column: int, problem: str) -> None:
    with pytest.raises(RestliSyntaxError, match=problem) as caught:
        restli.decode_mask(mask)

    assert caught.value.column == column


# --- reading what was made to break readers -------------------------------------------------------------------------


@pytest.mark.parametrize("opening", ["(", "List(", "(a:", "List(List(),", "a:("])
@pytest.mark.parametrize("read", [restli.decode, restli.reduced_decode, restli.decode_mask])
def test_a_deep_text_is_refused_without_following_it(read: Callable[[str], object], opening: str) -> None:
    with pytest.raises(RestliSyntaxError):
        read(opening * 200_000)


@pytest.mark.parametrize(
    "text",
    [
        "%" * 300_000,
        "%41" * 100_000 + "%",
        "a:" * 100_000,
        "(" + "a:b," * 100_000,
        "'" * 300_000,
        "List(" + "," * 300_000,
    ],
    ids=["percents", "escapes", "colons", "pairs", "quotes", "commas"],
)
def test_a_long_malformed_text_is_refused_in_linear_time(text: str) -> None:
    started = time.perf_counter()
    for read in (restli.decode, restli.decode_params, restli.decode_mask):
        with pytest.raises(RestliSyntaxError):
            read(text)

    assert time.perf_counter() - started < 5  # a quadratic reader takes minutes


def test_a_long_value_is_read_in_linear_time() -> None:
    started = time.perf_counter()
    value = restli.decode(f"List({','.join(['a%3A1'] * 200_000)})")

    assert value == ["a:1"] * 200_000
    assert time.perf_counter() - started < 5


def test_writing_and_reading_agree_on_how_deep_is_too_deep() -> None:
    deepest: Any = []
    for _ in range(restli.MAX_DEPTH - 1):
        deepest = [deepest]

    assert restli.decode(restli.encode(deepest)) == deepest
    with pytest.raises(InvalidArgument, match="nested deeper than 100"):
        restli.encode([deepest])
    with pytest.raises(RestliSyntaxError, match="nested deeper than 100") as caught:
        restli.decode(f"List({restli.encode(deepest)})")
    assert caught.value.column == len("List(") * 100 + 1


def test_masks_agree_on_it_too() -> None:
    deepest: Any = {"a": 1}
    for _ in range(restli.MAX_DEPTH):
        deepest = {"a": deepest}

    assert restli.decode_mask(restli.encode_mask(deepest)) == deepest
    with pytest.raises(InvalidArgument, match="nested deeper than 100"):
        restli.encode_mask({"a": deepest})
    with pytest.raises(RestliSyntaxError, match="nested deeper than 100"):
        restli.decode_mask(f"a:({restli.encode_mask(deepest)})")


# --- writing --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        (None, "NoneType is no Rest.li value"),
        (datetime(2026, 1, 1, tzinfo=UTC), "datetime is no Rest.li value .*epoch milliseconds"),
        (date(2026, 1, 1), "date is no Rest.li value"),
        (b"bytes", "bytes is no Rest.li value"),
        ({1, 2}, "set is no Rest.li value"),
        (object(), "object is no Rest.li value"),
        (float("nan"), "nan is not a number"),
        (float("-inf"), "-inf is not a number"),
        pytest.param(10**5000, "too long", id="long"),
        ("a\ud800", "lone surrogate"),
        ({"\udfff": 1}, "lone surrogate"),
        ({(1, 2): 3}, "tuple is no Rest.li value"),
        ({None: 3}, "NoneType is no Rest.li value"),
        ({1: "a", "1": "b"}, "two names of the mapping are written alike"),
    ],
)
@pytest.mark.parametrize("write", [restli.encode, restli.reduced_encode])
def test_what_has_no_text_is_not_written(write: Callable[[object], str], value: object, problem: str) -> None:
    for nested in (value, [value], {"a": [value]}):
        if value is None and nested is not value:
            continue  # left out
        with pytest.raises(InvalidArgument, match=problem):
            write(nested)


def test_a_value_that_contains_itself_is_refused() -> None:
    endless: list[object] = []
    endless.append(endless)

    with pytest.raises(InvalidArgument, match="does it contain itself"):
        restli.encode(endless)


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"a b": 1}, "'a b' is not a field name"),
        ({"a&b": 1}, "'a&b' is not a field name"),
        ({"-a": 1}, "'-a' is not a field name"),
        ({"": 1}, "'' is not a field name"),
        ({1: 1}, "1 is not a field name"),
        (["a", "b,c"], "'b,c' is not a field name"),
        ([["a"]], "is not a field name"),
        ({"a": 2}, "a must be 1 \\(wanted\\), 0 \\(unwanted\\) or a mask"),
        ({"a": "1"}, "a must be 1"),
        ({"$start": -1}, "\\$start must be a number from 0"),
        ({"$count": True}, "\\$count must be a number"),
        ({"$count": {"a": 1}}, "\\$count must be a number"),
        ({"$count": 10**18}, "\\$count must be a number"),
        ("a&q=x", "expected a field name, found 'a&q=x'"),
        (5, "int is no Rest.li value"),
        ({"a"}, "set is no Rest.li value"),
    ],
)
def test_a_mask_that_would_break_the_query_is_refused(fields: object, problem: str) -> None:
    with pytest.raises(InvalidArgument, match=problem):
        restli.encode_params({"fields": fields})
