"""YAML made to harm: each is refused with a place, in a process that may use little memory and time."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

_MEMORY = 400_000_000  # bytes of address space: the interpreter with our imports takes half
_READ = """
import json, resource, sys
from flametree_cfg.config.reader import read_document
data = sys.stdin.buffer.read()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[1]),) * 2)
resource.setrlimit(resource.RLIMIT_CPU, (5, 5))
document, found = read_document(data, "f.yaml")
grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
print(json.dumps([[f"{d.location} {d.code}" for d in found], grown]))
"""


def refused(data: bytes) -> list[str]:
    """Read in a process of its own; it must end well, within its limits and 50 MB."""
    command = [sys.executable, "-c", _READ, str(_MEMORY)]
    done = subprocess.run(command, input=data, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    found, grown_kb = json.loads(done.stdout)
    assert grown_kb < 50_000
    return list(found)


def alias_bomb() -> bytes:
    """324 bytes that stand for nine to the ninth values."""
    lines = ["a: &a [" + ",".join(["lol"] * 9) + "]"]
    lines += [
        f"{name}: &{name} [" + ",".join([f"*{below}"] * 9) + "]"
        for below, name in zip("abcdefgh", "bcdefghi", strict=True)
    ]
    return "\n".join(lines).encode()


def merge_bomb() -> bytes:
    """Under a kilobyte of merge keys that double a mapping each time."""
    lines = ["a0: &a0 {k0: 1, l0: 2}"]
    lines += [f"a{i}: &a{i} {{<<: [*a{i - 1}, *a{i - 1}], k{i}: 1, l{i}: 2}}" for i in range(1, 22)]
    return "\n".join(lines).encode()[:842]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (alias_bomb(), "alias-expansion"),
        (merge_bomb(), "merge-key"),
        (b"[" * 100_000, "too-deep"),
        (b"[" * 1_000_000, "too-deep"),
        (b"{a: " * 100_000, "too-deep"),
        (b"[" * 100_000 + b"]" * 100_000, "too-deep"),
        (b"- " * 100_000, "too-deep"),
        (b"? " * 100_000, "too-deep"),
        (b"".join(b" " * level + b"a:\n" for level in range(1000)), "too-deep"),
        (b"[" * 65 + b"]" * 65, "too-deep"),
        (b"&a [" * 65 + b"]" * 65, "too-deep"),
        (b"- x\n" * 200_001, "too-many-nodes"),
        (b"".join(b"- &a%d x\n" % number for number in range(300_000)), "too-many-nodes"),
        (b"- &a x\n" + b"- *a\n" * 101, "too-many-aliases"),
        (b"a: &a [" + b"x," * 1000 + b"]\nb: [" + b"*a," * 60 + b"]", "alias-expansion"),
        (b"- &a x\n- *a\n" + b"- x\n" * 50_000, "alias-expansion"),
        (b"%TAG !a! tag:x\n" * 100_000 + b"--- a", "yaml-directive"),
        (b'"' + b"\n" * 4_000_000, "yaml-syntax"),
        (b"a: 1\n" * 500_000, "too-many-problems"),
        ("\u202e".encode() * 1_000_000, "hidden-character"),
        (b"a: " + b"9" * 4_000_000, "bad-number"),
    ],
    ids=lambda value: value if isinstance(value, str) else f"{len(value)}-bytes",
)
def test_bombs_are_refused_with_a_place(data: bytes, expected: str) -> None:
    """No crash, no hang, no memory: a line, a column and a code."""
    found = refused(data)

    assert expected in [one.rpartition(" ")[2] for one in found]
    assert all(not one.startswith("f.yaml:0:") for one in found)


def test_depth_counts_what_aliases_add() -> None:
    """Forty levels in forty levels are eighty, wherever they are written."""
    data = b"a: &a " + b"[" * 40 + b"]" * 40 + b"\nb: " + b"[" * 40 + b"*a" + b"]" * 40

    assert [one.rpartition(" ")[2] for one in refused(data)] == ["too-deep"]


def test_honest_files_near_the_budgets_pass() -> None:
    """Many values without aliases, 64 levels, a hundred aliases, and texts full of brackets are fine."""
    assert refused(b"- x\n" * 199_999) == []
    assert refused(b"[" * 64 + b"]" * 64) == []
    assert refused(b"- &a x\n" + b"- *a\n" * 100) == []
    assert refused(b"a: |\n" + b"  [[[[{{{{\n" * 2_000) == []
