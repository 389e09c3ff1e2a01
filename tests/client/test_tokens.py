"""A token is kept where only its owner reads it, and what others could have touched is refused."""

from __future__ import annotations

import errno
import json
import logging
import os
import stat
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import attrs
import pytest

import linkedin_media as lm
from linkedin_media.client import token_file, token_keyring, tokens
from linkedin_media.client.token_file import FileStore
from linkedin_media.client.token_keyring import KeyringStore, find_keyring
from linkedin_media.client.tokens import SystemStore, token_store
from linkedin_media.errors import SignInError
from linkedin_media.model.secret import Secret
from linkedin_media.model.token import StoredToken
from linkedin_media.protocol import token_text
from tests.client.member import RecordingKeyring

NOW: Final = datetime(2026, 10, 1, 12, tzinfo=UTC)
TOKEN: Final = StoredToken(
    access=Secret("canary-access"),
    issued_at=NOW,
    expires_at=NOW + timedelta(days=60),
    client_id="app",
    issuer="http://127.0.0.1:8080",
    scopes=frozenset({"openid", "w_member_social"}),
    member=lm.Urn("urn:li:person:Ylpq-RobP9"),
    refresh=Secret("canary-refresh"),
    refresh_expires_at=NOW + timedelta(days=365),
)
BARE: Final = StoredToken(access=Secret("canary-access"), issued_at=NOW, expires_at=NOW, client_id="app")


@pytest.fixture
def keyring() -> RecordingKeyring:
    return RecordingKeyring()


@pytest.fixture
def file(tmp_path: Path) -> FileStore:
    return FileStore(tmp_path / "config" / "linkedin-media" / "token.json")


@pytest.fixture
def system(keyring: RecordingKeyring, file: FileStore) -> SystemStore:
    return SystemStore(KeyringStore(keyring), file)


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


# --- the text -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("token", [TOKEN, BARE], ids=["whole", "bare"])
def test_a_token_survives_as_text(token: StoredToken) -> None:
    assert token_text.load(token_text.dump(token), "here") == token


@pytest.mark.parametrize(
    "change",
    [
        {"format": 2},
        {"access_token": ""},
        {"access_token": None},
        {"access_token": 7},
        {"issued_at": "yesterday"},
        {"expires_at": "2026-10-01T12:00:00"},
        {"member": "Ada"},
        {"scopes": 7},
        {"refresh_token": ""},
    ],
    ids=repr,
)
def test_what_is_no_token_is_refused_without_showing_it(change: dict[str, Any]) -> None:
    fields = json.loads(token_text.dump(TOKEN)) | change

    with pytest.raises(SignInError, match="here") as refused:
        token_text.load(json.dumps(fields), "here")

    assert "auth login" in refused.value.hint
    assert "canary" not in repr(refused.value)


@pytest.mark.parametrize("text", ["", "[]", "null", "{", "\x00", "[" * 20_000])
def test_text_that_is_something_else_is_refused(text: str) -> None:
    with pytest.raises(SignInError, match="no token of this release"):
        token_text.load(text, "here")


# --- the file -------------------------------------------------------------------------------------------------------


def test_there_is_no_token_before_one_is_saved(file: FileStore) -> None:
    assert file.load() is None
    assert not file.delete()


def test_a_token_is_saved_replaced_and_removed(file: FileStore) -> None:
    assert file.save(BARE) == str(file.path)
    file.save(TOKEN)

    assert file.load() == TOKEN
    assert [path.name for path in file.path.parent.iterdir()] == ["token.json"]
    assert file.delete()
    assert file.load() is None


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077, 0o277])
def test_file_and_folders_are_their_owners_alone_whatever_the_umask(file: FileStore, umask: int) -> None:
    modes_while_writing: list[int] = []
    replace = Path.replace

    def noting(old: Path, new: Path) -> Path:
        modes_while_writing.append(_mode(old))
        return replace(old, new)

    before = os.umask(umask)
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Path, "replace", noting)
            file.save(TOKEN)
    finally:
        os.umask(before)

    assert modes_while_writing == [0o600]
    assert _mode(file.path) == 0o600
    assert {_mode(folder) for folder in (file.path.parent, file.path.parent.parent)} == {0o700}


def test_a_link_to_nowhere_in_place_of_the_folder_is_what_the_error_tells_of(file: FileStore) -> None:
    file.path.parent.parent.mkdir()
    file.path.parent.symlink_to("nowhere")

    with pytest.raises(SignInError, match="cannot be written: File exists"):
        file.save(TOKEN)


def test_the_file_is_never_open_to_others_not_even_at_first(file: FileStore, monkeypatch: pytest.MonkeyPatch) -> None:
    created: list[int] = []
    opened = os.open

    def recording(path: Any, flags: int, mode: int = 0o777, **more: Any) -> int:
        if flags & os.O_CREAT:
            created.append(mode)
            assert flags & os.O_EXCL
        return opened(path, flags, mode, **more)

    monkeypatch.setattr(os, "open", recording)
    file.save(TOKEN)

    assert created == [0o600]


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660, 0o601, 0o620])
def test_a_file_that_others_can_touch_is_refused(file: FileStore, mode: int) -> None:
    file.save(TOKEN)
    file.path.chmod(mode)

    with pytest.raises(SignInError, match=f"mode {mode:04o}") as refused:
        file.load()

    assert f"chmod 600 {file.path}" in refused.value.hint
    assert "canary" not in str(refused.value)


def test_saving_again_mends_a_file_that_others_could_touch(file: FileStore) -> None:
    file.save(BARE)
    file.path.chmod(0o666)

    file.save(TOKEN)

    assert file.load() == TOKEN


def test_a_symbolic_link_is_refused_and_never_written_through(file: FileStore, tmp_path: Path) -> None:
    target = FileStore(tmp_path / "elsewhere.json")
    target.save(BARE)
    before = target.path.read_bytes()
    file.path.parent.mkdir(parents=True)
    file.path.symlink_to(target.path)

    with pytest.raises(SignInError, match="symbolic link"):
        file.load()
    file.save(TOKEN)

    assert not file.path.is_symlink()
    assert target.path.read_bytes() == before


def test_a_dangling_link_is_refused_and_can_be_removed(file: FileStore, tmp_path: Path) -> None:
    file.path.parent.mkdir(parents=True)
    file.path.symlink_to(tmp_path / "nowhere")

    with pytest.raises(SignInError, match="symbolic link"):
        file.load()

    assert file.delete()


def test_a_file_of_another_user_is_refused(file: FileStore, monkeypatch: pytest.MonkeyPatch) -> None:
    file.save(TOKEN)
    monkeypatch.setattr(os, "geteuid", lambda: file.path.stat().st_uid + 1)

    with pytest.raises(SignInError, match="another user"):
        file.load()


def test_a_pipe_or_folder_in_its_place_is_refused_at_once(file: FileStore) -> None:
    file.path.parent.mkdir(parents=True)
    os.mkfifo(file.path, 0o600)

    with pytest.raises(SignInError, match="no regular file"):
        file.load()

    file.path.unlink()
    file.path.mkdir(mode=0o700)
    with pytest.raises(SignInError, match="no regular file"):
        file.load()
    with pytest.raises(SignInError, match="cannot be removed"):
        file.delete()


def test_a_file_where_the_folder_should_be_holds_no_token(tmp_path: Path) -> None:
    (tmp_path / "config").touch()
    store = FileStore(tmp_path / "config" / "token.json")

    assert store.load() is None
    assert not store.delete()
    with pytest.raises(SignInError, match="cannot be written"):
        store.save(TOKEN)


def test_a_full_disk_leaves_the_old_token_and_is_named(file: FileStore, monkeypatch: pytest.MonkeyPatch) -> None:
    file.save(TOKEN)
    before = file.path.read_bytes()

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(SignInError, match="No space left on device") as caught:
        file.save(TOKEN)

    assert "the space left" in caught.value.hint
    assert [path.name for path in file.path.parent.iterdir()] == [file.path.name]
    assert file.path.read_bytes() == before


def test_a_file_that_cannot_be_opened_is_reported(file: FileStore, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)

    with pytest.raises(SignInError, match="Permission denied"):
        file.load()


def test_a_full_disk_leaves_the_old_token_and_nothing_else(file: FileStore, monkeypatch: pytest.MonkeyPatch) -> None:
    file.save(BARE)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(SignInError, match="No space left"):
        file.save(TOKEN)

    assert file.load() == BARE
    assert [path.name for path in file.path.parent.iterdir()] == ["token.json"]


def test_the_file_lies_in_the_users_configuration(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setattr(sys, "platform", "linux")

    assert token_file.default_path() == tmp_path / "linkedin-media" / "token.json"


# --- the keyring ----------------------------------------------------------------------------------------------------


def test_a_keyring_keeps_a_token(keyring: RecordingKeyring) -> None:
    store = KeyringStore(keyring)

    assert store.load() is None
    assert not store.delete()
    assert store.save(TOKEN) == "the system keyring"
    assert store.load() == TOKEN
    assert store.delete()
    assert keyring.held == {}
    assert "canary" not in repr(store)


def test_a_keyring_that_fails_is_reported_without_its_words(keyring: RecordingKeyring) -> None:
    store = KeyringStore(keyring)
    keyring.fails = True

    with pytest.raises(SignInError, match="KeyringLocked") as unread:
        store.load()
    with pytest.raises(SignInError, match="PasswordSetError") as unwritten:
        store.save(TOKEN)

    for error in (unread.value, unwritten.value):
        assert "canary" not in f"{error} {error.__context__!r} {error.__cause__!r}"
    assert not store.delete()


def _installed(monkeypatch: pytest.MonkeyPatch, backend: Any) -> None:
    monkeypatch.setattr("keyring.get_keyring", lambda: backend)


def test_a_keyring_that_keeps_secrets_is_used(monkeypatch: pytest.MonkeyPatch, keyring: RecordingKeyring) -> None:
    _installed(monkeypatch, keyring)

    store = token_store()

    assert isinstance(store, SystemStore)
    assert store.place == "the system keyring"


@attrs.frozen
class _Weak:
    priority: float


@pytest.mark.parametrize("priority", [-1, 0, 0.5])
def test_a_keyring_that_writes_in_the_clear_or_nowhere_is_not(monkeypatch: pytest.MonkeyPatch, priority: float) -> None:
    _installed(monkeypatch, _Weak(priority))

    assert isinstance(token_store(), FileStore)


def test_without_the_extra_the_file_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)

    assert find_keyring() is None
    assert isinstance(token_store(), FileStore)


def test_a_keyring_that_breaks_while_it_is_looked_for_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise RuntimeError("no bus")

    monkeypatch.setattr("keyring.get_keyring", broken)

    assert find_keyring() is None


# --- both -----------------------------------------------------------------------------------------------------------


def test_a_token_is_kept_in_the_keyring_only(system: SystemStore, file: FileStore) -> None:
    file.save(BARE)

    assert system.save(TOKEN) == "the system keyring"

    assert system.load() == TOKEN
    assert not file.path.exists()


def test_a_token_in_the_file_is_found_too(system: SystemStore, file: FileStore, keyring: RecordingKeyring) -> None:
    file.save(TOKEN)

    assert system.load() == TOKEN
    keyring.fails = True
    assert system.load() == TOKEN


def test_a_keyring_that_is_locked_is_reported_where_there_is_no_file(
    system: SystemStore, keyring: RecordingKeyring
) -> None:
    keyring.fails = True

    with pytest.raises(SignInError, match="unlock it"):
        system.load()


def test_a_token_no_keyring_takes_goes_into_the_file(
    system: SystemStore, file: FileStore, keyring: RecordingKeyring, caplog: pytest.LogCaptureFixture
) -> None:
    keyring.fails = True

    with caplog.at_level(logging.WARNING, "linkedin_media"):
        assert system.save(TOKEN) == str(file.path)

    assert file.load() == TOKEN
    assert [record.getMessage() for record in caplog.records] == ["token.keyring_refused"]
    assert "canary" not in "".join(str(vars(record)) for record in caplog.records)


def test_signing_out_forgets_both(system: SystemStore, file: FileStore, keyring: RecordingKeyring) -> None:
    assert not system.delete()
    system.save(TOKEN)
    file.save(TOKEN)

    assert system.delete()

    assert (keyring.held, file.path.exists()) == ({}, False)


def test_the_stores_name_themselves_without_the_token(system: SystemStore) -> None:
    system.save(TOKEN)

    assert "canary" not in f"{system!r} {system.load()!r}"
    assert tokens.TokenStore is not None
    assert token_keyring.SERVICE == "linkedin-media"
