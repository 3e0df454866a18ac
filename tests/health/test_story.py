"""The big story through the commands: every way a provider can be, each with the right dot and a plain sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.health.world import World, model
from tests.probe.authority import Authority
from tests.probe.provider import bomb, providing

WAYS = {
    "green": ("/v1", "healthy", "answered 200"),
    "key": ("/v1 BAD_KEY", "unhealthy", "answered 401: Incorrect API key provided"),
    "page": ("/page", "unhealthy", "something that is not JSON"),
    "half": ("/half", "unhealthy", "something that is not JSON"),
    "huge": ("/huge", "unhealthy", "more than 256 KB"),
    "bomb": ("/bomb", "unhealthy", "more than 256 KB"),
    "drip": ("/drip", "unhealthy", "no whole answer within 10 s"),
    "reset": ("/reset", "unhealthy", "broke"),
    "redirect": ("/redirect", "unhealthy", "elsewhere"),
    "nobody": ("http://127.0.0.1:1029/v1", "unhealthy", "nothing listens at"),
    "unknown": ("https://models.invalid/v1", "unhealthy", "no host of the name models.invalid is known"),
    "metadata": ("http://169.254.169.254/v1", "not checked", "a cloud's metadata service"),
    "private": ("https://10.0.0.8/v1", "not checked", "a private network"),
}


@pytest.fixture
def checked(world: World) -> World:
    """Apply all of them and check them once."""
    world.provider.packed = bomb(64)
    world.provider.location = "http://169.254.169.254/"
    world.models(**{key: way for key, (way, _, _) in WAYS.items()})
    world.ok("apply", "tenants/zoo", "--yes", "--no-verify")
    return world


def test_every_way_a_provider_can_be(checked: World) -> None:
    """The dots are right, the sentences plain, the exit code is 9, and `status` and `show` tell the same."""
    found = checked.checks(code=9)
    expected = {f"connector.{key}": health for key, (_, health, _) in WAYS.items()}

    assert {address: one["health"] for address, one in found.items()} == expected
    assert {
        key: found[f"connector.{key}"]["message"]
        for key, (_, _, said) in WAYS.items()
        if said not in found[f"connector.{key}"]["message"]
    } == {}
    assert checked.health() == expected
    assert {one["address"]: one["checked"] for one in checked.cards()} == {
        address: one["message"] for address, one in found.items()
    }


def test_a_model_that_the_provider_does_not_have(world: World) -> None:
    """The key is right and the model is not: the provider's own words tell which."""
    world.declare("\n".join(["connectors:", *model("a", world.provider.url("/v1"), name="m-2")]))
    world.ok("apply", "tenants/zoo", "--yes", "--no-verify")
    found = world.checks(code=9)["connector.a"]

    assert (found["health"], found["finding"]) == ("unhealthy", "not-found")
    assert found["message"].endswith("answered 404: The model `m-2` does not exist")


@pytest.mark.parametrize(
    ("name", "health", "said"),
    [("localhost", "healthy", "answered 200"), ("other.test", "unhealthy", "is made out to another name")],
)
def test_tls_with_a_name(world: World, tmp_path: Path, name: str, health: str, said: str) -> None:
    """A certificate of a trusted authority counts for the name it was made out to; nothing is sent to another."""
    authority = Authority(tmp_path)
    allowed = ("--authorities", str(authority.file), "--allow-address", "localhost")
    with providing(authority.context(name)) as provider:
        provider.host = "localhost"
        world.models(a=provider.url("/v1", "https"))
        world.ok("apply", "tenants/zoo", "--yes", "--no-verify")
        found = world.checks(*allowed, code=0 if health == "healthy" else 9)["connector.a"]

    assert (found["health"], said in found["message"]) == (health, True)
    assert len(provider.asked) == (health == "healthy")
