"""Random valid YAML 1.2 of the core types, written in every style a person might use."""

from __future__ import annotations

import random
from typing import Any

Value = Any

_WORDS = (
    "api", "no", "on", "yes", "off", "y", "naïve", "привет", "日本語", "👋", "1_000", "12:30:45", "2024-01-01", "0b1",
    "nullable", "trueish", "a: b", "# not a comment", "- item", "a #b", "{x}", "[y]", "it's", 'say "hi"', "back\\slash",
    "trailing ", " leading", "", "~", "null", "true", "17", "1e3", "${env:KEY}", "&a", "*b", "!c", "@d", "%e", "`f`",
    "two\nlines", "end\n", "tab\there", "-", "?", ":", "<<", "=", "|", ">", "a,b", ".5", "0x1F", "+1", "-0", "x" * 100,
)  # fmt: skip
_PLAIN_NUMBERS = {
    0: ("0", "+0", "-0", "00"),
    17: ("17", "017", "+17", "0o21", "0x11"),
    -3: ("-3", "-03"),
    9007199254740991: ("9007199254740991",),
    1000.0: ("1e3", "1E+3", "1000.0", "1000."),
    0.5: (".5", "0.5", "5e-1"),
    -1.25: ("-1.25",),
}
_CONSTANTS = {None: ("null", "~", "Null", "NULL"), True: ("true", "True", "TRUE"), False: ("false", "False", "FALSE")}
_PLAIN = frozenset("abcdefghijklmopqrsuvwxyzABCDEGHIJKLMOPQRSUVWXYZ")  # without n, t, f: no reader sees a constant


def random_value(draw: random.Random, depth: int = 0, pool: list[Value] | None = None) -> Value:
    """Draw a value of the core types; some lists and mappings stand in it several times, as one object."""
    pool = [] if pool is None else pool
    if pool and draw.random() < 0.05:
        return draw.choice(pool)
    value = _drawn(draw, depth, pool)
    if isinstance(value, dict | list) and value and depth:
        pool.append(value)
    return value


def _drawn(draw: random.Random, depth: int, pool: list[Value]) -> Value:
    kind = draw.random()
    if (depth < 5 and kind < 0.25) or depth == 0:
        return {draw.choice(_WORDS) + str(i): random_value(draw, depth + 1, pool) for i in range(draw.randrange(5))}
    if depth < 5 and kind < 0.4:
        return [random_value(draw, depth + 1, pool) for _ in range(draw.randrange(4))]
    if kind < 0.5:
        return draw.choice([None, True, False])
    if kind < 0.65:
        return draw.choice(list(_PLAIN_NUMBERS))
    return draw.choice(_WORDS)


def written(value: Value, draw: random.Random) -> bytes:
    """Write a value as YAML: block and flow, quotes, literals, aliases, comments, line ends, marks."""
    lines = Writer(draw).block(value, 0)
    text = "".join(_commented(line, draw) for line in lines)
    if draw.random() < 0.2:
        text = "--- # begin\n" + text
    if draw.random() < 0.1:
        text = "%YAML 1.2\n---\n" + text.removeprefix("--- # begin\n")
    if draw.random() < 0.2:
        text = text.replace("\n", "\r\n")
    data = text.encode()
    return b"\xef\xbb\xbf" + data if draw.random() < 0.1 else data


def _commented(line: str, draw: random.Random) -> str:
    return line + ("\n# a comment: [not YAML\n" if draw.random() < 0.05 and "\0" not in line else "\n")


class Writer:
    """Writes one document, choosing a style at every step."""

    def __init__(self, draw: random.Random) -> None:
        self.draw = draw
        self.anchors: dict[int, str] = {}

    def block(self, value: Value, indent: int) -> list[str]:
        """Write a value as lines of its own."""
        pad = " " * indent
        if isinstance(value, dict) and value:
            return [
                line for key, item in value.items() for line in self._entry(pad + self.key(key) + ":", item, indent)
            ]
        if isinstance(value, list) and value:
            return [line for item in value for line in self._entry(pad + "-", item, indent)]
        return [pad + self.flow(value)]

    def _entry(self, head: str, item: Value, indent: int) -> list[str]:
        step = self.draw.choice([1, 2, 4])
        if isinstance(item, dict | list) and item and self.draw.random() < 0.7:
            if id(item) in self.anchors:
                return [f"{head} *{self.anchors[id(item)]}"]
            lines = self.block(item, indent + step)
            return [f"{head}{self._anchor(item)}", *lines]
        if isinstance(item, str) and _literal(item) and self.draw.random() < 0.3:
            chomp = "" if item.endswith("\n") else "-"
            body = item.removesuffix("\n").split("\n")
            return [f"{head} |{chomp}\n" + "\n".join(" " * (indent + step) + line for line in body)]
        return [f"{head} {self.flow(item)}"]

    def _anchor(self, item: Value) -> str:
        if self.draw.random() < 0.5:
            return ""
        self.anchors[id(item)] = name = f"a{len(self.anchors)}"
        return f" &{name}"

    def flow(self, value: Value) -> str:
        """Write a value in one line."""
        if isinstance(value, dict):
            return "{" + ", ".join(f"{self.key(k)}: {self.flow(v)}" for k, v in value.items()) + "}"
        if isinstance(value, list):
            return "[" + ", ".join(self.flow(item) for item in value) + "]"
        if isinstance(value, str):
            return self.text(value)
        if value is None or isinstance(value, bool):
            return self.draw.choice(_CONSTANTS[value])
        return self.draw.choice(_PLAIN_NUMBERS[value])

    def key(self, key: str) -> str:
        """Write a key."""
        return self.text(key)

    def text(self, text: str) -> str:
        """Write a text, without quotes only where every reader takes it for one."""
        if text and text[0] in _PLAIN and text.isalnum() and text.isascii() and self.draw.random() < 0.6:
            return text
        if self.draw.random() < 0.4 and "\n" not in text:
            return "'" + text.replace("'", "''") + "'"
        escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
        if self.draw.random() < 0.2:
            escaped = escaped.replace("a", "\\x61").replace("é", "\\u00e9").replace("👋", "\\U0001F44B")
        return f'"{escaped}"'


def _literal(text: str) -> bool:
    return bool(text) and not text.startswith((" ", "\n")) and not text.endswith((" ", "\n\n")) and "\t" not in text
