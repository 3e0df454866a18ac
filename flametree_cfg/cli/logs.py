"""`logs`: what a channel or an agent did."""

from __future__ import annotations

import click

from flametree_cfg.cli.environment import environment_options
from flametree_cfg.cli.invocation import Invocation, common
from flametree_cfg.cli.targets import read_only_option
from flametree_cfg.errors import ExitCode

PAUSE_S = 1.0  # seconds between two looks: a person reads slower, a registry is not bothered


@click.command("logs")
@common
@environment_options
@click.argument("path", metavar="PATH")
@click.argument("address", metavar="ADDRESS")
@click.option("-n", "--lines", metavar="N", type=click.IntRange(min=1), default=100, show_envvar=True, help="How many.")
@click.option("--follow", "-f", is_flag=True, show_envvar=True, help="Go on until interrupted.")
@read_only_option
def logs(invocation: Invocation, path: str, address: str, *, lines: int, follow: bool, read_only: bool) -> ExitCode:
    """
    Show the newest log lines of a channel or an agent, oldest first.

    PATH is a tenant's folder or its name; the object may also be named id:UUID or KIND:NAME.
    """
    from flametree_cfg import engine
    from flametree_cfg.report import Document

    options = invocation.options(read_only=read_only)
    if follow:
        engine.follow_logs(
            path,
            address,
            options,
            lines,
            lambda result: invocation.show(Document.LOGS, result),
            lambda: options.outside.pause(PAUSE_S),
        )
    invocation.show(Document.LOGS, engine.logs(path, address, options, lines))
    return ExitCode.OK
