"""Where secrets go, and which of them go where they never went."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from flametree_cfg.config import load_catalog
from flametree_cfg.impact.destinations import Fields, host_of, new_destinations, sent
from flametree_cfg.model import Kind, Resource, Secret, Value, agent, channel, connector

CATALOG = load_catalog()
KEY, OTHER = Secret("${env:KEY}", "k:1"), Secret("${env:OTHER}", "k:2")
GOOD, EVIL = "https://api.good.example/v1", "https://api.evil.example/v1"


def llm(key: str, url: str, secret: Secret = KEY) -> Resource:
    """Make an LLM."""
    return Resource(connector(key), {"type": "llm", "settings": {"api_url": url, "access_token": secret}})


def mailbox(server: str, secret: Secret = KEY) -> dict[str, Value]:
    """Make an account of an email channel."""
    return {"address": "a@x.example", "password": secret, "imap_server": server, "smtp_server": "smtp.good.example"}


def email(*accounts: dict[str, Value]) -> Resource:
    """Make an email channel."""
    return Resource(channel("mail"), {"type": "email", "settings": {"accounts": list(accounts)}})


def push(url: str) -> Resource:
    """Make an agent that pushes with a secret header."""
    return Resource(agent("x"), {"type": "inbound", "push": {"url": url, "headers": {"X-Key": KEY}}})


def shouted(before: Iterable[Resource], after: Iterable[Resource], others: Iterable[Fields] = ()) -> list[str]:
    """List where it is shouted."""
    found = new_destinations(before, after, lambda: others, CATALOG)
    return [f"{one.address} {'.'.join(map(str, one.path))}" for one in found]


@pytest.mark.parametrize(
    ("before", "after", "place"),
    [
        (llm("a", GOOD), llm("a", EVIL), "connector.a settings.api_url"),
        (llm("a", GOOD), llm("a", GOOD.replace("https", "http")), "connector.a settings.api_url"),
        (llm("a", GOOD), llm("a", GOOD.replace(".example", ".example:8443")), "connector.a settings.api_url"),
        (llm("old", GOOD), llm("new", EVIL), "connector.new settings.api_url"),
        (email(mailbox("i.good")), email(mailbox("i.evil")), "channel.mail settings.accounts.0.imap_server"),
        (push(GOOD), push(EVIL), "agent.x push.url"),
    ],
    ids=["host", "in clear", "port", "under another key", "account", "push"],
)
def test_a_secret_that_goes_elsewhere(before: Resource, after: Resource, place: str) -> None:
    """A host that changes while the secret's reference stays is shouted, once, with its place."""
    assert shouted([before], [after]) == [place]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (llm("a", GOOD), llm("a", EVIL, OTHER)),
        (llm("a", GOOD), llm("a", "https://API.good.example/v2")),
        (llm("a", GOOD), llm("a", "https://api.good.example./v1")),
        (llm("a", GOOD), llm("a", GOOD, OTHER)),
        (email(mailbox("i.good")), email(mailbox("I.GOOD"))),
        (llm("a", GOOD, Secret("")), llm("a", EVIL, KEY)),
    ],
    ids=["another secret", "same host", "same host, dotted", "only the secret", "same server", "unknown secret"],
)
def test_a_secret_that_does_not(before: Resource, after: Resource) -> None:
    """A secret of its own, or the same host in another spelling, is nothing to shout about."""
    assert shouted([before], [after]) == []


def test_a_secret_that_others_have() -> None:
    """A new object that sends somebody's secret to a new host is shouted; to the same host it is not."""
    others = [(Kind.CONNECTOR, llm("a", GOOD).fields)]

    assert shouted([], [llm("b", EVIL)], others) == ["connector.b settings.api_url"]
    assert shouted([], [llm("b", GOOD)], others) == []
    assert shouted([], [llm("b", EVIL, OTHER)], others) == []


def test_a_secret_of_a_type_without_address() -> None:
    """A bot's token went to its provider: to send it to any host is new."""
    bot = (Kind.CHANNEL, {"type": "telegram", "settings": {"bot_token": KEY}})

    assert shouted([], [llm("b", EVIL)], [bot]) == ["connector.b settings.api_url"]


def test_an_account_moves_among_accounts() -> None:
    """Each account's password goes to its own servers only."""
    two = email(mailbox("i.one"), {**mailbox("i.two", OTHER), "address": "b@x.example"})
    swapped = email(mailbox("i.two"), {**mailbox("i.one", OTHER), "address": "b@x.example"})

    assert len(shouted([two], [swapped])) == 2
    assert shouted([two], [two]) == []


def test_nobody_is_asked_in_vain() -> None:
    """What stays as it is is gone over only where a host is new."""

    def others() -> Iterable[Fields]:
        raise AssertionError

    assert list(new_destinations([llm("a", GOOD)], [llm("a", GOOD, KEY)], others, CATALOG)) == []


def test_every_secret_is_told_with_its_hosts() -> None:
    """Of each type every secret is listed, with every host among its settings."""
    for kind in (Kind.CONNECTOR, Kind.CHANNEL):
        for spec in CATALOG.types(kind):
            for path in spec.secrets:
                value: Value = KEY
                for step in reversed(path[1:] if path[-1] == "*" else path):
                    value = (
                        [value]
                        if step == "*" and path[0] == (spec.accounts and spec.accounts.setting)
                        else {step: value}
                    )
                holding = {path[0]: {"X": KEY}} if path[-1] == "*" else value
                assert any(sent((kind, {"type": spec.name, "settings": holding}), CATALOG)), (spec.name, path)


@pytest.mark.parametrize("text", ["https://[::1", "http://h:99999999", "://", "", "npx serve --port 1", "\u202e"])
def test_an_address_that_is_none(text: str) -> None:
    """Whatever stands there counts as a whole."""
    assert host_of(text) == text.strip().lower()


def test_a_warning_tells_both_hosts() -> None:
    """Who reads it sees where the secret went and where it would go; never its value or fingerprint."""
    (found,) = new_destinations([llm("a", GOOD)], [llm("a", EVIL)], list, CATALOG)

    assert "${env:KEY} went to https://api.good.example, and would go to https://api.evil.example" in found.detail
    assert found.summary.isupper()
    assert "k:1" not in found.detail
