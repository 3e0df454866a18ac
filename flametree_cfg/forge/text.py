"""What stands in a comment or an issue: a report of ours, or of somebody whose code must not be obeyed."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path

from flametree_cfg.errors import FlametreeError, error
from flametree_cfg.forge.marker import Marker

REPORT_BYTES = 1 << 18  # four times what fits into a comment; nothing of ours is larger
FACTS_BYTES = 64 << 20  # of a plan as JSON: 100,000 resources
COMMENT_CHARS = 65_536  # GitHub's limit; GitLab's is a million
_ROOM = 1_000  # characters: for marker, heading, fence and what is said about a cut

_UNTRUSTED = (
    "### Plan of a pull request from another repository",
    "",
    (
        "It was made without secrets and without looking at the platform, by a run that its author controls. "
        "What follows is only what that run said: read the YAML, and plan it yourself before you merge."
    ),
    "",
)


def read_report(path: str | Path, most: int = REPORT_BYTES) -> str:
    """
    Read a file that somebody else may have made.

    Raises:
        FlametreeError: it is not there, no regular file (a link, a pipe), or too large.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(handle, "rb") as file:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise _unreadable(path, "it is no regular file")
            content = file.read(most + 1)
    except (OSError, ValueError) as problem:
        reason = getattr(problem, "strerror", None) or "it is no path"
        raise _unreadable(path, reason) from problem
    if len(content) > most:
        raise FlametreeError(
            error(
                "report-too-large", "The report is too large", f"{path}: more than {most} bytes", "nothing was posted"
            )
        )
    return content.decode("utf-8", "replace")


def trusted_text(marker: Marker, report: str) -> str:
    """
    Put the marker above a report of our own making.

    Raises:
        FlametreeError: it does not fit; `--format markdown` always does.
    """
    text = f"{marker}\n{report.strip()}\n"
    if len(text) > COMMENT_CHARS:
        raise FlametreeError(
            error(
                "report-too-large",
                "The report is too large",
                f"{len(text)} characters; a comment takes {COMMENT_CHARS}",
                "make it with `--report markdown=FILE`, which cuts it where it must",
            )
        )
    return text


def untrusted_text(marker: Marker, report: str) -> str:
    """
    Show somebody else's text without obeying it: no link, mention, image, HTML or quick action is active in a fence.

    Source: reliability.md O-03.
    """
    lines = ["".join(_shown(letter) for letter in line) for line in report.replace("\r\n", "\n").split("\n")]
    fence = "`" * max(3, 1 + max((len(run) for line in lines for run in re.findall("`+", line)), default=0))
    room = COMMENT_CHARS - _ROOM - 2 * len(fence)
    if room < 0:
        lines, fence, room = ["(nothing that could be shown)"], "```", COMMENT_CHARS
    kept: list[str] = []
    for line in lines:
        room -= len(line) + 1
        if room < 0:
            break
        kept.append(line)
    cut = [] if len(kept) == len(lines) else ["", f"**Cut here:** {len(lines) - len(kept)} more lines."]
    return "\n".join([str(marker), *_UNTRUSTED, f"{fence}text", *kept, fence, *cut, ""])


def _shown(letter: str) -> str:
    """Show what would not be seen, or would turn the text around."""
    return letter if letter.isprintable() or letter == "\t" else f"\\u{ord(letter):04x}"


def _unreadable(path: str | Path, reason: str) -> FlametreeError:
    return FlametreeError(
        error("no-report", "The report cannot be read", f"{path}: {reason}", "write it with `--report FORMAT=FILE`")
    )
