"""Decide what is different, what is ours to change, and what stands in the way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import Struct, field
from msgspec.structs import replace

from flametree_cfg.diff import Change, compare, key_id
from flametree_cfg.errors import Diagnostic, Path, error, warning
from flametree_cfg.model import (
    Action,
    Address,
    Entry,
    FieldChange,
    Kind,
    Resource,
    Secret,
    agent,
    at_path,
    folded,
    map_secrets,
    path_of,
)
from flametree_cfg.plan.sides import OUTGOING, Sides
from flametree_cfg.schema import Catalog

_IDENTITY = frozenset({"type", "name"})
_SWITCHES = frozenset({"default", "running"})
_EMPTY = frozenset({str, dict, list})  # an empty one of these says nothing about a new object


class Found(Struct):
    """
    What came of comparing.

    Attributes:
        changes: by address, what the platform has to become.
        unmanaged: kept although no YAML names them, because their section is absent.
        held: kept although no YAML names them, because they are protected.
        forgotten: gone from the YAML and from the platform, or external: only the ledger forgets.
        protections: declared otherwise than the ledger has it: whether it is to be protected.
        clean: desired, stored and live agree: neither change nor drift.
        heals: what YAML and platform agree on while the ledger says less or other.
        problems: why no plan can be made.
    """

    changes: dict[Address, Change] = field(default_factory=dict)
    unmanaged: list[Address] = field(default_factory=list)
    held: list[Address] = field(default_factory=list)
    forgotten: list[Address] = field(default_factory=list)
    protections: dict[Address, bool] = field(default_factory=dict)
    clean: set[Address] = field(default_factory=set)
    heals: list[Resource] = field(default_factory=list)
    not_checked: list[str] = field(default_factory=list)
    problems: list[Diagnostic] = field(default_factory=list)
    warnings: list[Diagnostic] = field(default_factory=list)


def find_changes(sides: Sides, catalog: Catalog) -> Found:
    """
    Compare what is desired with what is there, limited to what is ours.

    Ours is what the YAML declares or the ledger knows; foreign objects are never touched, and one that already has a
    wanted name, or the inbound slot we want, is a problem, never adopted silently.
    """
    found = Found(clean=set(sides.clean))
    for address, declaration in sides.desired.items():
        if address not in sides.clean:
            _compare_declared(sides, address, declaration.resource, catalog, found)
    for address, entry in sides.stored.items():
        declared = sides.desired.get(address)
        if declared is None:
            _judge_undeclared(sides, address, entry, found)
        elif declared.protected is not entry.protected:
            found.protections[address] = declared.protected
    found.changes |= _in_the_way_of_claims(sides, found)
    return found


def problems_outside(sides: Sides, found: Found) -> Iterator[Diagnostic]:
    """Say what stands in the way of the changes that nobody here may move."""
    yield from _protected_replaced(sides, found)
    yield from _names_held_outside(sides, found)
    yield from _inbound_held_outside(sides, found)


def _compare_declared(sides: Sides, address: Address, desired: Resource, catalog: Catalog, found: Found) -> None:
    now = sides.live.resources.get(address)
    if now is None:
        found.changes[address] = _creation(desired)
        return
    managed = _managed_part(desired)
    difference = compare(now, desired, managed, catalog)
    found.not_checked += [f"{address} {'.'.join(map(str, path))}" for path in difference.not_checked]
    if difference.fields:
        found.changes[address] = Change(address, Action.UPDATE, now, desired, difference.fields)
        return
    entry = sides.stored.get(address)
    if entry is None:
        return
    known = desired if entry.resource == desired else keep_fingerprints(desired, entry.resource)
    if entry.resource != known:
        found.heals.append(known)
    else:
        found.clean.add(address)


def keep_fingerprints(desired: Resource, stored: Resource) -> Resource:
    """
    Keep what the ledger knows of secrets whose reference did not change and that cannot be compared here.

    Without a value, or under another master key, nobody knows whether the platform has what the reference means now: a
    fingerprint of the value at hand would hide its rotation for ever.
    """

    def known(path: Path, secret: Secret) -> Secret:
        before = at_path(stored.fields, path)
        same = isinstance(before, Secret) and before.reference == secret.reference
        comparable = same and bool(secret.fingerprint) and key_id(before) == key_id(secret)
        return before if same and not comparable else secret

    return replace(desired, fields=map_secrets(desired.fields, known))


def _creation(desired: Resource) -> Change:
    fields = tuple(
        [
            FieldChange(path_of[key], None, value)
            for key, value in desired.fields.items()
            if value or not ((value is False and key in _SWITCHES) or value is None or value.__class__ in _EMPTY)
        ]
    )
    return Change(desired.address, Action.CREATE, None, desired, fields)


def _managed_part(desired: Resource) -> Resource:
    """Of something external or of the platform, type and name only find it."""
    if not (desired.external or desired.system):
        return desired
    return replace(desired, fields={key: v for key, v in desired.fields.items() if key not in _IDENTITY})


def _judge_undeclared(sides: Sides, address: Address, entry: Entry, found: Found) -> None:
    if _kept(sides, address):
        found.unmanaged.append(address)
    elif address not in sides.live.resources or entry.resource.external or entry.resource.system:
        found.forgotten.append(address)
    elif not _outgoing(address) and (entry.protected or _of_a_held_agent(sides, address)):
        found.held.append(address)
    else:
        found.changes[address] = Change(address, Action.DELETE, sides.live.resources[address], None)


def _kept(sides: Sides, address: Address) -> bool:
    """Whether nothing in the YAML speaks of it: its section is absent, or its agent declares no `channels`."""
    if _outgoing(address):
        return False
    if address.kind.section not in sides.tenant.sections:
        return True
    if address.kind is not Kind.ATTACHMENT:
        return False
    owner = sides.desired.get(agent(address.agent_key))
    return owner is not None and not owner.attachments


def _of_a_held_agent(sides: Sides, address: Address) -> bool:
    """Tell whether an attachment belongs to an agent that stays because it is protected: it stays as it is."""
    owner = agent(address.agent_key)
    entry = sides.stored.get(owner) if address.kind is Kind.ATTACHMENT and owner not in sides.desired else None
    return entry is not None and entry.protected and not (entry.resource.external or entry.resource.system)


def _outgoing(address: Address) -> bool:
    return OUTGOING in address.key


def _protected_replaced(sides: Sides, found: Found) -> Iterator[Diagnostic]:
    """A replacement deletes, which a protection forbids; an interrupted one was decided before."""
    replaced = {after: before for before, after in sides.moves.items() if _outgoing(after)}
    for address, before in replaced.items():
        change = found.changes.get(address)
        if change is not None and change.action is Action.DELETE and sides.stored[address].protected:
            yield error(
                "protected-replaced",
                "A protected object would be deleted to be made anew",
                f"{before} ({change.before.name if change.before else ''!r}) is protected, and the change cannot be "
                "made in place",
                "apply `protected: false` first, or declare the new object under another key",
                address=str(before),
                path=("type",),
            )


def _names_held_outside(sides: Sides, found: Found) -> Iterator[Diagnostic]:
    if not sides.live.resources:
        return
    wanted = {
        (address.kind, folded(change.after.name)): address
        for address, change in found.changes.items()
        if change.after is not None and _takes_a_name(change)
    }
    if not wanted:
        return
    leaving = {address for address, change in found.changes.items() if change.action is Action.DELETE}
    for address, resource in sides.live.resources.items():
        if address.kind is Kind.ATTACHMENT or resource.system or address in sides.desired or address in leaving:
            continue
        wanting = wanted.get((address.kind, folded(resource.name)))
        if wanting is not None:
            yield _name_held(wanting, resource, sides)


def _takes_a_name(change: Change) -> bool:
    if change.address.kind is Kind.ATTACHMENT:
        return False
    return change.action is Action.CREATE or any(f.path == ("name",) for f in change.fields)


def _name_held(wanting: Address, holder: Resource, sides: Sides) -> Diagnostic:
    entry = sides.stored.get(holder.address)
    if not (holder.address.foreign or (entry and entry.resource.external)):
        return error(
            "name-held",
            "Name is held by an object that stays",
            f"{wanting} wants the name {holder.name!r}, which {holder.address} has; "
            f"{'that is protected and stays' if entry and entry.protected else 'this plan does not delete that'}",
            f"declare that object, choose another name, or say that it is the same under a new key: write `previously: "
            f"[{holder.address.key}]` under `{wanting.key}`",
            address=str(wanting),
            path=("name",),
        )
    platform_id = entry.id if entry else holder.address.key.removeprefix("id:")
    hint = f"rename or delete one of them, or adopt it: flametree-cfg import PATH {wanting} {platform_id}"
    if sides.desired[wanting].resource.type != holder.type:
        hint = "rename or delete one of them; it is of another type, and cannot be adopted under this key"
    return error(
        "exists-outside",
        "An object with this name exists outside our care",
        f"{wanting} wants the name {holder.name!r}; the platform already has one of that name "
        f"({holder.address.kind}, {holder.type}) with id {platform_id}",
        hint,
        address=str(wanting),
        path=("name",),
    )


def _claims(found: Found) -> dict[str, Address]:
    """Give the attachment that wants inbound, by channel key."""
    return {
        change.address.channel_key: change.address
        for change in found.changes.values()
        if change.address.kind is Kind.ATTACHMENT
        and change.after is not None
        and change.after.fields.get("inbound")
        and not (change.before and change.before.fields.get("inbound"))
    }


def _holders(sides: Sides, found: Found) -> Iterator[tuple[Address, Resource]]:
    """List the attachments nobody plans to change that hold the inbound somebody claims, with the claim."""
    claims = _claims(found) if sides.live.resources else {}
    for attachment in sides.live.of_kind(Kind.ATTACHMENT) if claims else ():
        claim = claims.get(attachment.address.channel_key)
        if claim is not None and attachment.fields.get("inbound") and attachment.address not in found.changes:
            yield claim, attachment


def _in_the_way_of_claims(sides: Sides, found: Found) -> dict[Address, Change]:
    """A foreign attachment on our agent stays, unless it holds what we claim (design.md, What is managed)."""
    return {
        holder.address: Change(holder.address, Action.DELETE, holder, None)
        for _, holder in _holders(sides, found)
        if holder.address not in sides.stored and _may_detach(agent(holder.address.agent_key), sides, found)
    }


def _may_detach(owner: Address, sides: Sides, found: Found) -> bool:
    declared = sides.desired.get(owner)
    leaves = owner in found.changes and found.changes[owner].action is Action.DELETE
    return leaves or (declared is not None and not declared.resource.external)


def _inbound_held_outside(sides: Sides, found: Found) -> Iterator[Diagnostic]:
    for claim, holder in _holders(sides, found):
        if _is_ours(agent(holder.address.agent_key), sides):
            yield _inbound_held(claim, holder.address)
            continue
        yield error(
            "inbound-held-outside",
            "Channel is answered by an agent outside our care",
            f"{claim} wants inbound, which {agent(holder.address.agent_key)} holds"
            + _holder_name(sides, holder.address),
            "turn Inbound off on that agent in the portal, or declare the agent (`external: true`) with its channels",
            address=str(claim),
            path=("inbound",),
        )


def _is_ours(owner: Address, sides: Sides) -> bool:
    known = sides.desired.get(owner) or sides.stored.get(owner)
    return known is not None and not known.resource.external


def _inbound_held(claim: Address, holder: Address) -> Diagnostic:
    return error(
        "inbound-held",
        "Channel is answered by an agent whose attachment stays as it is",
        f"{claim} wants inbound, which {holder} holds; this plan does not change that",
        f"name {holder} as well, or leave both to a plan of everything",
        address=str(claim),
        path=("inbound",),
    )


def _holder_name(sides: Sides, attachment: Address) -> str:
    holder = sides.live.resources.get(agent(attachment.agent_key))
    return f" (in the portal: {holder.name!r})" if holder else ""


def held_warnings(found: Found, entries: Mapping[Address, Entry]) -> Iterator[Diagnostic]:
    """Say what stays because it is protected, although no YAML names it."""
    for address in found.held:
        entry = entries.get(address)
        if entry is None or not entry.protected:
            continue
        yield warning(
            "held-protected",
            "A protected object is no longer declared and stays",
            f"{address} ({entry.resource.name!r}) is protected",
            "declare it again with `protected: false` and apply, then remove it",
            address=str(address),
        )
