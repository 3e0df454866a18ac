"""`stop`: stop channels and agents, and wait until they stand."""

from __future__ import annotations

from typing import Any

import click

from flametree_cfg.cli.environment import environment_options
from flametree_cfg.cli.invocation import Invocation, common
from flametree_cfg.cli.probing import verify_options
from flametree_cfg.errors import ExitCode


@click.command("stop")
@common
@environment_options
@click.argument("path", metavar="PATH")
@click.argument("addresses", metavar="ADDRESS...", nargs=-1, required=True)
@verify_options
def stop(invocation: Invocation, path: str, addresses: tuple[str, ...], **verifying: Any) -> ExitCode:
    """
    Stop channels and agents, and wait until they stand.

    What the YAML says stays as it is: the next apply starts again what says `running: true`.
    PATH is a tenant's folder or its name; an object may also be named id:UUID or KIND:NAME.
    """
    from flametree_cfg import engine
    from flametree_cfg.report import Document

    result = engine.switch(path, addresses, "stop", invocation.options(**verifying))
    invocation.tell(result.diagnostics)
    invocation.show(Document.LIFECYCLE, result)
    return result.exit_code
