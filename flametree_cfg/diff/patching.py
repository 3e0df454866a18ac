"""Resources with parts of them changed: by what was found, or by what the ledger knows of secrets."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from flametree_cfg.diff.comparing import WITH_SECRETS, are_accounts
from flametree_cfg.model import MASKED, FieldChange, Resource, Secret, Value
from flametree_cfg.schema import Catalog
from flametree_cfg.schema.types import Accounts


def patch(resource: Resource, changes: Iterable[FieldChange], catalog: Catalog) -> Resource:
    """
    Carry out changes on a resource: what `compare` found between two sides makes one the other.

    A field of the resource that is unset becomes None; an unset member of settings, environment and the like goes.
    """
    accounts = _account_key(resource, catalog)
    fields = dict(resource.fields)
    for change in changes:
        match change.path:
            case (str(key),):
                fields[key] = change.after
            case (str(key), str(member)):
                fields[key] = _with_member(fields.get(key), member, change.after, keep_none=key == "connectors")
            case ("settings", str(setting), str(account), *rest) if accounts and setting == accounts.setting:
                settings = fields.get("settings") or {}
                changed = _with_account(settings.get(setting) or [], account, rest, change.after, accounts)
                fields["settings"] = {**settings, setting: changed}
            case (str(key), str(member), str(name)):
                inner = _with_member((fields.get(key) or {}).get(member), name, change.after)
                fields[key] = _with_member(fields.get(key), member, inner)
            case _:
                raise ValueError(f"no such path in a resource: {change.path}")
    return replace(resource, fields=fields)


def _with_member(members: Value, name: str, after: Value, *, keep_none: bool = False) -> dict[str, Value]:
    changed = dict(members or {})
    if after is None and not keep_none:
        changed.pop(name, None)
    else:
        changed[name] = after
    return changed


def _with_account(
    listed: list[Value], key: str, rest: list[str | int], after: Value, accounts: Accounts
) -> list[Value]:
    index = next((i for i, account in enumerate(listed) if str(account.get(accounts.key)) == key), len(listed))
    known = listed[index : index + 1]
    account = _with_member(known[0] if known else {}, str(rest[0]), after) if rest else after
    return [*listed[:index], *([] if account is None else [account]), *listed[index + 1 :]]


def fill_secrets(live: Resource, stored: Resource, catalog: Catalog) -> Resource:
    """
    Put what the ledger knows of secrets where the platform only says that there is one.

    A platform masks secrets (domain.md R14): without this every plan would show every secret as changed, and a value
    changed behind our back is not observable.
    """
    fields: dict[str, Value] | None = None
    for key in WITH_SECRETS:
        value = live.fields.get(key)
        if not value or not isinstance(value, Mapping):
            continue
        known = stored.fields.get(key) or {}
        filled = _filled(value, known, _account_key(live, catalog) if key == "settings" else None)
        if filled is not value:
            fields = {**live.fields} if fields is None else fields
            fields[key] = filled
    return live if fields is None else Resource(live.address, fields, live.external, live.system)


def _account_key(resource: Resource, catalog: Catalog) -> Accounts | None:
    spec = catalog.get(resource.address.kind, resource.type)
    return spec.accounts if spec else None


def _filled(value: Mapping[str, Value], known: Mapping[str, Value], accounts: Accounts | None) -> Mapping[str, Value]:
    result: dict[str, Value] | None = None
    for key, item in value.items():
        if isinstance(item, Secret):
            filled: Value = known.get(key) if isinstance(known.get(key), Secret) else MASKED
        elif accounts and key == accounts.setting and are_accounts(item):
            by_key = {str(account.get(accounts.key)): account for account in known.get(key) or []}
            filled = [_filled(account, by_key.get(str(account.get(accounts.key))) or {}, None) for account in item]
        elif isinstance(item, Mapping) and item:
            inner = known.get(key)
            filled = _filled(item, inner if isinstance(inner, Mapping) else {}, None)
        elif isinstance(item, list) and item:
            filled = _filled_items(item, known.get(key))
        else:
            continue
        if filled is not item:
            result = dict(value) if result is None else result
            result[key] = filled
    return value if result is None else result


def _filled_items(items: list[Value], known: Value) -> list[Value]:
    """Fill a list item by item: only one of equal length says which is which."""
    others = known if isinstance(known, list) and len(known) == len(items) else [None] * len(items)
    pairs = [_filled({"": item}, {"": other}, None)[""] for item, other in zip(items, others, strict=True)]
    return items if all(map(operator.is_, pairs, items)) else pairs
