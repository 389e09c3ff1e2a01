"""Rest.li against the test suites of LinkedIn's own clients, framework and specification (tests/vectors/restli.json).

Where a vector's dialect is not the house's, `DIVERGENCES` holds what the house writes and why; where a group is about
something else than text, `ELSEWHERE` names the module that answers for it.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import attrs
import pytest

from linkedin_media.errors import InvalidArgument, RestliSyntaxError
from linkedin_media.model.urn import Urn
from linkedin_media.protocol import restli
from linkedin_media.protocol.tunnel import tunnel
from linkedin_media.protocol.wire import Request, RestliMethod

VECTORS: Final = Path(__file__).resolve().parents[1] / "vectors" / "restli.json"
GROUPS: Final = {group["group"]: group for group in json.loads(VECTORS.read_text(encoding="utf-8"))["groups"]}

ELSEWHERE: Final = {
    "js.oauth_authorization_url": "protocol/oauth.py and its tests: scopes joined by a blank, as LinkedIn documents",
    "js.request_headers": "protocol/wire.py, headers_of, and its tests: the Rest.li method in upper case",
    "java.query_tunnel": "protocol/tunnel.py, in test_tunnel.py",
}


class Refused:
    """What the house writes instead: nothing."""


@attrs.frozen
class Divergence:
    reason: str
    house: Any


SORTED = "JavaScript keeps the order of insertion; order has no meaning, and sorted values can be compared and cached"
NO_NULL = "JavaScript writes None as the text null, which reads back as text; the house leaves it out"
JS_RECORD = (
    "('':emptystringkey,dangerous%28%27%29%2C%3Akey%3A:value,emptyList:List(),emptyListString:List(''),emptystring:'',"
    "false:false,k1:v1,k2:value%20with%20spaces,k3:List(1,2,3),k4:List%28value%3Awith%25reserved%2Cchars%2C%27%27%29,"
    "k5:(k51:v51,k52:v52),k6:List(%28v1%2C2%29,%28v2%2C2%29),multibyte:%E6%A0%AA%E5%BC%8F%E4%BC%9A%E7%A4%BE,"
    "querystringbreaker1:%3Fkey%3Dvalue,querystringbreaker2:%26key%3Dvalue%26,true:true,"
    "%E6%A0%AA%E5%BC%8F%E4%BC%9A%E7%A4%BE:multibytekey)"
)
JS_REDUCED_RECORD = (
    "('':emptystringkey,dangerous%28%27%29%2C%3Akey%3A:value,emptyList:List(),emptyListString:List(''),emptystring:'',"
    "false:false,k1:v1,k2:value with spaces,k3:List(1,2,3),k4:List%28value%3Awith%25reserved%2Cchars%2C%27%27%29,"
    "k5:(k51:v51,k52:v52),k6:List(%28v1%2C2%29,%28v2%2C2%29),multibyte:株式会社,"
    "querystringbreaker1:?key=value,querystringbreaker2:&key=value&,true:true,株式会社:multibytekey)"
)
JS_PARAMS = (
    "''=emptystringkey&dangerous%28%27%29%2C%3Akey%3A=value&emptyList=List()&emptyListString=List('')&emptystring=''"
    "&false=false&k1=v1&k2=value%20with%20spaces&k3=List(1,2,3)&k4=List%28value%3Awith%25reserved%2Cchars%2C%27%27%29"
    "&k5=(k51:v51,k52:v52)&k6=List(%28v1%2C2%29,%28v2%2C2%29)&multibyte=%E6%A0%AA%E5%BC%8F%E4%BC%9A%E7%A4%BE"
    "&querystringbreaker1=%3Fkey%3Dvalue&querystringbreaker2=%26key%3Dvalue%26&true=true"
    "&%E6%A0%AA%E5%BC%8F%E4%BC%9A%E7%A4%BE=multibytekey"
)
DIVERGENCES: Final = {
    ("python.encode", 0): Divergence(
        "Python writes nothing for None; a path that ends there names another resource, so the house refuses", Refused
    ),
    ("python.encode", 1): Divergence("Python writes nothing for the empty string; the specification says ''", "''"),
    ("js.encode", 0): Divergence(f"{SORTED}; {NO_NULL}", JS_RECORD),
    ("js.reduced_encode", 0): Divergence(
        f"{SORTED}; {NO_NULL}; JavaScript leaves % raw and so cannot tell %3A from :, Java and the house write %25",
        JS_REDUCED_RECORD,
    ),
    ("js.param_encode", 0): Divergence(f"{SORTED}; {NO_NULL}", JS_PARAMS),
    ("js.build_restli_url", 4): Divergence(
        SORTED,
        "https://api.linkedin.com/v2/testResource/(account:urn%3Ali%3Aaccount%3A456,member:urn%3Ali%3Amember%3A123)",
    ),
    ("js.created_entity_id", 2): Divergence(
        "JavaScript can be told not to decode; the house always does, and the header is there for the raw text",
        "urn:li:test:foo bar",
    ),
}


def _url(given: dict[str, Any]) -> str:
    return "https://api.linkedin.com" + "?".join(filter(None, _target(given)))


def _target(given: dict[str, Any]) -> tuple[str, str]:
    """Path and query, as the two official clients' arguments describe them."""
    path = given["path"]
    for name, key in given.get("keys", {}).items():
        path = path.replace(f"{{{name}}}", restli.encode(key))
    params = {"ids": given.get("ids"), "action": given.get("action")}
    if "action" not in given:  # the parameters of an action are its body
        params |= given.get("params", {})
    if "criteria" in given:
        name, criteria = given["criteria"]
        params |= {"bq": given["finder"], name: criteria}
    else:
        params["q"] = given.get("finder")
    return f"/{'rest' if 'version' in given else 'v2'}{path}", restli.encode_params(params)


def _key(given: dict[str, Any]) -> str:
    match given:
        case {"complex": {"key": key, "params": params}, "full": full}:
            return restli.key_to_string({**key, "$params": params} if full else key)
        case {"compound": key}:
            return restli.key_to_string(key)
        case _:
            (key,) = given.values()
            return restli.key_to_string(key)


def _params(given: dict[str, Any] | None) -> str:
    fields = (given or {}).get("fields")
    return restli.encode_params({**given, "fields": fields["$mask"]} if given and fields else given)


HOUSE: Final = {
    "encode": restli.encode,
    "reduced_encode": restli.reduced_encode,
    "param_encode": _params,
    "key_to_string": _key,
    "mask": restli.encode_mask,
    "mask_decode": restli.decode_mask,
    "decode": restli.decode,
    "reduced_decode": restli.reduced_decode,
    "param_decode": restli.decode_params,
    "created_id": lambda given: restli.decode_created_id(given["x-restli-id"]),
    "urn": lambda given: Urn.of(given["type"], given["id"]),
    "build_url": _url,
}
ERRORS: Final = frozenset({"decode_error", "mask_decode_error", "param_encode_error"})


def _cases(*ops: str) -> list[Any]:
    return [
        pytest.param((name, index), group["op"], case, id=f"{name}-{index}")
        for name, group in GROUPS.items()
        if group["op"] in ops
        for index, case in enumerate(group["cases"])
    ]


def test_every_group_is_held_here_or_by_a_test_with_a_name() -> None:
    held = {name for name, group in GROUPS.items() if group["op"] in {*HOUSE, *ERRORS, "request"}}

    assert held | ELSEWHERE.keys() == GROUPS.keys()
    assert held.isdisjoint(ELSEWHERE)


@pytest.mark.parametrize(("place", "op", "case"), _cases(*HOUSE))
def test_a_vector_holds_or_diverges_as_stated(place: tuple[str, int], op: str, case: dict[str, Any]) -> None:
    divergence = DIVERGENCES.get(place)

    if divergence is None:
        assert HOUSE[op](case["input"]) == case["expected"]
    elif divergence.house is Refused:
        with pytest.raises(InvalidArgument):
            HOUSE[op](case["input"])
    else:
        assert HOUSE[op](case["input"]) == divergence.house
        assert divergence.house != case["expected"], "no longer a divergence: take it off the list"


def test_a_divergence_is_about_a_vector() -> None:
    assert {(name, index) for name, index in DIVERGENCES if index < len(GROUPS[name]["cases"])} == DIVERGENCES.keys()


@pytest.mark.parametrize(("place", "op", "case"), _cases("mask"))
def test_a_mask_reads_back(place: tuple[str, int], op: str, case: dict[str, Any]) -> None:
    assert restli.decode_mask(case["expected"]) == case["input"]


@pytest.mark.parametrize(("place", "op", "case"), _cases("decode_error"))
def test_an_unbalanced_value_is_refused(place: tuple[str, int], op: str, case: dict[str, Any]) -> None:
    with pytest.raises(RestliSyntaxError, match="expected '\\)', found the end") as caught:
        restli.decode(case["input"])

    assert caught.value.column == len(case["input"]) + 1


@pytest.mark.parametrize(("place", "op", "case"), _cases("mask_decode_error"))
def test_a_malformed_mask_is_refused_in_the_same_words(place: tuple[str, int], op: str, case: dict[str, Any]) -> None:
    # Java begins every such message with "Malformed mask syntax"; the house's begin with the column.
    problem = case["expected"].removeprefix("Malformed mask syntax: ")

    with pytest.raises(RestliSyntaxError) as caught:
        restli.decode_mask(case["input"])

    assert problem in str(caught.value)


@pytest.mark.parametrize(("place", "op", "case"), _cases("param_encode_error"))
def test_what_is_no_mapping_makes_no_query(place: tuple[str, int], op: str, case: dict[str, Any]) -> None:
    given = datetime(2026, 1, 1, tzinfo=UTC) if case["input"] == "<Date object>" else case["input"]

    with pytest.raises(InvalidArgument, match="query parameters are a mapping"):
        restli.encode_params(given)


# --- requests of the Python client: the URL here, everything else where the house builds the request ----------------


def _long(text: Any) -> Any:
    return json.loads(json.dumps(text).replace("<4000-char a-z0-9 string>", "a1" * 2000))


@pytest.mark.parametrize(("place", "op", "case"), _cases("request"))
def test_the_url_of_an_official_client_can_be_built(place: tuple[str, int], op: str, case: dict[str, Any]) -> None:
    given, expected = _long(case["input"]), _long(case["expected"])

    if expected.get("headers", {}).get("X-HTTP-Method-Override"):
        path, query = _target(given)
        sent = tunnel(Request(restli_method=RestliMethod(case["restli_method"]), resource="", path=path, query=query))
        assert f"https://api.linkedin.com{sent.target}" == expected["url"]
        assert sent.http_method == expected["http_method"]
        assert sent.headers == expected["headers"]
        assert sent.body == expected["body"].encode()
    else:
        assert _url(given) == expected["url"]


@pytest.mark.parametrize(
    ("place", "op", "case"), [param for param in _cases("request") if "entities" in str(param.values[2]["expected"])]
)
def test_the_keys_of_a_batch_body_can_be_built(place: tuple[str, int], op: str, case: dict[str, Any]) -> None:
    # The Python client encodes them fully; the specification asks for the reduced form, which differs only for text.
    keys = [*case["expected"]["body"]["entities"]]

    assert [restli.encode(key) for key in case["input"]["ids"]] == keys
    assert [restli.reduced_encode(key) for key in case["input"]["ids"]] == keys


@pytest.mark.parametrize(
    ("place", "op", "case"), [param for param in _cases("request") if param.values[2]["restli_method"] == "CREATE"]
)
def test_the_id_of_what_was_created_is_read(place: tuple[str, int], op: str, case: dict[str, Any]) -> None:
    header = case["response"]["headers"]["x-restli-id"]

    assert restli.decode_created_id(header) == case["expected"]["parsed"]["decoded_entity_id"]
