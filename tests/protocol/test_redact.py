"""What people see of a reply holds no secret and can be printed anywhere."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from linkedin_media.protocol.redact import LONGEST_EXCERPT, excerpt, printable, redact


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (
            "see https://www.linkedin.com/dms-uploads/x?ca=1&ut=SECRET now",
            "see https://www.linkedin.com/dms-uploads/x?… now",
        ),
        ('"uploadUrl":"https://www.linkedin.com/x?ut=SECRET"', '"uploadUrl":"https://www.linkedin.com/x?…"'),
        ("HTTPS://media.licdn.com/x?e=1&t=SECRET", "HTTPS://media.licdn.com/x?…"),
        ("Authorization: Bearer SECRET", "Authorization: Bearer …"),
        ("authorization: bearer   SECRET,next", "authorization: bearer   …,next"),
        ('{"access_token":"SECRET","expires_in":1}', '{"access_token":"…","expires_in":1}'),
        (
            "grant_type=refresh_token&refresh_token=SECRET&client_secret=SECRET",
            "grant_type=refresh_token&refresh_token=…&client_secret=…",
        ),
        ("'client_secret': 'SECRET'", "'client_secret': '…'"),
        ("/callback?code=SECRET&state=x", "/callback?code=…&state=x"),
        ("token = SECRET", "token = …"),
        ("…/uploaded-image/0?v=beta&ut=SECRET", "…/uploaded-image/0?v=beta&ut=…"),
    ],
)
def test_credentials_and_signed_queries_are_taken_out(text: str, shown: str) -> None:
    assert redact(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "Not enough permissions to access: partnerApiAssets.GET.20260201",
        "The token used in the request has expired",
        '{"status":403,"serviceErrorCode":100,"code":"ACCESS_DENIED"}',
        "HTTP status code: 403",
        "https://www.linkedin.com/help",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert redact(text) == text


def test_a_known_secret_is_taken_out_wherever_it_stands() -> None:
    assert redact("echo AQX123 and AQX123", "AQX123", "") == "echo … and …"


def test_an_excerpt_is_the_redacted_beginning_on_one_line() -> None:
    shown = excerpt(b"<html>\r\n\t<p>Bearer SECRET</p>\x1b[31m</html>" + b"x" * 5000)

    assert shown.startswith("<html>")
    assert "SECRET" not in shown
    assert shown.isprintable()
    assert len(shown.encode()) <= LONGEST_EXCERPT


def test_a_secret_at_the_edge_of_an_excerpt_is_taken_out_before_the_cut() -> None:
    body = b"x" * (LONGEST_EXCERPT - 20) + b" Bearer " + b"SECRET" * 200

    assert "SECRET" not in excerpt(body)


@given(st.binary(max_size=2000))
def test_an_excerpt_of_anything_can_be_printed(body: bytes) -> None:
    shown = excerpt(body)

    assert shown.isprintable()
    assert len(shown.encode("utf-8")) <= LONGEST_EXCERPT


@given(st.text())
def test_text_of_a_server_can_be_printed_anywhere(text: str) -> None:
    shown = printable(text)

    shown.encode("utf-8")
    assert all(character.isprintable() or character == "\n" for character in shown)


def test_the_lines_of_a_message_stay() -> None:
    message = "ERROR :: /author :: field is required\nERROR :: /x :: unrecognized field"

    assert printable(message) == message
