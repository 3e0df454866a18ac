"""The catalog as others use it."""

from __future__ import annotations

import json

import pytest

from flametree_cfg.model import Kind
from flametree_cfg.schema import Catalog, Lifecycle
from tests.schema.files import agent, catalog, channel, codes, connector, documents


def test_types_are_found_by_kind_and_name() -> None:
    """`intercom` is a connector and a channel; each kind has its own."""
    as_connector = catalog().get(Kind.CONNECTOR, "intercom")
    as_channel = catalog().get(Kind.CHANNEL, "intercom")

    assert as_connector is not None
    assert as_channel is not None
    assert (as_connector.kind, as_connector.lifecycle) == (Kind.CONNECTOR, Lifecycle.NONE)
    assert (as_channel.kind, as_channel.lifecycle) == (Kind.CHANNEL, Lifecycle.OWN)


def test_unknown_type_is_none() -> None:
    """An unknown type is not an error by itself: a platform may have it."""
    assert catalog().get(Kind.CONNECTOR, "novel") is None
    assert catalog().secret_paths(Kind.CONNECTOR, "novel") == frozenset()


def test_types_are_sorted() -> None:
    """Types are listed by name."""
    names = [spec.name for spec in catalog().types(Kind.CHANNEL)]

    assert names == sorted(names)


def test_role_knows_its_types() -> None:
    """A role is filled by every type that says so."""
    assert catalog().roles["uses"].types == ("api_key", "database", "intercom", "mail", "oauth")
    assert catalog().roles["llm"].types == ("llm",)


def test_digest_is_of_the_content() -> None:
    """Order and formatting do not move the digest; a changed word does."""
    shuffled = dict(reversed([(k, json.loads(json.dumps(v, sort_keys=True))) for k, v in documents().items()]))
    changed = documents()
    changed["connectors/llm"]["title"] += "!"

    assert Catalog.from_documents(shuffled).digest == catalog().digest
    assert Catalog.from_documents(changed).digest != catalog().digest


def test_accounts_are_described() -> None:
    """A multi-account type says which list, which key and which parallel fields."""
    spec = catalog().get(Kind.CHANNEL, "whatsapp")

    assert spec is not None
    assert spec.accounts is not None
    assert (spec.accounts.setting, spec.accounts.key) == ("accounts", "phone_number_id")


def test_immutable_settings_are_listed() -> None:
    """A type says which settings cannot be changed in place."""
    spec = catalog(extra=True).get(Kind.CONNECTOR, "reranker")

    assert spec is not None
    assert spec.immutable == {"region"}


@pytest.mark.parametrize("kind", [Kind.CONNECTOR, Kind.CHANNEL, Kind.AGENT])
def test_everything_common_is_accepted(kind: Kind) -> None:
    """The keys that every resource may have are accepted."""
    written = {Kind.CONNECTOR: connector(), Kind.CHANNEL: channel(), Kind.AGENT: agent()}[kind]
    common = {"description": "One\nTwo", "protected": True, "previously": ["old-key"], "external": False}

    assert codes(kind, {**written, **common}) == []


def test_a_whole_agent_is_accepted() -> None:
    """An agent may say everything that domain.md 3 documents."""
    written = agent(
        instructions="Be kind.\nAnswer in the customer's language.",
        running=True,
        connectors={"llm": "gpt", "mcp": ["a", "b"], "tts": ["x"], "uses": ["hubspot"], "stt": None},
        channels={"bot": {"inbound": True}, "mail": {}},
        environment={"START_PHRASE": "Hello", "API": {"secret": "${env:API}"}},
        max_opened_sessions=1,
        daily_session_limit=100,
        web_widget={
            "enabled": True,
            "display_name": "Acme",
            "show_floating_chat_button": True,
            "primary_color": "#0B5FFF",
            "voice_over": False,
            "tooltip_text": "Ask us",
            "allow_voice_messages": True,
            "button_icon": "custom",
            "button_color": "#000000",
            "icon_color": "#FFFFFF",
            "floating_button_size": 64,
        },
        push={"events": ["new_message"], "url": "https://a.example/p", "headers": {"X": {"secret": "${env:X}"}}},
    )

    assert codes(Kind.AGENT, written) == []


def test_catalog_without_agents() -> None:
    """Without the agent file there are no agent types."""
    only_llm = Catalog.from_documents({"connectors/llm": documents()["connectors/llm"]})

    assert dict(only_llm.agent_types) == {}
    assert [d.code for d in only_llm.check(Kind.AGENT, agent())] == ["unknown-type"]


def test_settings_may_be_left_out_where_nothing_is_required() -> None:
    """A type whose every setting is optional needs no `settings`."""
    document = documents()["connectors/api_key"]
    del document["required"]
    known = Catalog.from_documents({"connectors/api_key": document})

    assert known.check(Kind.CONNECTOR, {"type": "api_key", "name": "x"}) == []
