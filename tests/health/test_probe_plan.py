"""`plan --probe`: what would be applied is tried first, and nothing of that is approved."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.health.world import World


def planned(world: World, *arguments: str, code: int = 0) -> dict[str, Any]:
    """Plan; gives the tenant's part of the document."""
    done = world.run("plan", "tenants/zoo", *arguments, "--format", "json")
    assert done.returncode == code, done.said
    tenant: dict[str, Any] = json.loads(done.stdout)["tenants"][0]
    return tenant


def test_before_anything_is_applied(world: World) -> None:
    """New connectors are called with the values that would be sent; nothing is written anywhere."""
    world.models(a="/v1", b="/v1 BAD_KEY")
    tenant = planned(world, "--probe", "--no-cache", code=9)

    assert {one["address"]: one["health"] for one in tenant["probed"]} == {
        "connector.a": "healthy",
        "connector.b": "unhealthy",
    }
    assert world.files() == {}


def test_only_with_the_flag(world: World) -> None:
    """A plan calls nobody by itself, and is the same plan: the digest is that of what would be done."""
    world.models(a="/v1", b="/v1 BAD_KEY")
    plain = planned(world)
    calls = len(world.provider.asked)
    probed = planned(world, "--probe", code=9)

    assert (calls, plain["probed"]) == (0, [])
    assert plain["digest"] == probed["digest"]


def test_only_what_would_change(world: World) -> None:
    """What stays as it is is not called; a rotated secret counts as a change."""
    world.models(a="/v1", b="/v1", c="/v1 BAD_KEY")
    world.ok("apply", "tenants/zoo", "--yes", "--no-verify")
    world.models(a="/v1", b="/v1/", c="/v1 BAD_KEY")
    world.environment["BAD_KEY"] = world.environment["GOOD_KEY"]

    assert {one["address"] for one in planned(world, "--probe")["probed"]} == {"connector.b", "connector.c"}


@pytest.mark.parametrize("form", ["text", "markdown", "html"])
def test_formats(world: World, form: str) -> None:
    """People see the dot, the word and the sentence beside the changes."""
    world.models(b="/v1 BAD_KEY")
    done = world.run("plan", "tenants/zoo", "--probe", "--format", form)

    assert "Unhealthy" in done.stdout
    assert "answered 401: Incorrect API key provided" in done.stdout
    assert "●" in done.stdout


def test_a_saved_plan_keeps_it(world: World) -> None:
    """It stands beside the body, outside the digest, and is shown with its age when the file is applied."""
    world.models(a="/v1", b="/v1 BAD_KEY")
    digest = planned(world)["digest"]
    saved = world.run("plan", "tenants/zoo", "--probe", "--out", "p.json")
    tenant = json.loads((world.root / "p.json").read_text())["tenants"][0]
    done = world.run("apply", "p.json", "--expect", digest)

    assert saved.returncode == 9
    assert tenant["digest"] == digest
    assert [one["health"] for one in tenant["envelope"]["probed"]] == ["healthy", "unhealthy"]
    assert "probed" not in json.dumps(tenant["body"])
    assert "    ● Unhealthy    connector.b  127.0.0.1" in done.stdout
    assert done.returncode == 9


def test_a_file_without_it_is_read_as_before(world: World) -> None:
    """Nothing stands there where nothing was probed: older versions read it."""
    world.models(a="/v1")
    world.ok("plan", "tenants/zoo", "--out", "p.json")

    assert "probed" not in json.loads((world.root / "p.json").read_text())["tenants"][0]["envelope"]


def test_the_operators_policy(world: World) -> None:
    """The addresses in the YAML are judged as everywhere; what is refused is not checked, which fails nothing."""
    world.models(a="/v1", b="http://169.254.169.254/v1")
    tenant = planned(world, "--probe", "--allow-address", "10.0.0.0/8")

    assert {one["finding"] for one in tenant["probed"]} == {"address-refused"}
    assert world.provider.asked == []


def test_a_secret_does_not_go_to_a_new_host(world: World) -> None:
    """Where a plan shouts that a secret would go elsewhere, it is not sent there to try."""
    world.models(a="/v1")
    world.ok("apply", "tenants/zoo", "--yes", "--no-verify")
    world.models(a=world.provider.url("/v1").replace("127.0.0.1", "localhost"))
    probed = planned(world, "--probe")["probed"]

    assert [one["finding"] for one in probed] == ["address-refused"]
    assert "review that first" in probed[0]["message"]
    assert world.provider.asked == []


def test_a_value_that_is_not_here(world: World) -> None:
    """Without its value a connector is not checked, and the plan is made all the same."""
    world.models(a="/v1 NOT_HERE")
    probed = planned(world, "--probe")["probed"]

    assert [one["finding"] for one in probed] == ["settings-missing"]


def test_not_without_a_refresh(world: World) -> None:
    """`--no-refresh` promises to resolve no secret."""
    world.models(a="/v1")
    done = world.run("plan", "tenants/zoo", "--probe", "--no-refresh")

    assert done.returncode == 64
    assert world.provider.asked == []


def test_the_templates_of_ci_do_not_probe(world: World) -> None:
    """What `init --ci` writes plans pull requests of strangers."""
    for forge in ("github", "gitlab"):
        folder = world.root / forge
        world.ok("init", str(folder), "--ci", forge)
        files = [path.read_text() for path in folder.rglob("*") if path.is_file() and path.suffix in (".yml", ".yaml")]

        assert files
        assert not [text for text in files if "--probe" in text]
