"""Limit a plan to what the person asked for, and what that needs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from flametree_cfg.diff import Change
from flametree_cfg.errors import WrongUsage, error
from flametree_cfg.model import Action, Address, Kind, agent, channel, folded, references
from flametree_cfg.plan.changes import Found
from flametree_cfg.plan.sides import OUTGOING, Sides
from flametree_cfg.plan.types import Selection


def select(found: Found, sides: Sides, selection: Selection) -> None:
    """
    Take out of `found` what was not asked for; deletions that are left out are listed as held.

    Raises:
        WrongUsage: a target is neither declared nor in the ledger.
    """
    detached = {address for address, change in found.changes.items() if change.action is Action.DELETE}
    if selection.targets:
        _refuse_unknown(selection.targets, sides)
        wanted = _with_needs(selection.targets, found.changes, sides)
        found.changes = {address: change for address, change in found.changes.items() if address in wanted}
        found.forgotten = [address for address in found.forgotten if address in selection.targets]
        asked_for = wanted | selection.targets
        found.protections = {a: protected for a, protected in found.protections.items() if a in asked_for}
    if not selection.deletions:
        gone = [address for address, change in found.changes.items() if change.action is Action.DELETE]
        found.held += gone
        for address in gone:
            del found.changes[address]
    joined = _ends(detached - found.changes.keys())
    found.forgotten = [address for address in found.forgotten if address not in joined]


def _ends(attachments: Iterable[Address]) -> set[Address]:
    """Name what attachments join: while one that shall go stays, the ledger has to know by what names it goes."""
    pairs = ((agent(a.agent_key), channel(a.channel_key)) for a in attachments if a.kind is Kind.ATTACHMENT)
    return {end for pair in pairs for end in pair}


def _refuse_unknown(targets: frozenset[Address], sides: Sides) -> None:
    unknown = sorted(target for target in targets if target not in sides.desired and target not in sides.stored)
    if unknown:
        raise WrongUsage(
            error(
                "no-such-target",
                "Target is neither declared nor in the ledger",
                f"{', '.join(map(str, unknown))} in tenant {sides.tenant.name!r}",
                "check the address: KIND.KEY, an attachment is attachment.AGENT/CHANNEL",
            )
        )


def _with_needs(targets: frozenset[Address], changes: Mapping[Address, Change], sides: Sides) -> set[Address]:
    wanted: set[Address] = set()
    kin = _Kin(changes, sides)
    waiting = [address for target in targets for address in kin.parts(target)]
    while waiting:
        address = waiting.pop()
        if address in wanted or address not in changes:
            continue
        wanted.add(address)
        waiting += kin.needs(changes[address])
    return wanted


class _Kin:
    """Who belongs to whom, looked up and not searched for: all of ten thousand objects may be targets."""

    def __init__(self, changes: Mapping[Address, Change], sides: Sides) -> None:
        self._changes = changes
        self._halves: dict[tuple[Kind, str], list[Address]] = defaultdict(list)
        self._attached: dict[str, list[Address]] = defaultdict(list)
        self._answering: dict[str, list[Address]] = defaultdict(list)
        for address in changes:
            self._halves[address.kind, address.key.replace(OUTGOING, "")].append(address)
            if address.kind is Kind.ATTACHMENT:
                self._attached[address.agent_key].append(address)
                self._answering[address.channel_key].append(address)
        self._named: dict[tuple[Kind, str], list[Address]] = defaultdict(list)
        for kind in (Kind.CONNECTOR, Kind.CHANNEL, Kind.AGENT):
            for resource in sides.live.of_kind(kind):
                self._named[kind, folded(resource.name)].append(resource.address)

    def parts(self, target: Address) -> Iterator[Address]:
        """Name what a target is to the person: an agent with its attachments, a replaced object with its old half."""
        yield target
        yield from self._halves.get((target.kind, target.key), ())
        if target.kind is Kind.AGENT:
            yield from self._attached.get(target.key, ())

    def needs(self, change: Change) -> Iterator[Address]:
        """Name what has to come along: what it refers to, who has its name, who holds its inbound slot."""
        if change.after is None:
            return
        for _, target in references(change.after):
            if target in self._changes and self._changes[target].action is Action.CREATE:
                yield from self.parts(target)
        if change.address.kind is Kind.ATTACHMENT:
            yield from self._answering[change.address.channel_key]
        else:
            named = self._named.get((change.address.kind, folded(change.after.name)), ())
            yield from (address for address in named if address != change.address)
