"""`show`: objects as the portal's cards do."""

from __future__ import annotations

import click

from flametree_cfg.cli.environment import environment_options
from flametree_cfg.cli.invocation import Invocation, common
from flametree_cfg.cli.targets import AddressText, read_only_option
from flametree_cfg.errors import ExitCode


@click.command("show")
@common
@click.argument("path", metavar="PATH")
@click.argument("address", metavar="[ADDRESS]", required=False, type=AddressText())
@environment_options
@read_only_option
def show(invocation: Invocation, path: str, address: str | None, *, read_only: bool) -> ExitCode:
    """Show objects as the portal's cards do: health, status, tags, linked agents, main parameters."""
    from flametree_cfg import engine
    from flametree_cfg.report import Document

    invocation.show(Document.SHOW, engine.show(path, address, invocation.options(read_only=read_only)))
    return ExitCode.OK
