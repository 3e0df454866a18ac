"""Tests of `plan/sweep.py` and `plan/near.py`: a plan of the part that a change concerns is the plan of the whole."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from flametree_cfg.errors import ConfigInvalid
from flametree_cfg.invariants import check_tenant
from flametree_cfg.model import (
    Address,
    Declaration,
    Kind,
    LiveTenant,
    Resource,
    Secret,
    Sketch,
    Stored,
    Tenant,
    sketch_of,
)
from flametree_cfg.plan import Plan, Reading, make_plan, mentioned, near, part_of, sweep, versions
from flametree_cfg.state import read_all_fields
from flametree_cfg.state.body import write_json
from tests.plan.documents import CATALOG, Draw, documents, read
from tests.plan.sides import Applied, printed, texts_of
from tests.plan.story import Chapter, tell
from tests.plan.test_properties import STORIES

pytestmark = pytest.mark.timeout(1800)  # seconds: finding the smallest story that fails takes minutes


@settings(STORIES, max_examples=2 * STORIES.max_examples)
@given(data=st.data())
def test_a_part_is_enough(data: st.DataObject) -> None:
    """What is near a change gives the same plan as everything; and the same refusals, and findings."""
    tell(data.draw, _compare)


@settings(STORIES, max_examples=2 * STORIES.max_examples)
@given(data=st.data())
def test_a_part_is_enough_where_nobody_else_is(data: st.DataObject) -> None:
    """The same alone on the platform, where parts are smaller."""
    tell(data.draw, _compare, alone=True)


def _compare(told: Chapter) -> None:
    tenant = printed(told.tenant, told.before.secrets)
    part = _part(tenant, told.before)
    if part is None:
        return
    reduced, stored, live = part
    assert not [found for found in check_tenant(reduced, CATALOG) if found.severity == "error"]
    try:
        plan: Plan | None = make_plan(reduced, stored, live, CATALOG)
    except ConfigInvalid:
        plan = None
    if plan is not None and told.plan is not None:
        assert replace(plan, checks=0, warnings=()) == replace(told.plan, checks=0, warnings=())
        assert set(plan.warnings) <= set(told.plan.warnings)
    assert (plan is None) == (told.plan is None)


def _part(tenant: Tenant, sides: Applied) -> tuple[Tenant, Stored, LiveTenant] | None:
    live = sides.live
    compared = Reading(
        lambda fields: ",".join(map(write_json, fields)).encode(), read_all_fields, lambda fields: fields
    )
    swept = sweep(tenant.declarations, compared, texts_of(sides.stored), live.objects)
    if swept is None:
        return None
    stored = _some(sides.stored, swept.changed)
    seen = _objects(live, {*stored.ids().values(), *swept.outside})
    ids = {address: one for address, one in sides.stored.ids().items() if one in mentioned(seen)}
    changed, outside = versions(swept.changed, tenant.declarations, stored, seen, ids)
    if any(declared.previously for address, declared in tenant.declarations.items() if address in swept.changed):
        return None
    found = near(changed, outside, _sketches(tenant), CATALOG)
    if found is None:
        return None
    stored = _some(sides.stored, found.addresses)
    ids = {*stored.ids().values(), *swept.outside}
    return part_of(tenant, found.addresses), stored, _objects(live, ids)


def _some(stored: Stored, addresses: frozenset[Address]) -> Stored:
    return replace(stored, entries={a: entry for a, entry in stored.entries.items() if a in addresses})


def _objects(live: LiveTenant, ids: set[str]) -> LiveTenant:
    return replace(live, objects=tuple(item for item in live.objects if item.id in ids))


def _sketches(tenant: Tenant) -> Iterator[Sketch]:
    return (sketch_of(declaration.resource) for declaration in tenant.declarations.values())


@settings(STORIES, max_examples=4 * STORIES.max_examples)
@given(data=st.data())
def test_a_part_shows_what_is_wrong(data: st.DataObject) -> None:
    """Whatever breaks in a tenant that was right is found in the part that is near what changed."""
    before = read(data.draw(documents()))
    assert before is not None
    declarations = dict(before.declarations)
    for _ in range(data.draw(st.integers(1, 2))):
        _spoil(data.draw, declarations)
    after = replace(before, declarations=declarations)
    changed = {
        address: [sides[address].resource for sides in (before.declarations, declarations) if address in sides]
        for address in {*before.declarations, *declarations}
        if before.declarations.get(address) != declarations.get(address)
    }
    found = near(changed, (), _sketches(after), CATALOG)
    if found is not None:
        assert _errors(part_of(after, found.addresses)) == _errors(after)


def _errors(tenant: Tenant) -> list[tuple[str, str]]:
    return [(one.code, one.address) for one in check_tenant(tenant, CATALOG) if one.severity == "error"]


def _spoil(draw: Draw, declarations: dict[Address, Declaration]) -> None:
    """Do to one declaration what people do: give it another's name or settings, take it away, double it, relink it."""
    if not declarations:
        return
    address = draw(st.sampled_from(sorted(declarations)))
    declaration = declarations[address]
    twin = declarations[
        draw(st.sampled_from([one for one in sorted(declarations) if one.kind is address.kind]))
    ].resource
    resource = declaration.resource
    match draw(st.sampled_from(["name", "settings", "gone", "double", "link", "switch"])):
        case "name" if resource.name:
            resource = resource.with_fields(name=twin.name)
        case "settings" if twin.type == resource.type and twin.settings:
            resource = resource.with_fields(settings=twin.settings)
        case "gone":
            del declarations[address]
            return
        case "double" if address.kind is not Kind.ATTACHMENT:
            resource = replace(resource, address=Address(address.kind, address.key + "-2"))
        case "link" if resource.fields.get("connectors"):
            role = draw(st.sampled_from(sorted(resource.fields["connectors"])))
            wanted = draw(
                st.sampled_from([one.key for one in sorted(declarations) if one.kind is Kind.CONNECTOR] or ["k"])
            )
            resource = resource.with_fields(connectors={**resource.fields["connectors"], role: [wanted]})
        case "switch":
            name = {Kind.ATTACHMENT: "inbound", Kind.CONNECTOR: "default"}.get(address.kind, "running")
            resource = resource.with_fields(**{name: not resource.fields.get(name)})
    declarations[resource.address] = replace(declaration, resource=resource)


def _zoo(**sections: object) -> Tenant:
    tenant = read({"tenant": "zoo", **sections})
    assert tenant is not None
    return tenant


def _bot(key: str, credential: str) -> dict[str, object]:
    return {"type": "telegram", "name": key.upper(), "settings": {"bot_token": f"${{env:{credential}}}"}}


BOTS = {"c1": _bot("c1", "SAME"), "c2": _bot("c2", "SAME"), "c3": _bot("c3", "OTHER")}


def _near(tenant: Tenant, *changed: str) -> set[str]:
    """Give what is near a change of the description of these addresses, without what is changed itself."""
    versions = {}
    for address, declaration in tenant.declarations.items():
        if str(address) in changed:
            resource = declaration.resource
            versions[address] = [resource, resource.with_fields(description="changed")]
    found = near(versions, (), _sketches(tenant), CATALOG)
    assert found is not None
    assert len(versions) == len(changed)
    return {str(address) for address in found.addresses} - set(changed)


def test_twins_of_a_credential() -> None:
    """Where one of two bots with one token changes, the other is looked at too; one with its own token is not."""
    assert _near(_zoo(channels=BOTS), "channel.c1") == {"channel.c2"}
    assert _near(_zoo(channels=BOTS), "channel.c3") == set()


def test_twins_of_a_credential_that_is_given_up() -> None:
    """A token that the bot had before, or gets now, counts as well as the one that its YAML says."""
    sketches = _sketches(_zoo(channels=BOTS))
    before = Resource(Address(Kind.CHANNEL, "c3"), {"name": "C3", "settings": {"bot_token": Secret("${env:SAME}")}})
    after = Resource(before.address, {"name": "C3", "settings": {"bot_token": Secret("${env:OTHER}")}})
    found = near({before.address: [before, after]}, (), sketches, CATALOG)

    assert found is not None
    assert {str(address) for address in found.addresses} == {"channel.c1", "channel.c2", "channel.c3"}


AGENTS = {
    "a1": {"type": "inbound", "name": "A1", "channels": {"c1": {"inbound": True}}},
    "a2": {"type": "inbound", "name": "A2", "channels": {"c1": {}, "c3": {"inbound": True}}},
    "a3": {"type": "inbound", "name": "A3", "channels": {"c2": {}}},
}


def test_twins_of_the_credential_of_an_attached_channel() -> None:
    """Where an attachment changes, its channel's token is looked for elsewhere: two agents may answer on one bot."""
    found = _near(_zoo(channels=BOTS, agents=AGENTS), "attachment.a1/c1")

    assert "channel.c2" in found
    assert {"attachment.a3/c2", "agent.a3"} <= found


def test_channels_of_agents() -> None:
    """Where an agent changes, the channels it is on are concerned, and whoever else is on those."""
    found = _near(_zoo(channels=BOTS, agents=AGENTS), "agent.a1")

    assert found == {"attachment.a1/c1", "attachment.a2/c1", "channel.c1", "agent.a2"}


def test_channels_of_agents_of_a_connector() -> None:
    """Where a connector changes, its agents are concerned, and their channels with them."""
    model = {"api_url": "https://llm.example/v1", "access_token": "${env:X}", "model_name": "m", "temperature": 0}
    connectors = {"k1": {"type": "llm", "name": "K1", "settings": model}}
    agents = {**AGENTS, "a1": {**AGENTS["a1"], "connectors": {"llm": "k1"}}}
    found = _near(_zoo(connectors=connectors, channels=BOTS, agents=agents), "connector.k1")

    assert found == {"agent.a1", "attachment.a1/c1", "attachment.a2/c1", "channel.c1", "agent.a2"}
