"""What has to be edited in YAML that is there, so that it says what the platform has now. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

from msgspec import Struct, field

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

NewSecret = tuple[Address, Path, str]
"""A reference that is new: address, path, reference."""


class Change(Struct, frozen=True):
    """
    One edit of the files.

    Attributes:
        address: of what it changes.
        fields: of it; empty for the whole.
        edit: with its path from the top of a file.
        said: what it changes, for people.
        secrets: references that it brings.
        file: that is edited; empty as long as nobody said it.
    """

    address: Address
    fields: tuple[Path, ...]
    edit: Edit
    said: tuple[str, ...]
    secrets: tuple[NewSecret, ...] = ()
    file: str = ""

    @property
    def owner(self) -> Address:
        """The resource whose block says it."""
        return agent(self.address.agent_key) if self.address.kind is Kind.ATTACHMENT else self.address


class Merged(Struct):
    """
    What came of it.

    Attributes:
        changes: in the order to make them.
        found: what is gone, what was left as it is.
        left: fields that no file could say, so that they stay drift.
    """

    changes: list[Change] = field(default_factory=list)
    found: list[Diagnostic] = field(default_factory=list)
    left: list[tuple[Address, Path]] = field(default_factory=list)

    @property
    def said(self) -> tuple[str, ...]:
        """What is changed, for people."""
        return tuple(text for change in self.changes for text in change.said)

    @property
    def secrets(self) -> tuple[NewSecret, ...]:
        """References that are new."""
        return tuple(secret for change in self.changes for secret in change.secrets)

    def leave(self, addresses: Collection[str]) -> Merged | None:
        """Copy it without the edits of some resources, by address as text; None if it has none of them."""
        kept = [change for change in self.changes if str(change.owner) not in addresses]
        if len(kept) == len(self.changes):
            return None
        dropped = [change for change in self.changes if str(change.owner) in addresses]
        owners = dict.fromkeys(change.owner for change in dropped)
        left = [(change.address, path) for change in dropped for path in change.fields]
        found = [*self.found, *(_unwritable(one, (), str(one)) for one in owners)]
        return Merged(kept, found, [*self.left, *left])


class Merge(Struct, frozen=True):
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
        own: tells of a path whether the tenant's own files say it; if not, a base does.
    """

    declared: Mapping[Address, Declaration]
    stored: Stored
    live: Mapping[Address, Resource]
    known: Collection[Address]
    faulty: Collection[Address]
    ignores: Ignores
    catalog: Catalog
    refer: Refer
    own: Callable[[Path], bool]

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
        if address.kind is Kind.ATTACHMENT:
            if address not in self.stored.entries or agent(address.agent_key) not in self.live:
                return
        elif address not in matched.gone:
            return  # never applied: somebody's work in progress
        if not self.own(place_of(address)):
            merged.found.append(
                gone(address, "a base declares it: write `null` for its key into the tenant's own file")
            )
        elif prune:
            merged.changes.append(Change(address, (), Remove(place_of(address)), (f"{address} taken out",)))
        else:
            merged.found.append(gone(address))

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
            elif moved is not None and not any(meet(change.path, path) for path in moved):
                merged.found.append(_kept(address, change.path, what))
            elif not self._written(change):
                merged.found.append(_unwritable(address, change.path, what))
            else:
                taken.append(change)
        merged.changes += self._changes(desired, taken)

    def _moved(self, stored: Resource, live: Resource) -> list[Path]:
        return [change.path for change in compare(stored, live, stored, self.catalog).fields]

    def _written(self, change: FieldChange) -> bool:
        """Tell whether YAML can say it: a connector that is not declared cannot be linked."""
        if change.path[0] == "connectors":
            keys = change.after if isinstance(change.after, list) else [change.after] if change.after else []
            return all(Address(Kind.CONNECTOR, key) in self.known for key in keys)
        return unwritable(to_json(change.after)) is None

    def _changes(self, desired: Resource, changes: Sequence[FieldChange]) -> Iterator[Change]:
        """Turn changes into edits; a list of accounts is given whole, the editor finds what differs in it."""
        address = desired.address
        spec = self.catalog.get(address.kind, desired.type)
        accounts = spec.accounts if spec else None
        listed = [c for c in changes if accounts and len(c.path) > 2 and c.path[:2] == ("settings", accounts.setting)]
        for change in changes:
            if change not in listed:
                yield self._change(address, change)
        if accounts and listed:
            path = ("settings", accounts.setting)
            after = patch(desired, listed, self.catalog).settings[accounts.setting]
            secrets: list[NewSecret] = []
            value = self._referring(address, path, after, secrets, wrapped=False)
            fields = tuple(change.path for change in listed)
            yield Change(address, fields, Set((*place_of(address), *path), value), _named(address, fields), (*secrets,))

    def _change(self, address: Address, change: FieldChange) -> Change:
        secrets: list[NewSecret] = []
        edit = self._edit(address, change, secrets)
        return Change(address, (change.path,), edit, _named(address, [change.path]), tuple(secrets))

    def _edit(self, address: Address, change: FieldChange, secrets: list[NewSecret]) -> Edit:
        path = (*place_of(address), *change.path)
        gone = change.after is None and change.path[0] != "connectors"
        if gone or (change.path == ("description",) and not change.after):
            return Remove(path)
        wrapped = change.path[0] in ("environment", "push")
        return Set(path, self._referring(address, change.path, change.after, secrets, wrapped=wrapped))

    def _referring(
        self, address: Address, path: Path, value: Value, secrets: list[NewSecret], *, wrapped: bool
    ) -> Value:
        if isinstance(value, Secret):
            reference = value.reference or self.refer(address, path)
            if not value.reference:
                secrets.append((address, path, reference))
            return {"secret": reference} if wrapped else reference
        if isinstance(value, Mapping):
            return {
                key: self._referring(address, (*path, key), item, secrets, wrapped=wrapped)
                for key, item in value.items()
                if item is not None
            }
        if isinstance(value, list | tuple):
            return [
                self._referring(address, (*path, i), item, secrets, wrapped=wrapped) for i, item in enumerate(value)
            ]
        return value

    def _attached(self, merged: Merged) -> None:
        """Add what was attached in the portal to agents whose channels are declared."""
        for address, now in self.live.items():
            if address.kind is not Kind.ATTACHMENT or address in self.declared:
                continue
            declared = self.declared.get(agent(address.agent_key))
            if (
                declared is None
                or not declared.attachments
                or Address(Kind.CHANNEL, address.channel_key) not in self.known
            ):
                continue
            if address in self.stored.entries:
                continue  # taken out of the file, and not applied yet
            said = {"inbound": bool(now.fields.get("inbound"))}
            merged.changes.append(Change(address, (), Set(place_of(address), said), (f"{address} attached",)))


def _named(address: Address, paths: Iterable[Path]) -> tuple[str, ...]:
    return tuple(f"{address} {'.'.join(map(str, path))}" for path in paths)


def place_of(address: Address) -> Path:
    """Say where an address stands in a file."""
    if address.kind is Kind.ATTACHMENT:
        return ("agents", address.agent_key, "channels", address.channel_key)
    return (address.kind.section, address.key)


def meet(one: Path, other: Path) -> bool:
    """Tell whether two paths are of one field, or one is part of the other."""
    length = min(len(one), len(other))
    return one[:length] == other[:length]


def gone(address: Address, hint: str = "take it out of the file, or pull --prune") -> Diagnostic:
    """Say that nothing is there any more of what is declared."""
    return warning(
        "gone-from-platform",
        "A declared object is gone from the platform",
        f"{address}: somebody deleted it; apply would make it again",
        hint,
        address=str(address),
    )


def left_as_it_is(detail: str, hint: str, *, address: str = "", path: Path = ()) -> Diagnostic:
    """Say what of the files a pull leaves, and what to do about it."""
    summary = "Something in the files is left as it is"
    return warning("left-as-it-is", summary, detail, hint, address=address, path=path)


def _other_type(address: Address, declared: str, live: str) -> Diagnostic:
    return left_as_it_is(
        f"{address} is declared as {declared}, the platform has a {live}",
        "apply replaces it; to keep what the platform has, declare its type",
        address=str(address),
        path=("type",),
    )


def _kept(address: Address, path: Path, what: str) -> Diagnostic:
    return left_as_it_is(
        f"{what} was edited here and not applied yet",
        "apply it, or take the edit back",
        address=str(address),
        path=path,
    )


def _ignored(address: Address, path: Path, what: str) -> Diagnostic:
    return left_as_it_is(
        what,
        "`drift accept` takes what is named; or take its lines out of .drift-ignore.yaml, and pull again",
        address=str(address),
        path=path,
    )


def _unwritable(address: Address, path: Path, what: str) -> Diagnostic:
    return left_as_it_is(
        f"{what}: no YAML of a tenant can say what the platform has",
        "change it in the portal, or apply what the file says",
        address=str(address),
        path=path,
    )
