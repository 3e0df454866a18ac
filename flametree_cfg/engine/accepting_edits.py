"""From what drifted to edits of the YAML it came from."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from msgspec import Struct
from msgspec.structs import replace

from flametree_cfg.config import TenantReading
from flametree_cfg.config.editing import Add, Edit, Remove, Set
from flametree_cfg.config.editing_steps import has_path
from flametree_cfg.config.writing_body import Refer
from flametree_cfg.diff import compare
from flametree_cfg.drift import Drift, DriftKind
from flametree_cfg.engine.accepting_files import EditedFile, Files
from flametree_cfg.errors import Path
from flametree_cfg.model import Address, FieldChange, Kind, Secret, Snapshot, Tenant, Value, agent, at_path
from flametree_cfg.schema import Catalog

SECTION_OF = {Kind.CONNECTOR: "connectors", Kind.CHANNEL: "channels", Kind.AGENT: "agents"}
_VARIABLE = re.compile(r"\$\{var:")


class Taken(Struct, frozen=True):
    """
    One field, or a whole object with an empty path, that the YAML says as the platform has it.

    Attributes:
        change: of a field; its secrets have the references that stand in the YAML.
        file: that was edited; empty where the YAML said so already.
        shared: whether other tenants share that file.
        references: of secrets that are new on the platform: to be filled.
    """

    address: Address
    kind: DriftKind
    path: Path = ()
    change: FieldChange | None = None
    file: str = ""
    shared: bool = False
    references: tuple[str, ...] = ()


class Left(Struct, frozen=True):
    """One field or object that cannot be accepted, and why."""

    address: Address
    path: Path
    reason: str
    hint: str


class Accepting(Struct, frozen=True):
    """
    One tenant's drift on its way into the YAML.

    Attributes:
        live: under our addresses, secrets filled from the ledger.
        gone: addresses that are accepted as deleted.
        refer: names the secrets that are new.
    """

    reading: TenantReading
    tenant: Tenant
    live: Snapshot
    files: Files
    catalog: Catalog
    gone: frozenset[Address]
    refer: Refer

    def take(self, drift: Drift) -> Iterator[Taken | Left]:
        """Edit the files in memory; says of each field what became of it."""
        match drift.kind:
            case DriftKind.CHANGED:
                yield from self._changed(drift)
            case DriftKind.DELETED:
                yield self._deleted(drift)
            case DriftKind.ADDED:
                yield self._added(drift)

    # Fields

    def _changed(self, drift: Drift) -> Iterator[Taken | Left]:
        address = drift.address
        declaration = self.tenant.declarations.get(address)
        if declaration is None:
            yield Left(address, (), "the YAML does not declare it", "apply the YAML first, or put the block back")
            return
        desired, live = declaration.resource, self.live.resources[address]
        differing = {change.path for change in compare(desired, live, desired, self.catalog).fields}
        for change in drift.fields:
            managed = change.path[0] in desired.fields
            if not managed or not any(_same_field(change.path, path) for path in differing):
                yield Taken(address, drift.kind, change.path, change)
            else:
                yield self._field(address, change)

    def _field(self, address: Address, change: FieldChange) -> Taken | Left:
        file = self._file(address, change.path[:2])
        base = _base(address)
        if _foreign(change):
            return Left(address, change.path, "it links an object that no YAML names", "`pull` or `import` it first")
        writer = _Writer(address, self.refer)
        edit = self._edit(file, base, address, change, writer)
        if not isinstance(edit, Add) and _variables(at_path(file.value, edit.path)):  # what stands beside it stays
            hint = "change the variable, or write the value out by hand"
            return Left(address, change.path, "the YAML takes it from a variable", hint)
        if isinstance(edit, Set | Add) and _variables(edit.value):
            hint = "correct it on the platform: the YAML would take it for a variable"
            return Left(address, change.path, "its text looks like a variable", hint)
        file.edit(edit)
        after = writer.recorded(change.after, change.path)
        accepted = replace(change, after=after)
        return Taken(address, DriftKind.CHANGED, change.path, accepted, file.label, not file.own, tuple(writer.new))

    def _edit(self, file: EditedFile, base: Path, address: Address, change: FieldChange, writer: _Writer) -> Edit:
        path, after = change.path, change.after
        resource = self.live.resources[address]
        spec = self.catalog.get(address.kind, resource.type)
        match path:
            case ("settings", str(setting), str(account), *rest) if spec and (known := spec.accounts):
                if setting == known.setting:
                    listed = at_path(file.value, (*base, "settings", setting))
                    return _account(listed, (*base, "settings", setting), account, known.key, rest, change, writer)
            case ("connectors", str(_role)):
                there = at_path(file.value, (*base, *path))
                return Set((*base, *path), in_order(there, after))
        if after is None and (len(path) > 1 or path[0] not in ("running", "default")):
            return Remove((*base, *path)) if has_path(file.value, (*base, *path)) else Set((*base, *path), None)
        return Set((*base, *path), writer.written(after, path))

    def _file(self, address: Address, path: Path) -> EditedFile:
        """Find the file where a value was set; of one that is missing, where its resource is."""
        place = self.reading.locate(str(address), path)
        assert place is not None  # it is declared  # noqa: S101
        return self.files.of(place.file)

    # Objects

    def _deleted(self, drift: Drift) -> Taken | Left:
        address = drift.address
        if address.kind is Kind.ATTACHMENT and agent(address.agent_key) in self.gone:
            return Taken(address, drift.kind)
        if address not in self.tenant.declarations:
            return Taken(address, drift.kind)
        file = self._file(address, ())
        path = _base(address)
        if not has_path(file.value, path):
            return Left(address, (), "its block is not where it was", "run the same command again")
        file.edit(Remove(path))
        return Taken(address, drift.kind, file=file.label, shared=not file.own)

    def _added(self, drift: Drift) -> Taken | Left:
        address = drift.address
        if address.kind is not Kind.ATTACHMENT or "id:" in address.key:
            hint = "`pull` takes it over, or write its block and `import` it"
            return Left(address, (), "it was added outside", hint)
        holder = self.tenant.declarations.get(agent(address.agent_key))
        if holder is None or not holder.attachments or not self._declares_channel(address):
            hint = "add `channels:` to the agent's YAML"
            return Left(address, (), "the YAML does not say which channels its agent has", hint)
        if address in self.tenant.declarations:
            return Taken(address, drift.kind)
        file = self._file(holder.resource.address, ("channels",))
        inbound = bool(self.live.resources[address].fields.get("inbound"))
        file.edit(Set(_base(address), {"inbound": inbound}))
        return Taken(address, drift.kind, file=file.label, shared=not file.own)

    def _declares_channel(self, address: Address) -> bool:
        return Address(Kind.CHANNEL, address.channel_key) in self.tenant.declarations


class _Writer:
    """Writes the values of one object; secrets as references."""

    def __init__(self, address: Address, refer: Refer) -> None:
        self._address = address
        self._refer = refer
        self.new: list[str] = []

    def written(self, value: Value, path: Path) -> Value:
        """Give what to write for a value of the model."""
        if isinstance(value, Secret):
            reference = self._reference(value, path)
            return {"secret": reference} if _is_marked(path) else reference
        if isinstance(value, Mapping):
            return {key: self.written(item, (*path, key)) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.written(item, (*path, str(index + 1))) for index, item in enumerate(value)]
        return value

    def recorded(self, value: Value, path: Path) -> Value:
        """Give what the ledger shall know: the same references, and no fingerprint of what nobody has seen."""
        if isinstance(value, Secret):
            return value if value.reference else Secret(self._reference(value, path))
        if isinstance(value, Mapping):
            return {key: self.recorded(item, (*path, key)) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.recorded(item, (*path, str(index + 1))) for index, item in enumerate(value)]
        return value

    def _reference(self, secret: Secret, path: Path) -> str:
        if secret.reference:
            return secret.reference
        reference = self._refer(self._address, tuple(step for step in path if step != "accounts"))
        if reference not in self.new:
            self.new.append(reference)
        return reference


def _account(
    listed: Value, path: Path, account: str, key: str, rest: list[str | int], change: FieldChange, writer: _Writer
) -> Edit:
    """Edit one account of several, which the model names by its key and the YAML by its place."""
    accounts = listed if isinstance(listed, list) else []
    index = next((i for i, one in enumerate(accounts) if isinstance(one, dict) and str(one.get(key)) == account), None)
    if rest and index is not None:
        inside = (*path, index, *rest)
        if change.after is None:
            return Remove(inside) if has_path(accounts[index], tuple(rest)) else Set(inside, None)
        return Set(inside, writer.written(change.after, change.path))
    if change.after is None and index is not None:
        return Remove((*path, index))
    written = writer.written(change.after, change.path)
    return Add(path, None, written) if accounts else Set(path, [written])


def in_order(there: Value, after: Value) -> Value:
    """Keep the author's order of a role's connectors, new ones come behind; a role of several that has none is `[]`."""
    if after is None and isinstance(there, list):
        return []
    if not isinstance(after, list | tuple) or not isinstance(there, list):
        return list(after) if isinstance(after, list | tuple) else after
    if set(there) == set(after):
        return list(after)  # only the order changed, so it counts
    kept = [key for key in there if key in after]
    return kept + [key for key in after if key not in kept] if sorted(after) == list(after) else list(after)


def _base(address: Address) -> Path:
    if address.kind is Kind.ATTACHMENT:
        return ("agents", address.agent_key, "channels", address.channel_key)
    return (SECTION_OF[address.kind], address.key)


def _same_field(one: Path, other: Path) -> bool:
    """Tell whether two paths are of one field, or one is part of the other."""
    length = min(len(one), len(other))
    return one[:length] == other[:length]


def _foreign(change: FieldChange) -> bool:
    keys = change.after if isinstance(change.after, list | tuple) else [change.after]
    return change.path[0] == "connectors" and any(isinstance(key, str) and "id:" in key for key in keys)


def _variables(value: Value) -> bool:
    if isinstance(value, dict):
        return any(map(_variables, value.values()))
    return any(map(_variables, value)) if isinstance(value, list) else bool(_VARIABLE.search(str(value)))


def _is_marked(path: Path) -> bool:
    """Tell whether a secret is written as `{secret: …}` there."""
    return path[0] in ("environment", "push")
