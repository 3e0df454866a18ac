"""Accounts of a multi-account channel: they become parallel comma-separated lists on the platform."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from flametree_cfg.errors import Related, error
from flametree_cfg.invariants.rule import Found, Scope
from flametree_cfg.invariants.world import World
from flametree_cfg.model import Resource, Value, folded

if TYPE_CHECKING:
    from flametree_cfg.schema import Accounts, Catalog

_Account = tuple[int, Mapping[str, Value]]


def accounts_incomplete(_world: World, catalog: Catalog, scope: Scope) -> Found:
    """
    Refuse an account that lacks a field which another account of the channel has.

    The lists are positional: a gap would give an account the values of its neighbour.

    Source: domain.md 2.2, R18.
    """
    for channel, spec, accounts in _multi(catalog, scope):
        if all(account.keys() == accounts[0][1].keys() for _index, account in accounts):
            continue
        wanted = {name for _index, account in accounts for name in account}.intersection(spec.fields)
        for index, account in accounts:
            for name in sorted(wanted - account.keys()):
                yield error(
                    "accounts-incomplete",
                    "Accounts do not all have the same fields",
                    f"account {index + 1} of {channel.address} has no `{name}`, another account has",
                    f"set `{name}` in every account, or in none",
                    address=str(channel.address),
                    path=("settings", spec.setting, index),
                )


def account_with_comma(_world: World, catalog: Catalog, scope: Scope) -> Found:
    """
    Refuse a comma inside a field of an account: it would end the item. Secrets are judged where they are resolved.

    Source: domain.md 2.2: no escaping is documented.
    """
    for channel, spec, accounts in _multi(catalog, scope):
        for index, account in accounts:
            for name, value in account.items():
                if isinstance(value, str) and "," in value:
                    yield error(
                        "account-with-comma",
                        "Comma inside a field of an account",
                        f"`{name}` of account {index + 1} of {channel.address}: the platform keeps the accounts' values"
                        " in one comma-separated list",
                        "use a value without a comma, or one account per item",
                        address=str(channel.address),
                        path=("settings", spec.setting, index, name),
                    )


def account_twice(_world: World, catalog: Catalog, scope: Scope) -> Found:
    """Refuse the same account twice in one channel; the type's `x-accounts` says which field names an account."""
    for channel, spec, accounts in _multi(catalog, scope):
        first: dict[str, int] = {}
        for index, account in accounts:
            key = account.get(spec.key)
            if key is None:
                continue
            holder = first.setdefault(folded(str(key)), index)
            if holder != index:
                yield error(
                    "account-twice",
                    "Account stands twice in a channel",
                    f"`{spec.key}` of account {index + 1} of {channel.address} is that of account {holder + 1}",
                    "remove one of them",
                    address=str(channel.address),
                    path=("settings", spec.setting, index, spec.key),
                    related=(Related("stands here already", str(channel.address), ("settings", spec.setting, holder)),),
                )


def _multi(catalog: Catalog, scope: Scope) -> Iterator[tuple[Resource, Accounts, list[_Account]]]:
    """List the channels that show accounts; what is no list of mappings is the schema's business."""
    known: dict[str, Accounts | None] = {}
    for channel in scope:
        type_name = channel.type
        if type_name not in known:
            spec = catalog.get(channel.address.kind, type_name)
            known[type_name] = spec.accounts if spec else None
        shown = known[type_name]
        value = channel.settings.get(shown.setting) if shown else None
        if shown and isinstance(value, (list, tuple)):
            yield channel, shown, [(index, account) for index, account in enumerate(value) if _is_mapping(account)]


def _is_mapping(value: object) -> bool:
    return type(value) is dict or isinstance(value, Mapping)  # asking the abstract class takes ten times as long
