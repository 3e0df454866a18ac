"""What a person named: one tenant, an object, a field of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from flametree_cfg.config import TenantReading, located
from flametree_cfg.engine.session import Session
from flametree_cfg.engine.validation import read_and_check
from flametree_cfg.errors import ConfigInvalid, Diagnostic, WrongUsage, error, has_errors
from flametree_cfg.model import Address, parse_address

_SUBJECT = re.compile(r"(?P<address>[a-z]+\.[^.]+)(?:\.(?P<field>.+))?", re.DOTALL)


def read_one(path: str | Path, session: Session) -> tuple[TenantReading, tuple[Diagnostic, ...]]:
    """
    Read the folder of one tenant and judge it, whatever is wrong with it.

    Raises:
        WrongUsage: it is a folder of several tenants.
    """
    readings = list(read_and_check([path], session))
    if len(readings) > 1:
        raise one_tenant_wanted(path, [reading for reading, _ in readings])
    return readings[0]


def read_valid(path: str | Path, session: Session) -> TenantReading:
    """
    Read the folder of one tenant whose YAML can be used.

    Raises:
        ConfigInvalid: it cannot.
        WrongUsage: it is a folder of several tenants.
    """
    reading, diagnostics = read_one(path, session)
    if not reading.valid or has_errors(diagnostics):
        raise ConfigInvalid(*located(reading, diagnostics))
    return reading


def one_tenant_wanted(path: str | Path, readings: Sequence[TenantReading]) -> WrongUsage:
    """Say that a folder of several tenants is not meant here."""
    return WrongUsage(
        error(
            "one-tenant-wanted",
            "This command takes the folder of one tenant",
            f"{path} holds {len(readings)} tenants",
            f"name one of them, such as {readings[0].folder}",
        )
    )


class Subject(NamedTuple):
    """What a person named: an object, and a field of it or all; `field` is empty for all."""

    address: Address
    field: str


def read_subject(text: str) -> Subject:
    """
    Read `ADDRESS[.FIELD]`; no key has a dot in it.

    Raises:
        WrongUsage: there is no such address.
    """
    found = _SUBJECT.fullmatch(text)
    address = parse_address(found["address"]) if found else None
    if found is None or address is None:
        hint = "write KIND.KEY or KIND.KEY.FIELD, such as connector.openai-prod.settings.temperature"
        raise WrongUsage(error("bad-address", "This is no address", text, hint))
    return Subject(address, found["field"] or "")
