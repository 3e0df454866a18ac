"""Lists of JSON objects, packed small for one column of a row."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import zlib
from collections.abc import Iterable
from typing import Any, NamedTuple

from flametree_cfg.state.body import write_json


class Packed(NamedTuple):
    """What was packed, and its digest: what `sql.chain.digest_of` says of it."""

    text: str
    digest: str


NOTHING = Packed("", "")


def pack(items: Iterable[object]) -> Packed:
    """Write items small: a first apply of ten thousand resources is 15 MB of JSON, and stays for long."""
    packer, digest = zlib.compressobj(1), hashlib.sha256()
    parts = []
    separator = b"["
    for item in items:  # one by one, so that they are never all in memory
        data = separator + write_json(item).encode()
        digest.update(data)
        parts.append(packer.compress(data))
        separator = b","
    end = b"]" if parts else b"[]"
    digest.update(end)
    parts.append(packer.compress(end))
    return Packed(base64.b64encode(b"".join(parts) + packer.flush()).decode("ascii"), digest.hexdigest())


def unpack(packed: str) -> list[Any]:
    """
    Undo `pack`.

    Raises:
        ValueError: it is not what `pack` writes.
    """
    try:
        found = json.loads(zlib.decompress(base64.b64decode(packed, validate=True)))
    except (binascii.Error, zlib.error, RecursionError) as problem:
        raise ValueError("not packed") from problem
    if not isinstance(found, list):
        raise ValueError("no list")  # noqa: TRY004  # one kind of fault for whoever reads
    return found
