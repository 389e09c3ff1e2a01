import pytest

from tests.simulator.caller import enc

UPDATE = {"X-RestLi-Method": "PARTIAL_UPDATE"}


def finder(sim, **params):
    fixed = {"q": "author", "author": enc(sim.person)}
    return "/rest/posts?" + "&".join(f"{name}={value}" for name, value in (fixed | params).items())


async def make(sim, linkedin, count):
    made = []
    for number in range(count):
        made.append((await linkedin.post(commentary=f"number {number}")).id)
        sim.clock.advance(1)
    return made


async def listed(linkedin, target):
    return [post["id"] for post in (await linkedin.get(target)).json["elements"]]


async def test_an_authors_posts_are_listed_newest_first_ten_at_a_time(sim, linkedin):
    made = await make(sim, linkedin, 12)

    reply = await linkedin.get(finder(sim))
    assert [post["id"] for post in reply.json["elements"]] == made[:1:-1]
    paging = reply.json["paging"]
    assert (paging["start"], paging["count"]) == (0, 10)
    assert paging["links"][0] == {
        "rel": "next",
        "type": "application/json",
        "href": sim.base_url + finder(sim, start=10, count=10),
    }
    last = (await linkedin.get(paging["links"][0]["href"])).json
    assert [post["id"] for post in last["elements"]] == [made[1], made[0]]
    assert last["paging"]["links"] == []


async def test_links_may_be_relative(sim, linkedin):
    sim.configure(paging_links="relative")
    await make(sim, linkedin, 2)

    links = (await linkedin.get(finder(sim, count=1))).json["paging"]["links"]
    assert links[0]["href"] == finder(sim, start=1, count=1)


async def test_a_page_may_be_shorter_than_asked_for_and_not_be_the_last(sim, linkedin):
    made = await make(sim, linkedin, 5)
    sim.configure(posts_page_limit=2)
    await linkedin.call("DELETE", f"/rest/posts/{enc(made[4])}")

    first = (await linkedin.get(finder(sim, count=4))).json
    assert [post["id"] for post in first["elements"]] == [made[3]]
    assert await listed(linkedin, first["paging"]["links"][0]["href"]) == [made[2], made[1]]


async def test_an_edit_moves_a_post_to_the_top_unless_sorted_by_creation(sim, linkedin):
    made = await make(sim, linkedin, 3)
    await linkedin.call(
        "POST", f"/rest/posts/{enc(made[0])}", json={"patch": {"$set": {"commentary": "x"}}}, headers=UPDATE
    )

    assert await listed(linkedin, finder(sim)) == [made[0], made[2], made[1]]
    assert await listed(linkedin, finder(sim, sortBy="CREATED")) == made[::-1]


async def test_a_new_post_shows_up_after_the_finders_lag(sim, linkedin):
    sim.configure(finder_lag_seconds=30)
    urn = (await linkedin.post()).id

    assert await listed(linkedin, finder(sim)) == []
    assert (await linkedin.get(f"/rest/posts/{enc(urn)}")).status == 200
    sim.clock.advance(30)
    assert await listed(linkedin, finder(sim)) == [urn]


@pytest.mark.parametrize(
    "params",
    [{"count": 101}, {"count": 0}, {"count": "x"}, {"start": -1}, {"sortBy": "BEST"}, {"q": "me"}, {"author": "x"}],
)
async def test_a_finder_is_strict_about_its_parameters(sim, linkedin, params):
    assert (await linkedin.get(finder(sim, **params))).status == 400


async def test_a_finder_needs_an_author(linkedin):
    assert (await linkedin.get("/rest/posts?q=author")).code == "MISSING_FIELD"


async def test_only_those_who_may_read_an_authors_posts_may_list_them(sim, linkedin):
    assert (await linkedin.get(finder(sim), token=sim.issue_token("w_member_social"))).status == 403
    assert (await linkedin.get(finder(sim), token=sim.issue_token("r_organization_social"))).status == 403
    assert (await linkedin.get(finder(sim), token=sim.issue_token("r_member_social"))).status == 200


async def test_a_post_is_changed_in_the_fields_that_can_be(sim, linkedin):
    urn = (await linkedin.post()).id
    sim.clock.advance(5)
    patch = {
        "$set": {"commentary": "New (text", "contentLandingPage": "https://x"},
        "adContext": {"$set": {"dscName": "n"}},
    }

    reply = await linkedin.call("POST", f"/rest/posts/{enc(urn)}", json={"patch": patch}, headers=UPDATE)
    assert (reply.status, reply.body) == (204, b"")
    post = (await linkedin.get(f"/rest/posts/{enc(urn)}")).json
    assert (post["commentary"], post["contentLandingPage"], post["adContext"]) == (
        "New ",
        "https://x",
        {"dscName": "n"},
    )
    assert (post["lifecycleStateInfo"], post["lastModifiedAt"]) == ({"isEditedByAuthor": True}, 1_795_000_005_000)
    assert "silently cut" in sim.journal[1].verdicts[0]


@pytest.mark.parametrize(
    ("patch", "line"),
    [
        ({"$set": {"visibility": "CONNECTIONS"}}, "ERROR :: /visibility :: ReadOnly field cannot be updated"),
        ({"$set": {"commentary": 7}}, "ERROR :: /commentary :: 7 cannot be coerced to String"),
        ({"content": {"$set": {}}}, "ERROR :: /patch/content :: ReadOnly field cannot be updated"),
        ({"adContext": {"$set": {"dscAdType": "x"}}}, "ERROR :: /adContext/dscAdType :: ReadOnly field"),
        (None, "ERROR :: /patch :: field is required"),
    ],
)
async def test_other_changes_are_422(linkedin, patch, line):
    urn = enc((await linkedin.post()).id)

    reply = await linkedin.call("POST", f"/rest/posts/{urn}", json={"patch": patch}, headers=UPDATE)
    assert reply.status == 422
    assert reply.json["message"].startswith(line)


async def test_deleting_is_204_as_often_as_you_like_and_the_post_is_gone(sim, linkedin):
    urn = (await linkedin.post()).id
    target = f"/rest/posts/{enc(urn)}"

    assert [(await linkedin.call("DELETE", target)).status for _ in range(2)] == [204, 204]
    assert (await linkedin.get(target)).status == 404
    assert (await linkedin.call("POST", target, json={"patch": {}}, headers=UPDATE)).status == 404
    assert await listed(linkedin, finder(sim)) == []
    assert sim.posts[urn].deleted
    assert sim.posts.live() == []
    assert (await linkedin.call("DELETE", "/rest/posts/urn%3Ali%3Ashare%3A1")).status == 404


async def test_only_the_author_deletes(sim, linkedin):
    urn = enc((await linkedin.post()).id)

    for token in (sim.issue_token("r_member_social"), sim.issue_token(member="urn:li:person:b")):
        assert (await linkedin.call("DELETE", f"/rest/posts/{urn}", token=token)).status == 403
