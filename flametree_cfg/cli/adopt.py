"""`import`: take an object that exists into our care."""

from __future__ import annotations

import click

from flametree_cfg.cli.environment import environment_options
from flametree_cfg.cli.invocation import Invocation, common
from flametree_cfg.cli.targets import AddressText
from flametree_cfg.errors import ExitCode


@click.command("import")
@common
@environment_options
@click.argument("path", metavar="PATH")
@click.argument("address", metavar="ADDRESS", type=AddressText())
@click.argument("platform_id", metavar="ID")
def adopt(invocation: Invocation, path: str, address: str, platform_id: str) -> ExitCode:
    """Record that a declared address is an object the platform has already. The platform is not touched."""
    from flametree_cfg import engine
    from flametree_cfg.report import Document, Done

    serial = engine.adopt(path, address, platform_id, invocation.options())
    facts = {"address": address, "id": platform_id, "serial": serial}
    invocation.show(Document.DONE, Done(f"Imported {address}; `plan` shows what differs from its YAML", facts))
    return ExitCode.OK
