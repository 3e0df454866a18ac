"""Where a tenant's files are put that nobody wrote yet."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flametree_cfg.config.rewrite import not_written
from flametree_cfg.config.source import Folder, open_folder, printable


@contextmanager
def make_folder(path: str) -> Iterator[Folder]:
    """
    Open a folder, made where there is none; those above it too.

    Raises:
        ConfigInvalid: it is no folder, a symbolic link, or leads through one.
        FlametreeError: it cannot be made.
    """
    above, name = os.path.split(os.path.normpath(path))
    if not os.path.lexists(path) and name not in ("", ".", ".."):
        with make_folder(above or ".") as parent:
            try:
                with contextlib.suppress(FileExistsError):  # somebody was faster
                    os.mkdir(name, 0o777, dir_fd=parent.descriptor)
            except OSError as failure:
                raise not_written(printable(path), failure) from failure
    with open_folder(path) as folder:
        yield folder


def schema_beside(folder: str) -> str:
    """Say where editors find the schema: the repository's `schemas/tenant.json`, relative to a tenant's folder."""
    here = Path(os.path.realpath(folder))
    for level, above in enumerate(here.parents, 1):
        if (above / "schemas" / "tenant.json").is_file():
            return "../" * level + "schemas/tenant.json"
    return "../../schemas/tenant.json"
