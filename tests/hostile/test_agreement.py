"""Our reader against ruamel.yaml, and against documents broken at random."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from flametree_cfg.config.reader import read_document
from tests.hostile.writing import random_value, written

_PIECES = [
    *(b"[ ] { } : , # | > ' \" \\ & * ! % @ ` ~ ? - = <<: .inf \t \n \r \r\n \x00 \xff \xc3").split(b" "),
    b" ", b"  ", b": ", b"- ", b"? ", b"&a ", b"*a", b"*a0", b"!!int ", b"!!python/object:os.system ", b"\n---\n",
    b"\n...\n", b"%YAML 1.1\n", b"%TAG ! x\n", b"\\ud800", b"\\x00", b"${env:X}", b"1: ", b"a: 1\n", b"[]: 1\n",
    b"9" * 400, "\u202e".encode(), "\u2028".encode(), "\x85".encode(), "\ufeff".encode(), "\u200d".encode(),
]  # fmt: skip


@given(st.integers(0, 2**32))
@settings(deadline=None, max_examples=300)
def test_valid_documents_are_read_as_ruamel_reads_them(seed: int) -> None:
    """Whatever the style, values and types are those that were written, here and there."""
    draw = random.Random(seed)
    value = random_value(draw)
    data = written(value, draw)

    document, found = read_document(data, "f.yaml")
    assert found == ()
    assert document.value == value
    assert repr(document.value) == repr(value)
    assert YAML(typ="safe", pure=True).load(data.decode("utf-8-sig")) == value


@given(st.integers(0, 2**32))
@settings(deadline=None, max_examples=1000)
def test_broken_documents_give_diagnostics_with_places(seed: int) -> None:
    """Whatever the bytes, reading returns: a document, or an error with line and column inside the file."""
    draw = random.Random(seed)
    data = broken(written(random_value(draw), draw), draw)

    document, found = read_document(data, "f.yaml")
    assert document.whole or found
    lines = data.count(b"\n") + data.count(b"\r") + 1
    for one in found:
        assert one.location is not None
        assert 1 <= one.location.line <= lines
        assert one.location.column >= 1
        assert one.code
        assert one.hint


@given(st.binary(max_size=200))
@settings(deadline=None, max_examples=300)
def test_any_bytes_at_all_are_survived(data: bytes) -> None:
    """Noise is refused or read, never raised."""
    document, found = read_document(data, "f.yaml")

    assert document.whole or found


@given(st.integers(0, 2**32))
@settings(deadline=None, max_examples=100)
def test_every_value_is_found_where_it_stands(seed: int) -> None:
    """The place of a text without quotes is where that text begins."""
    draw = random.Random(seed)
    data = written(random_value(draw), draw)
    document, _ = read_document(data, "f.yaml")
    lines = data.decode("utf-8-sig").splitlines()

    for path, text in _texts(document.value):
        place = document.place(path)
        rest = lines[place.line - 1][place.column - 1 :]
        assert rest.startswith((text, "'", '"', "|", "*", "&"))


def broken(data: bytes, draw: random.Random) -> bytes:
    """Insert, delete or repeat pieces."""
    body = bytearray(data)
    for _ in range(draw.randrange(1, 4)):
        at = draw.randrange(len(body) + 1)
        match draw.randrange(3):
            case 0:
                body[at:at] = draw.choice(_PIECES)
            case 1:
                del body[at : at + draw.randrange(1, 9)]
            case _:
                start = draw.randrange(len(body) + 1)
                body[at:at] = body[start : start + draw.randrange(30)]
    return bytes(body)


def _texts(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[tuple[str | int, ...], str]]:
    if isinstance(value, dict):
        return [found for key, item in value.items() for found in _texts(item, (*path, key))]
    if isinstance(value, list):
        return [found for index, item in enumerate(value) for found in _texts(item, (*path, index))]
    return [(path, value)] if isinstance(value, str) else []
