"""
What shows that a row is not as it was written: a sum against damage, and a chain against change.

Each row of history carries a link: SHA-256 over what the row says and the link of the row before it. Whoever edits,
cuts or reorders rows has to make every later link anew, and the newest one stands in the tenant's row too. It proves
nothing against somebody who makes all of them anew: only a link that was kept elsewhere does.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import zlib
from collections.abc import Sequence
from typing import Any, Protocol

from flametree_cfg.model import canonical

_CHUNK = 1 << 20  # bytes unpacked at a time: a first apply of ten thousand resources is 15 MB


class Statements(Protocol):
    """What a migration needs of a database whose transaction is open."""

    def query(self, statement: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Give all rows as plain tuples."""
        ...

    def execute(self, statement: str, values: Sequence[object] = ()) -> int:
        """Run one writing statement; give the number of rows it changed."""
        ...


def checksum(*parts: object) -> int:
    """Sum a row up in 32 bits, so that damage to any byte of it shows; even damage to a column's type."""
    return zlib.crc32("\x1f".join([str(part) for part in parts]).encode("utf-8", "replace"))


def head_checksum(*head: object) -> int:
    """
    Sum a tenant's row up.

    Args:
        head: name, lineage, serial, platform, runs, total; then past, dropped, anchor and link, which count from the
            first time that one of them says something.
    """
    return checksum(*head) if any(head[6:]) else checksum(*head[:6])


def digest_of(packed: str) -> str:
    """
    Name what a packed text holds, by 64 hex digits: of an empty text none, of one that is not packed by itself.

    What is packed counts, not how: another version of the packer may write it in another way.
    """
    if not packed:
        return ""
    found = hashlib.sha256()
    try:
        data = base64.b64decode(packed, validate=True)
        unpacker = zlib.decompressobj()
        found.update(unpacker.decompress(data, _CHUNK))
        while unpacker.unconsumed_tail:
            found.update(unpacker.decompress(unpacker.unconsumed_tail, _CHUNK))
        if not unpacker.eof or unpacker.unused_data:
            return _digest_of_text(packed)
    except (binascii.Error, zlib.error, ValueError):
        return _digest_of_text(packed)
    return found.hexdigest()


def _digest_of_text(text: str) -> str:
    return hashlib.sha256(b"\x00" + text.encode("utf-8", "surrogatepass")).hexdigest()


def link_of(previous: str, tenant: str, number: int, body: str, operations: str, undo: str) -> str:
    """
    Link a row of history to the one before it.

    Args:
        previous: that one's link; empty for the first row there ever was.
        tenant, number: whose row, and which.
        body: the run as JSON.
        operations, undo: what `digest_of` says of them; `undo` is empty where nothing is known.

    Returns:
        64 hex digits.
    """
    content = {
        "previous": previous,
        "tenant": tenant,
        "number": number,
        "run": _read(body),
        "operations": operations,
        "undo": undo,
    }
    return hashlib.sha256(canonical(content)).hexdigest()


def _read(body: str) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return body


_HEADS = "SELECT name, lineage, serial, platform, runs, total, checksum FROM tenant ORDER BY name"
_ROWS = "SELECT number FROM history WHERE tenant = ? ORDER BY number"
_ROW = "SELECT body, operations FROM history WHERE tenant = ? AND number = ?"
_KEEP_LINK = "UPDATE history SET link = ? WHERE tenant = ? AND number = ?"
_KEEP_HEAD = "UPDATE tenant SET link = ?, dropped = ?, checksum = ? WHERE name = ?"


def chain_what_is_there(database: Statements) -> None:
    """Link the history of ledgers that were made before it was a chain; a damaged row of a tenant stays damaged."""
    for *head, kept in database.query(_HEADS):
        tenant = head[0]
        numbers = [row[0] for row in database.query(_ROWS, (tenant,))]
        if not numbers:
            continue
        link = ""
        for number in numbers:
            body, operations = database.query(_ROW, (tenant, number))[0]
            link = link_of(link, tenant, number, body, digest_of(operations), "")
            database.execute(_KEEP_LINK, (link, tenant, number))
        dropped = numbers[0] - 1
        total = head_checksum(*head, 0, dropped, "", link) if checksum(*head) == kept else kept
        database.execute(_KEEP_HEAD, (link, dropped, total, tenant))
