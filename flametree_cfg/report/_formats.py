"""Which formats there are: the file name is the format."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from flametree_cfg.report._documents import Document
from flametree_cfg.report._lines import UNICODE, Block, Symbols

NOT_A_FORMAT = frozenset({"sink"})  # the way out of this room, for every format


def formats() -> tuple[str, ...]:
    """List the formats, sorted: every public module beside this one."""
    found = {module.name for module in pkgutil.iter_modules([str(Path(__file__).parent)])}
    return tuple(sorted(name for name in found - NOT_A_FORMAT if not name.startswith("_")))


def render(
    kind: Document,
    format: str,  # noqa: A002  # the field's word
    document: Any,  # each kind has its own shape
    *,
    command: str = "",
    symbols: Symbols = UNICODE,
) -> Iterator[Block]:
    """
    Render one document in one format.

    Args:
        kind: what the document is.
        format: one of `formats()`.
        document: as `_documents` says for the kind.
        command: as the person typed it: `drift check`.
        symbols: signs the output can write.

    Returns:
        Lines and panels for `Sink.show`; the last line is a summary.
    """
    module = importlib.import_module(f"flametree_cfg.report.{format}")
    blocks: Iterator[Block] = module.render(kind, document, command=command or kind.value, symbols=symbols)
    return blocks
