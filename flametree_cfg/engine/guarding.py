"""Gates: what a plan may not do unless somebody says so. Planning tells of them; applying refuses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cached_property

from msgspec import Struct, field
from msgspec.structs import replace

from flametree_cfg.engine.options import Options
from flametree_cfg.engine.session import Session
from flametree_cfg.errors import Diagnostic, Refused, Severity, error
from flametree_cfg.model import Action, Address, Kind
from flametree_cfg.plan import Plan

MAX_SHARE = 30  # percent of a kind: more at once is rarely meant; `--max-delete` says otherwise
FEW = 1  # deletions: one by itself is read by whoever reviews it, even where it is half of all there is
OBJECTS = (Kind.CONNECTOR, Kind.CHANNEL, Kind.AGENT)  # attachments come and go with the agents' configuration
COUNTED = (Kind.CONNECTOR, Kind.CHANNEL)  # no agent goes unsaid, so none has to be counted
_OUTGOING = "~old"  # ends the key of an object whose successor is there before it goes


class Census(Struct, frozen=True):
    """What the ledger has of a tenant: how many of each kind are ours, and which addresses are protected."""

    counts: Mapping[Kind, int] = field(default_factory=dict)
    protected: frozenset[Address] = frozenset()


def guard(plan: Plan, session: Session) -> None:
    """
    Stop a plan that goes beyond what was allowed.

    Raises:
        Refused: with every reason, each naming the flag that allows it; nothing was written.
    """
    found = refusals(plan, take_census(plan, session), session.options)
    if found:
        raise Refused(*found)


def as_warnings(found: tuple[Diagnostic, ...]) -> tuple[Diagnostic, ...]:
    """Turn reasons to refuse into what a plan tells: planning never fails for being large."""
    return tuple(replace(one, severity=Severity.WARNING) for one in found)


def take_census(plan: Plan, session: Session) -> Census:
    """Count what the ledger has, where the plan deletes anything."""
    if Action.DELETE not in {operation.action for operation in plan.operations}:
        return Census()
    counts: Counter[Kind] = Counter()
    protected = set()
    for entry in session.ledger.sweep(plan.tenant):
        address = entry.resource.address
        if not (entry.resource.external or entry.resource.system or _outgoing(address)):
            counts[address.kind] += 1
        if entry.protected:
            protected.add(address)
    return Census(counts, frozenset(protected))


def refusals(plan: Plan, census: Census, options: Options) -> tuple[Diagnostic, ...]:
    """
    Say why a plan may not be applied.

    Args:
        plan: with its impact.
        census: of the ledger as it was planned against.
        options: the operator's limits.
    """
    going = _Going(plan, census, options)
    return (
        *going.protected(),
        *going.agents(),
        *going.emptied(),
        *going.last_of_a_kind(),
        *going.too_many(),
        *going.defaults(),
        *going.affected(),
    )


class _Going(Struct, frozen=True, dict=True):
    """What a plan lets go."""

    plan: Plan
    census: Census
    options: Options

    def _allowed(self, address: Address) -> bool:
        return not {"all", str(address)}.isdisjoint(self.options.allow_delete)

    @cached_property
    def _deleted(self) -> list[Address]:
        """Objects that go and have no successor."""
        delete = Action.DELETE
        gone = [o.address for o in self.plan.operations if o.action is delete and o.address.kind in OBJECTS]
        return [one for one in gone if not (_outgoing(one) or one.foreign)]

    def _unsaid(self, kind: Kind) -> list[Address]:
        """List those of a kind that nobody allowed by name."""
        return [one for one in self._deleted if one.kind is kind and not self._allowed(one)]

    def _left(self, kind: Kind) -> int:
        """Count what remains of a kind."""
        made = deleted = 0
        for operation in self.plan.operations:
            if operation.address.kind is kind and not _outgoing(operation.address):
                made += operation.action is Action.CREATE
                deleted += operation.action is Action.DELETE
        return self.census.counts.get(kind, 0) + made - deleted

    def protected(self) -> Iterator[Diagnostic]:
        """Something became protected after the plan was made."""
        moved = {o.address: o.previous for o in self.plan.operations if o.action is Action.MOVE and o.previous}
        for operation in self.plan.operations if self.census.protected else ():
            address = operation.address
            if operation.action is Action.DELETE and moved.get(address, address) in self.census.protected:
                yield error(
                    "protected-deleted",
                    "A protected object would be deleted",
                    f"{address} is protected",
                    "apply `protected: false` first; nothing else allows it",
                    address=str(address),
                )

    def agents(self) -> Iterator[Diagnostic]:
        """An agent goes, with prompts and workflows nobody models here."""
        refused = [address for address in self.plan.agents_deleted if not self._allowed(address)]
        if refused:
            yield error(
                "delete-not-allowed",
                "Deleting an agent has to be allowed",
                f"{_listed(refused)}: prompts and workflows that live only in the portal would go too",
                _allow(refused),
                address=str(refused[0]),
            )

    def emptied(self) -> Iterator[Diagnostic]:
        """Nothing of a tenant is left."""
        gone = self._deleted
        if self._is_emptied() and not all(map(self._allowed, gone)):
            yield error(
                "tenant-emptied",
                "Nothing of the tenant would be left",
                f"{_listed(gone)} would go, and that is all there is",
                "--allow-delete all",
            )

    def _is_emptied(self) -> bool:
        return any(self.census.counts.values()) and not any(self._left(kind) for kind in OBJECTS)

    def last_of_a_kind(self) -> Iterator[Diagnostic]:
        """The last connector or channel goes; agents are asked for one by one."""
        for kind in () if self._is_emptied() else COUNTED:
            of_kind = self._unsaid(kind)
            if of_kind and self._left(kind) <= 0:
                yield error(
                    "last-of-kind",
                    "The last of a kind would be deleted",
                    f"no {kind.value} would be left: {_listed(of_kind)} would go",
                    _allow(of_kind),
                    address=str(of_kind[0]),
                )

    def too_many(self) -> Iterator[Diagnostic]:
        """
        More goes than is allowed.

        A limit that somebody gave counts all there is; the one that always holds leaves out what was allowed by name.
        """
        gone, limit = self._deleted, self.options.max_delete
        if limit is None:
            for kind in COUNTED:
                of_kind = self._unsaid(kind)
                if len(of_kind) > FEW and self._share(kind, of_kind) > MAX_SHARE:
                    yield self._too_many(of_kind, f"{MAX_SHARE}% of a kind may go unsaid", len(gone))
        elif limit.endswith("%"):
            for kind in OBJECTS:
                of_kind = [one for one in gone if one.kind is kind]
                if of_kind and self._share(kind, of_kind) > int(limit[:-1]):
                    yield self._too_many(of_kind, f"--max-delete {limit}", len(gone))
        elif len(gone) > int(limit):
            yield self._too_many(gone, f"--max-delete {limit}", len(gone))

    def _share(self, kind: Kind, of_kind: list[Address]) -> float:
        """Say how much of a kind goes, in percent."""
        return 100 * len(of_kind) / max(self.census.counts.get(kind, 0), len(of_kind))

    def _too_many(self, gone: list[Address], limit: str, wanted: int) -> Diagnostic:
        kinds = {one.kind for one in gone}
        there = sum(self.census.counts.get(kind, 0) for kind in kinds)
        what = " and ".join(kind.section for kind in OBJECTS if kind in kinds)
        return error(
            "too-many-deletes",
            "More would be deleted than is allowed",
            f"{len(gone)} of {there} {what} would go ({limit}): {_listed(gone)}",
            f"if that is meant: --max-delete {wanted}",
            address=str(gone[0]),
        )

    def defaults(self) -> Iterator[Diagnostic]:
        """A default goes that agents rely on, and nothing takes its place."""
        for move in self.plan.impact.defaults if self.plan.impact else ():
            if move.before is not None and move.after is None and move.agents and not self._allowed(move.before):
                yield error(
                    "default-removed",
                    "A default would go that agents depend on",
                    f"{move.before} is the default {move.type}, none takes its place, and {_listed(move.agents)} "
                    f"{'selects' if len(move.agents) == 1 else 'select'} none",
                    f"make another one the default; or --allow-delete {move.before}",
                    address=str(move.before),
                )

    def affected(self) -> Iterator[Diagnostic]:
        """More agents are affected than was allowed."""
        limit = self.options.max_affected_agents
        affected = self.plan.impact.affected if self.plan.impact else ()
        if limit is not None and len(affected) > limit:
            yield error(
                "too-many-agents-affected",
                "More agents are affected than is allowed",
                f"{len(affected)} agents, --max-affected-agents {limit} allows {limit}: {_listed(affected)}",
                f"if that is meant: --max-affected-agents {len(affected)}",
                address=str(affected[0]),
            )


def _outgoing(address: Address) -> bool:
    return _OUTGOING in address.key


def _listed(addresses: tuple[Address, ...] | list[Address], shown: int = 10) -> str:
    more = f" and {len(addresses) - shown} more" if len(addresses) > shown else ""
    return ", ".join(map(str, addresses[:shown])) + more


def _allow(addresses: list[Address], shown: int = 5) -> str:
    if len(addresses) > shown:
        return "--allow-delete all"
    return " ".join(f"--allow-delete {address}" for address in addresses) + " (or `--allow-delete all`)"
