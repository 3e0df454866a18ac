"""`validate`: say everything that is wrong."""

from __future__ import annotations

import click

from flametree_cfg.cli.environment import environment_options
from flametree_cfg.cli.invocation import Invocation, common
from flametree_cfg.cli.reports import report_option
from flametree_cfg.errors import ExitCode, worst


@click.command("validate")
@common
@click.argument("paths", metavar="PATH...", nargs=-1, required=True)
@environment_options
@report_option
def validate(invocation: Invocation, paths: tuple[str, ...]) -> ExitCode:
    """Check tenants; touches neither ledger nor platform, resolves no secret."""
    from flametree_cfg import engine
    from flametree_cfg.report import Document

    results = engine.validate(paths, invocation.options())
    invocation.show(Document.VALIDATE, results)
    return worst(result.exit_code for result in results)
