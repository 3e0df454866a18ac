"""What a check needs to know of stored objects: settings with their secrets opened, in this process only."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from flametree_cfg.errors import AccessDenied, Diagnostic, Path, error
from flametree_cfg.model import Health, LiveObject, Value
from flametree_cfg.platform.embedded.fields import put_secret
from flametree_cfg.platform.embedded.rows import Reader, chunks, path_from_text, path_text
from flametree_cfg.probe import Finding, Request, Result
from flametree_cfg.schema import Accounts, Catalog
from flametree_cfg.sql import Database, registry

if TYPE_CHECKING:
    from flametree_cfg.secret import Keyring


class Subjects(Struct, frozen=True):
    """
    Objects, as the room of checks takes them.

    Attributes:
        requests: their subject is the platform id.
        unready: why others cannot be checked, with their platform id as subject.
    """

    requests: tuple[Request, ...]
    unready: tuple[Result, ...] = ()


def read_subjects(
    database: Database,
    catalog: Catalog,
    keyring: Keyring | None,
    tenant: str,
    platform_ids: Collection[str],
    *,
    asked: Collection[str] = (),
) -> Subjects:
    """
    Read connectors and channels that a tenant sees, inside the caller's transaction; others are left out.

    Args:
        database: of the registry.
        catalog: the types, with how each is checked.
        keyring: opens the secrets; without it, what has any is not checked.
        tenant: whose.
        platform_ids: of what is to be checked, and of nothing else.
        asked: those of them that a person named.
    """
    sealed = _sealed(database, platform_ids)
    requests: list[Request] = []
    unready: list[Result] = []
    for live in Reader(database, catalog).some(tenant, platform_ids):
        spec = catalog.get(live.kind, str(live.fields["type"]))
        if "settings" not in live.fields:
            continue
        check = spec.check if spec else None
        try:
            opened = _opened(keyring, tenant, live, sealed.get(live.id, {}) if check else {})
        except AccessDenied as problem:
            unready.append(_unready(live.id, problem))
            continue
        settings = _with(live, opened, spec.accounts if spec else None)
        secrets = tuple(opened.values())
        requests.append(Request(live.id, str(live.fields["type"]), check, settings, secrets, live.id in asked))
    return Subjects(tuple(requests), tuple(unready))


def _sealed(database: Database, platform_ids: Collection[str]) -> dict[str, dict[Path, str]]:
    found: dict[str, dict[Path, str]] = {}
    for chunk in chunks(platform_ids):
        for owner, path, text in database.query(registry.some_sealed(len(chunk)), chunk):
            found.setdefault(owner, {})[path_from_text(path)] = text
    return found


def _opened(keyring: Keyring | None, tenant: str, live: LiveObject, sealed: Mapping[Path, str]) -> dict[Path, str]:
    """
    Open an object's secrets; those of its environment are none of a check's business.

    Raises:
        AccessDenied: there is no key, or it is another one.
    """
    wanted = {path: text for path, text in sealed.items() if path[0] == "settings"}
    if wanted and keyring is None:
        raise AccessDenied(_no_key())
    owner = registry.PUBLIC_TENANT if live.system else tenant
    return {path: keyring.unseal(text, (owner, live.id, path_text(path))) for path, text in wanted.items() if keyring}


def _with(live: LiveObject, opened: Mapping[Path, str], accounts: Accounts | None) -> Mapping[str, Any]:
    fields: dict[str, Value] = {"settings": dict(live.fields["settings"])}
    for path, value in opened.items():
        put_secret(fields, path, value, accounts)
    settings: Mapping[str, Any] = fields["settings"]
    return settings


def _unready(platform_id: str, problem: AccessDenied) -> Result:
    reason = problem.diagnostics[0]
    message = f"its secrets cannot be opened here: {reason.detail}; {reason.hint}"
    return Result(platform_id, Health.NOT_CHECKED, Finding.SEALED, message)


def _no_key() -> Diagnostic:
    return error("no-key", "There is no key to open secrets with", "there is no key", "set FLAMETREE_KEY")
