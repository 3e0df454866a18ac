"""Tests of `pull` on the example tenants: what comes out says what went in, and needs no second hand."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.pull.desk import Desk, values_for, variables_in
from tests.scenario.running import Zoo

TENANTS = Path(__file__).parents[2] / "tenants"
NAMES = sorted(path.name for path in TENANTS.iterdir() if path.is_dir() and not path.name.startswith("_"))
SHARED = (
    "settings.api_url=https://shared.example/v1",
    "settings.model_name=shared",
    "settings.access_token=${env:GREENBASKET_OPENAI_KEY}",
    "settings.temperature=0",
)


@pytest.fixture(scope="module")
def examples(tmp_path_factory: pytest.TempPathFactory) -> Zoo:
    """Give the example tenants, applied."""
    text = "".join(path.read_text(encoding="utf-8") for path in TENANTS.rglob("*.yaml"))
    zoo = Zoo(tmp_path_factory.mktemp("examples"), values_for(variables_in(text)))
    shutil.copytree(TENANTS, zoo.root / "tenants")
    mailbox = zoo.root / "tenants" / "greenbasket" / "secrets" / "help-mailbox"
    mailbox.parent.mkdir(exist_ok=True)
    mailbox.write_text("the secret value of a file", encoding="utf-8")
    zoo.ok("registry", "system-add", "llm", "Flametree shared model", *SHARED)
    zoo.apply(path="tenants")
    return zoo


@pytest.mark.parametrize("name", NAMES)
def test_an_example_is_pulled_whole(examples: Zoo, name: str) -> None:
    """Into an empty folder: valid, formatted, nothing to plan, whether the secrets are set or not."""
    desk = Desk(examples, f"desk-{name}")

    done = desk.pull(tenant=name)

    desk.assert_clean(name)
    desk.assert_clean(name, **values_for(one["variable"] for one in done["secrets"]))
    assert {one["variable"] for one in done["secrets"]} == variables_in(desk.text(name))


@pytest.mark.parametrize("name", NAMES)
def test_pulled_again_nothing_is_written(examples: Zoo, name: str) -> None:
    """A second pull changes no byte of the files, and no serial."""
    desk = Desk(examples, f"again-{name}")
    first = desk.pull(tenant=name)
    before = desk.files(name)

    second = desk.pull(tenant=name)

    assert desk.files(name) == before
    assert (second["written"], second["added"], second["changed"]) == ([], [], [])
    assert second["serial"] == first["serial"]


def test_no_secret_value_appears_anywhere(examples: Zoo) -> None:
    """Neither the files nor the ledger nor what is said hold a value."""
    desk = Desk(examples, "canary")
    said = "".join(desk.ok("pull", f"canary/{name}") for name in NAMES)

    written = "".join(desk.text(name) for name in NAMES)
    ledger = (examples.root / "canary.db").read_bytes()
    for value in examples.environment.values():
        assert value not in said + written
        assert value.encode() not in ledger


def test_agents_and_system_integrations_are_only_found(examples: Zoo) -> None:
    """Agents are external, with links and channels; a system integration is declared where it is used."""
    desk = Desk(examples, "found")
    desk.pull(tenant="harbour-bank")
    text = desk.text("harbour-bank")

    assert "  flametree-shared-model:\n    type: llm\n    name: Flametree shared model\n    system: true\n" in text
    assert "  hotline:\n    type: inbound\n    name: Hotline\n    external: true\n    connectors:\n" in text
    assert "instructions" not in text


def test_the_second_desk_goes_on_from_there(examples: Zoo) -> None:
    """What was pulled can be changed and applied like anything else; a new reference sends a secret."""
    desk = Desk(examples, "further")
    desk.pull(tenant="studio-bakery")
    path = desk.root / "studio-bakery" / "tenant.yaml"
    text = path.read_text(encoding="utf-8")
    (before, *_) = [name for name in variables_in(text) if "ACCESS_TOKEN" in name]
    path.write_text(text.replace(before, "A_NEW_TOKEN"), encoding="utf-8")

    done = desk.ok("apply", "further/studio-bakery", "--yes", A_NEW_TOKEN="EAAcanarynew0123456789")

    assert "1 operation applied" in done
