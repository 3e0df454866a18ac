"""Every field of every type: changed on the registry, a drift check names exactly that field."""

from __future__ import annotations

import json

import pytest

from flametree_cfg.drift import DriftKind, Fate
from flametree_cfg.errors import ExitCode
from flametree_cfg.model import Address
from flametree_cfg.schema import TypeSpec
from tests.drift.hand import SPECS, applied, fields_of, portal, value_at
from tests.scenario.running import Zoo


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: f"{spec.kind}-{spec.name}")
def test_every_field_of_a_type(zoo: Zoo, spec: TypeSpec) -> None:
    """Exactly the changed field is named, with its line and the apply that set it; a secret is not observable."""
    address = Address(spec.kind, spec.name.replace("_", "-"))
    with portal(applied(zoo)) as hand:
        before = hand.fields(address)
        assert hand.check().status == "clean"
        for field in fields_of(spec, before):
            hand.put(field.address, field.path, field.after)
            found = hand.check()
            if field.secret:
                assert (found.status, found.drift) == ("clean", ()), field
                assert found.not_observable
                continue
            (drift,) = found.drift
            (judged,) = drift.judged

            assert (drift.address, drift.kind, [one.path for one in drift.fields]) == (
                address, DriftKind.CHANGED, [field.path],
            )  # fmt: skip
            assert drift.fields[0].after == field.after
            assert (judged.fate, judged.run and judged.run.number, found.exit_code) == (
                Fate.REVERTED, 1, ExitCode.DRIFT,
            )  # fmt: skip
            assert judged.place is not None
            assert judged.place.file == "tenants/zoo/zoo.yaml"
            hand.put(field.address, field.path, value_at(before, spec, field.path))
        assert hand.check().status == "clean"


DEEDS = {
    "a default is made": ("make-default zoo connector.llm", "connector.llm", "default"),
    "an account's variable": ("set zoo channel.email environment.PLAIN=31", "channel.email", "environment.PLAIN"),
    "an agent is stopped": ("stop zoo agent.ann", "agent.ann", "running"),
    "a link goes": ("unlink zoo agent.ann connector.llm", "agent.ann", "connectors.llm"),
    "one of several links goes": ("unlink zoo agent.ann connector.oauth", "agent.ann", "connectors.uses"),
    "an agent's name": ("set zoo agent.ann name=Bea", "agent.ann", "name"),
    "an agent's variable": ("set zoo agent.ann environment.PLAIN=31", "agent.ann", "environment.PLAIN"),
    "an agent's push": ("set zoo agent.ann push.url=https://other.example/p", "agent.ann", "push.url"),
    "an attachment answers no more": ("attach zoo agent.ann channel.telegram", "attachment.ann/telegram", "inbound"),
}


@pytest.mark.parametrize("deed", DEEDS)
def test_every_other_field(zoo: Zoo, deed: str) -> None:
    """So are the fields that no type has: switches, links, variables, pushes, attachments."""
    command, address, path = DEEDS[deed]
    applied(zoo).ok("registry", *command.split())
    found = json.loads(zoo.run("drift", "check", "tenants/zoo", "--format", "json").stdout)["tenants"][0]

    assert [(one["address"], [field["path"] for field in one["fields"]]) for one in found["drift"]] == [
        (address, [path.split(".")])
    ]
    assert found["drift"][0]["judged"][0]["location"]["file"] == "tenants/zoo/zoo.yaml"
