"""Tenants to draw and to point into."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flametree_cfg.errors import Location, Path
from flametree_cfg.model import Declaration, Resource, Tenant, agent, attachment, channel, connector
from tests.report.plans import resource


@dataclass(frozen=True)
class Desk:
    """What a folder declares, every object on line 7 of one file."""

    resources: Sequence[Resource]
    file: str = "tenants/acme/a.yaml"

    @property
    def tenant(self) -> Tenant:
        """Give all of it."""
        declared = {one.address: Declaration(one) for one in self.resources}
        return Tenant("acme", declared, frozenset({"connectors", "channels", "agents"}))

    @property
    def locate(self) -> Callable[[str, Path], Location | None]:
        """Find everything that is declared."""
        known = {str(one.address) for one in self.resources}
        return lambda address, _path: Location(self.file, 7, 3) if address in known else None


def declared(name: str, suffix: str = "") -> list[Resource]:
    """Give an agent on one channel with one connector, all of one name."""
    ann, telegram, gpt = f"ann{suffix}", f"tg{suffix}", f"gpt{suffix}"
    return [
        resource(connector(gpt), "llm", name, default=True),
        resource(channel(telegram), "telegram", name),
        resource(agent(ann), "inbound", name, connectors={"llm": gpt}),
        Resource(attachment(ann, telegram), {"agent": ann, "channel": telegram, "inbound": True}),
    ]
