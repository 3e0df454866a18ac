"""Accept drift: what the platform has goes into the lines of YAML it came from, and the ledger learns of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from flametree_cfg.config import TenantReading, located
from flametree_cfg.diff import compare, fill_secrets, patch
from flametree_cfg.drift import Drift, DriftKind, find_drift
from flametree_cfg.engine.accepting_edits import Accepting, Left, Taken
from flametree_cfg.engine.accepting_files import Files, diff_lines, shared_file_changed
from flametree_cfg.engine.carrying import holder_of
from flametree_cfg.engine.choosing import read_subject, read_valid
from flametree_cfg.engine.ignoring import Ignores, load_ignores, refuse_unusable
from flametree_cfg.engine.naming import new_names
from flametree_cfg.engine.options import Options
from flametree_cfg.engine.session import Session
from flametree_cfg.engine.sight import as_settled, of_this_platform
from flametree_cfg.errors import (
    Diagnostic,
    ExitCode,
    PlanStale,
    WrongUsage,
    by_place,
    error,
    warning,
)
from flametree_cfg.model import (
    Action,
    Address,
    LiveObject,
    Operation,
    Resource,
    Snapshot,
    Stored,
    Tenant,
    live_snapshot,
)

Confirm = Callable[[Sequence[str]], None]
"""Asked before blocks are removed, with their addresses; raises `Refused`."""


class AcceptResult(Struct, frozen=True):
    """
    What an accept did to one tenant's files.

    Attributes:
        files: that got other bytes; with a patch, that would.
        taken: what the YAML says now.
        left: what it does not, and why.
        patch: lines of a unified diff; empty if files were written.
        serial: of the ledger.
        ignored: how many fields and objects drifted and are let be; they are accepted only where they are named.
    """

    folder: str
    tenant_name: str
    files: tuple[str, ...]
    taken: tuple[Taken, ...]
    left: tuple[Left, ...]
    diagnostics: tuple[Diagnostic, ...]
    exit_code: ExitCode
    patch: tuple[str, ...] = ()
    serial: int = 0
    ignored: int = 0


def accept_drift(
    path: str | Path,
    subjects: Sequence[str],
    options: Options,
    *,
    as_patch: bool = False,
    confirm: Confirm | None = None,
) -> AcceptResult:
    """
    Write what the platform has into the YAML it came from; every other byte of the files stays.

    All files are edited in memory and judged together before one is written; each is replaced at once. The ledger
    comes last: whoever is killed before that runs the same command again.

    Args:
        path: the folder of one tenant.
        subjects: `ADDRESS[.FIELD]` each; empty for all that drifted.
        options: the operator's.
        as_patch: write nothing, give the difference.
        confirm: asked before blocks are removed; None for yes.

    Raises:
        WrongUsage: a subject did not drift, or is no address; or `path` is a folder of several tenants.
        ConfigInvalid: the YAML is wrong, or would be afterwards; nothing was written.
        FlametreeError: a file could not be written; none is changed.
    """
    wanted = [read_subject(text) for text in subjects]
    with Session(options, [path]) as session:
        reading = read_valid(path, session)
        work = _Work(reading, wanted, session)
        if as_patch or not work.taken:
            return work.result(tuple(diff_lines(work.files.changed)) if as_patch else ())
        if confirm is not None and work.removed:
            confirm(work.removed)
        with session.ledger.lock(reading.name, options.lock_wait_s, holder_of(options)) as lease:
            again = _Work(reading, wanted, session)
            if again.removed != work.removed:
                raise PlanStale(_moved(reading.name))
            again.files.write(again.unsaid)
            serial = session.ledger.amend(lease, again.operations())
            return replace(again.result(), serial=serial)


class _Work:
    """One accept, planned from what files, ledger and platform say now."""

    def __init__(self, reading: TenantReading, wanted: Sequence[tuple[Address, str]], session: Session) -> None:
        self._reading = reading
        self._session = session
        self._stored = as_settled(session.ledger.read(reading.name), session)
        self._live, self._objects = _live(reading.name, self._stored, session)
        drift = find_drift(self._stored.snapshot(), self._live, session.catalog)
        ignores = load_ignores(reading.folder, session)
        refuse_unusable(ignores)
        chosen = list(_chosen(drift, wanted, ignores))
        self._ignored = 0 if wanted else _size(drift) - _size(chosen)
        self.files = Files(reading, session)
        assert reading.tenant is not None  # the reading is valid  # noqa: S101
        gone = frozenset(one.address for one in chosen if one.kind is DriftKind.DELETED)
        accepting = Accepting(
            reading,
            reading.tenant,
            self._live,
            self.files,
            session.catalog,
            gone,
            new_names(reading.name, reading.tenant.declarations, session),
        )
        done = [one for drifted in chosen for one in accepting.take(drifted)]
        self.taken = tuple(one for one in done if isinstance(one, Taken))
        self.left = tuple(one for one in done if isinstance(one, Left))
        self._notes = self.files.prepare()

    @property
    def removed(self) -> tuple[str, ...]:
        """Name the objects whose blocks go; of a shared file they go for others too."""
        gone = [one for one in self.taken if one.kind is DriftKind.DELETED and one.file]
        return tuple(
            f"{one.address} (from {one.file}: for all that extend it)" if one.shared else str(one.address)
            for one in gone
        )

    def unsaid(self, tenant: Tenant) -> Iterator[Diagnostic]:
        """Say what was accepted and the YAML does not say: another file may have the last word."""
        for one in self.taken:
            declaration = tenant.declarations.get(one.address)
            if one.kind is DriftKind.DELETED and declaration is not None:
                yield _still_said(one, "it is still declared", "write `null` for its key into the tenant's own file")
            if one.change is None or one.references or declaration is None:  # nobody sees a secret
                continue
            desired = declaration.resource
            live = self._live.resources[one.address]
            differing = compare(desired, live, desired, self._session.catalog).fields
            if any(change.path == one.path for change in differing):
                yield _still_said(one, "the YAML says something else", "change it by hand where it has the last word")

    def operations(self) -> list[Operation]:
        """Say to the ledger what is accepted."""
        return [
            self._operation(address, [one for one in self.taken if one.address == address])
            for address in dict.fromkeys(one.address for one in self.taken)
        ]

    def _operation(self, address: Address, taken: Sequence[Taken]) -> Operation:
        entry = self._stored.entries.get(address)
        if taken[0].kind is DriftKind.DELETED:
            return Operation("", Action.FORGET, address, before=entry.resource if entry else None)
        if entry is None:
            after: Resource = self._live.resources[address]
            return Operation("", Action.BIND, address, after=after, platform_id=self._objects[address].id)
        after = patch(entry.resource, [one.change for one in taken if one.change], self._session.catalog)
        return Operation(
            "", Action.BIND, address, after.type, after=after, protected=entry.protected, platform_id=entry.id
        )

    def result(self, diff: tuple[str, ...] = ()) -> AcceptResult:
        """Say what came of it."""
        files = tuple(file.label for file in self.files.changed)
        told = [*self._notes, *_told(self.taken, self.left)]
        return AcceptResult(
            self._reading.folder,
            self._reading.name,
            files,
            self.taken,
            self.left,
            by_place(located(self._reading, told)),
            ExitCode.DRIFT if self.left else ExitCode.OK,
            diff,
            ignored=self._ignored,
        )


def _live(tenant: str, stored: Stored, session: Session) -> tuple[Snapshot, dict[Address, LiveObject]]:
    """Read the platform under our addresses, with the references of secrets that the ledger knows."""
    seen = of_this_platform(session.platform.read(tenant), stored, session)
    live, objects = live_snapshot(seen, stored.ids())
    filled = {
        address: fill_secrets(resource, stored.entries[address].resource, session.catalog)
        if address in stored.entries
        else resource
        for address, resource in live.resources.items()
    }
    return Snapshot(live.tenant, filled), objects


def _chosen(drift: Iterable[Drift], wanted: Sequence[tuple[Address, str]], ignores: Ignores) -> Iterator[Drift]:
    by_address = {one.address: one for one in drift}
    if not wanted:
        yield from (left for one in by_address.values() if (left := _not_ignored(one, ignores)) is not None)
        return
    fields: dict[Address, dict[tuple[str | int, ...], object]] = {}
    for address, field in wanted:
        one = by_address.get(address)
        paths = [change.path for change in one.fields if _names(field, change.path)] if one else []
        if one is None or (field and not paths):
            raise WrongUsage(_no_such(address, field))
        fields.setdefault(address, {}).update(dict.fromkeys(paths))
    for address, paths_of in fields.items():
        one = by_address[address]
        yield replace(one, fields=tuple(change for change in one.fields if change.path in paths_of))


def _not_ignored(drift: Drift, ignores: Ignores) -> Drift | None:
    """Leave out what somebody said to let be; an object that is gone cannot be, no more than in a drift check."""
    if drift.kind is DriftKind.ADDED:
        return None if ignores.rule(drift.address, ()) else drift
    fields = tuple(change for change in drift.fields if not ignores.rule(drift.address, change.path))
    return replace(drift, fields=fields) if fields or drift.kind is DriftKind.DELETED else None


def _size(drift: Iterable[Drift]) -> int:
    return sum(len(one.fields) or 1 for one in drift)


def _names(field: str, path: tuple[str | int, ...]) -> bool:
    return not field or f"{'.'.join(map(str, path))}.".startswith(f"{field}.")


def _told(taken: Iterable[Taken], left: Iterable[Left]) -> Iterator[Diagnostic]:
    """Say what somebody has to look at; of a shared file once."""
    shared: set[str] = set()
    for one in taken:
        if one.shared and one.file not in shared:
            shared.add(one.file)
            yield shared_file_changed(one.file, one.address, one.path)
        if one.references:
            yield warning(
                "secret-to-fill",
                "A secret is to be filled",
                f"the platform has one and shows none; the YAML says {', '.join(one.references)}",
                "put its value where the reference leads, or write another reference",
                address=str(one.address),
                path=one.path,
            )
    for rest in left:
        yield warning(
            "not-accepted",
            "Drift was not accepted",
            f"{'.'.join(map(str, (rest.address, *rest.path)))}: {rest.reason}",
            rest.hint,
            address=str(rest.address),
            path=rest.path,
        )


def _no_such(address: Address, field: str) -> Diagnostic:
    return error(
        "no-such-drift",
        "There is no such drift",
        f"{address}{'.' if field else ''}{field} is as it was applied",
        "`drift check` names what drifted",
    )


def _still_said(one: Taken, detail: str, hint: str) -> Diagnostic:
    return error(
        "not-taken", "The YAML would not say what was accepted", detail, hint, address=str(one.address), path=one.path
    )


def _moved(tenant: str) -> Diagnostic:
    return error(
        "plan-moved",
        "Something moved after you were asked",
        f"other blocks of tenant {tenant!r} would go now",
        "nothing was written; run the command again",
    )
