"""What every platform does; runs over every implementation in the room."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from pathlib import Path

import pytest

import flametree_cfg.platform
from flametree_cfg.errors import PlanStale, PlatformFailed
from flametree_cfg.model import (
    MASKED,
    Action,
    Address,
    Check,
    Kind,
    Operation,
    OutcomeStatus,
    Precondition,
    Secret,
    Status,
    agent,
    attachment,
    channel,
    connector,
    foreign_key,
    value_hash,
)
from flametree_cfg.platform import Platform
from flametree_cfg.platform.portal import add_system
from flametree_cfg.schema import Catalog
from tests.platform.hand import BOT, CANARY, IMPLEMENTATIONS, KEY, LLM, Changes, Hand, account

A, B = connector("a"), connector("b")
BOB, EVE = agent("bob"), agent("eve")
TG = channel("tg")


def test_every_scheme_of_the_room_is_tested() -> None:
    """A module that opens a platform stands in the table of implementations."""
    names = [module.name for module in pkgutil.iter_modules(flametree_cfg.platform.__path__)]
    schemes = {name for name in names if hasattr(importlib.import_module(f"flametree_cfg.platform.{name}"), "connect")}

    assert schemes == set(IMPLEMENTATIONS)


# -- reading ----------------------------------------------------------------------------------------------------


def test_reading_what_does_not_exist_gives_nothing(platform: Platform, tmp_path: Path) -> None:
    """A platform that was never written has no objects, no identity, no outcomes, and reading makes nothing."""
    live = platform.read("zoo")

    assert (live.objects, live.revision, platform.identity) == ((), 0, "")
    assert (platform.revision("zoo"), list(platform.sweep("zoo"))) == ("", [])
    assert platform.read_some("zoo", ["x", "y/z"]) == live
    assert platform.outcomes(["run-1"]) == {}
    assert platform.logs("zoo", Kind.AGENT, "x", 10) == ()
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_tenant_has_no_objects(hand: Hand) -> None:
    """Another tenant's objects are not seen."""
    hand.create(A, "llm", settings=LLM)

    assert hand.platform.read("other").objects == ()


def test_identity_is_made_once(hand: Hand, opened: Callable[[bool], Platform]) -> None:
    """The first write names the installation, for every later process too."""
    hand.create(A, "llm", settings=LLM)
    before = hand.platform.identity
    again = opened(False)

    assert before
    assert again.identity == before


def test_revision_grows_with_every_write(hand: Hand) -> None:
    """Whoever read can tell that something was written since."""
    hand.create(A, "llm", settings=LLM)
    before = hand.platform.read("zoo").revision
    hand.update(A, {("description",): "new"})

    assert hand.platform.read("zoo").revision > before


def test_revision_is_another_text_after_every_write(hand: Hand, catalog: Catalog) -> None:
    """Its own writes and those of the public tenant show, others do not; reading changes nothing."""
    seen = [hand.platform.revision("zoo")]
    hand.create(A, "llm", settings=LLM)
    seen.append(hand.platform.revision("zoo"))
    add_system(hand.platform, catalog, "llm", "shared", _typed_llm())
    seen.append(hand.platform.revision("zoo"))
    hand.update(A, {("description",): "new"})
    seen.append(hand.platform.revision("zoo"))
    hand.do(Action.DELETE, A)
    seen.append(hand.platform.revision("zoo"))
    Hand(hand.platform, "other").create(A, "llm", settings=LLM)
    hand.platform.read("zoo")

    assert seen[0] == ""
    assert len(set(seen)) == len(seen)
    assert hand.platform.revision("zoo") == seen[-1]


def test_revision_is_kept_by_what_writes_nothing(hand: Hand) -> None:
    """A batch that is refused, or was carried out before, leaves everything as it is."""
    operation = hand.creation(A, "llm", settings=LLM)
    hand.execute(operation)
    before = hand.platform.revision("zoo")
    hand.execute(operation)
    with pytest.raises(PlatformFailed):
        hand.create(B, "llm", settings={**LLM, "access_token": "in clear"})

    assert hand.platform.revision("zoo") == before


def test_sweep_gives_what_read_gives(hand: Hand, catalog: Catalog) -> None:
    """More objects than a chunk holds, of every kind, with secrets and links in every chunk, system ones too."""
    everything(hand, catalog)
    read = hand.platform.read("zoo").objects

    assert len(read) > 1100
    assert [repr(one) for one in hand.platform.sweep("zoo")] == [repr(one) for one in read]
    assert {one.id for one in read if one.system} == {one.id for one in hand.platform.read("public").objects}


def test_sweep_sees_one_state(hand: Hand, catalog: Catalog, opened: Callable[[bool], Platform]) -> None:
    """What another process writes while a sweep runs is not in it; a sweep left early hinders no write."""
    everything(hand, catalog)
    other = opened(False)
    right, sweep = other.read("zoo").objects, other.sweep("zoo")
    first = next(sweep)
    hand.update(A, {("description",): "new"})

    assert (first, *sweep) == right
    left = hand.platform.sweep("zoo")
    next(left)
    left.close()  # type: ignore[attr-defined]  # a generator is an iterator
    assert hand.update(A, {("description",): "newer"}).fields["description"] == "newer"
    other.close()


def test_some_are_read_as_all_are(hand: Hand, catalog: Catalog) -> None:
    """Asked for some ids, the platform gives these objects as they are among all, in that order."""
    everything(hand, catalog)
    whole = hand.platform.read("zoo")
    ids = [one.id for one in whole.objects if one.system or hash(one.id) % 2 or one.kind is Kind.ATTACHMENT][::-1]
    some = hand.platform.read_some("zoo", [*ids, "nobody", "nobody/nowhere", f"{hand.ids[BOB]}/nowhere"])
    one_of_them = hand.platform.read_some("zoo", ids[:1])

    assert repr(some.objects) == repr(tuple(one for one in whole.objects if one.id in set(ids)))
    assert some.revision == whole.revision
    assert [one.id for one in one_of_them.objects] == ids[:1]


def test_some_of_another_tenant_are_not_read(hand: Hand) -> None:
    """An id of another tenant's leads nowhere."""
    hand.create(A, "llm", settings=LLM)
    hand.create(TG, "telegram", settings=BOT)
    hand.create(BOB, "inbound")
    hand.attach("bob", "tg")

    assert hand.platform.read_some("other", [*hand.ids.values()]).objects == ()


def everything(hand: Hand, catalog: Catalog) -> None:
    """Make more than two chunks of objects, and a few system connectors."""
    for name in ("s-1", "s-2"):
        add_system(hand.platform, catalog, "llm", name, _typed_llm())
    keys = [f"c{n}" for n in range(600)]
    bots = [f"b{n}" for n in range(600)]
    hand.create(A, "llm", settings=LLM, default=True)
    hand.create(TG, "telegram", settings=BOT, environment={"TOKEN": Secret(KEY)})
    hand.create(channel("mail"), "email", settings={"accounts": [account("a@x.example"), account("b@x.example")]})
    hand.execute(*(hand.creation(connector(key), "llm", settings=LLM) for key in keys))
    hand.execute(
        *(hand.creation(agent(bot), "inbound", connectors={"llm": key}) for bot, key in zip(bots, keys, strict=True))
    )
    hand.create(BOB, "inbound", connectors={"llm": "a", "openapi": []})
    hand.attach("bob", "tg", inbound=True)
    hand.attach("b7", "tg")
    hand.attach("bob", "mail")


def test_outcomes_tell_the_version_that_reading_gives(hand: Hand) -> None:
    """Within one batch, whatever several operations do to the same objects."""
    made = (
        hand.creation(A, "llm", settings=LLM, default=True),
        hand.creation(B, "llm", settings=LLM),
        hand.creation(TG, "telegram", settings=BOT),
        hand.creation(BOB, "inbound", connectors={"llm": "a"}),
        hand.creation(attachment("bob", "tg"), inbound=False),
    )
    hand.execute(*made)
    hand.do(Action.START, TG)
    busy = (
        hand.operation(Action.MAKE_DEFAULT, B),
        hand.operation(Action.START, BOB),
        hand.operation(Action.UPDATE, BOB, {("connectors", "llm"): "b", ("description",): "Ours"}),
        hand.operation(
            Action.UPDATE, A, {("settings", "access_token"): Secret(KEY), ("settings", "model_name"): "m-2"}
        ),
        hand.operation(Action.UPDATE, attachment("bob", "tg"), {("inbound",): True}),
        hand.operation(Action.STOP, TG),
        hand.operation(Action.UPDATE, TG, {("environment", "A"): "1"}),
        hand.operation(Action.UPDATE, BOB, {("connectors",): {"llm": "b"}}),
    )
    told = {one.id: one.version for one in hand.execute(*busy)}
    live = {one.id: one for one in hand.platform.read("zoo").objects}

    assert told == {one: live[one].version for one in told}
    assert hand.live(BOB).fields["connectors"] == {"llm": hand.ids[B]}
    assert [one.fields["default"] for one in (hand.live(A), hand.live(B))] == [False, True]


# -- what is read back ------------------------------------------------------------------------------------------


def test_connector_reads_back_with_defaults_and_masked_secret(hand: Hand, catalog: Catalog) -> None:
    """A connector has all its fields, the schema's defaults and a mask where the secret is."""
    live = hand.create(A, "llm", settings=LLM, description="Ours")

    settings = live.fields["settings"]
    assert (live.kind, live.version, live.status, live.system) == (Kind.CONNECTOR, 1, Status.NONE, False)
    assert {**live.fields, "settings": None} == {
        "type": "llm", "name": "a", "description": "Ours", "default": False, "settings": None,
    }  # fmt: skip
    assert settings == catalog.live_settings(Kind.CONNECTOR, "llm", {**LLM, "access_token": MASKED})


def test_channel_is_stopped_when_new(hand: Hand) -> None:
    """A new channel is configured, not running."""
    live = hand.create(TG, "telegram", settings=BOT, environment={"POLL": "30", "TOKEN": Secret(KEY)})

    assert (live.status, live.fields["running"]) == (Status.STOPPED, False)
    assert live.fields["environment"] == {"POLL": "30", "TOKEN": MASKED}


def test_accounts_read_back_as_a_list(hand: Hand) -> None:
    """A multi-account channel reads back account by account, numbers as numbers, passwords masked."""
    accounts = [account("a@x.example"), account("b@x.example", imap_port=143)]
    live = hand.create(channel("mail"), "email", settings={"accounts": accounts})

    assert live.fields["settings"]["accounts"] == [{**one, "password": MASKED} for one in accounts]


def test_agent_reads_back_with_links_as_ids(hand: Hand) -> None:
    """Roles hold platform ids: one, or a list that is sorted unless the role is ordered; empty roles are absent."""
    for key, type_name in (("m", "llm"), ("t1", "tts"), ("t2", "tts"), ("o1", "openapi"), ("o2", "openapi")):
        hand.create(connector(key), type_name, settings=_settings_of(type_name, key))
    roles = {"llm": "m", "tts": ["t2", "t1"], "openapi": ["o2", "o1"], "vlm": None, "mcp": []}
    live = hand.create(BOB, "inbound", instructions="Be kind.", max_opened_sessions=3, connectors=roles)

    ids = {key: hand.ids[connector(key)] for key in ("m", "t1", "t2", "o1", "o2")}
    assert live.fields["connectors"] == {
        "llm": ids["m"], "tts": [ids["t2"], ids["t1"]], "openapi": sorted([ids["o1"], ids["o2"]]),
    }  # fmt: skip
    assert {key: live.fields[key] for key in ("instructions", "max_opened_sessions", "running", "environment")} == {
        "instructions": "Be kind.", "max_opened_sessions": 3, "running": False, "environment": {},
    }  # fmt: skip


def _settings_of(type_name: str, key: str) -> dict[str, object]:
    if type_name == "openapi":
        return {"spec_url": f"https://{key}.example/spec.json", "integration_code": key.upper()}
    return dict(LLM)


def test_attachment_reads_back_with_ids(hand: Hand) -> None:
    """An attachment's id is made of its agent's and its channel's."""
    hand.create(TG, "telegram", settings=BOT)
    hand.create(BOB, "inbound")
    live = hand.live(hand.attach("bob", "tg", inbound=True))

    assert live.id == f"{hand.ids[BOB]}/{hand.ids[TG]}"
    assert live.fields == {"agent": hand.ids[BOB], "channel": hand.ids[TG], "inbound": True}


def test_unknown_type_and_its_settings_are_kept(hand: Hand) -> None:
    """What the catalog does not know is kept as it is."""
    settings = {"deep": {"list": [1, {"a": None}], "flag": False}, "text": "x,y"}
    live = hand.create(A, "from-the-future", settings=settings)

    assert live.fields["settings"] == settings


# -- changing ---------------------------------------------------------------------------------------------------


def test_update_changes_what_is_named_and_nothing_else(hand: Hand) -> None:
    """Other fields and the secret stay; the version grows."""
    before = hand.create(A, "llm", settings=LLM, description="Ours")
    after = hand.update(A, {("settings", "model_name"): "m-2"})

    assert after.fields == {**before.fields, "settings": {**before.fields["settings"], "model_name": "m-2"}}
    assert after.version == before.version + 1


def test_unset_is_absent_or_the_default(hand: Hand) -> None:
    """None takes a field away."""
    hand.create(A, "llm", settings={**LLM, "json_params": {"max_tokens": 5}}, description="Ours")
    after = hand.update(A, {("settings", "json_params"): None, ("description",): None})

    assert not after.fields["settings"].get("json_params")
    assert after.fields["description"] == ""


def test_one_account_is_changed_by_its_key(hand: Hand) -> None:
    """A path into accounts names the account; the others stay, and one that is new is appended."""
    mail = channel("mail")
    hand.create(mail, "email", settings={"accounts": [account("a@x.example"), account("b@x.example")]})
    after = hand.update(
        mail,
        {
            ("settings", "accounts", "b@x.example", "imap_port"): 1143,
            ("settings", "accounts", "c@x.example"): account("c@x.example"),
            ("settings", "accounts", "a@x.example"): None,
        },
    )

    accounts = after.fields["settings"]["accounts"]
    assert [(one["address"], one["imap_port"], one["password"]) for one in accounts] == [
        ("b@x.example", 1143, MASKED), ("c@x.example", 993, MASKED),
    ]  # fmt: skip


def test_a_secret_becomes_text_and_text_a_secret(hand: Hand) -> None:
    """An environment variable may change sides."""
    hand.create(TG, "telegram", settings=BOT, environment={"A": "open", "B": Secret(KEY)})
    after = hand.update(TG, {("environment", "A"): Secret(KEY), ("environment", "B"): "open"})

    assert after.fields["environment"] == {"A": MASKED, "B": "open"}


def test_role_is_replaced_whole(hand: Hand) -> None:
    """A change of a role links what it names and unlinks the rest of that role."""
    for address in (A, B):
        hand.create(address, "llm", settings=LLM)
    hand.create(BOB, "inbound", connectors={"llm": "a"})
    after = hand.update(BOB, {("connectors", "llm"): "b"})

    assert after.fields["connectors"] == {"llm": hand.ids[B]}


def test_start_is_running_and_not_verified(hand: Hand) -> None:
    """Nothing is verified yet, and the platform says so, in the log too."""
    hand.create(TG, "telegram", settings=BOT)
    hand.do(Action.START, TG)
    live = hand.live(TG)
    hand.do(Action.STOP, TG)

    lines = hand.platform.logs("zoo", Kind.CHANNEL, hand.ids[TG], 10)
    assert (live.status, live.message, live.fields["running"]) == (Status.RUNNING, "not verified", True)
    assert (hand.live(TG).status, hand.live(TG).fields["running"]) == (Status.STOPPED, False)
    assert [line.text for line in lines] == ["STARTING", "RUNNING: not verified", "STOPPING", "STOPPED"]
    assert hand.platform.logs("zoo", Kind.CHANNEL, hand.ids[TG], 1) == lines[-1:]


def test_sip_is_not_started_by_itself(hand: Hand) -> None:
    """What runs with its agents has no lifecycle to read or to change."""
    sip = channel("phone")
    live = hand.create(sip, "sip", settings={"server": "sip.example", "username": "u", "password": Secret(KEY)})

    assert live.status is Status.NONE
    assert "running" not in live.fields
    with pytest.raises(PlatformFailed, match="agents it is attached to"):
        hand.do(Action.START, sip)


# -- the platform's own effects ---------------------------------------------------------------------------------


def test_making_a_default_releases_the_one_before(hand: Hand) -> None:
    """One default a type; the platform lets go of the old one by itself."""
    hand.create(A, "llm", settings=LLM, default=True)
    hand.create(B, "llm", settings=LLM)
    hand.do(Action.MAKE_DEFAULT, B)

    assert (hand.live(A).fields["default"], hand.live(B).fields["default"]) == (False, True)


def test_defaults_of_two_types_do_not_meet(hand: Hand) -> None:
    """Each type has a default of its own, and a type may have none."""
    hand.create(A, "llm", settings=LLM, default=True)
    hand.create(B, "vlm", settings=LLM, default=True)
    hand.update(A, {("default",): False})

    assert (hand.live(A).fields["default"], hand.live(B).fields["default"]) == (False, True)


def test_deleting_a_connector_unlinks_it_everywhere(hand: Hand) -> None:
    """Every agent loses the link, even one that cannot do without."""
    hand.create(A, "llm", settings=LLM)
    for address in (BOB, EVE):
        hand.create(address, "inbound", connectors={"llm": "a"})
    hand.do(Action.START, BOB)
    before = hand.live(BOB).version
    hand.do(Action.DELETE, A)

    assert [hand.live(one).fields["connectors"] for one in (BOB, EVE)] == [{}, {}]
    assert hand.live(BOB).version > before


@pytest.mark.parametrize("gone", [TG, BOB])
def test_deleting_an_end_removes_the_attachment(hand: Hand, gone: Address) -> None:
    """An attachment does not outlive its channel or its agent."""
    hand.create(TG, "telegram", settings=BOT)
    hand.create(BOB, "inbound")
    hand.attach("bob", "tg")
    hand.do(Action.DELETE, gone)

    assert [o.kind for o in hand.platform.read("zoo").objects] == [Kind.AGENT if gone is TG else Kind.CHANNEL]


def test_deleting_what_is_gone_is_done(hand: Hand) -> None:
    """Gone is what was wanted."""
    hand.create(A, "llm", settings=LLM)
    hand.do(Action.DELETE, A)

    assert hand.do(Action.DELETE, A).status is OutcomeStatus.DONE


@pytest.mark.parametrize("action", [Action.UPDATE, Action.START, Action.MAKE_DEFAULT])
def test_changing_what_is_gone_is_stale(hand: Hand, action: Action) -> None:
    """Whoever changes an object believes that it is there."""
    address = TG if action is Action.START else A
    hand.create(address, "telegram" if action is Action.START else "llm", settings=BOT if address is TG else LLM)
    hand.do(Action.DELETE, address)

    with pytest.raises(PlanStale, match="does not exist"):
        hand.execute(hand.operation(action, address, {("description",): "x"}))


# -- rules ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["a", " A ", "\uff21"])
def test_a_second_name_is_refused_in_the_portals_words(hand: Hand, name: str) -> None:
    """Names that any platform might take for one are one."""
    hand.create(A, "llm", settings=LLM)
    operation = hand.operation(Action.CREATE, B, {("type",): "vlm", ("name",): name, ("settings",): LLM}, type="vlm")

    with pytest.raises(PlatformFailed, match=f"Integration with name {name} already exists"):
        hand.execute(operation)


def test_names_of_kinds_do_not_meet(hand: Hand) -> None:
    """A channel may be called like a connector."""
    hand.create(A, "llm", settings=LLM)

    assert hand.create(channel("a"), "telegram", settings=BOT).fields["name"] == "a"


def test_a_second_inbound_agent_is_refused(hand: Hand) -> None:
    """One agent answers a channel; any number may write on it."""
    hand.create(TG, "telegram", settings=BOT)
    for address in (BOB, EVE):
        hand.create(address, "inbound")
    hand.attach("bob", "tg", inbound=True)
    outbound = hand.attach("eve", "tg")

    with pytest.raises(PlatformFailed, match="already answered") as refused:
        hand.update(outbound, {("inbound",): True})
    assert refused.value.diagnostics[0].code == "two-inbound-agents"


def test_a_rule_is_told_under_the_batchs_addresses(hand: Hand) -> None:
    """Who asked knows objects by address, not by the platform's ids."""
    hand.create(A, "vlm", settings=LLM)

    with pytest.raises(PlatformFailed) as refused:
        hand.create(BOB, "inbound", connectors={"llm": "a"})
    (diagnostic,) = refused.value.diagnostics
    assert (diagnostic.code, diagnostic.address) == ("wrong-role", "agent.bob")
    assert "connector.a" in diagnostic.detail


def test_an_agent_without_a_model_does_not_start(hand: Hand) -> None:
    """Nothing runs that lacks what every agent needs."""
    hand.create(BOB, "inbound")

    with pytest.raises(PlatformFailed) as refused:
        hand.do(Action.START, BOB)
    assert refused.value.diagnostics[0].code == "running-without-role"


def test_what_was_broken_before_does_not_block(hand: Hand) -> None:
    """An agent that lost its model may still be attached, edited and stopped."""
    hand.create(A, "llm", settings=LLM)
    hand.create(TG, "telegram", settings=BOT)
    hand.create(BOB, "inbound", connectors={"llm": "a"})
    hand.do(Action.START, BOB)
    hand.do(Action.DELETE, A)
    hand.attach("bob", "tg", inbound=True)
    hand.update(BOB, {("description",): "lost"})

    assert hand.do(Action.STOP, BOB).status is OutcomeStatus.DONE


def test_what_the_public_tenant_broke_does_not_block(hand: Hand, catalog: Catalog) -> None:
    """A tenant may still edit an agent whose system connector was changed under it."""
    public = Hand(hand.platform, "public")
    shared = add_system(hand.platform, catalog, "mcp", "Shared", _typed_mcp("AAA"))
    hand.ids[A] = public.ids[A] = shared.id
    hand.create(B, "mcp", settings={"server_endpoint": "https://mcp.example", "integration_code": "BBB"})
    hand.create(BOB, "inbound", connectors={"mcp": ["a", "b"]})
    public.update(A, {("settings", "integration_code"): "BBB"})

    assert hand.update(BOB, {("description",): "new"}).fields["description"] == "new"
    with pytest.raises(PlatformFailed):
        hand.create(EVE, "inbound", connectors={"mcp": ["a", "b"]})


def _typed_mcp(code: str) -> dict[str, str]:
    return {"settings.server_endpoint": "https://mcp.example", "settings.integration_code": code}


def test_a_link_to_nothing_is_stale(hand: Hand) -> None:
    """What is linked has to be there, in this tenant."""
    other = Hand(hand.platform, "other")
    other.create(A, "llm", settings=LLM)
    hand.ids[A] = other.ids[A]

    with pytest.raises(PlanStale):
        hand.create(BOB, "inbound", connectors={"llm": "a"})


def test_another_tenants_object_is_not_changed(hand: Hand) -> None:
    """An id of another tenant leads nowhere."""
    other = Hand(hand.platform, "other")
    before = other.create(A, "llm", settings=LLM)
    hand.ids[A] = other.ids[A]

    with pytest.raises(PlanStale):
        hand.execute(hand.operation(Action.UPDATE, A, {("name",): "taken"}))
    assert hand.do(Action.DELETE, A).status is OutcomeStatus.DONE
    assert other.live(A) == before


# -- system integrations ----------------------------------------------------------------------------------------


def test_a_system_connector_is_seen_linked_and_made_default_everywhere(hand: Hand, catalog: Catalog) -> None:
    """It is one object, but each tenant has a default of its own."""
    shared = add_system(hand.platform, catalog, "llm", "Shared", _typed_llm())
    hand.ids[A] = shared.id
    hand.do(Action.MAKE_DEFAULT, A)
    hand.create(BOB, "inbound", connectors={"llm": "a"})
    other = Hand(hand.platform, "other", {A: shared.id})

    assert (hand.live(A).system, hand.live(A).fields["default"]) == (True, True)
    assert other.live(A).fields["default"] is False
    assert hand.live(BOB).fields["connectors"] == {"llm": shared.id}
    assert hand.live(A).fields["settings"]["access_token"] == MASKED


@pytest.mark.parametrize("action", [Action.UPDATE, Action.DELETE])
def test_a_system_connector_is_not_edited_from_a_tenant(hand: Hand, catalog: Catalog, action: Action) -> None:
    """Only the public tenant changes it, and the refusal says so."""
    hand.ids[A] = add_system(hand.platform, catalog, "llm", "Shared", _typed_llm()).id

    with pytest.raises(PlatformFailed, match="Changes to system integrations can only be made in the public tenant"):
        hand.execute(hand.operation(action, A, {("description",): "mine"}))


def test_a_tenants_connector_may_be_called_like_a_system_one(hand: Hand, catalog: Catalog) -> None:
    """Names are unique in a tenant, and a system connector is of another."""
    add_system(hand.platform, catalog, "llm", "a", _typed_llm())

    assert hand.create(A, "llm", settings=LLM).system is False


def test_a_system_connector_that_goes_leaves_every_tenant(hand: Hand, catalog: Catalog) -> None:
    """Links and defaults in all tenants go with it, and their revisions tell."""
    shared = add_system(hand.platform, catalog, "llm", "Shared", _typed_llm())
    hand.ids[A] = shared.id
    hand.create(BOB, "inbound", connectors={"llm": "a"})
    hand.do(Action.MAKE_DEFAULT, A)
    before = hand.platform.read("zoo").revision
    Hand(hand.platform, "public", {A: shared.id}).do(Action.DELETE, A)

    assert hand.live(BOB).fields["connectors"] == {}
    assert hand.platform.read("zoo").revision > before
    assert hand.create(B, "llm", settings=LLM, default=True).fields["default"] is True


def _typed_llm() -> dict[str, str]:
    return {
        "settings.api_url": "https://shared.example/v1",
        "settings.access_token": CANARY,
        "settings.model_name": "m",
        "settings.temperature": "0",
    }


# -- batches ----------------------------------------------------------------------------------------------------


def test_a_batch_refers_to_what_it_makes(hand: Hand) -> None:
    """Later operations know by address what earlier ones made."""
    operations = [
        hand.creation(A, "llm", settings=LLM),
        hand.creation(TG, "telegram", settings=BOT),
        hand.creation(BOB, "inbound", connectors={"llm": "a"}),
        hand.creation(Address(Kind.ATTACHMENT, "bob/tg"), inbound=True),
        hand.operation(Action.START, BOB),
    ]
    outcomes = hand.execute(*operations)

    assert [o.operation_id for o in outcomes] == [o.id for o in operations]
    assert {o.status for o in outcomes} == {OutcomeStatus.DONE}
    assert hand.live(BOB).fields["connectors"] == {"llm": hand.ids[A]}


def test_a_foreign_address_carries_its_id(hand: Hand) -> None:
    """`connector.id:UUID` needs no entry in the batch's ids."""
    hand.create(A, "llm", settings=LLM)
    foreign = Address(Kind.CONNECTOR, foreign_key(hand.ids[A]))
    hand.execute(hand.operation(Action.UPDATE, foreign, {("name",): "found"}))

    assert hand.live(A).fields["name"] == "found"


def test_names_swap_in_one_batch(hand: Hand) -> None:
    """Over a helper name, each step is legal."""
    for address in (A, B):
        hand.create(address, "llm", settings=LLM)
    names = [(A, "moving"), (B, "a"), (A, "b")]
    hand.execute(*(hand.operation(Action.UPDATE, address, {("name",): name}) for address, name in names))

    assert (hand.live(A).fields["name"], hand.live(B).fields["name"]) == ("b", "a")


@pytest.mark.parametrize("told", [True, False], ids=["told", "inferred"])
def test_a_replaced_object_goes_under_its_outgoing_address(hand: Hand, told: bool) -> None:
    """The new object takes the address, the old one is found under `~old`, even if only its old address was given."""
    hand.create(A, "llm", settings=LLM)
    old, outgoing = hand.ids[A], connector("a~old")
    if told:
        hand.ids[outgoing] = hand.ids.pop(A)
    hand.execute(
        hand.operation(Action.UPDATE, outgoing, {("name",): "moving"}),
        hand.creation(A, "vlm", settings=LLM),
        hand.operation(Action.DELETE, outgoing),
    )

    assert hand.live(A).fields["type"] == "vlm"
    assert hand.ids[A] != old
    assert len(hand.platform.read("zoo").objects) == 1


def test_a_batch_is_all_or_nothing(hand: Hand) -> None:
    """When the last operation is refused, the first did not happen."""
    hand.create(A, "llm", settings=LLM)
    before = hand.platform.read("zoo")
    first = hand.operation(Action.UPDATE, A, {("description",): "new"})
    with pytest.raises(PlatformFailed):
        hand.execute(first, hand.creation(B, "llm", settings=LLM), _named(hand, connector("c"), "b"))

    assert hand.platform.read("zoo") == before
    assert hand.platform.outcomes([first.id]) == {}
    assert hand.create(B, "llm", settings=LLM).fields["name"] == "b"


def _named(hand: Hand, address: Address, name: str) -> Operation:
    return hand.operation(Action.CREATE, address, {("type",): "llm", ("name",): name, ("settings",): LLM}, type="llm")


def test_an_operation_id_has_one_effect(hand: Hand) -> None:
    """The second time gives the same outcome and does nothing."""
    operations = [hand.creation(A, "llm", settings=LLM), hand.operation(Action.START, TG)]
    hand.create(TG, "telegram", settings=BOT)
    first = hand.execute(*operations)
    before = hand.platform.read("zoo")
    again = hand.execute(*operations)

    assert again == first
    assert hand.platform.read("zoo") == before
    assert hand.platform.outcomes([o.id for o in operations]) == {o.operation_id: o for o in first}


def test_a_batch_that_grew_does_only_the_rest(hand: Hand) -> None:
    """Operations that were executed before are known to those that were not."""
    made = hand.creation(A, "llm", settings=LLM)
    hand.execute(made)
    hand.ids.clear()
    hand.execute(made, hand.creation(BOB, "inbound", connectors={"llm": "a"}))

    assert len(hand.platform.read("zoo").objects) == 2


def test_an_empty_batch_does_nothing(platform: Platform, tmp_path: Path) -> None:
    """Nothing to do makes no registry."""
    assert Hand(platform).execute() == ()
    assert list(tmp_path.iterdir()) == []


def test_an_address_nobody_knows_is_refused(hand: Hand) -> None:
    """An operation on an object without an id is a mistake, not a guess."""
    with pytest.raises(PlatformFailed, match=r"connector\.a has no platform id"):
        hand.execute(hand.operation(Action.UPDATE, A, {("name",): "x"}))


def test_a_type_does_not_change_in_place(hand: Hand) -> None:
    """Another type is another object."""
    hand.create(A, "llm", settings=LLM)

    with pytest.raises(PlatformFailed, match="is of type llm"):
        hand.update(A, {("type",): "vlm"})


# -- secrets ----------------------------------------------------------------------------------------------------


def test_a_reference_without_a_value_is_refused_before_anything(hand: Hand, tmp_path: Path) -> None:
    """The platform never guesses a secret, and writes nothing."""
    hand.secrets.clear()
    with pytest.raises(PlatformFailed, match=r"env:KEY"):
        hand.create(A, "llm", settings=LLM)

    assert list(tmp_path.iterdir()) == []


def test_a_secret_in_clear_is_refused(hand: Hand) -> None:
    """A secret setting comes as a secret, or not at all; the refusal does not repeat it."""
    with pytest.raises(PlatformFailed) as refused:
        hand.create(A, "llm", settings={**LLM, "access_token": CANARY})

    assert CANARY not in str(refused.value)


def test_untouched_keeps_and_nothing_to_keep_is_refused(hand: Hand) -> None:
    """A mask in a change means: as it was."""
    mail = channel("mail")
    hand.create(mail, "email", settings={"accounts": [account("a@x.example")]})
    kept = hand.update(mail, {("settings", "accounts"): [account("a@x.example", password=MASKED, imap_port=1)]})

    assert kept.fields["settings"]["accounts"][0]["password"] == MASKED
    with pytest.raises(PlatformFailed, match="no value to keep"):
        hand.update(mail, {("settings", "accounts"): [account("new@x.example", password=MASKED)]})


# -- preconditions ----------------------------------------------------------------------------------------------


def test_a_field_is_what_the_plan_read(hand: Hand) -> None:
    """The value before is compared where it is written."""
    live = hand.create(A, "llm", settings=LLM)
    read = Precondition(Check.FIELD, str(A), "settings/model_name", value_hash("m-1"))
    change: Changes = {("settings", "model_name"): "m-2"}
    hand.execute(hand.operation(Action.UPDATE, A, change, read))

    with pytest.raises(PlanStale, match=r"settings.model_name"):
        hand.execute(hand.operation(Action.UPDATE, A, change, read))
    assert hand.live(A).version == live.version + 1


def test_a_field_of_an_account_is_named_by_its_key(hand: Hand) -> None:
    """Also where the key holds what separates a path."""
    mail = channel("mail")
    hand.create(mail, "email", settings={"accounts": [account("a/b~c@x.example")]})
    path = "settings/accounts/a~1b~0c@x.example/imap_port"
    hand.execute(hand.operation(Action.STOP, mail, None, Precondition(Check.FIELD, str(mail), path, value_hash(993))))

    with pytest.raises(PlanStale):
        hand.execute(hand.operation(Action.STOP, mail, None, Precondition(Check.FIELD, str(mail), path, value_hash(1))))


@pytest.mark.parametrize("unset", [None, "", [], {}])
def test_unset_is_one_value(hand: Hand, unset: object) -> None:
    """Whatever form of nothing the plan read, nothing is what is there."""
    hand.create(A, "llm", settings=LLM)
    read = Precondition(Check.FIELD, str(A), "description", value_hash(unset))

    assert hand.execute(hand.operation(Action.UPDATE, A, {("description",): "x"}, read))


def test_links_are_read_as_addresses(hand: Hand) -> None:
    """A role is compared as the sorted addresses that the batch knows its connectors by."""
    hand.create(A, "llm", settings=LLM)
    hand.create(BOB, "inbound", connectors={"llm": "a"})
    holds = Precondition(Check.FIELD, str(BOB), "connectors/llm", value_hash(["connector.a"]))
    stale = Precondition(Check.FIELD, str(BOB), "connectors/llm", value_hash(["connector.b"]))
    hand.execute(hand.operation(Action.STOP, BOB, None, holds))

    with pytest.raises(PlanStale):
        hand.execute(hand.operation(Action.STOP, BOB, None, stale))


def test_a_name_is_still_free(hand: Hand) -> None:
    """A name that somebody took meanwhile makes the plan stale, before it is a conflict."""
    free = Precondition(Check.ABSENT_NAME, "connector", "b")
    hand.create(A, "llm", settings=LLM)
    hand.execute(hand.operation(Action.UPDATE, A, {("name",): "B"}, free))
    hand.execute(hand.operation(Action.UPDATE, A, {("name",): "b"}, free))

    with pytest.raises(PlanStale, match=r"connector.a has the name"):
        hand.execute(hand.operation(Action.CREATE, B, {("type",): "llm", ("name",): "b"}, free, type="llm"))


def test_the_default_slot_is_as_read(hand: Hand) -> None:
    """Who held the default when the plan was made still holds it."""
    for address in (A, B):
        hand.create(address, "llm", settings=LLM)
    nobody = Precondition(Check.DEFAULT_SLOT, "llm", expect="")
    hand.execute(hand.operation(Action.MAKE_DEFAULT, A, None, nobody))
    hand.execute(hand.operation(Action.MAKE_DEFAULT, B, None, Precondition(Check.DEFAULT_SLOT, "llm", expect=str(A))))

    with pytest.raises(PlanStale, match=r"the default llm is connector.b, not nobody"):
        hand.execute(hand.operation(Action.MAKE_DEFAULT, A, None, nobody))


def test_the_inbound_slot_is_as_read(hand: Hand) -> None:
    """Who answered the channel when the plan was made still does."""
    hand.create(TG, "telegram", settings=BOT)
    hand.create(BOB, "inbound")
    address = hand.attach("bob", "tg")
    nobody = Precondition(Check.INBOUND_SLOT, str(TG), expect="")
    hand.execute(hand.operation(Action.UPDATE, address, {("inbound",): True}, nobody))
    bob = Precondition(Check.INBOUND_SLOT, str(TG), expect=str(BOB))
    hand.execute(hand.operation(Action.UPDATE, address, {("inbound",): True}, bob))

    with pytest.raises(PlanStale, match=r"agent.bob, not nobody"):
        hand.execute(hand.operation(Action.UPDATE, address, {("inbound",): True}, nobody))


def test_users_are_as_read(hand: Hand) -> None:
    """Deleting a connector or a channel reaches the agents that the plan named, and no others."""
    hand.create(A, "llm", settings=LLM)
    hand.create(TG, "telegram", settings=BOT)
    for address in (BOB, EVE):
        hand.create(address, "inbound", connectors={"llm": "a"})
        hand.attach(address.key, "tg")
    stale = [Precondition(Check.LINKS, str(one), expect="agent.bob") for one in (A, TG)]
    for precondition in stale:
        with pytest.raises(PlanStale, match=r"agent\.eve"):
            hand.execute(hand.operation(Action.DELETE, A, None, precondition))
    both = [Precondition(Check.LINKS, str(one), expect="agent.bob,agent.eve") for one in (A, TG)]

    assert hand.execute(hand.operation(Action.DELETE, A, None, *both))


def test_a_read_set_counts_what_the_batch_did_before(hand: Hand) -> None:
    """Each operation's read set is what the plan saw just before it."""
    for address in (A, B):
        hand.create(address, "llm", settings=LLM)
    hand.execute(
        hand.operation(Action.MAKE_DEFAULT, A, None, Precondition(Check.DEFAULT_SLOT, "llm", expect="")),
        hand.operation(Action.MAKE_DEFAULT, B, None, Precondition(Check.DEFAULT_SLOT, "llm", expect="connector.a")),
    )

    assert hand.live(B).fields["default"] is True


def test_a_stale_batch_writes_nothing(hand: Hand) -> None:
    """One precondition that does not hold stops the whole batch."""
    hand.create(A, "llm", settings=LLM)
    before = hand.platform.read("zoo")
    gone = Precondition(Check.FIELD, "connector.b", "name", value_hash("b"))
    with pytest.raises(PlanStale, match=r"connector.b is gone"):
        hand.execute(
            hand.operation(Action.UPDATE, A, {("name",): "x"}), hand.operation(Action.UPDATE, A, {("name",): "y"}, gone)
        )

    assert hand.platform.read("zoo") == before
