"""
A whole ledger in one file: what moves it between databases, what is kept as a backup, what may be published.

JSON lines, format 1, UTF-8:

    {"format": "flametree-ledgers", "format_version": 1, "public": false, "tenants": ["acme", …]}
    one line a tenant, in that order: the document of `document.py`
    {"sha256": "…"}                      of every byte before this line

The sum finds damage, not forgery: whoever may write the file may write the sum. A public export has neither
fingerprints nor journal nor history, and cannot be imported.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from msgspec import Struct

from flametree_cfg.errors import ExitCode, FlametreeError, StorageFailed, WrongUsage, error
from flametree_cfg.sql import failure, place
from flametree_cfg.state._port import Ledger
from flametree_cfg.state.document import Document, read_document

FORMAT = "flametree-ledgers"
FORMAT_VERSION = 1
_HEAD = f'{{"format":"{FORMAT}"'.encode()
_LONGEST_HEAD = 1 << 24  # bytes: names of a hundred thousand tenants


class ExportUnusable(StorageFailed):
    """An export is not what was written: damaged, of a newer version, or none of ours."""

    exit_code = ExitCode.STALE


class Export(Struct, frozen=True):
    """
    An export whose sum was right; documents are read one at a time, each when it is asked for.

    Attributes:
        digest: SHA-256 of the file.
        public: whether fingerprints, journal and history were left out.
        offsets: where each tenant's line begins, in the order of the file.
    """

    path: Path
    digest: str
    public: bool
    offsets: Mapping[str, int]

    def plain(self, tenant: str) -> Mapping[str, Any]:
        """Read one tenant's document as it stands."""
        try:
            with self.path.open("rb") as file:
                file.seek(self.offsets[tenant])
                found = json.loads(file.readline())
        except OSError as problem:
            raise failure.from_os(self.path, problem) from problem
        except (ValueError, RecursionError) as problem:
            raise _damaged(self.path, f"the line of tenant {tenant} is no JSON") from problem
        if not isinstance(found, dict):
            raise _damaged(self.path, f"the line of tenant {tenant} is no document")
        return found

    def document(self, tenant: str) -> Document:
        """
        Read one tenant's document and understand it.

        Raises:
            ExportUnusable: it is none.
        """
        try:
            return read_document(self.plain(tenant), tenant)
        except ExportUnusable:
            raise
        except FlametreeError as problem:
            raise ExportUnusable(*problem.diagnostics) from problem


def write_export(ledger: Ledger, path: Path, *, public: bool) -> tuple[str, ...]:
    """
    Write all tenants of a ledger to a file, 0600, whole or not at all; gives their names.

    Raises:
        StorageFailed: the file cannot be written, or is something else than an earlier export.
    """
    path = Path(os.path.abspath(path))  # noqa: PTH100  # a link is not followed, it is refused
    _refuse_other(path)
    tenants = tuple(ledger.tenants())
    try:
        with place.scratch(path) as made:
            with made.open("wb") as file:
                digest = hashlib.sha256()
                for line in _lines(ledger, tenants, public=public):
                    digest.update(line)
                    file.write(line)
                file.write(_line({"sha256": digest.hexdigest()}))
            place.sync(made)
            made.replace(path)
            place.sync(path.parent)
    except OSError as problem:
        raise failure.from_os(path, problem) from problem
    return tenants


def _lines(ledger: Ledger, tenants: tuple[str, ...], *, public: bool) -> Iterator[bytes]:
    yield _line({"format": FORMAT, "format_version": FORMAT_VERSION, "public": public, "tenants": tenants})
    for tenant in tenants:
        document = ledger.export(tenant)
        yield _line(published(document) if public else document)


def _line(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode() + b"\n"


def published(document: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out of a tenant's document what is nobody's business: fingerprints, journal, and who applied what when."""
    kept = {key: value for key, value in document.items() if key != "chain"}
    return {**kept, "entries": _without_prints(document["entries"]), "pending": [], "history": []}


def _without_prints(value: Any) -> Any:
    if isinstance(value, Mapping):
        if "$secret" in value:
            return {"$secret": value["$secret"]}
        return {key: _without_prints(item) for key, item in value.items()}
    return [_without_prints(item) for item in value] if isinstance(value, list) else value


def _refuse_other(path: Path) -> None:
    """Never write over a file by a slip of the hand."""
    if not os.path.lexists(path):
        return
    if not path.is_file() or path.is_symlink():
        raise failure.unsafe(path, "not a regular file", "name another file")
    try:
        with path.open("rb") as file:
            head = file.read(len(_HEAD))
    except OSError as problem:
        raise failure.from_os(path, problem) from problem
    if head and head != _HEAD:
        raise failure.foreign(path, "there is a file that is no export of a ledger")


def read_export(path: Path) -> Export:
    """
    Read an export through once and compare its sum.

    Raises:
        WrongUsage: there is no such file.
        ExportUnusable: damaged, newer, or no export of a whole ledger.
    """
    try:
        if not path.is_file():
            raise _absent(path)
        with path.open("rb") as file:
            return _read(path, file)
    except OSError as problem:
        raise failure.from_os(path, problem) from problem


def _read(path: Path, file: IO[bytes]) -> Export:
    first = file.readline(_LONGEST_HEAD)
    head = _object(first)
    if head.get("format") != FORMAT:
        raise _foreign(path)
    version, tenants, public = head.get("format_version"), head.get("tenants"), head.get("public")
    if isinstance(version, int) and version > FORMAT_VERSION:
        raise _newer(path, version)
    if version != FORMAT_VERSION or not isinstance(tenants, list) or not isinstance(public, bool):
        raise _damaged(path, "its first line is not as it was written")
    digest, whole = hashlib.sha256(first), hashlib.sha256(first)
    offsets: dict[str, int] = {}
    for tenant in tenants:
        offsets[str(tenant)] = file.tell()
        line = file.readline()
        digest.update(line)
        whole.update(line)
    last = file.readline(_LONGEST_HEAD)
    whole.update(last)
    if last != _line({"sha256": digest.hexdigest()}) or file.read(1) or len(offsets) != len(tenants):
        raise _damaged(path, "it is cut short or was changed")
    return Export(path, whole.hexdigest(), public, offsets)


def _object(line: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _absent(path: Path) -> WrongUsage:
    hint = "name a file that `state export FILE` wrote"
    return WrongUsage(error("no-such-path", "No such file or folder", f"{path}: there is no such file", hint))


def _damaged(path: Path, detail: str) -> ExportUnusable:
    hint = "take another copy of it; nothing was changed"
    return ExportUnusable(error("export-damaged", "The export is damaged", f"{path}: {detail}", hint))


def _foreign(path: Path) -> ExportUnusable:
    return ExportUnusable(
        error(
            "export-foreign",
            "Not an export of a whole ledger",
            f"{path}: its first line does not say {FORMAT}",
            "give a file that `flametree-cfg state export FILE` wrote; one tenant's export is imported with PATH FILE",
        )
    )


def _newer(path: Path, version: int) -> ExportUnusable:
    return ExportUnusable(
        error(
            "export-newer",
            "The export has a newer format",
            f"{path}: format {version}, this version knows up to {FORMAT_VERSION}",
            "use the newer flametree-cfg that wrote it",
        )
    )
