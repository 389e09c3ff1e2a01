import asyncio
import io

import pytest

from tests.simulator.caller import enc

IMAGE = "/rest/images/urn%3Ali%3Aimage%3AX"


async def test_a_call_without_a_token_is_401_empty(linkedin):
    reply = await linkedin.get(IMAGE, without=["Authorization"])

    assert reply.status == 401
    assert reply.json == {
        "status": 401,
        "serviceErrorCode": 65604,
        "code": "EMPTY_ACCESS_TOKEN",
        "message": "Empty oauth2 access token",
    }


@pytest.mark.parametrize(
    ("authorization", "code"),
    [
        ("Bearer ", 65604),
        ("Bearer nonsense", 65600),
        ("Basic abc", 65600),
    ],
)
async def test_a_token_nobody_issued_is_401(linkedin, authorization, code):
    reply = await linkedin.get(IMAGE, headers={"Authorization": authorization})

    assert (reply.status, reply.json["serviceErrorCode"]) == (401, code)


async def test_a_revoked_token_is_401_65601_and_an_expired_one_65602(sim, linkedin):
    revoked, expired = sim.issue_token(), sim.issue_token(expires_in=60)
    sim.revoke_token(revoked)
    sim.clock.advance(60)

    assert (await linkedin.get(IMAGE, token=revoked)).json["serviceErrorCode"] == 65601
    assert (await linkedin.get(IMAGE, token=expired)).json["serviceErrorCode"] == 65602


async def test_a_call_without_a_version_is_400_version_missing_from_the_gateway(linkedin):
    reply = await linkedin.get(IMAGE, without=["LinkedIn-Version"])

    assert (reply.status, reply.code) == (400, "VERSION_MISSING")
    assert reply.headers["X-Restli-Gateway-Error"] == "true"


@pytest.mark.parametrize(
    ("version", "named"), [("202508", "20250801"), ("202512", "20251201"), ("209901.02", "20990102")]
)
async def test_a_version_that_is_not_active_is_426(linkedin, version, named):
    reply = await linkedin.get(IMAGE, headers={"LinkedIn-Version": version})

    assert (reply.status, reply.code) == (426, "NONEXISTENT_VERSION")
    assert reply.json["message"] == f"Requested version {named} is not active"


async def test_a_call_without_protocol_2_is_400(linkedin):
    for headers in ({}, {"X-Restli-Protocol-Version": "1.0.0"}):
        reply = await linkedin.get(IMAGE, without=["X-Restli-Protocol-Version"], headers=headers)
        assert (reply.status, reply.code) == (400, "ILLEGAL_ARGUMENT")


async def test_checks_come_in_linkedins_order(linkedin):
    nothing = ["Authorization", "LinkedIn-Version", "X-Restli-Protocol-Version"]

    assert (await linkedin.get("/rest/images/a:b", without=nothing)).status == 401
    assert (await linkedin.get("/rest/images/a:b", without=nothing[1:])).code == "VERSION_MISSING"
    assert "protocol" in (await linkedin.get("/rest/images/a:b", without=nothing[2:])).json["message"]
    assert "path" in (await linkedin.get("/rest/images/a:b?ids=(")).json["message"]


@pytest.mark.parametrize("key", ["urn:li:image:X", "urn%3Ali%3Aimage%3A(X)", "a%2", "a%zz", "a'b", "%ff"])
async def test_a_key_that_is_not_encoded_as_a_whole_is_400(linkedin, key):
    reply = await linkedin.get(f"/rest/images/{key}")

    assert (reply.status, reply.json["message"]) == (400, "Syntax exception in path variables")


@pytest.mark.parametrize(
    "query",
    [
        "ids=List%28urn%3Ali%3Aimage%3AX%29",
        "ids=List(urn:li:image:X)",
        "ids=List(a",
        "ids=%zz",
        "ids=List(a)&ids=List(b)",
        "ids=urn%3Ali%3Aimage%3AX",
        "ids=List()",
    ],
)
async def test_a_list_that_is_malformed_or_encoded_in_its_structure_is_400_param_invalid(linkedin, query):
    reply = await linkedin.get(f"/rest/images?{query}")

    assert (reply.status, reply.code) == (400, "PARAM_INVALID")
    assert reply.json["errorDetails"]["inputErrors"][0]["input"] == {"inputPath": {"fieldPath": "ids"}}


@pytest.mark.parametrize(
    "path", ["/", "/rest", "/rest/nothing", "/rest/images/a/b", "/v2/nothing", "/elsewhere", "/v1/images"]
)
async def test_a_route_that_does_not_exist_is_404(linkedin, path):
    assert (await linkedin.get(path)).code == "RESOURCE_NOT_FOUND"


async def test_a_method_a_resource_does_not_have_is_404(linkedin):
    assert (await linkedin.call("DELETE", IMAGE)).code == "RESOURCE_NOT_FOUND"
    assert (await linkedin.get("/rest/images")).code == "RESOURCE_NOT_FOUND"


async def test_the_restli_method_may_be_sent_in_either_case_and_must_fit(linkedin):
    right = await linkedin.get(IMAGE, headers={"X-RestLi-Method": "get"})
    wrong = await linkedin.get(IMAGE, headers={"X-RestLi-Method": "FINDER"})

    assert (right.status, wrong.status) == (404, 400)
    assert "FINDER" in wrong.json["message"]


async def test_a_partial_update_must_say_so(linkedin):
    reply = await linkedin.call("POST", IMAGE, json={"patch": {}})

    assert (reply.status, reply.code) == (400, "ILLEGAL_ARGUMENT")
    assert "PARTIAL_UPDATE" in reply.json["message"]


async def test_a_query_of_more_than_4096_bytes_is_414_and_travels_in_a_tunnel(sim, linkedin):
    sim.configure(batch_max=1000)
    query = f"ids=List({','.join(enc(f'urn:li:image:{number:020}') for number in range(110))})"
    tunnelled = {
        "X-HTTP-Method-Override": "GET",
        "X-RestLi-Method": "BATCH_GET",
        "Content-Type": "application/x-www-form-urlencoded",
    }

    assert (await linkedin.get(f"/rest/images?{query}")).status == 414
    reply = await linkedin.call("POST", "/rest/images", data=query, headers=tunnelled)
    assert reply.status == 200
    assert len(reply.json["errors"]) == 110
    assert sim.journal[-1].operation == "images.batch_get"


async def test_a_tunnel_without_a_query_is_400(linkedin):
    reply = await linkedin.call("POST", "/rest/images", json={}, headers={"X-HTTP-Method-Override": "GET"})

    assert reply.status == 400


async def test_a_post_of_unknown_length_is_411(linkedin):
    async def chunks():
        yield b"{}"

    assert (await linkedin.call("POST", "/rest/posts", data=chunks())).status == 411


@pytest.mark.parametrize("body", [b"{", b"", b"[]", b"\xff", b"[" * 100_000])
async def test_a_body_that_is_no_json_object_is_400(linkedin, body):
    reply = await linkedin.call("POST", "/rest/posts", data=body, headers={"Content-Type": "application/json"})

    assert (reply.status, reply.json["message"]) == (400, "Request body could not be converted to data map")


async def test_a_body_of_another_type_is_415_and_one_beyond_a_megabyte_413(linkedin):
    assert (
        await linkedin.call("POST", "/rest/posts", data=b"{}", headers={"Content-Type": "text/plain"})
    ).status == 415
    assert (await linkedin.call("POST", "/rest/posts", data=io.BytesIO(b" " * 1_100_000))).status == 413


async def test_every_answer_carries_request_ids_and_the_protocol(linkedin):
    replies = [await linkedin.get(IMAGE), await linkedin.get("/rest/nothing")]

    assert len({reply.headers["x-li-uuid"] for reply in replies}) == 2
    assert {reply.headers["X-RestLi-Protocol-Version"] for reply in replies} == {"2.0.0"}
    assert {reply.headers["X-RestLi-Error-Response"] for reply in replies} == {"true"}


async def test_the_journal_holds_every_call_in_order_without_the_token(sim, linkedin):
    await linkedin.get(IMAGE, headers={"X-RestLi-Method": "GET"})
    await linkedin.call("POST", "/rest/images?action=initializeUpload", json={"x": 1})

    first, second = sim.journal
    assert (first.index, first.method, first.raw_path, first.status) == (0, "GET", IMAGE, 404)
    assert (first.operation, first.resource, first.restli_method) == ("images.get", "images", "GET")
    assert first.headers["Authorization"] == "Bearer [redacted]"
    assert sim.token not in repr(list(sim.journal))
    assert (second.operation, second.status, second.ok) == ("images.initializeUpload", 422, False)
    assert second.bytes == len(b'{"x": 1}')
    assert sim.journal.count(resource="images") == 2
    assert sim.journal.count(since=1, restli_method="GET") == 0
    assert any("unrecognized field" in complaint for complaint in sim.journal.complaints())
    assert type(first).from_json(first.to_json()) == first


async def test_connections_are_counted(sim, linkedin):
    await asyncio.gather(*(linkedin.get(IMAGE) for _ in range(5)))
    await linkedin.get(IMAGE)

    assert sim.journal.connections == 5
    assert sim.open_connections == 5
