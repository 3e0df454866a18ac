"""`render`: the merged tenant."""

from __future__ import annotations

import click

from flametree_cfg.cli.environment import environment_options
from flametree_cfg.cli.invocation import Invocation, common
from flametree_cfg.errors import ExitCode


@click.command("render")
@common
@environment_options
@click.argument("path", metavar="PATH")
def render(invocation: Invocation, path: str) -> ExitCode:
    """Write a tenant as one file would say it: bases merged, variables put in, secrets as references."""
    from flametree_cfg import engine
    from flametree_cfg.report import Document

    invocation.show(Document.RENDER, engine.render_tenant(path, invocation.options()))
    return ExitCode.OK
