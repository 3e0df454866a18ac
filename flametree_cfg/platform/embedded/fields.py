"""Changes put into the fields of one object. Pure; knows nothing about databases or keys."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct, field

from flametree_cfg.errors import Path
from flametree_cfg.model import FieldChange, Secret, Value
from flametree_cfg.schema.types import Accounts


class Edited(Struct):
    """
    Fields after changes.

    Attributes:
        moved: where secrets went whose account got another key: path now to path before.
    """

    fields: dict[str, Value]
    moved: dict[Path, Path] = field(default_factory=dict)


def edit(fields: Mapping[str, Value], changes: Sequence[FieldChange], accounts: Accounts | None) -> Edited:
    """
    Put changes into fields, in order; nothing else is touched.

    A path into a multi-account list names the account by its key field; the whole list may be given as well. None
    unsets. The containers of `fields` are not changed, only replaced.
    """
    edited = Edited(dict(fields))
    for change in changes:
        match change.path:
            case ("settings", str(name), str(key), *rest) if accounts and name == accounts.setting:
                _edit_account(edited, accounts, key, tuple(rest), change.after)
            case (str(name),) if change.after is not None:
                edited.fields[name] = change.after
            case path:
                edited.fields = _put(edited.fields, path, change.after)
    return edited


def _edit_account(edited: Edited, accounts: Accounts, key: str, rest: Path, after: Value) -> None:
    settings = dict(edited.fields.get("settings") or {})
    listed = [dict(account) for account in settings.get(accounts.setting) or []]
    index = next((i for i, account in enumerate(listed) if str(account.get(accounts.key)) == key), len(listed))
    if not rest and after is None:
        listed = listed[:index] + listed[index + 1 :]
    else:
        changed = _put(listed[index] if index < len(listed) else {accounts.key: key}, rest, after) if rest else after
        listed[index : index + 1] = [changed]
        _follow_key(edited, accounts, key, changed)
    edited.fields["settings"] = {**settings, accounts.setting: listed}


def _follow_key(edited: Edited, accounts: Accounts, key: str, changed: Mapping[str, Value]) -> None:
    now = str(changed.get(accounts.key))
    if now != key:
        for name, value in changed.items():
            if isinstance(value, Secret):
                before = ("settings", accounts.setting, key, name)
                edited.moved[("settings", accounts.setting, now, name)] = edited.moved.pop(before, before)


def _put(value: Value, path: Path, after: Value) -> Value:
    """Copy a value with one place in it set, or unset where `after` is None."""
    if not path:
        return after
    step, rest = path[0], path[1:]
    if isinstance(value, list) and isinstance(step, int):
        return [*value[:step], _put(value[step], rest, after), *value[step + 1 :]] if step < len(value) else value
    inside = dict(value) if isinstance(value, Mapping) else {}
    new = _put(inside.get(str(step)), rest, after)
    if new is None:
        inside.pop(str(step), None)
    else:
        inside[str(step)] = new
    return inside


def take_secrets(fields: Mapping[str, Value], accounts: Accounts | None) -> tuple[dict[str, Value], dict[Path, Secret]]:
    """
    Part the secrets from the rest.

    Returns:
        The fields without any secret, and the secrets by path; accounts are named by their key field.
    """
    secrets: dict[Path, Secret] = {}
    plain = {name: _without(value, (name,), accounts, secrets) for name, value in fields.items()}
    return plain, secrets


def _without(value: Value, path: Path, accounts: Accounts | None, secrets: dict[Path, Secret]) -> Value:
    if isinstance(value, Mapping):
        kept = {}
        for key, item in value.items():
            if isinstance(item, Secret):
                secrets[(*path, key)] = item
            else:
                kept[key] = _without(item, (*path, key), accounts, secrets) if isinstance(item, dict | list) else item
        return kept
    if isinstance(value, list | tuple):
        named = accounts is not None and path == ("settings", accounts.setting)
        items = []
        for index, item in enumerate(value):
            step = str(item.get(accounts.key)) if named and accounts and isinstance(item, Mapping) else index
            if isinstance(item, Secret):
                secrets[(*path, step)] = item
                item = None  # noqa: PLW2901  # keeps the positions of the others
            items.append(_without(item, (*path, step), accounts, secrets))
        return items
    return value


def put_secret(fields: dict[str, Value], path: Path, secret: Value, accounts: Accounts | None) -> None:
    """
    Put a secret back where it was, in place: masked, or its value.

    A path that leads nowhere any more (its account was taken out of the form) is left out.
    """
    if len(path) == 2 and isinstance(inside := fields.get(str(path[0])), dict):
        inside[str(path[1])] = secret  # nearly all of them
        return
    value: Value = fields
    for step in path[:-1]:
        if isinstance(value, dict):
            value = value.setdefault(str(step), [] if accounts and step == accounts.setting else {})
        elif isinstance(value, list):
            value = next(_items_at(value, step, accounts), None)
    last = path[-1]
    if isinstance(value, dict):
        value[str(last)] = secret
    elif isinstance(value, list) and isinstance(last, int) and last < len(value):
        value[last] = secret


def _items_at(value: list[Value], step: str | int, accounts: Accounts | None) -> Iterator[Value]:
    if isinstance(step, int):
        yield from value[step : step + 1]
    elif accounts:
        yield from (item for item in value if isinstance(item, dict) and str(item.get(accounts.key)) == step)
