"""Bring what is starting or stopping to where it goes: the runtime is asked, then what it said is written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from flametree_cfg.model import TRANSITIONS, Kind, LiveObject, Settled, Status
from flametree_cfg.platform.embedded.lines import add_lines
from flametree_cfg.platform.embedded.moving import Moving, moving
from flametree_cfg.platform.embedded.rows import Reader, chunks
from flametree_cfg.platform.embedded.subjects import Subjects, read_subjects
from flametree_cfg.platform.runtime import Runtime, Subject, Verdict
from flametree_cfg.schema import Catalog, Lifecycle
from flametree_cfg.sql import Database, registry

if TYPE_CHECKING:
    from flametree_cfg.secret import Keyring

_GOES = {Status.STARTING: Status.RUNNING, Status.STOPPING: Status.STOPPED}


def subjects_of(
    found: Sequence[Moving], database: Database, catalog: Catalog, keyring: Keyring | None, tenant: str
) -> list[Subject]:
    """Read what a runtime has to know of each, inside the caller's transaction; what is gone is left out."""
    reader = Reader(database, catalog)
    agents = [one.id for one in found if one.kind is Kind.AGENT and one.status is Status.STARTING]
    beside = _channels_of(agents, database, reader, catalog, tenant)
    starting = {one.id for one in found if one.status is Status.STARTING}
    wanted = {channel.id for channels in beside.values() for channel in channels} | starting
    known = read_subjects(database, catalog, keyring, tenant, wanted)
    objects = reader.some(tenant, [one.id for one in found])
    return [_subject(live, beside.get(live.id, ()), known) for live in objects]


def bare_subjects(found: Iterable[Moving]) -> list[Subject]:
    """Give the subjects for a runtime that does not look at them."""
    return [Subject(LiveObject(one.kind, one.id, {}, status=one.status)) for one in found]


def _subject(live: LiveObject, channels: tuple[LiveObject, ...], known: Subjects) -> Subject:
    own = {live.id, *(channel.id for channel in channels)}
    requests = tuple(one for one in known.requests if one.subject in own)
    return Subject(live, channels, requests, tuple(one for one in known.unready if one.subject in own))


def _channels_of(
    agents: Sequence[str], database: Database, reader: Reader, catalog: Catalog, tenant: str
) -> Mapping[str, tuple[LiveObject, ...]]:
    """Give the channels that live with each agent. Source: domain.md R19."""
    attached: dict[str, list[str]] = {}
    for chunk in chunks(agents):
        for agent, channel, *_ in database.query(registry.some_attachments(len(chunk)), (tenant, *chunk)):
            attached.setdefault(agent, []).append(channel)
    there = {one.id: one for one in reader.some(tenant, {one for ids in attached.values() for one in ids})}
    live = {one: found for one, found in there.items() if _lives_with_agents(found, catalog)}
    return {agent: tuple(live[one] for one in ids if one in live) for agent, ids in attached.items()}


def _lives_with_agents(channel: LiveObject, catalog: Catalog) -> bool:
    spec = catalog.get(channel.kind, str(channel.fields["type"]))
    return spec is not None and spec.lifecycle is Lifecycle.AGENT


def ask(found: Sequence[Moving], subjects: Sequence[Subject], runtime: Runtime, deadline_s: float) -> list[Verdict]:
    """Ask the runtime to bring each to where it goes; outside every transaction, as this may call strangers."""
    by_id = {subject.live.id: subject for subject in subjects}
    stopping = [by_id[one.id] for one in found if one.status is Status.STOPPING and one.id in by_id]
    starting = [by_id[one.id] for one in found if one.status is Status.STARTING and one.id in by_id]
    verdicts = list(runtime.stop(stopping, deadline_s)) if stopping else []
    return [*verdicts, *(runtime.start(starting, deadline_s) if starting else ())]


def write(
    verdicts: Iterable[Verdict], found: Sequence[Moving], database: Database, tenant: str, now: str
) -> list[Verdict]:
    """
    Write what the runtime said, inside the caller's transaction.

    Returns:
        Those written; left out is what still moves, and what moved on meanwhile by another hand.
    """
    asked, still = {one.id: one for one in found}, {one.id: one for one in moving(database, tenant)}
    written = [one for one in verdicts if one.status not in TRANSITIONS and still.get(one.id) == asked[one.id]]
    database.execute_many(registry.SETTLE, [(one.status.value, one.message, one.id) for one in written])
    add_lines(database, tenant, now, {one.id: _line(one) for one in written})
    return written


def _line(verdict: Verdict) -> tuple[str, str]:
    level = "ERROR" if verdict.status is Status.ERROR else "INFO"
    took = f" ({verdict.duration_s:.1f} s)" if verdict.duration_s else ""
    return level, f"{verdict.status.value}: {verdict.message}{took}" if verdict.message else verdict.status.value


def settled(
    found: Sequence[Moving], verdicts: Iterable[Verdict], written: Iterable[Verdict], now: Iterable[LiveObject]
) -> list[Settled]:
    """
    Say what became of each that was asked about.

    Args:
        found: all of them.
        verdicts: what the runtime said of them.
        written: those of these that are the truth now.
        now: what the others are now; none for what is gone.
    """
    said = {one.id: one for one in verdicts}
    true = {one.id for one in written}
    others = {one.id: one for one in now}
    outcomes = []
    for one in found:
        verdict, other = said.get(one.id), others.get(one.id)
        if verdict is not None and (one.id in true or (other and other.status is verdict.status)):
            status, message, took = verdict.status, verdict.message, verdict.duration_s
        elif other is not None:
            status, message, took = other.status, other.message, 0.0
        else:
            status, message, took = Status.NONE, "it was deleted meanwhile", 0.0
        outcomes.append(Settled(one.kind, one.id, _GOES[one.status], status, message, took))
    return outcomes
