"""What a person types into the portal's form, as the values it stands for. Pure."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from typing import Any

from flametree_cfg.errors import ConfigInvalid, Path, WrongUsage, error
from flametree_cfg.model import FieldChange, Kind, LiveObject, Secret, Value, secrets_in
from flametree_cfg.schema import Accounts, Catalog, SettingPath

REFERENCE = "${typed:%d}"  # stands for a typed secret on its way to the platform; written nowhere

_SEPARATOR = ","
_MOST = 2**53  # beyond it JSON loses digits
_DEEPEST = 64  # levels, as in YAML
_TEXTS = frozenset({"name", "description", "instructions"})
_HAVE_VERBS = frozenset({"type", "running", "default", "connectors", "channels", "agent", "channel", "inbound"})


class TypedForm:
    """
    Turns typed values into changes of one object, and keeps its typed secrets apart.

    Attributes:
        secrets: values by the references that stand in the changes.
    """

    def __init__(self, catalog: Catalog, live: LiveObject) -> None:
        self._live = live
        self._spec = catalog.get(live.kind, live.fields["type"])
        self._agent: Mapping[str, Any] = catalog.agent_document.get("properties", {})
        self.secrets: dict[str, str] = {}

    def changes(self, typed: Mapping[str, Value], *, secret: frozenset[str] = frozenset()) -> tuple[FieldChange, ...]:
        """
        Read typed values.

        Args:
            typed: by path (`settings.model_name`, `settings.accounts.a@x.example.password`, `environment.TOKEN`); text
                is read as the type's schema says, other values are taken as they are; empty text unsets. A field of
                an account may be given as one comma list for all accounts (`settings.address`), as the portal does.
            secret: paths outside the settings whose value is secret (`environment.TOKEN`).

        Raises:
            WrongUsage: no such path, or one that has a verb of its own.
            ConfigInvalid: accounts of unequal length.
        """
        columns = {name: value for path, value in typed.items() if (name := self._column(path))}
        changes = [
            FieldChange(path, None, self._value(path, value, is_secret=text in secret))
            for text, value in typed.items()
            if not self._column(text)
            for path in [self._path(text)]
        ]
        if columns and self._spec and self._spec.accounts:
            changes += self._accounts(self._spec.accounts, columns)
        return tuple(changes)

    def _column(self, path: str) -> str:
        """Name the account field that a path gives for all accounts at once; empty if it is none."""
        head, _, name = path.partition(".")
        accounts = self._spec.accounts if self._spec else None
        known = self._spec.schema.get("properties", {}) if self._spec else {}
        return name if head == "settings" and accounts and name in accounts.fields and name not in known else ""

    def _path(self, text: str) -> Path:
        head, *rest = text.split(".")
        allowed = {"settings", "environment"} if self._live.kind is not Kind.AGENT else {"environment", *self._agent}
        if head in _TEXTS and not rest and (head != "instructions" or self._live.kind is Kind.AGENT):
            return (head,)
        if head in _HAVE_VERBS or head not in allowed or (head in ("settings", "environment") and not rest):
            hint = "it has a command of its own" if head in _HAVE_VERBS else "see `flametree-cfg explain`"
            raise WrongUsage(error("no-such-field", "There is no such field", f"`{text}`", hint))
        accounts = self._spec.accounts if self._spec else None
        if head == "settings" and accounts and rest[0] == accounts.setting and len(rest) > 2:
            return (head, accounts.setting, ".".join(rest[1:-1]), rest[-1])
        return (head, *rest)

    def _value(self, path: Path, value: Value, *, is_secret: bool) -> Value:
        if value in ("", None):
            return None
        if is_secret:
            return self._sealed(str(value))
        read = read_text(self._schema(path), value) if isinstance(value, str) else value
        return self._with_secrets(read, path[1:]) if path[0] == "settings" and self._spec else read

    def _schema(self, path: Path) -> Mapping[str, Any]:
        if path[0] == "settings":
            node: Mapping[str, Any] = self._spec.schema if self._spec else {}
        else:
            node, path = {"properties": self._agent}, ("", *path)
        for step in path[1:]:
            below = node.get("properties", {}).get(step)
            node = below if below is not None else node.get("items") or node.get("additionalProperties") or {}
            if not isinstance(node, Mapping):
                return {}
        return node

    def _with_secrets(self, value: Value, path: Path) -> Value:
        """Replace typed text by a secret wherever the type says so."""
        patterns = self._spec.secrets if self._spec else frozenset()
        if isinstance(value, str):
            return self._sealed(value) if any(_fits(path, pattern) for pattern in patterns) else value
        if isinstance(value, Mapping):
            return {key: self._with_secrets(item, (*path, key)) for key, item in value.items()}
        if isinstance(value, list):
            return [self._with_secrets(item, (*path, index)) for index, item in enumerate(value)]
        return value

    def _sealed(self, value: str) -> Secret:
        reference = REFERENCE % (len(self.secrets) + 1)
        self.secrets[reference] = value
        return Secret(reference)

    def typed_secrets(self, change: FieldChange) -> Iterator[tuple[Path, str]]:
        """Give the secrets of the settings that a change carries, with the path inside `settings` of each."""
        if change.path[0] == "settings":
            for path, secret in secrets_in(change.after, change.path[1:]):
                if secret.reference in self.secrets:
                    yield self._by_position(path), self.secrets[secret.reference]

    def _by_position(self, path: Path) -> Path:
        """Name an account as a schema knows it: any position will do."""
        accounts = self._spec.accounts if self._spec else None
        return (path[0], 0, *path[2:]) if accounts and path[0] == accounts.setting else path

    def _accounts(self, accounts: Accounts, columns: Mapping[str, Value]) -> Iterator[FieldChange]:
        """Lay typed comma lists over the accounts there are, by position; passwords stay where they were."""
        cells = {name: [cell.strip() for cell in str(value).split(_SEPARATOR)] for name, value in columns.items()}
        now = [dict(account) for account in self._live.fields.get("settings", {}).get(accounts.setting) or []]
        number = len(cells[accounts.key]) if accounts.key in cells else len(now)
        uneven = sorted(name for name, listed in cells.items() if len(listed) != number)
        if uneven:
            raise ConfigInvalid(
                error(
                    "accounts-uneven",
                    "Lists of accounts are of unequal length",
                    f"there are {number} accounts, but not as many values in {', '.join(f'`{n}`' for n in uneven)}",
                    "give one value an account, in the same order",
                    path=("settings", uneven[0]),
                )
            )
        laid = []
        for row in range(number):
            account = dict(now[row]) if row < len(now) else {}
            for name, listed in cells.items():
                account[name] = self._value(("settings", accounts.setting, row, name), listed[row], is_secret=False)
            laid.append({name: value for name, value in account.items() if value is not None})
        yield from _renamed(accounts, now, laid)
        yield FieldChange(("settings", accounts.setting), None, laid)


def _renamed(accounts: Accounts, now: list[dict[str, Value]], laid: list[dict[str, Value]]) -> Iterator[FieldChange]:
    """Give accounts their new keys one by one, over keys that nobody has, so that two may swap."""
    moves = [
        (str(before.get(accounts.key)), str(after.get(accounts.key)))
        for before, after in zip(now, laid, strict=False)
        if before.get(accounts.key) != after.get(accounts.key)
    ]
    path = ("settings", accounts.setting)
    for index, (before, _after) in enumerate(moves):
        yield FieldChange((*path, before, accounts.key), None, f"~{index}")
    for index, (_before, after) in enumerate(moves):
        yield FieldChange((*path, f"~{index}", accounts.key), None, after)


def read_text(schema: Mapping[str, Any], text: str) -> Value:
    """
    Read text as the type its schema names; text that is none of that type stays text, for the schema to refuse.

    Without a schema only what cannot be text (`{…}`, `[…]`) is read as JSON.
    """
    declared = schema.get("type", ())
    types = {declared} if isinstance(declared, str) else set(declared)
    if "string" in types:
        return text
    if types & {"integer", "number", "boolean", "object", "array", "null"} or text[:1] in ("{", "["):
        try:
            return _shallow(json.loads(text, parse_constant=_number, parse_int=_number, parse_float=_number))
        except (ValueError, RecursionError):
            return text
    return text


def _number(text: str) -> Value:
    """Read a number; ValueError for one that JSON does not keep exactly, as in YAML."""
    number = float(text) if set(text) & set(".eEN") else int(text)
    if not abs(number) < (_MOST if isinstance(number, int) else math.inf):
        raise ValueError(text)
    return number


def _shallow(value: Value, depth: int = _DEEPEST) -> Value:
    """Give the value back; ValueError if it is nested deeper than a file may be."""
    if not depth:
        raise ValueError("nested too deep")
    if isinstance(value, Mapping | list):
        for item in value.values() if isinstance(value, Mapping) else value:
            _shallow(item, depth - 1)
    return value


def written(fields: Mapping[str, Value]) -> dict[str, Value]:
    """Give an object's own fields as YAML would write them, for the catalog to judge; secrets as references."""
    body = {key: _referring(fields[key], wrapped=False) for key in ("type", "name") if key in fields}
    for key, value in fields.items():
        if key in _HAVE_VERBS or key == "name" or value in (None, "", {}):
            continue
        body[key] = _referring(value, wrapped=key in ("environment", "push"))
    return body


def _referring(value: Value, *, wrapped: bool) -> Value:
    if isinstance(value, Secret):
        reference = REFERENCE % 0
        return {"secret": reference} if wrapped else reference
    if isinstance(value, Mapping):
        return {key: _referring(item, wrapped=wrapped) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_referring(item, wrapped=wrapped) for item in value]
    return value


def _fits(path: Path, pattern: SettingPath) -> bool:
    return len(path) == len(pattern) and all(p in ("*", str(step)) for p, step in zip(pattern, path, strict=True))
