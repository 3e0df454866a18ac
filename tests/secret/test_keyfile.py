"""The master key's file."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from flametree_cfg.errors import AccessDenied, FlametreeError, StorageFailed
from flametree_cfg.secret import open_keyring

KEY = "5f" * 32


@pytest.fixture(autouse=True)
def _no_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FLAMETREE_KEY", raising=False)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Name a key file that is not there yet."""
    return tmp_path / ".flametree" / "key"


def refusal(path: Path) -> FlametreeError:
    """Try to open a keyring, and make sure that the refusal names the file and shows no key."""
    with pytest.raises(FlametreeError) as caught:
        open_keyring(path, create=True)
    assert str(path) in str(caught.value)
    assert KEY[:8] not in str(caught.value)
    return caught.value


def test_key_is_made_once(path: Path) -> None:
    """The first writer makes it, private whatever the umask; all later ones read the same."""
    umask = os.umask(0)
    try:
        made = open_keyring(path, create=True)
    finally:
        os.umask(umask)
    again, read = open_keyring(path, create=True), open_keyring(path, create=False)

    assert made is not None
    assert again is not None
    assert read is not None
    assert made.key_id == again.key_id == read.key_id
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert [found.name for found in path.parent.iterdir()] == ["key"]


def test_reading_makes_no_key(path: Path) -> None:
    """A plan without a key does without fingerprints."""
    assert open_keyring(path, create=False) is None
    assert not path.parent.exists()


@pytest.mark.parametrize("text", ["", "short", KEY[:-1], KEY + "00", "zz" * 32, "ключ" * 16, "\x00" * 64])
def test_what_is_no_key_is_refused(path: Path, text: str) -> None:
    """An empty or broken file is never replaced by a new key: it would make every sealed secret unreadable."""
    path.parent.mkdir()
    path.write_text(text)
    path.chmod(0o600)
    problem = refusal(path)

    assert problem.diagnostics[0].code == "bad-key"
    assert "openssl rand" in problem.diagnostics[0].hint
    assert path.read_text() == text


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_key_open_to_others_is_refused(path: Path, mode: int) -> None:
    """A key that others could read is no key any more."""
    path.parent.mkdir()
    path.write_text(KEY)
    path.chmod(mode)

    assert refusal(path).diagnostics[0].code == "unsafe-key"


def test_linked_key_is_refused(path: Path) -> None:
    """Not even a link to a good key is followed; a dangling one is not filled."""
    path.parent.mkdir()
    real = path.with_name("real")
    path.symlink_to(real)

    assert refusal(path).diagnostics[0].code == "unsafe-key"
    assert not real.exists()
    real.write_text(KEY)
    real.chmod(0o600)
    assert refusal(path).diagnostics[0].code == "unsafe-key"


def test_key_of_another_user_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody else's key could be known to them."""
    open_keyring(path, create=True)
    owner = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)

    assert refusal(path).diagnostics[0].code == "unsafe-key"


def test_pipe_in_place_of_the_key_is_refused(path: Path) -> None:
    """A pipe would make us wait for ever."""
    path.parent.mkdir()
    os.mkfifo(path, 0o600)

    assert refusal(path).diagnostics[0].code == "unsafe-key"


def test_unusable_folder_is_told(tmp_path: Path) -> None:
    """Where no folder can be made, the path is named."""
    (tmp_path / "file").write_text("")

    assert isinstance(refusal(tmp_path / "file" / "key"), StorageFailed)


@pytest.mark.parametrize("text", ["short", "s3cr3t" * 10])
def test_bad_variable_is_refused_without_showing_it(path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """The message names the variable, says how to make a key, and does not repeat what was given."""
    monkeypatch.setenv("FLAMETREE_KEY", text)
    with pytest.raises(AccessDenied) as caught:
        open_keyring(path, create=False)

    assert caught.value.diagnostics[0].code == "bad-key"
    assert "FLAMETREE_KEY" in str(caught.value)
    assert text not in str(caught.value)


def test_empty_variable_is_no_key_and_makes_none(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A runner that withholds the secret gives an empty one: reading goes without, writing is refused."""
    monkeypatch.setenv("FLAMETREE_KEY", "")

    assert open_keyring(path, create=False) is None
    with pytest.raises(AccessDenied):
        open_keyring(path, create=True)
    assert not path.exists()
