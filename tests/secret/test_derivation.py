"""Our HKDF is everybody's HKDF."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from flametree_cfg.secret.derivation import derive


@pytest.mark.parametrize("master", [bytes(32), bytes(range(32)), b"\xff" * 32])
@pytest.mark.parametrize("purpose", [b"", b"flametree-cfg sealing", b"x" * 300])
def test_same_as_the_library(master: bytes, purpose: bytes) -> None:
    """The two lines give what `cryptography` gives."""
    assert derive(master, purpose) == HKDF(SHA256(), length=32, salt=None, info=purpose).derive(master)


def test_known_answer() -> None:
    """The third test vector of RFC 5869, cut to one block."""
    expected = "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"

    assert derive(b"\x0b" * 22, b"").hex() == expected
