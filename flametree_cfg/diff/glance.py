"""Most resources of most plans are as desired: that is to be seen at a glance."""

from __future__ import annotations

from collections.abc import Mapping

from flametree_cfg.model import RESERVED_KEY, Resource, Secret, Value

Fields = Mapping[str, Value]


def agrees(live: Resource, desired: Resource) -> bool:
    """
    Tell at a glance whether the platform has what is desired; where this says no, `compare` has to look closer.

    For nearly all resources of nearly all plans. The secrets of `live` may be masked still: that they are as desired is
    for the ledger to say.
    """
    return fields_agree(live.fields, desired.fields)


def fields_agree(seen: Fields, desired: Fields, *, printed: bool = False) -> bool:
    """
    Tell the same of fields.

    Args:
        seen: the platform's.
        desired: the YAML's, or the ledger's.
        printed: every secret of `desired` is known to have a fingerprint, though none stands here; it may be JSON.
    """
    for key, value in desired.items():
        other = seen.get(key)
        if key == "connectors":
            if not _roles_agree(other, value):
                return False
        elif value.__class__ is not other.__class__:
            return False
        elif isinstance(value, dict) and isinstance(other, dict):
            if len(value) != len(other) or not _members_agree(other, value, printed):
                return False
        elif value != other:
            return False
    return True


def _roles_agree(seen: Value, desired: Value) -> bool:
    """Compare the roles that are declared, no others."""
    if not isinstance(seen, dict):
        return False
    for role, keys in desired.items():
        other = seen.get(role)
        if keys != other and (keys or other):
            return False
    return True


def _members_agree(seen: dict[str, Value], desired: dict[str, Value], printed: bool) -> bool:
    for key, value in desired.items():
        other = seen.get(key, _ABSENT)
        kind = value.__class__
        if kind is not other.__class__:
            if printed and other.__class__ is Secret and kind is dict and RESERVED_KEY in value:
                continue
            return False  # `true` is not 1; and a closer look may find that 1 is 1.0
        if kind is Secret:
            if not (printed or value.fingerprint):
                return False
        elif kind is dict:
            if len(value) != len(other) or not _members_agree(other, value, printed):
                return False
        elif kind is list:
            if len(value) != len(other) or not _items_agree(other, value, printed):
                return False
        elif value != other:
            return False
    return True


def _items_agree(seen: list[Value], desired: list[Value], printed: bool) -> bool:
    return all(_members_agree({"": one}, {"": other}, printed) for one, other in zip(seen, desired, strict=True))


_ABSENT = object()  # of no class that a value has
