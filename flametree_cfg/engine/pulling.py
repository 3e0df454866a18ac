"""Pull: write what the platform has as YAML, and record it, so that the next plan has nothing to do."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from flametree_cfg.config.rewrite import NewContent
from flametree_cfg.config.writing_body import Body, Refer, agent_body, body_of
from flametree_cfg.diff import fill_secrets
from flametree_cfg.engine.carrying import bind_platform, holder_of
from flametree_cfg.engine.ignoring import NOTHING, Ignores, load_ignores, refuse_unusable
from flametree_cfg.engine.naming import new_names
from flametree_cfg.engine.options import Options
from flametree_cfg.engine.pulling_contents import new_contents
from flametree_cfg.engine.pulling_files import Files, choose_name, read_files
from flametree_cfg.engine.pulling_match import Matched, match
from flametree_cfg.engine.pulling_merge import Merge, Merged, left_as_it_is
from flametree_cfg.engine.pulling_record import bindings
from flametree_cfg.engine.session import Session
from flametree_cfg.engine.sight import of_this_platform
from flametree_cfg.errors import (
    ConfigInvalid,
    Diagnostic,
    ExitCode,
    Refused,
    Severity,
    WrongUsage,
    error,
    has_errors,
    warning,
)
from flametree_cfg.model import (
    Address,
    Kind,
    LiveTenant,
    Operation,
    Resource,
    Status,
    Stored,
    Tenant,
    live_snapshot,
    parse_reference,
)
from flametree_cfg.sql import crash


class Export(Struct, frozen=True):
    """A secret that somebody has to provide: the environment variable, and whose it is."""

    variable: str
    address: Address
    setting: str


class PullResult(Struct, frozen=True):
    """
    What a pull did.

    Attributes:
        folder: as the person named it.
        written: files that were made or changed, as the person would type them.
        added: addresses that are new in the YAML.
        changed: fields of known resources that were brought up to date.
        objects: how many of the platform's objects the YAML has now, attachments left out.
        exports: what has to be set before a secret can be sent.
        diagnostics: what could not be written, what is gone.
        serial: of the ledger afterwards.
    """

    folder: str
    tenant_name: str
    written: tuple[str, ...]
    added: tuple[Address, ...]
    changed: tuple[str, ...]
    objects: int
    exports: tuple[Export, ...]
    diagnostics: tuple[Diagnostic, ...]
    exit_code: ExitCode
    serial: int


def pull(path: str, options: Options, *, tenant: str = "", prune: bool = False) -> PullResult:
    """
    Write a tenant as the platform has it into a folder, and record it in the ledger.

    What is there already is kept: values that differ are written into their lines, those of a base into the base's;
    new objects are added to the tenant's own files. Every file is prepared before the first is written, and the ledger
    last: an interrupted pull is completed by the next one.

    Args:
        path: the tenant's folder; made where there is none.
        options: the operator's.
        tenant: its name; empty to take it from the files, else from the folder.
        prune: take out what the platform has no more.

    Raises:
        ConfigInvalid: a file that is there is not right, or is none that may be written.
        WrongUsage: the platform has nothing of that tenant, the name is none, or nothing uses a variable.
        Refused: an interrupted apply comes first.
    """
    with Session(options, [path], create=True) as session:
        before = _read(path, session)
        name = choose_name(path, before, tenant)
        called = session.given.tenant if session.given is not None and session.given.tenant else name
        if not before.data:
            _refuse_nothing(session.platform.read(called), called)  # before a lock puts the tenant into the ledger
        with session.ledger.lock(called, options.lock_wait_s, holder_of(options)) as lease:
            before = _read(path, session)  # somebody held the lock
            stored = session.ledger.read(called)
            live = of_this_platform(session.platform.read(called), stored, session)
            _refuse_pending(stored)
            ignores = load_ignores(path, session) if before.data else NOTHING
            refuse_unusable(ignores)
            work = _Pull(name, path, before, stored, live, ignores, session)
            pulled = work.prepare(prune=prune)
            pulled.after.write(pulled.contents, session)
            operations = pulled.recorded(work)
            serial = stored.serial
            if operations or not stored.lineage:
                crash.point("before-ledger")
                bind_platform(session, lease)
                serial = session.ledger.amend(lease, operations)
        return replace(pulled.result(path, serial), tenant_name=called)


def _read(path: str, session: Session) -> Files:
    """Read what is there; every `--var` has to be meant for it."""
    files = read_files(path, session) if os.path.lexists(path) else Files("", {}, label=path)
    if session.given is not None:
        from flametree_cfg.config.given import refuse_unused

        refuse_unused(session.given, files.variables)
    return files


def _refuse_pending(stored: Stored) -> None:
    if stored.pending:
        raise Refused(
            error(
                "apply-interrupted",
                "An apply was interrupted",
                f"{len(stored.pending)} journaled operations have no recorded outcome yet",
                "run apply: it settles them first; then pull",
            )
        )


def _refuse_nothing(live: LiveTenant, name: str) -> None:
    if all(one.system for one in live.objects):
        raise WrongUsage(
            error(
                "nothing-to-pull",
                "The platform has nothing of this tenant",
                f"tenant {name!r}",
                "check the name (--tenant, --tenant-id) and the platform (--platform)",
            )
        )


class _Pulled(Struct, frozen=True):
    """Everything that is to be written, and what to say about it."""

    name: str
    matched: Matched
    contents: tuple[NewContent, ...]
    after: Files
    bodies: Sequence[Body]
    merged: Merged
    diagnostics: tuple[Diagnostic, ...]

    def recorded(self, work: _Pull) -> list[Operation]:
        """List what the ledger has to know."""
        declared, left, catalog = self.after.declarations, self.merged.left, work.session.catalog
        return bindings(declared, self.matched, work.stored, work.live, work.ignores, left, catalog)

    def result(self, path: str, serial: int) -> PullResult:
        named = [(body.address, where, text) for body in self.bodies for where, text in body.secrets]
        exports = tuple(
            Export(reference[1], address, ".".join(map(str, where)))
            for address, where, text in (*named, *self.merged.secrets)
            if (reference := parse_reference(text)) is not None
        )
        declared = [a for a in self.after.declarations if a.kind is not Kind.ATTACHMENT and a in self.matched.ids]
        places = self.after.places
        found = tuple(places.located(one) for one in (*self.diagnostics, *self.after.found))
        return PullResult(
            path,
            self.name,
            tuple(self.after.label_of(one.name) for one in self.contents),
            tuple(body.address for body in self.bodies),
            self.merged.said,
            len(declared),
            exports,
            found,
            ExitCode.INVALID if has_errors(found) else ExitCode.OK,
            serial,
        )


class _Pull(Struct, frozen=True):
    """One tenant, read and about to be written."""

    name: str
    path: str
    before: Files
    stored: Stored
    live: LiveTenant
    ignores: Ignores
    session: Session

    def prepare(self, *, prune: bool) -> _Pulled:
        """
        Decide what is written; nothing is touched.

        Raises:
            ConfigInvalid: what would be written would not be right.
        """
        matched = match(self.live, self.stored, self.before.declarations, self.before.mentioned)
        snapshot, objects = live_snapshot(self.live, matched.ids)
        refer = new_names(self.name, self.before.declarations, self.session)
        bodies, said = self._bodies(matched, snapshot.resources, refer)
        known = {*self.before.declarations, *(body.address for body in bodies)}
        faulty = {address for address, one in objects.items() if one.status is Status.ERROR}
        declared, catalog = self.before.declarations, self.session.catalog
        merge = Merge(
            declared, self.stored, snapshot.resources, known, faulty, self.ignores, catalog, refer, self.before.own
        )
        merged = self.before.placed(merge.run(matched, prune=prune))
        contents, after = self._after(bodies, merged)
        while left := merged.leave(self._wrong(after, merged, snapshot.resources)):
            contents, after = self._after(bodies, left)
            merged = left
        if has_errors(after.found):
            raise ConfigInvalid(*after.found)
        told = (*said, *merged.found, *self.before.told(merged))
        return _Pulled(self.name, matched, contents, after, bodies, merged, self._judged(after, told))

    def _after(self, bodies: Sequence[Body], merged: Merged) -> tuple[tuple[NewContent, ...], Files]:
        contents = new_contents(self.name, self.path, self.before, bodies, merged)
        data = {**self.before.data, **{one.name: one.after for one in contents}}
        return contents, self.before.again(data, self.path, self.session.catalog)

    def _wrong(self, after: Files, merged: Merged, live: Mapping[Address, Resource]) -> set[str]:
        """Name the resources that would be wrong, or would not say what the platform has."""
        wrong = {one.address for one in after.found if one.severity is Severity.ERROR}
        return wrong | self.before.unsaid(merged, after, live, self.session.catalog)

    def _judged(self, after: Files, said: tuple[Diagnostic, ...]) -> tuple[Diagnostic, ...]:
        """Add what the invariants say: what the platform has may be against them, and is written all the same."""
        from flametree_cfg.invariants import check_tenant

        tenant = Tenant(self.name, after.declarations, after.sections, self.path)
        return (*said, *check_tenant(tenant, self.session.catalog))

    def _bodies(
        self, matched: Matched, resources: Mapping[Address, Resource], refer: Refer
    ) -> tuple[list[Body], tuple[Diagnostic, ...]]:
        catalog = self.session.catalog
        written: dict[Address, Body] = {}
        said: list[Diagnostic] = []
        known = set(self.before.declarations)
        attachments = _attachments(resources)
        for address in matched.new:
            resource, entry = resources[address], self.stored.entries.get(address)
            if entry is not None:
                resource = fill_secrets(resource, entry.resource, catalog)
            if entry is not None and address.kind.section in self.before.sections:
                said.append(_taken_out(address))
                continue
            if address.kind is Kind.AGENT:
                body = agent_body(resource, attachments.get(address.key, ()), known, catalog)
            else:
                body = body_of(resource, catalog, refer)
            if body is not None and address.kind.section in self.before.shut:
                said.append(_shut(address))
                continue
            if body is None:
                said.append(_not_written(resource, matched.ids[address]))
                continue
            written[address] = body
            known.add(address)
            said += _left_out(body)
        return list(written.values()), tuple(said)


def _attachments(resources: Mapping[Address, Resource]) -> dict[str, list[tuple[str, bool]]]:
    found: dict[str, list[tuple[str, bool]]] = {}
    for address, resource in resources.items():
        if address.kind is Kind.ATTACHMENT:
            found.setdefault(address.agent_key, []).append((address.channel_key, bool(resource.fields.get("inbound"))))
    return found


def _taken_out(address: Address) -> Diagnostic:
    return left_as_it_is(
        f"{address} was taken out here and not deleted yet",
        "apply deletes it; to keep it, `flametree-cfg state rm` forgets it, and the next pull writes it",
        address=str(address),
    )


def _shut(address: Address) -> Diagnostic:
    section = address.kind.section
    return left_as_it_is(
        f"{address} is new on the platform, and `{section}: null` here takes all of them away",
        f"take `{section}: null` out, write `null` for each that a base has, and pull again",
        path=(section,),
    )


def _left_out(body: Body) -> Iterable[Diagnostic]:
    if body.found:
        yield warning(
            "only-found",
            "An object cannot be written whole, and is only found",
            f"{body.address}: its {_path(body.left)} holds what no YAML of a tenant may say; written as external",
            "change it in the portal, take the block out and pull again",
            address=str(body.address),
        )
    elif body.left:
        yield warning(
            "left-out",
            "A part of an object is left to the portal",
            f"{body.address}: {_path(body.left)}",
            "",
            address=str(body.address),
        )


def _path(left: Sequence[tuple[str | int, ...]]) -> str:
    return ", ".join(".".join(map(str, path)) or "form" for path in left)


def _not_written(resource: Resource, platform_id: str) -> Diagnostic:
    return warning(
        "not-writable",
        "An object cannot be written",
        f"{resource.address.kind} {resource.name!r} ({resource.type}, id {platform_id}): its name or type is none that "
        "a tenant may declare",
        "rename it in the portal and pull again; until then it stays outside our care",
    )
