"""`graph`: what is connected to what."""

from __future__ import annotations

import click

from flametree_cfg.cli.environment import environment_options
from flametree_cfg.cli.invocation import Invocation, common
from flametree_cfg.cli.reports import report_option
from flametree_cfg.errors import ExitCode, has_errors, worst


@click.command("graph")
@common
@click.argument("paths", metavar="PATH...", nargs=-1, required=True)
@environment_options
@report_option
def graph(invocation: Invocation, paths: tuple[str, ...]) -> ExitCode:
    """
    Show which channels, agents and connectors are connected, as the YAML says.

    `--format dot`, `mermaid`, `svg` or `html` draws it; `plan --format svg` draws what changes.
    """
    from flametree_cfg import engine
    from flametree_cfg.report import Document

    results = engine.validate(paths, invocation.options())
    invocation.tell(d for result in results if has_errors(result.diagnostics) for d in result.diagnostics)
    invocation.show(Document.GRAPH, results)
    return worst(result.exit_code for result in results)
