import pytest

from tests.simulator.caller import enc

UPDATE = {"X-RestLi-Method": "PARTIAL_UPDATE"}


@pytest.fixture
async def register(sim, linkedin):
    async def registered(name, data=None, **options):
        return await linkedin.upload(
            sim.organization, data, metadata={"associatedAccount": sim.account, "assetName": name}, **options
        )

    return registered


@pytest.fixture
async def update(sim, linkedin):
    async def updated(image, changes, account=None, **options):
        target = f"/rest/images/{enc(image)}?associatedAccount={enc(account or sim.account)}"
        body = {"patch": {"mediaLibraryMetadata": {"$set": changes}}}
        return await linkedin.call("POST", target, **{"json": body, "headers": UPDATE} | options)

    return updated


@pytest.fixture
async def listed(sim, linkedin):
    async def found(**params):
        fixed = {"associatedAccount": enc(sim.account), "q": "associatedAccount"}
        query = "&".join(f"{name}={value}" for name, value in (fixed | params).items())
        return await linkedin.get(f"/rest/images?{query}")

    return found


async def test_a_registered_image_carries_its_library_entry(sim, linkedin, register):
    image = await register("Hero")

    metadata = {"associatedAccount": sim.account, "mediaLibraryStatus": "ACTIVE", "assetName": "Hero"}
    assert (await linkedin.get(f"/rest/images/{enc(image)}")).json["mediaLibraryMetadata"] == metadata
    elsewhere = f"?associatedAccount={enc('urn:li:sponsoredAccount:9')}"
    assert "mediaLibraryMetadata" not in (await linkedin.get(f"/rest/images/{enc(image)}{elsewhere}")).json


async def test_an_image_is_renamed_and_archived(sim, register, update):
    image = await register("Hero")
    reply = await update(image, {"assetName": "New", "mediaLibraryStatus": "ARCHIVED"})

    assert (reply.status, reply.body) == (204, b"")
    assert (sim.images[image].asset_name, sim.images[image].library_status) == ("New", "ARCHIVED")
    assert (await update(image, {"mediaLibraryStatus": "ACTIVE"})).status == 204


async def test_archiving_waits_for_processing_and_restoring_needs_its_success(sim, linkedin, register, update):
    failed = await register("Broken", b"no picture")
    sim.configure(processing_seconds=5)
    image = await register("Hero")

    early = await update(image, {"mediaLibraryStatus": "ARCHIVED"})
    assert (early.status, early.code) == (400, "UPDATING_ASSET_FAILED")
    assert early.json["message"].startswith(f"Failed to update asset {image} for the intended usecase.")
    sim.clock.advance(5)
    assert (await update(image, {"mediaLibraryStatus": "ARCHIVED"})).status == 204
    assert (await update(failed, {"mediaLibraryStatus": "ARCHIVED"})).status == 204
    assert (await update(failed, {"mediaLibraryStatus": "ACTIVE"})).status == 400
    metadata = {"associatedAccount": sim.account, "assetName": "waits"}
    waiting = (await linkedin.initialize(metadata=metadata)).json["value"]["image"]
    assert (await update(waiting, {"mediaLibraryStatus": "ARCHIVED"})).status == 400
    assert (await update(waiting, {"assetName": "still waits"})).status == 204


async def test_other_patch_data_is_silently_ignored_and_noted(sim, register, update):
    image = await register("Hero")
    body = {"patch": {"$set": {"owner": "x"}, "mediaLibraryMetadata": {"$set": {"assetName": "New", "colour": 1}}}}

    assert (await update(image, {}, json=body)).status == 204
    assert sim.images[image].asset_name == "New"
    assert sim.journal[-1].verdicts == ("silently ignored patch data: $set, mediaLibraryMetadata.$set.colour",)


async def test_an_update_must_name_an_account_one_can_use_and_the_images_own(sim, linkedin, register, update):
    image = await register("Hero")
    other = "urn:li:sponsoredAccount:9"
    nameless = await linkedin.call("POST", f"/rest/images/{enc(image)}", json={"patch": {}}, headers=UPDATE)

    assert (nameless.status, nameless.code) == (400, "MISSING_FIELD")
    assert (await update(image, {"assetName": "x"}, other)).status == 403
    both = sim.issue_token(accounts=[sim.account, other])
    assert (await update(image, {"assetName": "x"}, other, token=both)).status == 404
    assert (await update(image, {"assetName": "x"}, "urn:li:person:a")).status == 400
    no_ads = sim.issue_token("w_organization_social")
    assert (await update(image, {"assetName": "x"}, token=no_ads)).status == 403


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"patch": 1},
        {"patch": {"mediaLibraryMetadata": {"$set": 1}}},
        {"patch": {"mediaLibraryMetadata": {"$set": {"assetName": 1}}}},
    ],
)
async def test_a_malformed_patch_is_422(register, update, body):
    assert (await update(await register("Hero"), {}, json=body)).status == 422


async def test_a_librarys_images_are_listed_the_last_modified_first(sim, register, update, listed):
    images = []
    for number in range(12):
        images.append(await register(f"image {number}"))
        sim.clock.advance(1)
    await update(images[3], {"mediaLibraryStatus": "ARCHIVED"})
    await update(images[0], {"assetName": "renamed"})

    reply = await listed()
    assert [image["id"] for image in reply.json["elements"]] == [images[0], *images[:2:-1]]
    href = reply.json["paging"]["links"][0]["href"]
    assert href.endswith(f"associatedAccount={enc(sim.account)}&q=associatedAccount&start=10&count=10")
    archived = (await listed(mediaLibraryStatus="(value:ARCHIVED)")).json
    assert [image["id"] for image in archived["elements"]] == [images[3]]
    assert archived["paging"] == {"start": 0, "count": 10, "links": []}


async def test_a_next_link_keeps_the_filter_and_leads_to_the_rest(linkedin, register, listed):
    images = [await register(f"image {number}") for number in range(3)]
    page = (await listed(mediaLibraryStatus="(value:ACTIVE)", start=0, count=2)).json

    rest = (await linkedin.get(page["paging"]["links"][0]["href"])).json
    assert [image["id"] for image in rest["elements"]] == images[:1]
    assert rest["paging"]["links"] == []


@pytest.mark.parametrize(
    "params",
    [
        {"count": 1001},
        {"count": 0},
        {"start": "x"},
        {"mediaLibraryStatus": "ACTIVE"},
        {"mediaLibraryStatus": "(value:OTHER)"},
        {"mediaLibraryStatus": "%28value%3AACTIVE%29"},
        {"q": "owner"},
        {"associatedAccount": "''"},
    ],
)
async def test_a_finder_is_strict_about_its_parameters(listed, params):
    assert (await listed(**params)).status == 400


async def test_up_to_a_thousand_may_be_asked_for(listed):
    assert (await listed(count=1000)).json == {"elements": [], "paging": {"start": 0, "count": 1000, "links": []}}
