import pytest

from linkedin_media.simulator import projection
from linkedin_media.simulator.replies import Refused
from tests.simulator.caller import enc

AWESOME, TESTING, NEW_MEDIA = 6217134937280131072, 6248272202878201856, 6363802076731973632
ARTICLES = "/v2/originalArticles"
COMMENTS = "/v2/socialActions/urn%3Ali%3Aarticle%3A7152306650999999/comments"
LIKES = COMMENTS.replace("comments", "likes")
PLAYABLE = "(coverImage(caption,croppedImage(original~:playableStreams)),id,displayImage~:playableStreams)"


async def test_an_article_is_read_by_id_without_a_version(linkedin):
    reply = await linkedin.get(f"{ARTICLES}/{AWESOME}", without=["LinkedIn-Version"])

    assert (reply.status, reply.json["id"], reply.json["version"]) == (200, AWESOME, 3)
    assert reply.json["coverImage"]["croppedImage"]["cropInfo"] == {"height": 400, "width": 744, "x": 0, "y": 70}


async def test_articles_need_protocol_2_and_the_compliance_scopes(sim, linkedin):
    plain = await linkedin.get(f"{ARTICLES}/{AWESOME}", without=["X-Restli-Protocol-Version"])
    denied = await linkedin.get(f"{ARTICLES}/{AWESOME}", token=sim.issue_token("r_member_social"))
    undeletable = await linkedin.call("DELETE", f"{ARTICLES}/{AWESOME}", token=sim.issue_token("r_compliance"))

    assert (plain.status, denied.status, undeletable.status) == (400, 403, 403)
    assert denied.json["message"] == "Not enough permissions to access: originalArticles.GET.NO_VERSION"


async def test_an_id_must_be_a_long_and_exist(linkedin):
    urn = await linkedin.get(f"{ARTICLES}/urn%3Ali%3Aarticle%3A1")

    assert (urn.status, urn.json["message"]) == (400, "Key value 'urn:li:article:1' must be of type 'java.lang.Long'")
    assert (await linkedin.get(f"{ARTICLES}/1")).status == 404


async def test_articles_are_read_in_batches(linkedin):
    reply = await linkedin.get(f"{ARTICLES}?ids=List({AWESOME},1)")

    assert list(reply.json["results"]) == [str(AWESOME)]
    assert reply.json["statuses"] == {str(AWESOME): 200, "1": 404}
    assert list(reply.json["errors"]) == ["1"]


async def test_the_members_articles_are_found_by_descending_date(linkedin):
    reply = await linkedin.get(f"{ARTICLES}?q=authors")

    assert [article["id"] for article in reply.json["elements"]] == [TESTING, AWESOME]
    assert reply.json["paging"] == {"start": 0, "count": 10, "links": [], "total": 2}


async def test_articles_are_found_by_permlink(sim, linkedin):
    sim.articles.add({**sim.articles[AWESOME], "id": 5, "permlink": "ça-va"})
    links = ",".join(map(enc, ["testing-a-new-article", "ça-va", "nothing"]))

    reply = await linkedin.get(f"{ARTICLES}?q=permlinks&permlinks=List({links})")
    assert {article["id"] for article in reply.json["elements"]} == {TESTING, 5}


async def test_pages_of_articles_are_linked(linkedin):
    reply = await linkedin.get(f"{ARTICLES}?q=authors&count=1")

    following = await linkedin.get(reply.json["paging"]["links"][0]["href"])
    assert [article["id"] for article in following.json["elements"]] == [AWESOME]


@pytest.mark.parametrize(
    "query",
    [
        "q=owner",
        "q=permlinks",
        "ids=5",
        "q=authors&count=0",
        "q=authors&projection=(a",
        f"q=authors&projection={'(a' * 40}{')' * 40}",
    ],
)
async def test_malformed_questions_are_400(linkedin, query):
    assert (await linkedin.get(f"{ARTICLES}?{query}")).status == 400


async def test_new_media_come_as_media_addresses_unless_vectors_are_asked_for(linkedin):
    converted = (await linkedin.get(f"{ARTICLES}/{NEW_MEDIA}")).json
    vectors = (await linkedin.get(f"{ARTICLES}/{NEW_MEDIA}?convertVectorUrns=false")).json

    assert converted["displayImage"].startswith("urn:li:media:/gcrc/dms/image/C5400AQENYhjODZ9eRw/")
    assert vectors["displayImage"] == "urn:li:digitalmediaAsset:C5400AQENYhjODZ9eRw"


@pytest.mark.parametrize("encode", [str, enc])
async def test_a_projection_keeps_what_it_names_and_decorates_assets(linkedin, encode):
    query = f"convertVectorUrns=false&projection={encode(PLAYABLE)}"
    article = (await linkedin.get(f"{ARTICLES}/{NEW_MEDIA}?{query}")).json

    assert set(article) == {"coverImage", "id", "displayImage", "displayImage~"}
    assert set(article["coverImage"]["croppedImage"]) == {"original", "original~"}
    element = article["displayImage~"]["elements"][0]
    assert element["data"]["com.linkedin.digitalmedia.mediaartifact.StillImage"]["storageSize"]["width"] == 100
    assert element["identifiers"][0]["identifier"].startswith("https://media.licdn.com/")


async def test_what_cannot_be_decorated_is_marked_inside_a_200(linkedin):
    reply = await linkedin.get(f"{ARTICLES}?q=authors&projection=(elements*(id,displayImage~:playableStreams))")

    assert reply.status == 200
    assert [set(article) for article in reply.json["elements"]] == [{"id", "displayImage", "displayImage!"}] * 2
    assert reply.json["elements"][0]["displayImage!"]["status"] == 404
    assert reply.json["paging"]["total"] == 2


async def test_people_are_decorated_with_the_fields_asked_for(linkedin):
    reply = await linkedin.get(f"{ARTICLES}/{AWESOME}?projection=(authors*(author~(localizedFirstName),type))")

    author = reply.json["authors"][0]
    assert author["author~"] == {"localizedFirstName": "Ada"}
    assert author["type"] == "PRIMARY_AUTHOR"


@pytest.mark.parametrize("text", ["", "a", "(", "(a", "(a))", "(a,)", "(a(b)", "()", "(a b)", "(" * 40])
def test_a_malformed_projection_is_refused(text):
    with pytest.raises(Refused):
        projection.parse(text)


def test_a_wildcard_keeps_everything():
    kept = projection.apply(projection.parse("(*,a~)"), {"a": "x", "b": 1}, lambda value, recipe: {"of": value})

    assert kept == {"a": "x", "b": 1, "a~": {"of": "x"}}


async def test_deleting_an_article_is_200_once(linkedin):
    replies = [await linkedin.call("DELETE", f"{ARTICLES}/{AWESOME}") for _ in range(2)]

    assert [reply.status for reply in replies] == [200, 404]
    assert (await linkedin.get(f"{ARTICLES}/{AWESOME}")).status == 404


async def test_comments_come_in_pages_with_their_urn(linkedin):
    reply = await linkedin.get(COMMENTS)

    first = reply.json["elements"][0]
    assert first["$URN"] == f"urn:li:comment:(urn:li:article:7152306650999999,{first['id']})"
    assert (len(reply.json["elements"]), reply.json["paging"]["total"]) == (10, 12)
    following = await linkedin.get(reply.json["paging"]["links"][0]["href"])
    assert (len(following.json["elements"]), following.json["paging"]["links"]) == (2, [])


async def test_likes_and_the_summary_count_the_same(linkedin):
    likes = (await linkedin.get(LIKES)).json
    summary = (await linkedin.get(LIKES.removesuffix("/likes"))).json

    assert [like["actor"] for like in likes["elements"]] == [f"urn:li:person:reader{number}" for number in range(3)]
    assert summary["likesSummary"]["totalLikes"] == 3
    assert summary["commentsSummary"]["totalFirstLevelComments"] == 12


async def test_a_urn_with_parentheses_is_encoded_whole(sim, linkedin):
    parent = sim.social.comment("urn:li:article:7152306650999991", sim.person, "first")
    sim.social.like(parent, sim.person)

    reply = await linkedin.get(f"/v2/socialActions/{enc(parent)}/likes")
    assert reply.json["elements"][0]["$URN"] == f"urn:li:like:({sim.person},{parent})"
    assert (await linkedin.get(f"/v2/socialActions/{parent}/likes")).status == 400


async def test_a_post_may_have_no_comments_and_an_unknown_urn_is_404(sim, linkedin):
    post = (await linkedin.post()).id

    assert (await linkedin.get(f"/v2/socialActions/{enc(post)}/comments")).json["elements"] == []
    assert (await linkedin.get("/v2/socialActions/urn%3Ali%3Aarticle%3A1/comments")).status == 404
    assert (await linkedin.get(COMMENTS, token=sim.issue_token("openid"))).status == 403
    assert (await linkedin.get(COMMENTS + "s")).status == 404


async def test_a_projection_of_a_batch_describes_each_result(linkedin):
    reply = await linkedin.get(f"{ARTICLES}?ids=List({AWESOME},{TESTING})&projection=(results*(id,title))")

    assert {key: set(article) for key, article in reply.json["results"].items()} == {
        str(AWESOME): {"id", "title"},
        str(TESTING): {"id", "title"},
    }
