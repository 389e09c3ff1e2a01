"""What holds for every value and for every text."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

from hypothesis import given, strategies as st

from linkedin_media.errors import RestliSyntaxError
from linkedin_media.protocol import restli
from linkedin_media.protocol.restli_reading import percent_decoded

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
primitives = texts | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(
    primitives | st.none(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)
masks: st.SearchStrategy[Any] = st.recursive(
    st.dictionaries(
        st.from_regex(r"[A-Za-z_.*$][\w.$-]{0,5}", fullmatch=True, alphabet=st.characters(codec="ascii")),
        st.integers(0, 1),
    ),
    lambda inner: st.dictionaries(st.sampled_from("abcde"), inner | st.integers(0, 1)),
    max_leaves=6,
)
garbage = st.text(st.sampled_from("(),:'%=&a4ListF\ud800é \t$-*1")) | st.text()


def _stringified(value: Any) -> Any:
    """What a value reads back as: text, with None gone."""
    match value:
        case dict():
            return {name: _stringified(item) for name, item in value.items() if item is not None}
        case list():
            return [_stringified(item) for item in value if item is not None]
        case bool():
            return str(value).lower()
        case float():
            return restli.encode(value)
        case _:
            return str(value)


@given(values.filter(lambda value: value is not None))
def test_a_value_reads_back_as_its_text(value: Any) -> None:
    assert restli.decode(restli.encode(value)) == _stringified(value)
    assert restli.reduced_decode(restli.reduced_encode(value)) == _stringified(value)


@given(st.dictionaries(texts.filter(lambda name: name != "fields"), values))
def test_a_query_reads_back(params: dict[str, Any]) -> None:
    assert restli.decode_params(restli.encode_params(params)) == _stringified(params)


@given(values.filter(lambda value: value is not None))
def test_what_is_written_for_a_url_is_safe_in_one(value: Any) -> None:
    assert re.fullmatch(r"[A-Za-z0-9._~%(),:'-]*", restli.encode(value))


@given(st.text(st.sampled_from("urn:li:image-_%3Aé ²") | st.characters(exclude_categories=["Cs"]), min_size=1))
def test_text_is_percent_encoded_as_everybody_does(text: str) -> None:
    encoded = quote(text, safe="")

    assert restli.encode(text) == encoded
    assert percent_decoded(encoded) == text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_is_written_without_an_exponent_and_without_loss(number: float) -> None:
    text = restli.encode(number)

    assert re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", text)
    assert float(text) == number


@given(masks)
def test_a_mask_reads_back(mask: Any) -> None:
    mask = {name: value for name, value in mask.items() if name not in {"$start", "$count"}}

    assert restli.decode_mask(restli.encode_mask(mask)) == mask


@given(garbage)
def test_garbage_is_read_or_refused_with_a_column_inside_it(text: str) -> None:
    for read in (restli.decode, restli.reduced_decode, restli.decode_params, restli.decode_mask):
        try:
            read(text)
        except RestliSyntaxError as error:
            assert 1 <= error.column <= len(text) + 1


@given(garbage)
def test_what_is_read_writes_back_to_what_reads_the_same(text: str) -> None:
    try:
        value = restli.decode(text)
    except RestliSyntaxError:
        return

    # The bare empty text is the one that changes: it is written ''.
    assert restli.decode(restli.encode(value)) == value


@given(st.text())
def test_a_created_id_is_never_refused(header: str) -> None:
    assert isinstance(restli.decode_created_id(header), str)


@given(texts.filter(lambda text: not text.startswith("(")))
def test_a_created_id_reads_back(text: str) -> None:
    assert restli.decode_created_id(restli.encode(text)) == (text or "''")
