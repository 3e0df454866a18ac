"""Seal secrets, and fingerprint them, with keys derived from one master key."""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import os
from pathlib import Path
from typing import NoReturn

from flametree_cfg.errors import AccessDenied, error
from flametree_cfg.secret.derivation import derive
from flametree_cfg.secret.keyfile import master_key

_NONCE_SIZE = 12  # bytes: 96 random bits, as AES-GCM wants them
_VERSION = "v1"


def open_keyring(path: Path, *, create: bool) -> Keyring | None:
    """
    Find the master key and derive from it.

    Args:
        path: of the key file beside the ledger; `FLAMETREE_KEY` comes before it.
        create: make the file if there is no key.

    Returns:
        None where there is no key and none may be made.

    Raises:
        AccessDenied: the key is no key, or others can read it.
        StorageFailed: the key file cannot be read or made.
    """
    master = master_key(path, create=create)
    return None if master is None else Keyring(master)


class Keyring:
    """
    Two keys and their name; never shown, never pickled.

    Attributes:
        key_id: 8 hex digits that name the master key and tell nothing about it.
    """

    __slots__ = ("_fingerprinting", "_sealing", "key_id")

    def __init__(self, master: bytes) -> None:
        self.key_id = derive(master, b"flametree-cfg key id")[:4].hex()
        self._sealing = derive(master, b"flametree-cfg sealing")
        self._fingerprinting = derive(master, b"flametree-cfg fingerprints")

    def __repr__(self) -> str:
        return f"Keyring({self.key_id})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a keyring stays in its process")

    def fingerprint(self, lineage: str, value: str) -> str:
        """
        Name a value, `KEYID:HEX`, so that a changed one shows.

        Nobody without the key can try values against it, and the same value in two tenants has two fingerprints.

        Args:
            lineage: of the tenant's ledger.
            value: any text.

        Source: reliability.md X-09, X-10.
        """
        text = lineage.encode("utf-8", "surrogatepass")
        message = len(text).to_bytes(4, "big") + text + value.encode("utf-8", "surrogatepass")
        return f"{self.key_id}:{hmac.digest(self._fingerprinting, message, 'sha256').hex()}"

    def seal(self, value: str, associated: tuple[str, ...]) -> str:
        """
        Encrypt a value (AES-256-GCM), bound to the place where it is kept.

        Args:
            value: any text.
            associated: the place: tenant, platform id, field path. Elsewhere it does not open.

        Returns:
            `v1:KEYID:BASE64`.
        """
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        nonce = os.urandom(_NONCE_SIZE)
        sealed = AESGCM(self._sealing).encrypt(nonce, value.encode("utf-8", "surrogatepass"), self._bound(associated))
        return f"{_VERSION}:{self.key_id}:{base64.b64encode(nonce + sealed).decode('ascii')}"

    def unseal(self, token: str, associated: tuple[str, ...]) -> str:
        """
        Decrypt what `seal` made.

        Raises:
            AccessDenied: sealed with another key (`wrong-key`), altered, or moved from another place (`bad-seal`).

        Source: reliability.md X-20, X-21.
        """
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        version, _, rest = token.partition(":")
        key_id, _, body = rest.partition(":")
        if version != _VERSION or not body:
            raise _bad_seal()
        if key_id != self.key_id:
            raise _wrong_key(key_id, self.key_id)
        try:
            raw = base64.b64decode(body, validate=True)
            plain = AESGCM(self._sealing).decrypt(raw[:_NONCE_SIZE], raw[_NONCE_SIZE:], self._bound(associated))
        except (InvalidTag, binascii.Error, ValueError) as problem:
            raise _bad_seal() from problem
        return plain.decode("utf-8", "surrogatepass")

    def _bound(self, associated: tuple[str, ...]) -> bytes:
        return json.dumps([_VERSION, self.key_id, *associated]).encode("ascii")


def _wrong_key(found: str, ours: str) -> AccessDenied:
    return AccessDenied(
        error(
            "wrong-key",
            "A secret was sealed with another key",
            f"sealed with key {found[:16]!r}, the key here is {ours}",
            "set FLAMETREE_KEY to the key it was sealed with, or set the secret anew",
        )
    )


def _bad_seal() -> AccessDenied:
    return AccessDenied(
        error(
            "bad-seal",
            "A sealed secret does not open",
            "it was altered, or moved here from another place",
            "set the secret anew",
        )
    )
