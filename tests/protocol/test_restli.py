"""What the house writes and reads where the official clients leave it open."""

from __future__ import annotations

from enum import Enum, StrEnum

import pytest

from linkedin_media.model.urn import Urn
from linkedin_media.protocol import restli


class Status(StrEnum):
    ACTIVE = "ACTIVE"


class Level(Enum):
    HIGH = 3


class Loud(str):
    """Text with ideas of its own about how it reads."""

    __slots__ = ()

    def __str__(self) -> str:
        return self.upper()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("urn:li:image:C4E10", "urn%3Ali%3Aimage%3AC4E10"),
        pytest.param(Urn("urn:li:image:C4E10"), "urn%3Ali%3Aimage%3AC4E10", id="Urn"),
        (Status.ACTIVE, "ACTIVE"),
        (Level.HIGH, "3"),
        (Loud("quiet"), "quiet"),
        (6217134937280131072, "6217134937280131072"),
        (-1, "-1"),
        (True, "true"),
        (0.5, "0.5"),
        (1e22, "10000000000000000000000"),
        (1.5e-7, "0.00000015"),
        ("a b+c", "a%20b%2Bc"),
        ("~-._", "~-._"),
        ("a/b?c=d&e", "a%2Fb%3Fc%3Dd%26e"),
        ("é", "%C3%A9"),
        ("List", "List"),
        ("List(1)", "List%281%29"),
        ("", "''"),
        ("''", "%27%27"),
        ([], "List()"),
        ((1, "a"), "List(1,a)"),
        ({}, "()"),
        ({"b": 1, "a": 2}, "(a:2,b:1)"),
        ({Status.ACTIVE: 1, 2: "x"}, "(2:x,ACTIVE:1)"),
    ],
)
def test_a_value_is_written_for_a_url(value: object, text: str) -> None:
    assert restli.encode(value) == text


def test_what_is_none_is_left_out() -> None:
    assert restli.encode([1, None, 2]) == "List(1,2)"
    assert restli.encode({"a": None, "b": {"c": None}}) == "(b:())"
    assert restli.encode_params({"a": None, "b": 1, "fields": None}) == "b=1"
    assert restli.encode_params({}) == ""


def test_the_order_of_insertion_does_not_show() -> None:
    assert restli.encode_params({"q": "author", "count": 1}) == restli.encode_params({"count": 1, "q": "author"})


def test_the_percent_sign_is_escaped_in_the_reduced_form_so_that_it_reads_back() -> None:
    assert restli.reduced_encode("100% (a:b)") == "100%25 %28a%3Ab%29"
    assert restli.reduced_decode(restli.reduced_encode("%3A")) == "%3A"


def test_the_reduced_form_leaves_every_other_escape_alone() -> None:
    assert restli.reduced_decode("%3a%2F%zz%") == ":%2F%zz%"


@pytest.mark.parametrize("fields", ["id,a:(b,-c)", " id , a:( b,-c )", {"id": 1, "a": {"b": 1, "c": 0}}])
def test_the_mask_comes_last_and_bare(fields: object) -> None:
    assert restli.encode_params({"z": 1, "fields": fields}) == "z=1&fields=id,a:(b,-c)"


def test_a_list_of_names_is_a_mask() -> None:
    assert restli.encode_params({"fields": ["id", "name", "id"]}) == "fields=id,name"
    assert restli.encode_params({"fields": ("id",)}) == "fields=id"


def test_a_query_reads_back_with_its_mask_as_text() -> None:
    query = restli.encode_params({"q": "x", "ids": ["a:b", ""], "fields": "id,a:(b)"})

    assert restli.decode_params(query) == {"q": "x", "ids": ["a:b", ""], "fields": "id,a:(b)"}


def test_a_mask_that_something_on_the_way_has_escaped_is_read() -> None:
    assert restli.decode_params("fields=id%2Ca%3A%28b%29") == {"fields": "id,a:(b)"}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("%27%27", "''"),
        ("''", ""),
        ("List", "List"),
        ("a+b", "a+b"),
        ("é", "é"),
        ("%c3%A9x", "éx"),
        ("()", {}),
        ("('':'')", {"": ""}),
        ("(List:List(List))", {"List": ["List"]}),
    ],
)
def test_a_value_is_read(text: str, value: object) -> None:
    assert restli.decode(text) == value


@pytest.mark.parametrize(
    ("header", "created"),
    [
        ("urn:li:share:7", "urn:li:share:7"),
        ("urn%3Ali%3Ashare%3A7", "urn:li:share:7"),
        ("urn%3ali%3Ashare%3A7", "urn:li:share:7"),
        ("7", "7"),
        ("", ""),
        ("100%", "100%"),
        ("%ff", "%ff"),
        ("(a:urn%3Ali%3Aapp%3A1,b:2)", "(a:urn%3Ali%3Aapp%3A1,b:2)"),
    ],
)
def test_a_created_id_is_read_raw_or_encoded_and_never_lost(header: str, created: str) -> None:
    assert restli.decode_created_id(header) == created


def test_an_empty_mask_names_nothing() -> None:
    assert restli.encode_mask({}) == ""
    assert restli.decode_mask(" ") == {}
    assert restli.decode_mask("a:()") == {"a": {}}
    assert restli.encode_mask({"a": {}}) == "a:()"
