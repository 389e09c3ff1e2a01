"""Projections read like the ones on LinkedIn's pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import pytest

from linkedin_media.errors import InvalidArgument
from linkedin_media.protocol import restli
from linkedin_media.protocol.projection import EVERY, P, Projection

# articles-api.txt, "Retrieve Articles with New Media Types". The page asks for `caption` inside `croppedImage`, while
# its answers hold it in `coverImage`: whoever wants the caption chooses P("coverImage")("caption", …).
ARTICLE: Final = (
    P("authors"),
    "content",
    P("coverImage")(
        P("croppedImage")(
            P("original").decorate("playableStreams"),
            P("cropped").decorate("playableStreams"),
            "cropInfo",
            "caption",
        )
    ),
    P("coverMedia").decorate("playableStreams"),
    "created",
    P("displayImage").decorate("playableStreams"),
    *("id", "lastModified", "permlink", "publishedAt", "state", "title", "version", "newsArticle"),
)
DOCUMENTED: Final = (
    "(authors,content,coverImage(croppedImage(original~:playableStreams,cropped~:playableStreams,cropInfo,caption)),"
    "coverMedia~:playableStreams,created,displayImage~:playableStreams,id,lastModified,permlink,publishedAt,state,title,"
    "version,newsArticle)"
)


def test_the_projection_of_an_article_is_the_documented_one() -> None:
    assert str(Projection(*ARTICLE)) == DOCUMENTED


def test_the_projection_of_a_page_of_articles_is_the_documented_one() -> None:
    assert str(Projection(P("elements").each(*ARTICLE))) == f"(elements*{DOCUMENTED})"


def test_the_projection_of_one_entity_is_put_into_what_many_come_in() -> None:
    assert str(Projection(*ARTICLE).within("elements")) == f"(elements*{DOCUMENTED})"
    assert str(Projection("id").within("results")) == "(results*(id))"


def test_a_field_is_added_where_it_is_not_chosen_yet() -> None:
    assert str(Projection("title", "idea").with_field("id")) == "(title,idea,id)"
    assert str(Projection(P("id").decorate()).with_field("id")) == "(id~)"
    assert str(Projection(EVERY).with_field("id")) == "(*)"


def test_the_caption_can_be_asked_for_where_the_answers_hold_it() -> None:
    assert str(Projection(P("coverImage")("caption", "croppedImage"))) == "(coverImage(caption,croppedImage))"


@pytest.mark.parametrize(
    ("field", "text"),
    [
        (P("owner").decorate(), "owner~"),
        (P("owner").decorate()("localizedFirstName"), "owner~(localizedFirstName)"),
        (P("entities").each().decorate(entity="foo")("a").decorate(entity="bar")("c"), "entities*~foo(a)~bar(c)"),
        (P("image").decorate("playableStreams", entity="digitalmediaAsset"), "image~digitalmediaAsset:playableStreams"),
        (P("elements").each(), "elements*"),
        (P("elements").each("id", P("owner").decorate()), "elements*(id,owner~)"),
        (P("results").each("id"), "results*(id)"),
        (P("results")(P(EVERY)("id")), "results(*(id))"),
        (
            P("content")(P("com.linkedin.publishing.HtmlContent")("htmlText")),
            "content(com.linkedin.publishing.HtmlContent(htmlText))",
        ),
        (P("$URN"), "$URN"),
        (
            P("image").decorate("playableStreams")(P("elements").each("artifact")),
            "image~:playableStreams(elements*(artifact))",
        ),
    ],
    ids=range(11),
)
def test_a_field_reads_as_documented(field: P, text: str) -> None:
    assert str(field) == text


def test_a_field_is_a_value_that_choosing_leaves_alone() -> None:
    owner = P("owner")

    decorated = owner.decorate()

    assert str(owner) == "owner"
    assert decorated == P("owner").decorate()
    assert decorated != owner
    assert hash(P("owner")("a")) == hash(P("owner")("a"))


def test_a_string_stands_for_a_field() -> None:
    assert Projection("id", "title") == Projection(P("id"), P("title"))


def test_a_projection_is_an_ordinary_parameter() -> None:
    query = restli.encode_params({"projection": str(Projection(P("owner").decorate()("id")))})

    assert query == "projection=%28owner~%28id%29%29"
    assert restli.decode_params(query) == {"projection": "(owner~(id))"}


@pytest.mark.parametrize("name", ["", "a b", "a,b", "a(b)", "a~", "a*", "1a", "é", "a)&b=(c", "**", "a\n", None, 5])
def test_a_name_that_would_change_the_structure_is_refused(name: Any) -> None:
    with pytest.raises(InvalidArgument, match="is no field name"):
        P(name)
    with pytest.raises(InvalidArgument, match="is no field name"):
        Projection("id", name)
    with pytest.raises(InvalidArgument, match="is no field name"):
        P("a")(name)


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (Projection, "the projection chooses no field"),
        (P("a"), "a chooses no field"),
        (lambda: Projection("id", "id"), "the projection chooses id twice"),
        (lambda: P("a")("b", P("b")), "a chooses b twice"),
        (lambda: P("a")("b")("c"), "the sub-fields of a\\(b\\) are chosen already"),
        (lambda: P("a")("b").each("c"), "the sub-fields of a\\(b\\) are chosen already"),
        (lambda: P("a").each().each(), "a\\* stands for every element already"),
        (lambda: P(EVERY).each("b"), "\\* stands for every element already"),
        (lambda: P("a").decorate(":playableStreams"), "':playableStreams' is no resolver"),
        (lambda: P("a").decorate(entity="a b"), "'a b' is no entity type"),
    ],
    ids=range(10),
)
def test_a_projection_that_says_nothing_or_too_much_is_refused(make: Callable[[], object], problem: str) -> None:
    with pytest.raises(InvalidArgument, match=problem):
        make()
