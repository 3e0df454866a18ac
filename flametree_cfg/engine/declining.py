"""Let drift be: write into the reviewed list of a tenant's folder what is to be ignored, until when and why."""

from __future__ import annotations

from pathlib import Path

from flametree_cfg.config.characters import forbidden_in
from flametree_cfg.config.ignorefile import Rule, add_ignore, is_day
from flametree_cfg.diff import fill_secrets
from flametree_cfg.engine.choosing import read_one, read_subject
from flametree_cfg.engine.options import Options
from flametree_cfg.engine.session import Session
from flametree_cfg.errors import ConfigInvalid, WrongUsage, error
from flametree_cfg.model import Resource, Secret, Value, live_snapshot
from flametree_cfg.schema import Catalog


def ignore_drift(path: str | Path, subject: str, until: str, reason: str, options: Options) -> tuple[str, Rule]:
    """
    Add to what plans and drift checks of a tenant let be.

    Args:
        path: the folder of one tenant.
        subject: `ADDRESS[.FIELD]`.
        until: the last day, `YYYY-MM-DD`; not a past one.
        reason: for whoever reviews it.

    Returns:
        The file that it was written into, and the rule.

    Raises:
        WrongUsage: no such object or field, a day that is none or has passed, or no reason.
        ConfigInvalid: the list cannot be used as it is.
    """
    address, field = read_subject(subject)
    rule = Rule(address, field, until.strip(), " ".join(reason.split()))
    today = options.outside.now()[:10]
    _refuse_day(rule, today)
    with Session(options, [path]) as session:
        folder, name = _folder(path, session)
        _refuse_unknown(rule, name, session)
    return add_ignore(folder, rule, today), rule


def _refuse_day(rule: Rule, today: str) -> None:
    if not is_day(rule.until) or rule.until < today:
        said = "it has passed" if is_day(rule.until) else "it is no day"
        raise WrongUsage(error("bad-day", "Ignored until when?", f"{rule.until!r}: {said}", "--until YYYY-MM-DD"))
    if not rule.reason:
        raise WrongUsage(error("no-reason", "Ignored why?", "--reason is empty", "say it for whoever reviews the list"))
    for _, character, _ in forbidden_in(f"{rule.field}{rule.reason}"):
        raise WrongUsage(error("no-reason", "Ignored why?", f"{character} may not stand in the list", "leave it out"))


def _folder(path: str | Path, session: Session) -> tuple[str, str]:
    reading, _ = read_one(path, session)
    if not reading.name:
        raise ConfigInvalid(*reading.diagnostics)
    return reading.folder, reading.name


def _refuse_unknown(rule: Rule, tenant: str, session: Session) -> None:
    """A misspelt line would let nothing be, and nobody would notice."""
    stored = session.ledger.read(tenant)
    live, _ = live_snapshot(session.platform.read(tenant), stored.ids())
    entry, seen = stored.entries.get(rule.address), live.resources.get(rule.address)
    if entry is None and seen is None:
        said = f"{rule.address} is neither in the ledger nor on the platform"
        raise WrongUsage(error("no-such-object", "There is no such object", said, "`drift check` lists what drifted"))
    if not rule.field:
        return
    known = [entry.resource] if entry else []
    known += [fill_secrets(seen, entry.resource, session.catalog) if entry else seen] if seen else []
    values = [value for side in known for value in _values(side, rule.field, session.catalog)]
    if not values:
        said = f"{rule.address} has no field `{rule.field}`"
        raise WrongUsage(error("no-such-field", "There is no such field", said, "`drift check` names fields in full"))
    if all(isinstance(value, Secret) for value in values):
        said = f"{rule.subject} is a secret, and no platform reports its value"
        hint = "nothing about it is ever reported as changed, so there is nothing to ignore"
        raise WrongUsage(error("not-observable", "Drift of a secret is not observable", said, hint))


def _values(side: Resource, field: str, catalog: Catalog) -> list[Value]:
    """Give what stands at a field, accounts by their key; empty where there is none of its name."""
    spec = catalog.get(side.address.kind, side.type)
    accounts = spec.accounts if spec else None
    found: list[tuple[str, Value]] = [("", dict(side.fields))]
    values = []
    while found:
        name, value = found.pop()
        if name == field:
            values.append(value)
        elif not name or field.startswith(f"{name}."):
            below = value
            if accounts and name == f"settings.{accounts.setting}" and isinstance(value, list):
                below = {str(one.get(accounts.key)): one for one in value}
            if isinstance(below, dict):
                found += [(f"{name}.{key}" if name else str(key), item) for key, item in below.items()]
    if not values and field.startswith("settings.") and spec:
        known = spec.schema.get("properties", {})
        values = [None] if field.removeprefix("settings.") in known else []
    return values
