"""`blame`: which apply set a field."""

from __future__ import annotations

import click

from flametree_cfg.cli.environment import environment_options
from flametree_cfg.cli.invocation import Invocation, common
from flametree_cfg.errors import ExitCode


@click.command("blame")
@common
@environment_options
@click.argument("path", metavar="PATH")
@click.argument("wanted", metavar="ADDRESS[.FIELD]")
def blame(invocation: Invocation, path: str, wanted: str) -> ExitCode:
    """Say for each field of an object which apply set it last: when, by whom, of which commit."""
    from flametree_cfg import engine
    from flametree_cfg.report import Document

    invocation.show(Document.BLAME, engine.blame(path, wanted, invocation.options()))
    return ExitCode.OK
