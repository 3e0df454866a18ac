"""`--report FORMAT=FILE`: the same result once more, in a file."""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any, NamedTuple

import click

from flametree_cfg.errors import FlametreeError, error


class Wanted(NamedTuple):
    """A report that was asked for."""

    format: str
    path: str


class _FormatAndFile(click.ParamType[Wanted]):
    name = "report"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Wanted:
        from flametree_cfg.report import formats

        chosen, _, path = value.partition("=")
        known = formats()
        if chosen not in known or not path:
            self.fail(f"{value!r} is not FORMAT=FILE, with one of {', '.join(known)}.", param, ctx)
        return Wanted(chosen, path)


def report_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--report`, which may stand several times."""
    return click.option(
        "--report",
        "reports",
        metavar="FORMAT=FILE",
        multiple=True,
        type=_FormatAndFile(),
        show_envvar=True,
        help="Write the result to a file too; may stand several times.",
    )(function)


def write_report(
    wanted: Wanted, kind: Any, document: object, *, command: str, secrets: Callable[[], Collection[str]]
) -> None:
    """
    Write a document to a file, whole or not at all: a reader never sees half of one.

    Raises:
        FlametreeError: the file cannot be written.
    """
    from flametree_cfg.report import Sink, render

    text = io.StringIO()
    Sink(text, secrets=secrets).show(render(kind, wanted.format, document, command=command))
    path = Path(wanted.path)
    beside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        beside.write_bytes(text.getvalue().encode("utf-8", "backslashreplace"))
        beside.replace(path)
    except (OSError, ValueError) as cause:
        with contextlib.suppress(OSError, ValueError):
            beside.unlink()
        reason = getattr(cause, "strerror", None) or "it is no path"
        raise FlametreeError(
            error(
                "report-failed",
                "A report could not be written",
                f"--report {wanted.format}={wanted.path}: {reason}",
                "name a file in a folder that exists and that you may write to",
            )
        ) from cause
