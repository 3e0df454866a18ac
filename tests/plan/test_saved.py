"""Plan files: read back as written, or not at all."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from flametree_cfg.errors import PlanStale
from flametree_cfg.model import FieldChange, Operation, Resource, Secret, Value, connector, map_secrets
from flametree_cfg.plan import plan_body, plan_digest
from flametree_cfg.plan.saved import SavedPlan, SavedTenant, operations_of, overall_digest, read_saved, write_saved
from tests.plan.test_digest import PLAN

TENANT = SavedTenant(
    PLAN.tenant,
    "tenants/acme",
    plan_body(PLAN),
    plan_digest(PLAN),
    "lineage",
    3,
    "platform",
    "c0ffee",
    (connector("a"),),
)
SAVED = SavedPlan("0123", "0.1.0", "2026-11-21T00:00:00+00:00", "2026-11-28T00:00:00+00:00", (TENANT,))
DATA = write_saved(SAVED)


def bare(value: Value) -> Value:
    """Take fingerprints away."""
    return map_secrets(value, lambda _path, secret: Secret(secret.reference))


def as_read(operation: Operation) -> Operation:
    """Give an operation as a file holds it: without fingerprints and reason; what has no order is sorted."""

    def resource(one: Resource | None) -> Resource | None:
        return one and replace(one, address=operation.address, fields=bare(one.fields))

    before = resource(operation.before)
    if before and operation.previous:
        before = replace(before, address=operation.previous)
    changes = [FieldChange(c.path, bare(c.before), bare(c.after), c.note) for c in operation.changes]
    return replace(
        operation,
        before=before,
        after=resource(operation.after),
        changes=tuple(sorted(changes, key=lambda c: c.path)),
        preconditions=tuple(sorted(operation.preconditions, key=lambda p: (p.check, p.subject, p.path))),
        effects=tuple(sorted(operation.effects, key=lambda e: (e.address, e.path))),
        reason="",
    )


def test_read_back() -> None:
    """Everything a plan can hold comes back."""
    read = read_saved(DATA)

    assert replace(read, tenants=()) == replace(SAVED, tenants=())
    assert read.tenants[0].rotated == TENANT.rotated
    assert read.digest == plan_digest(PLAN)
    assert operations_of(read.tenants[0].body) == tuple(as_read(operation) for operation in PLAN.operations)


@pytest.mark.parametrize("share", range(4))
def test_cut_anywhere(share: int) -> None:
    """Cut at any byte, it is no plan."""
    for end in range(share, len(DATA), 4):
        with pytest.raises(PlanStale):
            read_saved(DATA[:end])


@pytest.mark.parametrize("share", range(4))
def test_altered_anywhere(share: int) -> None:
    """With any byte changed, added or taken away, it is no plan."""
    for at in range(share, len(DATA), 4):
        for other in (
            DATA[:at] + bytes([DATA[at] ^ (1 << at % 8)]) + DATA[at + 1 :],
            DATA[:at] + b" " + DATA[at:],
            DATA[:at] + DATA[at + 1 :],
        ):
            with pytest.raises(PlanStale):
                read_saved(other)


def test_digest_of_many() -> None:
    """Of one tenant the digest is its own; of many it names them all, whatever their order."""
    assert overall_digest({"a": "1"}) == "1"
    assert overall_digest({"a": "1", "b": "2"}) == overall_digest({"b": "2", "a": "1"}) != overall_digest({"a": "1"})


def test_signed_nonsense() -> None:
    """A body that is none is refused, even with the right checksum."""
    for body in ({"tenant": "x", "operations": [{}]}, {"tenant": "x"}, {"tenant": "x", "operations": [{"id": 1}]}):
        with pytest.raises(PlanStale):
            operations_of(body)
