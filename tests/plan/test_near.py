"""Tests of `plan/sweep.py` and `plan/near.py`: a plan of the part that a change concerns is the plan of the whole."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flametree_cfg.errors import ConfigInvalid
from flametree_cfg.invariants import check_tenant
from flametree_cfg.model import Address, Declaration, Kind, LiveTenant, Stored, Tenant
from flametree_cfg.plan import Line, Plan, make_plan, mentioned, near, part_of, sweep, versions
from tests.plan.documents import CATALOG, Draw, documents, read
from tests.plan.sides import Applied, printed
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
    swept = sweep(tenant.declarations, lambda fields: fields, sides.stored.entries.values(), live.objects)
    if swept is None:
        return None
    stored = _some(sides.stored, swept.changed)
    seen = _objects(live, {*stored.ids().values(), *swept.outside})
    ids = {address: one for address, one in sides.stored.ids().items() if one in mentioned(seen)}
    changed, outside = versions(swept.changed, tenant.declarations, stored, seen, ids)
    if any(declared.previously for address, declared in tenant.declarations.items() if address in swept.changed):
        return None
    found = near(changed, outside, _lines(tenant), CATALOG)
    if found is None:
        return None
    stored = _some(sides.stored, found.addresses)
    ids = {*stored.ids().values(), *swept.outside}
    return part_of(tenant, found.addresses), stored, _objects(live, ids)


def _some(stored: Stored, addresses: frozenset[Address]) -> Stored:
    return replace(stored, entries={a: entry for a, entry in stored.entries.items() if a in addresses})


def _objects(live: LiveTenant, ids: set[str]) -> LiveTenant:
    return replace(live, objects=tuple(item for item in live.objects if item.id in ids))


def _lines(tenant: Tenant) -> Iterator[Line]:
    for address, declaration in tenant.declarations.items():
        resource = declaration.resource
        yield Line(Kind(address.kind).value, address.key, resource.external or resource.system, resource.fields)


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
    found = near(changed, (), _lines(after), CATALOG)
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
