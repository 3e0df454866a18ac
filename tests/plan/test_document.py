"""The body people approve, and its digest."""

from __future__ import annotations

import json

from msgspec.structs import replace

from flametree_cfg.model import connector
from flametree_cfg.plan import plan_body, plan_digest
from flametree_cfg.schema import Catalog
from tests.plan.conftest import Apply, Declare
from tests.plan.texts import llm, telegram


def test_body_is_plain_json(applied: Apply, declare: Declare, catalog: Catalog) -> None:
    """The body is JSON with operations, their fields before and after, and references for secrets."""
    before = applied(f"connectors: {{a: {llm('Ann')}}}")
    body = plan_body(before.plan(declare(f"connectors: {{a: {llm('Ann', model='m-2')}}}"), catalog))

    assert json.loads(json.dumps(body)) == body
    assert [operation["action"] for operation in body["operations"]] == ["update"]
    assert body["operations"][0]["changes"] == [
        {"path": ["settings", "model_name"], "before": "m-1", "after": "m-2", "note": ""}
    ]
    assert body["operations"][0]["before"]["settings"]["access_token"] == {"$secret": "${env:A}"}


def test_order_of_keys(applied: Apply, declare: Declare, catalog: Catalog) -> None:
    """Keys and sections in another order give the same digest."""
    before = applied("connectors: {}")
    one = f"connectors: {{a: {llm('Ann')}, b: {llm('Bea')}}}\nchannels: {{t: {telegram('Tom')}}}"
    settings = 'model_name: m-1, temperature: 0, access_token: "${env:A}", api_url: "https://llm.example/v1"'
    ann = f"{{settings: {{{settings}}}, name: Ann, type: llm}}"
    other = f"channels: {{t: {telegram('Tom')}}}\nconnectors: {{b: {llm('Bea')}, a: {ann}}}"

    assert plan_digest(before.plan(declare(one), catalog)) == plan_digest(before.plan(declare(other), catalog))


def test_another_plan_has_another_digest(applied: Apply, declare: Declare, catalog: Catalog) -> None:
    """Whatever would be done otherwise shows in the digest, what the plan read included."""
    before = applied(f"connectors: {{a: {llm('Ann')}}}")
    drifted = before.changed(connector("a"), description="Theirs.")
    tenant = declare(f"connectors: {{a: {llm('Ann', 'description: Ours.')}}}")
    digests = {plan_digest(side.plan(tenant, catalog)) for side in (before, drifted)}

    assert len(digests) == 2
    assert all(len(digest) == 64 for digest in digests)


def test_serial_is_not_approved(applied: Apply, declare: Declare, catalog: Catalog) -> None:
    """The same plan against a later serial is the same plan."""
    before = applied("connectors: {}")
    later = replace(before, stored=replace(before.stored, serial=7))
    tenant = declare(f"connectors: {{a: {llm('Ann')}}}")

    assert plan_digest(before.plan(tenant, catalog)) == plan_digest(later.plan(tenant, catalog))
    assert later.plan(tenant, catalog).serial == 7
