"""Whether what an operation says it read is so, asked of the oracle's objects just before its turn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flametree_cfg.model import MASKED, Address, Check, Kind, Operation, Precondition, parse_address, value_hash
from tests.oracle.platform import ACCOUNT_KEY, Objects, Sealed, id_of
from tests.oracle.rules import fold, of_kind

_EMPTY: tuple[Any, ...] = (None, "", [], {})


def unmet(objects: Objects, operation: Operation, ids: Mapping[Address, str]) -> list[Precondition]:
    """List the preconditions of an operation that do not hold."""
    return [one for one in operation.preconditions if not _holds(objects, operation, one, ids)]


def _holds(objects: Objects, operation: Operation, one: Precondition, ids: Mapping[Address, str]) -> bool:
    match one.check:
        case Check.FIELD:
            value = _value(objects, _address(one.subject), one.path, ids)
            return one.expect in {value_hash(v) for v in (_EMPTY if value in _EMPTY else (value,))}
        case Check.ABSENT_NAME:
            holders = {
                key
                for key, other in of_kind(objects, one.subject)
                if fold(other["name"]) == one.path and not other.get("system")
            }
            return not holders - {_maybe(operation.address, ids)}
        case Check.DEFAULT_SLOT:
            taken = {
                k for k, other in of_kind(objects, "connector") if other["default"] and other["type"] == one.subject
            }
            return taken == ({id_of(_address(one.expect), ids)} if one.expect else set())
        case Check.INBOUND_SLOT:
            place = id_of(_address(one.subject), ids)
            inbound = (other for _, other in of_kind(objects, "attachment") if other["inbound"])
            agents = {other["agent"] for other in inbound if other["channel"] == place}
            return agents == ({id_of(_address(one.expect), ids)} if one.expect else set())
        case Check.LINKS:
            return _users(objects, id_of(_address(one.subject), ids)) == {
                id_of(_address(text), ids) for text in one.expect.split(",") if text
            }


def _users(objects: Objects, platform_id: str) -> set[str]:
    """List the agents that link a connector or are attached to a channel."""
    linking = {
        key for key, one in of_kind(objects, "agent") if any(platform_id in v for v in one["connectors"].values())
    }
    return linking | {one["agent"] for _, one in of_kind(objects, "attachment") if one["channel"] == platform_id}


def _value(objects: Objects, address: Address, pointer: str, ids: Mapping[Address, str]) -> Any:
    one = objects[id_of(address, ids)]
    first, *rest = (step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/"))
    value = one.get(first)
    if first == "connectors":
        names = {platform_id: a for a, platform_id in ids.items() if a.kind is Kind.CONNECTOR}
        linked = value.get(rest[0], []) if value else []
        return sorted(str(names.get(key, Address(Kind.CONNECTOR, f"id:{key}"))) for key in linked)
    if rest[:1] == ["accounts"] and len(rest) > 1:
        accounts = {str(account[ACCOUNT_KEY[one["type"]]]): account for account in (value or {}).get("accounts", [])}
        value, rest = accounts, rest[1:]
    for step in rest:
        value = value.get(step) if value else None
    return _masked(value)


def _masked(value: Any) -> Any:
    if isinstance(value, Sealed):
        return MASKED
    if isinstance(value, Mapping):
        return {key: _masked(item) for key, item in value.items()}
    return [_masked(item) for item in value] if isinstance(value, list) else value


def _address(text: str) -> Address:
    address = parse_address(text)
    assert address is not None, text
    return address


def _maybe(address: Address, ids: Mapping[Address, str]) -> str:
    return (
        "" if address.kind is Kind.ATTACHMENT or (address not in ids and not address.foreign) else id_of(address, ids)
    )
