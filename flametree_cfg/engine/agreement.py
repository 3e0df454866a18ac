"""Remember that YAML, ledger and platform agreed on everything, so that what did not move is not compared again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping

import msgspec
from msgspec import Struct

from flametree_cfg.config import TenantReading, cache_name
from flametree_cfg.drift import DriftKind
from flametree_cfg.engine.session import Session
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


def load_agreement(reading: TenantReading, session: Session) -> Agreement | None:
    """Give what was remembered of a tenant, if ledger and platform did not move since."""
    lines = session.cache.read(_file(reading, session)) if session.cache else None
    if lines is None:
        return None
    agreement = msgspec.json.decode(lines[0], type=Agreement)
    return agreement if agreement.tenant == reading.name and unmoved(agreement, session) else None


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
        session.cache.keep(_file(reading, session), [msgspec.json.encode(agreement).decode()])


def is_clean(plan: Plan) -> bool:
    """Tell whether nothing but what others have stands in a plan: nothing to do, to heal, to hold or to tell."""
    to_tell = (plan.operations, plan.ignored, plan.heals, plan.held, plan.unmanaged, plan.warnings, plan.not_checked)
    return not any(to_tell) and all(drift.kind is DriftKind.ADDED for drift in plan.drift)


def print_of(values: Mapping[str, str], lineage: str, session: Session) -> str:
    """Fingerprint all values together, by reference; empty without a key."""
    keyring = session.keyring
    return keyring.fingerprint(lineage, msgspec.json.encode(sorted(values.items())).decode()) if keyring else ""


def _file(reading: TenantReading, session: Session) -> str:
    tenant = [reading.name] if reading.declared else []  # one folder may be several tenants, each under its name
    where = json.dumps([*tenant, session.options.state, session.options.platform, str(session.home)])
    return f"{cache_name(reading.folder)}.{hashlib.sha256(where.encode()).hexdigest()[:12]}{AGREED}"
