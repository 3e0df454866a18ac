"""The embedded registry behind the port: one database file, opened when it is first needed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING

from flametree_cfg.errors import PlatformFailed, StorageFailed
from flametree_cfg.model import Batch, Checked, Kind, LiveObject, LiveTenant, LogLine, Outcome, Settled, Status
from flametree_cfg.platform._port import SETTLE_S
from flametree_cfg.platform.embedded.marks import recorded, revision, tags
from flametree_cfg.platform.embedded.moving import Moving, moving
from flametree_cfg.platform.embedded.rows import Reader
from flametree_cfg.platform.verification import UNVERIFIED, Verification
from flametree_cfg.schema import Catalog
from flametree_cfg.sql import Database, Source, crash, registry

if TYPE_CHECKING:
    from flametree_cfg.platform.embedded.execution import Execution
    from flametree_cfg.platform.embedded.guard import Guard
    from flametree_cfg.platform.runtime import Runtime, Verdict
    from flametree_cfg.secret import Keyring


class EmbeddedPlatform:
    """
    The documented system itself, in one database; see `Platform` for what each method promises.

    Reading never makes the database: a registry that does not exist has no objects and no identity. Its runtime
    verifies channels against their providers, or not even that; it processes no customer's messages.

    Args:
        source: of the database.
        catalog: the types it offers; objects of others are kept as they are.
        keyring: seals the secrets.
        create: whether the first write may make the database.
        now: UTC in ISO 8601.
        new_id: makes platform ids and the installation's identity.
        new_tag: makes a text of chance for every write; never one that was before, in any copy of the database.
        verification: whether and how providers are called.
        runtime: brings channels and agents up and down; None for one that only verifies, as `verification` says.
    """

    def __init__(
        self,
        source: Source,
        catalog: Catalog,
        keyring: Keyring | None,
        *,
        create: bool,
        now: Callable[[], str],
        new_id: Callable[[], str],
        new_tag: Callable[[], str],
        verification: Verification = UNVERIFIED,
        runtime: Runtime | None = None,
    ) -> None:
        self._source = source
        self._catalog = catalog
        self._keyring = keyring
        self._create = create
        self._now = now
        self._new_id = new_id
        self._new_tag = new_tag
        self._verification = verification
        self._chosen_runtime = runtime
        self._to_read: Database | None = None
        self._to_write: Database | None = None
        self._identity = ""

    @cached_property
    def _guard(self) -> Guard:
        from flametree_cfg.platform.embedded.guard import Guard

        return Guard(self._catalog)

    @cached_property
    def _runtime(self) -> Runtime:
        from flametree_cfg.platform.runtime import Unverified, Verifying

        if self._chosen_runtime is not None:
            return self._chosen_runtime
        return Verifying(self._verification) if self._verification.verify else Unverified()

    @property
    def identity(self) -> str:
        """The installation's own name; empty for a registry that does not exist yet."""
        if not self._identity:
            with _as_platform():
                database = self._reading()
                row = database.one(registry.IDENTITY) if database else None
                self._identity = row[0] if row else ""
        return self._identity

    def read(self, tenant: str) -> LiveTenant:
        """Read every object of a tenant and the system connectors it sees; see `Reader` for how fields look."""
        with _as_platform():
            database = self._reading()
            if database is None:
                return LiveTenant(tenant, ())
            with database.reading():
                objects = tuple(Reader(database, self._catalog).tenant(tenant))
                return LiveTenant(tenant, objects, revision(database, tenant))

    def revision(self, tenant: str) -> str:
        """Name the state of what `read` gives: the tags of the last writes to the tenant and to the public one."""
        with _as_platform():
            database = self._reading()
            return tags(database, tenant) if database else ""

    def sweep(self, tenant: str) -> Iterator[LiveObject]:
        """Read every object as `read` does, some hundred at a time, in one read transaction."""
        with _as_platform():
            database = self._reading()
            if database is not None:
                with database.reading():
                    yield from Reader(database, self._catalog).tenant(tenant)

    def read_some(self, tenant: str, ids: Collection[str]) -> LiveTenant:
        """Read some objects, in chunks of ids."""
        with _as_platform():
            database = self._reading()
            if database is None:
                return LiveTenant(tenant, ())
            with database.reading():
                objects = tuple(Reader(database, self._catalog).some(tenant, ids))
                return LiveTenant(tenant, objects, revision(database, tenant))

    def execute(self, batch: Batch) -> Sequence[Outcome]:
        """Carry out a batch in one transaction, each operation as the portal would, each checked against the rules."""
        from flametree_cfg.platform.embedded.vault import unresolved

        missing = unresolved(batch)
        if missing is not None:
            raise missing
        if not batch.operations:
            return ()
        with _as_platform():
            database = self._writing()
            try:
                with database.writing(batch.tenant, beside=registry.PUBLIC_TENANT):
                    self._name(database)
                    return self._execution(database, batch).run()
            except BaseException:
                self._guard.forget()
                raise

    def outcomes(self, operation_ids: Sequence[str]) -> Mapping[str, Outcome]:
        """Tell what became of operations; those never executed are absent."""
        with _as_platform():
            database = self._reading()
            if database is None:
                return {}
            with database.reading():
                return recorded(database, operation_ids)

    def logs(self, tenant: str, kind: Kind, platform_id: str, limit: int) -> Sequence[LogLine]:
        """Give the newest log lines of a channel or an agent, oldest first; none for anything else."""
        with _as_platform():
            database = self._reading()
            if database is None or kind not in (Kind.CHANNEL, Kind.AGENT):
                return ()
            rows = database.query(registry.LOGS, (tenant, platform_id, limit))
            return tuple(LogLine(*row) for row in reversed(rows))

    def settle(
        self, tenant: str, ids: Collection[str] | None = None, deadline_s: float = SETTLE_S
    ) -> Sequence[Settled]:
        """Ask the runtime to bring what is starting or stopping to where it goes, and write what it said."""
        with _as_platform():
            database = self._reading()
            if database is None:
                return ()
            found = moving(database, tenant, ids)
            if not found:
                return ()
            from flametree_cfg.platform.embedded import settling

            runtime = self._runtime
            with database.reading():
                found = moving(database, tenant, ids)
                if runtime.looks:
                    subjects = settling.subjects_of(found, database, self._catalog, self._keyring, tenant)
                else:
                    subjects = settling.bare_subjects(found)
            verdicts = settling.ask(found, subjects, runtime, deadline_s)
            crash.point("before-settled")
            written = self._write_settled(found, verdicts, tenant)
            others = {one.id for one in found} - {one.id for one in written}
            now = self.read_some(tenant, others).objects if others else ()
            return settling.settled(found, verdicts, written, now)

    def _write_settled(self, found: Sequence[Moving], verdicts: Sequence[Verdict], tenant: str) -> Sequence[Verdict]:
        from flametree_cfg.platform.embedded import settling

        database = self._writing()
        with database.writing(tenant, beside=registry.PUBLIC_TENANT):
            before = revision(database, tenant)
            written = settling.write(verdicts, found, database, tenant, self._now())
            if written:
                database.execute(registry.GROW_REVISION, (self._new_tag(), tenant))
            after = revision(database, tenant)
            fallen = [one.id for one in written if one.status is Status.ERROR]
            objects = tuple(Reader(database, self._catalog).some(tenant, fallen)) if fallen else ()
        if "_guard" in self.__dict__:
            self._guard.follow(tenant, before, after, objects)
        return written

    def check(
        self,
        tenant: str,
        platform_ids: Collection[str],
        *,
        asked: Collection[str] = (),
        told: Callable[[Checked], None] = lambda _: None,
    ) -> Sequence[Checked]:
        """Check objects as the portal's dots do; no transaction is open while providers are waited for."""
        from flametree_cfg.platform.embedded.health import HealthCheck, keep_health, versions_of

        with _as_platform():
            database = self._reading()
            if database is None or not platform_ids:
                return ()
            check = HealthCheck(database, self._catalog, self._keyring, self._verification, self._now)
            versions = versions_of(database, platform_ids)
            found = check.run(tenant, platform_ids, asked, told)
            if found:
                database = self._writing()
                with database.writing(tenant, beside=registry.PUBLIC_TENANT):
                    keep_health(database, found, versions)
            return found

    def close(self) -> None:
        """Let go of the database."""
        with _as_platform():
            for database in (self._to_read, self._to_write):
                if database is not None:
                    database.close()
            self._to_read = self._to_write = None

    def _reading(self) -> Database | None:
        if self._to_write is not None:
            return self._to_write
        if self._to_read is None:
            self._to_read = self._source.read()
        return self._to_read

    def _writing(self) -> Database:
        if self._to_write is None:
            self._to_write = self._source.write(create=self._create)
        return self._to_write

    def _name(self, database: Database) -> None:
        if database.one(registry.IDENTITY) is None:
            database.execute(registry.NAME_INSTALLATION, (self._new_id(),))

    def _execution(self, database: Database, batch: Batch) -> Execution:
        from flametree_cfg.platform.embedded.execution import Execution  # reading does without all this

        makers = {"now": self._now, "new_id": self._new_id}
        return Execution(database, self._catalog, self._keyring, self._guard, batch, **makers, tag=self._new_tag())


@contextmanager
def _as_platform() -> Iterator[None]:
    """Say what storage said as what it is to the caller: a platform that could not be read or refused."""
    try:
        yield
    except StorageFailed as problem:
        raise PlatformFailed(*problem.diagnostics) from problem
