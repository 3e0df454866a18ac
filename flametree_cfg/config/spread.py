"""Read files in several processes: very many, or a few while there is something else to do."""

from __future__ import annotations

import bisect
from collections.abc import Callable, Sequence
from functools import partial
from itertools import accumulate, pairwise
from typing import NamedTuple

from flametree_cfg.config.beside import Beside, begin, cores
from flametree_cfg.config.cache import parse_parts, write_part
from flametree_cfg.config.part import Part, digest_of, read_part
from flametree_cfg.errors import has_errors
from flametree_cfg.schema import Catalog

WORTH_IT = 3_000_000  # bytes for each process: 150 ms of work, most of which fetching what was read takes back
MOST = 8  # processes: fetching is not spread, so more would wait for it

_MORE = 0.15  # of a share: what the first has more


class Unread(NamedTuple):
    """A file whose bytes are here: its name, what to call it in diagnostics, and the bytes."""

    name: str
    label: str
    data: bytes


def read_all(files: Sequence[Unread], catalog: Catalog, processes: int | None = None) -> list[Part]:
    """
    Read files; the same whatever the number of processes.

    A process that dies, or cannot be started, costs time and nothing else: what it should have read is read here.

    Args:
        files: in the order of the parts to be returned.
        catalog: judges them.
        processes: how many; None for as many as pay.
    """
    shares = _shares(files, processes or _processes(sum(len(file.data) for file in files)))
    started = [begin(partial(_read, share, catalog)) for share in shares[1:]]
    parts = [read_part(file.data, file.name, file.label, catalog) for file in shares[0]]
    for share, process in zip(shares[1:], started, strict=True):
        parts += _fetched(process, share, catalog)
    return parts


def read_beside(files: Sequence[Unread], catalog: Catalog) -> Callable[[], list[Part]] | None:
    """
    Start to read files while this process does something else.

    Returns:
        What waits for them and gives what `read_all` would, to be called once; None where this process is alone.
    """
    process = begin(partial(_read, files, catalog)) if cores() > 1 else None
    return partial(_fetched, process, files, catalog) if process else None


def _fetched(process: Beside | None, files: Sequence[Unread], catalog: Catalog) -> list[Part]:
    """Wait for what a process read; what it has no answer for is read here."""
    answer = process and process.answer()
    return _together(files, answer.decode().split("\n") if answer else [], catalog)


def _processes(size: int) -> int:
    """Say how many processes pay for so many bytes."""
    return max(1, min(MOST, cores(), size // WORTH_IT)) if size >= 2 * WORTH_IT else 1


def _shares(files: Sequence[Unread], count: int) -> list[Sequence[Unread]]:
    """Cut a list into so many of about as many bytes; the first is larger, since nobody has to write and fetch it."""
    ends = list(accumulate(len(file.data) for file in files))
    unit = ends[-1] / (count + _MORE) if ends else 0
    cuts = [0, *(bisect.bisect_right(ends, unit * (at + _MORE)) for at in range(1, count)), len(files)]
    return [files[first:last] for first, last in pairwise(cuts)]


def _read(share: Sequence[Unread], catalog: Catalog) -> bytes:
    return "\n".join(_written(file, catalog) for file in share).encode()


def _written(file: Unread, catalog: Catalog) -> str:
    """Read a file and write down what it says; nothing where something is wrong with it: that is told by who asked."""
    part = read_part(file.data, file.name, file.label, catalog)
    return "" if part.sharing or part.astray or not part.whole or has_errors(part.found) else write_part(part)


def _together(share: Sequence[Unread], lines: Sequence[str], catalog: Catalog) -> list[Part]:
    """Make parts of an answer and of what is not in it."""
    texts = lines if len(lines) == len(share) else [""] * len(share)
    told = [
        (file.name, file.label, digest_of(file.data), text) for file, text in zip(share, texts, strict=True) if text
    ]
    parts = {part.name: part for part in parse_parts(told)}
    return [parts.get(file.name) or read_part(file.data, file.name, file.label, catalog) for file in share]
