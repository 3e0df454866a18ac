"""The same two sides for real: the embedded registry and the ledger in files, and `apply_plan` between them."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Mapping
from pathlib import Path

from hypothesis import strategies as st

from flametree_cfg.apply import apply_plan
from flametree_cfg.errors import Path as FieldPath
from flametree_cfg.model import (
    Action,
    Address,
    Batch,
    FieldChange,
    Holder,
    Kind,
    LiveObject,
    LiveTenant,
    Operation,
    Resource,
    Secret,
    Stored,
    Value,
    secrets_in,
)
from flametree_cfg.plan import Plan
from flametree_cfg.platform.embedded import EmbeddedPlatform
from flametree_cfg.schema import Catalog
from flametree_cfg.secret.keyring import Keyring
from flametree_cfg.sql import SqliteFile
from flametree_cfg.sql.registry import APPLICATION, MIGRATIONS
from flametree_cfg.state import open_ledger
from tests.oracle.platform import Platform, blank
from tests.plan.documents import NAMES, Draw


class Real:
    """
    One tenant in a folder of its own.

    Platform ids are `u1`, `u2` … in the order things are made, as the oracle's are.
    """

    def __init__(self, folder: Path, catalog: Catalog, tenant: str = "zoo") -> None:
        numbers = itertools.count(0)  # u0 is the installation's own name
        self.tenant = tenant
        self.platform = EmbeddedPlatform(
            SqliteFile(folder / "registry.db", APPLICATION, MIGRATIONS),
            catalog,
            Keyring(b"k" * 32),
            create=True,
            now=lambda: "2026-01-01T00:00:00Z",
            new_id=lambda: f"u{next(numbers)}",
            new_tag=lambda: uuid.uuid4().hex,
        )
        self.ledger = open_ledger(f"sqlite:{folder}/ledger.db")
        self._runs = itertools.count(1)

    @property
    def live(self) -> LiveTenant:
        """What the platform reports."""
        return self.platform.read(self.tenant)

    @property
    def stored(self) -> Stored:
        """What the ledger keeps."""
        return self.ledger.read(self.tenant)

    def apply(self, plan: Plan, values: Mapping[str, str]) -> None:
        """Carry a plan out."""
        references = {one.reference for one in _secrets(plan)}
        secrets = {reference: values[reference] for reference in references}
        with self.ledger.lock(self.tenant, 1.0, Holder("tests", "here", 1, "apply")) as lease:
            for _ in apply_plan(plan, self.platform, self.ledger, lease, secrets, f"run{next(self._runs)}"):
                pass

    def close(self) -> None:
        """Let go of the files."""
        self.platform.close()
        self.ledger.close()


def _secrets(plan: Plan) -> list[Secret]:
    changes = [change for operation in plan.operations for change in operation.changes]
    return [secret for change in changes for _, secret in secrets_in(change.after)]


def deed(draw: Draw, live: LiveTenant) -> Operation | None:
    """
    Draw something that people do in the portal, as an operation on foreign addresses: `connector.id:u7`.

    Both the registry and the oracle understand it; the registry may refuse it.
    """
    objects = [one for one in live.objects if not one.system]
    if not objects:
        return None
    one = draw(st.sampled_from(objects))
    address = _foreign(one)
    match draw(st.sampled_from(["name", "text", "delete", "default", "switch", "attach", "link"])), one.kind:
        case "name", Kind.CONNECTOR | Kind.CHANNEL | Kind.AGENT:
            return _operation(Action.UPDATE, address, {("name",): draw(st.sampled_from([*NAMES, "Quux"]))})
        case "text", Kind.CONNECTOR | Kind.CHANNEL | Kind.AGENT:
            return _operation(Action.UPDATE, address, {("description",): "Changed in the portal."})
        case "delete", _:
            return _operation(Action.DELETE, address)
        case "default", Kind.CONNECTOR:
            return _operation(Action.MAKE_DEFAULT, address)
        case "switch", Kind.CHANNEL | Kind.AGENT if "running" in one.fields:
            return _operation(Action.STOP if one.fields["running"] else Action.START, address)
        case "attach", Kind.CHANNEL:
            owners = [other for other in objects if other.kind is Kind.AGENT]
            pair = f"{_foreign(draw(st.sampled_from(owners))).key}/{address.key}" if owners else ""
            taken = {f"id:{a}/id:{c}" for a, c in (o.id.split("/") for o in objects if o.kind is Kind.ATTACHMENT)}
            if pair and pair not in taken:
                return _operation(
                    Action.CREATE, Address(Kind.ATTACHMENT, pair), {("inbound",): True} if draw(st.booleans()) else {}
                )
        case "link", Kind.AGENT:
            found = [other for other in objects if other.fields.get("type") == "llm"]
            key = _foreign(draw(st.sampled_from(found))).key if found else None
            return _operation(Action.UPDATE, address, {("connectors", "llm"): key})
    return None


def _foreign(one: LiveObject) -> Address:
    return Address(one.kind, "/".join(f"id:{part}" for part in one.id.split("/")))


def _operation(action: Action, address: Address, changes: Mapping[FieldPath, Value] | None = None) -> Operation:
    listed = [FieldChange(path, None, value) for path, value in (changes or {}).items()]
    if address.kind is Kind.ATTACHMENT and action is Action.CREATE:
        ends = {"agent": address.agent_key, "channel": address.channel_key}
        listed += [FieldChange((side,), None, key) for side, key in ends.items()]
    after = Resource(address, {str(c.path[0]): c.after for c in listed}) if action is Action.CREATE else None
    return Operation("", action, address, after=after, changes=tuple(listed))


def neighbours(platform: EmbeddedPlatform, tenant: str) -> None:
    """Make what others have: a shared LLM, and a connector, a channel and an agent of theirs."""
    llm = {"api_url": "https://llm.example/v1", "model_name": "m-9", "temperature": 0, "json_params": {}}
    shared = {"type": "llm", "name": "Shared", "settings": llm, "description": ""}
    address = Address(Kind.CONNECTOR, "shared")
    changes = tuple(FieldChange((key,), None, value) for key, value in shared.items())
    made = Operation("", Action.CREATE, address, "llm", after=Resource(address, shared, system=True), changes=changes)
    platform.execute(Batch("public", (made,)))
    theirs = {Kind.CONNECTOR: ("llm", llm), Kind.CHANNEL: ("telegram", {}), Kind.AGENT: ("inbound", None)}
    for kind, (type_name, settings) in theirs.items():
        fields = {"type": type_name, "name": "Theirs"} | ({} if settings is None else {"settings": settings})
        address = Address(kind, "theirs")
        changes = tuple(FieldChange((key,), None, value) for key, value in fields.items())
        made = Operation("", Action.CREATE, address, type_name, after=Resource(address, fields), changes=changes)
        platform.execute(Batch(tenant, (made,)))


def mirrored(live: LiveTenant) -> Platform:
    """Give the oracle's platform with what a real one has; nothing of it may be secret."""
    objects = {}
    for one in live.objects:
        linked = {role: v if isinstance(v, list) else [v] for role, v in one.fields.get("connectors", {}).items() if v}
        links = {"connectors": linked} if one.kind is Kind.AGENT else {}
        extra = {} if one.kind is Kind.ATTACHMENT else {"stale": False}
        objects[one.id] = {**blank(one.kind.value), **one.fields, **links, **extra} | (
            {"system": one.system} if one.kind is Kind.CONNECTOR else {}
        )
    return Platform(objects, len(live.objects))
