"""Reading without places reads the same, and leaves to the other reader whatever is unusual."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import pytest

from bench.corpus import make_teams
from bench.yaml_text import as_yaml
from flametree_cfg.config import quick as module
from flametree_cfg.config.layout import canonical
from flametree_cfg.config.quick import read_quickly
from flametree_cfg.config.reader import read_document
from tests.config.written import each_form, spoilt, written

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted([*ROOT.glob("tenants/*/*.yaml"), *ROOT.glob("tests/**/*.yaml")])
MANY = b"".join(b"k%d: x\n" % n for n in range(110_000))
DEEP = b"".join(b" " * n + b"k:\n" for n in range(70))
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


def test_each_form_by_itself() -> None:
    """Keys and values of all sorts are read as the other reader reads them, or left to it."""
    quickly = sum(agree(data) for data in each_form())

    assert quickly > 150


@pytest.mark.parametrize("seed", range(12))
def test_documents_as_written_and_spoilt(seed: int) -> None:
    """Documents of all forms that are read quickly, nearly so, and with lines moved and pieces put in."""
    draw = random.Random(seed)
    quickly = 0
    for _ in range(400):
        data = written(draw, draw.choice([0.0, 0.02, 0.1]))
        here = agree(data)
        quickly += here
        assert agree(data.replace(b"\n", b"\r\n")) is here or b"\r" in data
        other = spoilt(draw, data)
        agree(other)
        at = draw.randrange(len(other) + 1)
        agree(other[:at] + draw.choice(PIECES) + other[at + draw.choice([0, 1]) :])

    assert quickly > 100


def test_nothing_that_changes_is_shared() -> None:
    """What is kept from file to file are scalars and keys."""
    first, second = (read_quickly(b"a: []\nb: [x]\nc: {}\n", "x") for _ in range(2))

    assert first is not None
    assert second is not None
    assert not {id(value) for value in first.value.values()} & {id(value) for value in second.value.values()}


def test_libyaml_is_not_loaded() -> None:
    """Where everything is read quickly, the other reader is not even imported."""
    path = str(ROOT / "tenants/greenbasket/models.yaml")
    code = (
        "import sys; from flametree_cfg.config import load_catalog; from flametree_cfg.config.part import read_part;"
        "part = read_part(open(sys.argv[1], 'rb').read(), 'x', 'x', load_catalog()); print(len(part.declarations));"
        "assert 'yaml' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True, timeout=60, check=False)

    assert (done.returncode, done.stderr) == (0, "")
    assert int(done.stdout) > 0


def test_little_is_kept() -> None:
    """Keys and values that never come again are not kept for ever."""
    for n in range(60):
        assert read_quickly(b"".join(b"a%d-%d:\n  b%d-%d: c%d-%d\n" % ((n, k) * 3) for k in range(50)), "x")

    assert max(len(kept) for kept in vars(module).values() if type(kept) is dict) < 2_000


def test_what_fmt_writes_is_read_quickly() -> None:
    """A file stays as fast as it is, whatever its entries' order."""
    assert all(agree(canonical(path.read_bytes(), "x")[0]) for path in ROOT.glob("tenants/*/*.yaml"))


def test_estates_are_read_quickly() -> None:
    """What the bench measures is what is read quickly, however large the file."""
    teams = make_teams(200, 1)

    assert agree(as_yaml("estate", teams[:1]).encode())
    assert len(as_yaml("estate", teams)) > 400_000
    assert agree(as_yaml("estate", teams).encode())


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a:\n", None),
        ("a:\n- b\n- c: d\n  e: 1\n", ["b", {"c": "d", "e": 1}]),
        ("a:  # note\n    b:\n    c: yes  # note\n", {"b": None, "c": "yes"}),
        ('a: "x # y: z"   # note\n', "x # y: z"),
        ("a: {b: [c, 'd, e'], f: {}}\n", {"b": ["c", "d, e"], "f": {}}),
        ("a: |\n  x\n\n   # y\n\n", "x\n\n # y\n"),
        ("a: |-\n  x\n", "x"),
        ("a: >\n  x\n  y\n\n\n  z\n", "x y\n\nz\n"),
        ("a: >-\n  x\n", "x"),
    ],
)
def test_forms_are_read_quickly(text: str, value: object) -> None:
    """All that people write has its quick way, and gives what it should."""
    document = read_quickly(text.encode(), "x")

    assert agree(text.encode())
    assert document is not None
    assert document.value == {"a": value}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"# nothing\n",
        b"a",
        b"[a]",
        b"a: " + b"[" * 40 + b"]" * 40,
        b"a: x" * 60_000,
        b"a: [" + b"x, " * 110_000 + b"x]",
        DEEP,
        MANY,
    ],
)
def test_left_to_the_other(data: bytes) -> None:
    """What is no mapping, deep or large is left alone."""
    assert read_quickly(data, "x") is None
    assert not agree(data)
