"""Start, stop and restart what a person names, at once, and read the logs: acts on the platform, not on the YAML."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from flametree_cfg.engine.carrying import holder_of
from flametree_cfg.engine.options import Options
from flametree_cfg.engine.portal import Desk, open_desk
from flametree_cfg.engine.session import Session
from flametree_cfg.engine.validation import read_and_check
from flametree_cfg.errors import Diagnostic, ExitCode, PlatformFailed, WrongUsage, error, warning
from flametree_cfg.model import TRANSITIONS, Action, Address, Kind, LiveObject, LogLine, Settled, Status, foreign_key

START, STOP, RESTART = "start", "stop", "restart"
LINES = 100  # of a log, where nobody says how many
FOLLOWED = 1000  # lines at a look, however few were asked for: more than a restart writes between two

_FOREIGN = re.compile(r"[a-z]+\.id:[0-9a-f-]+")

_STEPS: Mapping[str, tuple[Action, ...]] = {
    START: (Action.START,),
    STOP: (Action.STOP,),
    RESTART: (Action.STOP, Action.START),
}
_GOES = {Action.START: Status.RUNNING, Action.STOP: Status.STOPPED}


class Switched(Struct, frozen=True):
    """
    One object that was told to start or to stop.

    Attributes:
        address: ours, or a foreign one for what the ledger does not know.
        before: its status then.
    """

    address: Address
    name: str
    before: Status
    status: Status
    message: str = ""
    duration_s: float = 0.0


class SwitchResult(Struct, frozen=True):
    """
    What became of all that was named, in that order.

    Attributes:
        verb: start, stop or restart.
        diagnostics: what did not get there, and what the YAML says otherwise.
    """

    tenant_name: str
    verb: str
    objects: tuple[Switched, ...]
    diagnostics: tuple[Diagnostic, ...]
    exit_code: ExitCode


class LogResult(Struct, frozen=True):
    """The newest lines of one channel or agent, oldest first."""

    tenant_name: str
    address: Address
    name: str
    lines: tuple[LogLine, ...]


def switch(where: str, subjects: Sequence[str], verb: str, options: Options) -> SwitchResult:
    """
    Start, stop or restart channels and agents, all at once, and wait for them.

    Nobody's apply runs meanwhile. What is on its way already is waited for first.

    Args:
        where: the tenant's folder, or its name.
        subjects: addresses that the ledger knows, `id:UUID` or `KIND:NAME`.
        verb: START, STOP or RESTART.
        options: the operator's.

    Raises:
        WrongUsage: the platform has no such object; nothing was done.
        PlatformFailed: one of them cannot be started or stopped by itself, or lacks what it needs to run; then none was
            stopped or started.
        Locked: somebody applies.
    """
    with open_desk(where, options, write=True) as (desk, session), _alone(desk, session):
        found = _found(desk, subjects)
        portal = desk.portal
        moving = [one.id for one in found if one.status in TRANSITIONS]
        if moving:
            portal.platform.settle(portal.tenant, moving, portal.wait_s)
        took: dict[str, Settled] = {}
        for action in _STEPS[verb]:
            with _called_as_ours(desk):
                settled = portal.switch_all(found, action)
            took |= {one.id: one for one in settled}
            if action is Action.STOP and not all(one.arrived for one in settled):
                break
        now = {one.id: one for one in portal.platform.read_some(portal.tenant, [one.id for one in found]).objects}
        named = _addresses(desk)
        objects = tuple(_switched(one, now.get(one.id), took.get(one.id), named) for one in found)
        wanted = _GOES[_STEPS[verb][-1]]
        bad = [_not_there(one, wanted) for one in objects if one.status is not wanted]
        said = _said_otherwise(where, objects, session) if os.path.isdir(where) else ()  # noqa: PTH112  # never raises
        code = ExitCode.PARTIAL if bad else ExitCode.OK
        return SwitchResult(portal.tenant, verb, objects, (*bad, *said), code)


def logs(where: str, subject: str, options: Options, limit: int = LINES) -> LogResult:
    """
    Read the newest log lines of a channel or an agent.

    Raises:
        WrongUsage: the platform has no such object, or it keeps no log.
    """
    with open_desk(where, options) as (desk, _):
        found = desk.portal.find(desk.named(subject))
        return _log(desk, found, limit)


def follow_logs(
    where: str, subject: str, options: Options, limit: int, told: Callable[[LogResult], None], pause: Callable[[], None]
) -> None:
    """
    Read a log, and then what comes, until `pause` raises.

    Args:
        where, subject, options, limit: as of `logs`.
        told: handed the newest lines first, then each time those that came.
        pause: waits before the log is read again.
    """
    with open_desk(where, options) as (desk, _):
        found = desk.portal.find(desk.named(subject))
        result = _log(desk, found, limit)
        told(result)
        last = max((line.number for line in result.lines), default=0)
        while True:
            pause()
            result = _log(desk, found, FOLLOWED)
            fresh = tuple(line for line in result.lines if line.number > last)
            if fresh:
                last = fresh[-1].number
                told(LogResult(result.tenant_name, result.address, result.name, fresh))


def _log(desk: Desk, found: LiveObject, limit: int) -> LogResult:
    portal = desk.portal
    if found.kind not in (Kind.CHANNEL, Kind.AGENT):
        raise WrongUsage(
            error("no-log", "This keeps no log", f"a {found.kind.value} does not run", "name a channel or an agent")
        )
    lines = tuple(portal.platform.logs(portal.tenant, found.kind, found.id, limit))
    return LogResult(portal.tenant, _address(found, _addresses(desk)), str(found.fields.get("name", "")), lines)


@contextmanager
def _alone(desk: Desk, session: Session) -> Iterator[None]:
    """Keep applies of the tenant away, where the ledger knows it."""
    tenant = desk.portal.tenant
    known = bool(session.ledger.read_some(tenant, ()).lineage)
    held = session.ledger.lock(tenant, session.options.lock_wait_s, holder_of(session.options))
    with held if known else nullcontext():
        yield


def _found(desk: Desk, subjects: Sequence[str]) -> list[LiveObject]:
    found = {one.id: one for one in (desk.portal.find(desk.named(subject)) for subject in subjects)}
    return list(found.values())


def _addresses(desk: Desk) -> dict[str, Address]:
    return {platform_id: address for address, platform_id in desk.ids.items()}


@contextmanager
def _called_as_ours(desk: Desk) -> Iterator[None]:
    """Put our addresses for the platform's into what it refuses."""
    try:
        yield
    except PlatformFailed as problem:
        ours = {str(Address(one.kind, foreign_key(key))): str(one) for key, one in _addresses(desk).items()}

        def said(text: str) -> str:
            return _FOREIGN.sub(lambda found: ours.get(found[0], found[0]), text)

        named = (replace(d, address=said(d.address), detail=said(d.detail)) for d in problem.diagnostics)
        raise PlatformFailed(*named) from problem


def _address(found: LiveObject, named: Mapping[str, Address]) -> Address:
    return named.get(found.id) or Address(found.kind, foreign_key(found.id))


def _switched(
    before: LiveObject, now: LiveObject | None, settled: Settled | None, named: Mapping[str, Address]
) -> Switched:
    status, message = (now.status, now.message) if now else (Status.NONE, "it was deleted meanwhile")
    took = settled.duration_s if settled else 0.0
    return Switched(
        _address(before, named), str(before.fields.get("name", "")), before.status, status, message, round(took, 3)
    )


def _not_there(one: Switched, wanted: Status) -> Diagnostic:
    if one.status is Status.ERROR:
        return error(
            "start-failed",
            "Something does not start",
            f"{one.address} is in ERROR: {one.message}",
            "correct what it says, then start it again",
            address=str(one.address),
        )
    return error(
        "still-moving",
        "Something takes too long to start or to stop",
        f"{one.address} was to become {wanted.value} and is {one.status.value or 'gone'}",
        "nobody waits for it now: `start` or apply again does; --wait-timeout gives it longer",
        address=str(one.address),
    )


def _said_otherwise(where: str, objects: Sequence[Switched], session: Session) -> Iterator[Diagnostic]:
    """Say where the YAML wants something else than was done: the next apply puts it back."""
    declared = {
        address: one.resource
        for reading, _ in read_and_check([Path(where)], session)
        if reading.tenant is not None
        for address, one in reading.tenant.declarations.items()
    }
    for one in objects:
        running = declared[one.address].fields.get("running") if one.address in declared else None
        is_up = one.status is Status.RUNNING
        if running is not None and bool(running) is not is_up and one.status is not Status.ERROR:
            verb = "starts" if running else "stops"
            yield warning(
                "yaml-says-otherwise",
                "The YAML says otherwise",
                f"{one.address} is {one.status.value}, and its YAML says `running: {str(bool(running)).lower()}`",
                f"the next apply {verb} it again; change the YAML to keep it so",
                address=str(one.address),
            )
