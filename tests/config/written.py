"""Documents as people write them, and nearly so: from the forms that are read line by line and those beside them."""

from __future__ import annotations

import random
from collections.abc import Iterator

_KEYS = ["a", "b", "type", "x-y", "A_B", "a.b", "no", "n", "key of words", "k/v", "\N{GREEK SMALL LETTER ALPHA}", "on"]
_ODD_KEYS = [
    "true",
    "null",
    "1",
    "0x1",
    "$secret",
    "<<",
    '"q"',
    "'q'",
    "...",
    "... a",
    "---",
    "-",
    "?x",
    "a#b",
    "k" * 1_025,
    "",
]
_VALUES = [
    *["x", "some words", "https://a.example/x?y=1&z", "${env:A}", "a#b", "a :b", "x,y]", "x  # note: b", "ten", "no"],
    *["1", "-1", "0.5", "1e3", "0x1f", "017", "true", "False", "null", "~", "12:30", "2024-01-01", "--x", "+", ".x"],
    *[
        '"q"',
        "'q'",
        '"a # b: c"',
        "''",
        '"a\\"b\\n\\\\\\t"',
        '"x"   # note',
        "[a, b]",
        "[]",
        "{}",
        "[ a ,b ]",
        "[1, true, ~]",
        "[1, true]",
    ],
    *["{a: b}", "{a: [x, 'y, z'], b: {c: \"d\"}}", "[../x, .y]", "[{a: b}]  # note", "|", "|-", ">", ">-"],
]
_ODD_VALUES = [
    *["a: b", "a:", "x:  # note", "-", "- x", "--- x", "?", "? x", ":x", ": x", ",x", "@x", "`x", "%x", "&a x", "*a"],
    *["!t x", "1e999", "9007199254740993", ".nan", '"un', '"x"#c', "'x' y", "'it''s'", '"\\u202e"', '"\\q"', "[a, ]"],
    *["[a", "[a]]", "[a]#c", "[a: b]", "[a #c]", "[a}", "{a: b, a: c}", "{1: b}", "{a:b}", '{"a": b}', "{<<: b}"],
    *["[" * 9 + "]" * 9, "|+", "|2", "| # note", ">1", "| x", "x\ty", "\N{NEXT LINE}", "x\r", "[-, -1]", "[... , x]"],
]
_BLOCK_LINES = ["line", "words  ", "# no note", "a: b", "- x", " deeper", "---", "", " "]


def each_form() -> Iterator[bytes]:
    """List every key and value by itself, behind a key, in a list and in a mapping of a list."""
    for value in _VALUES + _ODD_VALUES:
        for before in ("a: ", "a:\n  - ", "a:\n- b: ", "a:\n  b:   "):
            yield f"{before}{value}\n".encode()
            yield f"{before}{value}\n      x\nc: d\n".encode()
    for key in _KEYS + _ODD_KEYS:
        yield f"{key}: x\n".encode()
        yield f"a:\n  - {key}:\n    b: {{{key}: x}}\n".encode()


def written(draw: random.Random, odd: float) -> bytes:
    """
    Write a document.

    Args:
        draw: decides.
        odd: how often something is as nobody writes it, 0 to 1.
    """
    lines: list[str] = []
    column, opened = 0, True
    for _ in range(draw.randrange(1, 14)):
        column = max(0, column + _step(draw, odd, opened=opened)) if lines else 0
        if draw.random() < 0.1:
            lines.append(draw.choice(["", "  ", "# note", " " * column + "# note: x", " " * (column + 2) + "# x:"]))
            continue
        dash = "-" + " " * draw.choice([1, 1, 1, 3]) if lines and draw.random() < (0.4 if opened else 0.1) else ""
        value = draw.choice(_ODD_VALUES if draw.random() < odd else _VALUES)
        if dash and draw.random() < 0.4:
            lines.append(" " * column + dash + value)
            opened = False
            continue
        key = draw.choice(_ODD_KEYS if draw.random() < odd else _KEYS) + (str(draw.randrange(9)) * draw.randrange(3))
        opened = draw.random() < 0.4
        behind = draw.choice(["", "", " ", "  # note"]) if opened else draw.choice([" ", " ", "  "]) + value
        lines.append(" " * column + dash + key + ":" + behind)
        column += len(dash) if draw.random() > odd else 0
        if not opened and value[:1] in ("|", ">"):
            margin = " " * (column + draw.choice([1, 2, 2, 4]))
            lines += [
                margin + line if line.strip() else line for line in draw.choices(_BLOCK_LINES, k=draw.randrange(4))
            ]
    return ("\n".join(lines) + draw.choice(["\n", "\n", "", "\n\n", "\n# note\n", "\n  "])).encode()


def _step(draw: random.Random, odd: float, *, opened: bool) -> int:
    """Say how much further in the next line stands."""
    if draw.random() < odd:
        return draw.choice([-3, -1, 1, 2])
    return draw.choice([0, 1, 2, 2, 2, 4]) if opened else draw.choice([0, 0, 0, 0, -2, -4])


def spoilt(draw: random.Random, data: bytes) -> bytes:
    """Move, double, drop or swap lines."""
    lines = data.split(b"\n")
    at, other = draw.randrange(len(lines)), draw.randrange(len(lines))
    match draw.randrange(5):
        case 0:
            lines.insert(at, lines[other])
        case 1:
            lines[at] = b" " * draw.choice([1, 2]) + lines[at]
        case 2:
            lines[at] = lines[at].removeprefix(b" " * draw.choice([1, 2]))
        case 3:
            lines[at], lines[other] = lines[other], lines[at]
        case _:
            del lines[at]
    return b"\n".join(lines)
