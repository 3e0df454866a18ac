"""Two resources, field by field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import Struct

from flametree_cfg.errors import Path
from flametree_cfg.model import Action, Address, FieldChange, Kind, Note, Resource, Secret, Value
from flametree_cfg.schema import Catalog
from flametree_cfg.schema.types import Accounts


class Change(Struct, frozen=True):
    """
    What is different about one resource.

    Attributes:
        action: CREATE, UPDATE or DELETE (MOVE, BIND, FORGET where only the ledger changes).
        replaced: the object cannot be changed in place (another type); it is made anew.
        previous: the address before, where the key changed.
        imported: platform id of an object that is taken over; a BIND of its own stands for that.
    """

    address: Address
    action: Action
    before: Resource | None
    after: Resource | None
    fields: tuple[FieldChange, ...] = ()
    replaced: bool = False
    previous: Address | None = None
    imported: str = ""


class Difference(Struct, frozen=True):
    """How two resources differ; `not_checked` are paths of secrets that could not be compared here."""

    fields: tuple[FieldChange, ...] = ()
    not_checked: tuple[Path, ...] = ()


SAME = Difference()


WITH_SECRETS = frozenset({"settings", "environment", "push"})
"""Fields of a resource that may hold secrets."""


COMPOUND = frozenset({Secret, dict, list})
"""Classes of values that are or hold secrets; all others are passed over without a call."""


def compare(before: Resource, after: Resource, managed: Resource, catalog: Catalog) -> Difference:
    """
    Say which fields differ.

    Pure. Both sides carry the schema's defaults; secrets of a live side were filled from the ledger
    (`fill_secrets`).

    Args:
        before: one side.
        after: the other side.
        managed: names the fields that count: `after` for a plan, `before` (as stored) for drift. Of `connectors` only
            the roles it declares count; of `settings` all that the type knows.

    Returns:
        One change a field, in the order of the declaration; unset and absent are both None.
    """
    changes: list[FieldChange] = []
    not_checked: list[Path] = []
    for key in managed.fields:
        old, new = before.fields.get(key), after.fields.get(key)
        if same(old, new):
            if key in WITH_SECRETS and new:
                not_checked += [(key, *path) for path in _unprinted(new)]
            continue
        for change in _field(key, old, new, managed, catalog):
            if change.note is Note.NOT_CHECKED:
                not_checked.append(change.path)
            else:
                changes.append(change)
    return Difference(tuple(changes), tuple(not_checked)) if changes or not_checked else SAME


def _field(key: str, old: Value, new: Value, managed: Resource, catalog: Catalog) -> Iterator[FieldChange]:
    match key:
        case "settings":
            yield from _settings(old or {}, new or {}, managed, catalog)
        case "environment" if isinstance(new, Mapping) and isinstance(old, Mapping):
            yield from _named((key,), old, new)
        case "push" | "web_widget" if isinstance(new, Mapping) and isinstance(old, Mapping):
            yield from _members((key,), old, new)
        case "connectors":
            for role in managed.fields[key]:
                one, other = (old or {}).get(role) or None, (new or {}).get(role) or None
                if one != other:
                    yield FieldChange((key, role), one, other)
        case _:
            yield from _leaf((key,), old, new)


def _settings(
    old: Mapping[str, Value], new: Mapping[str, Value], managed: Resource, catalog: Catalog
) -> Iterator[FieldChange]:
    spec = catalog.get(managed.address.kind, managed.type)
    known = spec.schema.get("properties", {}) if spec else {**old, **new}
    accounts = spec.accounts if spec else None
    for name in [*new, *(name for name in old if name not in new)]:
        if name not in known:
            continue  # another hand's field: kept, never ours to judge (reliability.md H-07)
        one, other = old.get(name) or [], new.get(name) or []
        if accounts and name == accounts.setting and are_accounts(one) and are_accounts(other):
            yield from _accounts(("settings", name), one, other, accounts)
        else:
            yield from _leaf(("settings", name), old.get(name), new.get(name))


def are_accounts(value: Value) -> bool:
    """Tell whether a value that stands in the place of accounts is some: a platform may have kept anything."""
    return isinstance(value, list) and all(isinstance(account, Mapping) for account in value)


def _accounts(path: Path, old: Value, new: Value, accounts: Accounts) -> Iterator[FieldChange]:
    before = {str(account.get(accounts.key)): account for account in old}
    after = {str(account.get(accounts.key)): account for account in new}
    for key in [*after, *(key for key in before if key not in after)]:
        if key in before and key in after:
            yield from _members((*path, key), before[key], after[key])
        else:
            yield from _leaf((*path, key), before.get(key), after.get(key))


def _members(path: Path, old: Mapping[str, Value], new: Mapping[str, Value]) -> Iterator[FieldChange]:
    for name in [*new, *(name for name in old if name not in new)]:
        yield from _leaf((*path, name), old.get(name), new.get(name))


def _named(path: Path, old: Mapping[str, Value], new: Mapping[str, Value]) -> Iterator[FieldChange]:
    """Compare variables or headers: the names are the person's, so one that is empty is there all the same."""
    for name in [*new, *(name for name in old if name not in new)]:
        if (name in old) is (name in new):
            yield from _leaf((*path, name), old[name], new[name])
        else:
            yield FieldChange((*path, name), old.get(name), new.get(name))


def _leaf(path: Path, old: Value, new: Value) -> Iterator[FieldChange]:
    if isinstance(old, Secret) and isinstance(new, Secret):
        note = _compare_secrets(old, new)
        if note is not None:
            yield FieldChange(path, old, new, note)
    elif isinstance(old, Mapping) and isinstance(new, Mapping) and (_hold_secrets(old) or _hold_secrets(new)):
        yield from _named(path, old, new)  # headers: each secret by itself, as everywhere else
    elif not same(old, new) and not _both_empty(old, new):
        yield FieldChange(path, old, new)


def _hold_secrets(members: Mapping[str, Value]) -> bool:
    return any(isinstance(member, Secret) for member in members.values())


def _both_empty(old: Value, new: Value) -> bool:
    return old in ("", None, [], {}) and new in ("", None, [], {})


def _compare_secrets(old: Secret, new: Secret) -> Note | None:
    """
    Judge two secrets: None if they are one, else what is special; unequal keys cannot be compared.

    Another reference is another secret, whatever its value: what people approve must not depend on values.
    """
    if old.reference != new.reference:
        return Note.NONE  # or it was never set by us; it has to be sent
    if old.fingerprint and new.fingerprint and key_id(old) == key_id(new):
        return None if old.fingerprint == new.fingerprint else Note.ROTATED
    return Note.NOT_CHECKED


def key_id(secret: Secret) -> str:
    """Name the master key that a secret was fingerprinted with; empty without a fingerprint."""
    return secret.fingerprint.partition(":")[0]


def _unprinted(value: Value, path: Path = ()) -> Iterator[Path]:
    """Find secrets without a fingerprint: equal references, but nobody compared what they stand for."""
    if isinstance(value, Secret):
        if value.reference and not value.fingerprint:
            yield path
    elif isinstance(value, dict):
        for key, item in value.items():
            if item.__class__ in COMPOUND:
                yield from _unprinted(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            if item.__class__ in COMPOUND:
                yield from _unprinted(item, (*path, index))


def same(one: Value, other: Value) -> bool:
    """Tell whether two values are one: like `==`, but `true` is not 1; `1` is `1.0`."""
    kind = one.__class__
    if one is other and kind is not float:
        return True
    if kind is str:
        return bool(one == other)
    return bool(one == other) and _same_kind(one, other)


def _same_kind(one: Value, other: Value) -> bool:
    kind = one.__class__
    if kind is str:
        return True
    if kind is dict:
        return all(value.__class__ is str or _same_kind(value, other[key]) for key, value in one.items())
    if kind is list:
        return all(map(_same_kind, one, other))
    return (one is True or one is False) == (other is True or other is False)


def detail(change: FieldChange) -> tuple[FieldChange, ...]:
    """
    Break a changed object or list into what changed inside it, for people.

    Returns:
        The change itself where there is nothing inside to tell.
    """
    if not (isinstance(change.before, Mapping) and isinstance(change.after, Mapping)):
        return (change,)
    from deepdiff import DeepDiff

    found = DeepDiff(change.before, change.after, view="tree", ignore_order=False, ignore_numeric_type_changes=True)
    inner = [
        FieldChange(
            (*change.path, *level.path(output_format="list")),
            _present(level.t1),
            _present(level.t2),
        )
        for levels in found.values()
        for level in levels
    ]
    return tuple(sorted(inner, key=lambda c: tuple(map(str, c.path)))) or (change,)


def _present(value: Value) -> Value:
    return None if type(value).__name__ == "NotPresent" else value


def immutable_change(before: Resource, after: Resource, catalog: Catalog) -> bool:
    """Tell whether the object has to be made anew: another type, or a setting that cannot change (`x-immutable`)."""
    if before.type != after.type:
        return True
    if after.address.kind not in (Kind.CONNECTOR, Kind.CHANNEL):
        return False
    spec = catalog.get(after.address.kind, after.type)
    return bool(spec) and any(
        not same(before.settings.get(name), after.settings.get(name)) for name in (spec.immutable if spec else ())
    )
