"""`explain`: what can be written for a type."""

from __future__ import annotations

import click

from flametree_cfg.cli.invocation import Invocation, common
from flametree_cfg.errors import ExitCode


@click.command("explain")
@common
@click.argument("target", metavar="KIND[/TYPE]")
def explain(invocation: Invocation, target: str) -> ExitCode:
    """Say what can be written for a kind (connector, channel, agent) or a type (connector/llm)."""
    from flametree_cfg import engine
    from flametree_cfg.report import Document

    invocation.show(Document.EXPLAIN, engine.explain(target, invocation.options()))
    return ExitCode.OK
