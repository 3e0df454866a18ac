"""Checks of stored objects: call their providers, and keep what was found as the dots that the portal shows."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import TYPE_CHECKING

from msgspec import Struct

from flametree_cfg.model import Checked
from flametree_cfg.platform.embedded.rows import chunks
from flametree_cfg.platform.embedded.subjects import read_subjects
from flametree_cfg.platform.verification import Verification
from flametree_cfg.probe import Result
from flametree_cfg.schema import Catalog
from flametree_cfg.sql import Database, registry

if TYPE_CHECKING:
    from flametree_cfg.secret import Keyring

Told = Callable[[Checked], None]


class HealthCheck(Struct, frozen=True):
    """
    Checks some objects of a tenant.

    Args:
        database: of the registry; no transaction is open while a provider is waited for.
        catalog: the types.
        keyring: opens the secrets.
        verification: where calls may go.
        now: UTC in ISO 8601.
    """

    database: Database
    catalog: Catalog
    keyring: Keyring | None
    verification: Verification
    now: Callable[[], str]

    def run(
        self, tenant: str, platform_ids: Collection[str], asked: Collection[str], told: Told
    ) -> tuple[Checked, ...]:
        """Check them; one result for each that can be checked at all, in order of ids. Stores nothing."""
        with self.database.reading():
            subjects = read_subjects(self.database, self.catalog, self.keyring, tenant, platform_ids, asked=asked)
        found = [self._checked(result, told) for result in subjects.unready]
        self.verification.check(subjects.requests, told=lambda result: found.append(self._checked(result, told)))
        return tuple(sorted(found, key=lambda one: one.subject))

    def _checked(self, result: Result, told: Told) -> Checked:
        checked = Checked(
            result.subject,
            result.health,
            result.finding.value,
            result.message,
            self.now(),
            round(result.duration_s, 3),
        )
        told(checked)
        return checked


def versions_of(database: Database, platform_ids: Iterable[str]) -> dict[str, int]:
    """Give the versions of objects, so that what is found can be kept for those that are still the same."""
    found: dict[str, int] = {}
    for chunk in chunks(platform_ids):
        found.update(database.query(registry.some_versions(len(chunk)), chunk))
    return found


def keep_health(database: Database, found: Iterable[Checked], versions: Mapping[str, int]) -> None:
    """
    Keep what was found, inside the caller's transaction.

    An object that was changed meanwhile keeps what it has: what was found is of its settings before. Neither its
    version nor the tenant's revision grows, as nothing that anybody manages is another: plans and agreements hold.
    """
    database.execute_many(
        registry.SET_HEALTH,
        [
            (one.health.value, one.message, one.at, one.subject, versions[one.subject])
            for one in found
            if one.subject in versions
        ],
    )
