"""``linkedin-media posts``: look at posts, delete them."""

from __future__ import annotations

import os
from typing import Any

import pytest

import linkedin_media as lm
from tests.client.library import client_of

pytestmark = pytest.mark.usefixtures("signed_in")
LONG = "文 " * 100


@pytest.fixture
async def posts(linkedin_simulator: Any) -> list[str]:
    """Three posts of the organization, the oldest first."""
    async with client_of(linkedin_simulator) as client:
        drafts = [
            lm.PostDraft(author=linkedin_simulator.organization, commentary=text)
            for text in ("Our (new)\noffice", "2", LONG)
        ]
        return [str((await client.posts.create(draft)).id) for draft in drafts]


def test_posts_are_shown_as_linkedin_says_them(cli, posts):
    ran = cli("posts", "get", *posts[:2], "--json")

    assert [row["id"] for row in ran.rows] == posts[:2]
    assert ran.rows[0]["commentary"] == "Our \\(new\\)\noffice"


def test_people_read_what_a_post_says_on_one_line(cli, posts):
    header, line = cli("posts", "get", posts[0]).out.splitlines()

    assert header.split() == ["POST", "STATE", "VISIBILITY", "CREATED", "TEXT"]
    assert line.endswith("  Our (new) office")


def test_a_post_that_is_not_there_fails(cli):
    ran = cli("posts", "get", "urn:li:share:1", "--json")

    assert (ran.status, ran.row["post"], ran.row["error"]["code"]) == (1, "urn:li:share:1", "NOT_FOUND")


def test_the_posts_of_an_author_are_listed_newest_first(cli, posts, linkedin_simulator):
    assert [row["id"] for row in cli("posts", "list", "--json").rows] == posts[::-1]
    assert "sortBy=CREATED" in linkedin_simulator.journal[-1].raw_path

    listed = cli("posts", "list", "--author", linkedin_simulator.person, "--sort", "modified")
    assert (listed.out, listed.err) == ("", "nothing found\n")
    assert "sortBy=LAST_MODIFIED" in linkedin_simulator.journal[-1].raw_path


def test_the_columns_of_a_later_page_stand_below_those_of_the_first(cli, posts, linkedin_simulator):
    linkedin_simulator.configure(posts_page_limit=1)

    lines = cli("posts", "list").out.splitlines()

    assert len(lines) == 4
    assert len({line.index("PUBLI") for line in lines[1:]}) == 1


def test_a_list_ends_at_its_limit(cli, posts, linkedin_simulator):
    linkedin_simulator.configure(posts_page_limit=1)

    assert len(cli("posts", "list", "--limit", 2, "--json").rows) == 2
    assert linkedin_simulator.journal.count(operation="posts.finder") == 2


def test_posts_are_deleted(cli, posts, linkedin_simulator):
    ran = cli("posts", "delete", *posts[:2])

    assert (ran.status, ran.out) == (0, "".join(f"deleted  {urn}\n" for urn in posts[:2]))
    assert [state.id for state in linkedin_simulator.posts.live()] == posts[2:]


def test_deleting_again_is_no_failure(cli, posts):
    cli("posts", "delete", posts[0], "--yes")

    assert cli("posts", "delete", posts[0], "--json").row == {"post": posts[0], "ok": True}


def test_a_post_of_somebody_else_is_not_deleted(cli, linkedin_simulator, posts, monkeypatch):
    other = linkedin_simulator.issue_token("w_member_social", member="urn:li:person:other")
    monkeypatch.setenv("LINKEDIN_ACCESS_TOKEN", other)

    ran = cli("posts", "delete", posts[0], "--json")

    assert (ran.status, ran.row["ok"], ran.row["error"]["code"]) == (1, False, "ACCESS_DENIED")


@pytest.mark.parametrize(("answer", "status", "left"), [(b"n\n", 130, 3), (b"y\n", 0, 2)])
def test_on_a_terminal_you_are_asked_first(posts, program, account, terminal, linkedin_simulator, answer, status, left):
    process = program("posts", "delete", posts[0], env=dict(account), stdin=terminal.end, stderr=terminal.end)
    os.write(terminal.controller, answer)

    process.communicate(timeout=20)

    assert process.returncode == status
    assert f"Delete {posts[0]}?" in terminal.wrote()
    assert len(linkedin_simulator.posts.live()) == left


def test_a_terminal_cuts_the_text_and_never_the_urn(posts, program, account, terminal):
    process = program("posts", "list", env=dict(account) | {"COLUMNS": "90"}, stdout=terminal.end)
    process.communicate(timeout=20)

    newest = terminal.wrote().splitlines()[1]
    assert newest.startswith(posts[2])
    assert newest.endswith("…")
