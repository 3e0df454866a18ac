"""HKDF-SHA256 (RFC 5869): several keys out of one."""

from __future__ import annotations

import hmac

_SIZE = 32


def derive(master: bytes, purpose: bytes) -> bytes:
    """
    Derive a 32-byte key for one purpose.

    Written out with the standard library, where it is two lines: importing it from `cryptography` costs every plan
    13 ms. A test holds it to that implementation.

    Source: RFC 5869, section 2, with no salt and one block of output.
    """
    extracted = hmac.digest(bytes(_SIZE), master, "sha256")
    return hmac.digest(extracted, purpose + b"\x01", "sha256")
