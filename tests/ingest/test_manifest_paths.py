"""No file outside of the root: whatever the manifest says, and whatever links say."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

import pytest

from linkedin_media.errors import InvalidImage
from linkedin_media.files import inspect_now
from linkedin_media.ingest.jobs import JobSpec
from linkedin_media.ingest.manifest import read_manifest
from linkedin_media.ingest.manifest_paths import OutOfReach, Root
from linkedin_media.options import ImageRules

AUTHOR = "urn:li:organization:5583111"


@pytest.fixture
def tree(tmp_path):
    """A root with a picture, and a secret beside it."""
    (tmp_path / "root/photos").mkdir(parents=True)
    (tmp_path / "root/photos/a.jpg").write_bytes(b"x")
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret/passwd").write_bytes(b"root")
    return tmp_path


def test_a_name_is_found_below_the_folder(tree):
    assert Root(tree / "root").locate("photos/a.jpg") == str(tree / "root/photos/a.jpg")
    assert Root(tree / "root/photos").locate("./a.jpg") == str(tree / "root/photos/a.jpg")
    assert Root(tree / "root").locate("photos/../photos/a.jpg") == str(tree / "root/photos/a.jpg")


def test_an_absolute_path_within_the_root_will_do(tree):
    assert Root(tree / "root").locate(str(tree / "root/photos/a.jpg"))


@pytest.mark.parametrize(
    "name",
    [
        "../secret/passwd",
        "photos/../../secret/passwd",
        "../../../../../../../../etc/passwd",
        "/etc/passwd",
        "photos/../../root-of-others/a.jpg",
        "../root/../secret/passwd",
        "//etc/passwd",
    ],
)
def test_a_path_that_leaves_the_root_is_refused(tree, name):
    (tree / "root-of-others").mkdir()
    (tree / "root-of-others/a.jpg").write_bytes(b"x")

    with pytest.raises(OutOfReach, match="outside of the root"):
        Root(tree / "root").locate(name)


def test_a_wider_root_allows_more(tree):
    assert Root(tree / "root", tree).locate("../secret/passwd") == str(tree / "secret/passwd")
    assert Root(tree / "root", "/").locate("../secret/passwd")


def test_a_link_that_leads_out_is_refused_and_one_that_stays_is_resolved(tree):
    (tree / "root/out.jpg").symlink_to(tree / "secret/passwd")
    (tree / "root/relative.jpg").symlink_to("../secret/passwd")
    (tree / "root/folder").symlink_to(tree / "secret")
    (tree / "root/in.jpg").symlink_to("photos/a.jpg")
    (tree / "root/hop.jpg").symlink_to("in.jpg")
    root = Root(tree / "root")

    for name in ("out.jpg", "relative.jpg", "folder/passwd", "photos/../folder/passwd"):
        with pytest.raises(OutOfReach, match="outside of the root"):
            root.locate(name)
    assert root.locate("in.jpg") == root.locate("hop.jpg") == str(tree / "root/photos/a.jpg")


def test_dots_are_followed_as_the_system_follows_them_not_as_text(tree):
    (tree / "root/deep").symlink_to(tree / "root/photos")

    assert Root(tree / "root/photos", tree / "root").locate("../deep/a.jpg") == str(tree / "root/photos/a.jpg")
    with pytest.raises(OutOfReach, match="no such file"):
        Root(tree / "root").locate("deep/../a.jpg")


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("photos", "a folder"),
        ("photos/", "a folder"),
        (".", "a folder"),
        ("fifo", "a FIFO"),
        ("socket", "a socket"),
        ("to-fifo", "a FIFO"),
        ("none.jpg", "no such file"),
        ("none/a.jpg", "no such file"),
        ("dangling", "no such file"),
        ("photos/a.jpg/b.jpg", "a part of its path is no folder"),
        ("round", "cannot be reached"),
        ("a\0b", "a NUL"),
        ("a\0/b", "a NUL"),
        ("\udce9.jpg", "not Unicode"),
        ("x" * 300, "cannot be reached: File name too long"),
    ],
)
def test_what_is_no_file_is_refused_without_being_opened(tree, name, why, monkeypatch):
    monkeypatch.chdir(tree / "root")
    os.mkfifo("fifo")
    for link, target in (("to-fifo", "fifo"), ("dangling", "nowhere"), ("round", "round")):
        Path(link).symlink_to(target)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket")
        with pytest.raises(OutOfReach, match=why):
            Root(tree / "root").locate(name)


def test_a_device_is_refused():
    with pytest.raises(OutOfReach, match="a device"):
        Root("/dev").locate("null")


def test_nothing_outside_of_the_root_is_opened(tree):
    """Judged by the interpreter's own audit of what it opens."""
    opened = []
    watching = True
    (tree / "root/out.jpg").symlink_to(tree / "secret/passwd")

    def watch(event, arguments):
        if watching and event == "open":
            opened.append(arguments[0])

    sys.addaudithook(watch)
    root = Root(tree / "root")
    for name in ("photos/a.jpg", "out.jpg", "../secret/passwd", "/etc/passwd"):
        try:
            root.locate(name)
        except OutOfReach:
            continue
    watching = False

    assert opened == []


def test_many_folders_are_not_all_remembered(tree, monkeypatch):
    monkeypatch.setattr("linkedin_media.ingest.manifest_paths._MOST_REMEMBERED", 4)
    root = Root(tree / "root")
    for number in range(10):
        (tree / f"root/{number}").mkdir()
        (tree / f"root/{number}/a.jpg").write_bytes(b"x")

        assert root.locate(f"{number}/a.jpg")
    assert len(root._resolved) <= 4


def test_a_folder_swapped_for_a_link_after_the_check_leads_nowhere(tree):
    (tree / "jobs.csv").write_text(f"file,author\nroot/photos/a.jpg,{AUTHOR}\n")
    (spec,) = read_manifest(tree / "jobs.csv")
    (tree / "root/photos").rename(tree / "root/moved")
    (tree / "secret/a.jpg").write_bytes(b"root")
    (tree / "root/photos").symlink_to(tree / "secret")

    (source,) = JobSpec.load(spec.id, spec.dump()).job().images

    with pytest.raises(InvalidImage, match="photos is a link by now"):
        inspect_now(source, ImageRules())


def test_a_job_of_a_program_follows_links_as_it_names_them(tree):
    spec = JobSpec(id="1", files=[str(tree / "root/photos/a.jpg")], author=AUTHOR, owner=AUTHOR)

    assert "link_free" not in spec.dump()
    assert spec.job().images[0].source == spec.files[0]
