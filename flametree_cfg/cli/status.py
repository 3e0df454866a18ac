"""`status`: how everything of a tenant is."""

from __future__ import annotations

import click

from flametree_cfg.cli.environment import environment_options
from flametree_cfg.cli.invocation import Invocation, common
from flametree_cfg.cli.reports import report_option
from flametree_cfg.cli.targets import read_only_option
from flametree_cfg.errors import ExitCode


@click.command("status")
@common
@click.argument("path", metavar="PATH")
@environment_options
@read_only_option
@report_option
def status(invocation: Invocation, path: str, *, read_only: bool) -> ExitCode:
    """
    Show how a tenant is: connectors with their dot, channels and agents with their status.

    Calls nobody: `check` does. The embedded registry verifies channels against their providers; it does not process
    customers' messages.
    """
    from flametree_cfg import engine
    from flametree_cfg.report import Document

    invocation.show(Document.STATUS, engine.show_status(path, invocation.options(read_only=read_only)))
    return ExitCode.OK
