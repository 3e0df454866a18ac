"""Texts to format: YAML as people write it, and what may become of it."""

from __future__ import annotations

import random
import re
from pathlib import Path

from hypothesis import strategies as st

from flametree_cfg.config.layout import arranged, with_last_line_ended
from flametree_cfg.config.reader import read_document
from flametree_cfg.model import Value

EXAMPLES = sorted((Path(__file__).parents[2] / "tenants").glob("*/*.yaml"))
KEYS = (
    "type", "name", "settings", "running", "description", "x-own", "environment", "instructions", "connectors",
    "channels",
)  # fmt: skip
MARK = re.compile(r"c\d+c")


def value_of(text: str | bytes) -> Value:
    """Read a text that is valid."""
    document, found = read_document(text if isinstance(text, bytes) else text.encode(), "f.yaml")
    assert not found, (found, text)
    return document.value


def arranged_twice(text: str) -> tuple[str, str]:
    """Format as the formatter does, without its safety net: it is not to be needed."""
    once = arranged(with_last_line_ended(text.removeprefix("\ufeff").replace("\r\n", "\n")))
    return once, arranged(once)


class Hand:
    """Writes YAML in one hand of many: indentation, quotes, comments, empty lines by chance."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._comments = 0
        self._anchors: list[str] = []

    def tenant(self) -> str:
        """Write a file."""
        keys = ["tenant", *self._chance.sample(("connectors", "channels", "agents", "other"), 3)]
        self._chance.shuffle(keys)
        head = self._chance.choice(("", "---\n", "# yaml-language-server: $schema=x\n", "# c0c\n\n", "\n\n"))
        lines = [line for key in keys for line in self._key(key, 0, 3 if key != "tenant" else 0)]
        tail = self._chance.choice(("", "", "...\n", "\n\n\n", "# c999999c\n", "   "))
        text = head + "\n".join(lines) + self._chance.choice(("\n", "\n", "\n\n", "")) + tail
        text = text if text.endswith("\n") or "\n..." not in text else text + "\n"
        return ("\ufeff" if self._chance.random() < 0.1 else "") + text

    def _key(self, key: str, column: int, depth: int) -> list[str]:
        around = self._around(column)
        return [*around, *self._valued(" " * column + key + ":", column, depth), *self._below(column)]

    def _valued(self, head: str, column: int, depth: int) -> list[str]:
        kind = self._chance.choice(("map", "map", "list", "leaf") if depth else ("leaf", "block", "flow", "alias"))
        inside = column + self._chance.choice((1, 2, 2, 3, 4, 7))
        match kind:
            case "map":
                names = self._chance.sample(KEYS, self._chance.randint(1, 4))
                block = [line for name in names for line in self._key(name, inside, depth - 1)]
                return [head + self._anchor() + self._remark(), *block]
            case "list":
                inside = self._chance.choice((column, inside))
                return [head + self._remark(), *self._list(inside, depth - 1)]
            case "block":
                return self._block(head, column)
            case "flow":
                return self._flow(head, column)
            case "alias" if self._anchors:
                return [f"{head} *{self._chance.choice(self._anchors)}{self._remark()}"]
            case _:
                return self._leaf(head, inside)

    def _list(self, column: int, depth: int) -> list[str]:
        lines: list[str] = []
        for _ in range(self._chance.randint(1, 3)):
            dash = " " * column + "-"
            if depth and self._chance.random() < 0.6:
                gap = self._chance.choice((1, 1, 3))
                first, *rest = self._around(0, none=True) + self._item(column + 1 + gap, depth - 1)
                lines += [dash + " " * gap + first.lstrip(" "), *rest]
            else:
                lines += [*self._around(column), *self._leaf(dash, column + 2)]
        return lines

    def _item(self, column: int, depth: int) -> list[str]:
        if self._chance.random() < 0.2:
            return self._list(column, 0)
        first, *others = self._chance.sample(KEYS, self._chance.randint(1, 3))
        lines = self._valued(" " * column + first + ":", column, depth)
        return lines + [line for name in others for line in self._key(name, column, depth)]

    def _leaf(self, head: str, inside: int) -> list[str]:
        pad = " " * self._chance.randint(1, 3)
        match self._chance.randint(0, 6):
            case 0:
                return [head + self._remark()]
            case 1:
                return [f"{head}{pad}'it''s # no comment'{self._remark()}"]
            case 2:
                return [
                    f'{head}{pad}"two\\',
                    " " * inside + "lines \\",
                    "",
                    " " * inside + f'of it\\  "{self._remark()}',
                ]
            case 3:
                return [
                    f"{head}{pad}plain text",
                    " " * inside + "goes on   ",
                    "",
                    " " * inside + f"and on{self._remark()}",
                ]
            case 4:
                return [f"{head}{self._anchor()}{pad}{self._chance.choice(('0.50', '007', 'no', '${env:A}', '😀 é'))}"]
            case 5:
                return [head, " " * inside + "below"]
            case _:
                return [f"{head}{pad}text{self._remark()}" + " " * self._chance.randint(0, 2)]

    def _block(self, head: str, column: int) -> list[str]:
        given = self._chance.choice(("", "", "1", "2", "5"))
        sign = self._chance.choice("|>") + given + self._chance.choice(("", "-", "+"))
        indent = " " * (column + (int(given) if given else self._chance.choice((1, 2, 5))))
        more = "  " if given else ""
        text = [f"{indent}{more}# text", f"{indent}   deeper  ", "", f"{indent}end"]
        empty = [" " * self._chance.randint(0, column)] * self._chance.randint(0, 2)
        return [f"{head} {sign}{self._remark()}", *text[: self._chance.randint(0, 4)], *empty]

    def _flow(self, head: str, column: int) -> list[str]:
        if self._chance.random() < 0.5:
            return [f'{head} {{a: 1, "b": [x, y]}}{self._remark()}']
        deep = " " * (column + self._chance.randint(1, 5))
        return [
            head + " [",
            f"{deep}a,{self._remark()}",
            deep + self._comment(),
            f"{deep}{{b: 1}}",
            " " * (column + 1) + "]",
        ]

    def _anchor(self) -> str:
        if self._chance.random() > 0.15:
            return ""
        self._anchors.append(f"a{len(self._anchors)}")
        return f" &{self._anchors[-1]}"

    def _comment(self) -> str:
        self._comments += 1
        return f"# c{self._comments}c"

    def _remark(self) -> str:
        return f"  {self._comment()}" if self._chance.random() < 0.2 else ""

    def _around(self, column: int, *, none: bool = False) -> list[str]:
        if none or self._chance.random() < 0.6:
            return []
        lines = [" " * column + self._comment(), "", "", " " * max(0, column - 1) + self._comment()]
        return self._chance.sample(lines, self._chance.randint(1, 3))

    def _below(self, column: int) -> list[str]:
        return [" " * (column + 1) + self._comment()] if self._chance.random() < 0.1 else []


def hands() -> st.SearchStrategy[str]:
    """Give files in many hands; what a reader refuses (an alias of its own surroundings) is left out."""
    return st.randoms(use_true_random=False).map(lambda chance: Hand(chance).tenant()).filter(_is_valid)


def _is_valid(text: str) -> bool:
    return not read_document(text.encode(), "f.yaml")[1]


@st.composite
def mistreated(draw: st.DrawFn) -> str:
    """Give an example tenant's file after somebody's edits: moved, commented, indented, with other line ends."""
    lines = draw(st.sampled_from(EXAMPLES)).read_text(encoding="utf-8").split("\n")
    for count in range(draw(st.integers(1, 12))):
        at = draw(st.integers(0, len(lines) - 1))
        match draw(st.integers(0, 5)):
            case 0:
                lines.insert(at, " " * draw(st.integers(0, 9)) + f"# c{count}c")
            case 1:
                lines.insert(at, " " * draw(st.integers(0, 4)))
            case 2 if lines[at].strip():
                lines[at] += f"  # c{count}c"
            case 3:
                lines[at] += "  "
            case 4:
                other = draw(st.integers(0, len(lines) - 1))
                lines[at], lines[other] = lines[other], lines[at]
            case _:
                width = draw(st.sampled_from((1, 3, 4)))
                lines = [" " * ((len(one) - len(one.lstrip(" "))) // 2 * width) + one.lstrip(" ") for one in lines]
    return draw(st.sampled_from(("\n", "\r\n"))).join(lines)
