"""Little text: what people wrote arrives whole, and links are only what was meant as one."""

from __future__ import annotations

import json
import pickle
import time
import unicodedata
from pathlib import Path
from typing import Any, Final

import attrs
import pytest
from hypothesis import given, strategies as st

from linkedin_media.errors import InvalidArgument
from linkedin_media.model.post import Commentary
from linkedin_media.model.urn import Urn
from linkedin_media.protocol.text import (
    MAX_COMMENTARY,
    RESERVED,
    Hashtag,
    LittleText,
    Mention,
    Verbatim,
    check_commentary,
    escape,
    unescape,
)

VECTORS: Final = json.loads(
    (Path(__file__).resolve().parents[1] / "vectors" / "little-text.json").read_text(encoding="utf-8")
)
GROUPS: Final = {group["group"]: group["cases"] for group in VECTORS["groups"]}
EDDY: Final = Mention("Eddy", "urn:li:person:1234")


def _vectors(group: str) -> Any:
    cases = GROUPS[group]
    return pytest.mark.parametrize("case", cases, ids=range(len(cases)))


# --- the vectors ----------------------------------------------------------------------------------------------------


def test_every_vector_is_held() -> None:
    assert set(GROUPS) == {"escape_plain_text", "hashtag_to_template", "documented_elements"}
    assert set(VECTORS["reserved"]) == RESERVED


@_vectors("escape_plain_text")
def test_plain_text_is_escaped_urls_included(case: dict[str, str]) -> None:
    assert escape(case["input"]) == case["expected"]
    assert LittleText(case["input"]).wire == case["expected"]
    assert LittleText.from_wire(case["expected"]).plain == case["input"]


@_vectors("hashtag_to_template")
def test_hashtags_in_plain_text_become_links(case: dict[str, str]) -> None:
    text = LittleText.parse_hashtags(case["input"])

    assert text.wire == case["expected"]
    assert text.plain == case["input"]
    assert LittleText.from_wire(text.wire) == text


@_vectors("documented_elements")
def test_a_documented_element_is_written_and_read(case: dict[str, str]) -> None:
    if case["element"] == "mention":
        mention = Mention(case["name"], case["urn"])
        assert mention.wire == case["expected"]
        assert LittleText.from_wire(case["expected"]) == LittleText(mention)
    else:
        # Both spellings are documented; the house writes the one LinkedIn answers with, and no letter can run into it.
        assert LittleText.from_wire(case["expected"]) == LittleText(Hashtag(case["text"]))
        assert Hashtag(case["text"]).wire == "{hashtag|\\#|hashtag}"


# --- writing --------------------------------------------------------------------------------------------------------


def test_a_text_is_made_of_parts() -> None:
    text = LittleText("Hello ", EDDY, " (and all) ", Hashtag("python"), "!")

    assert text.wire == "Hello @[Eddy](urn:li:person:1234) \\(and all\\) {hashtag|\\#|python}!"
    assert text.plain == str(text) == "Hello Eddy (and all) #python!"
    assert len(text) == len(text.plain)
    assert repr(text) == f"LittleText('Hello ', {EDDY!r}, ' (and all) ', Hashtag(tag='python'), '!')"


def test_texts_that_read_alike_are_equal() -> None:
    assert LittleText("a", "", "b", EDDY) == LittleText("ab", EDDY)
    assert hash(LittleText("a", "b")) == hash(LittleText("ab"))
    assert LittleText("") == LittleText()
    assert LittleText("a") != LittleText("b")


def test_a_text_is_a_frozen_value_that_a_post_takes() -> None:
    text = LittleText("a ", EDDY, Verbatim("<x>"))

    assert isinstance(text, Commentary)
    assert pickle.loads(pickle.dumps(text)) == text
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        text.parts = ()  # type: ignore[misc]


def test_the_name_in_a_mention_is_escaped() -> None:
    mention = Mention("Devtestco [EU] (test)", Urn("urn:li:organization:2414183"))

    assert mention.wire == "@[Devtestco \\[EU\\] \\(test\\)](urn:li:organization:2414183)"
    assert LittleText.from_wire(mention.wire) == LittleText(mention)


def test_a_member_id_is_sent_as_it_is() -> None:
    assert Mention("Ann", "urn:li:person:2qXA98-m_k").wire == "@[Ann](urn:li:person:2qXA98-m_k)"


@pytest.mark.parametrize("name", ["", " ", "\t\n", None, 5])
def test_a_mention_needs_a_name(name: Any) -> None:
    with pytest.raises(InvalidArgument, match="needs the name"):
        Mention(name, "urn:li:person:1")


@pytest.mark.parametrize(
    "urn", ["", "Eddy", "urn:li:person:", "urn:li:image:1", "urn:li:company:1", "urn:li:person:a(b)"]
)
def test_only_people_and_organizations_are_mentioned(urn: str) -> None:
    with pytest.raises(InvalidArgument):
        Mention("Eddy", urn)


@pytest.mark.parametrize("tag", ["", "#python", "two words", "c++", "a-b", "a\n", None])
def test_a_hashtag_is_one_word(tag: Any) -> None:
    with pytest.raises(InvalidArgument, match="is not a hashtag"):
        Hashtag(tag)


def test_a_reserved_character_in_a_hashtag_is_escaped() -> None:
    assert Hashtag("snake_case").wire == "{hashtag|\\#|snake\\_case}"
    assert LittleText.from_wire("{hashtag|\\#|snake\\_case}") == LittleText(Hashtag("snake_case"))


def test_what_is_no_part_is_refused() -> None:
    with pytest.raises(InvalidArgument, match="int is no part of a text"):
        LittleText("a", 5)  # type: ignore[arg-type]


def test_markup_of_ones_own_goes_out_untouched() -> None:
    assert LittleText("(a) ", Verbatim("#raw", "#raw")).wire == "\\(a\\) #raw"


# --- hashtags in plain text -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("plain", "tags"),
    [
        ("(#IA), #RAG.", ["IA", "RAG"]),
        ("#snake_case", ["snake_case"]),
        ("#2026goals", ["2026goals"]),
        ("#हिन्दी", ["हिन्दी"]),
        (unicodedata.normalize("NFD", "#Inteligência"), [unicodedata.normalize("NFD", "Inteligência")]),
        ("#a#b", ["a"]),
        ("C# F#m a#b", []),
        ("##IA ###x", []),
        ("# #! #", []),
        ("We are #1 of #100", []),
        ("https://example.com/#top and HTTP://e.com/?a=#b", []),
        ("www.example.com/#top", []),
        ("R&#38;D", []),
        ("https://e.com/a #tag", ["tag"]),
    ],
)
def test_a_hashtag_stands_by_itself_and_holds_a_letter(plain: str, tags: list[str]) -> None:
    text = LittleText.parse_hashtags(plain)

    assert [part.tag for part in text.parts if isinstance(part, Hashtag)] == tags
    assert text.plain == plain


# --- reading --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wire", "parts"),
    [
        ("plain", ["plain"]),
        ("a\\(b\\) \\\\ \\n", ["a(b) \\ \\n"]),
        ("Hi @[Eddy](urn:li:person:1234)!", ["Hi ", EDDY, "!"]),
        ("@[a\\]b](urn:li:organization:7)", [Mention("a]b", "urn:li:organization:7")]),
        ("@[Ann](urn:li:person:a\\_b)", [Mention("Ann", "urn:li:person:a_b")]),
        ("@[Foo (Bar)](urn:li:person:1)", [Mention("Foo (Bar)", "urn:li:person:1")]),
        ("{hashtag|\\#|IA}{hashtag|#|RAG}", [Hashtag("IA"), Hashtag("RAG")]),
        ("see #python, C# and ##x", ["see ", Hashtag("python"), ", C# and ##x"]),
        ("\\#python", ["#python"]),
        ("e-mail a@b.c (bare) [bare] {bare} <bare> *_~|", ["e-mail a@b.c (bare) [bare] {bare} <bare> *_~|"]),
        ("@[] @[x] @[x](y) @[x] (urn:li:person:1)", ["@[] @[x] @[x](y) @[x] (urn:li:person:1)"]),
        ("trailing \\", ["trailing \\"]),
    ],
    ids=range(12),
)
def test_what_linkedin_answers_is_read_into_parts(wire: str, parts: list[Any]) -> None:
    assert LittleText.from_wire(wire).parts == tuple(parts)


@pytest.mark.parametrize(
    ("wire", "shown"),
    [
        ("@[Old \\(Co\\)](urn:li:company:7)", "Old (Co)"),
        ("@[ ](urn:li:person:7)", " "),
        ("@[Ann](urn:li:person:a:b)", "Ann"),
        ("{hashtag|\\#|two words}", "two words"),
        ("{hashtag|\\#|}", ""),
        ("{cashtag|\\$|MSFT}", "MSFT"),
        ("{hashtag|IA}", "IA"),
    ],
)
def test_markup_of_a_later_day_is_kept_as_it_stands(wire: str, shown: str) -> None:
    text = LittleText.from_wire(f"a {wire} (b)")

    assert text.parts == ("a ", Verbatim(wire, shown), " (b)")
    assert text.plain == f"a {shown} (b)"
    assert text.wire == f"a {wire} \\(b\\)"


tags = st.text(st.characters(categories=["L", "N"], include_characters="_"), min_size=1)
mentions = st.builds(
    Mention,
    st.text(min_size=1).filter(lambda name: bool(name.strip())),
    st.sampled_from(["urn:li:person:2qXA98-m_k", "urn:li:organization:2414183"]),
)
markup = st.text(st.sampled_from("|{}@[]()<>#\\*_~ ab1é\nurn:li:person:1hashtag"))
parts = st.lists(st.text() | markup | mentions | st.builds(Hashtag, tags))


@given(st.text() | markup)
def test_escaped_text_reads_as_itself(plain: str) -> None:
    assert unescape(escape(plain)) == plain
    assert LittleText.from_wire(escape(plain)) == LittleText(plain)


@given(parts)
def test_a_text_comes_back_as_it_was_sent(given_parts: list[Any]) -> None:
    text = LittleText(*given_parts)

    assert LittleText.from_wire(text.wire) == text


@given(markup | st.text())
def test_any_text_of_a_server_is_read_and_sent_back_as_what_was_read(wire: str) -> None:
    text = LittleText.from_wire(wire)

    assert LittleText.from_wire(text.wire) == text
    assert len(text) == len(text.plain)


@given(markup | st.text())
def test_finding_hashtags_changes_no_letter(plain: str) -> None:
    assert LittleText.parse_hashtags(plain).plain == plain


@pytest.mark.parametrize(
    "piece", ["@[", "@[a", "{a|", "{a|\\{", "\\", "#", "#a", "a#b", "@[a](urn:li:", "@[a](urn:li:x:", "@[\\"]
)
def test_a_long_text_is_read_in_linear_time(piece: str) -> None:
    wire = piece * (200_000 // len(piece))
    started = time.perf_counter()

    LittleText.from_wire(wire)
    LittleText.parse_hashtags(wire)

    assert time.perf_counter() - started < 5  # a quadratic reader takes minutes


# --- the limit ------------------------------------------------------------------------------------------------------


def test_the_limit_counts_what_people_read() -> None:
    check_commentary("(" * MAX_COMMENTARY)
    check_commentary(LittleText("x" * (MAX_COMMENTARY - 4), EDDY))

    with pytest.raises(
        InvalidArgument, match="commentary has 3,001 characters; LinkedIn takes at most 3,000"
    ) as caught:
        check_commentary("x" * (MAX_COMMENTARY + 1))
    assert caught.value.argument == "commentary"
    assert caught.value.hint == "shorten it by 1"


def test_the_limit_can_be_another() -> None:
    check_commentary(LittleText(EDDY), limit=4)

    with pytest.raises(InvalidArgument, match="has 4 characters; LinkedIn takes at most 3 "):
        check_commentary(LittleText(EDDY), limit=3)


@pytest.mark.parametrize("text", ["ab\ud83d", LittleText("ab\ud83d"), LittleText(Verbatim("ab\ud83d"))])
def test_half_a_character_is_refused_before_it_is_sent(text: Any) -> None:
    with pytest.raises(InvalidArgument, match="character 3 is a lone surrogate"):
        check_commentary(text)


@pytest.mark.parametrize("text", [None, b"bytes", 5, EDDY.name.split()])
def test_what_is_no_text_is_refused(text: Any) -> None:
    with pytest.raises(InvalidArgument, match="commentary is text, not a "):
        check_commentary(text)
