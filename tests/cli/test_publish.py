"""``linkedin-media publish``: rows, lines, statuses, texts."""

from __future__ import annotations

import io
import sys

import pytest
from PIL import Image

from linkedin_media.simulator import Answer, CommitThenDrop, Fault

pytestmark = pytest.mark.usefixtures("signed_in")
SAID = ("--commentary", "Hi (there)")


def test_a_published_file_is_a_row_with_its_post(cli, photo, linkedin_simulator):
    ran = cli("publish", photo, *SAID, "--alt-text", "Blue", "--json")

    assert ran.status == 0
    assert list(ran.row) == ["ok", "post", "url", "images"]
    assert ran.row["url"] == f"https://www.linkedin.com/feed/update/{ran.row['post']}/"
    post = linkedin_simulator.posts[ran.row["post"]]
    assert list(post.images) == ran.row["images"]
    assert post.author == linkedin_simulator.organization
    assert (post.commentary, post.visibility) == (r"Hi \(there\)", "PUBLIC")
    assert post.content["media"]["altText"] == "Blue"


def test_people_read_where_the_post_is(cli, photo):
    ran = cli("publish", photo, *SAID)

    assert ran.status == 0
    assert ran.out.startswith("posted urn:li:share:")
    assert "https://www.linkedin.com/feed/update/" in ran.out
    assert f"{photo}: posted" in ran.err


def test_several_files_make_one_post(cli, photo, tmp_path, linkedin_simulator):
    other = tmp_path / "other.png"
    Image.new("RGB", (8, 8)).save(other)

    ran = cli("publish", photo, other, *SAID, "--alt-text", "Blue", "--visibility", "logged_in", "--json")

    (post,) = linkedin_simulator.posts.values()
    assert (ran.status, list(post.images), post.visibility) == (0, ran.row["images"], "LOGGED_IN")
    assert [image.get("altText") for image in post.content["multiImage"]["images"]] == ["Blue", None]


@pytest.mark.parametrize(
    ("options", "stdin", "wire"),
    [
        (["--commentary", "-"], "from (stdin)\n", r"from \(stdin\)"),
        (["--commentary-file", "text.txt"], "", "from a file\nof two lines"),
        (["--commentary", "of #python", "--hashtags"], "", r"of {hashtag|\#|python}"),
        (
            ["--commentary", r"by @[Eddy](urn:li:person:12) (_)", "--little-text"],
            "",
            r"by @[Eddy](urn:li:person:12) \(\_\)",
        ),
    ],
)
def test_a_text_may_come_from_elsewhere_and_hold_links(
    cli, photo, options, stdin, wire, monkeypatch, linkedin_simulator
):
    monkeypatch.chdir(photo.parent)
    photo.with_name("text.txt").write_bytes("\ufefffrom a file\r\nof two lines\n".encode())
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode())))

    assert cli("publish", "photo.jpg", *options, "--quiet").status == 0
    assert [post.commentary for post in linkedin_simulator.posts.values()] == [wire]


@pytest.mark.parametrize(
    "options",
    [
        [],
        [*SAID, "--commentary-file", "text.txt"],
        ["--commentary-file", "missing.txt"],
        ["--commentary-file", "latin.txt"],
        [*SAID, "--alt-text", "one", "--alt-text", "two"],
        [*SAID, "--visibility", "NOBODY"],
        [*SAID, "--author", "urn:li:sponsoredAccount:1"],
        [*SAID, *["photo.jpg"] * 20],
        ["--commentary", "x" * 3001],
        [*SAID, "--alt-text", "x" * 4087],
    ],
)
def test_what_cannot_be_posted_is_wrong_usage_and_nothing_is_sent(cli, photo, options, monkeypatch, linkedin_simulator):
    monkeypatch.chdir(photo.parent)
    photo.with_name("text.txt").write_text("text")
    photo.with_name("latin.txt").write_bytes(b"\xe9")

    ran = cli("publish", "photo.jpg", *options)

    assert ran.status == 2
    assert ran.err
    assert len(linkedin_simulator.journal) == 0


def test_a_bad_file_fails_the_post_before_anything_is_sent(cli, photo, poster, linkedin_simulator):
    people, programs = cli("publish", photo, poster, *SAID), cli("publish", photo, poster, *SAID, "--json")

    assert people.status == programs.status == 1
    assert f"BAD  {poster}" in people.err
    assert people.out == ""
    assert programs.row["ok"] is False
    assert programs.row["post"] is programs.row["url"] is None
    assert programs.row["error"]["code"] == "INVALID_IMAGE"
    assert len(linkedin_simulator.journal) == 0


def test_a_post_that_linkedin_refuses_keeps_its_image(cli, photo, linkedin_simulator):
    refusal = Answer(status=403, body={"status": 403, "code": "ACCESS_DENIED", "message": "No."})
    linkedin_simulator.faults.add(Fault(action=refusal, on="posts.create"))

    ran = cli("publish", photo, *SAID, "--json")

    assert (ran.status, ran.row["ok"], ran.row["error"]["code"]) == (1, False, "ACCESS_DENIED")
    assert ran.row["images"] == list(linkedin_simulator.images)


def test_a_post_whose_fate_is_unknown_ends_with_3_and_is_sent_once(cli, photo, linkedin_simulator):
    linkedin_simulator.faults.add(Fault(action=CommitThenDrop(), on="posts.create"))

    ran = cli("publish", photo, *SAID, "--json")

    assert ran.status == 3
    assert (ran.row["ok"], ran.row["post"]) == (False, None)
    assert ran.row["error"]["code"] == "POST_OUTCOME_UNKNOWN"
    assert set(ran.row["images"]) <= set(linkedin_simulator.images)
    assert len(ran.row["images"]) == 1
    assert linkedin_simulator.journal.count(operation="posts.create") == 1


def test_people_are_told_to_look_before_they_repeat(cli, photo, linkedin_simulator):
    linkedin_simulator.faults.add(Fault(action=CommitThenDrop(), on="posts.create"))

    ran = cli("publish", photo, *SAID)

    assert (ran.status, ran.out) == (3, "")
    assert "may or may not exist" in ran.err
    assert "got as far as urn:li:image:" in ran.err
