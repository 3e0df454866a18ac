"""Secrets in plans: rotated, moved to another reference, not checked here; never their values."""

from __future__ import annotations

from msgspec.structs import replace

from flametree_cfg.model import Note, connector
from flametree_cfg.plan import plan_digest
from flametree_cfg.schema import Catalog
from tests.oracle.platform import Sealed
from tests.plan.conftest import Apply, Declare
from tests.plan.sides import Applied, Environment
from tests.plan.texts import agent, lines, llm


def resolving(sides: Applied, **values: str) -> Applied:
    """Let references stand for other values; "" is one that does not resolve here."""
    return replace(sides, secrets=Environment({f"${{env:{name}}}": value for name, value in values.items()}))


def test_rotated(applied: Apply, declare: Declare, catalog: Catalog) -> None:
    """A reference that stands for another value now is sent, and called rotated."""
    text = f"connectors: {{a: {llm('Ann', token='KEY')}}}"
    before = resolving(applied(text), KEY="new")
    plan = before.plan(declare(text), catalog)
    after = before.carry_out(plan)

    assert lines(plan) == ["update connector.a settings.access_token"]
    assert plan.operations[0].changes[0].note is Note.ROTATED
    assert after.platform.objects["u1"]["settings"]["access_token"] == Sealed("new")
    assert after.plan(declare(text), catalog).empty


def test_same_value_elsewhere(applied: Apply, declare: Declare, catalog: Catalog) -> None:
    """Another reference is a change, whatever it stands for: what is approved must not depend on values."""
    before = resolving(applied("connectors: {}"), KEY="same", OTHER="same")
    before = before.carry_out(before.plan(declare(f"connectors: {{a: {llm('Ann', token='KEY')}}}"), catalog))
    plan = before.plan(declare(f"connectors: {{a: {llm('Ann', token='OTHER')}}}"), catalog)

    assert lines(plan) == ["update connector.a settings.access_token"]
    assert plan.operations[0].changes[0].note is Note.NONE
    settings = before.carry_out(plan).stored.entries[connector("a")].resource.settings
    assert settings["access_token"].reference == "${env:OTHER}"


def test_not_checked_here(applied: Apply, declare: Declare, catalog: Catalog) -> None:
    """A reference that does not resolve here is not rotated: it is listed, and the ledger keeps what it knows."""
    text = f"connectors: {{a: {llm('Ann', token='KEY')}}}"
    before = applied(text)
    plan = resolving(before, KEY="").plan(declare(text), catalog)

    assert plan.empty
    assert plan.not_checked == ("connector.a settings.access_token",)
    assert before.carry_out(plan).stored.entries == before.stored.entries


def test_another_reference_unresolved(applied: Apply, declare: Declare, catalog: Catalog) -> None:
    """Another reference that does not resolve here is a change all the same: apply will need its value."""
    before = resolving(applied(f"connectors: {{a: {llm('Ann', token='KEY')}}}"), OTHER="")
    plan = before.plan(declare(f"connectors: {{a: {llm('Ann', token='OTHER')}}}"), catalog)

    assert lines(plan) == ["update connector.a settings.access_token"]


def test_digest_knows_no_fingerprint(applied: Apply, declare: Declare, catalog: Catalog) -> None:
    """What is approved holds references: a plan made where nothing resolves has the same digest."""
    before = applied("connectors: {}")
    tenant = declare(f"connectors: {{a: {llm('Ann', token='KEY')}}}")

    assert plan_digest(before.plan(tenant, catalog)) == plan_digest(resolving(before, KEY="").plan(tenant, catalog))


def test_secret_in_an_environment(applied: Apply, declare: Declare, catalog: Catalog) -> None:
    """A variable that becomes secret, or is one no longer, is a change."""
    before = applied(f"agents: {{x: {agent('Xen', 'environment: {TOKEN: plain}')}}}")
    secret = 'environment: {TOKEN: {secret: "${env:TOKEN}"}}'
    text = f"agents: {{x: {agent('Xen', secret)}}}"
    after = before.carry_out(before.plan(declare(text), catalog))

    assert after.platform.objects["u1"]["environment"] == {"TOKEN": Sealed("value of ${env:TOKEN}")}
    assert lines(after.plan(declare(f"agents: {{x: {agent('Xen', 'environment: {TOKEN: plain}')}}}"), catalog)) == [
        "update agent.x environment.TOKEN"
    ]
