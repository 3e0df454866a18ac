"""Checks through the port: what they find is kept, and is no change of the tenant."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from flametree_cfg.model import Action, Health, Secret, channel, connector
from flametree_cfg.platform import Platform, Verification, open_platform
from flametree_cfg.schema import Catalog
from flametree_cfg.secret.keyring import Keyring
from tests.platform.hand import IMPLEMENTATIONS, KEY, Hand
from tests.probe import provider as stand_in
from tests.probe.provider import MODEL, Provider, providing

MODEL_A, BOT = connector("a"), channel("bot")
HERE = Verification(allow_address=("127.0.0.1",))


@pytest.fixture
def provider() -> Iterator[Provider]:
    """Serve as a provider of models."""
    with providing() as provider:
        yield provider


@pytest.fixture(params=sorted(IMPLEMENTATIONS))
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Say where an empty registry of each kind is."""
    if request.param == "postgresql":
        address: str = request.getfixturevalue("postgres").url
        return address
    return f"sqlite:{tmp_path}/registry.db"


@pytest.fixture
def hand(url: str, catalog: Catalog, provider: Provider) -> Iterator[Hand]:
    """Give a hand on a platform that may call loopback, with a model that works."""
    platform = connect(url, catalog)
    hand = Hand(platform, secrets={KEY: stand_in.KEY})
    hand.create(
        MODEL_A, "llm", settings={"api_url": provider.url("/v1"), "access_token": Secret(KEY), "model_name": MODEL}
    )
    yield hand
    platform.close()


def connect(url: str, catalog: Catalog, keyring: Keyring | None = None, *, key: bool = True) -> Platform:
    """Open the registry as the operator who allows loopback does."""
    keyring = (keyring or Keyring(b"k" * 32)) if key else None
    return open_platform(url, catalog=catalog, keyring=keyring, create=True, verification=HERE)


def test_what_is_found_is_kept(hand: Hand) -> None:
    """The dot, the sentence and the time are read back; each result is told as it comes."""
    told = []
    found = hand.platform.check("zoo", [hand.ids[MODEL_A]], told=told.append)
    live = hand.live(MODEL_A)

    assert (live.health, live.checked, live.checked_at) == (Health.HEALTHY, found[0].message, found[0].at)
    assert found[0].at
    assert tuple(told) == tuple(found)


def test_health_is_no_change(hand: Hand) -> None:
    """Neither the version nor the revision moves: plans and agreements made before stay good."""
    before, revision = hand.live(MODEL_A), hand.platform.revision("zoo")
    hand.platform.check("zoo", [hand.ids[MODEL_A]])
    after = hand.live(MODEL_A)

    assert (after.version, hand.platform.revision("zoo")) == (before.version, revision)
    assert after.fields == before.fields
    assert after.health is not before.health


def test_other_settings_have_not_been_checked(hand: Hand) -> None:
    """A change of settings takes the dot away; a change of name does not."""
    hand.platform.check("zoo", [hand.ids[MODEL_A]])
    renamed = hand.update(MODEL_A, {("name",): "Other"})
    changed = hand.update(MODEL_A, {("settings", "model_name"): "m-2"})

    assert renamed.health is Health.HEALTHY
    assert (changed.health, changed.checked, changed.checked_at) == (Health.NOT_CHECKED, "", "")


def test_what_changes_meanwhile_keeps_no_old_result(hand: Hand, url: str, catalog: Catalog) -> None:
    """A result that was found with settings that are gone is not kept."""
    other = Hand(connect(url, catalog), ids=hand.ids, secrets=hand.secrets)

    def change(_: object) -> None:
        changed = other.operation(Action.UPDATE, MODEL_A, {("settings", "model_name"): "m-2"})
        other.execute(replace(changed, id="of-the-other"))

    found = hand.platform.check("zoo", [hand.ids[MODEL_A]], told=change)
    other.platform.close()

    assert found[0].health is Health.HEALTHY
    assert hand.live(MODEL_A).health is Health.NOT_CHECKED


def test_without_the_key_nothing_is_called(hand: Hand, url: str, catalog: Catalog, provider: Provider) -> None:
    """Secrets that cannot be opened make it not checked, with the reason; another key likewise."""
    ids = [hand.ids[MODEL_A]]
    for keyring, key in ((None, False), (Keyring(b"x" * 32), True)):
        platform = connect(url, catalog, keyring, key=key)
        found = platform.check("zoo", ids)
        platform.close()

        assert (found[0].health, found[0].finding) == (Health.NOT_CHECKED, "secrets-sealed")
        assert "set FLAMETREE_KEY" in found[0].message
    assert provider.asked == []


def test_what_is_not_there_is_left_out(hand: Hand) -> None:
    """Unknown ids, and those of another tenant, have no result."""
    assert list(hand.platform.check("zoo", ["nobody"])) == []
    assert list(hand.platform.check("other", [hand.ids[MODEL_A]])) == []
    assert list(hand.platform.check("zoo", [])) == []


def test_a_channel_is_checked_too(hand: Hand, url: str, catalog: Catalog, provider: Provider) -> None:
    """Its connection check is kept as health beside its status."""
    hand.create(BOT, "telegram", settings={"bot_token": Secret(KEY)})
    reach = Verification(endpoint=(f"telegram={provider.url('/not-ok')}",))
    platform = open_platform(url, catalog=catalog, keyring=Keyring(b"k" * 32), create=False, verification=reach)
    found = platform.check("zoo", [hand.ids[BOT]])
    platform.close()

    assert found[0].health is Health.UNHEALTHY
    assert "Unauthorized" in found[0].message
    assert hand.live(BOT).health is Health.UNHEALTHY
