"""Read no more of an answer than agreed, neither before nor after decompression."""

from __future__ import annotations

import json
import zlib
from collections.abc import AsyncIterable, Mapping
from typing import Any

from flametree_cfg.model import Hiding

LARGEST = 256 << 10  # bytes: the longest list of models, and room
_EITHER = 32 + zlib.MAX_WBITS  # zlib's or gzip's header
_NEITHER = -zlib.MAX_WBITS  # what some servers call deflate


class TooLarge(Exception):
    """There is more than we read."""


class Unreadable(Exception):
    """The answer is not JSON, or packed in a way we do not unpack."""


class Answer(Hiding, frozen=True):
    """
    What came back.

    Attributes:
        media: the content type, without its parameters.
        content: unpacked; may quote a secret.
        fault: why there is no content; None if it is whole.
    """

    never_shown = frozenset({"content"})

    status: int
    media: str = ""
    content: bytes = b""
    fault: TooLarge | Unreadable | None = None

    @property
    def streams(self) -> bool:
        """Tell whether it is a stream of events, which need not end."""
        return self.media == "text/event-stream"

    def json(self) -> Any:
        """
        Parse it.

        Raises:
            TooLarge: it was not read to the end.
            Unreadable: it is not JSON.
        """
        if self.fault is not None:
            raise self.fault
        try:
            return json.loads(self.content)
        except (ValueError, RecursionError):
            raise Unreadable from None


async def read_answer(status: int, headers: Mapping[str, str], chunks: AsyncIterable[bytes]) -> Answer:
    """
    Read an answer of a server that may mean harm.

    Args:
        status: of HTTP.
        headers: looked up without regard to case.
        chunks: of the body, as they come over the wire.
    """
    answer = Answer(status, headers.get("content-type", "").partition(";")[0].strip().lower())
    if answer.streams:
        return answer
    try:
        packed = await _at_most(chunks)
        return Answer(status, answer.media, _unpacked(packed, headers.get("content-encoding", "")))
    except (TooLarge, Unreadable) as fault:
        return Answer(status, answer.media, fault=fault)


async def _at_most(chunks: AsyncIterable[bytes]) -> bytes:
    content = bytearray()
    async for chunk in chunks:
        content += chunk
        if len(content) > LARGEST:
            raise TooLarge
    return bytes(content)


def _unpacked(packed: bytes, encoding: str) -> bytes:
    """Unpack a piece at a time: a few bytes may stand for gigabytes."""
    encoding = encoding.strip().lower()
    if encoding in ("", "identity"):
        return packed
    if encoding not in ("gzip", "x-gzip", "deflate"):
        raise Unreadable
    for header in (_EITHER, _NEITHER):
        unpacker = zlib.decompressobj(header)
        try:
            content = unpacker.decompress(packed, LARGEST + 1)
        except zlib.error:
            continue
        if len(content) > LARGEST:
            raise TooLarge
        if not unpacker.eof:
            raise Unreadable
        return content
    raise Unreadable
