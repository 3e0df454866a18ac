"""Whose is what: externals, sections that are absent, protections, keys that move, objects made anew."""

from __future__ import annotations

import pytest

from flametree_cfg.diff import Change
from flametree_cfg.drift import DriftKind
from flametree_cfg.errors import ConfigInvalid
from flametree_cfg.model import LEDGER_ONLY, Action, Address, attachment, connector
from flametree_cfg.model import agent as agent_at
from flametree_cfg.plan import Plan
from flametree_cfg.schema import Catalog
from tests.plan.conftest import Apply, Declare
from tests.plan.sides import Applied, apply_to
from tests.plan.texts import agent, external, lines, llm, telegram

SYSTEM = "{type: llm, name: Shared, system: true%s}"


def refusal(sides: Applied, declare: Declare, catalog: Catalog, text: str) -> tuple[str, str]:
    """Give code and address of why no plan is made."""
    with pytest.raises(ConfigInvalid) as refused:
        sides.plan(declare(text), catalog)
    return refused.value.diagnostics[0].code, refused.value.diagnostics[0].address


def change_of(plan: Plan, address: Address) -> Change:
    """Give what a reader is shown of an address."""
    return next(change for change in plan.changes if change.address == address)


def shared(sides: Applied) -> Applied:
    """Put a shared LLM on the platform."""
    return sides.added("sys", kind="connector", type="llm", name="Shared", system=True)


def test_system_connector_is_bound(applied: Apply, declare: Declare, catalog: Catalog) -> None:
    """A system connector is found by type and name; only the ledger hears of it."""
    before = shared(applied("connectors: {}"))
    plan = before.plan(declare(f"connectors: {{s: {SYSTEM % ''}}}"), catalog)

    assert lines(plan) == ["bind connector.s"]
    assert plan.operations[0].platform_id == "sys"


def test_system_connector_becomes_the_default(applied: Apply, declare: Declare, catalog: Catalog) -> None:
    """Of a system connector `default` is ours (R5), and nothing else changes."""
    before = shared(applied(f"connectors: {{a: {llm('Ann', 'default: true')}}}"))
    text = f"connectors: {{a: {llm('Ann')}, s: {SYSTEM % ', default: true'}}}"
    plan = before.plan(declare(text), catalog)

    assert lines(plan) == ["bind connector.s", "make-default connector.s"]
    assert [str(handover) for handover in plan.handovers] == ["handover default llm: connector.a → connector.s"]


def test_system_name_is_free(applied: Apply, declare: Declare, catalog: Catalog) -> None:
    """A system connector's name belongs to the public tenant: ours may have it too."""
    before = shared(applied("connectors: {}"))

    assert lines(before.plan(declare(f"connectors: {{a: {llm('Shared')}}}"), catalog)) == ["create connector.a"]


def test_foreign_default_is_released(applied: Apply, declare: Declare, catalog: Catalog) -> None:
    """A default that others hold passes on like ours, and is shown: the platform releases it (R2)."""
    before = applied("connectors: {}").added("f1", kind="connector", type="llm", name="Theirs", default=True)
    plan = before.plan(declare(f"connectors: {{a: {llm('Ann', 'default: true')}}}"), catalog)

    assert lines(plan) == ["create connector.a", "make-default connector.a"]
    assert [str(handover) for handover in plan.handovers] == ["handover default llm: connector.id:f1 → connector.a"]


def test_external_not_found(applied: Apply, declare: Declare, catalog: Catalog) -> None:
    """An external object that the platform does not have is an error."""
    found = refusal(applied("connectors: {}"), declare, catalog, f"connectors: {{e: {external('llm', 'Theirs')}}}")

    assert found == ("external-not-found", "connector.e")


def test_external_links(applied: Apply, declare: Declare, catalog: Catalog) -> None:
    """Of an external agent only the declared links are ours; the rest of it is never sent."""
    ours = f"connectors: {{a: {llm('Ann')}}}\n"
    before = applied(ours).added("f1", kind="agent", type="inbound", name="Theirs", description="Their words.")
    plan = before.plan(
        declare(ours + f"agents: {{x: {external('inbound', 'Theirs', 'connectors: {llm: a}')}}}"), catalog
    )

    assert lines(plan) == ["bind agent.x", "update agent.x connectors.llm"]


def test_external_is_forgotten(applied: Apply, declare: Declare, catalog: Catalog) -> None:
    """An external that is no longer declared is forgotten, never deleted; what we attached to it goes before."""
    ours = f"channels: {{t: {telegram('Tom')}}}\n"
    before = applied(ours).added("f1", kind="agent", type="inbound", name="Theirs")
    theirs = f"agents: {{x: {external('inbound', 'Theirs', 'channels: {t: {}}')}}}"
    before = apply_to(before, declare(ours + theirs), catalog)

    assert lines(before.plan(declare(ours + "agents: {}"), catalog)) == ["delete attachment.x/t", "forget agent.x"]


def test_external_under_another_key(applied: Apply, declare: Declare, catalog: Catalog) -> None:
    """An external that is declared under another key is the same object: what hangs on it stays."""
    before = applied(f"agents: {{x: {agent('Xen')}}}").added("f1", kind="channel", type="telegram", name="Theirs")

    def text(key: str) -> str:
        attached = agent("Xen", f"channels: {{{key}: {{}}}}")
        return f"channels: {{{key}: {external('telegram', 'Theirs')}}}\nagents: {{x: {attached}}}"

    before = apply_to(before, declare(text("old")), catalog)
    plan = before.plan(declare(text("new")), catalog)

    assert {operation.action for operation in plan.operations} <= {Action.BIND, Action.FORGET}
    assert before.carry_out(plan).plan(declare(text("new")), catalog).empty


def test_external_is_not_adopted(applied: Apply, declare: Declare, catalog: Catalog) -> None:
    """Taking `external` away does not make the object ours."""
    before = applied("connectors: {}").added("f1", kind="connector", type="llm", name="Theirs")
    before = apply_to(before, declare(f"connectors: {{e: {external('llm', 'Theirs')}}}"), catalog)

    assert refusal(before, declare, catalog, f"connectors: {{e: {llm('Theirs')}}}") == ("exists-outside", "connector.e")


@pytest.mark.parametrize("name", ["Theirs", "'THEIRS '"])
def test_name_outside(applied: Apply, declare: Declare, catalog: Catalog, name: str) -> None:
    """A foreign object that has a wanted name is never adopted silently, however the name is written."""
    before = applied("connectors: {}").added("f1", kind="connector", type="stt", name="Theirs")

    assert refusal(before, declare, catalog, f"connectors: {{a: {llm(name)}}}") == (
        "exists-outside",
        "connector.a",
    )


def test_inbound_outside(applied: Apply, declare: Declare, catalog: Catalog) -> None:
    """A foreign agent that answers on a channel we claim is an error."""
    place = f"channels: {{t: {telegram('Tom')}}}\n"
    before = applied(place).added("f1", kind="agent", type="inbound", name="Theirs")
    before = before.added("f1/u1", kind="attachment", agent="f1", channel="u1", inbound=True)
    told = agent("Xen", "channels: {t: {inbound: true}}")

    assert refusal(before, declare, catalog, place + f"agents: {{x: {told}}}") == (
        "inbound-held-outside",
        "attachment.x/t",
    )


def test_foreign_attachment_on_our_agent(applied: Apply, declare: Declare, catalog: Catalog) -> None:
    """An attachment somebody else made on our agent stays, unless it holds the inbound we claim."""
    place = f"channels: {{t: {telegram('Tom')}}}\n"
    agents = "agents: {x: %s, y: %s}"
    before = applied(place + agents % (agent("Xen", "channels: {}"), agent("Yan", "channels: {}")))
    ours = before.id_of(agent_at("x"))
    before = before.added(f"{ours}/u1", kind="attachment", agent=ours, channel="u1", inbound=True)
    told = agents % (agent("Xen", "channels: {}"), agent("Yan", "channels: {t: {inbound: true}}"))
    silent = agents % (agent("Xen", "channels: {}"), agent("Yan", "channels: {t: {}}"))

    assert lines(before.plan(declare(place + silent), catalog)) == ["create attachment.y/t"]
    assert lines(before.plan(declare(place + told), catalog)) == ["delete attachment.x/t", "create attachment.y/t"]


def test_attachment_made_before_us(applied: Apply, declare: Declare, catalog: Catalog) -> None:
    """A declared attachment that is there already is taken into the ledger; the platform hears nothing."""
    place = f"channels: {{t: {telegram('Tom')}}}\n"
    before = applied(place + f"agents: {{x: {agent('Xen', 'channels: {}')}}}")
    ours = before.id_of(agent_at("x"))
    before = before.added(f"{ours}/u1", kind="attachment", agent=ours, channel="u1", inbound=False)
    plan = before.plan(declare(place + f"agents: {{x: {agent('Xen', 'channels: {t: {}}')}}}"), catalog)

    assert lines(plan) == ["bind attachment.x/t"]
    assert before.carry_out(plan).stored.entries[attachment("x", "t")].id == f"{ours}/u1"


def test_absent_section(applied: Apply, declare: Declare, catalog: Catalog) -> None:
    """What an absent section declared is kept and listed; an empty section means none."""
    before = applied(f"connectors: {{a: {llm('Ann')}}}\nchannels: {{t: {telegram('Tom')}}}")
    absent = before.plan(declare(f"channels: {{t: {telegram('Tom')}}}"), catalog)
    empty = before.plan(declare(f"connectors: {{}}\nchannels: {{t: {telegram('Tom')}}}"), catalog)

    assert absent.empty
    assert absent.unmanaged == (connector("a"),)
    assert lines(empty) == ["delete connector.a"]


def test_absent_channels_of_an_agent(applied: Apply, declare: Declare, catalog: Catalog) -> None:
    """An agent that declares no `channels` keeps its attachments; with an empty map it loses them."""
    place = f"channels: {{t: {telegram('Tom')}}}\n"
    before = applied(place + f"agents: {{x: {agent('Xen', 'channels: {t: {}}')}}}")

    assert before.plan(declare(place + f"agents: {{x: {agent('Xen')}}}"), catalog).empty
    assert lines(before.plan(declare(place + f"agents: {{x: {agent('Xen', 'channels: {}')}}}"), catalog)) == [
        "delete attachment.x/t"
    ]


def test_absent_field(applied: Apply, declare: Declare, catalog: Catalog) -> None:
    """What is no longer declared of an agent is left as it is, and the ledger forgets it without a word."""
    before = applied(f"agents: {{x: {agent('Xen', 'max_opened_sessions: 5')}}}")
    plan = before.plan(declare(f"agents: {{x: {agent('Xen')}}}"), catalog)
    after = before.carry_out(plan)

    assert plan.empty
    assert after.platform.objects[after.id_of(agent_at("x"))]["max_opened_sessions"] == 5
    assert "max_opened_sessions" not in after.stored.entries[agent_at("x")].resource.fields


def test_protected_is_held(applied: Apply, declare: Declare, catalog: Catalog) -> None:
    """A protected object that is no longer declared stays, and the plan says so."""
    before = applied(f"connectors: {{a: {llm('Ann', 'protected: true')}}}")
    plan = before.plan(declare("connectors: {}"), catalog)

    assert plan.empty
    assert plan.held == (connector("a"),)
    assert [warning.code for warning in plan.warnings] == ["held-protected"]


def test_protected_agent_keeps_its_channels(applied: Apply, declare: Declare, catalog: Catalog) -> None:
    """A protected agent that is no longer declared stays as it is, with its attachments."""
    place = f"channels: {{t: {telegram('Tom')}}}\n"
    before = applied(place + f"agents: {{x: {agent('Xen', 'protected: true', 'channels: {t: {inbound: true}}')}}}")
    plan = before.plan(declare(place + "agents: {}"), catalog)

    assert plan.empty
    assert plan.held == (agent_at("x"), attachment("x", "t"))


def test_protected_is_not_made_anew(applied: Apply, declare: Declare, catalog: Catalog) -> None:
    """A change that would delete a protected object to make it anew is refused."""
    before = applied(f"agents: {{x: {agent('Xen', 'protected: true')}}}")
    text = "agents: {x: {type: outbound, name: Xen, protected: true}}"

    assert refusal(before, declare, catalog, text) == ("protected-replaced", "agent.x")


def test_protection_is_lifted(applied: Apply, declare: Declare, catalog: Catalog) -> None:
    """Lifting a protection is planned, but needs no write to the platform; afterwards the object may go."""
    before = applied(f"connectors: {{a: {llm('Ann', 'protected: true')}}}")
    plan = before.plan(declare(f"connectors: {{a: {llm('Ann')}}}"), catalog)

    assert lines(plan) == ["unprotect connector.a"]
    assert plan.operations[0].action in LEDGER_ONLY
    assert lines(before.carry_out(plan).plan(declare("connectors: {}"), catalog)) == ["delete connector.a"]


def test_name_held_by_a_protected_object(applied: Apply, declare: Declare, catalog: Catalog) -> None:
    """A name cannot pass from a protected object that stays."""
    before = applied(f"connectors: {{a: {llm('Ann', 'protected: true')}}}")

    assert refusal(before, declare, catalog, f"connectors: {{b: {llm('Ann')}}}") == ("name-held", "connector.b")


def test_key_is_renamed(applied: Apply, declare: Declare, catalog: Catalog) -> None:
    """`previously` keeps the object: the ledger moves the key, references and attachments follow."""

    def text(key: str, *more: str) -> str:
        told = agent("Xen", f"connectors: {{llm: {key}}}", f"channels: {{{key}: {{}}}}")
        place, model = telegram("Tom", *more), llm("Ann", *more)
        return f"connectors: {{{key}: {model}}}\nchannels: {{{key}: {place}}}\nagents: {{x: {told}}}"

    before = applied(text("old"))
    plan = before.plan(declare(text("new", "previously: [old]")), catalog)
    after = before.carry_out(plan)

    assert lines(plan) == ["move channel.new", "move connector.new"]
    assert after.platform.objects == before.platform.objects
    assert after.id_of(connector("new")) == before.id_of(connector("old"))
    assert attachment("x", "new") in after.stored.entries
    assert change_of(plan, connector("new")).previous == connector("old")


def test_key_is_renamed_unsaid(applied: Apply, declare: Declare, catalog: Catalog) -> None:
    """Without `previously` another key is another object: made under a name that is freed first, then deleted."""
    before = applied(f"connectors: {{old: {llm('Ann')}}}")
    plan = before.plan(declare(f"connectors: {{new: {llm('Ann')}}}"), catalog)

    assert lines(plan) == ["update connector.old name", "create connector.new", "delete connector.old"]


def test_previously_unknown(applied: Apply, declare: Declare, catalog: Catalog) -> None:
    """A previous key that the ledger does not know is ignored, so it may stand for ever."""
    text = f"connectors: {{new: {llm('Ann', 'previously: [old]')}}}"

    assert applied(text).plan(declare(text), catalog).empty


def test_another_type(applied: Apply, declare: Declare, catalog: Catalog) -> None:
    """Another type is another object: made first, taken over, the old one deleted; a reader sees one replacement."""

    def text(kind: str) -> str:
        return f"agents: {{x: {{type: {kind}, name: Xen}}}}"

    before = applied(text("inbound"))
    plan = before.plan(declare(text("outbound")), catalog)

    assert lines(plan) == ["move agent.x~old", "update agent.x~old name", "create agent.x", "delete agent.x~old"]
    assert [(change.address, change.replaced) for change in plan.changes] == [(agent_at("x"), True)]
    assert plan.agents_deleted == (agent_at("x~old"),)


def test_attachments_of_what_is_made_anew(applied: Apply, declare: Declare, catalog: Catalog) -> None:
    """A channel of another type takes its attachments, and inbound, from the old one."""

    def text(body: str) -> str:
        told = agent("Xen", "channels: {t: {inbound: true}}")
        return f"channels: {{t: {body}}}\nagents: {{x: {told}}}"

    facebook = '{type: facebook, name: Tom, settings: {page_id: "1", page_access_token: "${env:F}"}}'
    before = applied(text(telegram("Tom")))
    plan = before.plan(declare(text(facebook)), catalog)

    assert lines(plan)[0] == "move channel.t~old"
    assert lines(plan).index("create attachment.x/t") < lines(plan).index("delete channel.t~old")
    assert lines(plan).index("delete attachment.x/t~old") < lines(plan).index("delete channel.t~old")


def test_replacement_is_interrupted_twice(applied: Apply, declare: Declare, catalog: Catalog) -> None:
    """An object that is replaced again before its predecessor was deleted leaves two, and both go."""

    def text(kind: str) -> str:
        return f"agents: {{x: {{type: {kind}, name: Xen}}}}"

    sides = applied(text("inbound"))
    for kind in ("outbound", "call_analytics"):
        plan = sides.plan(declare(text(kind)), catalog)
        deletions = sum(operation.action is Action.DELETE for operation in plan.operations)
        made = sum(operation.action is not Action.MOVE for operation in plan.operations)
        sides = sides.carry_out(plan, stop_after=made - deletions)
    plan = sides.plan(declare(text("call_analytics")), catalog)

    assert sorted(lines(plan)) == ["delete agent.x~old", "delete agent.x~old~old"]


def test_drift_is_put_back(applied: Apply, declare: Declare, catalog: Catalog) -> None:
    """What others changed of ours is told as drift, and put back; what they deleted is made again."""
    text = f"connectors: {{a: {llm('Ann')}, b: {llm('Bea')}}}"
    before = applied(text).changed(connector("a"), description="Theirs now.").removed(connector("b"))
    plan = before.plan(declare(text), catalog)

    assert lines(plan) == ["update connector.a description", "create connector.b"]
    assert [(drift.address.key, drift.kind) for drift in plan.drift] == [
        ("a", DriftKind.CHANGED),
        ("b", DriftKind.DELETED),
    ]


def test_gone_already(applied: Apply, declare: Declare, catalog: Catalog) -> None:
    """What is neither declared nor on the platform is only forgotten."""
    before = applied(f"connectors: {{a: {llm('Ann')}}}").removed(connector("a"))

    assert lines(before.plan(declare("connectors: {}"), catalog)) == ["forget connector.a"]


def test_drift_that_agrees_with_the_yaml(applied: Apply, declare: Declare, catalog: Catalog) -> None:
    """What others did and the YAML now says needs nothing but the ledger to know."""
    before = applied(f"connectors: {{a: {llm('Ann')}}}").changed(connector("a"), name="Bea")
    text = f"connectors: {{a: {llm('Bea')}}}"
    plan = before.plan(declare(text), catalog)

    assert plan.empty
    assert not before.carry_out(plan).plan(declare(text), catalog).drift


def test_strange_settings_stay(applied: Apply, declare: Declare, catalog: Catalog) -> None:
    """A setting that no type file knows is another hand's: no drift, no change, never lost."""
    text = f"connectors: {{a: {llm('Ann')}}}"
    before = applied(text)
    settings = {**before.platform.objects["u1"]["settings"], "strange": 1}
    before = before.changed(connector("a"), settings=settings)
    plan = before.plan(declare(f"connectors: {{a: {llm('Ann', model='m-2')}}}"), catalog)

    assert before.plan(declare(text), catalog).empty
    assert not plan.drift
    assert before.carry_out(plan).platform.objects["u1"]["settings"]["strange"] == 1


def test_without_refresh(applied: Apply, declare: Declare, catalog: Catalog) -> None:
    """Without a refresh the plan compares with the ledger: what others did is not seen, and it says so."""
    before = applied(f"connectors: {{a: {llm('Ann')}}}").changed(connector("a"), name="Theirs")
    plan = before.plan(declare(f"connectors: {{a: {llm('Ann', model='m-2')}}}"), catalog, refresh=False)

    assert lines(plan) == ["update connector.a settings.model_name"]
    assert not plan.drift
    assert not plan.refreshed


def test_violation_that_stood_before(applied: Apply, declare: Declare, catalog: Catalog) -> None:
    """What was broken before and is broken after is a warning, not a refusal."""
    before = applied("connectors: {}").added("f1", kind="agent", type="inbound", name="Theirs", running=True)
    plan = before.plan(declare(f"connectors: {{a: {llm('Ann')}}}"), catalog)

    assert lines(plan) == ["create connector.a"]
    assert [(warning.code, warning.address) for warning in plan.warnings] == [("running-without-role", "agent.id:f1")]


@pytest.mark.parametrize(("kind", "adoptable"), [("llm", True), ("stt", False)])
def test_only_what_is_of_the_type_is_offered(
    applied: Apply, declare: Declare, catalog: Catalog, kind: str, *, adoptable: bool
) -> None:
    """`import` is suggested for an object that it would take; one of another type it would not."""
    before = applied("connectors: {}").added("f1", kind="connector", type=kind, name="Theirs")
    with pytest.raises(ConfigInvalid) as refused:
        before.plan(declare(f"connectors: {{a: {llm('Theirs')}}}"), catalog)
    hint = refused.value.diagnostics[0].hint

    assert ("flametree-cfg import PATH connector.a f1" in hint) is adoptable
    assert ("another type" in hint) is not adoptable
