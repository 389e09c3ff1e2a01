"""``linkedin-media articles``: look at articles, their comments and likes; delete articles."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.usefixtures("signed_in")
AWESOME, TESTING, NEW_MEDIA = 6217134937280131072, 6248272202878201856, 6363802076731973632
NEWS = "urn:li:article:7152306650999999"


def test_articles_are_shown_as_linkedin_says_them(cli):
    ran = cli("articles", "get", AWESOME, f"urn:li:linkedInArticle:{TESTING}", "--json")

    assert [row["id"] for row in ran.rows] == [AWESOME, TESTING]
    assert ran.rows[0]["content"]["com.linkedin.publishing.HtmlContent"]["htmlText"].startswith("<p>")


def test_people_read_a_table(cli):
    header, *lines = cli("articles", "get", AWESOME, TESTING).out.splitlines()

    assert header.split() == ["ARTICLE", "PUBLISHED", "PERMLINK", "TITLE"]
    assert lines[0] == (
        "6217134937280131072  2016-12-21 00:34Z  awesome-publishing-article  An Awesome Publishing Article"
    )


def test_new_media_are_shown_where_asked(cli):
    shown = [cli("articles", "get", NEW_MEDIA, *more, "--json").row["displayImage"] for more in ([], ["--new-media"])]

    assert [urn.split(":")[2] for urn in shown] == ["media", "digitalmediaAsset"]


def test_an_article_that_is_not_there_fails(cli):
    ran = cli("articles", "get", AWESOME, 5, "--json")

    assert ran.status == 1
    assert (ran.rows[1]["article"], ran.rows[1]["error"]["code"]) == (5, "NOT_FOUND")


@pytest.mark.parametrize("command", ["get", "delete"])
def test_what_names_no_article_is_wrong_usage(cli, command, linkedin_simulator):
    assert cli("articles", command, "urn:li:article:1").status == 2
    assert len(linkedin_simulator.journal) == 0


def test_my_articles_are_listed(cli):
    assert [row["id"] for row in cli("articles", "list", "--json").rows] == [TESTING, AWESOME]
    assert [row["id"] for row in cli("articles", "list", "--limit", 1, "--json").rows] == [TESTING]


def test_articles_are_listed_by_their_permlinks(cli):
    ran = cli("articles", "list", "--permlink", "article-with-new", "--permlink", "gone", "--new-media", "--json")

    assert ran.row["displayImage"].startswith("urn:li:digitalmediaAsset:")
    assert cli("articles", "list", "--permlink", "gone").err == "nothing found\n"


def test_an_article_is_deleted_once(cli, linkedin_simulator):
    assert cli("articles", "delete", AWESOME, "--json").row == {"article": AWESOME, "ok": True}
    assert AWESOME not in linkedin_simulator.articles

    again = cli("articles", "delete", AWESOME, "--yes", "--json")
    assert (again.status, again.row["error"]["code"]) == (1, "NOT_FOUND")


@pytest.mark.parametrize("target", [AWESOME, f"urn:li:linkedInArticle:{AWESOME}", NEWS])
def test_comments_are_listed_by_article_or_by_what_is_commented_on(cli, target):
    ran = cli("articles", "comments", target, "--json")

    assert [row["message"]["text"] for row in ran.rows] == [f"Comment {number}: well said" for number in range(1, 13)]


def test_people_read_who_said_what(cli):
    header, line = cli("articles", "comments", AWESOME, "--limit", 1).out.splitlines()

    assert header.split() == ["COMMENT", "WHEN", "WHO", "TEXT"]
    assert line.startswith(f"urn:li:comment:({NEWS},")
    assert line.endswith("urn:li:person:reader0  Comment 1: well said")


def test_likes_are_listed(cli):
    rows = cli("articles", "likes", NEWS, "--json").rows
    lines = cli("articles", "likes", AWESOME).out.splitlines()

    assert [row["actor"] for row in rows] == [f"urn:li:person:reader{number}" for number in range(3)]
    assert [line.split()[-1] for line in lines] == ["WHO", *(row["actor"] for row in rows)]


def test_an_article_nobody_can_comment_on_is_refused(cli, linkedin_simulator):
    linkedin_simulator.articles.add({"id": 7, "authors": [], "publishedAt": 0})

    ran = cli("articles", "comments", 7)

    assert ran.status == 2
    assert "has no URN for comments" in ran.err


def test_what_names_nothing_is_refused(cli):
    assert cli("articles", "likes", "nonsense").status == 2


def test_a_token_without_the_closed_scope_is_told(cli, linkedin_simulator, monkeypatch):
    monkeypatch.setenv("LINKEDIN_ACCESS_TOKEN", linkedin_simulator.issue_token("rw_ads"))

    ran = cli("articles", "list")

    assert ran.status == 1
    assert "r_compliance" in ran.err


def test_what_people_write_cannot_steer_the_terminal(cli, linkedin_simulator):
    linkedin_simulator.social.comment(NEWS, "urn:li:person:a", "\x1b[2Jgone\nand more\u202e")

    out = cli("articles", "comments", NEWS).out

    assert "\x1b" not in out
    assert "\\x1b[2Jgone and more\\u202e" in out
