"""Places as forges know them: relative to where the command ran, with slashes."""

from __future__ import annotations

import posixpath
from pathlib import Path, PurePath
from urllib.parse import quote


def relative(file: str) -> str:
    """
    Say where a file is as seen from where the command runs, which in CI is the checkout.

    An absolute path elsewhere stays as it is.
    """
    path = PurePath(file).as_posix() if file else ""
    if posixpath.isabs(path):
        here = Path.cwd().as_posix()
        path = posixpath.relpath(path, here) if posixpath.normpath(path).startswith(f"{here}/") else path
    return posixpath.normpath(path) if path else path


def uri(file: str) -> str:
    """Write a path as a URI reference that cannot be taken for a scheme, a host, a query or a fragment."""
    shown = quote(file, safe="/~", errors="backslashreplace")
    return f"file://{shown}" if posixpath.isabs(file) else shown.removeprefix("./")
