"""Rules read annotations, never a type's name: the real types, annotated otherwise, are judged otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from msgspec import Struct
from msgspec.structs import replace

from flametree_cfg.invariants import World, check_all
from flametree_cfg.model import Kind, Resource, Secret, agent, attachment, channel, connector
from flametree_cfg.schema import Catalog, Role, TypeSpec
from tests.invariants.documents import catalog


class Annotated(Struct, frozen=True, eq=False, dict=True):
    """What rules ask of a catalog, with more annotations on one type."""

    kind: Kind
    type: str
    more: Mapping[str, Any]

    @property
    def roles(self) -> Mapping[str, Role]:
        """Those of the real catalog."""
        return catalog().roles

    def get(self, kind: Kind, type_name: str) -> TypeSpec | None:
        """Find a type, annotated if it is the one."""
        spec = catalog().get(kind, type_name)
        if spec and (kind, type_name) == (self.kind, self.type):
            return replace(spec, schema={**spec.schema, **self.more})
        return spec


def judged(kind: Kind, type_name: str, more: Mapping[str, Any], *resources: Resource) -> list[str]:
    """Judge resources with one type annotated; gives the codes."""
    return [d.code for d in check_all(World.of(resources), cast("Catalog", Annotated(kind, type_name, more)))]


def test_role_that_says_required_to_run_is_required() -> None:
    """Which roles an agent needs to run is said by the type file that fills them."""
    ears = {"x-role": {"name": "stt", "required_to_run": True}}
    linked = {"llm": "model", "stt": "ears"}
    running = Resource(agent("a"), {"type": "inbound", "name": "A", "running": True, "connectors": linked})
    model = Resource(connector("model"), {"type": "llm", "name": "Model"})
    stt = Resource(connector("ears"), {"type": "stt", "name": "Ears"})
    bare = running.with_fields(connectors={"llm": "model"})

    assert judged(Kind.CONNECTOR, "stt", ears, model, stt, running) == []
    assert judged(Kind.CONNECTOR, "stt", ears, model, stt, bare) == ["running-without-role"]
    assert judged(Kind.CONNECTOR, "stt", {}, model, stt, bare) == []


def test_one_credential_serves_several_numbers_where_the_type_tells_them_apart() -> None:
    """One Twilio account has many numbers; the same number twice is still refused."""

    def line(key: str, number: str) -> Resource:
        settings = {"auth_token": Secret("${env:T}"), "phone_number": number}
        return Resource(channel(key), {"type": "twilio", "name": key, "settings": settings})

    desk = Resource(agent("a"), {"type": "inbound", "name": "A"})
    inbound = [Resource(attachment("a", k), {"agent": "a", "channel": k, "inbound": True}) for k in ("x", "y")]
    apart = {"x-identity": ["phone_number"]}

    assert judged(Kind.CHANNEL, "twilio", apart, desk, *inbound, line("x", "+1"), line("y", "+2")) == []
    assert judged(Kind.CHANNEL, "twilio", apart, desk, *inbound, line("x", "+1"), line("y", "+1")) == [
        "same-credential-inbound"
    ]


def test_one_credential_is_one_place_where_nothing_tells_them_apart() -> None:
    """Without the annotation the reference alone decides."""
    bots = [
        Resource(channel(k), {"type": "telegram", "name": k, "settings": {"bot_token": Secret("${env:T}")}})
        for k in ("x", "y")
    ]
    desk = Resource(agent("a"), {"type": "inbound", "name": "A"})
    inbound = [Resource(attachment("a", k), {"agent": "a", "channel": k, "inbound": True}) for k in ("x", "y")]

    assert judged(Kind.CHANNEL, "telegram", {}, desk, *inbound, *bots) == ["same-credential-inbound"]
