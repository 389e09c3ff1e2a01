import pytest

from linkedin_media.simulator import commentary
from tests.simulator.caller import enc

DUPLICATE = "com.linkedin.content.common.exception.BadRequestResponseException: Content is a duplicate of "


async def test_a_post_is_201_without_a_body_and_with_its_id_in_both_headers(sim, linkedin):
    image = await linkedin.upload()
    reply = await linkedin.post(image)

    urn = reply.headers["x-restli-id"]
    assert (reply.status, reply.body, reply.headers["x-linkedin-id"]) == (201, b"", urn)
    assert reply.headers["Location"] == f"/rest/posts/{enc(urn)}"
    assert int(urn.removeprefix("urn:li:share:")) >> 22 == 1_795_000_000_000
    assert (sim.posts[urn].author, sim.posts[urn].images) == (sim.person, (image,))
    assert sim.posts.with_image(image) == [sim.posts[urn]]
    assert (sim.journal[-1].post, sim.journal[-1].operation) == (urn, "posts.create")


@pytest.mark.parametrize(
    ("choice", "present"), [("restli", ["x-restli-id"]), ("linkedin", ["x-linkedin-id"]), ("none", [])]
)
async def test_which_header_carries_the_id_can_be_chosen(sim, linkedin, choice, present):
    sim.configure(post_id_headers=choice)
    reply = await linkedin.post()

    assert [name for name in ("x-restli-id", "x-linkedin-id") if name in reply.headers] == present
    assert ("Location" in reply.headers) == bool(present)
    assert len(sim.posts) == 1


async def test_ids_grow_even_within_a_millisecond(sim, linkedin):
    ids = [(await linkedin.post(commentary=str(number))).id for number in range(3)]

    assert ids == sorted(ids)
    assert len(set(ids)) == 3


@pytest.mark.parametrize("missing", ["author", "commentary", "visibility", "distribution", "lifecycleState"])
async def test_a_missing_field_is_422(linkedin, missing):
    reply = await linkedin.post(**{missing: None})

    assert reply.status == 422
    assert reply.json["message"] == f"ERROR :: /{missing} :: field is required but not found and has no default value\n"


@pytest.mark.parametrize(
    ("fields", "line"),
    [
        ({"x": 1}, "/x :: unrecognized field found but not allowed"),
        ({"visibility": "SECRET"}, '/visibility :: "SECRET" is not an enum symbol'),
        ({"commentary": 19.9}, "/commentary :: 19.9 cannot be coerced to String"),
        ({"isReshareDisabledByAuthor": "no"}, "/isReshareDisabledByAuthor :: no cannot be coerced to Boolean"),
        ({"distribution": []}, "/distribution :: record type is not backed by a DataMap"),
        (
            {"distribution": {"feedDistribution": "ALL"}},
            '/distribution/feedDistribution :: "ALL" is not an enum symbol',
        ),
        (
            {"distribution": {"feedDistribution": "NONE", "targetEntities": {}}},
            "/distribution/targetEntities :: array type is not backed by a DataList",
        ),
        ({"content": {"media": {"id": "a", "caption": "b"}}}, "/content/media/caption :: unrecognized field found"),
        ({"content": {"multiImage": {"images": [{}]}}}, "/content/multiImage/images/0/id :: field is required"),
        ({"adContext": {"dscAdType": "VIDEO"}}, "/adContext/dscAdType :: unrecognized field found"),
    ],
)
async def test_a_violation_of_the_schema_is_422(linkedin, fields, line):
    reply = await linkedin.post(**fields)

    assert reply.status == 422
    assert reply.json["message"].startswith(f"ERROR :: {line}")


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"lifecycleState": "DRAFT"}, "INVALID_VALUE_FOR_FIELD"),
        ({"author": "urn:li:company:5583111"}, "INVALID_URN_TYPE"),
        ({"author": "me"}, "INVALID_URN_ID"),
        ({"commentary": ""}, "INVALID_VALUE_BLANK_FIELD"),
        ({"commentary": "x" * 3001}, "FIELD_LENGTH_TOO_LONG"),
        ({"content": {}}, "INVALID_VALUE_FOR_FIELD"),
        ({"content": {"media": {"id": "urn:li:image:nobody"}}}, "INVALID_IMAGE_ID"),
        ({"content": {"media": {"id": "urn:li:video:nobody"}}}, "INVALID_VIDEO_ID"),
        ({"content": {"media": {"id": "urn:li:person:a"}}}, "INVALID_URN_TYPE"),
        ({"content": {"media": {"id": "nonsense"}}}, "INVALID_URN_ID"),
        ({"content": {"article": {"source": "ftp://x"}}}, "INVALID_URL"),
        ({"content": {"article": {"source": "https://[x"}}}, "INVALID_URL"),
        ({"content": {"article": {"source": "https://x", "thumbnail": "urn:li:image:no"}}}, "INVALID_IMAGE_ID"),
        ({"content": {"multiImage": {"images": []}}}, "INVALID_VALUE_FOR_FIELD"),
    ],
)
async def test_what_the_schema_allows_and_the_api_does_not_is_400(linkedin, fields, code):
    reply = await linkedin.post(**fields)

    assert (reply.status, reply.code) == (400, code)


async def test_escapes_do_not_count_towards_the_length(linkedin):
    assert (await linkedin.post(commentary="\\(" * 3000)).status == 201


async def test_a_post_without_words_needs_content(linkedin):
    assert (await linkedin.post(await linkedin.upload(), commentary="")).status == 201


async def test_an_image_must_be_processed_before_it_is_posted(sim, linkedin):
    waiting = (await linkedin.initialize()).json["value"]["image"]
    failed = await linkedin.upload(data=b"not an image")
    sim.configure(processing_seconds=5)
    processing = await linkedin.upload()

    codes = [(await linkedin.post(image)).code for image in (waiting, processing, failed)]
    assert codes == ["MEDIA_ASSET_WAITING_UPLOAD", "MEDIA_ASSET_PROCESSING", "UPDATING_ASSET_FAILED"]
    sim.clock.advance(5)
    assert (await linkedin.post(processing)).status == 201


async def test_an_unprocessed_image_may_be_let_through(sim, linkedin):
    sim.configure(processing_seconds=5, post_requires_available=False)

    assert (await linkedin.post(await linkedin.upload())).status == 201


async def test_the_owner_of_an_image_must_be_the_author(sim, linkedin):
    image = await linkedin.upload(sim.organization)

    reply = await linkedin.post(image)
    assert (reply.status, reply.json["message"]) == (400, "One or more of the assets is not owned by the author")
    assert (await linkedin.post(image, author=sim.organization)).status == 201


async def test_a_multi_image_post_holds_2_to_20_images(sim, linkedin):
    images = [await linkedin.upload() for _ in range(2)]
    many = [{"id": images[0]}] * 21

    assert (await linkedin.post(*images)).status == 201
    assert (await linkedin.post(content={"multiImage": {"images": many[:1]}})).status == 400
    assert (await linkedin.post(content={"multiImage": {"images": many}})).status == 400
    assert (await linkedin.post(content={"multiImage": {"images": many[:20]}})).status == 201


async def test_alternate_text_is_at_most_4086_characters(linkedin):
    image = await linkedin.upload()

    replies = [
        await linkedin.post(content={"media": {"id": image, "altText": "x" * length}}) for length in (4086, 4087)
    ]
    assert [reply.status for reply in replies] == [201, 400]
    assert replies[1].code == "FIELD_LENGTH_TOO_LONG"


@pytest.mark.parametrize(
    ("scopes", "options", "author", "status"),
    [
        (["w_member_social"], {}, "person", 201),
        (["w_member_social"], {}, "organization", 403),
        (["w_organization_social"], {}, "organization", 201),
        (["w_organization_social"], {}, "person", 403),
        (["w_organization_social"], {"organizations": []}, "organization", 403),
        (["w_member_social"], {"member": "urn:li:person:b"}, "person", 403),
        (["r_member_social"], {}, "person", 403),
    ],
)
async def test_posting_takes_the_scope_and_the_role(sim, linkedin, scopes, options, author, status):
    token = sim.issue_token(*scopes, **options)
    reply = await linkedin.post(author=getattr(sim, author), token=token)

    assert reply.status == status
    assert status == 201 or reply.code == "ACCESS_DENIED"


async def test_the_same_content_within_ten_minutes_is_422_and_names_the_original(sim, linkedin):
    original = (await linkedin.post()).id
    again = await linkedin.post(visibility="CONNECTIONS")

    assert again.status == 422
    assert again.json["message"] == DUPLICATE + original
    assert again.json["errorDetails"]["inputErrors"][0]["code"] == "DUPLICATE_POST"
    assert (await linkedin.post(commentary="other words")).status == 201
    sim.clock.advance(600)
    assert (await linkedin.post()).status == 201
    assert len(sim.posts) == 3


async def test_a_duplicate_of_a_deleted_post_is_still_one(linkedin):
    original = (await linkedin.post()).id
    await linkedin.call("DELETE", f"/rest/posts/{enc(original)}")

    assert (await linkedin.post()).json["message"] == DUPLICATE + original


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("Sales (net) rose", "Sales "),
        ("a\\b", "a"),
        ("snake_case", "snake"),
        ("1 < 2", "1 "),
        ("me@example.com", "me"),
        ("C# is", "C"),
        ("@[Eddy](urn:li:image:1) hi", ""),
        ("{hashtag|x} hi", ""),
    ],
)
async def test_a_bare_reserved_character_silently_costs_the_rest(sim, linkedin, sent, kept):
    reply = await linkedin.post(await linkedin.upload(), commentary=sent)

    assert reply.status == 201
    assert sim.posts[reply.id].commentary == kept
    assert "silently cut" in sim.journal[-1].verdicts[0]


@pytest.mark.parametrize(
    ("sent", "shown", "plain"),
    [
        ("Sales \\(net\\) rose\\\\", None, "Sales (net) rose\\"),
        ("Hi @[Eddy \\(Ed\\)](urn:li:person:1234)!", None, "Hi Eddy (Ed)!"),
        ("go #Python3 now", "go {hashtag|\\#|Python3} now", "go #Python3 now"),
        ("go {hashtag|\\#|Python}", None, "go #Python"),
        ("ação — 出処 €5.", None, "ação — 出処 €5."),
    ],
)
async def test_escapes_and_elements_are_kept_and_hashtags_come_back_as_templates(sim, linkedin, sent, shown, plain):
    urn = (await linkedin.post(commentary=sent)).id

    assert sim.journal[-1].verdicts == ()
    assert (await linkedin.get(f"/rest/posts/{enc(urn)}")).json["commentary"] == (shown or sent)
    assert commentary.read(sent).plain == plain


async def test_a_post_is_answered_for_as_documented(sim, linkedin):
    image = await linkedin.upload()
    urn = (await linkedin.post(image)).id

    assert (await linkedin.get(f"/rest/posts/{enc(urn)}")).json == {
        "id": urn,
        "author": sim.person,
        "commentary": "Hello",
        "visibility": "PUBLIC",
        "lifecycleState": "PUBLISHED",
        "lifecycleStateInfo": {"isEditedByAuthor": False},
        "distribution": {"feedDistribution": "MAIN_FEED", "targetEntities": [], "thirdPartyDistributionChannels": []},
        "content": {"media": {"id": image, "altText": "a picture", "taggedEntities": []}},
        "isReshareDisabledByAuthor": False,
        "createdAt": 1_795_000_000_000,
        "publishedAt": 1_795_000_000_000,
        "lastModifiedAt": 1_795_000_000_000,
        "createdBy": sim.person,
        "lastModifiedBy": sim.person,
        "publishedBy": sim.person,
    }


async def test_a_batch_of_posts_answers_for_each(linkedin):
    urn = (await linkedin.post()).id
    asked = [urn, "urn:li:share:1", "urn:li:image:1"]

    reply = await linkedin.get(f"/rest/posts?ids=List({','.join(map(enc, asked))})")
    assert list(reply.json["statuses"].values()) == [200, 404, 400]
    assert list(reply.json["results"]) == [urn]


async def test_reading_posts_takes_the_scope_of_the_author(sim, linkedin):
    mine = enc((await linkedin.post()).id)
    ours = enc((await linkedin.post(author=sim.organization)).id)
    member, page = sim.issue_token("r_member_social"), sim.issue_token("r_organization_social")

    statuses = [
        (await linkedin.get(f"/rest/posts/{post}", token=token)).status
        for token in (member, page)
        for post in (mine, ours)
    ]
    assert statuses == [200, 403, 403, 200]
    stranger = sim.issue_token("r_member_social", member="urn:li:person:b")
    assert (await linkedin.get(f"/rest/posts/{mine}", token=stranger)).status == 403
