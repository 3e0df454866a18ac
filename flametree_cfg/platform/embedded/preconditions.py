"""Whether what a plan read still holds, asked in the transaction that writes."""

from __future__ import annotations

from collections.abc import Iterator

from flametree_cfg.errors import Diagnostic, PlanStale
from flametree_cfg.model import (
    Address,
    Check,
    Kind,
    Operation,
    Precondition,
    Value,
    at_path,
    parse_address,
    value_hash,
)
from flametree_cfg.platform.embedded.ids import Ids
from flametree_cfg.platform.embedded.kept import Kept
from flametree_cfg.platform.embedded.refusal import moved
from flametree_cfg.schema import Catalog
from flametree_cfg.sql import Database, registry

_EMPTY: tuple[Value, ...] = (None, "", [], {})  # one value to whoever compares: unset


class Preconditions:
    """
    The read set of operations, checked one operation at a time.

    An operation's read set is what the plan saw just before it: earlier operations of the batch count.
    """

    def __init__(self, database: Database, catalog: Catalog, tenant: str, ids: Ids, kept: Kept) -> None:
        self._database = database
        self._catalog = catalog
        self._tenant = tenant
        self._ids = ids
        self._kept = kept

    def check(self, operation: Operation) -> None:
        """
        Check everything an operation relies on.

        Raises:
            PlanStale: says all that moved; never a value.
        """
        found = [d for precondition in operation.preconditions for d in self._moved(precondition, operation)]
        if found:
            raise PlanStale(*found)

    def _moved(self, precondition: Precondition, operation: Operation) -> Iterator[Diagnostic]:
        match precondition.check:
            case Check.FIELD:
                yield from self._field(precondition)
            case Check.ABSENT_NAME:
                yield from self._absent_name(precondition, operation)
            case Check.DEFAULT_SLOT:
                row = self._database.one(registry.DEFAULT_OF, (self._tenant, precondition.subject))
                yield from self._slot(
                    precondition, Kind.CONNECTOR, row[0] if row else "", f"the default {precondition.subject}"
                )
            case Check.INBOUND_SLOT:
                channel = self._subject(precondition)
                row = self._database.one(registry.INBOUND_AGENT, (self._tenant, channel))
                yield from self._slot(
                    precondition, Kind.AGENT, row[0] if row else "", f"the inbound agent of {precondition.subject}"
                )
            case Check.LINKS:
                yield from self._links(precondition)

    def _field(self, precondition: Precondition) -> Iterator[Diagnostic]:
        address = parse_address(precondition.subject)
        platform_id = self._ids.find(address) if address else None
        live = self._kept.one(address.kind, platform_id) if address and platform_id else None
        if live is None:
            yield moved(precondition.subject, f"{precondition.subject} is gone")
            return
        path = [step.replace("~1", "/").replace("~0", "~") for step in precondition.path.split("/")]
        value = self._at(live.kind, live.fields, path)
        if precondition.expect not in _hashes(value):
            yield moved(precondition.subject, f"`{'.'.join(path)}` of {precondition.subject} is not what the plan read")

    def _at(self, kind: Kind, fields: Value, path: list[str]) -> Value:
        """Follow a path; accounts are named by their key, links are given as sorted addresses."""
        if path[0] == "connectors" and len(path) == 2:
            linked = at_path(fields, path)
            ids = linked if isinstance(linked, list) else [] if linked is None else [linked]
            return sorted(str(self._ids.address(Kind.CONNECTOR, one)) for one in ids) or None
        spec = self._catalog.get(kind, fields.get("type", ""))
        if spec and spec.accounts and path[:2] == ["settings", spec.accounts.setting] and len(path) > 2:
            key = spec.accounts.key
            listed = at_path(fields, path[:2]) or []
            account = next((account for account in listed if str(account.get(key)) == path[2]), None)
            return at_path(account, path[3:])
        return at_path(fields, path)

    def _absent_name(self, precondition: Precondition, operation: Operation) -> Iterator[Diagnostic]:
        row = self._database.one(registry.NAMED, (self._tenant, precondition.subject, precondition.path))
        if row and row[0] != self._ids.find(operation.address):
            holder = self._ids.address(Kind(precondition.subject), row[0])
            yield moved(str(operation.address), f"{holder} has the name that {operation.address} is to get")

    def _slot(self, precondition: Precondition, kind: Kind, holder: str, slot: str) -> Iterator[Diagnostic]:
        expected = parse_address(precondition.expect) if precondition.expect else None
        if holder != ((self._ids.find(expected) if expected else "") or ""):
            now = self._ids.address(kind, holder) if holder else "nobody"
            yield moved(precondition.expect, f"{slot} is {now}, not {precondition.expect or 'nobody'}")

    def _links(self, precondition: Precondition) -> Iterator[Diagnostic]:
        address = parse_address(precondition.subject)
        statement = registry.AGENTS_LINKING if address and address.kind is Kind.CONNECTOR else registry.AGENTS_ATTACHED
        rows = self._database.query(statement, (self._tenant, self._subject(precondition)))
        now = {self._ids.address(Kind.AGENT, agent) for (agent,) in rows}
        expected = {self._known(text) for text in precondition.expect.split(",") if text}
        if now != expected:
            differing = ", ".join(sorted(str(one) for one in now ^ expected))
            yield moved(
                precondition.subject, f"{precondition.subject} is used otherwise than the plan read: {differing}"
            )

    def _known(self, text: str) -> Address | str:
        """Bring an address to the form this batch knows the object by."""
        address = parse_address(text)
        platform_id = self._ids.find(address) if address else None
        return self._ids.address(address.kind, platform_id) if address and platform_id else text

    def _subject(self, precondition: Precondition) -> str:
        address = parse_address(precondition.subject)
        return (self._ids.find(address) if address else None) or ""


def _hashes(value: Value) -> frozenset[str]:
    if value in _EMPTY:
        return frozenset(value_hash(one) for one in _EMPTY)
    return frozenset({value_hash(value)})
