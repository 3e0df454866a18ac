"""`why`: where a value comes from."""

from __future__ import annotations

import click

from flametree_cfg.cli.environment import environment_options
from flametree_cfg.cli.invocation import Invocation, common
from flametree_cfg.errors import ExitCode


@click.command("why")
@common
@environment_options
@click.argument("path", metavar="PATH")
@click.argument("target", metavar="ADDRESS[.FIELD]")
def why(invocation: Invocation, path: str, target: str) -> ExitCode:
    """
    Say where a value was set, what it overrode, which variables made it, and what apply did with it.

    Without FIELD every field of the object is explained: `why tenants/acme connector.chat.settings.temperature`.
    """
    from flametree_cfg import engine
    from flametree_cfg.report import Document

    invocation.show(Document.WHY, engine.why(path, target, invocation.options()))
    return ExitCode.OK
