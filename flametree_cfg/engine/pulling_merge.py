"""What has to be edited in YAML that is there, so that it says what the platform has now. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from flametree_cfg.config.editing_steps import Edit, Remove, Set
from flametree_cfg.config.writing import unwritable
from flametree_cfg.config.writing_body import Refer
from flametree_cfg.diff import compare, fill_secrets, patch
from flametree_cfg.engine.ignoring import Ignores
from flametree_cfg.engine.pulling_match import Matched
from flametree_cfg.errors import Diagnostic, Path, warning
from flametree_cfg.model import (
    Address,
    Declaration,
    FieldChange,
    Kind,
    Resource,
    Secret,
    Stored,
    Value,
    agent,
    to_json,
)
from flametree_cfg.schema import Catalog


@dataclass(slots=True)
class Merged:
    """
    What came of it.

    Attributes:
        edits: of the file that declares an address.
        changed: what they change, for people.
        secrets: references that are new: address, path, reference.
        found: what is gone, what was left as it is.
    """

    edits: dict[Address, list[Edit]] = field(default_factory=dict)
    changed: list[str] = field(default_factory=list)
    secrets: list[tuple[Address, Path, str]] = field(default_factory=list)
    found: list[Diagnostic] = field(default_factory=list)

    def leave(self, addresses: Collection[str]) -> Merged | None:
        """Copy it without the edits of some resources, by address as text; None if it has none of them."""
        edits = {address: edits for address, edits in self.edits.items() if str(address) not in addresses}
        if len(edits) == len(self.edits):
            return None
        dropped = [address for address in self.edits if address not in edits]
        changed = [what for what in self.changed if what.partition(" ")[0] not in addresses]
        secrets = [one for one in self.secrets if one[0] in edits]
        return Merged(edits, changed, secrets, [*self.found, *(_unwritable(one, (), str(one)) for one in dropped)])


@dataclass(frozen=True, slots=True)
class Merge:
    """
    The sides to bring together.

    Attributes:
        declared: what the files say.
        stored: the ledger: what differs from it on the platform was changed there, what differs in the files alone is
            somebody's edit that was not applied yet, and stays.
        live: what the platform has, under our addresses.
        known: addresses that are declared, or will be.
        faulty: addresses that shall run and failed.
        ignores: what a person said to let be: it is no business of the files until that day.
        refer: names the secrets that are new.
    """

    declared: Mapping[Address, Declaration]
    stored: Stored
    live: Mapping[Address, Resource]
    known: Collection[Address]
    faulty: Collection[Address]
    ignores: Ignores
    catalog: Catalog
    refer: Refer

    def run(self, matched: Matched, *, prune: bool) -> Merged:
        """Go through everything that is declared; `prune` takes out what the platform has no more."""
        merged = Merged()
        for address, declaration in self.declared.items():
            now = self.live.get(address)
            if now is None:
                self._gone(address, matched, merged, prune=prune)
            elif now.type != declaration.resource.type:
                merged.found.append(_other_type(address, declaration.resource.type, now.type))
            else:
                self._compared(declaration, now, merged)
        self._attached(merged)
        return merged

    def _gone(self, address: Address, matched: Matched, merged: Merged, *, prune: bool) -> None:
        owner = _owner(address)
        if address.kind is Kind.ATTACHMENT:
            if address not in self.stored.entries or owner not in self.live:
                return
        elif address not in matched.gone:
            return  # never applied: somebody's work in progress
        if prune:
            merged.edits.setdefault(owner, []).append(Remove(_place(address)))
            merged.changed.append(f"{address} taken out")
        else:
            merged.found.append(_gone(address))

    def _compared(self, declaration: Declaration, now: Resource, merged: Merged) -> None:
        address, desired = declaration.resource.address, declaration.resource
        entry = self.stored.entries.get(address)
        filled = fill_secrets(now, entry.resource if entry else desired, self.catalog)
        moved = None if entry is None else self._moved(entry.resource, filled)
        taken: list[FieldChange] = []
        for change in compare(desired, filled, desired, self.catalog).fields:
            if isinstance(change.before, Secret) and isinstance(change.after, Secret):
                continue  # no platform shows it
            if change.path == ("running",) and address in self.faulty:
                continue  # it shall run, and does not: that is for people to see
            what = f"{address} {'.'.join(map(str, change.path))}"
            if rule := self.ignores.rule(address, change.path):
                merged.found.append(_ignored(address, change.path, f"{what} is ignored until {rule.until}"))
            elif moved is not None and not any(_meet(change.path, path) for path in moved):
                merged.found.append(_kept(address, change.path, what))
            elif not self._written(change):
                merged.found.append(_unwritable(address, change.path, what))
            else:
                taken.append(change)
                merged.changed.append(what)
        for edit in self._edits(desired, taken, merged):
            merged.edits.setdefault(_owner(address), []).append(edit)

    def _moved(self, stored: Resource, live: Resource) -> list[Path]:
        return [change.path for change in compare(stored, live, stored, self.catalog).fields]

    def _written(self, change: FieldChange) -> bool:
        """Tell whether YAML can say it: a connector that is not declared cannot be linked."""
        if change.path[0] == "connectors":
            keys = change.after if isinstance(change.after, list) else [change.after] if change.after else []
            return all(Address(Kind.CONNECTOR, key) in self.known for key in keys)
        return unwritable(to_json(change.after)) is None

    def _edits(self, desired: Resource, changes: Sequence[FieldChange], merged: Merged) -> Iterator[Edit]:
        """Turn changes into edits; a list of accounts is given whole, the editor finds what differs in it."""
        spec = self.catalog.get(desired.address.kind, desired.type)
        accounts = spec.accounts if spec else None
        listed = [c for c in changes if accounts and len(c.path) > 2 and c.path[:2] == ("settings", accounts.setting)]
        for change in changes:
            if change not in listed:
                yield self._edit(desired.address, change, merged)
        if accounts and listed:
            path = ("settings", accounts.setting)
            after = patch(desired, listed, self.catalog).settings[accounts.setting]
            value = self._referring(desired.address, path, after, merged, wrapped=False)
            yield Set((*_place(desired.address), *path), value)

    def _edit(self, address: Address, change: FieldChange, merged: Merged) -> Edit:
        path = (*_place(address), *change.path)
        gone = change.after is None and change.path[0] != "connectors"
        if gone or (change.path == ("description",) and not change.after):
            return Remove(path)
        wrapped = change.path[0] in ("environment", "push")
        return Set(path, self._referring(address, change.path, change.after, merged, wrapped=wrapped))

    def _referring(self, address: Address, path: Path, value: Value, merged: Merged, *, wrapped: bool) -> Value:
        if isinstance(value, Secret):
            reference = value.reference or self.refer(address, path)
            if not value.reference:
                merged.secrets.append((address, path, reference))
            return {"secret": reference} if wrapped else reference
        if isinstance(value, Mapping):
            return {
                key: self._referring(address, (*path, key), item, merged, wrapped=wrapped)
                for key, item in value.items()
                if item is not None
            }
        if isinstance(value, list | tuple):
            return [self._referring(address, (*path, i), item, merged, wrapped=wrapped) for i, item in enumerate(value)]
        return value

    def _attached(self, merged: Merged) -> None:
        """Add what was attached in the portal to agents whose channels are declared."""
        for address, now in self.live.items():
            owner = _owner(address)
            declared = self.declared.get(owner)
            if address.kind is not Kind.ATTACHMENT or address in self.declared or declared is None:
                continue
            if not declared.attachments or Address(Kind.CHANNEL, address.channel_key) not in self.known:
                continue
            if address in self.stored.entries:
                continue  # taken out of the file, and not applied yet
            said = {"inbound": bool(now.fields.get("inbound"))}
            merged.edits.setdefault(owner, []).append(Set(_place(address), said))
            merged.changed.append(f"{address} attached")


def _owner(address: Address) -> Address:
    """Name the resource whose block says it."""
    return agent(address.agent_key) if address.kind is Kind.ATTACHMENT else address


def _place(address: Address) -> Path:
    if address.kind is Kind.ATTACHMENT:
        return ("agents", address.agent_key, "channels", address.channel_key)
    return (address.kind.section, address.key)


def _meet(one: Path, other: Path) -> bool:
    length = min(len(one), len(other))
    return one[:length] == other[:length]


def _gone(address: Address) -> Diagnostic:
    return warning(
        "gone-from-platform",
        "A declared object is gone from the platform",
        f"{address}: somebody deleted it; apply would make it again",
        "take it out of the file, or pull --prune",
        address=str(address),
    )


def _other_type(address: Address, declared: str, live: str) -> Diagnostic:
    return warning(
        "left-as-it-is",
        "Something in the files is left as it is",
        f"{address} is declared as {declared}, the platform has a {live}",
        "apply replaces it; to keep what the platform has, declare its type",
        address=str(address),
        path=("type",),
    )


def _kept(address: Address, path: Path, what: str) -> Diagnostic:
    return warning(
        "left-as-it-is",
        "Something in the files is left as it is",
        f"{what} was edited here and not applied yet",
        "apply it, or take the edit back",
        address=str(address),
        path=path,
    )


def _ignored(address: Address, path: Path, what: str) -> Diagnostic:
    return warning(
        "left-as-it-is",
        "Something in the files is left as it is",
        what,
        "`drift accept` takes what is named; or take its lines out of .drift-ignore.yaml, and pull again",
        address=str(address),
        path=path,
    )


def _unwritable(address: Address, path: Path, what: str) -> Diagnostic:
    return warning(
        "left-as-it-is",
        "Something in the files is left as it is",
        f"{what}: no YAML of a tenant can say what the platform has",
        "change it in the portal, or apply what the file says",
        address=str(address),
        path=path,
    )
