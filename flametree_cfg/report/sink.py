"""The one way out for human text: nothing passes that a terminal would obey or that is a known secret."""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import TextIO

from flametree_cfg.errors import FlametreeError, error
from flametree_cfg.report._escape import escape, escape_lines, is_plain
from flametree_cfg.report._lines import UNICODE, Block, Line, Panel, Symbols, Tone, symbols_for
from flametree_cfg.report._mask import Masker

__all__ = ["Sink", "escape"]

BATCH = 1 << 10  # blocks: one system call for many lines, little memory


def _batches(blocks: Iterable[Block]) -> Iterator[list[Block]]:
    waiting = iter(blocks)
    while some := list(itertools.islice(waiting, BATCH)):
        yield some


class Sink:
    """
    A stream that shows control characters instead of sending them, and hides known secret values.

    Also a file to write to (`write`, `flush`), so that tracebacks and loggers can be pointed at it. It survives an
    encoding that lacks a character, a stream that was closed, and a reader that went away.

    Args:
        stream: where text goes; None is a stream that was closed before we started.
        secrets: asked before every write for the values known by then.
        colour: None asks the stream; False never colours.
    """

    def __init__(
        self,
        stream: TextIO | None,
        *,
        secrets: Callable[[], Collection[str]] = tuple,
        colour: bool | None = None,
    ) -> None:
        self._stream = stream
        self._secrets = secrets
        self._known: frozenset[str] = frozenset()
        self._masker = Masker()
        self._colour = colour
        self._codes: dict[Tone, tuple[str, str]] | None = None
        self._encoding = (getattr(stream, "encoding", None) or "utf-8") if stream is not None else "utf-8"

    @property
    def terminal(self) -> bool:
        """Whether a person looks at it."""
        with contextlib.suppress(ValueError, OSError):
            return self._stream is not None and self._stream.isatty()
        return False

    @property
    def symbols(self) -> Symbols:
        """The signs its encoding can write."""
        return UNICODE if self._stream is None else symbols_for(self._encoding)

    def show(self, blocks: Iterable[Block]) -> None:
        """Write blocks and flush; every `Line` is one line, whatever its text holds."""
        for some in _batches(blocks):
            self._send(self._at_once(some) or "".join(map(self._block, some)), last=len(some) < BATCH)
        self.flush()

    def _at_once(self, blocks: list[Block]) -> str:
        """Write lines that need neither colour nor escaping, as nearly all of a bulk do; empty if any does."""
        if self._colour is not False and self._tones():
            return ""
        lines = [block.text for block in blocks if block.__class__ is Line]
        return "\n".join([*lines, ""]) if len(lines) == len(blocks) and is_plain("".join(lines)) else ""

    def _block(self, block: Block) -> str:
        return self._framed(block) if isinstance(block, Panel) else self._coloured(block)

    def write(self, text: str) -> int:
        """Write a chunk as a file does; its newlines are kept, a secret split over chunks is still found."""
        self._send(escape_lines(text))
        return len(text)

    def flush(self) -> None:
        """Let everything out, what was held back as half a secret too."""
        self._emit(self._masker.finish())
        if self._stream is not None:
            self._guarded(self._stream.flush)

    def _send(self, text: str, *, last: bool = False) -> None:
        self._learn()
        self._emit(self._masker.finish(text) if last else self._masker.feed(text))

    def _learn(self) -> None:
        known = self._secrets()
        if len(known) != len(self._known):
            held = self._masker.finish()
            self._known = frozenset(known)
            self._masker = Masker(self._known)
            self._emit(self._masker.feed(held))

    def _coloured(self, line: Line) -> str:
        text = escape(line.text)
        if line.tone is Tone.PLAIN or self._colour is False:
            return text + "\n"
        before, after = self._tones().get(line.tone, ("", ""))
        return f"{before}{text}{after}\n"

    def _tones(self) -> dict[Tone, tuple[str, str]]:
        if self._codes is None:
            self._codes = {}
            if self._stream is not None and self.terminal:
                from flametree_cfg.report._terminal import tones

                self._codes = tones(self._stream)
        return self._codes

    def _framed(self, panel: Panel) -> str:
        if self._stream is None or not self.terminal or self._colour is False:
            lines = [panel.title, *(f"  {line.text}" for line in panel.lines)]
            return "".join(f"{escape(text)}\n" for text in lines)
        from flametree_cfg.report._terminal import framed

        self._learn()
        hide = self._masker.whole
        return framed(
            hide(escape(panel.title)), [(hide(escape(line.text)), line.tone) for line in panel.lines], self._stream
        )

    def _emit(self, text: str) -> None:
        if not text or self._stream is None:
            return
        if self._encoding.lower().replace("-", "") != "utf8":
            text = text.encode(self._encoding, "backslashreplace").decode(self._encoding)
        stream = self._stream
        self._guarded(lambda: stream.write(text))

    def _guarded(self, act: Callable[[], object]) -> None:
        """Do one thing to the stream; after it failed, nothing is written to it any more."""
        try:
            act()
        except ValueError:
            self._stream = None
        except OSError as cause:
            self._divert()
            if cause.errno not in (errno.EPIPE, errno.EBADF, errno.EINVAL):
                raise FlametreeError(
                    error(
                        "output-failed",
                        "The result could not be written",
                        f"writing to the output failed: {os.strerror(cause.errno or errno.EIO)}",
                        "make room or choose another place, then run the command again",
                    )
                ) from cause

    def _divert(self) -> None:
        """Point the descriptor at nothing, or the interpreter complains about it at exit."""
        stream, self._stream = self._stream, None
        with contextlib.suppress(OSError, ValueError, AttributeError):
            nothing = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nothing, stream.fileno())  # type: ignore[union-attr]  # None is suppressed
            os.close(nothing)
