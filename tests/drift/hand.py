"""A hand in the portal that changes one field of one object, whatever the field, and puts it back."""

from __future__ import annotations

import itertools
import json
import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import chdir, closing, contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from unittest import mock

from flametree_cfg.config import load_catalog
from flametree_cfg.engine.checking import each_check
from flametree_cfg.engine.options import DriftResult, Options
from flametree_cfg.engine.session import Session
from flametree_cfg.errors import Path
from flametree_cfg.model import Action, Address, Batch, FieldChange, Kind, Operation, Secret, Value, at_path
from flametree_cfg.schema import TypeSpec
from tests.scenario.canary import Aviary
from tests.scenario.running import Zoo

CATALOG = load_catalog()
SECRET = "${typed:1}"
SPECS = [spec for kind in (Kind.CONNECTOR, Kind.CHANNEL) for spec in CATALOG.types(kind)]


class Field(NamedTuple):
    """A field of an object, what it becomes, and whether its value is a secret."""

    address: Address
    path: Path
    after: Value
    secret: bool = False


def applied(zoo: Zoo) -> Zoo:
    """Apply a tenant with one object of every type."""
    aviary = Aviary.of_every_type()
    zoo.environment |= aviary.environment
    zoo.declare(aviary.text)
    zoo.apply()
    return zoo


@dataclass
class Portal:
    """The registry of a zoo, and a look at its drift."""

    zoo: Zoo
    session: Session
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def fields(self, address: Address) -> Mapping[str, Value]:
        """Read an object's fields."""
        live = self.session.platform.read("zoo")
        return next(one.fields for one in live.objects if one.id == self.ids[address])

    @property
    def ids(self) -> dict[Address, str]:
        """Give what the ledger knows."""
        return self.session.ledger.read("zoo").ids()

    def put(self, address: Address, path: Path, value: Value) -> None:
        """Put a value at a path of an object."""
        change = FieldChange(path, None, value)
        one = Operation(
            f"portal-{os.urandom(6).hex()}-{next(self.numbers):05}", Action.UPDATE, address, changes=(change,)
        )
        self.session.platform.execute(
            Batch("zoo", (one,), self.ids, {SECRET: "123456789:changedInThePortal0123456789abcd"})
        )

    def check(self) -> DriftResult:
        """Check the drift of the tenant."""
        (found,) = each_check(["tenants/zoo"], self.session)
        return found


@contextmanager
def portal(zoo: Zoo) -> Iterator[Portal]:
    """Open a zoo's registry as a person does; nothing is cached."""
    with (
        mock.patch.dict(os.environ, zoo.seen({}), clear=True),
        chdir(zoo.root),
        Session(Options(cache=False), ["tenants/zoo"], create=True) as session,
    ):
        yield Portal(zoo, session)


def fields_of(spec: TypeSpec, live: Mapping[str, Value]) -> Iterator[Field]:
    """List every field of an object of a type, each with another value."""
    address = Address(spec.kind, spec.name.replace("_", "-"))
    yield Field(address, ("name",), "Another name")
    yield Field(address, ("description",), "Edited in the portal.")
    for name, node in spec.schema["properties"].items():
        path: Path = ("settings", name)
        if spec.accounts and name == spec.accounts.setting:
            (account,) = live["settings"][name]
            inner = {key: one for key, one in node["items"]["properties"].items() if key != spec.accounts.key}
            yield from _inside(address, (*path, str(account[spec.accounts.key])), inner, account)
        else:
            yield from _inside(address, ("settings",), {name: node}, live["settings"])


def _inside(address: Address, path: Path, nodes: Mapping[str, Any], values: Mapping[str, Value]) -> Iterator[Field]:
    for name, node in nodes.items():
        named = node.get("additionalProperties")
        if node.get("writeOnly"):
            yield Field(address, (*path, name), Secret(SECRET), secret=True)
        elif isinstance(named, Mapping) and named.get("writeOnly"):
            yield Field(address, (*path, name, "X-Canary"), Secret(SECRET), secret=True)
        else:
            yield Field(address, (*path, name), another(node, values.get(name)))


def another(node: Mapping[str, Any], value: Value) -> Value:
    """Give another value that a schema allows."""
    kinds = node.get("type", "string")
    kind = kinds if isinstance(kinds, str) else kinds[0]
    listed = [one for one in (*node.get("enum", ()), *node.get("examples", ())) if one not in (value, "", None)]
    if kind == "boolean":
        return not value
    if listed:
        return listed[-1]
    if kind in ("integer", "number"):
        top = node.get("maximum", 10**6)
        return value - 1 if value is not None and value + 1 > top else (value or node.get("minimum", 0)) + 1
    if kind == "array":
        return [*(value or []), another(node.get("items", {}), None)]
    if kind == "object":
        return {**(value or {}), "changed": "in the portal"}
    return "https://changed.example/v2" if node.get("format") == "uri" else f"{value or ''}changed"


def rewrite(zoo: Zoo, statement: str, values: Sequence[object] = ()) -> None:
    """Write to the registry's tables past every rule."""
    with closing(sqlite3.connect(zoo.home / "registry.db")) as database:
        database.execute(statement, values)
        database.commit()


def settings(zoo: Zoo) -> dict[str, dict[str, Any]]:
    """Read the settings of every object as the registry keeps them, by id."""
    with closing(sqlite3.connect(zoo.home / "registry.db")) as database:
        return {row[0]: json.loads(row[1]) for row in database.execute("SELECT id, settings FROM object")}


def value_at(fields: Mapping[str, Value], spec: TypeSpec, path: Path) -> Value:
    """Follow a path, accounts by their key."""
    if spec.accounts and path[:2] == ("settings", spec.accounts.setting) and len(path) > 2:
        accounts = fields["settings"][spec.accounts.setting]
        account = next(one for one in accounts if str(one[spec.accounts.key]) == path[2])
        return at_path(account, path[3:])
    return at_path(fields, path)
