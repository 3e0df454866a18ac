"""What changed behind our back."""

from __future__ import annotations

from flametree_cfg.config import load_catalog
from flametree_cfg.drift import Drift, DriftKind, find_drift
from flametree_cfg.model import (
    MASKED,
    Address,
    FieldChange,
    Resource,
    Secret,
    Snapshot,
    Value,
    agent,
    attachment,
    connector,
)

CATALOG = load_catalog()
A = connector("a")


def llm(address: Address = A, **fields: Value) -> Resource:
    """Make an LLM."""
    return Resource(address, {"type": "llm", "name": "Ann", "settings": {"model_name": "m-1"}, **fields})


def drift(stored: list[Resource], live: list[Resource], clean: set[Address] | None = None) -> tuple[Drift, ...]:
    """Find drift between two lists of resources."""
    sides = (Snapshot("zoo", {resource.address: resource for resource in side}) for side in (stored, live))
    return find_drift(*sides, CATALOG, clean or ())


def test_nothing_moved() -> None:
    """Two sides that agree have no drift."""
    assert drift([llm()], [llm()]) == ()


def test_changed() -> None:
    """A change is told as what we applied and what the platform has now."""
    found = drift([llm(description="Ours.")], [llm(description="Theirs.", name="Ann")])

    assert found == (Drift(A, DriftKind.CHANGED, "llm", "Ann", (FieldChange(("description",), "Ours.", "Theirs."),)),)


def test_deleted() -> None:
    """What is gone is told by the name it had."""
    assert drift([llm()], []) == (Drift(A, DriftKind.DELETED, "llm", "Ann"),)


def test_added_outside() -> None:
    """What nobody's ledger knows was added, attachments included; system connectors never are."""
    foreign = llm(connector("id:1"))
    attached = Resource(attachment("x", "id:2"), {"agent": "x", "channel": "id:2", "inbound": True})
    shared = Resource(connector("id:3"), {"type": "llm", "name": "Shared"}, system=True)

    assert [(one.address, one.kind) for one in drift([], [foreign, attached, shared])] == [
        (attached.address, DriftKind.ADDED),
        (foreign.address, DriftKind.ADDED),
    ]


def test_only_what_we_applied() -> None:
    """A field that we never applied is the portal's to change, a strange setting another hand's."""
    live = llm(instructions="Theirs.", settings={"model_name": "m-1", "strange": 1})

    assert drift([llm()], [live]) == ()


def test_only_roles_we_applied() -> None:
    """Links under a role that we never declared are no drift."""
    x = agent("x")
    ours = Resource(x, {"type": "inbound", "name": "Xen", "connectors": {"llm": "a"}})

    assert drift([ours], [ours.with_fields(connectors={"llm": "a", "mcp": ["m"]})]) == ()
    assert [one.kind for one in drift([ours], [ours.with_fields(connectors={"mcp": ["m"]})])] == [DriftKind.CHANGED]


def test_secrets_are_not_seen() -> None:
    """A secret that the platform masks is filled from the ledger first; one that is gone there is drift."""
    secret = Secret("${env:KEY}", "k1:aa")
    ours = llm(settings={"access_token": secret})

    assert drift([ours], [llm(settings={"access_token": secret})]) == ()
    assert [one.fields[0].after for one in drift([ours], [llm(settings={})])] == [None]


def test_secret_set_by_others() -> None:
    """A secret where we set none is drift: somebody set it."""
    found = drift([llm(settings={})], [llm(settings={"access_token": MASKED})])

    assert [(one.fields[0].path, one.fields[0].after) for one in found] == [(("settings", "access_token"), MASKED)]


def test_clean_is_passed_over() -> None:
    """What the plan already knows to agree is not compared again."""
    assert drift([llm()], [llm(description="Theirs.")], {A}) == ()


def test_sorted() -> None:
    """Drift is sorted by address, whatever the order of the sides."""
    found = drift([llm(connector("b")), llm(connector("a"))], [llm(connector("id:1"))])

    assert [str(one.address) for one in found] == ["connector.a", "connector.b", "connector.id:1"]
