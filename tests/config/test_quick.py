"""Reading without places reads the same, and leaves to the other reader whatever is unusual."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from flametree_cfg.config.quick import read_quickly
from flametree_cfg.config.reader import read_document

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted([*ROOT.glob("tenants/*/*.yaml"), *ROOT.glob("tests/**/*.yaml")])
PIECES = [
    b"&a ",
    b"*a",
    b"!t ",
    b"? ",
    b"- ",
    b"<<: ",
    b"# ",
    b"'",
    b'"',
    b'"\\u202e"',
    b"{",
    b"[",
    b": ",
    b"\n",
    b"\t",
]
PIECES += [
    b"%YAML 1.1\n---\n",
    b"---\n",
    b"...\n",
    b"~",
    b"1e999",
    b"0x1F",
    b"$secret: x\n",
    b"1: 2\n",
    b"\xc2\x85",
    b"null",
]


def agree(data: bytes) -> bool:
    """Check that both readings of a file are one; tell whether it was read quickly."""
    full, problems = read_document(data, "x")
    quick, others = read_document(data, "x", places=False)

    assert (repr(quick.value), quick.whole, others) == (repr(full.value), full.whole, problems)
    if quick.placed:
        assert quick == full
        return False
    assert not problems
    assert isinstance(full.value, dict)
    assert [quick.place([key]) for key in full.value] == [full.place([key]) for key in full.value]
    return True


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_files_as_they_are_and_spoilt(path: Path) -> None:
    """Every file of the project, as it is and with pieces of YAML put in and taken out anywhere."""
    data = path.read_bytes()
    draw = random.Random(path.name)
    agree(data)
    for _ in range(60):
        at = draw.randrange(len(data) + 1)
        agree(data[:at] + draw.choice(PIECES) + data[at + draw.choice([0, 0, 1, 5]) :])


def test_examples_are_read_quickly() -> None:
    """It is not that everything is left to the other reader."""
    assert all(agree(path.read_bytes()) for path in ROOT.glob("tenants/*/*.yaml"))


@pytest.mark.parametrize("data", [b"", b"# nothing\n", b"a", b"[a]", b"a: " + b"[" * 40 + b"]" * 40, b"a: x" * 60_000])
def test_left_to_the_other(data: bytes) -> None:
    """What is no mapping, deep or large is left alone."""
    assert read_quickly(data, "x") is None
    assert not agree(data)
