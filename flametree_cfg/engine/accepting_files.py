"""The files that an accept edits: read once, edited in memory, judged together, then written all or none."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from typing import NamedTuple

from msgspec import Struct, field

from flametree_cfg.config import TenantReading
from flametree_cfg.config.editing import Edit, edited
from flametree_cfg.config.editing_steps import applied, plain, steps_of
from flametree_cfg.config.join import join_parts
from flametree_cfg.config.part import Part, read_part
from flametree_cfg.config.places import Places
from flametree_cfg.config.problem import problem
from flametree_cfg.config.reader import read_document
from flametree_cfg.config.rewrite import rewrite
from flametree_cfg.config.source import Budget, Folder, open_folder
from flametree_cfg.engine.session import Session
from flametree_cfg.engine.validation import read_and_check
from flametree_cfg.errors import (
    ConfigInvalid,
    Diagnostic,
    FlametreeError,
    Location,
    Path,
    by_place,
    has_errors,
    warning,
)
from flametree_cfg.model import Address, Tenant, Value


class EditedFile(Struct):
    """
    A file and its edits.

    Attributes:
        label: as the person would type it.
        before: its bytes.
        value: what it says with the edits so far.
        own: whether it is one of the tenant's own, and not shared.
    """

    label: str
    before: bytes
    value: Value
    own: bool
    edits: list[Edit] = field(default_factory=list)
    after: bytes = b""

    def edit(self, edit: Edit) -> None:
        """Take one edit more; raises `NoSuchPlace`."""
        for step in steps_of(self.value, edit):
            self.value = applied(self.value, step)
        self.edits.append(edit)


class Files:
    """The files of one tenant that were asked for."""

    def __init__(self, reading: TenantReading, session: Session) -> None:
        self._reading = reading
        self._session = session
        self._marked = {mark.label for mark in reading.parts.marks}
        self._known: dict[str, EditedFile] = {}

    def of(self, label: str) -> EditedFile:
        """
        Open a file by its label.

        Raises:
            ConfigInvalid: it cannot be read, or is no valid YAML; or something changed since the tenant was read, and
                nobody knows any more where a value stands.
        """
        if os.path.normpath(label) == os.path.normpath(self._reading.folder):
            raise ConfigInvalid(problem("files-changed", Location(label)))
        if label not in self._known:
            above, name = os.path.split(label)
            with open_folder(above or ".") as folder:
                data = folder.read(name, Budget())
            document, found = read_document(data, label, places=False)
            if found:
                raise ConfigInvalid(*found)
            own = os.path.normpath(above or ".") == os.path.normpath(self._reading.folder)
            self._known[label] = EditedFile(label, data, plain(document.value), own)
        return self._known[label]

    @property
    def changed(self) -> list[EditedFile]:
        """Those that would get other bytes, by name."""
        return [self._known[label] for label in sorted(self._known) if self._known[label].after != b""]

    def prepare(self) -> tuple[Diagnostic, ...]:
        """
        Make all edits in memory and judge what the tenant would be; gives what is to be said of the edits.

        Raises:
            ConfigInvalid: a file cannot be edited so, or the tenant would be wrong afterwards; nothing was written.
        """
        notes: list[Diagnostic] = []
        for file in self._known.values():
            result = edited(file.before, file.label, file.edits)
            if result.data != file.before:
                file.after = result.data
                notes += result.notes
        if self.changed and all(file.label in self._marked for file in self.changed):
            self._judge({file.label: file.after for file in self.changed})
        return tuple(notes)

    def _judge(self, after: Mapping[str, bytes]) -> None:
        from flametree_cfg.invariants import adjust, check_tenant

        catalog, options = self._session.catalog, self._session.options
        parts = [self._part(part, after) for part in self._reading.parts.all()]
        places = Places(self._reading.folder, lambda: parts)
        joined = join_parts(parts, self._reading.folder, places.place_in)
        found = list(joined.found)
        if not has_errors(found):
            sections = frozenset[str]().union(*(part.sections for part in parts))
            tenant = Tenant(joined.name, joined.declarations, sections, self._reading.folder, ())
            found += check_tenant(tenant, catalog)
        wrong = [one for one in adjust(found, options.errors, options.warnings) if has_errors([one])]
        if wrong:
            raise ConfigInvalid(*by_place(self._reading.places.located(one) for one in wrong))

    def _part(self, part: Part, after: Mapping[str, bytes]) -> Part:
        data = after.get(part.label)
        return part if data is None else read_part(data, part.name, part.label, self._session.catalog)

    def write(self, judge: Callable[[Tenant], Iterable[Diagnostic]]) -> None:
        """
        Write what was prepared, and read it again: of shared files nobody knows before what comes of them.

        Args:
            judge: says what is wrong with what was read.

        Raises:
            ConfigInvalid: the tenant is wrong now; the files are put back.
            FlametreeError: a file cannot be written, or says something else by now; those written already are put back.
        """
        write_files(
            [Rewriting(one.label, one.before, one.after) for one in self.changed], lambda: self._refuse_wrong(judge)
        )

    def _refuse_wrong(self, judge: Callable[[Tenant], Iterable[Diagnostic]]) -> None:
        for reading, diagnostics in read_and_check([self._reading.folder], self._session):
            if reading.tenant is None or has_errors(diagnostics):
                raise ConfigInvalid(*diagnostics)
            if wrong := tuple(judge(reading.tenant)):
                raise ConfigInvalid(*by_place(map(reading.places.located, wrong)))


class Rewriting(NamedTuple):
    """A file, by the label that the person would type, what was read there (None for no file), what shall be there."""

    label: str
    before: bytes | None
    after: bytes


def write_files(files: Sequence[Rewriting], check: Callable[[], None]) -> None:
    """
    Write files of several folders, all of them or none.

    Args:
        files: in the order to write them.
        check: raises what is wrong with them together, once they are written.

    Raises:
        FlametreeError: one cannot be written, or says something else by now, or the check says so; those written
            already are put back.
    """
    with ExitStack() as opened:
        places = [(file, *_opened(file.label, opened)) for file in files]
        for file, folder, name in places:
            if file.before is not None and folder.read(name, Budget()) != file.before:
                rewrite(folder, name, file.before, file.after)  # says what is wrong
        written: list[tuple[Rewriting, Folder, str]] = []
        try:
            for file, folder, name in places:
                rewrite(folder, name, file.before, file.after)
                written.append((file, folder, name))
            check()
        except FlametreeError:
            _put_back(written)
            raise


def _opened(label: str, opened: ExitStack) -> tuple[Folder, str]:
    above, name = os.path.split(label)
    return opened.enter_context(open_folder(above or ".")), name


def _put_back(written: Sequence[tuple[Rewriting, Folder, str]]) -> None:
    for file, folder, name in reversed(written):
        if file.before is None:
            os.unlink(name, dir_fd=folder.descriptor)
        else:
            rewrite(folder, name, file.after, file.before)


def shared_file_changed(label: str, address: Address, path: Path) -> Diagnostic:
    """Say that others get what one tenant wrote; once a file."""
    return warning(
        "shared-file-changed",
        "A shared file was changed",
        f"{label}: others that extend it get the same",
        "look at the plans of the other tenants before you apply them",
        address=str(address),
        path=path,
    )


def diff_lines(files: Sequence[EditedFile]) -> Iterator[str]:
    """Write the edits as a unified diff that `git apply` and `patch -p1` take; lines without their ends."""
    import difflib

    for file in files:
        sides = _lines(file.before), _lines(file.after)
        label = os.path.normpath(file.label)
        for text in difflib.unified_diff(*sides, f"a/{label}", f"b/{label}", lineterm=""):
            yield from text.split("\n")


def _lines(data: bytes) -> list[str]:
    """Split a text for a diff; a last line that is not ended says so, as `diff` and `git` do."""
    *lines, last = data.decode("utf-8").split("\n")
    return [*lines, f"{last}\n\\ No newline at end of file"] if last else lines
