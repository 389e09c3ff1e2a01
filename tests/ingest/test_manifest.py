"""Manifests: every format, every error with its line, two passes, ids of jobs that have none."""

from __future__ import annotations

import json
import os
import re
import time
from pathlib import Path

import pytest

from linkedin_media import FileUnreadable, InvalidManifest
from linkedin_media.ingest.manifest import Manifest, read_manifest
from linkedin_media.ingest.manifest_lines import LONGEST_LINE, MOST_SHOWN

AUTHOR = "urn:li:organization:5583111"
ACCOUNT = "urn:li:sponsoredAccount:123456789"


@pytest.fixture(autouse=True)
def photos(tmp_path):
    """Files to name; nothing reads them."""
    (tmp_path / "photos").mkdir()
    for name in ("a.jpg", "b.jpg", "c.png"):
        (tmp_path / "photos" / name).write_bytes(b"x")


@pytest.fixture
def write(tmp_path):
    """Write a manifest, given as text or bytes."""

    def write(content, name="m.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


@pytest.fixture
def jobs(write):
    return lambda content, name="m.csv", **options: list(read_manifest(write(content, name), **options))


@pytest.fixture
def wrong(write):
    """What is wrong with a manifest: pairs of line and message."""

    def wrong(content, name="m.csv", **options):
        with pytest.raises(InvalidManifest) as caught:
            read_manifest(write(content, name), **options)
        return [(problem.line, problem.message) for problem in caught.value.problems]

    return wrong


def row(**values):
    return json.dumps({"file": "photos/a.jpg", "author": AUTHOR} | values)


def lines_of(found):
    return [line for line, _ in found]


# What is read


def test_csv_gives_a_job_for_each_row(jobs, tmp_path):
    first, second = jobs(
        "id,file,author,owner,commentary,alt_text,visibility,account,asset_name\n"
        f'spring,photos/a.jpg,{AUTHOR},{ACCOUNT},"Hello, world",A desk,CONNECTIONS,{ACCOUNT},Spring hero\n'
        f"bare,photos/b.jpg,{AUTHOR},,,,,,\n"
    )

    assert first.id == "spring"
    assert first.files == (str(tmp_path / "photos/a.jpg"),)
    assert (first.author, first.owner, first.account) == (AUTHOR, ACCOUNT, ACCOUNT)
    assert (first.commentary, first.alt_texts, first.visibility) == ("Hello, world", ("A desk",), "CONNECTIONS")
    assert first.asset_name == "Spring hero"
    assert (second.owner, second.commentary, second.alt_texts, second.visibility) == (AUTHOR, None, (), "PUBLIC")


def test_several_files_in_a_cell_are_separated_by_bars(jobs, tmp_path):
    (job,) = jobs(f"files,author,commentary,alt_text\nphotos/a.jpg | photos/b.jpg,{AUTHOR},Hi,A desk|\n")

    assert job.files == (str(tmp_path / "photos/a.jpg"), str(tmp_path / "photos/b.jpg"))
    assert job.alt_texts == ("A desk", None)


def test_one_file_keeps_the_bars_in_its_name_and_text(jobs, tmp_path):
    (tmp_path / "a|b.jpg").write_bytes(b"x")

    (job,) = jobs(f"file,author,alt_text\na|b.jpg,{AUTHOR},left | right\n")

    assert (job.files, job.alt_texts) == ((str(tmp_path / "a|b.jpg"),), ("left | right",))


@pytest.mark.parametrize(
    "content",
    [
        f"\ufefffile,author\nphotos/a.jpg,{AUTHOR}\n",
        f"file,author\r\nphotos/a.jpg,{AUTHOR}\r\n",
        f"\n\nfile,author\n\n,\nphotos/a.jpg,{AUTHOR}\n\n",
        f"file;author\nphotos/a.jpg;{AUTHOR}\n",
        f"file\tauthor\nphotos/a.jpg\t{AUTHOR}",
        f"File, Author\nphotos/a.jpg, {AUTHOR}\n",
        f'"file","author"\n"photos/a.jpg","{AUTHOR}"\n',
        f"file,author,,\nphotos/a.jpg,{AUTHOR},,\n",
    ],
    ids=["mark", "crlf", "empty lines", "semicolons", "tabs", "spaces", "quotes", "empty columns"],
)
def test_csv_is_read_as_spreadsheets_write_it(jobs, content):
    assert [job.author for job in jobs(content)] == [AUTHOR]


def test_a_text_may_have_several_lines(jobs):
    (job,) = jobs(f'file,author,commentary\nphotos/a.jpg,{AUTHOR},"one\ntwo ""three"""\n')

    assert job.commentary == 'one\ntwo "three"'


def test_json_lines_give_a_job_for_each_object(jobs):
    first, second = jobs(
        "\ufeff" + row(id=7, commentary="Grüße 🌱") + "\n\n"
        + json.dumps({"files": ["photos/a.jpg", "photos/c.png"], "author": AUTHOR, "alt_text": ["one", None]}),
        "m.jsonl",
    )  # fmt: skip

    assert (first.id, first.commentary) == ("7", "Grüße 🌱")
    assert (len(second.files), second.alt_texts) == (2, ("one", None))


def test_toml_gives_a_job_for_each_table(jobs):
    first, second = jobs(
        f'[[job]]\r\nid = "one"\r\nfile = "photos/a.jpg"\r\nauthor = "{AUTHOR}"\r\n\r\n'
        f'[[ job ]]\nfiles = ["photos/a.jpg", "photos/b.jpg"]\nauthor = "{AUTHOR}"\ncommentary = """\ntwo\nlines"""\n',
        "m.toml",
    )

    assert (first.id, second.commentary, len(second.files)) == ("one", "two\nlines", 2)


@pytest.mark.parametrize(
    "content", [row(), f'[[job]]\nfile = "photos/a.jpg"\nauthor = "{AUTHOR}"', f"file,author\nphotos/a.jpg,{AUTHOR}"]
)
def test_a_format_that_the_name_does_not_tell_is_told_by_how_it_begins(jobs, content):
    assert len(jobs(content, "manifest")) == 1


def test_names_are_trimmed_and_words_are_read_in_any_case(jobs):
    (job,) = jobs(f"id,file,author,visibility\n spring ,photos/a.jpg,{AUTHOR} ,logged_in\n")

    assert (job.id, job.author, job.visibility) == ("spring", AUTHOR, "LOGGED_IN")


def test_the_owner_of_an_upload_may_be_an_ad_account_but_not_the_author_of_a_post(jobs, wrong):
    assert jobs(row(author=ACCOUNT), "m.jsonl")[0].owner == ACCOUNT
    ((_, message),) = wrong(row(author=ACCOUNT, commentary="Hi"), "m.jsonl")
    assert "must be urn:li:person:… or urn:li:organization:…" in message


@pytest.mark.parametrize(("language", "jobs_in_it"), [("csv", 3), ("jsonl", 2), ("toml", 1)])
def test_the_manifests_of_the_documentation_are_good(jobs, tmp_path, language, jobs_in_it):
    page = (Path(__file__).parents[2] / "docs/pages/ingest.md").read_text(encoding="utf-8")
    fence = "json" if language == "jsonl" else language
    example = re.search(rf"^```{fence}\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    for name in ("office.png", "hero.png", "photos/team.jpg", "photos/garden.jpg"):
        (tmp_path / name).write_bytes(b"x")

    assert len(jobs(example[1], f"m.{language}")) == jobs_in_it


# What is wrong


def test_every_error_is_told_with_its_line(wrong):
    found = wrong(
        "id,file,author,commentary,alt_text,visibility,account\n"
        f"a,photos/a.jpg,{AUTHOR},fine,,,\n"
        f"b,photos/none.jpg,{AUTHOR},,,,\n"
        "c,photos/a.jpg,,Hi,,,\n"
        f"d,,{AUTHOR},Hi,,,\n"
        "e,photos/a.jpg,urn:li:company:1,Hi,,,\n"
        f"a,photos/a.jpg,{AUTHOR},Hi,,,\n"
        f"f,photos,{AUTHOR},Hi,,,\n"
        f"g,photos/a.jpg,{AUTHOR},{'x' * 3001},,,\n"
        f"h,photos/a.jpg,{AUTHOR},Hi,{'x' * 4087},,\n"
        f"i,photos/a.jpg,{AUTHOR},Hi,,PUBLC,\n"
        f"j,photos/a.jpg,{AUTHOR},Hi,,everybody,\n"
        f"k,photos/a.jpg,{AUTHOR},Hi,,,{AUTHOR}\n"
        f"l,photos/a.jpg,nonsense,Hi,,,\n"
    )

    retired = "urn:li:company is the retired name of urn:li:organization"
    example = "write it as urn:li:TYPE:ID, for example urn:li:organization:5583111"
    assert [f"{line}: {message}" for line, message in found] == [
        "3: 'photos/none.jpg': there is no such file",
        "4: there is no author",
        "5: there is no file",
        f"6: author 'urn:li:company:1' must be urn:li:person:… or urn:li:organization:… ({retired})",
        "7: id 'a' is that of line 2: give each job its own",
        "8: 'photos': this is a folder, not a file",
        "9: commentary has 3,001 characters, of at most 3,000: shorten it by 1",
        "10: alt_text has 4,087 characters, of at most 4,086: shorten it by 1",
        "11: visibility 'PUBLC': did you mean PUBLIC?",
        "12: visibility 'everybody': write PUBLIC, CONNECTIONS or LOGGED_IN",
        "13: account 'urn:li:organization:5583111' must be urn:li:sponsoredAccount:…",
        f"14: author: 'nonsense' is not a LinkedIn URN: it does not read urn:li:TYPE:ID in printable ASCII ({example})",
    ]


def test_an_unknown_column_is_told_once_and_the_rows_are_judged_all_the_same(wrong):
    found = wrong("file,athor,caption\nphotos/a.jpg,x,y\nphotos/none.jpg,x,y\n")

    assert found == [
        (1, "unknown column 'athor': did you mean author?"),
        (1, "unknown column 'caption'"),
        (1, "there is no column 'author'"),
        (3, "'photos/none.jpg': there is no such file"),
    ]


def test_without_a_column_for_files_no_row_can_be_judged(wrong):
    assert wrong(f"author,author\n{AUTHOR},{AUTHOR}\n") == [
        (1, "two columns are named author"),
        (1, "there is no column 'file' (or 'files'): the first line names the columns"),
    ]


def test_csv_that_is_malformed_is_told_by_where_its_row_begins(wrong):
    found = wrong(
        f'file,author,commentary\nphotos/a.jpg,{AUTHOR},"two\nlines"\nphotos/a.jpg,{AUTHOR},"a" b\n'
        f"photos/a.jpg,{AUTHOR},a\rb\nphotos/a.jpg,{AUTHOR},Hi,there\nphotos/none.jpg,{AUTHOR},\n"
        f'photos/a.jpg,{AUTHOR},"never\nclosed\n'
    )

    assert lines_of(found) == [4, 5, 6, 7, 8]
    assert [message.split(":")[0] for _, message in found[:3]] == [
        "text after a closing quote",
        "a carriage return within a text",
        "4 cells under 3 columns",
    ]
    assert found[4][1] == "a quote that opens in this row is never closed"


def test_without_a_first_line_that_can_be_read_nothing_more_is_told(wrong):
    assert wrong('file,"author\n') == [(1, "a quote that opens in this row is never closed")]


def test_more_authors_than_are_remembered_are_judged_all_the_same(jobs):
    rows = "".join(f"photos/a.jpg,urn:li:organization:{number}\n" for number in range(1, 5001))

    assert len({job.author for job in jobs(f"file,author\n{rows}")}) == 5000


def test_an_open_quote_does_not_swallow_a_long_manifest(wrong):
    found = wrong(f'file,author,commentary\nphotos/a.jpg,{AUTHOR},"open\n' + f"photos/a.jpg,{AUTHOR},Hi\n" * 5000)

    assert found[0] == (2, "a text of more than 131,072 characters: is a quote left open?")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "invalid JSON: Expecting property name enclosed in double quotes at column 2"),
        ('{"file": "a", "file": "b"}', "invalid JSON: 'file' is given twice"),
        ("[" * 100_000, "invalid JSON: maximum recursion depth exceeded"),
        ("9" * 5000, "invalid JSON: Exceeds the limit"),
        ("17", "this is no JSON object: write {…} on each line"),
        (row(caption="x"), "unknown column 'caption'"),
        (row(athor="x"), "unknown column 'athor': did you mean author?"),
        (row(file=["photos/a.jpg"]), "file is a list with something else in it: give one name as text"),
        (row(file=None), "there is no file"),
        (row(files=["photos/b.jpg"]), "file and files are both given: give one of them"),
        (row(file=None, files=[1]), "files is a list of texts, not a list with something else in it"),
        (row(file=None, files=["photos/a.jpg", ""]), "files has an empty place"),
        (row(file=None, files=["photos/a.jpg"] * 21), "21 files: a post takes 1 to 20"),
        (row(file=None, files=["photos/a.jpg"] * 3, alt_text=["x"]), "1 alternate texts for 3 files"),
        (row(alt_text=[1]), "alt_text is text, or a list of texts"),
        (row(alt_text={"x": 1}), "alt_text is text, or a list of texts, not an object"),
        (row(author=5), "author is text, not a number"),
        (row(commentary=True), "commentary is text, not true or false"),
        (row(commentary="\ud800"), "commentary holds half of a character"),
        (row(id=[]), "id is text, not a list with something else in it"),
        (row(id=True), "id is text, not true or false"),
        (row(id="a\x1bb"), "id 'a\\x1bb': 1 to 200 printable characters"),
        (row(id="  "), "id '  ': 1 to 200 printable characters"),
        (row(id="x" * 201), "1 to 200 printable characters"),
        (row(asset_name="Hero"), "asset_name needs an account"),
    ],
)
def test_what_is_wrong_with_an_object_is_told(wrong, line, message):
    found = wrong(f"{row()}\n{line}\n", "m.jsonl")

    assert found[0][0] == 2
    assert message in found[0][1]
    assert len(found) == 1


def test_a_json_array_is_told_how_to_be_written(wrong):
    ((line, message),) = wrong(f"[{row()},\n{row()}]", "m.json")

    assert line == 1
    assert "one object on each line" in message


@pytest.mark.parametrize(
    ("content", "line", "message"),
    [
        ('[[job]]\nfile = "a\n', 2, "invalid TOML"),
        ("[[job]]\nfile =", 2, "invalid TOML"),
        (b'[[job]]\nfile = "\xff"\n', 2, "this is not UTF-8"),
        ('[[jobs]]\nfile = "a"\n', 1, "'jobs' stands outside of a job"),
        ("job = [1]", 1, "this is no table"),
        ('[[job]]\nfile = "photos/a.jpg"\n\n[[job]]\nfile = "photos/none.jpg"\n', 1, "there is no author"),
        (f'[job]\nfile = "photos/none.jpg"\nauthor = "{AUTHOR}"\n', 1, "there is no such file"),
    ],
)
def test_what_is_wrong_with_toml_is_told(wrong, content, line, message):
    found = wrong(content, "m.toml")

    assert found[0][0] == line
    assert message in found[0][1]


def test_toml_is_told_by_the_line_of_its_table(wrong):
    job = f'[[job]]\nfile = "photos/none.jpg"\nauthor = "{AUTHOR}"\n\n'

    assert lines_of(wrong(job * 3, "m.toml")) == [1, 5, 9]


def test_large_toml_is_refused_unread(wrong, monkeypatch):
    monkeypatch.setattr("linkedin_media.ingest.manifest_formats.LARGEST_TOML", 10)

    assert "read line by line" in wrong("[[job]]\n" * 9, "m.toml")[0][1]


@pytest.mark.parametrize("name", ["m.csv", "m.jsonl"])
def test_bytes_that_are_no_utf8_are_told_and_their_row_is_not_judged(wrong, name):
    good, bad = row() + "\n", row(file="photos/none.jpg", commentary="CAF").encode().replace(b"CAF", b"caf\xe9")
    header = f"file,author\nphotos/\xe9.jpg,{AUTHOR}\nphotos/none.jpg,{AUTHOR}\n".encode("latin-1")

    found = wrong(header if name == "m.csv" else good.encode() + bad, name)

    assert found[0][0] == 2
    assert found[0][1].startswith("this is not UTF-8 (byte 0xE9 at position")
    assert lines_of(found) == ([2, 3] if name == "m.csv" else [2])


def test_utf16_is_told_as_such(wrong):
    assert wrong("file,author\n".encode("utf-16")) == [(1, "the file is UTF-16: save it as UTF-8")]


def test_a_line_without_end_is_not_read_to_its_end(wrong):
    ((line, message),) = wrong(row() + "\n" + "x" * (LONGEST_LINE + 1), "m.jsonl")

    assert line == 2
    assert "1,048,576 bytes" in message


@pytest.mark.parametrize("name", ["m.csv", "m.jsonl", "m.toml"])
@pytest.mark.parametrize("content", ["", "\n\n"])
def test_an_empty_manifest_is_an_error(wrong, name, content):
    assert wrong(content, name) == [(1, "there are no jobs in it")]


def test_of_very_many_errors_a_hundred_are_shown_in_the_order_of_their_lines(write):
    manifest = write("id,file,author\n" + f"x,photos/none.jpg,{AUTHOR}\n" * 500)

    with pytest.raises(InvalidManifest) as caught:
        Manifest(manifest).check()

    assert len(caught.value.problems) == MOST_SHOWN
    assert caught.value.more == 400
    assert "500 errors; nothing was sent" in str(caught.value)
    assert lines_of([(problem.line, "") for problem in caught.value.problems]) == list(range(2, 102))


def test_a_manifest_that_is_not_there_or_no_file_is_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "fifo.csv")

    with pytest.raises(FileUnreadable, match="No such file"):
        read_manifest(tmp_path / "none.csv")
    with pytest.raises(FileUnreadable, match="not a regular file"):
        read_manifest(tmp_path / "fifo.csv")
    with pytest.raises(FileUnreadable, match="null"):
        read_manifest(tmp_path / "a\0b.csv")


# Ids of jobs that have none


def test_a_job_without_an_id_is_named_by_its_wish_wherever_its_line_moves(jobs):
    one, other = f"photos/a.jpg,{AUTHOR},one\n", f"photos/a.jpg,{AUTHOR},other\n"

    there = {job.commentary: job.id for job in jobs("file,author,commentary\n" + one + other)}
    moved = {job.commentary: job.id for job in jobs("file,author,commentary\n" + other + one)}

    assert there == moved
    assert len(set(there.values())) == 2


def test_the_same_wish_again_is_another_job(jobs):
    wish = f"photos/a.jpg,{AUTHOR},Hi\n"

    ids = [job.id for job in jobs("file,author,commentary\n" + wish * 3 + f"./photos/a.jpg,{AUTHOR},Hi\n")]

    assert ids == [ids[0], f"{ids[0]}-2", f"{ids[0]}-3", f"{ids[0]}-4"]


def test_ids_stay_where_manifest_and_files_move_together(jobs, tmp_path, write):
    outside = tmp_path / "outside.jpg"
    outside.write_bytes(b"x")
    text = row() + "\n" + row(file="../outside.jpg")
    (tmp_path / "photos/photos").mkdir()
    (tmp_path / "photos/photos/a.jpg").write_bytes(b"x")
    here = [job.id for job in read_manifest(write(text, "photos/m.jsonl"), tmp_path)]

    (tmp_path / "elsewhere").mkdir()
    for name in ("photos", "outside.jpg"):
        (tmp_path / name).rename(tmp_path / "elsewhere" / name)

    assert [job.id for job in read_manifest(tmp_path / "elsewhere/photos/m.jsonl", tmp_path)] == here


# Two passes over one file


def test_jobs_are_read_as_you_go(write):
    jobs = read_manifest(write(f"file,author\nphotos/a.jpg,{AUTHOR}\nphotos/b.jpg,{AUTHOR}\n"))

    assert next(jobs).files[0].endswith("a.jpg")
    assert next(jobs).files[0].endswith("b.jpg")
    assert next(jobs, None) is None


def test_a_manifest_that_changes_between_the_passes_is_refused(write):
    path = write(f"file,author\nphotos/a.jpg,{AUTHOR}\n")
    jobs = read_manifest(path)
    path.write_text(f"file,author\nphotos/a.jpg,{AUTHOR}\nphotos/b.jpg,{AUTHOR}\n")

    with pytest.raises(InvalidManifest, match="changed while it was read"):
        list(jobs)


def test_a_file_that_goes_between_the_passes_is_told(write, tmp_path):
    jobs = read_manifest(write(f"file,author\nphotos/a.jpg,{AUTHOR}\nphotos/b.jpg,{AUTHOR}\n"))
    (tmp_path / "photos/b.jpg").unlink()

    assert next(jobs).files
    with pytest.raises(InvalidManifest, match="no such file"):
        next(jobs)


def test_the_fingerprint_is_that_of_the_text_and_of_where_the_files_are(write, tmp_path):
    one = Manifest(write(row(), "m.jsonl"))
    same = Manifest(write(row(), "n.jsonl"))
    other = Manifest(write(row() + "\n", "o.jsonl"))
    wider = Manifest(tmp_path / "m.jsonl", tmp_path.parent)

    prints = [manifest.fingerprint() for manifest in (one, same, other, wider)]

    assert prints[0] == prints[1]
    assert len(set(prints)) == 3


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_a_long_manifest_is_checked_fast(write, kind):
    rows = 20_000
    values = [(f"photos/{'abc'[n % 2]}.jpg", f"text {n}, and more") for n in range(rows)]
    if kind == "csv":
        text = "file,author,commentary\n" + "".join(f'{file},{AUTHOR},"{words}"\n' for file, words in values)
    else:
        text = "".join(row(file=file, commentary=words) + "\n" for file, words in values)
    manifest = Manifest(write(text, f"m.{kind}"))

    began = time.process_time()
    assert manifest.check() == rows

    assert time.process_time() - began < 1.0  # a fifth of that, on the machine it was written on
    assert manifest.check() == rows
