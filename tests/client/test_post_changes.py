"""Posts after they were made: got, listed, changed, deleted (Posts API)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

import linkedin_media as lm
from linkedin_media.simulator import CommitThenDrop, Fault, Mutate
from tests.client.library import calls, client_of, targets

if TYPE_CHECKING:
    from linkedin_media.simulator import ThreadedSimulator


@pytest.fixture
async def client(linkedin_simulator: ThreadedSimulator) -> Any:
    async with client_of(linkedin_simulator) as client:
        yield client


async def say(client: lm.LinkedInClient, author: str, *texts: str) -> list[lm.Urn]:
    made = [await client.posts.create(lm.PostDraft(author=author, commentary=text)) for text in texts]
    return [post.id for post in made if post.id]


async def test_many_posts_are_got_and_each_that_is_missing_is_named(
    client: lm.LinkedInClient, linkedin_simulator: Any
) -> None:
    posts = await say(client, linkedin_simulator.person, "one", "two", "three")

    batch = await client.posts.batch_get([*posts, "urn:li:share:1"], batch_size=3)

    assert [post.commentary for post in batch.results.values()] == ["one", "two", "three"]
    assert list(batch.errors) == ["urn:li:share:1"]


async def test_an_authors_posts_are_listed_newest_first(client: lm.LinkedInClient, linkedin_simulator: Any) -> None:
    await say(client, linkedin_simulator.organization, "one", "two", "three")

    found = client.posts.find_by_author(linkedin_simulator.organization, sort_by="CREATED", count=2)

    assert [post.commentary async for post in found] == ["three", "two", "one"]
    assert targets(linkedin_simulator, "posts.finder") == [
        "/rest/posts?author=urn%3Ali%3Aorganization%3A5583111&count=2&q=author&sortBy=CREATED&start=0",
        "/rest/posts?author=urn%3Ali%3Aorganization%3A5583111&count=2&q=author&sortBy=CREATED&start=2",
    ]


async def test_a_page_shorter_than_asked_for_is_not_the_last(
    client: lm.LinkedInClient, linkedin_simulator: Any
) -> None:
    posts = await say(client, linkedin_simulator.organization, "one", "two", "three", "four")
    await client.posts.delete(posts[3])

    found = client.posts.find_by_author(linkedin_simulator.organization, count=2)

    assert [len(page) async for page in found.by_page()] == [1, 2]


@pytest.mark.parametrize("window", [{"count": 0}, {"count": 101}, {"start": -1}])
def test_an_impossible_page_is_refused_at_once(linkedin_simulator: Any, window: dict[str, int]) -> None:
    with pytest.raises(lm.InvalidArgument):
        client_of(linkedin_simulator).posts.find_by_author(linkedin_simulator.person, **window)


async def test_a_text_is_changed_and_escaped(client: lm.LinkedInClient, linkedin_simulator: Any) -> None:
    (post,) = await say(client, linkedin_simulator.person, "one")

    await client.posts.partial_update(post, commentary="Two (of two)")

    assert (await client.posts.get(post)).commentary == r"Two \(of two\)"


async def test_an_ad_context_is_changed_beside_the_text(client: lm.LinkedInClient, linkedin_simulator: Any) -> None:
    (post,) = await say(client, linkedin_simulator.organization, "one")

    await client.posts.partial_update(
        post, call_to_action="LEARN_MORE", landing_page="https://example.com", ad_name="Spring", ad_status="ACTIVE"
    )

    changed = (await client.posts.get(post)).unknown_fields
    assert changed["adContext"] == {"dscName": "Spring", "dscStatus": "ACTIVE"}
    assert changed["contentLandingPage"] == "https://example.com"


async def test_an_ad_context_alone_is_a_change(client: lm.LinkedInClient, linkedin_simulator: Any) -> None:
    (post,) = await say(client, linkedin_simulator.organization, "one")

    await client.posts.partial_update(post, ad_status="ARCHIVED")

    assert (await client.posts.get(post)).unknown_fields["adContext"] == {"dscStatus": "ARCHIVED"}


async def test_no_change_is_not_sent(client: lm.LinkedInClient, linkedin_simulator: Any) -> None:
    with pytest.raises(lm.InvalidArgument, match="nothing to update"):
        await client.posts.partial_update("urn:li:share:1")

    assert calls(linkedin_simulator) == []


async def test_a_post_is_deleted_and_may_be_again(client: lm.LinkedInClient, linkedin_simulator: Any) -> None:
    (post,) = await say(client, linkedin_simulator.person, "one")

    await client.posts.delete(post)
    await client.posts.delete(post)

    with pytest.raises(lm.NotFound):
        await client.posts.get(post)


async def test_reading_without_the_scope_says_which_is_missing(linkedin_simulator: Any) -> None:
    async with client_of(linkedin_simulator, linkedin_simulator.issue_token("w_member_social")) as writer:
        with pytest.raises(lm.Forbidden) as caught:
            [post async for post in writer.posts.find_by_author(linkedin_simulator.organization)]

    assert "r_organization_social" in caught.value.hint


async def test_a_change_whose_answer_was_lost_is_sent_again(client: lm.LinkedInClient, linkedin_simulator: Any) -> None:
    (post,) = await say(client, linkedin_simulator.person, "one")
    linkedin_simulator.faults.add(Fault(on="posts.partial_update", action=CommitThenDrop(), when="after", nth=1))

    await client.posts.partial_update(post, commentary="two")

    assert calls(linkedin_simulator, "posts.partial_update") == ["posts.partial_update"] * 2
    assert (await client.posts.get(post)).commentary == "two"


async def test_a_page_of_long_posts_is_read_whole(client: lm.LinkedInClient, linkedin_simulator: Any) -> None:
    texts = [f"{number} {'文' * 2990}" for number in range(100)]
    await say(client, linkedin_simulator.person, *texts)
    escaped = Mutate(change=lambda body: json.dumps(json.loads(body)).encode())
    linkedin_simulator.faults.add(Fault(on="posts.finder", action=escaped, when="after"))

    found = [post.commentary async for post in client.posts.find_by_author(linkedin_simulator.person)]

    assert len(found) == 100
    assert set(found) == set(texts)
