"""Which addresses may see a token or an image."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st
from yarl import URL

from linkedin_media.errors import InvalidArgument
from linkedin_media.protocol.hosts import DOWNLOAD_HOSTS, UPLOAD_HOSTS, distrust, parse_base_url

LINKEDIN = parse_base_url("https://api.linkedin.com")
LOCAL = parse_base_url("http://127.0.0.1:8080")
GOOD = "https://www.linkedin.com/dms-uploads/C4E/uploaded-image/0?ca=vector_ads&cn=uploads&sync=0&v=beta&ut=08zHQ%2D"


@pytest.mark.parametrize(
    "url", [GOOD, "https://linkedin.com/x", "https://a.b.linkedin.com:443/x", "https://WWW.LinkedIn.COM/"]
)
def test_linkedins_own_addresses_are_trusted_with_an_upload(url: str) -> None:
    assert distrust(url, LINKEDIN, UPLOAD_HOSTS) is None


@pytest.mark.parametrize(
    ("url", "why"),
    [
        (None, "missing"),
        (5, "missing"),
        ("", "missing"),
        ("http://www.linkedin.com/x", "not https"),
        ("ftp://www.linkedin.com/x", "not a plain http"),
        ("//www.linkedin.com/x", "not a plain http"),
        ("/dms-uploads/x", "not a plain http"),
        ("https:/www.linkedin.com/x", "not a plain http"),
        ("https://linkedin.com.evil.example/x", "host linkedin.com.evil.example is not"),
        ("https://evillinkedin.com/x", "host evillinkedin.com is not"),
        ("https://evil.example/www.linkedin.com", "host evil.example is not"),
        ("https://evil.example?.linkedin.com", "host evil.example is not"),
        ("https://www.linkedin.com@evil.example/x", "not a plain http"),
        ("https://user:password@www.linkedin.com/x", "not a plain http"),
        ("https://evil.example\\@www.linkedin.com/x", "characters"),
        ("https://evil.example#.linkedin.com/x", "characters"),
        ("https://108.174.10.10/x", "host 108.174.10.10 is not"),
        ("https://[::1]/x", "host [::1] is not"),
        ("https://[2001:db8::1]/x", "not a plain http"),
        ("https://www.linkedin.com:8443/x", "port 8443"),
        ("https://www.linkedin.com:0/x", "not a plain http"),
        ("https://www.linkedin.com:99999/x", "not a plain http"),
        ("https://www.linkedin.com:/x", "not a plain http"),
        ("https://www.linkedin.com./x", "not a plain http"),
        ("https://www..linkedin.com/x", "not a plain http"),
        ("https://.linkedin.com/x", "not a plain http"),
        ("https://www.linkedin.com/x y", "characters"),
        ("https://www.linkedin.com/x\r\nHost: evil", "characters"),
        ("https://www.linkedin.com/x\x00", "characters"),
        ("https://www.linkedin.com/é", "characters"),
        ("https://\uff57\uff57\uff57.linkedin.com/x", "characters"),
        ("https://www.linkedin\u3002com/x", "characters"),
        (f"https://www.linkedin.com/{'x' * 8192}", "8217 characters long"),
    ],
)
def test_any_other_address_is_distrusted_with_the_reason(url: object, why: str) -> None:
    assert why in (distrust(url, LINKEDIN, UPLOAD_HOSTS) or "trusted")


def test_pictures_may_come_from_linkedins_media_hosts_too() -> None:
    assert distrust("https://media.licdn.com/dms/image/x?e=1&t=s", LINKEDIN, DOWNLOAD_HOSTS) is None
    assert distrust("https://media.licdn.com/dms/image/x", LINKEDIN, UPLOAD_HOSTS) is not None
    assert distrust("https://media.licdn-ei.com/dms/image/x", LINKEDIN, DOWNLOAD_HOSTS) is not None


@pytest.mark.parametrize(
    ("url", "trusted"),
    [
        ("http://127.0.0.1:8080/dms-uploads/x?ut=1", True),
        ("http://127.0.0.1:8081/x", False),
        ("https://127.0.0.1:8080/x", False),
        ("http://localhost:8080/x", False),
        (GOOD, True),
    ],
)
def test_a_stand_in_on_this_machine_is_trusted_with_its_very_own_origin(url: str, *, trusted: bool) -> None:
    assert (distrust(url, LOCAL, UPLOAD_HOSTS) is None) == trusted


def test_the_origin_of_a_base_elsewhere_earns_no_trust() -> None:
    proxy = parse_base_url("https://proxy.example")

    assert distrust("https://proxy.example/upload", proxy, UPLOAD_HOSTS) is not None


def test_a_signed_url_holds_visible_ascii_that_needs_no_escape() -> None:
    characters = [chr(number) for number in range(0x300)]
    may = {character for character in characters if "!" <= character <= "~"} - set('"#<>\\^`{|}')

    taken = {
        character
        for character in characters
        if distrust(f"https://www.linkedin.com/u?{character}", LINKEDIN, UPLOAD_HOSTS) is None
    }

    assert taken == may


@given(st.text(), st.sampled_from(["", "https://www.linkedin.com", "https://evil.example", "https://"]))
def test_a_trusted_address_is_linkedins_for_the_library_that_sends_it(tail: str, head: str) -> None:
    url = head + tail

    if distrust(url, LINKEDIN, UPLOAD_HOSTS) is None:
        seen = URL(url, encoded=True)
        assert seen.scheme == "https"
        assert (seen.host or "").endswith("linkedin.com")
        assert (seen.user, seen.port) == (None, 443)


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("https://api.linkedin.com", "https://api.linkedin.com"),
        ("https://api.linkedin.com/", "https://api.linkedin.com"),
        ("https://api.linkedin.com:443", "https://api.linkedin.com"),
        ("https://gateway.example/linkedin/", "https://gateway.example/linkedin"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://localhost:80", "http://localhost"),
        ("http://[::1]:8080", "http://[::1]:8080"),
    ],
)
def test_a_base_url_is_read(text: str, origin: str) -> None:
    assert str(parse_base_url(text)) == origin


@pytest.mark.parametrize(
    "text",
    [
        "",
        "api.linkedin.com",
        "https://",
        "https://api.linkedin.com?x=1",
        "https://api.linkedin.com/x#y",
        "https://api.linkedin.com/x y",
        "https://api.linkedin.com/\rX: y",
        "https://api.linkedin.com:70000",
        "file:///etc/passwd",
    ],
)
def test_what_is_no_base_url_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        parse_base_url(text)

    assert caught.value.argument == "base_url"
    assert "https://api.linkedin.com" in caught.value.hint
    assert "\r" not in caught.value.message


@pytest.mark.parametrize("text", ["http://api.linkedin.com", "http://127.0.0.1.evil.example", "http://10.0.0.1:8080"])
def test_plain_http_is_for_this_machine_only(text: str) -> None:
    with pytest.raises(InvalidArgument, match="plain http would show the token"):
        parse_base_url(text)


def test_a_password_in_a_base_url_is_refused_and_not_repeated() -> None:
    with pytest.raises(InvalidArgument) as caught:
        parse_base_url("https://me:PASSWORD@api.linkedin.com")

    assert "PASSWORD" not in str(caught.value)
