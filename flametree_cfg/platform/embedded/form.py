"""Settings as the portal's form keeps them: the accounts of a multi-account channel are parallel comma lists."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flametree_cfg.errors import PlatformFailed, error
from flametree_cfg.model import Value
from flametree_cfg.schema.types import TypeSpec

SEPARATOR = ","  # no escaping is documented, so a comma inside a value cannot be stored (domain.md 2.2)


def to_form(spec: TypeSpec | None, settings: Mapping[str, Value]) -> dict[str, Value]:
    """
    Turn a list of accounts into one comma list a field, in account order.

    Args:
        spec: of the type; None for a type the catalog does not know, whose settings are kept as they are.
        settings: without secrets.

    Raises:
        PlatformFailed: a value holds a comma or is no scalar.

    Source: domain.md R18.
    """
    if spec is None or spec.accounts is None or spec.accounts.setting not in settings:
        return dict(settings)
    accounts = settings[spec.accounts.setting]
    form = {key: value for key, value in settings.items() if key != spec.accounts.setting}
    for name in spec.accounts.fields:
        if any(name in account for account in accounts):
            form[name] = SEPARATOR.join(_cell(name, account.get(name)) for account in accounts)
    return form


def form_reader(spec: TypeSpec | None) -> Callable[[Mapping[str, Value]], dict[str, Value]]:
    """
    Give what undoes `to_form` for one type; numbers and booleans come back as the schema's types.

    Lists of unequal length (a person typed them) give accounts that lack fields; nothing is lost.
    """
    if spec is None or spec.accounts is None:
        return dict
    setting = spec.accounts.setting
    readers = {name: _reader(account_schema(spec, name)) for name in spec.accounts.fields}

    def read(form: Mapping[str, Value]) -> dict[str, Value]:
        settings = dict(form)
        columns = [
            (name, reader, settings.pop(name).split(SEPARATOR))
            for name, reader in readers.items()
            if isinstance(settings.get(name), str)
        ]
        if columns:
            settings[setting] = [
                {name: reader(cells[row]) for name, reader, cells in columns if row < len(cells) and cells[row]}
                for row in range(max([len(cells) for _, _, cells in columns]))
            ]
        return settings

    return read


def account_schema(spec: TypeSpec, name: str) -> Mapping[str, Any]:
    """Give the schema of one field of an account; empty if the type's file has none."""
    assert spec.accounts  # noqa: S101  # callers asked for accounts
    listed = spec.schema.get("properties", {}).get(spec.accounts.setting, {})
    return listed.get("items", {}).get("properties", {}).get(name, {})  # type: ignore[no-any-return]  # schemas are JSON


def _cell(name: str, value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    if SEPARATOR in text or isinstance(value, dict | list):
        raise PlatformFailed(
            error(
                "account-with-comma",
                "Comma inside a field of an account",
                f"`{name}` holds a comma or is no plain value",
                "leave the comma out, or make a connection of its own for this account",
            )
        )
    return text


def _reader(schema: Mapping[str, Any]) -> Callable[[str], Value]:
    match schema.get("type"):
        case "integer":
            return lambda text: _number(text, int)
        case "number":
            return lambda text: _number(text, float)
        case "boolean":
            return lambda text: {"true": True, "false": False}.get(text, text)
        case _:
            return str


def _number(text: str, kind: type[int | float]) -> Value:
    try:
        return kind(text)
    except ValueError:
        return text
