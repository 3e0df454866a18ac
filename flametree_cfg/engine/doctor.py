"""Say what is wrong with where this runs: versions, files, key, state, platform, locks, clock. Changes nothing."""

from __future__ import annotations

import enum
import importlib.metadata
import os
import platform
import re
import stat
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from msgspec import Struct

from flametree_cfg import __version__
from flametree_cfg.engine.options import Options
from flametree_cfg.engine.session import Session
from flametree_cfg.errors import ExitCode, FlametreeError
from flametree_cfg.model import Kind

CLOCK_S = 60  # seconds the clock may be behind the newest apply: other machines' clocks are not exact
_TYPED = (Kind.CONNECTOR, Kind.CHANNEL)
_OURS = ("key", "ledger.db", "registry.db")


class Verdict(enum.StrEnum):
    """How bad it is: only `failed` makes the command fail."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


class Finding(Struct, frozen=True):
    """One thing that was looked at; `hint` is something to do, `exit_code` how the command ends for it."""

    name: str
    verdict: Verdict
    detail: str
    hint: str = ""
    exit_code: ExitCode = ExitCode.OK


def diagnose(path: str | Path, options: Options) -> list[Finding]:
    """
    Look at everything that a command needs; what cannot be looked at is a finding, not an exception.

    Raises:
        ConfigInvalid: the path is none.
    """
    with Session(options, [path]) as session:
        looks: tuple[tuple[str, Callable[[Session], Iterator[Finding]]], ...] = (
            ("versions", _versions),
            ("types", _types),
            ("files", _files),  # before anything is opened: opening closes our own files to others
            ("key", _key),
            ("state", _state),
            ("platform", _platform),
            ("locks", _locks),
            ("clock", _clock),
        )
        return [finding for name, look in looks for finding in _guarded(name, look, session)]


def _guarded(name: str, look: Callable[[Session], Iterator[Finding]], session: Session) -> Iterator[Finding]:
    try:
        yield from look(session)
    except FlametreeError as problem:
        for one in problem.diagnostics:
            yield Finding(name, Verdict.FAILED, f"{one.summary}: {one.detail}", one.hint, problem.exit_code)


def _versions(_session: Session) -> Iterator[Finding]:
    try:
        needed = importlib.metadata.requires("flametree-cfg") or []
    except importlib.metadata.PackageNotFoundError:
        needed = []
    always = [one for one in needed if "extra ==" not in one]  # others are for who asks
    missing = [name for name in map(_distribution, always) if not _installed(name)]
    said = f"flametree-cfg {__version__}, Python {platform.python_version()}, {platform.system()}"
    if missing:
        hint = "install flametree-cfg again, into an environment of its own"
        yield _failed("versions", f"{said}; missing: {', '.join(missing)}", hint)
    else:
        yield Finding("versions", Verdict.OK, said)


def _distribution(requirement: str) -> str:
    match = re.match(r"[A-Za-z0-9._-]+", requirement)
    return match[0] if match else requirement


def _installed(name: str) -> bool:
    try:
        return bool(importlib.metadata.version(name))
    except importlib.metadata.PackageNotFoundError:
        return False


def _types(session: Session) -> Iterator[Finding]:
    added = f", with those of {session.options.schemas}" if session.options.schemas else ""
    yield Finding("types", Verdict.OK, f"{sum(len(session.catalog.types(kind)) for kind in _TYPED)} types{added}")


def _files(session: Session) -> Iterator[Finding]:
    home = session.home
    if not home.is_dir():
        yield Finding("files", Verdict.OK, f"{home} is not there yet; the first apply makes it")
        return
    faults = [
        *_open_to_others(home, 0o700),
        *(fault for name in _OURS for fault in _open_to_others(home / name, 0o600)),
    ]
    for fault, hint in faults:
        yield _failed("files", fault, hint, ExitCode.DENIED)
    if not faults:
        yield Finding("files", Verdict.OK, f"{home} is ours alone")


def _open_to_others(path: Path, mode: int) -> Iterator[tuple[str, str]]:
    try:
        found = path.lstat()
    except FileNotFoundError:
        return
    except OSError as problem:
        yield f"{path}: {problem.strerror}", "run as the user who owns it"
        return
    if stat.S_ISLNK(found.st_mode):
        yield f"{path} is a symbolic link", "put the real file in its place"
    elif found.st_uid != os.geteuid():
        yield f"{path} belongs to user {found.st_uid}, this runs as {os.geteuid()}", "run as its owner"
    elif stat.S_IMODE(found.st_mode) & ~mode:
        yield f"others may open {path} (mode {stat.S_IMODE(found.st_mode):04o})", f"chmod {mode:04o} {path}"


def _key(session: Session) -> Iterator[Finding]:
    source = "FLAMETREE_KEY" if os.environ.get("FLAMETREE_KEY") is not None else str(session.home / "key")
    keyring = session.keyring
    if keyring is not None:
        yield Finding("key", Verdict.OK, f"{source}: key {keyring.key_id}")
    else:
        hint = "the first apply makes one; if tenants were applied already, set FLAMETREE_KEY or bring the file back"
        yield Finding("key", Verdict.WARNING, f"{source}: there is none", hint)


def _state(session: Session) -> Iterator[Finding]:
    url = _shown(session.options.state or f"sqlite:{session.home / 'ledger.db'}")
    tenants = session.ledger.tenants()
    yield Finding("state", Verdict.OK, f"{url}: {len(tenants)} tenants")
    for tenant in tenants:
        pending = session.ledger.read_some(tenant, ()).pending
        if pending:
            detail = f"{tenant}: an apply was interrupted, {len(pending)} operations are in doubt"
            yield Finding("state", Verdict.WARNING, detail, "run `apply` again; it settles them")


def _platform(session: Session) -> Iterator[Finding]:
    url = _shown(session.options.platform or f"sqlite:{session.home / 'registry.db'}")
    identity = session.platform.identity
    if not identity:
        yield Finding("platform", Verdict.OK, f"{url}: not made yet")
    else:
        yield Finding("platform", Verdict.OK, f"{url}: {identity}")
    for tenant in session.ledger.tenants():
        known = session.ledger.read_some(tenant, ()).platform
        if known and known != identity:
            detail = f"{tenant} was applied to {known}, which is another platform"
            yield _failed("platform", detail, "name the right one with --platform", ExitCode.STALE)


def _locks(session: Session) -> Iterator[Finding]:
    held = 0
    for tenant in session.ledger.tenants():
        holder = session.ledger.holder(tenant)
        if holder is not None:
            held += 1
            detail = f"{tenant}: held by {holder.who} on {holder.host}, pid {holder.pid}, since {holder.since}"
            yield Finding("locks", Verdict.WARNING, detail, "wait for it; `state unlock` breaks a dead one's lock")
    if not held:
        yield Finding("locks", Verdict.OK, "nobody holds one")


def _clock(session: Session) -> Iterator[Finding]:
    now = _moment(session.options.outside.now())
    newest = max(
        (_moment(runs[0].at) for tenant in session.ledger.tenants() if (runs := session.ledger.history(tenant))),
        default=now,
    )
    behind = (newest - now).total_seconds()
    if behind > CLOCK_S:
        yield _failed(
            "clock", f"it is {behind:.0f} s behind the newest apply ({newest.isoformat()})", "set it, or the other one"
        )
    else:
        yield Finding("clock", Verdict.OK, now.isoformat())


def _moment(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _failed(name: str, detail: str, hint: str, code: ExitCode = ExitCode.CHECK_FAILED) -> Finding:
    return Finding(name, Verdict.FAILED, detail, hint, code)


def _shown(url: str) -> str:
    """Show where a URL leads without who goes there: a password may stand in it."""
    if "//" not in url:
        return url
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return url.partition(":")[0]
    return f"{parts.scheme}://{parts.hostname or ''}{port}{parts.path}"
