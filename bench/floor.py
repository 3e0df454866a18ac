"""
What no plan can do without, each step alone: read the bytes, look at every line, load the rows; and what libyaml takes
for the same files, which most of them are read without.

Run by the interpreter of the installed wheel in the folder of an applied estate; needs nothing but PyYAML.
"""

from __future__ import annotations

import json
import sqlite3
import statistics
from collections.abc import Callable, Sequence
from pathlib import Path
from time import perf_counter
from typing import Any

from yaml import StreamEndEvent
from yaml._yaml import CParser

TURNS = 5


def main() -> None:
    paths = sorted(Path("tenants").glob("*/*.yaml"))
    bodies = [path.read_bytes() for path in paths]
    stores = sorted(Path(".flametree").glob("*.db"))
    steps = [
        _step("files read", "bytes", lambda: sum(len(path.read_bytes()) for path in paths)),
        _step("lines split at their colons", "lines", lambda: sum(_lines(body) for body in bodies)),
        _step("libyaml alone", "events", lambda: sum(_parsed(body) for body in bodies)),
        _step("libyaml, each event handed to Python", "events", lambda: sum(_events(body) for body in bodies)),
        _step("rows loaded from SQLite", "rows", lambda: sum(_rows(store) for store in stores)),
    ]
    print(json.dumps({"files": len(paths), "steps": steps}))


def _step(name: str, unit: str, work: Callable[[], int]) -> dict[str, Any]:
    seconds, count = zip(*(_timed(work) for _ in range(TURNS)), strict=True)
    return {"name": name, "count": count[0], "of": unit, "seconds": statistics.median(seconds)}


def _timed(work: Callable[[], int]) -> tuple[float, int]:
    started = perf_counter()
    count = work()
    return perf_counter() - started, count


def _lines(body: bytes) -> int:
    return len([line.lstrip(" ").partition(": ") for line in body.decode().split("\n")])


def _parsed(body: bytes) -> int:
    """Let libyaml parse without making a Python object; it gives the number of events."""
    count: int = CParser(body).raw_parse()
    return count


def _events(body: bytes) -> int:
    parser, count = CParser(body), 1
    while not isinstance(parser.get_event(), StreamEndEvent):
        count += 1
    return count


def _rows(store: Path) -> int:
    with sqlite3.connect(f"file:{store}?mode=ro", uri=True) as connection:
        return sum(len(connection.execute(f'SELECT * FROM "{name}"').fetchall()) for name in _tables(connection))


def _tables(connection: sqlite3.Connection) -> Sequence[str]:
    return [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]


if __name__ == "__main__":
    main()
