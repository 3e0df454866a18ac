"""Remember that YAML, ledger and platform agreed on everything, so that what did not move is not compared again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from contextlib import suppress

import msgspec
from msgspec import Struct

from flametree_cfg.config import TenantReading, cache_name
from flametree_cfg.drift import DriftKind
from flametree_cfg.engine.options import Options
from flametree_cfg.engine.session import Session
from flametree_cfg.errors import FlametreeError
from flametree_cfg.model import Hiding
from flametree_cfg.plan import Plan

AGREED = ".agreed"
"""How the names of files end that hold one."""


class Agreement(Struct, frozen=True):
    """
    The state of all sides in which a plan found nothing to do.

    Each part names one side's state; if none of them moved, the plan is the same. Nothing secret is in it: of secret
    values only one fingerprint over all of them, which nobody can try values against without the key.

    Attributes:
        content: of the tenant's files.
        base: the files by name and digest, and the sections they have.
        stamp, lineage: of the ledger.
        platform, revision: the platform's identity, and the state of what it shows this tenant.
        references: of all secrets; `secrets` is the fingerprint over their values.
        outside: ids of what the platform has and the ledger does not know.
    """

    tenant: str
    content: str
    base: tuple[tuple[str, str], ...]
    sections: tuple[str, ...]
    stamp: str
    lineage: str
    platform: str
    revision: str
    references: tuple[str, ...]
    secrets: str
    outside: tuple[str, ...]


class Agreed(Hiding, frozen=True):
    """An agreement that holds, and the secrets' values by reference."""

    never_shown = frozenset({"values"})

    agreement: Agreement
    values: Mapping[str, str]


def load_agreement(folder: str, name: str, session: Session, *, declared: str = "") -> Agreement | None:
    """
    Give what was remembered of a tenant, if ledger and platform did not move since.

    Args:
        folder, name, declared: as of a reading.
    """
    lines = session.cache.read(_file(folder, name if declared else "", session)) if session.cache else None
    if lines is None:
        return None
    agreement = msgspec.json.decode(lines[0], type=Agreement)
    return agreement if agreement.tenant == name and unmoved(agreement, session) else None


def load_agreed(folder: str, name: str, session: Session, *, declared: str = "") -> Agreed | None:
    """Give what was remembered, as `load_agreement` does, if the secrets have the values they had."""
    agreement = load_agreement(folder, name, session, declared=declared)
    if agreement is None:
        return None
    resolved = session.resolve(agreement.references, folder)
    if resolved.problems or print_of(resolved.values, agreement.lineage, session) != agreement.secrets:
        return None
    return Agreed(agreement, resolved.values)


def look_up_agreed(folder: str, name: str, session: Session) -> None:
    """Do what `load_agreed` does before it is asked for; what goes wrong will be told then."""
    if session.given is None and compares_all(session.options):
        with suppress(FlametreeError):
            session.looked_up[folder, name] = load_agreed(folder, name, session)


def compares_all(options: Options) -> bool:
    """Tell whether a plan says everything that differs, which is what an agreement is of."""
    return options.refresh and not options.targets and not options.no_delete


def unmoved(agreement: Agreement, session: Session) -> bool:
    """Tell whether ledger and platform are as they were."""
    return (
        agreement.stamp == session.ledger.stamp(agreement.tenant) != ""
        and agreement.platform == session.platform.identity != ""
        and agreement.revision == session.platform.revision(agreement.tenant) != ""
    )


def keep_agreement(basis: Callable[[], Agreement], plan: Plan, reading: TenantReading, session: Session) -> None:
    """Remember the state of all sides, if the plan found nothing to do and nobody moved meanwhile."""
    if not session.cache or not is_clean(plan):
        return
    agreement = basis()
    if unmoved(agreement, session) and reading.parts.keep(all_of_it=True):
        file = _file(reading.folder, reading.name if reading.declared else "", session)
        session.cache.keep(file, [msgspec.json.encode(agreement).decode()])


def is_clean(plan: Plan) -> bool:
    """Tell whether nothing but what others have stands in a plan: nothing to do, to heal, to hold or to tell."""
    to_tell = (plan.operations, plan.ignored, plan.heals, plan.held, plan.unmanaged, plan.warnings, plan.not_checked)
    return not any(to_tell) and all(drift.kind is DriftKind.ADDED for drift in plan.drift)


def print_of(values: Mapping[str, str], lineage: str, session: Session) -> str:
    """Fingerprint all values together, by reference; empty without a key."""
    keyring = session.keyring
    return keyring.fingerprint(lineage, msgspec.json.encode(sorted(values.items())).decode()) if keyring else ""


def _file(folder: str, tenant: str, session: Session) -> str:
    """Name the file; `tenant` for one of several that a folder may be, each under a name that was given."""
    names = [tenant] if tenant else []
    where = json.dumps([*names, session.options.state, session.options.platform, str(session.home)])
    return f"{cache_name(folder)}.{hashlib.sha256(where.encode()).hexdigest()[:12]}{AGREED}"
