"""Sealing and fingerprints."""

from __future__ import annotations

import base64
import copy
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from flametree_cfg.errors import AccessDenied, ExitCode
from flametree_cfg.secret import Keyring, open_keyring

MASTER = bytes(range(32))
OTHER = bytes(range(1, 33))
PLACE = ("acme", "id-1", "settings.access_token")
VALUE = "s3cr3t-päss\nword"


def test_sealed_value_opens_in_its_place() -> None:
    """What was sealed comes back; the token shows the key's name and nothing of the value."""
    token = Keyring(MASTER).seal(VALUE, PLACE)

    assert Keyring(MASTER).unseal(token, PLACE) == VALUE
    assert token.startswith(f"v1:{Keyring(MASTER).key_id}:")
    assert VALUE not in token
    assert VALUE.encode() not in base64.b64decode(token.rpartition(":")[2])


@pytest.mark.parametrize(
    "place",
    [
        ("zoo", *PLACE[1:]),
        ("acme", "id-2", PLACE[2]),
        ("acme", "id-1", "settings.other"),
        ("acme", "id-1"),
        ("acme", "id-1settings.access_token"),
        ("acmeid-1", "", PLACE[2]),
        (),
    ],
)
def test_moved_value_does_not_open(place: tuple[str, ...]) -> None:
    """A token copied to another row, tenant or field is refused (reliability.md X-20)."""
    token = Keyring(MASTER).seal(VALUE, PLACE)
    with pytest.raises(AccessDenied) as caught:
        Keyring(MASTER).unseal(token, place)

    assert caught.value.diagnostics[0].code == "bad-seal"
    assert caught.value.exit_code is ExitCode.DENIED


def test_every_altered_byte_is_noticed() -> None:
    """No byte of a token can change."""
    keyring = Keyring(MASTER)
    head, _, body = keyring.seal("x", PLACE).rpartition(":")
    raw = base64.b64decode(body)
    for place in range(len(raw)):
        altered = bytearray(raw)
        altered[place] ^= 1
        with pytest.raises(AccessDenied):
            keyring.unseal(f"{head}:{base64.b64encode(altered).decode()}", PLACE)


@pytest.mark.parametrize(
    "token", ["", "v1", "v1::", "v2:00:AAAA", "plain text", f"v1:{Keyring(MASTER).key_id}:%%%", "v1:ü:x"]
)
def test_what_is_no_token_is_refused(token: str) -> None:
    """Garbage in the database is told as such."""
    with pytest.raises(AccessDenied):
        Keyring(MASTER).unseal(token, PLACE)


def test_wrong_key_is_named() -> None:
    """Both keys are named by id, and the exit code is that of permission (reliability.md X-21)."""
    token = Keyring(MASTER).seal(VALUE, PLACE)
    with pytest.raises(AccessDenied) as caught:
        Keyring(OTHER).unseal(token, PLACE)

    text = str(caught.value)
    assert caught.value.diagnostics[0].code == "wrong-key"
    assert Keyring(MASTER).key_id in text
    assert Keyring(OTHER).key_id in text


def test_same_value_is_sealed_differently_each_time() -> None:
    """A fresh nonce every time: equal secrets do not show as equal."""
    tokens = {Keyring(MASTER).seal("same", PLACE) for _ in range(200)}

    assert len(tokens) == 200


def test_fingerprint_tells_values_apart() -> None:
    """The same value has the same fingerprint, a rotated one another (reliability.md X-09)."""
    keyring = Keyring(MASTER)

    assert keyring.fingerprint("line", "a") == Keyring(MASTER).fingerprint("line", "a")
    assert keyring.fingerprint("line", "a") != keyring.fingerprint("line", "b")


def test_fingerprint_differs_by_lineage_and_key() -> None:
    """Equal secrets of two tenants, or under two keys, cannot be told to be equal."""
    prints = {Keyring(key).fingerprint(line, "a") for key in (MASTER, OTHER) for line in ("one", "two")}
    shifted = {Keyring(MASTER).fingerprint("ab", "c"), Keyring(MASTER).fingerprint("a", "bc")}

    assert len(prints) == 4
    assert len(shifted) == 2


def test_fingerprint_form() -> None:
    """KEYID:HEX, as the model says."""
    key_id, _, text = Keyring(MASTER).fingerprint("line", "a").partition(":")

    assert key_id == Keyring(MASTER).key_id
    assert len(bytes.fromhex(text)) == 32


def test_short_secret_cannot_be_guessed_without_the_key() -> None:
    """All PINs tried with every public part of a fingerprint give no match (reliability.md X-10)."""
    import hashlib
    import hmac

    key_id, _, text = Keyring(MASTER).fingerprint("line", "0042").partition(":")
    pins = [f"{n:04d}".encode() for n in range(10_000)]
    guesses = {hashlib.sha256(pin).hexdigest() for pin in pins}
    for public in (b"", b"line", key_id.encode(), bytes.fromhex(key_id), bytes(32)):
        guesses |= {hmac.digest(public, pin, "sha256").hex() for pin in pins}
        guesses |= {hmac.digest(public, b"\0\0\0\4line" + pin, "sha256").hex() for pin in pins}

    assert text not in guesses


def test_keys_never_show() -> None:
    """Neither text nor copies of a keyring carry keys."""
    keyring = Keyring(MASTER)

    assert repr(keyring) == str(keyring) == f"Keyring({keyring.key_id})"
    for attempt in (pickle.dumps, copy.deepcopy):
        with pytest.raises(TypeError):
            attempt(keyring)


def test_key_comes_from_the_variable_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hex and both kinds of base64 name the same key; no file is made beside it."""
    ids = set()
    for text in (
        MASTER.hex(),
        MASTER.hex().upper(),
        base64.b64encode(MASTER).decode(),
        base64.urlsafe_b64encode(MASTER).decode().rstrip("="),
        f" {MASTER.hex()}\n",
    ):
        monkeypatch.setenv("FLAMETREE_KEY", text)
        keyring = open_keyring(tmp_path / "key", create=True)
        assert keyring is not None
        ids.add(keyring.key_id)

    assert ids == {Keyring(MASTER).key_id}
    assert not any(tmp_path.iterdir())


def test_fingerprinting_does_not_load_cryptography() -> None:
    """The plan's path stays fast: only sealing needs the library."""
    script = (
        "import sys; from flametree_cfg.secret import Keyring; Keyring(bytes(32)).fingerprint('a', 'b')\n"
        "print('cryptography' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "False"
