"""What a person does in the portal."""

from __future__ import annotations

import pytest

from flametree_cfg.errors import ConfigInvalid, PlatformFailed, WrongUsage
from flametree_cfg.model import MASKED, Kind, Status, Value, connector, foreign_key
from flametree_cfg.platform import Platform
from flametree_cfg.platform.portal import Portal, add_system
from flametree_cfg.schema import Catalog
from tests.platform.hand import CANARY, Hand

LLM: dict[str, Value] = {
    "settings.api_url": "https://api.example/v1",
    "settings.access_token": CANARY,
    "settings.model_name": "m-1",
    "settings.temperature": "0.5",
}
MAIL: dict[str, Value] = {
    "settings.address": "a@x.example, b@x.example",
    "settings.password": "pw-canary-one, pw-canary-two",
    "settings.imap_server": "i.example,i.example",
    "settings.imap_port": "993,143",
    "settings.smtp_server": "s.example,s.example",
    "settings.smtp_port": "465,465",
}
BOT: dict[str, Value] = {"settings.bot_token": "123456789:AAHcanaryCANARYcanaryCANARYcanary12"}


@pytest.fixture
def portal(platform: Platform, catalog: Catalog) -> Portal:
    """Open the portal of the tenant `zoo`."""
    return Portal(platform, catalog, "zoo")


# -- finding ----------------------------------------------------------------------------------------------------


def test_an_object_is_found_by_id_or_by_kind_and_name(portal: Portal) -> None:
    """Names compare as uniqueness does."""
    made = portal.create(Kind.CONNECTOR, "llm", "GPT", LLM)

    assert portal.find(foreign_key(made.id)) == portal.find("connector: gpt ") == portal.find("GPT", Kind.CONNECTOR)


@pytest.mark.parametrize("text", ["channel:GPT", "id:nothing", "GPT", "agent:", "nonsense:GPT"])
def test_what_is_not_there_is_wrong_usage(portal: Portal, text: str) -> None:
    """A name alone is no object, nor is another kind's."""
    portal.create(Kind.CONNECTOR, "llm", "GPT", LLM)

    with pytest.raises(WrongUsage, match="no such object"):
        portal.find(text)


def test_own_objects_come_before_system_ones(portal: Portal, catalog: Catalog) -> None:
    """A tenant's connector may be called like a system one, and is the one that is meant."""
    system = add_system(portal.platform, catalog, "llm", "GPT", LLM)
    own = portal.create(Kind.CONNECTOR, "llm", "GPT", LLM)

    assert portal.find("connector:GPT").id == own.id
    assert [o.id for o in portal.objects(Kind.CONNECTOR)] == [own.id, system.id]


# -- forms ------------------------------------------------------------------------------------------------------


def test_typed_values_take_the_types_of_the_form(portal: Portal) -> None:
    """Text becomes numbers and objects as the schema says; the secret is masked at once."""
    made = portal.create(
        Kind.CONNECTOR, "llm", "GPT", {**LLM, "settings.json_params": '{"max_tokens": 5}', "description": "12"}
    )

    settings = made.fields["settings"]
    assert (settings["temperature"], settings["json_params"]) == (0.5, {"max_tokens": 5})
    assert (made.fields["description"], settings["access_token"]) == ("12", MASKED)


def test_set_changes_what_is_named(portal: Portal) -> None:
    """Secrets that are not typed over stay."""
    before = portal.create(Kind.CONNECTOR, "llm", "GPT", LLM)
    after = portal.set("connector:GPT", {"settings.model_name": "m-2", "name": "GPT 2"})

    assert after.fields["name"] == "GPT 2"
    assert after.fields["settings"] == {**before.fields["settings"], "model_name": "m-2"}


def test_empty_text_unsets(portal: Portal) -> None:
    """As an emptied field of the form."""
    portal.create(Kind.CONNECTOR, "llm", "GPT", {**LLM, "description": "x"})

    assert portal.set("connector:GPT", {"description": ""}).fields["description"] == ""


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"settings.temperature": "hot"}, "temperature"),
        ({"settings.model_nam": "m"}, "model_nam"),
        ({"settings.model_name": ""}, "model_name"),
        ({"settings.api_url": "nowhere"}, "api_url"),
    ],
)
def test_the_form_refuses_what_the_type_does_not_take(portal: Portal, values: dict[str, Value], said: str) -> None:
    """And changes nothing."""
    before = portal.create(Kind.CONNECTOR, "llm", "GPT", LLM)

    with pytest.raises(ConfigInvalid, match=said):
        portal.set("connector:GPT", values)
    assert portal.find("connector:GPT") == before


def test_a_secret_that_cannot_be_right_is_refused_without_repeating_it(portal: Portal) -> None:
    """A field's own pattern judges what was typed."""
    with pytest.raises(ConfigInvalid) as refused:
        portal.create(Kind.CHANNEL, "telegram", "Bot", {"settings.bot_token": CANARY})

    assert CANARY not in str(refused.value)


def test_what_was_wrong_before_does_not_hinder(portal: Portal) -> None:
    """An object that some other hand left incomplete can still be edited."""
    Hand(portal.platform).create(connector("half"), "llm", settings={"model_name": "m"})

    assert portal.set("connector:half", {"description": "half"}).fields["description"] == "half"


@pytest.mark.parametrize("path", ["type", "running", "default", "settings", "nonsense", "settings.", "environment"])
def test_what_is_no_field_of_the_form_is_wrong_usage(portal: Portal, path: str) -> None:
    """Or has a command of its own."""
    portal.create(Kind.CONNECTOR, "llm", "GPT", LLM)

    with pytest.raises((WrongUsage, ConfigInvalid)):
        portal.set("connector:GPT", {path: "x"})


def test_accounts_are_typed_as_comma_lists(portal: Portal) -> None:
    """One list a field, in the same order, as the portal's form has them."""
    made = portal.create(Kind.CHANNEL, "email", "Mail", MAIL)

    accounts = made.fields["settings"]["accounts"]
    assert [(a["address"], a["imap_port"], a["password"]) for a in accounts] == [
        ("a@x.example", 993, MASKED),
        ("b@x.example", 143, MASKED),
    ]


def test_addresses_may_swap_and_passwords_keep_their_place(portal: Portal) -> None:
    """What is typed into one list leaves the others as they are."""
    portal.create(Kind.CHANNEL, "email", "Mail", MAIL)
    after = portal.set("channel:Mail", {"settings.address": "b@x.example,a@x.example"})

    accounts = after.fields["settings"]["accounts"]
    assert [(a["address"], a["imap_port"], a["password"]) for a in accounts] == [
        ("b@x.example", 993, MASKED),
        ("a@x.example", 143, MASKED),
    ]


def test_lists_of_unequal_length_are_refused(portal: Portal) -> None:
    """Item n of every list belongs to account n."""
    portal.create(Kind.CHANNEL, "email", "Mail", MAIL)

    with pytest.raises(ConfigInvalid, match="imap_port"):
        portal.set("channel:Mail", {"settings.imap_port": "993"})


def test_one_account_is_named_by_its_key(portal: Portal) -> None:
    """Though an address holds dots."""
    portal.create(Kind.CHANNEL, "email", "Mail", MAIL)
    after = portal.set("channel:Mail", {"settings.accounts.b@x.example.imap_port": "1143"})

    assert [a["imap_port"] for a in after.fields["settings"]["accounts"]] == [993, 1143]


def test_an_environment_variable_may_be_secret(portal: Portal) -> None:
    """The portal has a switch for it; without it the value is text, whatever it looks like."""
    made = portal.create(
        Kind.CHANNEL, "telegram", "Bot",
        {**BOT, "environment.TOKEN": CANARY, "environment.POLL": "30"}, secret=["environment.TOKEN"],
    )  # fmt: skip

    assert made.fields["environment"] == {"TOKEN": MASKED, "POLL": "30"}


def test_an_agents_fields_are_typed_too(portal: Portal) -> None:
    """Numbers, nested switches and instructions."""
    made = portal.create(Kind.AGENT, "inbound", "Bob", {"max_opened_sessions": "3", "instructions": "Be kind."})

    assert (made.fields["max_opened_sessions"], made.fields["instructions"]) == (3, "Be kind.")
    with pytest.raises(ConfigInvalid, match="max_opened_sessions"):
        portal.set("agent:Bob", {"max_opened_sessions": "0"})


# -- rules ------------------------------------------------------------------------------------------------------


def test_a_name_is_taken(portal: Portal) -> None:
    """In the portal's own words."""
    portal.create(Kind.CONNECTOR, "llm", "GPT", LLM)

    with pytest.raises(PlatformFailed, match="Integration with name GPT already exists"):
        portal.create(Kind.CONNECTOR, "vlm", "GPT", {k: v for k, v in LLM.items() if "temp" not in k})


def test_default_passes_on_and_may_be_cleared(portal: Portal) -> None:
    """A type has one default or none."""
    for name in ("One", "Two"):
        portal.create(Kind.CONNECTOR, "llm", name, LLM)
        portal.make_default(f"connector:{name}")
    states = [portal.find(f"connector:{name}").fields["default"] for name in ("One", "Two")]

    assert states == [False, True]
    assert portal.clear_default("connector:Two").fields["default"] is False


def test_a_system_integration_is_for_the_public_tenant(portal: Portal, catalog: Catalog) -> None:
    """A tenant neither makes nor edits nor deletes one, but may make it its default."""
    add_system(portal.platform, catalog, "llm", "Shared", LLM)
    words = "Changes to system integrations can only be made in the public tenant"

    with pytest.raises(PlatformFailed, match=words):
        portal.create(Kind.CONNECTOR, "llm", "Mine", LLM, system=True)
    with pytest.raises(PlatformFailed, match=words):
        portal.set("connector:Shared", {"description": "mine"})
    with pytest.raises(PlatformFailed, match=words):
        portal.delete("connector:Shared")
    assert portal.make_default("connector:Shared").fields["default"] is True


def test_the_public_tenant_edits_its_system_integrations(portal: Portal, catalog: Catalog) -> None:
    """And every tenant sees the change."""
    add_system(portal.platform, catalog, "llm", "Shared", LLM)
    Portal(portal.platform, catalog, "public").set("connector:Shared", {"settings.model_name": "m-2"})

    assert portal.find("connector:Shared").fields["settings"]["model_name"] == "m-2"


# -- agents -----------------------------------------------------------------------------------------------------


@pytest.fixture
def staffed(portal: Portal) -> Portal:
    """Give a portal with an agent, a model and a bot."""
    portal.create(Kind.CONNECTOR, "llm", "GPT", LLM)
    portal.create(Kind.CHANNEL, "telegram", "Bot", BOT)
    portal.create(Kind.AGENT, "inbound", "Bob")
    return portal


def test_a_role_follows_from_the_type(staffed: Portal) -> None:
    """Linking names no role where only one fits."""
    role = staffed.link("agent:Bob", "connector:GPT")

    assert role == "llm"
    assert [o.fields["name"] for o in staffed.used_by("connector:GPT")] == ["Bob"]


def test_a_role_of_many_grows_and_shrinks(staffed: Portal) -> None:
    """Linking twice is linking once; unlinking leaves the others."""
    for name in ("A", "B"):
        values = {"settings.server_endpoint": "https://mcp.example/a", "settings.integration_code": name * 3}
        staffed.create(Kind.CONNECTOR, "mcp", name, values)
        staffed.link("agent:Bob", f"connector:{name}")
    staffed.link("agent:Bob", "connector:A")
    both = staffed.find("agent:Bob").fields["connectors"]["mcp"]
    gone = staffed.unlink("agent:Bob", "connector:A")

    assert sorted(both) == sorted(staffed.find(f"connector:{name}").id for name in ("A", "B"))
    assert gone == ("mcp",)
    assert staffed.find("agent:Bob").fields["connectors"] == {"mcp": [staffed.find("connector:B").id]}


def test_what_is_not_linked_is_not_unlinked(staffed: Portal) -> None:
    """Nor is a role filled that does not exist, or that the type does not fit."""
    with pytest.raises(WrongUsage, match="not linked"):
        staffed.unlink("agent:Bob", "connector:GPT")
    with pytest.raises(WrongUsage, match="no such role"):
        staffed.link("agent:Bob", "connector:GPT", "brain")
    with pytest.raises(PlatformFailed, match="does not fill"):
        staffed.link("agent:Bob", "connector:GPT", "stt")


def test_attaching_again_sets_inbound(staffed: Portal) -> None:
    """The switch of an attachment is changed by attaching as wanted."""
    staffed.attach("agent:Bob", "channel:Bot")
    staffed.attach("agent:Bob", "channel:Bot", inbound=True)
    (attachment,) = staffed.objects(Kind.ATTACHMENT)
    staffed.detach("agent:Bob", "channel:Bot")

    assert attachment.fields["inbound"] is True
    assert staffed.objects(Kind.ATTACHMENT) == ()
    with pytest.raises(WrongUsage, match="not attached"):
        staffed.detach("agent:Bob", "channel:Bot")


def test_start_and_stop(staffed: Portal) -> None:
    """The log says what happened."""
    started, stopped = staffed.start("channel:Bot"), staffed.stop("channel:Bot")

    assert (started.status, stopped.status) == (Status.RUNNING, Status.STOPPED)
    assert len(staffed.logs("channel:Bot")) == 4


def test_delete_gives_what_was(staffed: Portal) -> None:
    """And it is gone."""
    assert staffed.delete("channel:Bot").fields["name"] == "Bot"
    assert staffed.objects(Kind.CHANNEL) == ()
