"""One batch, carried out inside one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from flametree_cfg.model import (
    Action,
    Address,
    Batch,
    Kind,
    LiveObject,
    Operation,
    Outcome,
    OutcomeStatus,
    Value,
    at_path,
)
from flametree_cfg.platform.embedded import refusal
from flametree_cfg.platform.embedded.guard import Guard
from flametree_cfg.platform.embedded.ids import Ids
from flametree_cfg.platform.embedded.kept import Kept
from flametree_cfg.platform.embedded.marks import recorded, revision
from flametree_cfg.platform.embedded.preconditions import Preconditions
from flametree_cfg.platform.embedded.rows import Reader
from flametree_cfg.platform.embedded.vault import Vault
from flametree_cfg.platform.embedded.writer import Touched, Writer
from flametree_cfg.schema import Catalog
from flametree_cfg.sql import ConstraintFailed, Database, registry

if TYPE_CHECKING:
    from flametree_cfg.secret import Keyring


class Execution:
    """Carries a batch out in order; the caller holds the transaction and rolls it back when anything is raised."""

    def __init__(
        self,
        database: Database,
        catalog: Catalog,
        keyring: Keyring | None,
        guard: Guard,
        batch: Batch,
        *,
        now: Callable[[], str],
        new_id: Callable[[], str],
        tag: str,
    ) -> None:
        self._database = database
        self._guard = guard
        self._batch = batch
        self._tag = tag
        self._ids = Ids(batch)
        self._reader = Reader(database, catalog)
        self._kept = Kept(database, catalog, batch.tenant)
        self._preconditions = Preconditions(database, catalog, batch.tenant, self._ids, self._kept)
        vault = Vault(database, keyring, batch.tenant, batch.secrets)
        self._writer = Writer(database, catalog, vault, self._ids, batch.tenant, self._kept, now=now, new_id=new_id)

    def run(self) -> tuple[Outcome, ...]:
        """
        Carry out what was not carried out before.

        Raises:
            PlanStale: a precondition does not hold, or something is gone.
            PlatformFailed: a rule is broken.
        """
        found = recorded(self._database, [operation.id for operation in self._batch.operations])
        known = [found.get(operation.id) for operation in self._batch.operations]
        if all(known):
            return tuple(outcome for outcome in known if outcome)
        tenant = self._batch.tenant
        self._database.execute(registry.MAKE_TENANT, (tenant,))
        self._guard.open(self._reader, tenant, self._revision())
        self._kept.fetch(self._mentioned())
        outcomes = [
            self._again(operation, outcome) if outcome else self._carry_out(operation)
            for operation, outcome in zip(self._batch.operations, known, strict=True)
        ]
        self._writer.log()
        self._record([new for new, outcome in zip(outcomes, known, strict=True) if outcome is None])
        self._database.execute(registry.GROW_REVISION, (self._tag, tenant))
        self._database.execute(registry.TAG_UNTAGGED, (self._tag, registry.PUBLIC_TENANT))
        self._guard.close(self._revision())
        return tuple(outcomes)

    def _revision(self) -> int:
        return revision(self._database, self._batch.tenant)

    def _mentioned(self) -> set[str]:
        """List the objects there are that the operations change or link."""
        found = {self._ids.find(operation.address) for operation in self._batch.operations}
        for operation in self._batch.operations:
            if operation.address.kind is Kind.AGENT:
                wanted = (c.after for c in operation.changes if c.path[0] == "connectors")
                found.update(self._ids.find(one) for value in wanted for one in _connectors(value))
        return {one for one in found if one}

    def _again(self, operation: Operation, outcome: Outcome) -> Outcome:
        if operation.action is Action.CREATE and operation.address.kind is not Kind.ATTACHMENT:
            self._ids.add(operation.address, outcome.id)
        return outcome

    def _carry_out(self, operation: Operation) -> Outcome:
        self._preconditions.check(operation)
        try:
            touched = list(dict.fromkeys(self._write(operation)))
        except ConstraintFailed as problem:
            raise refusal.from_constraint(problem, operation.address, _name(operation)) from problem
        now = [live for kind, one in touched if (live := self._kept.one(kind, one))]
        self._guard.judge(operation.action, touched, now, self._ids)
        platform_id = touched[0][1] if touched else self._ids.of_operation(operation)
        return _outcome(operation, platform_id, now)

    def _write(self, operation: Operation) -> Touched:
        match operation.action:
            case Action.CREATE:
                return self._writer.create(operation)
            case Action.UPDATE:
                return self._writer.update(operation)
            case Action.DELETE:
                return self._writer.delete(operation)
            case Action.MAKE_DEFAULT:
                return self._writer.make_default(operation)
            case Action.START | Action.STOP:
                return self._writer.switch(operation, running=operation.action is Action.START)
            case _:
                raise refusal.refused(
                    "not-for-platform",
                    "Operation is none of a platform",
                    f"{operation.action.value} of {operation.address} concerns the ledger alone",
                    "this is a defect; please report it",
                    operation.address,
                )

    def _record(self, outcomes: list[Outcome]) -> None:
        self._database.execute_many(
            registry.RECORD_OUTCOME,
            [
                (one.operation_id, self._batch.tenant, one.status.value, one.id, one.version, one.message)
                for one in outcomes
                if one.operation_id
            ],
        )


def _connectors(value: Value) -> Iterator[Address]:
    """List the connectors that stand under one role, or under all."""
    if isinstance(value, Mapping):
        for inner in value.values():
            yield from _connectors(inner)
    elif isinstance(value, list | tuple):
        yield from (Address(Kind.CONNECTOR, key) for key in value)
    elif value is not None:
        yield Address(Kind.CONNECTOR, value)


def _outcome(operation: Operation, platform_id: str, now: list[LiveObject]) -> Outcome:
    live = next((one for one in now if one.id == platform_id), None)
    version = live.version if live else 0
    message = live.message if live and operation.action is Action.START else ""  # else it is of what was before
    return Outcome(operation.id, OutcomeStatus.DONE, platform_id, version, message)


def _name(operation: Operation) -> str:
    named = next((change.after for change in operation.changes if change.path == ("name",)), None)
    return str(named or at_path(operation.after.fields if operation.after else {}, ("name",)) or "")
