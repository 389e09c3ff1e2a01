"""The media library of an ad account: rename, archive, restore, list (images-api.txt)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import linkedin_media as lm
from linkedin_media.simulator import SimulatorConfig
from tests.client.library import add_image, calls, client_of, targets

if TYPE_CHECKING:
    from linkedin_media.simulator import ThreadedSimulator

ACTIVE, ARCHIVED = lm.MediaLibraryStatus.ACTIVE, lm.MediaLibraryStatus.ARCHIVED


@pytest.fixture
async def client(linkedin_simulator: ThreadedSimulator) -> Any:
    async with client_of(linkedin_simulator) as client:
        yield client


async def test_an_image_is_renamed_and_archived(client: lm.LinkedInClient, linkedin_simulator: Any) -> None:
    image = await add_image(client, linkedin_simulator, "Spring hero")

    await client.images.partial_update(
        image, account=linkedin_simulator.account, asset_name="updated name", status=ARCHIVED
    )

    metadata = (await client.images.get(image)).media_library_metadata
    assert metadata == lm.MediaLibraryMetadata(linkedin_simulator.account, "updated name", ARCHIVED)
    assert targets(linkedin_simulator, "images.partial_update") == [
        f"/rest/images/{image.replace(':', '%3A')}?associatedAccount=urn%3Ali%3AsponsoredAccount%3A123456789"
    ]


async def test_an_archived_image_is_restored(client: lm.LinkedInClient, linkedin_simulator: Any) -> None:
    image, account = await add_image(client, linkedin_simulator, "hero"), linkedin_simulator.account
    await client.images.partial_update(image, account=account, status=ARCHIVED)

    await client.images.partial_update(image, account=account, status=ACTIVE)

    metadata = (await client.images.get(image)).media_library_metadata
    assert metadata is not None
    assert metadata.media_library_status is ACTIVE


async def test_a_new_name_alone_needs_no_look_at_the_image(client: lm.LinkedInClient, linkedin_simulator: Any) -> None:
    image = await add_image(client, linkedin_simulator, "hero")

    await client.images.partial_update(image, account=linkedin_simulator.account, asset_name="new")

    assert "images.get" not in calls(linkedin_simulator)


class TestOfAnImageThatIsProcessing:
    @pytest.fixture
    def linkedin_simulator_config(self) -> SimulatorConfig:
        return SimulatorConfig(processing_seconds=3600)

    @pytest.mark.parametrize("status", [ARCHIVED, ACTIVE])
    async def test_its_library_status_is_left_alone(
        self, client: lm.LinkedInClient, linkedin_simulator: Any, status: str
    ) -> None:
        image = await add_image(client, linkedin_simulator, "hero")
        if status == ACTIVE:
            linkedin_simulator.world.images.get(image).library_status = "ARCHIVED"

        with pytest.raises(lm.InvalidArgument, match="PROCESSING") as caught:
            await client.images.partial_update(image, account=linkedin_simulator.account, status=status)

        assert caught.value.argument == "status"
        assert "images.partial_update" not in calls(linkedin_simulator)

    async def test_the_image_in_hand_decides_without_a_call(
        self, client: lm.LinkedInClient, linkedin_simulator: Any
    ) -> None:
        image = await add_image(client, linkedin_simulator, "hero")
        current = lm.Image(id=image, status="PROCESSING")

        with pytest.raises(lm.InvalidArgument):
            await client.images.partial_update(
                image, account=linkedin_simulator.account, status=ARCHIVED, current=current
            )

        assert calls(linkedin_simulator, "images.get", "images.partial_update") == []

    async def test_linkedin_alone_decides_where_asked(self, client: lm.LinkedInClient, linkedin_simulator: Any) -> None:
        image = await add_image(client, linkedin_simulator, "hero")

        with pytest.raises(lm.BadRequest, match="Failed to update asset"):
            await client.images.partial_update(
                image, account=linkedin_simulator.account, status=ARCHIVED, check="never"
            )

        assert "images.get" not in calls(linkedin_simulator)

    async def test_the_status_it_has_already_is_no_change(
        self, client: lm.LinkedInClient, linkedin_simulator: Any
    ) -> None:
        image = await add_image(client, linkedin_simulator, "hero")

        await client.images.partial_update(image, account=linkedin_simulator.account, status=ACTIVE)

        assert calls(linkedin_simulator)[-1] == "images.partial_update"


async def test_an_image_without_a_status_is_left_to_linkedin(
    client: lm.LinkedInClient, linkedin_simulator: Any
) -> None:
    image = await add_image(client, linkedin_simulator, "hero")

    await client.images.partial_update(
        image, account=linkedin_simulator.account, status=ARCHIVED, current=lm.Image(id=image)
    )

    assert calls(linkedin_simulator)[-1] == "images.partial_update"


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({}, "nothing to update"),
        ({"asset_name": "  "}, "must not be empty"),
        ({"account": "urn:li:organization:1", "asset_name": "x"}, "account"),
    ],
    ids=["nothing", "no name", "no account"],
)
async def test_what_linkedin_would_refuse_is_not_sent(
    client: lm.LinkedInClient, linkedin_simulator: Any, changes: dict[str, Any], problem: str
) -> None:
    with pytest.raises(lm.InvalidArgument, match=problem):
        await client.images.partial_update("urn:li:image:a", **{"account": linkedin_simulator.account} | changes)

    assert calls(linkedin_simulator) == []


async def test_a_token_that_may_not_read_is_not_kept_from_writing(
    client: lm.LinkedInClient, linkedin_simulator: Any
) -> None:
    """The check is skipped; what LinkedIn says of the change itself comes out."""
    image = await add_image(client, linkedin_simulator, "hero")
    write_only = linkedin_simulator.issue_token("w_member_social")

    async with client_of(linkedin_simulator, write_only) as writer:
        with pytest.raises(lm.Forbidden) as caught:
            await writer.images.partial_update(image, account=linkedin_simulator.account, status=ARCHIVED)

    assert calls(linkedin_simulator)[-2:] == ["images.get", "images.partial_update"]
    assert caught.value.method == "PARTIAL_UPDATE"
    assert "rw_ads" in caught.value.hint


async def test_a_library_is_listed_page_by_page(client: lm.LinkedInClient, linkedin_simulator: Any) -> None:
    for number in range(5):
        await add_image(client, linkedin_simulator, f"picture {number}")

    found = client.images.find_by_associated_account(linkedin_simulator.account, count=2)

    names = [image.media_library_metadata.asset_name async for image in found if image.media_library_metadata]
    assert names == [f"picture {number}" for number in (4, 3, 2, 1, 0)]
    assert [len(page) async for page in found.by_page()] == [2, 2, 1]


async def test_a_library_is_asked_for_as_on_the_page(client: lm.LinkedInClient, linkedin_simulator: Any) -> None:
    found = client.images.find_by_associated_account(linkedin_simulator.account, status=ACTIVE, start=3, count=1)

    assert [image async for image in found] == []
    assert targets(linkedin_simulator, "images.finder") == [
        (
            "/rest/images?associatedAccount=urn%3Ali%3AsponsoredAccount%3A123456789&count=1&mediaLibraryStatus=(value:ACTIVE)"
            "&q=associatedAccount&start=3"
        )
    ]


async def test_a_library_is_filtered_by_status(client: lm.LinkedInClient, linkedin_simulator: Any) -> None:
    kept, archived = [await add_image(client, linkedin_simulator, name) for name in ("kept", "archived")]
    await client.images.partial_update(archived, account=linkedin_simulator.account, status=ARCHIVED)

    for status, image in ((ACTIVE, kept), (ARCHIVED, archived)):
        found = client.images.find_by_associated_account(linkedin_simulator.account, status=status)
        assert [one.id async for one in found] == [image]


@pytest.mark.parametrize("window", [{"count": 0}, {"count": 1001}, {"start": -1}])
def test_an_impossible_page_is_refused_at_once(linkedin_simulator: Any, window: dict[str, int]) -> None:
    with pytest.raises(lm.InvalidArgument):
        client_of(linkedin_simulator).images.find_by_associated_account(linkedin_simulator.account, **window)


async def test_a_gated_finder_says_what_to_ask_linkedin_for(linkedin_simulator: Any) -> None:
    token = linkedin_simulator.issue_token("w_organization_social")

    async with client_of(linkedin_simulator, token) as client:
        with pytest.raises(lm.Forbidden) as caught:
            [image async for image in client.images.find_by_associated_account(linkedin_simulator.account)]

    assert "Advertising API" in caught.value.hint
    assert caught.value.request_id


async def test_a_batch_says_of_every_image_what_became_of_it(
    client: lm.LinkedInClient, linkedin_simulator: Any
) -> None:
    there = [await add_image(client, linkedin_simulator) for _ in range(5)]

    batch = await client.images.batch_get([*there, "urn:li:image:gone"], batch_size=2)

    assert list(batch.results) == there
    error = batch.errors[lm.Urn("urn:li:image:gone")]
    assert isinstance(error, lm.NotFound)
    assert (error.method, error.resource) == ("BATCH_GET", "images")
    assert error.request_id


async def test_an_application_of_the_development_tier_gets_images_one_by_one(
    client: lm.LinkedInClient, linkedin_simulator: Any
) -> None:
    there = [await add_image(client, linkedin_simulator) for _ in range(3)]
    token = linkedin_simulator.issue_token("rw_ads", tier="development")

    async with client_of(linkedin_simulator, token) as developer:
        batch = await developer.images.batch_get(there)

    assert list(batch.results) == there
    assert calls(linkedin_simulator)[-4:] == ["images.batch_get", *["images.get"] * 3]


async def test_a_thing_that_is_no_image_is_refused_before_any_call(
    client: lm.LinkedInClient, linkedin_simulator: Any
) -> None:
    with pytest.raises(lm.InvalidArgument):
        await client.images.batch_get(["urn:li:image:a", "urn:li:share:1"])

    assert calls(linkedin_simulator) == []
