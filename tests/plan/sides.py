"""A ledger and a platform as plain values: the ledger is kept as the real one is, the platform is the oracle's."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping

from msgspec import Struct, field
from msgspec.structs import replace

from flametree_cfg.model import (
    LEDGER_ONLY,
    Action,
    Address,
    EntryText,
    LiveTenant,
    Operation,
    Outcome,
    OutcomeStatus,
    Secret,
    Stored,
    Tenant,
    entry_marks,
    map_secrets,
)
from flametree_cfg.plan import Plan, Selection, make_plan
from flametree_cfg.schema import Catalog
from flametree_cfg.state.body import write_json
from flametree_cfg.state.recording import after_amendment, after_outcomes
from tests.oracle.platform import Platform, blank


class Environment(dict[str, str]):
    """Values by reference; what was never set has one of its own."""

    def __missing__(self, reference: str) -> str:
        return f"value of {reference}"


class Applied(Struct, frozen=True, dict=True):
    """
    Both sides of a tenant, and where secrets come from.

    Nothing here changes: every method gives new sides.
    """

    stored: Stored
    platform: Platform = field(default_factory=Platform)
    secrets: Mapping[str, str] = field(default_factory=Environment)

    @classmethod
    def nothing(cls, tenant: str = "zoo") -> Applied:
        """Start from nothing."""
        return cls(Stored(tenant, "lineage", 0, "platform", {}))

    @property
    def live(self) -> LiveTenant:
        """What the platform reports."""
        return self.platform.report(self.stored.tenant)

    def plan(
        self, tenant: Tenant, catalog: Catalog, *, refresh: bool = True, selection: Selection | None = None
    ) -> Plan:
        """Plan against both sides, or against the ledger alone; all of it, or what was selected."""
        live = self.live if refresh else None
        return make_plan(printed(tenant, self.secrets), self.stored, live, catalog, selection or Selection())

    def id_of(self, address: Address) -> str:
        """Give the platform id of something the ledger knows."""
        return self.stored.entries[address].id

    def changed(self, address: Address, **fields: object) -> Applied:
        """Change fields of one of our objects behind our back."""
        platform = self.platform.copy()
        platform.objects[self.id_of(address)] |= fields
        return replace(self, platform=platform)

    def removed(self, address: Address) -> Applied:
        """Delete one of our objects behind our back."""
        platform = self.platform.copy()
        platform.delete(self.id_of(address))
        return replace(self, platform=platform)

    def added(self, platform_id: str, **fields: object) -> Applied:
        """Add an object that is not ours; `kind` says what."""
        platform = self.platform.copy()
        platform.objects[platform_id] = blank(str(fields["kind"])) | {"stale": False} | fields
        return replace(self, platform=platform)

    def step(self, operation: Operation) -> Applied:
        """Carry one operation out on both sides."""
        if operation.action in LEDGER_ONLY:
            return self._amended([operation])
        platform = self.platform.copy()
        platform_id = platform.step(operation, self.stored.ids(), self.secrets)
        outcome = Outcome(operation.id, OutcomeStatus.DONE, platform_id)
        entries = after_outcomes(self.stored.entries, [(operation, outcome)])
        return replace(self, platform=platform, stored=replace(self.stored, entries=entries))

    def carry_out(self, plan: Plan, *, stop_after: int | None = None) -> Applied:
        """
        Do what `apply` does: keys that move and externals found, the operations, what is forgotten, what heals.

        Args:
            plan: made from these sides.
            stop_after: break off after so many operations of the platform.
        """
        sides = self._amended([one for one in plan.operations if one.action in LEDGER_ONLY - {Action.FORGET}])
        operations = [one for one in plan.operations if one.action not in LEDGER_ONLY]
        for operation in operations[:stop_after]:
            sides = sides.step(operation)
        if stop_after is not None and stop_after < len(operations):
            return sides
        return sides._amended([one for one in plan.operations if one.action is Action.FORGET])._amended(plan.heals)

    def _amended(self, operations: Iterable[Operation]) -> Applied:
        listed = list(operations)
        entries = after_amendment(self.stored.entries, listed) if listed else self.stored.entries
        return replace(self, stored=replace(self.stored, entries=entries))


def apply_to(sides: Applied, tenant: Tenant, catalog: Catalog) -> Applied:
    """Plan and carry out."""
    return sides.carry_out(sides.plan(tenant, catalog))


def printed(tenant: Tenant, secrets: Mapping[str, str]) -> Tenant:
    """Put fingerprints on the secrets that resolve here; a reference with the value "" does not."""

    def fingerprint(_path: object, secret: Secret) -> Secret:
        value = secrets[secret.reference]
        return replace(secret, fingerprint=f"k1:{hashlib.sha256(value.encode()).hexdigest()}" if value else "")

    declarations = {
        address: replace(one, resource=replace(one.resource, fields=map_secrets(one.resource.fields, fingerprint)))
        for address, one in tenant.declarations.items()
    }
    return replace(tenant, declarations=declarations)


def texts_of(stored: Stored) -> list[list[EntryText]]:
    """Give the entries as a ledger does, three at a time, in the order of their addresses."""
    entries = [entry for _, entry in sorted(stored.entries.items(), key=lambda item: str(item[0]))]
    texts = [
        EntryText(
            entry.resource.address,
            entry.id,
            entry_marks(entry.resource, protected=entry.protected),
            write_json(entry.resource.fields),
        )
        for entry in entries
    ]
    return [texts[first : first + 3] for first in range(0, len(texts), 3)]
