import pytest

from linkedin_media.simulator import SimulatorConfig
from tests.simulator.caller import enc, png

MISSING = "field is required but not found and has no default value"
ORGANIZATION_OF_OTHERS = "urn:li:organization:1"


async def test_initialize_upload_answers_as_documented(sim, linkedin):
    reply = await linkedin.initialize()

    value = reply.json["value"]
    assert reply.status == 200
    assert value["image"].startswith("urn:li:image:C4E10AQ")
    assert value["uploadUrl"].startswith(
        f"{sim.base_url}/dms-uploads/{value['image'][13:]}/uploaded-image/0?ca=vector_ads"
    )
    assert value["uploadUrlExpiresAt"] == (1_795_000_000 + 3600) * 1000
    assert sim.images[value["image"]].status == "WAITING_UPLOAD"


async def test_an_owner_is_the_member_an_organization_they_administer_or_an_account(sim, linkedin):
    for owner in (sim.person, sim.organization, sim.account):
        assert (await linkedin.initialize(owner)).status == 200


@pytest.mark.parametrize("owner", ["urn:li:person:somebody", ORGANIZATION_OF_OTHERS])
async def test_another_owner_is_403(linkedin, owner):
    reply = await linkedin.initialize(owner)

    assert (reply.status, reply.json["message"][:30]) == (403, "Accessing this image resource ")


async def test_an_owner_without_an_id_is_403_with_an_empty_message(linkedin):
    reply = await linkedin.initialize("urn:li:person:")

    assert (reply.status, reply.json) == (403, {"message": "", "status": 403})
    assert reply.headers["x-linkedin-error-response"] == "true"


async def test_a_company_is_no_owner_and_nonsense_is_no_urn(linkedin):
    company, nonsense = await linkedin.initialize("urn:li:company:5583111"), await linkedin.initialize("me")

    assert (company.status, company.code) == (400, "INVALID_URN_TYPE")
    assert company.json["message"].startswith("owner value urn:li:company:5583111 must be a person")
    assert (nonsense.status, nonsense.code) == (400, "INVALID_URN_ID")


async def test_every_violation_of_the_schema_is_named_in_one_422(linkedin):
    body = {
        "initializeUploadRequest": {"extra": 1, "mediaLibraryMetadata": {"assetName": 7, "mediaLibraryStatus": "ON"}}
    }
    reply = await linkedin.call("POST", "/rest/images?action=initializeUpload", json=body)

    assert reply.status == 422
    assert sorted(reply.json["message"].splitlines()) == [
        "ERROR :: /initializeUploadRequest/extra :: unrecognized field found but not allowed",
        "ERROR :: /initializeUploadRequest/mediaLibraryMetadata/assetName :: 7 cannot be coerced to String",
        f"ERROR :: /initializeUploadRequest/mediaLibraryMetadata/associatedAccount :: {MISSING}",
        'ERROR :: /initializeUploadRequest/mediaLibraryMetadata/mediaLibraryStatus :: "ON" is not an enum symbol',
        f"ERROR :: /initializeUploadRequest/owner :: {MISSING}",
    ]


async def test_the_media_library_needs_access_to_the_account(sim, linkedin):
    metadata = {"associatedAccount": sim.account, "assetName": "Hero"}
    without_scope = sim.issue_token("w_member_social")
    without_access = sim.issue_token(accounts=[])

    assert (await linkedin.initialize(metadata=metadata)).status == 200
    for token in (without_scope, without_access):
        reply = await linkedin.initialize(metadata=metadata, token=token)
        assert (reply.status, reply.code) == (403, "ACCESS_DENIED")


async def test_a_token_without_any_image_scope_may_not_register(sim, linkedin):
    reply = await linkedin.initialize(token=sim.issue_token("openid", "r_member_social"))

    assert (
        reply.json["message"] == "Not enough permissions to access: partnerApiImages.ACTION-initializeUpload.20260901"
    )


async def test_an_uploaded_image_is_processed_for_a_while_and_then_available(sim, linkedin):
    sim.configure(processing_seconds=2.0)
    image = await linkedin.upload()

    first = (await linkedin.get(f"/rest/images/{enc(image)}")).json
    sim.clock.advance(1.9)
    second = (await linkedin.get(f"/rest/images/{enc(image)}")).json
    sim.clock.advance(0.2)
    third = (await linkedin.get(f"/rest/images/{enc(image)}")).json

    assert first == {"owner": sim.person, "id": image, "status": "PROCESSING"}
    assert second["status"] == "PROCESSING"
    assert third["status"] == "AVAILABLE"
    assert (third["aspectRatioWidth"], third["aspectRatioHeight"]) == (4.0, 3.0)
    assert third["downloadUrlExpiresAt"] > 1_795_000_000_000


async def test_processing_may_take_a_range_or_what_a_function_says(sim, linkedin):
    sim.configure(processing_seconds=(1.0, 3.0))
    ranged = [await linkedin.upload() for _ in range(5)]
    sim.configure(processing_seconds=lambda image, size: size)
    by_size = await linkedin.upload()
    sim.clock.advance(3)

    assert {sim.images[image].status for image in ranged} == {"AVAILABLE"}
    assert sim.images[by_size].status == "PROCESSING"
    sim.clock.advance(len(png()))
    assert sim.images[by_size].status == "AVAILABLE"


async def test_an_available_image_can_be_downloaded_without_a_token_until_its_address_expires(sim, linkedin):
    image = await linkedin.upload()
    url = (await linkedin.get(f"/rest/images/{enc(image)}")).json["downloadUrl"]

    reply = await linkedin.get(url, without=["Authorization"])
    assert (reply.status, reply.headers["Content-Type"], reply.body) == (200, "image/png", png())
    assert (await linkedin.get(url[:-1] + "_")).status == 403
    sim.clock.advance(86_401)
    assert (await linkedin.get(url)).status == 403
    assert (await linkedin.get("/dms/image/nothing")).status == 404


async def test_the_oldest_content_is_let_go_beyond_the_bound(sim, linkedin):
    sim.reset(SimulatorConfig(clock=lambda: 0.0, keep_bytes=len(png()) + 10, processing_seconds=0))
    first, second = await linkedin.upload(), await linkedin.upload()

    assert sim.images.content(first) is None
    assert sim.images.content(second) == png()
    url = (await linkedin.get(f"/rest/images/{enc(first)}")).json["downloadUrl"]
    assert (await linkedin.get(url)).status == 410


async def test_an_unknown_image_is_404_or_what_is_configured(sim, linkedin):
    reply = await linkedin.get("/rest/images/urn%3Ali%3Aimage%3AX")
    sim.configure(not_found_status=400)
    configured = await linkedin.get("/rest/images/urn%3Ali%3Aimage%3AX")

    assert (reply.status, reply.json["code"], reply.json["message"]) == (404, "NOT_FOUND", "Could not find entity")
    assert (configured.status, configured.json["status"], configured.code) == (400, 400, "NOT_FOUND")


async def test_the_key_of_an_image_must_be_an_image_urn(linkedin):
    assert (await linkedin.get("/rest/images/urn%3Ali%3Aperson%3AX")).code == "INVALID_URN_TYPE"
    assert (await linkedin.get("/rest/images/X")).code == "INVALID_URN_ID"


async def test_a_batch_answers_for_each_id_under_its_raw_key(sim, linkedin):
    image = await linkedin.upload()
    theirs = await linkedin.upload("urn:li:person:b", token=sim.issue_token(member="urn:li:person:b"))
    asked = [image, theirs, "urn:li:image:nobody", "urn:li:person:b"]

    reply = await linkedin.get(f"/rest/images?ids=List({','.join(map(enc, asked))})")

    assert reply.status == 200
    assert reply.json["statuses"] == dict(zip(asked, [200, 403, 404, 400], strict=True))
    assert list(reply.json["results"]) == [image]
    assert reply.json["errors"]["urn:li:image:nobody"]["code"] == "NOT_FOUND"
    assert set(reply.json["errors"]) == set(asked[1:])


async def test_a_batch_has_a_largest_size(sim, linkedin):
    ids = ",".join(enc(f"urn:li:image:{number}") for number in range(101))

    reply = await linkedin.get(f"/rest/images?ids=List({ids})")
    assert (reply.status, "maximum of 100" in reply.json["message"]) == (400, True)
    sim.configure(batch_max=101)
    assert (await linkedin.get(f"/rest/images?ids=List({ids})")).status == 200


async def test_a_development_tier_token_may_get_but_not_batch_get(sim, linkedin):
    token = sim.issue_token(tier="development")
    image = enc(await linkedin.upload())

    assert (await linkedin.get(f"/rest/images/{image}", token=token)).status == 200
    assert (await linkedin.get(f"/rest/images?ids=List({image})", token=token)).status == 403


async def test_a_write_only_token_may_upload_and_not_read(sim, linkedin):
    token = sim.issue_token("w_member_social")
    image = enc(await linkedin.upload(token=token))

    for target, method in ((f"/rest/images/{image}", "GET"), (f"/rest/images?ids=List({image})", "BATCH_GET")):
        reply = await linkedin.get(target, token=token)
        assert (reply.status, reply.json["serviceErrorCode"]) == (403, 100)
        assert reply.json["message"] == f"Not enough permissions to access: partnerApiAssets.{method}.20260901"
    sim.configure(read_refusal="documented")
    assert "forbidden" in (await linkedin.get(f"/rest/images/{image}", token=token)).json["message"]


async def test_an_image_is_read_by_its_owner_alone_unless_an_account_owns_it(sim, linkedin):
    other = sim.issue_token(member="urn:li:person:b")

    for owner, status in ((sim.person, 403), (sim.organization, 403), (sim.account, 200)):
        image = await linkedin.upload(owner)
        assert (await linkedin.get(f"/rest/images/{enc(image)}")).status == 200
        assert (await linkedin.get(f"/rest/images/{enc(image)}", token=other)).status == status


async def test_the_same_seed_gives_the_same_ids(sim, linkedin):
    first = (await linkedin.initialize()).json["value"]
    sim.reset()
    assert (await linkedin.initialize()).json["value"] == first
