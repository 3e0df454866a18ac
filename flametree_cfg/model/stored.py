"""What the ledger keeps: resources we applied, the lock, the history."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from msgspec import Struct

from flametree_cfg.model.address import Address
from flametree_cfg.model.operation import Operation
from flametree_cfg.model.resource import Resource, Snapshot


class Entry(Struct, frozen=True):
    """One resource as last applied; `id` is the platform's. Secrets carry reference and fingerprint."""

    resource: Resource
    id: str
    protected: bool = False


class EntryText(NamedTuple):
    """
    An entry as the ledger keeps it, its fields not read yet.

    Attributes:
        marks: what `entry_marks` gives of it.
        fields: canonical JSON of the resource's fields.
    """

    address: Address
    id: str
    marks: int
    fields: str


def entry_marks(resource: Resource, *, protected: bool) -> int:
    """Name what an entry says beside its fields."""
    return resource.external | resource.system << 1 | protected << 2


class Stored(Struct, frozen=True):
    """
    The ledger of one tenant.

    Attributes:
        lineage: made once, when the tenant is first seen; fingerprints depend on it.
        serial: grows by one with every recorded batch.
        platform: identity of the platform these ids belong to; empty before the first apply.
        pending: journaled operations whose outcome was never recorded (a crash).
    """

    tenant: str
    lineage: str
    serial: int
    platform: str
    entries: Mapping[Address, Entry]
    pending: tuple[Operation, ...] = ()

    def ids(self) -> dict[Address, str]:
        """Give the platform id of every address."""
        return {address: entry.id for address, entry in self.entries.items()}

    def snapshot(self) -> Snapshot:
        """Give the stored state."""
        return Snapshot(self.tenant, {address: entry.resource for address, entry in self.entries.items()})


class Holder(Struct, frozen=True):
    """Who holds (or wants) a lock: told to the next one who waits. `since` is UTC in ISO 8601."""

    who: str
    host: str
    pid: int
    command: str
    since: str = ""


class Lease(Struct, frozen=True):
    """A held lock. Every write compares `epoch`, so a holder that lost it writes nothing."""

    tenant: str
    epoch: int
    holder: Holder


class AppliedRun(Struct, frozen=True):
    """
    One line of history.

    Attributes:
        number: 1 for the first apply of the tenant.
        at: UTC in ISO 8601.
        commit: of the configuration repository, empty outside git.
        digest: of the plan's body.
        duration_s: seconds, whole run; 0 for an interrupted one, of which nobody knows.
        result: `applied`, `partial`, `failed`, or `interrupted`: it was killed, and `operations` are those it had done.
    """

    tenant: str
    number: int
    run: str
    at: str
    who: str
    commit: str
    digest: str
    summary: str
    duration_s: float
    result: str
    serial: int


class ChainCheck(Struct, frozen=True):
    """
    What following the links of a tenant's history gave.

    Attributes:
        dropped: the number of the last run that history let go; 0 if it has all.
        anchor: the link of that run.
        links: of each kept run, by number, as far as they hold.
        broken: the number of the run where the chain breaks first; 0 if it does not.
        why: what is wrong there.
    """

    tenant: str
    dropped: int
    anchor: str
    links: Mapping[int, str]
    broken: int = 0
    why: str = ""

    @property
    def newest(self) -> str:
        """The link of the last run that holds; empty where nothing was ever applied."""
        return self.links[max(self.links)] if self.links else self.anchor


class Undone(Struct, frozen=True):
    """
    One step back through history.

    Attributes:
        number: of the run whose effects it takes back; 0 for what changed after the last run.
        before: what entries that changed were; None for one that was not there. None as a whole where nobody kept it.
    """

    number: int
    before: Mapping[Address, Entry | None] | None
