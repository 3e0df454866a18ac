"""Format: the YAML of tenants in canonical order and layout, the same in meaning."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from msgspec import Struct

from flametree_cfg.config.layout import canonical
from flametree_cfg.config.literals import literal_secrets
from flametree_cfg.config.problem import problem
from flametree_cfg.config.rewrite import rewrite
from flametree_cfg.config.source import Budget, open_folder, printable
from flametree_cfg.config.tree import Listing, one_tenant, tenants_below
from flametree_cfg.engine.options import Options
from flametree_cfg.engine.session import Session
from flametree_cfg.errors import ConfigInvalid, Diagnostic, ExitCode, FlametreeError, Location, error
from flametree_cfg.schema import Catalog

_EXTENSION = ".yaml"
MAX_COMPARED = 5_000  # lines: comparing takes the square of their number, seconds for these


class FormatResult(Struct, frozen=True):
    """
    What became of one file.

    Attributes:
        folder: the file, as the person would type it.
        changed: whether it is not, or was not, in canonical form.
        written: whether it was put into it.
        diff: lines of a unified diff, if that was asked for.
    """

    folder: str
    changed: bool
    exit_code: ExitCode
    diagnostics: tuple[Diagnostic, ...] = ()
    written: bool = False
    diff: tuple[str, ...] = ()
    tenant_name: str = ""


def format_paths(
    paths: Sequence[str | Path], options: Options, *, check: bool = False, diff: bool = False
) -> list[FormatResult]:
    """
    Put files into canonical form.

    A bad file is left as it is, and does not stop the others.

    Args:
        paths: files, folders of tenants, or folders of such folders.
        options: `schemas` tells which settings are secret: the diff shows none that stands there in clear.
        check: write nothing, and say of each file that is not in canonical form that it is wrong.
        diff: write nothing, and give the difference.

    Raises:
        ConfigInvalid: the catalog is no good.
    """
    work = _Work(Session(options, paths).catalog if diff else None, options, check=check, diff=diff)
    return [result for path in map(str, paths) for result in work.path(path)]


def format_text(
    data: bytes, file: str, options: Options, *, check: bool = False, diff: bool = False
) -> tuple[bytes, FormatResult]:
    """Put one text into canonical form; the arguments are those of `format_paths`, nothing is written."""
    work = _Work(Session(options, ()).catalog if diff else None, options, check=check, diff=diff)
    return work.judge(data, file)


class _Work:
    """One run; `catalog` is there if differences are to be shown."""

    def __init__(self, catalog: Catalog | None, options: Options, *, check: bool, diff: bool) -> None:
        self._catalog = catalog
        self._options = options
        self._check = check
        self._write = not (check or diff)
        self._budget = Budget()
        self._known: set[str] = set()

    def path(self, path: str) -> Iterator[FormatResult]:
        """Format what one path stands for."""
        try:
            folders = tenants_below(path) if os.path.isdir(path) else (path,)  # noqa: PTH112  # never raises
            for folder in folders:
                yield from self._folder(folder)
        except ConfigInvalid as invalid:
            yield _refused(printable(path), invalid)

    def _folder(self, path: str) -> Iterator[FormatResult]:
        """Format a tenant's files, or one of them; each once a run."""
        try:
            with _listing(path) as listing:
                for fault in listing.problems:
                    yield _refused(fault.location.file if fault.location else path, ConfigInvalid(fault))
                for name in listing.files:
                    if (one := _true_name(listing.folder.label_of(name))) not in self._known:
                        self._known.add(one)
                        yield self._file(listing, name)
        except ConfigInvalid as invalid:
            yield _refused(printable(path), invalid)

    def _file(self, listing: Listing, name: str) -> FormatResult:
        label = listing.folder.label_of(name)
        try:
            before = listing.folder.read(name, self._budget)
            after, result = self.judge(before, label)
            if result.changed and self._write:
                rewrite(listing.folder, name, before, after)
        except FlametreeError as failure:
            return _refused(label, failure)
        return result

    def judge(self, before: bytes, label: str) -> tuple[bytes, FormatResult]:
        """Say what would become of a text, without writing anything."""
        after, found = canonical(before, label)
        if found:
            return before, FormatResult(label, changed=False, exit_code=ExitCode.INVALID, diagnostics=found)
        if after == before:
            return before, FormatResult(label, changed=False, exit_code=ExitCode.OK)
        diff = self._difference(before, after, label)
        if self._check:
            said = (_not_formatted(before, after, label),)
            return after, FormatResult(label, True, ExitCode.CHECK_FAILED, said, diff=diff)
        return after, FormatResult(label, True, ExitCode.OK, written=self._write, diff=diff)

    def _difference(self, before: bytes, after: bytes, label: str) -> tuple[str, ...]:
        if self._catalog is None:
            return ()
        self._options.mask(literal_secrets(before, self._catalog))
        sides = _lines(before), _lines(after)
        if max(map(len, sides)) > MAX_COMPARED:
            diff: Iterable[str] = _replaced(*sides, label)
        else:
            diff = difflib.unified_diff(*sides, f"a/{label}", f"b/{label}", lineterm="")
        return tuple(line for text in diff for line in text.split("\n"))


def _replaced(before: list[str], after: list[str], label: str) -> Iterator[str]:
    """Write a unified diff that takes everything away and brings it back."""
    yield from (f"--- a/{label}", f"+++ b/{label}", f"@@ -1,{len(before)} +1,{len(after)} @@")
    yield from (f"-{line}" for line in before)
    yield from (f"+{line}" for line in after)


def _lines(data: bytes) -> list[str]:
    """Split a text for a diff; a last line that is not ended says so, as `diff` and `git` do."""
    *lines, last = data.decode("utf-8").split("\n")
    return [*lines, f"{last}\n\\ No newline at end of file"] if last else lines


@contextmanager
def _listing(path: str) -> Iterator[Listing]:
    """Open a tenant's folder, or the folder of one file and nothing else of it."""
    if os.path.isdir(path):  # noqa: PTH112  # never raises
        with one_tenant(path) as listing:
            yield listing
        return
    above, name = os.path.split(path)
    if name and not name.endswith(_EXTENSION) and os.path.lexists(path):
        raise ConfigInvalid(problem("wrong-extension", Location(printable(path))))
    with open_folder(above or ".") as folder:
        yield Listing(folder, (name,), ())


def _true_name(path: str) -> str:
    return os.path.normpath(Path(path).absolute())  # two ways to one file


def _refused(label: str, failure: FlametreeError) -> FormatResult:
    return FormatResult(label, False, failure.exit_code, tuple(failure.diagnostics))


def _not_formatted(before: bytes, after: bytes, label: str) -> Diagnostic:
    sides = zip(before.split(b"\n"), after.split(b"\n"), strict=False)
    line = next((number for number, (one, other) in enumerate(sides, 1) if one != other), 1)
    return error(
        "not-formatted",
        "File is not in canonical form",
        "",
        "`flametree-cfg fmt` puts it into order; `--diff` shows what would change",
        location=Location(label, line, 1),
    )
