"""Articles: what is asked, and what is made of LinkedIn's answers (articles-api.txt)."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any, Final

import pytest

from linkedin_media.errors import ApiError, InvalidArgument, NotFound, RateLimited, UnexpectedReply
from linkedin_media.model.article import Article, ArticleState, AuthorType
from linkedin_media.model.collection import Page
from linkedin_media.protocol import articles, codec, restli
from linkedin_media.protocol.articles import Reading
from linkedin_media.protocol.counting import counted
from linkedin_media.protocol.projection import P, Projection
from linkedin_media.protocol.wire import Request, headers_of
from tests.protocol.answers import answer, sample

NOW: Final = datetime(2026, 9, 1, tzinfo=UTC)
ID: Final = 6217134937280131072
STREAMS: Final = Projection("id", P("displayImage").decorate("playableStreams"))


def read(body: Any) -> Article:
    return articles.parse_get(articles.build_get(ID), answer(body), NOW)


def params(request: Request) -> dict[str, Any]:
    return dict(restli.decode_params(request.query))


@pytest.mark.parametrize("name", ["articles_get", "articles_new_media", "articles_decorated"])
def test_a_documented_article_is_read_and_written_back_without_loss(name: str) -> None:
    assert json.loads(json.dumps(codec.dump(read(sample(name))))) == sample(name)


@pytest.mark.parametrize("name", ["articles_find_by_authors", "articles_find_by_permlinks"])
def test_a_documented_page_of_articles_is_read_and_written_back_without_loss(name: str) -> None:
    request = articles.build_find_by_authors()

    page = articles.parse_page(request, answer(sample(name)), NOW, start=0, count=None)

    assert json.loads(json.dumps([codec.dump(article) for article in page])) == sample(name)["elements"]
    assert (page.start, page.count, page.total, page.next_start) == (0, 10, 2, None)


def test_an_article_has_every_field_of_the_page() -> None:
    article = read(sample("articles_get"))

    assert article.id == ID
    assert article.authors
    assert article.authors[0].type is AuthorType.PRIMARY_AUTHOR
    assert article.cover_image
    assert article.cover_image.cropped_image
    assert article.cover_image.cropped_image.crop_info
    assert article.cover_image.cropped_image.crop_info.y == 70
    assert article.created == datetime(2016, 12, 21, 0, 34, 37, tzinfo=UTC)
    assert article.news_article == "urn:li:article:7152306650999999"
    assert article.state is ArticleState.PUBLISHED
    assert article.html
    assert article.html.startswith("<p>How to build")
    assert article.url == "https://www.linkedin.com/pulse/awesome-publishing-article"
    assert article.unknown_fields == {}


def test_an_id_keeps_every_digit() -> None:
    assert read({"id": 2**63 - 1}).id == 9223372036854775807


def test_an_article_may_lack_everything_but_its_id() -> None:
    article = read({"id": 1})

    assert (article.url, article.html, article.news_article, article.state) == (None, None, None, None)


def test_the_markup_falls_back_to_what_has_insecure_embeds() -> None:
    article = read({"id": 1, "content": {"com.linkedin.publishing.HtmlContent": {"htmlText": "<p>"}}})

    assert article.html == "<p>"
    assert read({"id": 1, "content": {"com.linkedin.publishing.Other": {}}}).html is None


def test_what_linkedin_adds_is_kept() -> None:
    new = {"id": 1, "state": "WITHDRAWN", "authors": [{"type": "GHOST", "fee": 1}], "readers": {"total": 3}}

    article = read(new)

    assert article.state == "WITHDRAWN"
    assert article.unknown_fields == {"readers": {"total": 3}}
    assert json.loads(json.dumps(codec.dump(article))) == new


def test_an_attribute_of_ours_is_no_key_of_linkedin() -> None:
    article = read({"id": 1, "decorations": {"a": 1}})

    assert article.decorations == {}
    assert codec.dump(article) == {"id": 1, "decorations": {"a": 1}}


def test_an_article_that_is_not_as_documented_names_the_request() -> None:
    with pytest.raises(UnexpectedReply, match=r"Article is not as documented.*title") as caught:
        read({"id": 1, "title": 5})

    assert (caught.value.request_id, caught.value.status) == ("request-1", 200)


@pytest.mark.parametrize("given", [ID, str(ID), f"urn:li:linkedInArticle:{ID}"], ids=["number", "digits", "urn"])
def test_an_article_is_named_by_number_digits_or_urn(given: int | str) -> None:
    assert articles.build_get(given).path == f"/v2/originalArticles/{ID}"


@pytest.mark.parametrize(
    "given",
    [-1, "", "x", "1.5", 1.5, True, None, "9223372036854775808", "9" * 5000, "urn:li:article:1", "²", "1/2"],
    ids=range(12),
)
def test_anything_else_names_no_article(given: Any) -> None:
    with pytest.raises(InvalidArgument, match="is no article id"):
        articles.build_get(given)


def test_the_urn_for_comments_is_told_from_the_article() -> None:
    with pytest.raises(InvalidArgument) as caught:
        articles.article_id("urn:li:article:7152306650999999")

    assert "comments and likes" in caught.value.hint


def test_reads_carry_no_version_but_the_protocol() -> None:
    headers = headers_of(articles.build_get(ID), "202609")

    assert "LinkedIn-Version" not in headers
    assert headers["X-Restli-Protocol-Version"] == "2.0.0"
    assert headers["X-RestLi-Method"] == "GET"


def test_a_versioned_path_carries_a_version() -> None:
    request = articles.build_delete(ID, path="/rest/originalArticles")

    assert request.path == f"/rest/originalArticles/{ID}"
    assert headers_of(request, "202609")["LinkedIn-Version"] == "202609"


@pytest.mark.parametrize(
    ("request_", "target"),
    [
        (articles.build_get(1), "/v2/originalArticles/1"),
        (articles.build_get(1, Reading(convert_vector_urns=False)), "/v2/originalArticles/1?convertVectorUrns=false"),
        (articles.build_batch_get([1, 2]), "/v2/originalArticles?ids=List(1,2)"),
        (
            articles.build_batch_get([1], Reading(convert_vector_urns=True)),
            "/v2/originalArticles?convertVectorUrns=true&ids=List(1)",
        ),
        (articles.build_find_by_authors(), "/v2/originalArticles?q=authors"),
        (articles.build_find_by_authors(start=20, count=5), "/v2/originalArticles?count=5&q=authors&start=20"),
        (
            articles.build_find_by_permlinks(["a-b", "ü/ä"]),
            "/v2/originalArticles?permlinks=List(a-b,%C3%BC%2F%C3%A4)&q=permlinks",
        ),
        (articles.build_delete(1), "/v2/originalArticles/1"),
    ],
    ids=["get", "new media", "batch", "batch, old media", "authors", "page", "permlinks", "delete"],
)
def test_a_call_reads_as_on_the_page(request_: Request, target: str) -> None:
    assert request_.target == target


def test_a_projection_of_one_article_is_put_into_what_the_call_answers_with() -> None:
    reading = Reading(projection=STREAMS)

    assert params(articles.build_get(1, reading))["projection"] == "(id,displayImage~:playableStreams)"
    assert (
        params(articles.build_batch_get([1], reading))["projection"] == "(results*(id,displayImage~:playableStreams))"
    )
    for finder in (articles.build_find_by_authors(reading), articles.build_find_by_permlinks(["a"], reading)):
        assert params(finder)["projection"] == "(elements*(id,displayImage~:playableStreams))"


def test_a_projection_of_the_whole_answer_is_sent_as_it_is() -> None:
    reading = Reading(projection=Projection(P("elements").each("title"), "paging"))

    assert params(articles.build_find_by_authors(reading))["projection"] == "(elements*(title),paging)"


def test_the_id_is_asked_for_too() -> None:
    assert params(articles.build_get(1, Reading(projection=Projection("title"))))["projection"] == "(title,id)"


@pytest.mark.parametrize("permlinks", [[], [""], ["a", ""], "a-b"])
def test_permlinks_are_a_list_of_some(permlinks: Any) -> None:
    with pytest.raises(InvalidArgument, match="list of permlinks"):
        articles.build_find_by_permlinks(permlinks)


@pytest.mark.parametrize("window", [{"start": -1}, {"count": 0}])
def test_an_impossible_page_is_refused(window: dict[str, int]) -> None:
    with pytest.raises(InvalidArgument):
        articles.build_find_by_authors(**window)


def test_articles_may_be_longer_than_other_answers() -> None:
    assert articles.build_get(1).max_reply > 16 << 20


def test_a_batch_says_for_each_article_what_became_of_it() -> None:
    request = articles.build_batch_get([1, 2, 3])
    body = {
        "results": {"1": {"id": 1, "displayImage": "urn:li:media:/a", "displayImage~": {"id": "x"}}},
        "statuses": {"1": 200, "2": 404},
        "errors": {"2": {"status": 404, "code": "NOT_FOUND", "message": "Could not find entity"}},
    }

    batch = articles.parse_batch_get(request, answer(body), [1, 2, 3], NOW)

    assert batch.results[1].decorations["displayImage"].fields == {"id": "x"}
    assert {key: type(error) for key, error in batch.errors.items()} == {2: NotFound, 3: NotFound}
    error = batch.errors[2]
    assert isinstance(error, ApiError)
    assert (error.method, error.resource, error.request_id) == ("BATCH_GET", "originalArticles", "request-1")


def test_decorations_are_found_by_the_path_of_their_field() -> None:
    article = read(sample("articles_decorated"))

    assert set(article.decorations) == {
        "authors.0.author",
        "coverImage.croppedImage.cropped",
        "coverImage.croppedImage.original",
        "displayImage",
    }
    assert article.decorations["authors.0.author"].fields["localizedFirstName"] == "Bob"
    assert article.decorations["authors.0.author"].streams == ()


def test_playable_streams_are_renditions_with_size_and_address() -> None:
    picture = read(sample("articles_decorated")).decorations["displayImage"]

    assert [stream.size for stream in picture.streams] == [(1280, 853), (180, 120), (720, 480)]
    assert all(stream.authorization_method == "PUBLIC" for stream in picture.streams)
    assert picture.streams[1].url
    assert "shrink_180_120" in picture.streams[1].url
    assert "t=12345" not in repr(picture)


def test_a_decoration_that_failed_is_the_error_of_its_own_call() -> None:
    article = read(sample("articles_decorated"))

    error = article.decoration_errors["coverMedia"]
    assert isinstance(error, RateLimited)
    assert (error.status, error.service_error_code) == (429, 101)
    assert (error.method, error.resource, error.request_id) == ("GET", "originalArticles", "request-1")
    assert article.cover_media == "urn:li:digitalmediaAsset:C5400AQGnp0cC4AHRhQ"


@pytest.mark.parametrize(("status", "names"), [(403, "not resolve"), (404, "not resolve"), (500, "")])
def test_an_unresolved_urn_is_said_to_be_as_good_as_before(status: int, names: str) -> None:
    article = read({"id": 1, "displayImage": "urn:li:media:/a", "displayImage!": {"status": status, "message": "No"}})

    assert names in article.decoration_errors["displayImage"].hint


def test_a_decoration_error_without_a_body_is_an_error_still() -> None:
    assert read({"id": 1, "coverMedia!": None}).decoration_errors["coverMedia"].status == 404


def test_a_decoration_that_is_no_stream_keeps_its_fields() -> None:
    article = read({"id": 1, "coverMedia~": {"elements": [{"artifact": 5}]}, "displayImage~": "odd"})

    assert article.decorations["coverMedia"].streams == ()
    assert article.decorations["coverMedia"].fields == {"elements": [{"artifact": 5}]}
    assert article.unknown_fields["displayImage~"] == "odd"
    assert "displayImage" not in article.decorations


def test_two_readings_of_one_answer_are_equal() -> None:
    assert read(sample("articles_decorated")) == read(sample("articles_decorated"))
    assert hash(read(sample("articles_decorated"))) == hash(read(sample("articles_decorated")))


@pytest.mark.parametrize(
    ("page", "start", "count", "next_start"),
    [
        (Page(elements=range(10), count=10, total=25), 0, None, 10),
        (Page(elements=range(5), count=10, total=25), 20, None, None),
        (Page(elements=range(5), count=10, total=0), 0, None, None),
        (Page(elements=range(10), count=10), 0, None, None),
        (Page(elements=range(10), count=10, next_start=10), 0, None, 10),
        (Page(elements=(), count=10, total=25), 20, None, None),
        (Page(elements=range(10)), 0, None, 10),
        (Page(elements=range(9)), 0, None, None),
        (Page(elements=range(3)), 6, 3, 9),
        (Page(elements=range(3)), 6, 4, None),
    ],
    ids=[
        *("more in total", "all in total", "a total left out", "no link", "a link", "an empty page"),
        *("nothing said, full", "nothing said, short", "nothing said, as many as asked", "nothing said, fewer"),
    ],
)
def test_the_next_page_begins_where_link_total_or_length_say(
    page: Page[Any], start: int, count: int | None, next_start: int | None
) -> None:
    assert counted(page, start=start, count=count).next_start == next_start
