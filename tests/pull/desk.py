"""A second desk: somebody with another ledger, who pulls what is on the platform into a folder of their own."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flametree_cfg.model import (
    Action,
    Address,
    Batch,
    FieldChange,
    Kind,
    Operation,
    Resource,
    Secret,
    Value,
    map_secrets,
)
from flametree_cfg.platform import open_platform
from flametree_cfg.secret.keyring import Keyring
from tests.scenario.running import Ended, Zoo
from tests.schema.files import catalog

CANARY = "sk-canary-pull-0123456789abcdef"


@dataclass(frozen=True)
class Desk:
    """Commands over the zoo's registry, with a ledger that knows nothing yet; folders stand below `desk/`."""

    zoo: Zoo
    name: str = "desk"

    @property
    def root(self) -> Path:
        """Give the folder of tenants."""
        return self.zoo.root / self.name

    @property
    def places(self) -> dict[str, str]:
        """Name ledger and registry."""
        return {
            "FLAMETREE_STATE": f"sqlite:{self.zoo.root}/{self.name}.db",
            "FLAMETREE_PLATFORM": f"sqlite:{self.zoo.home}/registry.db",
        }

    def run(self, *arguments: str, **environment: str) -> Ended:
        """Run a command."""
        return self.zoo.run(*arguments, **self.places, **environment)

    def ok(self, *arguments: str, **environment: str) -> str:
        """Run a command that has to end well."""
        return self.zoo.ok(*arguments, **self.places, **environment)

    def pull(self, *arguments: str, tenant: str = "zoo", **environment: str) -> dict[str, Any]:
        """Pull a tenant; gives the JSON document."""
        text = self.ok("pull", f"{self.name}/{tenant}", *arguments, "--format", "json", **environment)
        document: dict[str, Any] = json.loads(text)
        return document

    def text(self, tenant: str = "zoo") -> str:
        """Give everything the files of a tenant say."""
        return "".join(self.files(tenant).values())

    def files(self, tenant: str = "zoo") -> dict[str, str]:
        """Give the files of a tenant."""
        folder = self.root / tenant
        return {path.name: path.read_bytes().decode("utf-8") for path in sorted(folder.glob("*"))}

    def write(self, text: str, file: str = "tenant.yaml", tenant: str = "zoo") -> Path:
        """Write a file as somebody had it."""
        folder = self.root / tenant
        folder.mkdir(parents=True, exist_ok=True)
        (folder / file).write_bytes(text.encode())
        return folder / file

    def assert_clean(self, tenant: str = "zoo", **environment: str) -> None:
        """See that the files are valid and formatted, that a plan has nothing to do, and that nothing drifted."""
        path = f"{self.name}/{tenant}"
        self.ok("validate", path, **environment)
        self.ok("fmt", "--check", path, **environment)
        planned = self.run("plan", path, "--detailed-exitcode", **environment)
        assert planned.returncode == 0, planned.said
        self.ok("drift", "check", path, **environment)


def values_for(references: Iterable[str]) -> dict[str, str]:
    """Give every variable that references name a value its field may have."""
    return {name: _value(name) for name in references}


def variables_in(text: str) -> set[str]:
    """List the variables that a text refers to."""
    return set(re.findall(r"\$\{env:(\w+)\}", text))


def _value(name: str) -> str:
    digits = hashlib.sha256(name.encode()).hexdigest()
    if "BOT_TOKEN" in name:
        return f"{int(digits[:8], 16):010}:AAH{digits[:32]}"
    return f"AC{digits[:32]}" if name.endswith("SID") else f"EAAcanary{digits[:32]}"


def put(zoo: Zoo, kind: Kind, fields: Mapping[str, Value], *, number: int = 0) -> None:
    """Make one object on the platform, whatever it holds: a platform's own forms forbid less than our YAML."""
    put_all(zoo, [(kind, fields)], first=number)


def put_all(zoo: Zoo, objects: Iterable[tuple[Kind, Mapping[str, Value]]], *, first: int = 0) -> None:
    """Make objects on the platform; every secret is the canary."""
    operations = [_creation(kind, fields, number) for number, (kind, fields) in enumerate(objects, first)]
    keyring = Keyring(b"k" * 32)
    platform = open_platform(f"sqlite:{zoo.home}/registry.db", catalog=catalog(), keyring=keyring, create=True)
    try:
        ids: dict[Address, str] = {}
        for start in range(0, len(operations), 500):
            some = tuple(operations[start : start + 500])
            outcomes = platform.execute(Batch("zoo", some, ids=ids, secrets={"${env:C}": CANARY}))
            ids |= {one.address: outcome.id for one, outcome in zip(some, outcomes, strict=True)}
    finally:
        platform.close()


def _creation(kind: Kind, fields: Mapping[str, Value], number: int) -> Operation:
    address = Address(kind, f"made-{number}")
    whole = map_secrets(dict(fields), lambda _path, _secret: Secret("${env:C}"))
    resource = Resource(address, whole)
    changes = tuple(FieldChange((key,), None, value) for key, value in whole.items())
    return Operation(
        f"put-{kind}-{number}", Action.CREATE, address, type=resource.type, after=resource, changes=changes
    )
