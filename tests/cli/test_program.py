"""Starting, helping, failing: what is the same for every command."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

import linkedin_media
from linkedin_media.cli import program as program_module
from linkedin_media.cli.program import COMMANDS, Entry, program

HEAVY = {"PIL", "aiofiles", "aiohttp", "asyncio", "attr", "cattrs", "rich", "sqlalchemy"}
each_command = pytest.mark.parametrize("name", [name for name in COMMANDS if program.get_command(None, name)])


def _loaded_by(*arguments):
    report = (
        "import sys; from linkedin_media.cli.program import run; status = run(sys.argv[1:]);"
        "print(*sorted({name.partition('.')[0] for name in sys.modules})); sys.exit(status)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", report, *arguments], capture_output=True, text=True, check=True, timeout=30
    )
    return set(ran.stdout.splitlines()[-1].split())


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_help_and_version_load_nothing_heavy(option):
    assert _loaded_by(option) & HEAVY == set()


def test_the_help_of_a_command_loads_no_network():
    assert _loaded_by("publish", "--help") & (HEAVY - {"attr"}) == set()


def test_a_check_loads_neither_network_nor_drawing_nor_decoder(photo):
    assert _loaded_by("check", str(photo)) & {"PIL", "aiohttp", "cattrs", "rich", "uvloop"} == set()


def test_the_help_names_the_commands_the_environment_and_the_exit_statuses(cli):
    ran = cli("--help")

    assert ran.status == 0
    for word in ("demo", "check", "upload", "publish", "LINKEDIN_ACCESS_TOKEN", "130, 143"):
        assert word in ran.out


def test_a_command_whose_module_is_not_there_is_neither_listed_nor_found(monkeypatch, cli):
    monkeypatch.setattr(program_module, "COMMANDS", {**COMMANDS, "fly": Entry("flying:fly", "Away.")})

    assert "fly" not in cli("--help").out
    assert cli("fly").status == 2


@each_command
def test_each_command_helps_and_says_what_it_does_in_one_line(name, cli):
    ran = cli(name, "--help")

    assert ran.status == 0
    assert ran.out.startswith(f"Usage: linkedin-media {name} ")
    assert COMMANDS[name].help.endswith(".")
    assert len(COMMANDS[name].help) <= 70


def test_the_version_is_that_of_the_package(cli):
    assert cli("--version").out == f"linkedin-media {linkedin_media.__version__}\n"


@pytest.mark.parametrize("arguments", [[], ["nonsense"], ["check"], ["check", "--nonsense", "x"], ["check", "--json"]])
def test_wrong_usage_ends_with_2_and_a_usage_on_stderr(arguments, cli):
    ran = cli(*arguments)

    assert ran.status == 2
    assert "Usage: linkedin-media" in ran.err
    assert ran.out == ""


def test_the_program_is_a_click_command_for_others_to_run(tmp_path):
    assert CliRunner().invoke(program, ["check", str(tmp_path / "missing.png")]).exit_code == 1


@pytest.mark.parametrize(
    ("raised", "status"),
    [
        (linkedin_media.InvalidArgument("no", hint="yes"), 2),
        (linkedin_media.PostOutcomeUnknown("urn:li:person:1"), 3),
        (linkedin_media.ProcessingFailed("urn:li:image:1"), 1),
        (PermissionError(13, "Permission denied", "secret.txt"), 1),
    ],
)
def test_an_error_becomes_an_exit_status_and_a_message(raised, status, monkeypatch, cli):
    _install(monkeypatch, raised)

    ran = cli("fail")

    assert ran.status == status
    assert ran.err.startswith("error: ")
    assert ran.out == ""


def test_an_error_says_what_to_do_on_a_line_of_its_own(monkeypatch, cli):
    _install(monkeypatch, linkedin_media.InvalidArgument("that is wrong", hint="do it right"))

    assert cli("fail").err == "error: that is wrong\nhint: do it right\n"


def test_the_hints_speak_of_options_not_of_python(monkeypatch, cli):
    _install(monkeypatch, linkedin_media.PollTimeout("urn:li:image:1", last_status="PROCESSING", seconds=5))

    ran = cli("fail")

    assert "--poll-timeout" in ran.err
    assert "PollPolicy" not in ran.err


def test_a_message_cannot_steer_the_terminal(monkeypatch, cli):
    _install(monkeypatch, linkedin_media.LinkedInMediaError("red \x1b[31m alert"))

    assert cli("fail").err == "error: red \\x1b[31m alert\n"


def test_a_mistake_of_ours_is_not_hidden(monkeypatch, cli):
    _install(monkeypatch, ZeroDivisionError("ours"))

    with pytest.raises(ZeroDivisionError):
        cli("fail")


def test_an_interruption_before_the_work_begins_ends_with_130(monkeypatch, cli):
    _install(monkeypatch, KeyboardInterrupt())

    assert cli("fail").status == 130


def _install(monkeypatch, raised):
    """Add a command `fail` that raises."""

    @click.command()
    def fail():
        raise raised

    monkeypatch.setattr(program_module, "COMMANDS", {"fail": Entry("check:check", "Fail.")})
    monkeypatch.setattr(Entry, "load", lambda entry: fail)


def test_whoever_stops_reading_sees_no_traceback(program, tmp_path):
    read, write = os.pipe()
    os.close(read)
    process = program("check", *["missing.png"] * 3, stdout=write)
    os.close(write)

    _, err = process.communicate(timeout=20)

    assert (process.returncode, err) == (1, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("unbuffered", ["", "1"], ids=["buffered", "unbuffered"])
@pytest.mark.parametrize("arguments", [["--help"], ["check", "missing.png"], ["check", *["missing.png"] * 500]])
def test_a_full_disk_is_one_clear_error(arguments, program, unbuffered):
    with Path("/dev/full").open("wb") as full:
        process = program(*arguments, stdout=full, env={"PYTHONUNBUFFERED": unbuffered})
        _, err = process.communicate(timeout=20)

    assert (process.returncode, err) == (1, b"error: No space left on device\n")


def test_a_program_without_stdout_does_its_work(program, photo):
    process = program("check", photo, stdout=None, stderr=None, preexec_fn=lambda: os.close(1))

    assert process.wait(timeout=20) == 0
